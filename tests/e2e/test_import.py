"""Files dropped onto the import page."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import ElementHandle, Page, Route, expect

from tests.e2e.client import Client
from tests.e2e.watch import Watch
from tests.support import media

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/></Choices></View>'
)
PICTURES = '<View><Image name="image" value="$image"/><RectangleLabels name="l" toName="image"><Label value="A"/></RectangleLabels></View>'
IMPORT = r"POST .*/api/projects/\d+/import$"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Four good files and two broken ones."""
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "tasks.json").write_text(json.dumps([{"text": f"json {n}"} for n in range(3)]), "utf-8")
    (folder / "table.csv").write_text('text,rank\n"csv, one",1\ncsv two,2\n', "utf-8")
    (folder / "lines.txt").write_text("line one\nline two\nline three\nline four\n", "utf-8")
    (folder / "unfinished.json").write_text('[{"text": "half"}, {"te', "utf-8")
    (folder / "wrong-key.json").write_text('[{"text": "good"}, {"texd": "bad"}]', "utf-8")
    return folder


def drop(page: Page, paths: list[Path]) -> None:
    """Drop real files from the disk onto the zone, as a drag from the desktop would."""
    carrier = page.evaluate_handle(
        "() => Object.assign(document.body.appendChild(document.createElement('input')), {type: 'file', multiple: true, hidden: true})"
    )
    element = carrier.as_element()
    assert isinstance(element, ElementHandle)
    element.set_input_files(paths)
    transfer = page.evaluate_handle(
        "(input) => { const all = new DataTransfer(); for (const file of input.files) all.items.add(file); input.remove(); return all; }",
        carrier,
    )
    zone = page.get_by_role("button", name="Drop files or folders here")
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})


def test_several_files_each_with_its_own_fate(
    watched: tuple[Page, Watch], client: Client, files: Path
) -> None:
    page, watch = watched
    watch.expect(400, IMPORT)
    project = client.project("Import of several files", CONFIG)
    page.goto(f"/projects/{project}/import")
    drop(page, sorted(files.iterdir()))
    rows = page.get_by_role("list", name="Files").get_by_role("listitem")

    def row(name: str):
        return rows.filter(has_text=name).first

    expect(row("tasks.json")).to_contain_text("3 tasks imported")
    expect(row("table.csv")).to_contain_text("2 tasks imported")
    expect(row("lines.txt")).to_contain_text("4 tasks imported")
    # What is wrong, and where: the key of the second item, the place where the JSON breaks off.
    expect(row("wrong-key.json").get_by_role("img", name="Refused")).to_be_visible()
    expect(row("wrong-key.json")).to_contain_text("text")
    expect(row("unfinished.json").get_by_role("img", name="Refused")).to_be_visible()
    expect(row("unfinished.json")).to_contain_text("unfinished.json")
    summary = page.get_by_role("main").get_by_role("status")
    expect(summary).to_have_text("9 tasks imported from 3 of 5 files, 2 refused")

    # Nothing of the broken ones arrived, and a broken one can be mended and sent again.
    texts = {task["data"]["text"] for task in client.tasks(project)}
    assert texts == {"json 0", "json 1", "json 2", "csv, one", "csv two"} | {
        f"line {number}" for number in ("one", "two", "three", "four")
    }
    page.get_by_role("link", name="See the data").click()
    expect(page.get_by_text("9 tasks").first).to_be_visible()


def test_pictures_become_tasks(page: Page, client: Client, tmp_path: Path) -> None:
    project = client.project("Import of pictures", PICTURES)
    paths = []
    for number, color in enumerate(("teal", "tomato")):
        path = tmp_path / f"photo {number}.png"
        path.write_bytes(media.image(color=color, size=(80, 60)))
        paths.append(path)
    page.goto(f"/projects/{project}/import")
    # The other way: the file chooser behind the zone.
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Drop files or folders here").click()
    chooser.value.set_files(paths)
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("2 tasks imported")
    page.get_by_role("link", name="See the data").click()
    thumbnails = page.get_by_role("grid").get_by_role("img")
    expect(thumbnails).to_have_count(2)
    for at in range(2):
        expect(thumbnails.nth(at)).to_have_js_property("naturalWidth", 80)


def test_progress_and_cancel(page: Page, client: Client) -> None:
    project = client.project("Import with progress", CONFIG)
    held: list[Route] = []
    page.route(
        "**/import", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.goto(f"/projects/{project}/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "slow.txt", "mimeType": "text/plain", "buffer": b"one\ntwo\n"}
    )
    expect(page.get_by_role("progressbar", name="Progress of slow.txt")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("1 under way")
    held.pop().continue_()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("2 tasks imported")
    assert len(client.tasks(project)) == 2

    # What has not been sent yet can be called back.
    page.locator("input[type=file]").set_input_files(
        {"name": "mistake.txt", "mimeType": "text/plain", "buffer": b"never\n"}
    )
    page.get_by_role("button", name="Cancel mistake.txt").click()
    expect(page.get_by_role("list", name="Files")).to_contain_text("Cancelled. Nothing of it was imported.")
    page.reload()
    assert len(client.tasks(project)) == 2
