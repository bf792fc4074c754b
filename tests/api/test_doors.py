"""The doors of a server on somebody's own machine: every route is walked, so a new one is behind them too."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from tests.support.answers import check_answer
from tests.support.operations import JSON, OPERATIONS
from tests.support.server import Server

# What a server with a password says to everybody: that it runs, its icon and the files of its web app, which hold nothing
# of the user; the exchange of a token is a credential itself.
OPEN = {"GET /health", "HEAD /health", "POST /api/token/refresh"}
NAME, WORD = "me", "pa:ss word"
SITE = "http://evil.example"


def routes(server: Server) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the server answers, pages, files and what is in no description included."""
    found = [each for each in server.app.router.routes if isinstance(each, APIRoute)]
    assert len(found) > 200
    for route in found:
        path = route.path
        for name in route.param_convertors:
            path = path.replace(f"{{{name}:path}}", "1").replace(f"{{{name}}}", "1")
        for method in route.methods or ():
            yield method, path


def test_a_password_is_asked_for_on_every_route(make_server: Callable[..., Server]) -> None:
    server = make_server(basic_auth=True, username=NAME, password=WORD)
    nobody, somebody = server.client(), server.client()
    somebody.auth = (NAME, WORD)
    open_ones = set()
    for method, path in routes(server):
        # Files of the web app are open, but not those of projects, which have the same beginning.
        query = "?d=/etc" if path.startswith("/static/") else ""
        answer = nobody.request(method, path + query)
        if answer.status_code != 401:
            open_ones.add(f"{method} {path}")
            continue
        assert answer.headers["www-authenticate"].startswith('Basic realm="'), path
        if method != "HEAD":
            check_answer(answer)
    assert open_ones <= OPEN | {"GET /favicon.ico", "HEAD /favicon.ico"}, open_ones
    assert "GET /health" in open_ones
    for unknown in ("/nowhere", "/api/nowhere", "/docs/api/x", "/static/a.png?x=1", "/Health", "/health/x"):
        assert nobody.get(unknown).status_code == 401, unknown
    assert somebody.get("/api/project?project=1").status_code == 404  # let in: there is none yet


def test_no_route_answers_under_a_foreign_name(
    client: TestClient, make_server: Callable[..., Server]
) -> None:
    """A page of another site, whose name its owner lets point to this machine, reads nothing (DNS rebinding)."""
    for method, path in routes(make_server()):
        answer = client.request(method, path, headers={"Host": "evil.example:8080"})
        assert answer.status_code == 400, (method, path)
        assert method == "HEAD" or "host name" in answer.text, (method, path)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": SITE}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": f"{SITE}/page"}, {"Origin": "null"}],
    ids=["origin", "fetch metadata", "referer", "no origin"],
)
def test_no_page_of_another_site_writes_in_local_mode(client: TestClient, headers: dict[str, str]) -> None:
    writing = [each for each in OPERATIONS if each.writes]
    assert len(writing) > 100
    for operation in writing:
        path = operation.path.replace("{", "").replace("}", "")
        answer = client.request(
            operation.method, path, content=b"{}", headers={**headers, "content-type": JSON}
        )
        assert answer.status_code == 403, str(operation)
        check_answer(answer)
    # What looks like reading and asks others, or stores: the same.
    answer = client.get("/api/models/predictions?mode=all_tasks", headers=headers)
    assert answer.status_code in (403, 404)


def test_the_same_requests_are_let_in_from_our_own_pages(client: TestClient) -> None:
    made: Any = client.post("/api/project?new=1&desc=Moods", headers={"Origin": "http://localhost:8080"})
    assert made.status_code == 201
    answer = client.get("/api/models/predictions?mode=all_tasks", headers={"Origin": SITE})
    assert answer.status_code == 403
