"""Webhooks with the current client, and what they deliver."""

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import choice


@pytest.fixture
def listener() -> Iterator[tuple[str, "queue.Queue[dict[str, Any]]"]]:
    """An address, and the queue of the bodies that come there."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_webhook_is_made_read_changed_and_deleted(ls: LabelStudio, project) -> None:
    made = ls.webhooks.create(
        project=project.id,
        url="https://hooks.example.org/one",
        send_for_all_actions=False,
        actions=["TASKS_CREATED"],
    )
    assert made.actions == ["TASKS_CREATED"]
    read = ls.webhooks.get(id=made.id)
    assert (read.url, read.project, read.is_active) == ("https://hooks.example.org/one", project.id, True)
    assert [each.id for each in ls.webhooks.list(project=str(project.id))] == [made.id]
    changed = ls.webhooks.update(id=made.id, url="https://hooks.example.org/two", is_active=False)
    assert (changed.url, changed.is_active) == ("https://hooks.example.org/two", False)
    ls.webhooks.delete(id=made.id)
    assert ls.webhooks.list(project=str(project.id)) == []
    with pytest.raises(ApiError) as error:
        ls.webhooks.create(project=project.id, url="https://hooks.example.org", actions=["NOTHING"])
    assert error.value.status_code == 400


def test_actions_are_explained(ls: LabelStudio) -> None:
    info = ls.webhooks.info()
    assert info.annotation_created.key == "annotation"
    assert ls.webhooks.info(organization_only=True).project_created.name


def test_what_happens_is_told(ls: LabelStudio, project, tasks, listener) -> None:
    url, told = listener
    made = ls.webhooks.create(project=project.id, url=url)
    annotation = ls.annotations.create(id=tasks[0], result=choice("good"))
    body = told.get(timeout=20)
    assert (body["action"], body["annotation"]["id"]) == ("ANNOTATION_CREATED", annotation.id)
    assert body["annotation"]["result"] == choice("good")
    assert body["project"]["id"] == project.id
    ls.tasks.delete(id=str(tasks[1]))
    body = told.get(timeout=20)
    assert (body["action"], body["tasks"]) == ("TASKS_DELETED", [{"id": tasks[1]}])
    ls.webhooks.delete(id=made.id)
