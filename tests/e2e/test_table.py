"""The task table with more tasks than a page can hold."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import Client

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/></Choices></View>'
)
TASKS = 5000


@pytest.fixture
def project(client: Client) -> int:
    """5,000 tasks; `rank` runs against the order of import."""
    tasks = [{"text": f"task number {n}", "rank": f"{TASKS - n:05}"} for n in range(TASKS)]
    return client.project(f"Table {len(client.get('/api/projects')['results'])}", CONFIG, tasks)


@pytest.fixture
def grid(page: Page, project: int) -> Iterator[Locator]:
    page.goto(f"/projects/{project}/data")
    shown = page.get_by_role("grid", name="Tasks")
    expect(shown).to_have_attribute("aria-rowcount", str(TASKS + 1))
    yield shown


def scroll_to(grid: Locator, row: int) -> None:
    grid.evaluate("(element, top) => { element.scrollTop = top; }", row * 36)


def test_only_rows_in_view_exist_and_back_keeps_the_place(page: Page, grid: Locator) -> None:
    expect(grid.get_by_text("task number 0", exact=True)).to_be_visible()
    assert grid.get_by_role("row").count() < 100
    scroll_to(grid, 4000)
    row = grid.get_by_text("task number 4005", exact=True)
    expect(row).to_be_visible()
    assert grid.get_by_role("row").count() < 100
    row.click()
    expect(page.locator(".ed-text")).to_have_text("task number 4005")
    page.go_back()
    expect(grid.get_by_text("task number 4005", exact=True)).to_be_in_viewport()
    # By the way back of the page itself as well.
    row.click()
    expect(page.locator(".ed-text")).to_have_text("task number 4005")
    page.get_by_role("button", name="Next task").click()
    expect(page.locator(".ed-text")).to_have_text("task number 4006")
    page.get_by_role("link", name="Back to the data").click()
    expect(grid.get_by_text("task number 4005", exact=True)).to_be_in_viewport()


def test_sorting_reaches_all_tasks(grid: Locator) -> None:
    header = grid.get_by_role("columnheader", name="rank")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(grid.get_by_text("task number 4999", exact=True)).to_be_visible()
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(grid.get_by_text("task number 0", exact=True)).to_be_visible()
    scroll_to(grid, 3000)
    expect(grid.get_by_text("task number 3003", exact=True)).to_be_visible()


def test_selection_and_deletion(page: Page, grid: Locator, client: Client, project: int) -> None:
    # By keyboard: the grid has the focus from the start.
    expect(grid).to_be_focused()
    expect(grid.get_by_text("task number 0", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("3 selected")).to_be_visible()
    # By mouse.
    grid.get_by_role("checkbox", name=re.compile("Select task")).nth(4).click()
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    ask = page.get_by_role("dialog", name="Delete 4 tasks?")
    expect(ask.get_by_text("4 tasks with 0 annotations and 0 predictions")).to_be_visible()
    ask.get_by_role("button", name="Delete 4 tasks").click()
    expect(page.get_by_text("4 tasks deleted")).to_be_visible()
    expect(grid.get_by_text("task number 0", exact=True)).to_be_hidden()
    assert client.get(f"/api/projects/{project}")["task_number"] == TASKS - 4
    # They are brought back from the message …
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("4 tasks are back")).to_be_visible()
    expect(grid.get_by_text("task number 0", exact=True)).to_be_visible()
    assert client.get(f"/api/projects/{project}")["task_number"] == TASKS
    # … or later from the settings (below).
    page.get_by_role("grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Delete 1 task")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 task deleted")).to_be_visible()
    expect(page.get_by_text(f"{TASKS - 1:,} tasks").first).to_be_visible()
    expect(grid.get_by_text("task number 0", exact=True)).to_be_hidden()
    assert client.get(f"/api/projects/{project}")["task_number"] == TASKS - 1
    # All of them, seen or not.
    page.keyboard.press("Control+a")
    expect(page.get_by_text(f"{TASKS - 1:,} selected")).to_be_visible()
