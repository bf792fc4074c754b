"""The history of an annotation beside the editor: looked at, brought back, undone, with somebody else in between."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.keyboard import tab_to
from tests.e2e.test_labeling import MOODS, NAMES, names, span
from tests.e2e.test_pages import judge
from tests.e2e.watch import Watch


def answer(mood: str) -> list[dict[str, Any]]:
    value = {"choices": [mood]}
    return [{"id": "m", "from_name": "mood", "to_name": "text", "type": "choices", "value": value}]


@pytest.fixture
def changed(client: Client, request: pytest.FixtureRequest) -> tuple[int, int, int]:
    """Ids of a project, its task and its annotation, which said Good, then Bad, then was skipped."""
    project = client.project(f"History {request.node.name}"[:50], MOODS, [{"text": "The parcel came."}])
    task = client.tasks(project)[0]["id"]
    made = client.post(f"/api/tasks/{task}/annotations", {"result": answer("Good"), "lead_time": 2})
    client.patch(f"/api/annotations/{made['id']}", {"result": answer("Bad")})
    client.patch(f"/api/annotations/{made['id']}", {"was_cancelled": True})
    return project, task, made["id"]


def mood(client: Client, annotation: int) -> str:
    stored = client.get(f"/api/annotations/{annotation}")
    return str(stored["result"][0]["value"]["choices"][0])


def test_an_earlier_version_is_looked_at_brought_back_and_undone(
    page: Page, client: Client, changed: tuple[int, int, int]
) -> None:
    project, task, annotation = changed
    page.goto(f"/projects/{project}/tasks/{task}")
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()
    page.keyboard.press("Alt+v")
    panel = page.get_by_role("complementary", name="History", exact=True)
    entries = panel.get_by_role("list").get_by_role("button")
    expect(entries).to_have_count(3)
    expect(entries.first).to_contain_text("Skipped")
    expect(entries.first).to_contain_text("Now")
    expect(entries.last).to_contain_text("Created")
    judge(page, "history")

    # Work in hand is neither shown as the version nor lost by looking.
    page.get_by_role("radio", name="Good").click()
    tab_to(page, "Created")
    page.keyboard.press("Enter")
    earlier = page.get_by_role("region", name="Earlier version")
    expect(earlier.get_by_role("radio", name="Good")).to_be_checked()
    expect(page.get_by_role("button", name="Update Alt")).to_be_disabled()
    entries.nth(1).click()
    expect(earlier.get_by_role("radio", name="Bad")).to_be_checked()
    page.keyboard.press("1")
    expect(earlier.get_by_role("radio", name="Bad")).to_be_checked()
    judge(page, "history-looking")
    panel.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    assert mood(client, annotation) == "Bad"

    entries.nth(1).click()
    panel.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_text("Version restored")).to_be_visible()
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()
    expect(entries).to_have_count(4)
    assert client.get(f"/api/annotations/{annotation}")["was_cancelled"] is False

    # Taking it back brings the work in hand back too.
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("The restore was undone")).to_be_visible()
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    expect(entries).to_have_count(5)
    stored = client.get(f"/api/annotations/{annotation}")
    assert stored["was_cancelled"] is True
    page.get_by_role("button", name="Update Alt").click()
    expect(page.get_by_text(f"Task {task} updated")).to_be_visible()
    assert mood(client, annotation) == "Good"


def test_somebody_who_was_faster_is_not_overwritten(
    watched: tuple[Page, Watch], client: Client, changed: tuple[int, int, int]
) -> None:
    (page, watch), (project, task, annotation) = watched, changed
    watch.expect(409, "/restore$")
    page.goto(f"/projects/{project}/tasks/{task}")
    page.get_by_role("button", name="History", exact=True).click()
    panel = page.get_by_role("complementary", name="History", exact=True)
    entries = panel.get_by_role("list").get_by_role("button")
    entries.filter(has_text="Created").click()
    client.patch(f"/api/annotations/{annotation}", {"result": [], "was_cancelled": False})
    panel.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_text("the annotation was changed meanwhile")).to_be_visible()
    assert client.get(f"/api/annotations/{annotation}")["result"] == []
    expect(entries).to_have_count(4)
    # Whoever has seen the change may go over it.
    panel.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_text("Version restored")).to_be_visible()
    assert mood(client, annotation) == "Good"


def test_the_quick_view_and_the_stream_have_it_too(
    page: Page, client: Client, changed: tuple[int, int, int]
) -> None:
    project, _, annotation = changed
    page.goto(f"/projects/{project}/data")
    expect(page.get_by_role("grid", name="Tasks").get_by_text("The parcel came.")).to_be_visible()
    page.keyboard.press("v")
    quick = page.get_by_role("complementary", name="Quick view")
    quick.get_by_role("button", name="History", exact=True).click()
    panel = quick.get_by_role("complementary", name="History", exact=True)
    panel.get_by_role("button", name="Created").click()
    expect(quick.get_by_role("radio", name="Good")).to_be_checked()
    judge(page, "history-quick")
    panel.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_text("Version restored")).to_be_visible()
    expect(panel.get_by_role("list").get_by_role("button")).to_have_count(4)
    assert mood(client, annotation) == "Good"

    client.post(f"/api/projects/{project}/import", [{"text": "Another parcel."}])
    page.goto(f"/projects/{project}/label")
    expect(page.locator(".ed-text")).to_have_text("Another parcel.")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Back to the last task").click()
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()
    page.keyboard.press("1")
    page.keyboard.press("Alt+Enter")
    page.get_by_role("button", name="Back to the last task").click()
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    page.keyboard.press("Alt+v")
    panel = page.get_by_role("complementary", name="History", exact=True)
    panel.get_by_role("button", name="Created").click()
    panel.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_text("Version restored")).to_be_visible()
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()


def test_regions_of_an_earlier_version_are_shown(
    page: Page, client: Client, request: pytest.FixtureRequest
) -> None:
    assert "Labels" in NAMES
    project = names(client, request)
    task = client.tasks(project)[0]["id"]
    both = [span(0, 3, "Person", "a"), span(15, 19, "Place", "b")]
    made = client.post(f"/api/tasks/{task}/annotations", {"result": both})
    client.patch(f"/api/annotations/{made['id']}", {"result": both[:1]})
    page.goto(f"/projects/{project}/tasks/{task}")
    regions = page.get_by_role("listbox", name="Regions").get_by_role("option")
    expect(regions).to_have_count(1)
    page.keyboard.press("Alt+v")
    panel = page.get_by_role("complementary", name="History", exact=True)
    expect(panel).to_contain_text("1 item removed")
    panel.get_by_role("button", name="Created").click()
    expect(page.get_by_role("region", name="Earlier version").get_by_role("option")).to_have_count(2)
    judge(page, "history-regions")
