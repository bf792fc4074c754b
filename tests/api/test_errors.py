"""The error envelope and the guards that every request passes."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient
from tests.support.server import Server

PATCH_ME = "/api/users/1"


def assert_envelope(answer: Any, status: int) -> dict[str, Any]:
    """Every error has the same keys; the body is returned."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    keys = {"id", "status_code", "version", "detail", "exc_info"}
    assert keys <= set(body) <= keys | {"validation_errors"}
    assert uuid.UUID(body["id"]).version == 4
    assert body["status_code"] == status
    assert body["exc_info"] is None
    assert ("validation_errors" in body) == (body["detail"] == "Validation error")
    return body


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_unknown_api_path_is_404_in_the_envelope(client: TestClient, method: str) -> None:
    assert_envelope(client.request(method, "/api/no-such-thing/"), 404)


def test_wrong_method_is_405_and_names_the_right_ones(client: TestClient) -> None:
    answer = client.put("/api/users/")
    assert_envelope(answer, 405)
    assert answer.headers["allow"] == "GET, POST"
    # Beside a route with an id in the same place.
    answer = client.patch("/api/projects/counts/")
    assert_envelope(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("wrong", ["abc", "-1", "0", "999999", "9" * 30, "1%00", "١"])
def test_an_id_that_names_nothing_is_404(client: TestClient, wrong: str) -> None:
    assert_envelope(client.get(f"/api/users/{wrong}"), 404)


def test_plain_text_is_415(client: TestClient) -> None:
    assert_envelope(client.patch(PATCH_ME, content="{}", headers={"content-type": "text/plain"}), 415)


def test_other_content_types_are_415(client: TestClient) -> None:
    answer = client.patch(PATCH_ME, content=b"<a/>", headers={"content-type": "application/xml"})
    body = assert_envelope(answer, 415)
    assert "application/xml" in body["detail"]


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"[1,",
        b'{"first_name": NaN}',
        b'{"a" "b"}',
        b"\xff\xfe",
        b'{"first_name": "\\ud800"}',
        b'"',
        b"nul",
    ],
)
def test_broken_json_is_400_naming_the_place(client: TestClient, broken: bytes) -> None:
    answer = client.patch(PATCH_ME, content=broken, headers={"content-type": "application/json"})
    body = assert_envelope(answer, 400)
    assert "JSON" in body["validation_errors"]["non_field_errors"][0]


@pytest.mark.parametrize("other", [b"[]", b"3", b'"text"', b"null", b"true"])
def test_json_that_is_no_object_is_400(client: TestClient, other: bytes) -> None:
    answer = client.patch(PATCH_ME, content=other, headers={"content-type": "application/json"})
    assert "non_field_errors" in assert_envelope(answer, 400)["validation_errors"]


def test_field_errors_name_the_field(client: TestClient) -> None:
    body = assert_envelope(client.patch(PATCH_ME, json={"first_name": ["x"], "last_name": "y" * 300}), 400)
    assert set(body["validation_errors"]) == {"first_name", "last_name"}


def test_missing_field_is_said_so(client: TestClient) -> None:
    body = assert_envelope(client.post("/api/users/", json={}), 400)
    assert body["validation_errors"] == {"email": ["This field is required."]}


def test_null_characters_are_refused_not_stored(client: TestClient) -> None:
    body = assert_envelope(client.patch(PATCH_ME, json={"first_name": "a\x00b"}), 400)
    assert body["validation_errors"] == {"first_name": ["Null characters are not allowed."]}
    assert client.get(PATCH_ME).json()["first_name"] == ""


@pytest.mark.parametrize("depth", [101, 5_000, 1_000_000])
def test_deep_nesting_is_refused(client: TestClient, depth: int) -> None:
    answer = client.patch(PATCH_ME, content=b"[" * depth, headers={"content-type": "application/json"})
    body = assert_envelope(answer, 400)
    assert "100 levels" in body["validation_errors"]["non_field_errors"][0]


def test_brackets_in_strings_are_no_nesting(client: TestClient) -> None:
    answer = client.patch(PATCH_ME, json={"first_name": "[{" * 100, "last_name": '\\"[' * 60})
    assert answer.status_code == 200, answer.text


def test_body_over_the_limit_is_413_naming_it(make_server: Callable[..., Server]) -> None:
    client = make_server(max_body_bytes=1000).client()
    body = assert_envelope(client.patch(PATCH_ME, json={"first_name": "x" * 1000}), 413)
    assert "1000 bytes" in body["detail"]


def test_body_is_counted_while_it_streams(make_server: Callable[..., Server]) -> None:
    client = make_server(max_body_bytes=1000).client()
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b" " * 100

    answer = client.patch(PATCH_ME, content=endless(), headers={"content-type": "application/json"})
    assert "1000 bytes" in assert_envelope(answer, 413)["detail"]


def test_forms_are_read_like_json(client: TestClient) -> None:
    answer = client.patch(PATCH_ME, data={"first_name": "Ada", "allow_newsletters": "true", "unknown": "1"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["first_name"], answer.json()["allow_newsletters"]) == ("Ada", True)
    answer = client.patch(PATCH_ME, files={"last_name": (None, "Moreno")})
    assert answer.json()["last_name"] == "Moreno"


@pytest.mark.parametrize("path", ["/api/users", "/api/users/", "/api/users//"])
def test_the_trailing_slash_is_optional_without_a_redirect(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.post(path, json={"email": "sam@example.org"}).status_code == 201


def test_a_bug_answers_an_id_and_nothing_else(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    router = APIRouter()

    @router.get("/api/broken")
    def broken() -> None:
        password = "hunter2-in-a-local-variable"
        raise RuntimeError(f"secret detail /etc/passwd {len(password)}")

    server.app.include_router(router)
    answer = server.client().get("/api/broken")
    body = assert_envelope(answer, 500)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    logged = capsys.readouterr().err
    assert body["id"] in logged
    assert "secret detail" in logged
    assert "hunter2-in-a-local-variable'" not in re.sub(r'password = "hunter2[^"]*"', "", logged)


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/api/users", "/api/nope", "/health", "/user/signup/"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
