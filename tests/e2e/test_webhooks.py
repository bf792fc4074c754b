"""Webhooks in the browser, with a receiver that is really there: made, tested, told, watched, sent again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labelyard.webhooks.delivery import signature
from tests.e2e.client import Client
from tests.e2e.test_pages import MOODS, judge
from tests.support.process import ServerProcess, running_server
from tests.support.receiver import Receiver, receiver

REFUSED = "POST .*/api/webhooks"


@pytest.fixture(scope="module")
def server(front_end: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that may call this machine."""
    home = tmp_path_factory.mktemp("webhooks")
    environment = {"LABELYARD_OUTBOUND_ALLOW": "127.0.0.1"}
    with running_server(["--data-dir", str(home / "data")], cwd=home, env=environment) as started:
        yield started


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_a_webhook_from_nothing_to_its_log(visitor: Page, api: Client, other: Receiver) -> None:
    page, project = visitor, api.project("Hooks", MOODS)
    page.goto(f"/projects/{project}/settings/webhooks")
    expect(page.get_by_role("heading", name="Tell other systems")).to_be_visible()
    judge(page, "webhooks-empty")

    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Address")).to_be_focused()
    # What is wrong is said where it is, and nothing is lost.
    dialog.get_by_label("Address").fill("hooks.example.org")
    dialog.get_by_role("radio", name="chosen events").check()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("A whole address, like")).to_be_visible()
    expect(dialog.get_by_text("Choose at least one")).to_be_visible()
    dialog.get_by_label("Address").fill("http://10.1.2.3/labels")
    dialog.get_by_role("checkbox", name="Tasks created").check()
    dialog.get_by_role("checkbox", name="Annotation created").check()
    dialog.get_by_role("button", name="Add header").click()
    dialog.get_by_label("Name of header 1").fill("Authorization")
    dialog.get_by_label("Value of header 1").fill("Bearer hush-hush")
    page.get_by_role("dialog").get_by_role("button", name="Add webhook").click()
    expect(dialog.get_by_text("private or reserved")).to_be_visible()
    expect(dialog.get_by_label("Address")).to_be_focused()
    judge(page, "webhooks-form")
    dialog.get_by_label("Address").fill(other.url)
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Copy it now: it cannot be shown again.")).to_be_visible()
    assert len(dialog.locator(".secret code").inner_text()) > 40
    judge(page, "webhooks-secret")
    dialog.get_by_role("button", name="Done").click()

    # The test is seen to arrive, and is in the log.
    page.get_by_role("button", name="Send test").click()
    log = page.get_by_role("region", name=f"Deliveries to {other.url}")
    expect(log.get_by_role("row").filter(has_text="TEST")).to_contain_text("Delivered")
    (came,) = other.wait(1)
    assert came.json == {"action": "TEST"} and came.headers["authorization"] == "Bearer hush-hush"

    # What happens is told, but only what was chosen; a failure is shown and can be sent again.
    other.statuses[:] = [500]
    api.patch(f"/api/projects/{project}", {"title": "Hooks, really"})
    api.post(f"/api/projects/{project}/import", [{"text": "The parcel came."}])
    other.wait(2)
    page.reload()
    expect(page.get_by_role("main").get_by_role("listitem")).to_contain_text("Trying again")
    page.get_by_role("button", name=f"Deliveries to {other.url}").click()
    row = log.get_by_role("row").filter(has_text="TASKS_CREATED")
    expect(row).to_contain_text("500")
    row.get_by_role("button").click()
    expect(log.get_by_text("The parcel came.")).to_be_visible()
    judge(page, "webhooks-log")
    log.get_by_role("button", name="Send again").click()
    expect(log.get_by_role("row").filter(has_text="Delivered")).to_have_count(2)
    assert other.wait(3)[2].json["tasks"][0]["data"] == {"text": "The parcel came."}
    assert other.actions == ["TEST", "TASKS_CREATED", "TASKS_CREATED"]


def test_a_webhook_is_changed_switched_and_deleted(visitor: Page, api: Client, other: Receiver) -> None:
    page, project = visitor, api.project("Hooks", MOODS)
    made = api.post(
        "/api/webhooks",
        {
            "project": project,
            "url": other.url,
            "send_for_all_actions": False,
            "actions": ["TASKS_CREATED"],
            "headers": {"X-Key": "hush"},
        },
    )
    page.goto(f"/projects/{project}/settings/webhooks")
    # Off and on again with the keyboard; the events that were chosen stay.
    switch = page.get_by_role("switch")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("Off", exact=True)).to_be_visible()
    stored = api.get(f"/api/webhooks/{made['id']}")
    assert stored["is_active"] is False and stored["actions"] == ["TASKS_CREATED"]
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")

    # Another secret: shown once, and what comes from now on is signed with it.
    page.get_by_role("button", name=f"New secret for {other.url}").click()
    judge(page, "webhooks-new-secret")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make secret").click()
    expect(dialog.get_by_text("Copy it now: it cannot be shown again.")).to_be_visible()
    secret = dialog.locator(".secret code").inner_text()
    dialog.get_by_role("button", name="Done").click()
    api.post(f"/api/projects/{project}/import", [{"text": "The parcel came."}])
    (came,) = other.wait(1)
    at = int(came.headers["x-labelyard-signature"].partition(",")[0].removeprefix("t="))
    assert came.headers["x-labelyard-signature"] == signature(secret, at, came.body)
    assert api.get(f"/api/webhooks/{made['id']}")["actions"] == ["TASKS_CREATED"]

    # A change keeps the value of the header that nobody sees.
    page.get_by_role("button", name=f"Change {other.url}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Value of header 1")).to_have_value("••••••••")
    dialog.get_by_role("radio", name="everything").check()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Webhook saved")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("listitem")).to_contain_text("Everything")
    page.get_by_role("button", name="Send test").click()
    assert other.wait(1)[0].headers["x-key"] == "hush"

    page.get_by_role("button", name=f"Delete {other.url}").click()
    dialog.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_role("heading", name="Tell other systems")).to_be_visible()
    assert api.get("/api/webhooks", project=project) == []
