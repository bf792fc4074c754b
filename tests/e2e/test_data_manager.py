"""Views, filters, columns, search, actions, the quick view and labeling of a list, by mouse and by keyboard."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import Client
from tests.e2e.test_pages import judge

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="Good"/><Choice value="Bad"/></Choices></View>'
)
RESULT = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["Good"]}}]
TASKS = 1200


@pytest.fixture
def project(client: Client, request: pytest.FixtureRequest) -> int:
    """Tasks with a price from 0 to 1199; the first twenty have a prediction, the first ten an annotation too."""
    tasks: list[dict[str, Any]] = [
        {"data": {"text": f"parcel {n} to {'Bergen' if n % 400 == 7 else 'Oslo'}", "price": n}}
        for n in range(TASKS)
    ]
    for task in tasks[:20]:
        task["predictions"] = [{"result": RESULT, "model_version": "m1", "score": 0.5}]
    for task in tasks[:10]:
        task["annotations"] = [{"result": RESULT}]
    return client.project(f"Manager {request.node.name}"[:50], CONFIG, tasks)


@pytest.fixture
def grid(page: Page, project: int) -> Iterator[Locator]:
    page.goto(f"/projects/{project}/data")
    shown = page.get_by_role("grid", name="Tasks")
    expect(shown).to_have_attribute("aria-rowcount", str(TASKS + 1))
    expect(shown.get_by_text("parcel 0 to Oslo")).to_be_visible()
    yield shown


def rows(grid: Locator, number: int) -> None:
    """The list has so many tasks."""
    expect(grid).to_have_attribute("aria-rowcount", str(number + 1))


def titles(page: Page) -> list[str]:
    return page.get_by_role("tablist", name="Views").get_by_role("tab").all_inner_texts()


def stored(client: Client, project: int) -> list[dict[str, Any]]:
    return [view["data"] for view in client.get("/api/dm/views", project=project)]


def test_a_view_is_made_filtered_and_kept(page: Page, grid: Locator, client: Client, project: int) -> None:
    # All by keyboard: a view of its own, with a name.
    page.keyboard.press("n")
    name = page.get_by_role("dialog").get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    page.keyboard.type("Cheap")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Cheap")).to_have_attribute("aria-selected", "true")
    page.get_by_role("grid").focus()
    page.keyboard.press("f")
    panel = page.get_by_role("dialog", name="Filters")
    panel.get_by_role("button", name="Add a condition").click()
    panel.get_by_label("Column").select_option("price")
    panel.get_by_label("Compared as").select_option("Number")
    panel.get_by_label("Operator").select_option("<")
    panel.get_by_label("Value").fill("100")
    rows(grid, 100)
    panel.get_by_role("button", name="Add a condition").click()
    second = panel.get_by_role("group", name="Condition 2")
    second.get_by_label("Column").select_option("Annotations")
    second.get_by_label("Operator").select_option("is not empty")
    rows(grid, 10)
    panel.get_by_label("Conditions that have to hold").select_option("or")
    rows(grid, 100)
    judge(page, "data-filters")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    # The order and the columns belong to the view as well.
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("dialog", name="Columns")
    columns.get_by_label("Show price as").select_option("number")
    columns.get_by_role("checkbox", name="Predictions", exact=True).uncheck()
    columns.get_by_role("checkbox", name="Annotators").check()
    columns.get_by_role("button", name="Move price to the front").click()
    judge(page, "data-columns")
    page.keyboard.press("Escape")
    header = grid.get_by_role("columnheader", name="price").get_by_role("button")
    header.click()
    header.click()
    expect(grid.get_by_role("row").nth(1)).to_contain_text("parcel 99")
    expect(grid.get_by_role("columnheader", name="Predictions")).to_be_hidden()
    expect(page.get_by_text(f"100 of {TASKS:,} tasks")).to_be_visible()
    with page.expect_response(lambda each: "/api/dm/views/" in each.url):
        page.get_by_role("button", name="This view").click()
        page.get_by_role("menuitem", name="Duplicate").click()
        expect(page.get_by_role("tab", name="Cheap copy")).to_have_attribute("aria-selected", "true")
    # Another visit finds all of it.
    page.reload()
    rows(grid, 100)
    assert titles(page) == ["All tasks", "Cheap", "Cheap copy"]
    names = grid.get_by_role("columnheader").all_inner_texts()
    assert [each.strip() for each in names if each.strip()] == [
        "ID", "price", "text", "Annotations", "Annotators", "Updated",
    ]  # fmt: skip
    # Elsewhere, away, and back.
    page.get_by_role("tab", name="Cheap copy").focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.get_by_role("tab").nth(1)).to_have_text("Cheap copy")
    page.keyboard.press("Delete")
    expect(page.get_by_role("tab", name="Cheap copy")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("tab", name="Cheap copy")).to_be_visible()
    expect(page.get_by_role("tab").nth(1)).to_have_text("Cheap copy")
    kept = stored(client, project)
    assert [each["title"] for each in kept] == ["All tasks", "Cheap copy", "Cheap"]
    assert kept[1]["ordering"] == kept[2]["ordering"] == ["-tasks:data.price"]
    assert kept[1]["filters"]["items"][0] == {
        "filter": "filter:tasks:data.price", "type": "Number", "operator": "less", "value": "100",
    }  # fmt: skip


def test_suggestions_patterns_and_nothing_found(page: Page, project: int) -> None:
    page.goto(f"/projects/{project}/data")
    grid = page.get_by_role("grid", name="Tasks")
    rows(grid, TASKS)
    page.keyboard.press("f")
    panel = page.get_by_role("dialog", name="Filters")
    panel.get_by_role("button", name="Not labeled yet").click()
    rows(grid, TASKS - 10)
    panel.get_by_label("Column").select_option("text")
    panel.get_by_label("Operator").select_option("matches the pattern")
    panel.get_by_label("Value").fill("parcel 1?7 ")
    rows(grid, 2)
    panel.get_by_label("Value").fill("nowhere to be found")
    expect(page.get_by_text("No task passes")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show all tasks").click()
    rows(grid, TASKS)


def test_search_ranges_and_actions(page: Page, grid: Locator, client: Client, project: int) -> None:
    page.keyboard.press("/")
    page.keyboard.type("bergen")
    rows(grid, 3)
    page.keyboard.press("Enter")
    expect(grid).to_be_focused()
    page.keyboard.press("Control+a")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    rows(grid, TASKS)
    expect(page.get_by_text("3 selected")).to_be_hidden()
    # From the first row to one that is pages away.
    ticks = grid.get_by_role("checkbox", name=re.compile("Select task"))
    ticks.first.click()
    field = page.get_by_label("Page, of 12")
    field.fill("11")
    field.press("Enter")
    expect(grid.get_by_text("parcel 1000 to Oslo")).to_be_visible()
    grid.get_by_role("row").filter(has_text="parcel 1000 to Oslo").get_by_role("checkbox").click(
        modifiers=["Shift"]
    )
    expect(page.get_by_text("1,001 selected")).to_be_visible()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Create annotations from predictions").click()
    ask = page.get_by_role("dialog", name="Create annotations")
    expect(ask.get_by_text("1,001 tasks with 10 annotations and 20 predictions")).to_be_visible()
    judge(page, "data-action")
    ask.get_by_role("button", name="Create annotations from predictions").click()
    expect(page.get_by_text("Created 20 annotations")).to_be_visible()
    expect(page.get_by_text("1,001 selected")).to_be_hidden()
    assert client.get(f"/api/projects/{project}")["total_annotations_number"] == 30


def test_quick_view_and_labeling_of_a_list(page: Page, grid: Locator, client: Client, project: int) -> None:
    expect(grid).to_be_focused()
    page.keyboard.press("v")
    quick = page.get_by_role("complementary", name="Quick view")
    expect(quick.locator(".ed-text")).to_have_text("parcel 0 to Oslo")
    expect(quick.get_by_label("Annotation or prediction")).to_have_value(re.compile("annotation:"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(quick.locator(".ed-text")).to_have_text("parcel 1 to Oslo")
    grid.get_by_text("parcel 4 to Oslo").click()
    expect(quick.locator(".ed-text")).to_have_text("parcel 4 to Oslo")
    judge(page, "data-quick")
    page.keyboard.press("v")
    expect(quick).to_be_hidden()
    # The list that is seen is the list that is labeled.
    page.keyboard.press("/")
    page.keyboard.type("bergen")
    rows(grid, 2 + 1)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Label these").click()
    # The first of the three has its answer already.
    for number in (407, 807):
        expect(page.locator(".ed-text")).to_have_text(f"parcel {number} to Bergen")
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("This list is done")).to_be_visible()
    page.get_by_role("link", name="Back to the data").click()
    rows(grid, TASKS)
    assert client.get(f"/api/projects/{project}")["num_tasks_with_annotations"] == 12
