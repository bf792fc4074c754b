"""Importing from addresses of servers that mean no good: nothing inner is reached, nothing runs away, nobody waits."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.support.odd_servers import Answer, OddServer, odd_server, says
from tests.support.server import Server, live_server, settings_for
from tests.support.world import CONFIG

from labelyard.imports import gather

MARK = "SECRET-MARK"


@pytest.fixture
def inner() -> Iterator[OddServer]:
    with odd_server(says(body=b'[{"text": "' + MARK.encode() + b'"}]')) as server:
        yield server


def new_project(client: Any) -> int:
    answer = client.post("/api/projects", json={"title": "Fetched", "label_config": CONFIG})
    return int(answer.json()["id"])


def fetch(client: Any, project: int, url: str) -> Any:
    return client.post(f"/api/projects/{project}/import", data={"url": url})


def check_refused(client: TestClient, project: int, answer: Any) -> None:
    assert answer.status_code == 400 and MARK not in answer.text, answer.text
    told = client.get(f"/api/projects/{project}/imports").text
    assert MARK not in told
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 0


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_inwards(make_server: Callable[..., Server], inner: OddServer, status: str) -> None:
    with odd_server(says(status, body=MARK.encode(), Location=inner.url())) as outer:
        client = make_server(outbound_allow=f"127.0.0.1:{outer.port}").client()
        project = new_project(client)
        check_refused(client, project, fetch(client, project, outer.url("/a.json")))
        assert outer.connections == 1 and inner.connections == 0


def test_an_inner_address_in_every_spelling(make_server: Callable[..., Server], inner: OddServer) -> None:
    client = make_server().client()
    project = new_project(client)
    for host in (
        "127.0.0.1",
        "[::1]",
        "0",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "127.1",
        "0.0.0.0",
    ):
        check_refused(client, project, fetch(client, project, f"http://{host}:{inner.port}/a.json"))
    for url in ("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:application/json,[]"):
        check_refused(client, project, fetch(client, project, url))
    assert inner.connections == 0


def endless(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
    while True:
        sock.sendall(b'{"text": "a"},' * 5000)


def slow(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
    while True:
        sock.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize(
    "answer",
    [endless, slow, says("404 Not Found", MARK.encode()), says("500 Oops", MARK.encode(), X_Error=MARK),
     says("302 Found", Location=f"gopher://{MARK}/")],
)  # fmt: skip
def test_servers_that_behave_badly(
    make_server: Callable[..., Server], answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "FETCH_SECONDS", 1.5)
    client = make_server(outbound_allow="127.0.0.1", max_import_bytes=1_000_000).client()
    project = new_project(client)
    began = time.monotonic()
    with odd_server(answer) as site:
        check_refused(client, project, fetch(client, project, site.url("/a.json")))
    assert time.monotonic() - began < 10
    spool = client.app.state.context.settings.spool_dir  # type: ignore[attr-defined]
    assert list(spool.glob("import-*")) == []


def test_waiting_for_slow_servers_holds_up_nobody(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "FETCH_SECONDS", 4.0)
    settings = settings_for(tmp_path / "data", outbound_allow="127.0.0.1")
    with odd_server(slow) as site, live_server(settings) as address:
        headers = {"Host": f"localhost:{address.rpartition(':')[2]}"}
        with httpx2.Client(base_url=address, headers=headers, timeout=60) as client:
            project = new_project(client)

            def wait() -> None:
                with httpx2.Client(base_url=address, headers=headers, timeout=60) as other:
                    assert fetch(other, project, site.url("/a.json")).status_code == 400

            # More than there are threads in the common pool.
            threads = [threading.Thread(target=wait) for _ in range(41)]
            for thread in threads:
                thread.start()
            time.sleep(1)  # until all of them wait
            # An import needs that pool several times.
            began = time.monotonic()
            rows = [{"text": "here"}]
            assert client.post(f"/api/projects/{project}/import", json=rows).status_code == 201
            assert time.monotonic() - began < 2
            for thread in threads:
                thread.join(timeout=60)
                assert not thread.is_alive()
