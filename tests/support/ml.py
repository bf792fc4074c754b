"""What tests of ML backends do over and over: a server that may call this machine, projects, backends, runs."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from labelyard.settings import Settings
from tests.support.model_server import ModelServer
from tests.support.server import Server, settings_for
from tests.support.world import CONFIG

ML = "/api/ml"


@contextmanager
def ml_server(request: pytest.FixtureRequest, directory: Path) -> Iterator[Server]:
    """A server on the engine that the fixture was parametrized with, with short waits."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        yield stack.enter_context(Server(_settings(directory, url)))


def _settings(directory: Path, url: str) -> Settings:
    return settings_for(
        directory,
        url,
        ml_block_local_ip=False,
        ml_retries=1,
        ml_connect_seconds=1.0,
        ml_short_seconds=2.0,
        ml_batch_tasks=8,
        ml_next_seconds=0.5,
        ml_interactive_seconds=2.0,
    )


def make_project(client: TestClient, tasks: int = 3, **more: Any) -> int:
    made = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG, **more})
    project: int = made.json()["id"]
    if tasks:
        rows = [{"text": f"text {n}"} for n in range(tasks)]
        assert client.post(f"/api/projects/{project}/import", json=rows).status_code == 201
    return project


def connect(client: TestClient, project: int, model: ModelServer, **more: Any) -> dict[str, Any]:
    answer = client.post(ML, json={"project": project, "url": model.url, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(client: TestClient | httpx2.Client, run: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
    ends = time.monotonic() + seconds
    while run["finished_at"] is None:
        assert time.monotonic() < ends, run
        time.sleep(0.02)
        run = client.get(f"{ML}/{run['backend']}/runs/{run['id']}").json()
    return run


def predict(client: TestClient, backend: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.post(f"{ML}/{backend['id']}/predict", json=body)
    assert answer.status_code == 201, answer.text
    return finished(client, answer.json())


def predictions(client: TestClient, project: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/predictions?project={project}").json()
    return found


def task_ids(client: TestClient, project: int) -> list[int]:
    return [each["id"] for each in client.get(f"/api/tasks?project={project}").json()["tasks"]]
