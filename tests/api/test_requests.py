"""Every request has an id that is in the answer, the error and the log; metrics count them; errors tell as much as asked."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.server import Server

from labelyard.kit import log

TOKEN = "metrics-token-of-this-server"
METRICS = "/metrics"


# --- ids ----------------------------------------------------------------------------------------------------------


def test_an_id_comes_back_and_names_the_error(client: TestClient) -> None:
    good = client.get("/api/version")
    assert uuid.UUID(good.headers["x-request-id"]).version == 4
    assert client.get("/api/version").headers["x-request-id"] != good.headers["x-request-id"]
    given = {"X-Request-ID": "proxy-4711:a/b"}
    answer = client.get("/api/projects/99", headers=given)
    assert answer.headers["x-request-id"] == answer.json()["id"] == "proxy-4711:a/b"
    # Refused before a route is looked for: the same.
    early = client.get("/api/version", headers={**given, "Host": "evil.example"})
    assert (
        early.status_code == 400 and early.json()["id"] == early.headers["x-request-id"] == "proxy-4711:a/b"
    )
    assert client.get("/", headers=given).headers["x-request-id"] == "proxy-4711:a/b"


@pytest.mark.parametrize("sent", ["", "a" * 129, "a b", '"><script>', "é", "a,b"])
def test_an_unusable_id_is_replaced(client: TestClient, sent: str) -> None:
    answer = client.get("/api/projects/99", headers={b"X-Request-ID": sent.encode()})
    assert uuid.UUID(answer.headers["x-request-id"]).version == 4
    assert answer.json()["id"] == answer.headers["x-request-id"]


def test_the_log_has_the_id(
    make_server: Callable[..., Server], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log._choice, "as_json", True)
    server = make_server(log_requests=True)
    client = server.client()
    monkeypatch.setattr("labelyard.kit.http.requests.log", log.Logger("requests"))
    monkeypatch.setattr("labelyard.kit.http.errors.log", log.Logger("errors"))
    client.get("/api/version", headers={"X-Request-ID": "one"})
    failed = client.get("/trigger500", headers={"X-Request-ID": "two"})
    assert failed.status_code == 500 and failed.json()["id"] == "two"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    said = {(line["event"], line["request_id"]) for line in lines}
    assert {("request", "one"), ("unexpected_error", "two"), ("request", "two")} <= said
    (first,) = [line for line in lines if line["request_id"] == "one"]
    assert first["method"] == "GET" and first["path"] == "/api/version" and first["status"] == 200


# --- errors -------------------------------------------------------------------------------------------------------


def test_a_traceback_is_shown_only_where_it_was_asked_for(make_server: Callable[..., Server]) -> None:
    client = make_server(debug_modal_exceptions=True).client()
    answer = client.get("/trigger500")
    assert answer.status_code == 500 and answer.json()["detail"] == "test"
    assert "Traceback" in answer.json()["exc_info"]


def test_no_traceback_by_default(client: TestClient) -> None:
    answer = client.get("/trigger500")
    assert answer.status_code == 500 and answer.json()["exc_info"] is None
    assert "test" not in answer.json()["detail"]


def test_not_everybody_can_make_it_fail(accounts: Server) -> None:
    accounts.add_account()
    assert accounts.client().get("/trigger500").status_code == 401
    assert accounts.add_user("sam@example.org").get("/trigger500").status_code == 403


# --- metrics ------------------------------------------------------------------------------------------------------


def local(server: Server) -> TestClient:
    """A client whose requests come from loopback."""
    client = TestClient(server.app, base_url="http://localhost:8080", client=("127.0.0.1", 40_000))
    client.portal = server.client().portal
    return client


def values(page: str) -> dict[str, float]:
    """Name with labels → value; checks the form of every line."""
    found = {}
    for line in page.splitlines():
        if not line.startswith("#"):
            assert re.fullmatch(r'[a-z_]+(\{([a-z_]+="(\\.|[^"\\])*",?)*\})? -?[0-9.e+-]+', line), line
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_what_the_metrics_tell(server: Server) -> None:
    client = local(server)
    project = client.post("/api/projects", json={"title": "Moods"}).json()["id"]
    client.post(f"/api/projects/{project}/import", json=[{"text": "a"}, {"text": "b"}])
    for _ in range(3):
        client.get(f"/api/projects/{project}")
    client.get("/api/projects/999/")
    client.get("/nowhere/at/all")
    client.request("BREW", "/api/projects")
    answer = client.get(METRICS)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(
        "text/plain; version=0.0.4"
    )
    found = values(answer.text)
    requests = "labelyard_http_requests_total"
    assert found[f'{requests}{{method="GET",route="/api/projects/{{project_id}}",status="200"}}'] == 3
    assert found[f'{requests}{{method="GET",route="/api/projects/{{project_id}}",status="404"}}'] == 1
    assert found[f'{requests}{{method="GET",route="none",status="404"}}'] == 1
    assert any('method="OTHER"' in name for name in found) and "BREW" not in answer.text
    duration = "labelyard_http_request_duration_seconds"
    route = 'method="GET",route="/api/projects/{project_id}"'
    assert found[f"{duration}_count{{{route}}}"] == found[f'{duration}_bucket{{{route},le="+Inf"}}'] == 4
    buckets = [value for name, value in found.items() if name.startswith(f"{duration}_bucket{{{route}")]
    assert buckets == sorted(buckets) and 0 < found[f"{duration}_sum{{{route}}}"] < 60
    assert found["labelyard_http_requests_in_progress"] == 1
    assert found['labelyard_objects{kind="tasks"}'] == 2 and found['labelyard_objects{kind="projects"}'] == 1
    assert found["labelyard_leases"] == 0
    client.get(f"/api/projects/{project}/next")
    again = values(client.get(f"{METRICS}/").text)
    assert again["labelyard_leases"] == 1 and again["process_cpu_seconds_total"] > 0
    assert "Moods" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "labels.example.org"},
        {"Authorization": "Bearer wrong"},
    ],
)
def test_metrics_are_closed_to_others(make_server: Callable[..., Server], headers: dict[str, str]) -> None:
    server = make_server(local_mode=False, allowed_hosts="labels.example.org", metrics_token=TOKEN)
    server.add_account()
    here, there = local(server), server.client()
    assert here.get(METRICS).status_code == 200
    assert there.get(METRICS).status_code == 403
    expected = 200 if "Authorization" in headers else 403
    assert here.get(METRICS, headers=headers).status_code == expected
    assert there.get(METRICS, headers=headers).status_code == 403
    assert there.get(METRICS, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(("setting", "here", "there"), [("everyone", 200, 200), ("off", 403, 403)])
def test_metrics_as_set(make_server: Callable[..., Server], setting: str, here: int, there: int) -> None:
    server = make_server(metrics=setting)
    assert local(server).get(METRICS).status_code == here
    assert server.client().get(METRICS).status_code == there


# --- settings that operators know ---------------------------------------------------------------------------------


def sign_up(client: TestClient, query: str = "") -> Any:
    return client.post(
        f"/user/signup/{query}", data={"email": "ada@example.org", "password": "correct horse"}
    )


def test_csrf_checks_of_forms_can_be_switched_off(make_server: Callable[..., Server]) -> None:
    server = make_server(local_mode=False, enforce_csrf_checks=False)
    assert sign_up(server.client(), "?enforce_csrf_checks=1").status_code == 403
    evil = {"Origin": "http://evil.example"}
    form = {"email": "ada@example.org", "password": "correct horse"}
    assert server.client().post("/user/signup/", data=form, headers=evil).status_code == 403
    assert sign_up(server.client()).status_code == 302


def test_csrf_checks_are_on(accounts: Server) -> None:
    assert sign_up(accounts.client()).status_code == 403
