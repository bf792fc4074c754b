"""Roles in one project, and invitations for those who have an account already, each in their own browser."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.keyboard import tab_to
from tests.e2e.test_accounts import EMAIL, PASSWORD, fill, sign_in
from tests.e2e.test_pages import MOODS, judge
from tests.e2e.watch import Watch
from tests.support.process import ServerProcess, clean_environment, running_server

SAM, EVE = "sam@example.org", "eve@example.org"


@pytest.fixture
def server(front_end: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """Ada owns the first organization, Eve another."""
    data = tmp_path / "data"

    def labelyard(*arguments: str) -> None:
        command = [sys.executable, "-m", "labelyard", *arguments, "--data-dir", str(data)]
        subprocess.run(command, env=clean_environment(), check=True, timeout=120, capture_output=True)

    labelyard("user", "create", EMAIL, "--password", PASSWORD)
    labelyard("organization", "create", "Field team", "--owner", EVE, "--password", PASSWORD)
    with running_server(["--data-dir", str(data)], cwd=tmp_path) as started:
        yield started


@pytest.fixture
def visit(server: ServerProcess, open_context: Callable[..., Any]) -> Callable[[], tuple[Page, Watch]]:
    """Somebody with a browser of their own."""

    def one() -> tuple[Page, Watch]:
        context, watch = open_context(server.url)
        return context.new_page(), watch

    return one


def call(page: Page, method: str, path: str, body: object) -> Any:
    """Ask the API with the session of a page."""
    token = next(each["value"] for each in page.context.cookies() if each["name"] == "csrftoken")
    answer = page.request.fetch(path, method=method, data=body, headers={"X-CSRFToken": token})
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def invitation(page: Page, role: str) -> str:
    return str(call(page, "POST", "/api/invite/reset-token", {"role": role})["invite_url"])


def sign_up(page: Page, link: str, email: str) -> None:
    page.goto(link)
    fill(page, email, PASSWORD)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def test_roles_in_a_project(visit: Callable[[], tuple[Page, Watch]]) -> None:
    page, _ = visit()
    sign_in(page)
    project = call(page, "POST", "/api/projects", {"title": "Parcels", "label_config": MOODS})["id"]
    link = invitation(page, "annotator")
    other, _ = visit()
    sign_up(other, link, SAM)
    other.goto(f"/projects/{project}/settings/members")
    expect(other.get_by_role("group", name="Who comes in").get_by_role("radio")).to_have_count(2)
    expect(other.get_by_role("radio", name="Only the people in the list")).to_be_disabled()
    expect(other.get_by_role("heading", name="Give somebody a role")).to_be_hidden()

    page.goto(f"/projects/{project}/settings")
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Members").click()
    expect(page.get_by_text("Nobody has a role of their own here")).to_be_visible()
    expect(page.get_by_role("option", name=f"{SAM}, Annotator")).to_be_attached()
    judge(page, "project-members-empty")
    # By keyboard alone: choose a person and a role, add.
    tab_to(page, "Person")
    page.keyboard.press("s")
    page.keyboard.press("Tab")
    page.keyboard.press("m")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{SAM}: Manager")).to_be_visible()
    role = page.get_by_role("combobox", name=f"Role of {SAM}")
    expect(role).to_have_value("manager")
    judge(page, "project-members")

    # A manager of this project may now do what managers do.
    other.reload()
    expect(other.get_by_role("radio", name="Only the people in the list")).to_be_enabled()
    role.select_option("reviewer")
    expect(page.get_by_text(f"{SAM}: Reviewer")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(role).to_have_value("manager")

    page.get_by_role("radio", name="Only the people in the list").click()  # chosen when it is saved
    expect(page.get_by_text("Only the people in the list come in now")).to_be_visible()
    page.get_by_role("button", name=f"Remove {SAM}").click()
    expect(page.get_by_text("Nobody has a role of their own here")).to_be_visible()
    gone = other.request.get(f"/api/projects/{project}")
    assert gone.status == 404
    page.get_by_role("button", name="Undo").last.click()
    expect(role).to_have_value("manager")
    other.goto(f"/projects/{project}/settings/members")
    expect(other.get_by_role("radio", name="Only the people in the list")).to_be_checked()


def test_an_account_accepts_an_invitation(visit: Callable[[], tuple[Page, Watch]]) -> None:
    page, _ = visit()
    sign_in(page)
    eve, _ = visit()
    eve.goto("/")
    fill(eve, EVE, PASSWORD)
    expect(eve.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    call(eve, "POST", "/api/projects", {"title": "Of the field", "label_config": MOODS})
    old, link = invitation(eve, "manager"), invitation(eve, "reviewer")

    # One that has ended says so, to those who are signed in and to strangers.
    page.goto(old)
    expect(page.get_by_role("heading", name="This invitation has ended")).to_be_visible()
    stranger, _ = visit()
    stranger.goto(old)
    expect(stranger.get_by_role("heading", name="This invitation has ended")).to_be_visible()
    judge(stranger, "invitation-ended")

    # Whoever has an account and is not signed in gets back to the invitation by signing in.
    stranger.goto(link)
    expect(stranger.get_by_text("You are invited to Field team as Reviewer.")).to_be_visible()
    judge(stranger, "invitation-sign-up")
    stranger.get_by_role("link", name="Sign in to accept with it").click()
    fill(stranger, EMAIL, PASSWORD)
    expect(stranger.get_by_role("heading", name="Join Field team?")).to_be_visible()
    judge(stranger, "invitation-accept")
    tab_to(stranger, "Accept the invitation")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("link", name="Of the field", exact=True)).to_be_visible()
    stranger.goto("/organization")
    expect(stranger.get_by_role("row").filter(has_text=EMAIL)).to_contain_text("Reviewer")
    judge(stranger, "organizations")

    # Once is enough; and the way back to the first organization.
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="You are a member already")).to_be_visible()
    stranger.goto("/organization")
    choice = stranger.get_by_role("combobox", name="You work in")
    expect(choice).to_contain_text("Field team")
    choice.select_option(index=0)
    expect(stranger).to_have_url(re.compile("/projects$"))
    expect(stranger.get_by_role("link", name="Of the field", exact=True)).to_be_hidden()
    stranger.goto("/organization")
    expect(stranger.get_by_role("row").filter(has_text=EMAIL)).to_contain_text("Owner")
