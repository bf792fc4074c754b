"""Models in the browser, with a model server that is really there: connected, tested, asked for everything, stopped."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.test_pages import judge
from tests.support.model_server import Asked, ModelServer, model_server, prediction, send
from tests.support.process import ServerProcess, running_server
from tests.support.world import CONFIG

REFUSED = "POST .*/api/ml"


@pytest.fixture(scope="module")
def server(front_end: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that may call this machine."""
    home = tmp_path_factory.mktemp("models")
    environment = {"ML_BLOCK_LOCAL_IP": "false", "LABELYARD_ML_BATCH_TASKS": "4"}
    with running_server(["--data-dir", str(home / "data")], cwd=home, env=environment) as started:
        yield started


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


def texts(count: int) -> list[dict[str, str]]:
    return [{"text": f"text {n}"} for n in range(count)]


def test_a_model_from_nothing_to_its_predictions(visitor: Page, api: Client, model: ModelServer) -> None:
    page, project = visitor, api.project("Models", CONFIG, texts(6))
    page.goto(f"/projects/{project}/settings/models")
    expect(page.get_by_role("heading", name="Let a model label first")).to_be_visible()
    judge(page, "models-empty")

    page.get_by_role("button", name="Connect a model").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Address")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Where does the model server listen?")).to_be_visible()
    dialog.get_by_label("Address").fill("http://127.0.0.1:9")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("cannot be connected")).to_be_visible()
    judge(page, "models-form")
    dialog.get_by_label("Address").fill(model.url)
    dialog.get_by_label("Name", exact=True).fill("Moody")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    card = page.get_by_role("listitem").filter(has_text="Moody")
    expect(card.get_by_text("Connected")).to_be_visible()
    expect(card.get_by_text("version v1")).to_be_visible()

    # A test shows what comes back, and stores nothing.
    card.get_by_role("button", name="Test").click()
    expect(dialog.get_by_text("fits the labeling set-up")).to_be_visible()
    judge(page, "models-test")
    dialog.get_by_role("button", name="Done").click()
    assert api.get("/api/predictions", project=project) == []

    # One answer does not fit: it is said of its task, the others are kept.
    odd = api.tasks(project)[2]["id"]
    model.predict = lambda task: prediction("good" if task["id"] != odd else "ugly")
    card.get_by_role("button", name="Predict all").click()
    expect(card.get_by_text("Done: 5 predicted, 1 failed of 6 tasks")).to_be_visible()
    card.get_by_text("What was wrong with the answers").click()
    expect(card.get_by_role("link", name=f"Task {odd}")).to_have_attribute(
        "href", f"/projects/{project}/tasks/{odd}"
    )
    expect(card.get_by_text("Connected")).to_be_visible()
    judge(page, "models-done")
    assert len(api.get("/api/predictions", project=project)) == 5

    # Whose predictions count, and whether opened tasks get one.
    versions = page.get_by_label("Predictions to show")
    expect(versions).to_have_value("v1")
    versions.select_option("")
    expect(page.get_by_text("Settings saved").first).to_be_visible()
    page.get_by_role("checkbox", name="Predict when a task is opened").click()
    page.wait_for_timeout(500)
    often = page.get_by_label("Train after so many annotated tasks")
    often.fill("25")
    page.keyboard.press("Enter")
    expect(often).to_have_value("25")
    page.wait_for_timeout(500)
    saved = api.get(f"/api/projects/{project}")
    assert saved["min_annotations_to_start_training"] == 25
    assert saved["model_version"] == "" and saved["evaluate_predictions_automatically"] is True

    card.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Moody was told to train")).to_be_visible()
    card.get_by_role("button", name="Remove Moody").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove model").click()
    expect(page.get_by_role("heading", name="Let a model label first")).to_be_visible()
    assert len(api.get("/api/predictions", project=project)) == 5


def test_a_run_is_watched_and_stopped(visitor: Page, api: Client, model: ModelServer) -> None:
    page, project = visitor, api.project("Slow model", CONFIG, texts(12))
    api.post("/api/ml", {"project": project, "url": model.url, "title": "Slow"})
    go_on = threading.Event()

    def think(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        if len(model.of("/predict")) > 1:
            go_on.wait(30)
        send(handler, 200, json.dumps({"results": [prediction() for _ in asked.json["tasks"]]}).encode())

    model.odd["/predict"] = think
    page.goto(f"/projects/{project}/settings/models")
    card = page.get_by_role("listitem").filter(has_text="Slow")
    card.get_by_role("button", name="Predict all").click()
    bar = card.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "33")
    expect(card.get_by_text("Predicting")).to_be_visible()
    judge(page, "models-running")
    card.get_by_role("button", name="Stop").click()
    expect(card.get_by_text(re.compile("^Stopped: 4 predicted of 12 tasks"))).to_be_visible()
    go_on.set()
    expect(bar).to_be_hidden()
    assert len(api.get("/api/predictions", project=project)) == 4
