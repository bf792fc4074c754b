"""Accounts in the browser: the first one, signing in and out, tokens."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.watch import Watch
from tests.support.process import ServerProcess, running_server

EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(front_end: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with one account, made at its start."""
    home = tmp_path_factory.mktemp("accounts")
    account = ["--username", EMAIL, "--password", PASSWORD]
    with running_server(["--data-dir", str(home / "data"), *account], cwd=home) as started:
        yield started


@pytest.fixture
def visitor(server: ServerProcess, open_context: Callable[..., Any]) -> tuple[Page, Watch]:
    context, watch = open_context(server.url)
    return context.new_page(), watch


def fill(page: Page, email: str, password: str) -> None:
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def sign_in(page: Page) -> None:
    page.goto("/")
    fill(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def test_first_account_sign_out_and_in_again(
    start_server: Callable[..., ServerProcess], open_context: Callable[..., Any]
) -> None:
    server = start_server(env={"LABELYARD_LOCAL_MODE": "false"})
    page: Page = open_context(server.url)[0].new_page()
    page.goto("/projects/new?x=1")
    expect(page).to_have_url(re.compile(r"/user/login/?\?next=/projects/new%3Fx%3D1$"))
    page.get_by_role("link", name="Create one").click()
    # What is wrong is said, and what was typed stays.
    page.get_by_role("textbox", name="E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_have_js_property("validity.tooShort", True)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    # The place that was asked for first.
    expect(page).to_have_url(re.compile(r"/projects/new\?x=1$"))

    page.get_by_role("link", name=EMAIL).click()
    expect(page.get_by_text(EMAIL).last).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    expect(page).to_have_url(re.compile("/user/login"))
    # With an account there, nobody can make another one by themselves.
    expect(page.get_by_role("link", name="Create one")).to_be_hidden()
    page.goto("/user/signup/")
    expect(page.get_by_role("heading", name="Sign-up is by invitation")).to_be_visible()

    page.goto("/account")
    fill(page, EMAIL, "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).not_to_contain_text("Ada")
    expect(page.get_by_role("textbox", name="E-mail")).to_have_value(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()


def test_next_never_leads_to_another_site(visitor: tuple[Page, Watch]) -> None:
    page, _ = visitor
    page.goto("/user/login/?next=https://example.com/")
    fill(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    assert page.url.startswith("http://localhost:")


def test_a_personal_token_is_shown_once_and_works(visitor: tuple[Page, Watch], server: ServerProcess) -> None:
    page, _ = visitor
    sign_in(page)
    page.get_by_role("link", name=EMAIL).click()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Copy it now: it cannot be shown again.")).to_be_visible()
    token = page.locator(".secret code").inner_text()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)

    def access() -> httpx2.Response:
        return httpx2.post(f"{server.url}/api/token/refresh", json={"refresh": token})

    bearer = {"Authorization": f"Bearer {access().json()['access']}"}
    assert httpx2.get(f"{server.url}/api/current-user/whoami", headers=bearer).json()["email"] == EMAIL
    page.reload()
    expect(page.locator(".secret code")).to_have_text(re.compile("…$"))
    assert token not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Token revoked.")).to_be_visible()
    expect(page.get_by_role("button", name="Create token")).to_be_visible()
    assert access().status_code == 401


def test_names_are_kept(visitor: tuple[Page, Watch]) -> None:
    page, _ = visitor
    sign_in(page)
    page.goto("/account")
    page.get_by_role("textbox", name="First name").fill("Ada")
    page.get_by_role("textbox", name="Last name").fill("<b>Lovelace</b>")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()
    page.reload()
    expect(page.get_by_role("textbox", name="Last name")).to_have_value("<b>Lovelace</b>")


def test_a_session_that_ends_under_the_hands(visitor: tuple[Page, Watch]) -> None:
    page, watch = visitor
    watch.expect(401, "/api/")
    sign_in(page)
    page.context.clear_cookies()
    page.get_by_role("link", name=EMAIL).click()
    page.get_by_role("button", name="Sign in").first.click()
    expect(page).to_have_url(re.compile(r"/user/login/?\?next="))
    fill(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
