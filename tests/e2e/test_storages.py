"""Storages in the browser, with a directory and a bucket that are really there: tried, connected, synced, changed,
written to, removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.api.test_storages import eventually, keys_of
from tests.e2e.client import Client
from tests.e2e.test_pages import MOODS, judge
from tests.support.process import ServerProcess, running_server
from tests.support.s3 import KEY, SECRET, Emulator

REFUSED = "POST .*/api/storages"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opened").resolve()


@pytest.fixture(scope="module")
def server(front_end: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that opened a directory, and that may call this machine."""
    home = tmp_path_factory.mktemp("storages")
    environment = {
        "LABELYARD_OUTBOUND_ALLOW": "127.0.0.1",
        "LABELYARD_ALLOW_SERVING_LOCAL_FILES": "true",
        "LABELYARD_LOCAL_FILES_DOCUMENT_ROOT": str(root),
    }
    with running_server(["--data-dir", str(home / "data")], cwd=home, env=environment) as started:
        yield started


def open_page(page: Page, project: int) -> Locator:
    """The settings of storages, and the dialog that they open."""
    page.goto(f"/projects/{project}/settings/storage")
    return page.get_by_role("dialog")


def test_a_directory_from_nothing_to_its_tasks(visitor: Page, api: Client, root: Path) -> None:
    page, project, folder = visitor, api.project("Letters", MOODS), root / "letters"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.json").write_text(json.dumps({"text": f"letter {number}"}))
    (folder / "broken.json").write_text('{"text": ')
    dialog = open_page(page, project)
    expect(page.get_by_role("heading", name="Leave the data where it is")).to_be_visible()
    judge(page, "storage-empty")

    # By keyboard alone: the kind, and what is missing is said where it is.
    page.get_by_role("button", name="Add source").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("radio", name="Amazon S3")).to_be_focused()
    expect(dialog.get_by_text("Not in this release: Google Cloud Storage, Azure")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Which directory?")).to_be_visible()
    expect(dialog.get_by_label("Directory", exact=True)).to_be_focused()
    page.keyboard.insert_text("/etc")
    dialog.get_by_label("Each object is").select_option("tasks")
    dialog.get_by_role("button", name="Check connection").click()
    expect(dialog.get_by_text("This directory is not open to projects.")).to_have_count(1)
    expect(dialog.get_by_label("Directory", exact=True)).to_be_focused()
    judge(page, "storage-form-directory")
    dialog.get_by_label("Directory", exact=True).fill(str(folder))
    dialog.get_by_role("button", name="Check connection").click()
    expect(dialog.get_by_text("It answers. 4 objects: 0.json, 1.json, 2.json, …")).to_be_in_viewport()
    assert api.get("/api/storages", project=project) == []
    dialog.get_by_role("button", name="Add source").click()
    expect(dialog).to_be_hidden()

    card = page.get_by_role("listitem").filter(has_text=str(folder))
    expect(card.get_by_text("Not synced yet")).to_be_visible()
    card.get_by_role("button", name="Sync").click()
    expect(card.get_by_text("Some left out")).to_be_visible()
    expect(card.get_by_text("3 tasks made, 1 left out of 4 objects")).to_be_visible()
    card.get_by_text("What was left out, and why").click()
    expect(card.get_by_role("listitem").filter(has_text="broken.json")).to_be_visible()
    judge(page, "storage-left-out")
    (folder / "broken.json").write_text('{"text": "mended"}')
    card.get_by_role("button", name="Sync").click()
    expect(card.get_by_text("Up to date")).to_be_visible()
    expect(card.get_by_text("1 task made, 3 had tasks already of 4 objects")).to_be_visible()
    assert len(api.tasks(project)) == 4

    # The directory goes away: that is said, and what there was is still there.
    folder.rename(root / "moved")
    card.get_by_role("button", name="Sync").click()
    expect(page.get_by_text("no such directory").first).to_be_visible()

    card.get_by_role("button", name=f"Remove {folder}").click()
    dialog.get_by_role("button", name="Remove source").click()
    expect(page.get_by_role("heading", name="Leave the data where it is")).to_be_visible()
    assert len(api.tasks(project)) == 4


def test_a_bucket_that_annotations_go_to(visitor: Page, api: Client, s3: Emulator) -> None:
    page, project, bucket = visitor, api.project("Labels", MOODS, [{"text": "one"}]), s3.bucket("browser-out")
    dialog = open_page(page, project)
    page.get_by_role("button", name="Add target").click()
    dialog.get_by_label("Name", exact=True).fill("All labels")
    dialog.get_by_label("Bucket").fill("browser-none")
    dialog.get_by_label("Folder").fill("labels")
    dialog.get_by_label("Access key id").fill(KEY)
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("The key id and the secret key go together.")).to_be_visible()
    expect(dialog.get_by_label("Secret access key")).to_be_focused()
    dialog.get_by_label("Secret access key").fill(SECRET)
    dialog.get_by_text("Endpoint, region and encryption").click()
    dialog.get_by_label("Endpoint").fill(s3.url)
    dialog.get_by_role("checkbox", name="Delete objects").check()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Cannot find bucket browser-none in S3")).to_be_in_viewport()
    judge(page, "storage-form-bucket")
    dialog.get_by_label("Bucket").fill("browser-out")
    dialog.get_by_role("button", name="Check connection").click()
    expect(dialog.get_by_text("It answers. Nothing was written.")).to_be_visible()
    dialog.get_by_role("button", name="Add target").click()
    expect(dialog).to_be_hidden()

    region = page.get_by_role("region", name="Targets")
    card = region.get_by_role("listitem").filter(has_text="All labels")
    expect(card.get_by_text("browser-out/labels")).to_be_visible()
    task = api.tasks(project)[0]["id"]
    choice = {"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["Good"]}}
    made = api.post(f"/api/tasks/{task}/annotations", {"result": [choice]})
    expect(card.get_by_text("1 object written last")).to_be_visible()
    expect(card.get_by_text("Up to date")).to_be_visible()
    assert json.loads(bucket.get(f"labels/{made['id']}", 100_000))["result"][0]["value"] == choice["value"]
    judge(page, "storage-target")

    # What is stored opens it still; no answer and no field holds it.
    card.get_by_role("button", name="Change All labels").click()
    expect(dialog.get_by_text("One is stored. Left empty: it stays.")).to_be_visible()
    expect(dialog.get_by_label("Access key id")).to_have_value("")
    expect(dialog.get_by_label("Secret access key")).to_have_value("")
    expect(dialog.get_by_label("Endpoint")).to_have_value(s3.url)
    dialog.get_by_role("button", name="Check connection").click()
    expect(dialog.get_by_text("It answers. Nothing was written.")).to_be_visible()
    dialog.get_by_label("Name", exact=True).fill("Every label")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Storage saved")).to_be_visible()
    card = region.get_by_role("listitem").filter(has_text="Every label")
    bucket.delete(f"labels/{made['id']}")
    card.get_by_role("button", name="Sync").click()
    eventually(lambda: keys_of(bucket) == [f"labels/{made['id']}"])
    expect(card.get_by_text("Up to date")).to_be_visible()
    shown = json.dumps(api.get("/api/storages/export", project=project))
    assert SECRET not in shown and KEY not in shown
    page.reload()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Remove Every label").click()
    dialog.get_by_role("button", name="Remove target").click()
    expect(page.get_by_role("heading", name="Leave the data where it is")).to_be_visible()
    assert bucket.get(f"labels/{made['id']}", 100_000)


def test_a_long_sync_is_watched(visitor: Page, api: Client, root: Path) -> None:
    page, project, folder = visitor, api.project("Many", MOODS), root / "many"
    folder.mkdir()
    for number in range(6_000):
        (folder / f"{number:05}.json").write_text(f'{{"text": "letter {number}"}}')
    api.post("/api/storages/localfiles", {"project": project, "path": str(folder), "title": "Many letters"})
    open_page(page, project)
    card = page.get_by_role("listitem").filter(has_text="Many letters")
    card.get_by_role("button", name="Sync").click()
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(card.get_by_role("button", name="Sync")).to_be_disabled()
    expect(card.get_by_text("6,000 tasks made of 6,000 objects")).to_be_visible(timeout=60_000)
    expect(card.get_by_role("progressbar")).to_be_hidden()
    expect(card.get_by_text("Up to date")).to_be_visible()
