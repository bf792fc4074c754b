"""The editor with far too many regions still answers at once.

Times are processor time of the page's main thread. On a quiet machine they are a tenth of what is allowed here.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client

OPEN_SECONDS = 2.0
ACT_SECONDS = 0.4
SPANS = (
    '<View><Labels name="l" toName="o"><Label value="A"/><Label value="B"/><Label value="C"/></Labels>'
    '<Text name="o" value="$text"/></View>'
)
BOXES = (
    '<View><RectangleLabels name="l" toName="o"><Label value="A"/><Label value="B"/><Label value="C"/></RectangleLabels>'
    '<Image name="o" value="$image"/></View>'
)


def span_task(count: int) -> dict[str, Any]:
    words = [f"word{number:04}" for number in range(count * 2)]
    lines = [" ".join(words[at : at + 12]) for at in range(0, len(words), 12)]
    text = "\n".join(lines)
    result = []
    for number in range(count):
        start = number * 2 * 9
        value = {
            "start": start,
            "end": start + 8,
            "text": text[start : start + 8],
            "labels": ["ABC"[number % 3]],
        }
        result.append(
            {"id": f"s{number}", "from_name": "l", "to_name": "o", "type": "labels", "value": value}
        )
    return {"data": {"text": text}, "annotations": [{"result": result}]}


def box_task(count: int) -> dict[str, Any]:
    result = []
    for number in range(count):
        place = {"x": number % 40 * 2.4, "y": number // 40 * 3.8, "width": 2, "height": 3, "rotation": 0}
        result.append(
            {
                "id": f"b{number}",
                "from_name": "l",
                "to_name": "o",
                "type": "rectanglelabels",
                "original_width": 640,
                "original_height": 480,
                "image_rotation": 0,
                "value": {**place, "rectanglelabels": ["ABC"[number % 3]]},
            }
        )
    return {"data": {"image": "/samples/image.png"}, "annotations": [{"result": result}]}


@pytest.mark.parametrize(
    ("config", "make", "count"), [(SPANS, span_task, 2000), (BOXES, box_task, 1000)], ids=["spans", "boxes"]
)
def test_many_regions(
    page: Page, client: Client, config: str, make: Callable[[int], dict[str, Any]], count: int
) -> None:
    project = client.project(f"{count} regions", config, [make(count)])
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    def settled() -> None:
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
        )

    def spent(act: Callable[[], None]) -> float:
        settled()
        before = busy()
        act()
        settled()
        return busy() - before

    def open_task() -> None:
        page.keyboard.press("Enter")
        expect(page.locator(".ed-side-title")).to_contain_text(f"{count:,}")

    # The list of regions is part of what must be quick.
    page.add_init_script("localStorage.setItem('labelyard.editor.panel.picture', 'true')")
    page.goto(f"/projects/{project}/data")
    expect(page.get_by_role("grid", name="Tasks")).to_be_focused()
    expect(page.get_by_role("row")).to_have_count(2)
    times = {"open": spent(open_task)}
    rows = page.get_by_role("listbox", name="Regions").get_by_role("option")
    assert rows.count() < 60

    times["select"] = spent(lambda: page.keyboard.press("Alt+."))
    expect(rows.first).to_have_attribute("aria-selected", "true")
    times["relabel"] = spent(lambda: page.keyboard.press("3"))
    expect(rows.first).to_contain_text("C")
    times["delete"] = spent(lambda: page.keyboard.press("Backspace"))
    expect(page.locator(".ed-side-title")).to_contain_text(f"{count - 1:,}")
    times["undo"] = spent(lambda: page.keyboard.press("Control+z"))
    expect(page.locator(".ed-side-title")).to_contain_text(f"{count:,}")
    assert times.pop("open") < OPEN_SECONDS
    assert {name: seconds for name, seconds in times.items() if seconds > ACT_SECONDS} == {}
