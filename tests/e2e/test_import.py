"""Data coming in through the import page."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Request, Route, expect

from tests.e2e.bench import begin_import, choose, drop, row, rows, select
from tests.e2e.client import Client
from tests.e2e.watch import Watch
from tests.support import media
from tests.support.mixed_files import ANSWER, CONFIG, mixed_files

PICTURES = '<View><Image name="image" value="$image"/><RectangleLabels name="l" toName="image"><Label value="A"/></RectangleLabels></View>'
SERIES = (
    '<View><TimeSeries name="ts" value="$csv" timeColumn="time"><Channel column="level"/></TimeSeries>'
    '<TimeSeriesLabels name="l" toName="ts"><Label value="Rise"/></TimeSeriesLabels></View>'
)
CHUNK = 16 * 1024 * 1024


def text(name: str, content: str) -> FilePayload:
    return FilePayload(name=name, mimeType="text/plain", buffer=content.encode())


def test_mixed_files_with_mending_and_undo(page: Page, client: Client, tmp_path: Path) -> None:
    project = client.project("Mixed files", CONFIG)
    files = mixed_files(tmp_path)
    assert len(files) >= 20
    page.goto(f"/projects/{project}/import")
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()
    drop(page, [file.path for file in files])
    expect(page.get_by_role("region", name="Chosen files").get_by_role("status").first).to_contain_text(
        f"{len(files)} files"
    )

    # What was found out, and what is missing: the column is chosen in its place.
    expect(row(page, "semicolon.csv").get_by_role("img", name="Ready")).to_be_visible()
    preview = select(page, "semicolon.csv")
    expect(preview.get_by_label("Encoding")).to_have_value("cp1252")
    expect(preview.get_by_label("Columns split by")).to_have_value(";")
    expect(preview.get_by_role("cell", name="Die Fähre nach Übersee")).to_be_visible()
    expect(row(page, "own names.csv").get_by_role("img", name="Needs a column")).to_be_visible()
    preview = select(page, "own names.csv")
    preview.get_by_label("Column for text").select_option("Review Text")
    expect(preview.get_by_label("Data key of Review Text")).to_have_value("text")
    expect(row(page, "own names.csv").get_by_role("img", name="Ready")).to_be_visible()

    # A look before the leap.
    page.get_by_label("Wrong rows").select_option("skip")
    page.get_by_role("button", name="Check only").click()
    tasks, wrong = sum(file.tasks for file in files), sum(file.wrong for file in files)
    expect(
        page.get_by_text(f"{tasks} tasks with 1 annotation and 1 prediction would be imported")
    ).to_be_visible()
    assert client.tasks(project) == []

    card = begin_import(page, len(files))
    expect(card).to_contain_text(f"{tasks} tasks with 1 annotation and 1 prediction imported")
    expect(card).to_contain_text(f"{wrong} left out")
    expect(card.get_by_role("region", name="Wrong rows")).to_contain_text("text")
    expect(rows(page)).to_have_count(0)
    stored = client.tasks(project)
    assert len(stored) == tasks
    values = {task["data"]["text"] for task in stored}
    assert {
        "one, two",
        "Alles schön, nur zu früh",
        "slow",
        "json 3",
        "from a",
        "from b",
        "packed two",
        "eins",
        "from a book",
    } <= values
    assert (
        sum(str(value).endswith((".png", ".jpg", ".gif", ".webp", ".svg", ".wav")) for value in values) == 6
    )

    # The row that was left out, mended and sent again.
    with page.expect_download() as download:
        card.get_by_role("link", name="Download 1 row").click()
    mended = tmp_path / "mended.jsonl"
    rejects = download.value.path().read_text("utf-8")
    assert "_error" in rejects
    mended.write_text(rejects.replace("txet", "text"), "utf-8")
    card.get_by_label("Mended file").set_input_files(mended)
    expect(row(page, "mended.jsonl").get_by_role("img", name="Ready")).to_be_visible()
    second = begin_import(page, 1)
    expect(second).to_contain_text("1 task imported")
    (new,) = [task for task in client.tasks(project) if task["id"] not in {old["id"] for old in stored}]
    assert new["data"] == {"text": "gap"}

    # Undo says what it keeps: the task that somebody labeled since.
    kept = next(task for task in stored if task["data"]["text"] == "json 0")
    client.post(f"/api/tasks/{kept['id']}/annotations", {"result": [ANSWER]})
    card.get_by_role("button", name="Undo…").click()
    dialog = page.get_by_role("dialog", name="Undo this import?")
    expect(dialog).to_contain_text(f"{tasks - 1} tasks that this import made are deleted")
    expect(dialog.get_by_role("link", name=str(kept["id"]), exact=True)).to_be_visible()
    dialog.get_by_role("button", name=f"Delete {tasks - 1} tasks").click()
    expect(card).to_contain_text("Undone")
    assert {task["id"] for task in client.tasks(project)} == {kept["id"], new["id"]}


def test_one_wrong_row_stops_everything_and_the_files_come_back(page: Page, client: Client) -> None:
    project = client.project("All or nothing", CONFIG)
    page.goto(f"/projects/{project}/import")
    good = text("good.csv", "text\none\ntwo\n")
    bad = text("bad.json", '[{"text": "x"}, {"texd": "y"}]')
    choose(page, good, bad)
    card = begin_import(page, 2)
    expect(card).to_contain_text("Refused, nothing was imported")
    wrong = card.get_by_role("region", name="Wrong rows")
    expect(wrong.get_by_role("row").nth(1)).to_contain_text("text")
    assert client.tasks(project) == []
    card.get_by_role("button", name="Change the options and try again").click()
    expect(rows(page).get_by_role("img", name="Ready")).to_have_count(2)
    page.get_by_label("Wrong rows").select_option("skip")
    expect(begin_import(page, 2)).to_contain_text("3 tasks imported")


def test_a_file_that_cannot_be_read_is_left_out(page: Page, client: Client) -> None:
    project = client.project("Unreadable", CONFIG)
    page.goto(f"/projects/{project}/import")
    choose(page, text("half.json", '[{"text": "half"}, {"te'), text("whole.txt", "one\ntwo\n"))
    expect(row(page, "half.json").get_by_role("img", name="Cannot be read")).to_be_visible()
    expect(page.get_by_text("1 file not ready, left out")).to_be_visible()
    expect(begin_import(page, 1)).to_contain_text("2 tasks imported")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Take out half.json").click()
    expect(rows(page)).to_have_count(0)
    assert [task["data"]["text"] for task in client.tasks(project)] == ["one", "two"]


def test_known_tasks_are_not_added_twice(page: Page, client: Client) -> None:
    project = client.project("Known tasks", CONFIG, [{"text": "old", "id": 1}])
    page.goto(f"/projects/{project}/import")
    choose(page, text("more.csv", "id,text\n1,changed\n2,new\n"))
    page.get_by_label("Tasks that are here already").select_option("fields")
    expect(page.get_by_role("button", name=re.compile("^Import 1 file"))).to_be_disabled()
    page.get_by_role("checkbox", name="id").check()
    page.get_by_label("Known tasks", exact=True).select_option("upsert")
    card = begin_import(page, 1)
    expect(card).to_contain_text("1 task imported")
    expect(card).to_contain_text("1 task updated")
    assert [task["data"]["text"] for task in client.tasks(project)] == ["changed", "new"]


def test_an_import_done_before_it_is_seen_to_run(page: Page, client: Client) -> None:
    project = client.project("Imported in a moment", CONFIG)
    page.goto(f"/projects/{project}/import")
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()

    def hold(route: Route) -> None:
        """The list of imports comes when the import is done, as from a quick server."""
        deadline = time.monotonic() + 20
        while not client.get(f"/api/projects/{project}")["task_number"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        route.continue_()

    page.route(f"**/api/projects/{project}/imports", hold)
    choose(page, text("one.txt", "First line\nSecond line\n"))
    expect(begin_import(page, 1)).to_contain_text("2 tasks imported")
    expect(page.get_by_role("link", name="Start labeling")).to_be_visible()
    expect(page.get_by_text("2 tasks in this project")).to_be_visible()


def test_options_change_the_preview(page: Page, client: Client) -> None:
    project = client.project("Reading otherwise", CONFIG)
    page.goto(f"/projects/{project}/import")
    choose(page, text("odd.csv", "one|1\ntwo|2\n"))
    preview = page.get_by_role("region", name="Preview of odd.csv")
    preview.get_by_label("Columns split by").select_option("|")
    preview.get_by_label("First row", exact=True).select_option("false")
    columns = preview.get_by_role("columnheader")
    expect(columns).to_have_count(2)
    expect(preview.get_by_role("row")).to_have_count(3)
    first = columns.first.locator(".rows-name").inner_text().split("\n")[0]
    preview.get_by_label(f"Data key of {first}").select_option("text")
    preview.get_by_label(re.compile("^Data key of")).nth(1).select_option("")
    expect(row(page, "odd.csv").get_by_role("img", name="Ready")).to_be_visible()
    expect(begin_import(page, 1)).to_contain_text("2 tasks imported")
    assert [task["data"] for task in client.tasks(project)] == [{"text": "one"}, {"text": "two"}]


def test_a_time_series_is_one_task(page: Page, client: Client) -> None:
    project = client.project("Series", SERIES)
    page.goto(f"/projects/{project}/import")
    choose(page, text("levels.csv", "time,level\n1,0.5\n2,0.75\n"))
    expect(page.get_by_text("The whole file becomes one task")).to_be_visible()
    expect(page.get_by_label("A table becomes")).to_have_value("auto")
    expect(begin_import(page, 1)).to_contain_text("1 task imported")
    (task,) = client.tasks(project)
    assert task["data"]["csv"].endswith("levels.csv")


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
    expect(page.get_by_role("img", name="photo 0.png")).to_have_js_property("naturalWidth", 80)
    expect(begin_import(page, 2)).to_contain_text("2 tasks imported")
    page.get_by_role("link", name="See the tasks").click()
    thumbnails = page.get_by_role("grid").get_by_role("img")
    expect(thumbnails).to_have_count(2)
    for at in range(2):
        expect(thumbnails.nth(at)).to_have_js_property("naturalWidth", 80)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """40 MB of text: three pieces."""
    path = tmp_path / "large.csv"
    line = "x" * 999 + "\n"
    path.write_text("text\n" + line * 40_000, "utf-8")
    return path


def is_piece(request: Request) -> bool:
    return request.method == "PATCH"


def test_a_reload_goes_on_where_it_was(watched: tuple[Page, Watch], client: Client, large: Path) -> None:
    page, watch = watched
    watch.expect_failure("PATCH .*/uploads/")
    project = client.project("After a reload", CONFIG)
    page.goto(f"/projects/{project}/import")

    def first_piece_only(route: Route) -> None:
        if is_piece(route.request) and route.request.headers["upload-offset"] != "0":
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(re.compile("/uploads/"), first_piece_only)
    choose(page, large)
    expect(page.get_by_role("progressbar", name="Progress of large.csv")).to_be_visible()
    expect(row(page, "large.csv")).to_contain_text("17 MB of 40 MB. No connection, trying again")
    page.reload()
    expect(row(page, "large.csv").get_by_role("img", name="Interrupted")).to_be_visible()
    expect(row(page, "large.csv")).to_contain_text("17 MB of 40 MB are here")
    page.unroute_all()

    pieces: list[int] = []
    page.on(
        "request",
        lambda request: pieces.append(int(request.headers["upload-offset"])) if is_piece(request) else None,
    )
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose large.csv again").click()
    chooser.value.set_files(large)
    expect(row(page, "large.csv").get_by_role("img", name="Ready")).to_be_visible()
    assert pieces == [CHUNK, 2 * CHUNK]
    expect(rows(page)).to_have_count(1)

    # A finished upload needs nothing after a reload, and knows its file again.
    page.reload()
    expect(row(page, "large.csv").get_by_role("img", name="Ready")).to_be_visible()
    choose(page, large)
    expect(page.get_by_text("large.csv is in the list already.")).to_be_visible()
    expect(rows(page)).to_have_count(1)


def test_a_lost_connection_goes_on_by_itself(
    watched: tuple[Page, Watch], client: Client, large: Path
) -> None:
    page, watch = watched
    watch.expect_failure("PATCH .*/uploads/")
    project = client.project("Lost connection", CONFIG)
    page.goto(f"/projects/{project}/import")
    lost: list[Route] = []

    def lose_two(route: Route) -> None:
        if is_piece(route.request) and route.request.headers["upload-offset"] != "0" and len(lost) < 2:
            lost.append(route)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(re.compile("/uploads/"), lose_two)
    choose(page, large)
    expect(row(page, "large.csv")).to_contain_text("No connection, trying again")
    expect(row(page, "large.csv").get_by_role("img", name="Ready")).to_be_visible()
    assert len(lost) == 2


def test_pause_and_cancel(page: Page, client: Client, large: Path) -> None:
    project = client.project("Pause and cancel", CONFIG)
    held: list[Route] = []
    page.route(
        re.compile("/uploads/"),
        lambda route: held.append(route) if is_piece(route.request) else route.continue_(),
    )
    page.goto(f"/projects/{project}/import")
    choose(page, large)
    expect(row(page, "large.csv").get_by_role("img", name="Being sent")).to_be_visible()
    expect(page.get_by_text("1 file is still being sent")).to_be_visible()
    page.get_by_role("button", name="Pause large.csv").click()
    expect(row(page, "large.csv")).to_contain_text("Paused")
    page.unroute_all()
    page.get_by_role("button", name="Go on with large.csv").click()
    expect(row(page, "large.csv").get_by_role("img", name="Ready")).to_be_visible()
    page.get_by_role("button", name="Take out large.csv").click()
    expect(rows(page)).to_have_count(0)
    page.wait_for_function(
        f"fetch('/api/projects/{project}/uploads').then(r => r.json()).then(l => l.length === 0)"
    )


def test_watch_a_long_import_and_cancel_it(page: Page, client: Client, tmp_path: Path) -> None:
    project = client.project("Long import", CONFIG)
    path = tmp_path / "long.csv"
    path.write_text("text,n\n" + "".join(f"row {n},{n}\n" for n in range(1_500_000)), "utf-8")
    page.goto(f"/projects/{project}/import")
    choose(page, path)
    card = begin_import(page, 1)
    expect(card.get_by_role("progressbar")).to_be_visible()
    # It goes on without the page, and is found again.
    page.get_by_role("navigation").get_by_role("link", name="Data").click()
    page.get_by_role("navigation").get_by_role("link", name="Import").click()
    expect(card).to_contain_text(re.compile(r"[\d,]+ rows read"))
    card.get_by_role("button", name="Cancel import").click()
    expect(card).to_contain_text("Cancelled, nothing was imported")
    assert client.tasks(project) == []


def test_addresses(watched: tuple[Page, Watch], client: Client) -> None:
    page, watch = watched
    # Nothing beyond this machine is asked: a loopback address is refused by the server's guard.
    watch.expect(400, r"/import/preview")
    project = client.project("Addresses", CONFIG)
    page.goto(f"/projects/{project}/import")
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()
    page.keyboard.press("u")
    field = page.get_by_role("textbox", name="Web addresses of files")
    field.fill("example.org/reviews.csv")
    expect(page.get_by_text("write the whole address")).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    field.fill("http://127.0.0.1:9/reviews.csv\nhttp://127.0.0.1:9/more.csv")
    page.get_by_role("button", name="Add 2 addresses").click()
    expect(rows(page)).to_have_count(2)
    expect(row(page, "reviews.csv").get_by_role("img", name="Cannot be read")).to_be_visible()


def test_all_of_it_by_keyboard(page: Page, client: Client) -> None:
    project = client.project("By keyboard", CONFIG)
    page.goto(f"/projects/{project}/import")
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()
    page.keyboard.press("p")
    page.get_by_role("textbox", name="Text or JSON").wait_for()
    page.keyboard.type("first line\nsecond line")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row(page, "pasted.txt").get_by_role("img", name="Ready")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 tasks imported").first).to_be_visible()
    assert len(client.tasks(project)) == 2
