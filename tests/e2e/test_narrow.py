"""In a narrow window nothing that can be pressed lies outside it or under something else."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.conftest import SCREENSHOTS

MOODS = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="Good"/><Choice value="Bad"/></Choices></View>'
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
