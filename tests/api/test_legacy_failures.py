"""What can be wrong with each operation of the 0.x table: a 4xx in the envelope that says what, and nothing changed.

The servers of 0.x answered 500 with a traceback to most of these.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.answers import check_answer
from tests.support.legacy_documents import ENDPOINTS
from tests.support.server import Server
from tests.support.world import CONFIG, RESULT, fingerprint

JSON = {"content-type": "application/json"}
BROKEN: dict[str, Any] = {"content": b'{"a": [', "headers": JSON}
NO_OBJECT: dict[str, Any] = {"content": b"[[1]]", "headers": JSON}
TEXT: dict[str, Any] = {"content": b"a", "headers": {"content-type": "image/png"}}
# What is put after the path, what is sent, the status, and a word of the answer.
Case = tuple[str, dict[str, Any], int, str]
_NO_PROJECT: Case = ("?project=999999", {}, 404, "project")
_NO_NUMBER: Case = ("?project=one", {}, 400, "project")
_MISSING_TASKS = ("999999", "0", "-1", "one", "1.5", "9" * 30, "%00", "..%2f1")

# `{completion}` is one of the task.
CASES: dict[str, list[Case]] = {
    "GET /api/project": [_NO_PROJECT, _NO_NUMBER, ("?project=0", {}, 400, "project")],
    "POST /api/project": [("?new=1&desc=" + "x" * 10_001, {}, 400, "desc")],
    "PATCH /api/project": [
        _NO_PROJECT, ("", BROKEN, 400, "JSON"), ("", NO_OBJECT, 400, "object"), ("", TEXT, 415, "image/png"),
        ("", {"json": {"sampling": "backwards"}}, 400, "sampling"), ("", {"json": {"title": 1}}, 400, "title"),
        ("", {"json": {"ml_backend": "nowhere"}}, 403, "http://"),
    ],
    "POST /api/project/config": [
        _NO_PROJECT, ("", BROKEN, 400, "JSON"), ("", TEXT, 415, "image/png"), ("", {"json": {}}, 400, "label_config"),
        ("", {"data": {"label_config": "<View>"}}, 400, "line 1"),
        ("", {"json": {"label_config": CONFIG.replace("$text", "$body")}}, 400, "body"),
    ],
    "POST /api/project/import": [
        _NO_PROJECT, ("", BROKEN, 400, "JSON"), ("", TEXT, 415, "image/png"), ("", {"json": [1]}, 400, "item 0"),
        ("", {"json": [{"text": "a"}, {"other": 1}]}, 400, "item 1"),
        ("", {"json": [{"data": {"text": "a"}, "completions": [{}]}]}, 400, "result"),
        ("", {"files": {"f": ("a.json", b"[{")}}, 400, "a.json"), ("", {"files": {"f": ("a.exe", b"MZ")}}, 400, "exe"),
        ("", {"data": {"url": "file:///etc/passwd"}}, 400, "file:///etc/passwd"),
    ],
    "GET /api/project/export": [_NO_PROJECT, ("?format=PDF", {}, 400, "PDF")],
    "GET /api/project/next": [_NO_PROJECT, _NO_NUMBER],
    "GET /api/project/storage-settings": [_NO_PROJECT],
    "POST /api/project/storage-settings": [
        _NO_PROJECT, ("", {"json": {"type": "s3"}}, 400, "storage_for"), ("?storage_for=source", BROKEN, 400, "JSON"),
        ("?storage_for=source", {"json": {"type": "floppy"}}, 400, "Unknown"),
        ("?storage_for=source", {"json": {"type": "s3", "path": "p", "regex": "("}}, 400, "regex"),
        ("?storage_for=target", {"json": {"type": "s3-completions"}}, 400, "path"),
    ],
    "GET /api/project-switch": [("", {}, 400, "uuid"), ("?uuid=one", {}, 404, "UUID")],
    "GET /api/tasks": [
        ("?page=0", {}, 422, "page"), ("?page=one", {}, 422, "page"), ("?page_size=-1", {}, 422, "page_size"),
        ("?order=size", {}, 422, "size"), ("?order=-data", {}, 422, "data"),
    ],
    "DELETE /api/tasks": [_NO_PROJECT, _NO_NUMBER],
    **{
        f"{method} /api/tasks/<task_id>": [(f"/../{task}", {"json": {}} if method in ("PATCH", "POST") else {}, 404, "")
                                           for task in _MISSING_TASKS]
        for method in ("GET", "DELETE", "PATCH", "POST")
    },
    "POST /api/tasks/<task_id>/completions": [
        ("", BROKEN, 400, "JSON"), ("", NO_OBJECT, 400, "object"), ("", TEXT, 415, "image/png"), ("", {"json": {}}, 400, "result"),
        ("", {"json": {"result": {}}}, 400, "result"), ("", {"json": {"result": [], "lead_time": "long"}}, 400, "lead_time"),
        ("/../../999999/completions", {"json": {"result": []}}, 404, "999999"),
    ],
    "DELETE /api/tasks/<task_id>/completions": [("/../../999999/completions", {}, 404, "999999")],
    "PATCH /api/tasks/<task_id>/completions/<completion_id>": [
        ("", BROKEN, 400, "JSON"), ("", {"json": {"result": "no"}}, 400, "result"), ("/../999999", {"json": {}}, 404, "999999"),
        ("/../null", {"json": {}}, 404, ""), ("/../../../999999/completions/{completion}", {"json": {}}, 404, "999999"),
    ],
    "DELETE /api/tasks/<task_id>/completions/<completion_id>": [
        ("/../999999", {}, 404, "999999"), ("/../null", {}, 404, ""),
        ("/../../../999999/completions/{completion}", {}, 404, "999999"),
    ],
    "GET /api/completions": [_NO_PROJECT, _NO_NUMBER],
    "DELETE /api/completions": [_NO_PROJECT, _NO_NUMBER],
    "GET /api/models": [_NO_PROJECT],
    "DELETE /api/models": [
        _NO_PROJECT, ("", BROKEN, 400, "JSON"), ("", {"json": {}}, 400, "name"), ("", {"json": {"name": "my"}}, 404, "my"),
    ],
    "POST /api/models/train": [_NO_PROJECT, ("", {}, 400, "No ML backend")],
    **{
        f"{method} /api/models/predictions": [
            ("?mode=some", {}, 422, "unknown mode"), ("?mode=data", {}, 400, "No ML backend"),
            ("?mode=all_tasks&project=999999", {}, 404, "project"), ("?mode=specific_tasks", BROKEN, 400, "JSON"),
        ]
        for method in ("GET", "POST")
    },
    "POST /api/validate-config": [
        _NO_PROJECT, ("", {}, 417, "label_config"), ("", {"data": {"label_config": "<View>"}}, 400, "line 1"), ("", BROKEN, 400, "JSON"),
    ],
    "GET /api/import-example": [("?label_config=<View>", {}, 400, "line 1")],
    "POST /api/import-example": [("", {"data": {"label_config": "<View>"}}, 400, "line 1"), ("", BROKEN, 400, "JSON")],
    "GET /api/import-example-file": [_NO_PROJECT, ("?q=pdf", {}, 400, "q")],
}  # fmt: skip


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Iterator[Server]:
    yield make_server()


def test_what_is_wrong_is_said_and_changes_nothing(server: Server) -> None:
    client = server.client()
    assert client.post("/api/project?new=1&desc=Moods").status_code == 201
    assert client.post("/api/project/config", json={"label_config": CONFIG}).status_code == 201
    (task,) = client.post("/api/project/import", json=[{"text": "one"}]).json()["new_task_ids"]
    made = client.post(f"/api/tasks/{task}/completions", json={"result": RESULT}).json()["id"]
    before = fingerprint(server)
    for operation, cases in CASES.items():
        method, path = operation.split()
        place = path.replace("<task_id>", str(task)).replace("<completion_id>", str(made))
        for more, sent, status, word in cases:
            url = _joined(place, more.replace("{completion}", str(made)))
            answer = client.request(method, url, **sent)
            assert answer.status_code == status, (operation, more, sent, answer.text)
            if (
                "config" not in path or status != 400
            ):  # a wrong config is answered as 0.x does, in a form of its own
                check_answer(answer)
            assert word in answer.text, (operation, more, sent, answer.text)
    now = fingerprint(server)
    assert [name for name in before if before[name] != now[name]] == []


def _joined(path: str, more: str) -> str:
    """The path with `/..` taking off its last part."""
    while more.startswith("/.."):
        path, more = path.rpartition("/")[0], more.removeprefix("/..")
    return path + more


def test_every_operation_of_the_table_is_here() -> None:
    for line in ENDPOINTS.strip().splitlines():
        path, *methods = line.split()
        if path not in ("/api/health", "/version"):  # nothing can be wrong with these
            assert {f"{method} {path}" for method in methods} <= CASES.keys(), line
