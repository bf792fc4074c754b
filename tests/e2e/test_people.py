"""Members, invitations, sessions and webhooks of the organization, as the owner and as those who are invited see them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accounts import EMAIL, PASSWORD, fill, sign_in
from tests.e2e.test_pages import judge
from tests.e2e.watch import Watch
from tests.support.process import ServerProcess, running_server

SAM = "sam@example.org"


@pytest.fixture
def server(front_end: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    account = ["--username", EMAIL, "--password", PASSWORD]
    with running_server(["--data-dir", str(tmp_path / "data"), *account], cwd=tmp_path) as started:
        yield started


@pytest.fixture
def visit(server: ServerProcess, open_context: Callable[..., Any]) -> Callable[[], tuple[Page, Watch]]:
    """Somebody with a browser of their own."""

    def one() -> tuple[Page, Watch]:
        context, watch = open_context(server.url, permissions=["clipboard-read", "clipboard-write"])
        return context.new_page(), watch

    return one


def sign_up(page: Page, link: str) -> None:
    page.goto(link)
    fill(page, SAM, PASSWORD)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def test_from_an_invitation_to_a_removal(visit: Callable[[], tuple[Page, Watch]]) -> None:
    page, _ = visit()
    sign_in(page)
    page.get_by_role("link", name="Organization").click()
    expect(page.get_by_role("heading", name="1 member")).to_be_visible()
    before = page.locator(".secret code").inner_text()

    page.get_by_role("button", name="New link…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who comes by it becomes").select_option("reviewer")
    dialog.get_by_label("It ends").select_option("after a week")
    judge(page, "invite-dialog")
    dialog.get_by_role("button", name="Make link").click()
    expect(page.get_by_text("as Reviewer.")).to_contain_text(re.compile("It ends (in 7 days|next week)"))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith("http://") and link == page.locator(".secret code").inner_text() != before

    # Whoever has the new one comes in, with that role; the old one leads nowhere.
    other, _ = visit()
    other.goto(before)
    expect(other.get_by_role("heading", name="This invitation has ended")).to_be_visible()
    sign_up(other, link)
    other.get_by_role("link", name="Organization").click()
    expect(other.get_by_role("row").filter(has_text=SAM)).to_contain_text("Reviewer")
    expect(other.get_by_role("heading", name="Invite people")).to_be_hidden()
    expect(other.get_by_role("link", name="Webhooks")).to_be_hidden()
    expect(other.get_by_role("combobox", name="Role of")).to_have_count(0)

    page.reload()
    expect(page.get_by_role("heading", name="2 members")).to_be_visible()
    judge(page, "members")
    role = page.get_by_role("combobox", name=f"Role of {SAM}")
    role.select_option("manager")
    expect(page.get_by_text(f"{SAM}: Manager")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(f"{SAM}: Reviewer")).to_be_visible()
    expect(role).to_have_value("reviewer")

    page.get_by_role("button", name=f"Remove {SAM}").click()
    judge(page, "member-removal")
    dialog.get_by_role("button", name="Remove from the organization").click()
    expect(page.get_by_role("heading", name="1 member")).to_be_visible()
    other.goto("/projects")
    expect(other).to_have_url(re.compile("/user/login"))


def test_sessions_are_seen_and_ended(visit: Callable[[], tuple[Page, Watch]]) -> None:
    page, watch = visit()
    sign_in(page)
    other, _ = visit()
    sign_in(other)
    page.goto("/account")
    expect(page.get_by_role("listitem").filter(has_text="Chrome on Linux")).to_have_count(2)
    expect(page.get_by_text("This one")).to_have_count(1)
    judge(page, "account")
    page.get_by_role("button", name="Sign out of Chrome on Linux").click()
    expect(page.get_by_text("Signed out there")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Chrome on Linux")).to_have_count(1)
    other.goto("/projects")
    expect(other).to_have_url(re.compile("/user/login"))

    # Another password: a wrong one of now is said at its field, the right one ends the other sessions.
    fill(other, EMAIL, PASSWORD)
    expect(other.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    watch.expect(400, "/api/current-user/password")
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill("another battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The password is wrong.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Password changed.")).to_be_visible()
    other.goto("/projects")
    expect(other).to_have_url(re.compile("/user/login"))


def test_the_organization_has_webhooks_of_its_own(visit: Callable[[], tuple[Page, Watch]]) -> None:
    page, _ = visit()
    sign_in(page)
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.get_by_role("navigation", name="Organization").get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("in any project of the organization")).to_be_visible()
    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address").fill("https://hooks.example.org/all")
    dialog.get_by_role("radio", name="chosen events").check()
    dialog.get_by_role("checkbox", name="Project created").check()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("main").get_by_role("listitem")).to_contain_text("Project created")
    judge(page, "organization-webhooks")
