"""Requests that tests of imports share."""

import time
from typing import Any

from starlette.testclient import TestClient

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices>
</View>"""
EMPTY = "<View></View>"
GOOD = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]


def new_project(client: TestClient, config: str = CONFIG) -> int:
    answer = client.post("/api/projects", json={"title": "Imports", "label_config": config})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def post(client: TestClient, project: int, body: Any, headers: Any = None, **params: Any) -> Any:
    return client.post(f"/api/projects/{project}/import", json=body, params=params, headers=headers)


def post_files(client: TestClient, project: int, *files: tuple[str, bytes], **params: Any) -> Any:
    """Each file: (name, bytes)."""
    parts = [("file", each) for each in files]
    return client.post(f"/api/projects/{project}/import", files=parts, params=params)


def exported(client: TestClient, project: int) -> list[dict[str, Any]]:
    answer = client.get(f"/api/projects/{project}/export", params={"download_all_tasks": "true"})
    assert answer.status_code == 200, answer.text
    tasks: list[dict[str, Any]] = answer.json()
    return tasks


def texts(client: TestClient, project: int) -> list[Any]:
    return [task["data"]["text"] for task in exported(client, project)]


def status_of(client: TestClient, project: int, import_id: int) -> dict[str, Any]:
    answer = client.get(f"/api/projects/{project}/imports/{import_id}")
    assert answer.status_code == 200, answer.text
    status: dict[str, Any] = answer.json()
    return status


def wait_for(client: TestClient, project: int, import_id: int, seconds: float = 20) -> dict[str, Any]:
    """The status of an import when it is over."""
    deadline = time.monotonic() + seconds
    while True:
        status = status_of(client, project, import_id)
        if status["status"] in ("completed", "failed"):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.02)


def made(answer: Any, code: int = 201) -> Any:
    """The body of an answer with this status."""
    assert answer.status_code == code, answer.text
    return answer.json()
