"""Two people change one annotation, each in their own browser: both versions are shown, and one is chosen."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.keyboard import tab_to
from tests.e2e.test_accounts import EMAIL, PASSWORD, fill
from tests.e2e.test_belonging import call
from tests.e2e.test_history import answer
from tests.e2e.test_labeling import MOODS
from tests.e2e.test_pages import judge
from tests.support.process import ServerProcess, clean_environment, running_server

SAM = "sam@example.org"


@pytest.fixture
def server(front_end: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """Ada owns the organization that Sam is in."""
    data = tmp_path / "data"
    for email in (EMAIL, SAM):
        command = [sys.executable, "-m", "labelyard", "user", "create", email, "--password", PASSWORD]
        subprocess.run(
            [*command, "--data-dir", str(data)],
            env=clean_environment(), check=True, timeout=120, capture_output=True,
        )  # fmt: skip
    with running_server(["--data-dir", str(data)], cwd=tmp_path) as started:
        yield started


class Desk(NamedTuple):
    """Two browsers that have the same annotation open, which says Good."""

    ada: Page
    sam: Page
    annotation: int
    task: int

    def stored(self) -> str:
        found = self.ada.request.get(f"/api/annotations/{self.annotation}").json()
        return str(found["result"][0]["value"]["choices"][0])

    def dialog(self) -> Locator:
        return self.ada.get_by_role("dialog", name="Somebody else changed this annotation")

    def differ(self) -> None:
        """Sam saves Bad, then Ada would save Odd."""
        self.sam.get_by_role("radio", name="Bad").click()
        self.sam.get_by_role("button", name="Update Alt").click()
        expect(self.sam.get_by_text(f"Task {self.task} updated")).to_be_visible()
        self.ada.get_by_role("radio", name="Odd").click()
        self.ada.keyboard.press("Alt+Enter")

    def overtake(self) -> Locator:
        """The dialog that Ada gets, when Sam was quicker."""
        self.differ()
        expect(self.dialog()).to_be_visible()
        assert self.stored() == "Bad"
        return self.dialog()


@pytest.fixture
def people(server: ServerProcess, open_context: Callable[..., Any]) -> tuple[Page, Page]:
    """Ada and Sam, signed in."""
    pages = []
    for email in (EMAIL, SAM):
        context, watch = open_context(server.url)
        watch.expect(409, r"PATCH .*/api/annotations/\d+$")
        watch.expect(404, r"/api/drafts/\d+$")  # a draft on an annotation ends when that is saved
        page = context.new_page()
        page.goto("/")
        fill(page, email, PASSWORD)
        expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
        pages.append(page)
    ada, sam = pages
    return ada, sam


def project_of(ada: Page, *texts: str) -> tuple[int, list[int]]:
    """A project of Ada's with these texts; its id and those of its tasks."""
    config = MOODS.replace("</Choices>", '<Choice value="Odd"/></Choices>')
    project = call(ada, "POST", "/api/projects", {"title": "Moods", "label_config": config})["id"]
    call(ada, "POST", f"/api/projects/{project}/import", [{"text": text} for text in texts])
    tasks = ada.request.get(f"/api/tasks?project={project}").json()["tasks"]
    return project, sorted(task["id"] for task in tasks)


@pytest.fixture
def desk(people: tuple[Page, Page]) -> Desk:
    project, (task,) = project_of(people[0], "The parcel came.")
    made = call(people[0], "POST", f"/api/tasks/{task}/annotations", {"result": answer("Good")})
    for page in people:
        page.goto(f"/projects/{project}/tasks/{task}")
        expect(page.get_by_role("radio", name="Good")).to_be_checked()
    return Desk(*people, made["id"], task)


def test_mine_is_kept_without_a_mouse(desk: Desk) -> None:
    dialog = desk.overtake()
    expect(dialog).to_contain_text(SAM)
    expect(dialog).to_contain_text("1 item differs.")
    expect(dialog.get_by_role("region", name="Yours").get_by_role("radio", name="Odd")).to_be_checked()
    expect(dialog.get_by_role("region", name="Theirs").get_by_role("radio", name="Bad")).to_be_checked()
    judge(desk.ada, "conflict")
    # The answers are there to look at: keys of the editor change nothing.
    desk.ada.keyboard.press("1")
    tab_to(desk.ada, "Keep mine")
    desk.ada.keyboard.press("Enter")
    expect(desk.ada.get_by_text(f"Task {desk.task} updated")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert desk.stored() == "Odd"
    events = desk.ada.request.get(f"/api/annotations/{desk.annotation}/history").json()
    assert [each["created_by"]["email"] for each in events] == [EMAIL, SAM, EMAIL]
    # Going on from there is no conflict any more.
    expect(desk.ada.get_by_role("radio", name="Odd")).to_be_checked()
    desk.ada.get_by_role("radio", name="Good").click()
    desk.ada.keyboard.press("Alt+Enter")
    expect(desk.ada.get_by_text(f"Task {desk.task} updated")).to_have_count(2)
    assert desk.stored() == "Good"


def test_theirs_is_taken_and_mine_brought_back(desk: Desk) -> None:
    desk.overtake().get_by_role("button", name="Take theirs").click()
    expect(desk.ada.get_by_text("Their version stays")).to_be_visible()
    expect(desk.ada.get_by_role("radio", name="Bad")).to_be_checked()
    assert desk.stored() == "Bad"
    desk.ada.get_by_role("button", name="Bring mine back").click()
    expect(desk.ada.get_by_role("radio", name="Odd")).to_be_checked()
    desk.ada.keyboard.press("Alt+Enter")
    expect(desk.ada.get_by_text(f"Task {desk.task} updated")).to_be_visible()
    assert desk.stored() == "Odd"


def test_escape_leads_back_to_what_one_had_and_a_further_change_is_seen_too(desk: Desk) -> None:
    dialog = desk.overtake()
    desk.ada.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(desk.ada.get_by_role("radio", name="Odd")).to_be_checked()
    assert desk.stored() == "Bad"
    expect(desk.ada.get_by_text("Draft saved")).to_be_visible()
    desk.ada.keyboard.press("Alt+Enter")
    expect(dialog).to_be_visible()
    # Sam is faster once more, while Ada thinks about it.
    desk.sam.get_by_role("radio", name="Good").click()
    desk.sam.keyboard.press("Alt+Enter")
    expect(desk.sam.get_by_text(f"Task {desk.task} updated")).to_have_count(2)
    dialog.get_by_role("button", name="Keep mine").click()
    expect(dialog.get_by_role("region", name="Theirs").get_by_role("radio", name="Good")).to_be_checked()
    assert desk.stored() == "Good"
    dialog.get_by_role("button", name="Keep mine").click()
    expect(desk.ada.get_by_text(f"Task {desk.task} updated")).to_be_visible()
    assert desk.stored() == "Odd"


@pytest.fixture
def stream(people: tuple[Page, Page]) -> Desk:
    """Ada labels task after task and has gone back to the first one, which Sam has open too."""
    ada, sam = people
    project, (task, _) = project_of(ada, "The parcel came.", "It was wet.")
    ada.goto(f"/projects/{project}/label")
    shows(ada, "The parcel came.")
    ada.keyboard.press("1")
    ada.keyboard.press("Control+Enter")
    shows(ada, "It was wet.")
    ada.keyboard.press("Alt+PageUp")
    for page in people:
        if page is sam:
            page.goto(f"/projects/{project}/tasks/{task}")
        shows(page, "The parcel came.")
        expect(page.get_by_role("radio", name="Good")).to_be_checked()
    (made,) = ada.request.get(f"/api/tasks/{task}").json()["annotations"]
    return Desk(ada, sam, made["id"], task)


def shows(page: Page, text: str) -> None:
    """The task that is worked on is this one; a dialog may still lie over it."""
    expect(page.locator("main .ed-text")).to_have_text(text)


def compare(stream: Desk) -> Locator:
    """Find the message of a change that was not saved, with the keyboard, and ask for both answers."""
    message = f"Task {stream.task} was not saved: somebody else changed the annotation meanwhile."
    expect(stream.ada.get_by_role("status", name="Messages")).to_contain_text(message)
    tab_to(stream.ada, "Compare")
    stream.ada.keyboard.press("Enter")
    expect(stream.dialog()).to_be_visible()
    return stream.dialog()


def test_the_stream_goes_on_until_one_compares(stream: Desk) -> None:
    ada = stream.ada
    stream.differ()
    # The next task is there already, and is worked on.
    shows(ada, "It was wet.")
    ada.keyboard.press("2")
    dialog = compare(stream)
    expect(dialog).to_contain_text(SAM)
    expect(dialog.get_by_role("region", name="Yours").get_by_role("radio", name="Odd")).to_be_checked()
    expect(dialog.get_by_role("region", name="Theirs").get_by_role("radio", name="Bad")).to_be_checked()
    judge(ada, "conflict-stream")
    # The answers are there to look at: keys change nothing in them, nor in the task behind.
    ada.keyboard.press("1")
    tab_to(ada, "Keep mine")
    ada.keyboard.press("Enter")
    expect(ada.get_by_text(f"Task {stream.task} updated")).to_be_visible()
    assert stream.stored() == "Odd"
    shows(ada, "It was wet.")
    expect(ada.get_by_role("radio", name="Bad")).to_be_checked()
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_role("heading", name="No more tasks for you")).to_be_visible()


def test_their_version_stays_in_the_stream(stream: Desk) -> None:
    ada = stream.ada
    stream.differ()
    shows(ada, "It was wet.")
    compare(stream).get_by_role("button", name="Take theirs").click()
    expect(ada.get_by_text(f"Task {stream.task}: their version stays")).to_be_visible()
    shows(ada, "It was wet.")
    ada.keyboard.press("Alt+PageUp")
    shows(ada, "The parcel came.")
    expect(ada.get_by_role("radio", name="Bad")).to_be_checked()
    assert stream.stored() == "Bad"


def test_escape_leads_back_to_the_task_of_the_stream(stream: Desk) -> None:
    ada = stream.ada
    stream.differ()
    shows(ada, "It was wet.")
    dialog = compare(stream)
    ada.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    shows(ada, "The parcel came.")
    expect(ada.get_by_role("radio", name="Odd")).to_be_checked()
    assert stream.stored() == "Bad"
    ada.keyboard.press("Alt+Enter")
    shows(ada, "It was wet.")
    compare(stream).get_by_role("button", name="Keep mine").click()
    expect(ada.get_by_text(f"Task {stream.task} updated")).to_be_visible()
    assert stream.stored() == "Odd"


def test_what_is_kept_is_shown_where_the_task_is_open(stream: Desk) -> None:
    ada = stream.ada
    stream.differ()
    shows(ada, "It was wet.")
    ada.keyboard.press("Alt+PageUp")
    shows(ada, "The parcel came.")
    compare(stream).get_by_role("button", name="Keep mine").click()
    expect(ada.get_by_text(f"Task {stream.task} updated")).to_be_visible()
    expect(ada.get_by_role("radio", name="Odd")).to_be_checked()
    # Going on from there is no conflict any more.
    ada.get_by_role("radio", name="Good").click()
    ada.keyboard.press("Alt+Enter")
    expect(ada.get_by_text(f"Task {stream.task} updated")).to_have_count(2)
    assert stream.stored() == "Good"
