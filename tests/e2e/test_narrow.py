"""In a narrow window nothing that can be pressed lies outside it or under something else."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.surface import frame

MOODS = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="Good"/><Choice value="Bad"/></Choices></View>'
)
NAMES = (
    '<View><Labels name="who" toName="text"><Label value="Person"/><Label value="Place"/></Labels>'
    '<Text name="text" value="$text"/></View>'
)
# Buttons and links of the bars that a press in their middle would not reach.
_OUT_OF_REACH = """() => [...document.querySelectorAll('.bench-bar :is(button, a, select), .topbar :is(button, a)')]
  .filter((element) => !element.disabled)
  .filter((element) => {
    const box = element.getBoundingClientRect();
    if (box.width <= 1) return false;
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return box.right > innerWidth + 0.5 || box.left < -0.5 || !(hit && element.contains(hit));
  })
  .map((element) => element.getAttribute('aria-label') || element.textContent)"""

# Headings that run into what stands beside them.
_SPILLED = """() => [...document.querySelectorAll('.topbar-title, .bench-title')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.textContent)"""


@pytest.fixture
def narrow(page: Page) -> Page:
    page.set_viewport_size({"width": 400, "height": 780})
    return page


def check(page: Page, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"narrow-{name}.png")
    assert page.evaluate(_OUT_OF_REACH) == []
    assert page.evaluate(_SPILLED) == []
    overlong = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overlong <= 0, f"the page is {overlong} px wider than the window"


def test_every_button_of_the_bars_is_in_reach(narrow: Page, client: Client) -> None:
    page = narrow
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    answer = {"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["Good"]}}
    tasks = [
        {"data": {"text": f"Parcel {number}."}, "annotations": [{"result": [answer]}] if number == 0 else []}
        for number in range(3)
    ]
    project = client.project("A project with a name that is rather long", MOODS, tasks)
    first = client.tasks(project)[0]["id"]
    page.goto(f"/projects/{project}/label")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    check(page, "stream")
    page.goto(f"/projects/{project}/tasks/{first}")
    expect(page.get_by_role("button", name="Update")).to_be_visible()
    check(page, "task")
    page.goto(f"/projects/{project}/data")
    expect(page.get_by_text("Parcel 1.")).to_be_visible()
    check(page, "data")
    page.goto("/projects/new")
    page.get_by_role("textbox", name="Name").fill("A fresh project")
    check(page, "wizard-name")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Named entities").first.click()
    expect(page.get_by_role("button", name="Create project")).to_be_enabled()
    check(page, "wizard-set-up")


def test_the_places_of_the_settings_are_scrolled_to(narrow: Page, client: Client) -> None:
    page, project = narrow, client.project("Narrow settings", MOODS)
    for path, title in (("", "General"), ("/storage", "Cloud storage"), ("/danger-zone", "Danger zone")):
        page.goto(f"/projects/{project}/settings{path}")
        here = page.get_by_role("navigation", name="Settings").get_by_role("link", name=title)
        expect(here).to_have_attribute("aria-current", "page")
        expect(here).to_be_in_viewport(ratio=1)
        page.screenshot(path=SCREENSHOTS / f"narrow-settings-{title}.png")
        overlong = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overlong <= 0, f"{title} is {overlong} px wider than the window"


def test_the_quick_view_gives_its_width_to_the_object(page: Page, client: Client) -> None:
    text = "Ada met Bob in Rome, and both went on to Bonn together before the winter came."
    span = {"from_name": "who", "to_name": "text", "type": "labels", "id": "a"}
    result = [{**span, "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["Person"]}}]
    project = client.project(
        "Quick names", NAMES, [{"data": {"text": text}, "annotations": [{"result": result}]}]
    )
    page.set_viewport_size({"width": 1000, "height": 720})
    page.goto(f"/projects/{project}/data")
    expect(page.get_by_role("grid", name="Tasks").get_by_text("Ada met Bob")).to_be_visible()
    page.keyboard.press("v")
    quick = page.get_by_role("complementary", name="Quick view")
    # The regions lie below the text, in sight all the same.
    expect(quick.get_by_role("listbox", name="Regions").get_by_role("option")).to_be_in_viewport(ratio=1)
    page.screenshot(path=SCREENSHOTS / "narrow-quick.png")
    assert frame(quick.locator(".ed-text"))["width"] > 0.85 * frame(quick)["width"]
