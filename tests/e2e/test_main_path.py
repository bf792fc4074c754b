"""From the list of projects to an export that holds exactly what was marked: by mouse, and by keyboard alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.keyboard import run_command, tab_to
from tests.e2e.surface import chip, drag, frame, picture, select_words, strip
from tests.e2e.watch import forbid_pointer
from tests.support.process import ServerProcess

# One drawn image pixel is at most this share of the smaller side, in percent, with room for rounding to screen pixels.
PERCENT = 0.35
# The strip shows 5 s in some 1,000 pixels.
SECONDS = 0.015


@pytest.fixture
def samples(start_server: Callable[..., ServerProcess], sample_data: Path) -> ServerProcess:
    """A server with the sample projects as they came."""
    return start_server(data=sample_data)


@pytest.fixture
def api(samples: ServerProcess) -> Iterator[Client]:
    with Client(samples.url) as opened:
        yield opened


@pytest.fixture
def visitor(samples: ServerProcess, open_context: Callable[..., Any]) -> Page:
    page: Page = open_context(samples.url)[0].new_page()
    page.goto("/")
    return page


def only_result(exported: list[dict[str, Any]], task: dict[str, Any]) -> list[dict[str, Any]]:
    """The one annotation of the one exported task, which must be `task`."""
    assert [each["id"] for each in exported] == [task["id"]]
    assert exported[0]["data"] == task["data"]
    (annotation,) = exported[0]["annotations"]
    assert annotation["was_cancelled"] is False
    assert annotation["lead_time"] > 0
    result: list[dict[str, Any]] = annotation["result"]
    return result


def check_choices(result: list[dict[str, Any]], expected: dict[str, list[str]]) -> None:
    assert {item["from_name"]: item["value"] for item in result} == {
        name: {"choices": choices} for name, choices in expected.items()
    }
    assert {(item["to_name"], item["type"], item["origin"]) for item in result} == {
        ("text", "choices", "manual")
    }


def check_span(result: list[dict[str, Any]], text: str, words: str, label: str) -> None:
    (item,) = result
    start = text.index(words)
    assert item["value"] == {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    assert (item["from_name"], item["to_name"], item["type"], item["origin"]) == (
        "entity",
        "text",
        "labels",
        "manual",
    )


def check_box(result: list[dict[str, Any]], expected: dict[str, float], label: str) -> None:
    """`expected`: x, y, width, height in percent of the picture."""
    (item,) = result
    value = dict(item["value"])
    assert value.pop("rectanglelabels") == [label]
    assert value.pop("rotation") == 0
    assert value == {name: pytest.approx(number, abs=PERCENT) for name, number in expected.items()}
    assert (item["original_width"], item["original_height"], item["image_rotation"]) == (640, 480, 0)
    assert (item["from_name"], item["to_name"], item["type"], item["origin"]) == (
        "thing",
        "image",
        "rectanglelabels",
        "manual",
    )


def check_sound(
    result: list[dict[str, Any]], start: float, end: float, label: str, clarity: str, note: str
) -> None:
    region, answers = result[0], {item["from_name"]: item for item in result[1:]}
    place = {"start": pytest.approx(start, abs=SECONDS), "end": pytest.approx(end, abs=SECONDS), "channel": 0}
    assert region["value"] == {**place, "labels": [label]}
    assert (region["from_name"], region["to_name"], region["type"], region["origin"]) == (
        "sound",
        "audio",
        "labels",
        "manual",
    )
    assert region["original_length"] == pytest.approx(5, abs=0.01)
    # What is said about a region shares its id and its place.
    assert {item["id"] for item in result} == {region["id"]}
    assert set(answers) == {"clarity", "note"}
    assert answers["clarity"]["value"] == {**place, "choices": [clarity]}
    assert answers["note"]["value"] == {**place, "text": [note]}


def submitted(page: Page, task: dict[str, Any]) -> None:
    expect(page.get_by_text(f"Task {task['id']} submitted")).to_be_visible()


def test_by_mouse(visitor: Page, api: Client) -> None:
    page = visitor
    label_by_mouse(page, api, "Customer messages", classify_by_mouse)
    label_by_mouse(page, api, "Names in the news", mark_by_mouse)
    label_by_mouse(page, api, "Things in the street", draw_by_mouse)
    label_by_mouse(page, api, "Sounds of the town", listen_by_mouse)


def label_by_mouse(
    page: Page,
    api: Client,
    title: str,
    work: Callable[[Page, dict[str, Any]], Callable[[list[dict[str, Any]]], None]],
) -> None:
    """Project card → first task → work → submit → export page → file."""
    project = api.project_named(title)
    task = api.tasks(project)[0]
    page.get_by_role("link", name=f"Label tasks of {title}").click()
    expect(page.get_by_role("main", name=f"Task {task['id']}")).to_be_visible()
    check = work(page, task)
    page.get_by_role("button", name="Submit").click()
    submitted(page, task)
    page.get_by_role("link", name="Back to the data").click()
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    exported = json.loads(download.value.path().read_text("utf-8"))
    check(only_result(exported, task))
    assert exported == api.annotated(project)
    page.get_by_role("link", name="Projects", exact=True).click()


def classify_by_mouse(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    page.get_by_role("radio", name="Negative").click()
    page.get_by_role("radio", name="Positive").click()
    page.get_by_role("checkbox", name="Price").click()
    page.get_by_role("checkbox", name="Delivery").click()
    return lambda result: check_choices(result, {"sentiment": ["Positive"], "topic": ["Price", "Delivery"]})


def mark_by_mouse(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    regions = page.get_by_role("listbox", name="Regions").get_by_role("option")
    # A label first, then the words.
    chip(page, "Organisation").click()
    select_words(page, "Harbour Museum")
    expect(regions).to_have_count(1)
    expect(regions).to_contain_text("Harbour Museum")
    text = task["data"]["text"]
    return lambda result: check_span(result, text, "Harbour Museum", "Organisation")


def draw_by_mouse(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    shown = frame(picture(page))
    chip(page, "Car").click()
    left, top = shown["x"] + 0.08 * shown["width"], shown["y"] + 0.71 * shown["height"]
    right, bottom = shown["x"] + 0.27 * shown["width"], shown["y"] + 0.81 * shown["height"]
    drag(page, (left, top), (right, bottom))
    expect(chip(page, "Car")).to_contain_text("1")
    return lambda result: check_box(result, {"x": 8, "y": 71, "width": 19, "height": 10}, "Car")


def listen_by_mouse(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    shown = frame(strip(page))
    second = shown["width"] / 5
    chip(page, "Bird").click()
    middle = shown["y"] + shown["height"] * 0.6
    drag(page, (shown["x"] + 2.1 * second, middle), (shown["x"] + 2.9 * second, middle))
    page.get_by_role("radio", name="Faint").click()
    page.get_by_role("textbox", name="note", exact=True).fill("a second bird, higher")
    return lambda result: check_sound(result, 2.1, 2.9, "Bird", "Faint", "a second bird, higher")


def test_by_keyboard_alone(visitor: Page, api: Client) -> None:
    page = visitor
    used = forbid_pointer(page)
    page.reload()
    label_by_keys(page, api, "Customer messages", classify_by_keys)
    label_by_keys(page, api, "Names in the news", mark_by_keys)
    label_by_keys(page, api, "Things in the street", draw_by_keys)
    label_by_keys(page, api, "Sounds of the town", listen_by_keys)
    assert used() == []


def label_by_keys(
    page: Page,
    api: Client,
    title: str,
    work: Callable[[Page, dict[str, Any]], Callable[[list[dict[str, Any]]], None]],
) -> None:
    """The same way, with Tab, Enter, label keys and the command palette."""
    project = api.project_named(title)
    task = api.tasks(project)[0]
    expect(page.get_by_role("link", name=f"Label tasks of {title}")).to_be_visible()
    tab_to(page, f"Label tasks of {title}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main", name=f"Task {task['id']}")).to_be_visible()
    check = work(page, task)
    page.keyboard.press("Control+Enter")
    submitted(page, task)
    run_command(page, "Export")
    expect(page.get_by_role("button", name="Download JSON")).to_be_enabled()
    with page.expect_download() as download:
        page.keyboard.press("Control+Enter")
    exported = json.loads(download.value.path().read_text("utf-8"))
    check(only_result(exported, task))
    run_command(page, "Go to projects")


def classify_by_keys(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    expect(page.get_by_role("radio", name="Negative")).to_be_visible()
    page.keyboard.press("g")
    expect(page.get_by_role("radio", name="Negative")).to_be_checked()
    page.keyboard.press("4")
    page.keyboard.press("1")
    expect(page.get_by_role("checkbox", name="Delivery")).to_be_checked()
    return lambda result: check_choices(result, {"sentiment": ["Negative"], "topic": ["Price", "Delivery"]})


def mark_by_keys(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    expect(page.locator(".ed-text")).to_be_visible()
    text = task["data"]["text"]
    tab_to(page, 'Text "text"')
    # To the first word of the name, then over the second.
    for _ in range(text[: text.index("Harbour")].count(" ") + 1):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    expect(page.get_by_role("listbox", name="Regions").get_by_role("option")).to_contain_text(
        "Harbour Museum"
    )
    return lambda result: check_span(result, text, "Harbour Museum", "Organisation")


def draw_by_keys(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    shown = frame(picture(page))
    tab_to(page, "Image image")
    page.keyboard.press("2")
    # The crosshair starts in the middle; a step is 5 pixels of the screen, with Shift 50.
    for key in ("Shift+ArrowLeft", "Shift+ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(chip(page, "Car")).to_contain_text("1")
    across, down = 100 / shown["width"], 100 / shown["height"]
    box = {"x": 50 - 50 * across, "y": 50 + 55 * down, "width": 105 * across, "height": 50 * down}
    return lambda result: check_box(result, box, "Car")


def listen_by_keys(page: Page, task: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    shown = frame(strip(page))
    tab_to(page, "Audio audio")
    # A step is 6 pixels, with Shift 60.
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Clear")).to_be_visible()
    tab_to(page, "Clear")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Clear")).to_be_checked()
    tab_to(page, "note")
    page.keyboard.type("a bird")
    second = shown["width"] / 5
    return lambda result: check_sound(result, 120 / second, 186 / second, "Bird", "Clear", "a bird")
