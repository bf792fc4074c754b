"""Requests to an application that runs in this process, each with one trip to the thread of its event loop.

Starlette's own transport goes there for every message of a request, some eight times, so that a test may look at the
parts of an answer one by one. That costs more than most of our answers do. Here the application runs to the end of its
answer, which is then handed over as a whole.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import unquote

import httpx2
from anyio.from_thread import BlockingPortal
from starlette.types import ASGIApp, Message

_PORTS = {"http": 80, "https": 443}
PEER = ("testclient", 50000)


class WholeAnswers(httpx2.BaseTransport):
    """What the application raises is raised by the request."""

    def __init__(self, app: ASGIApp, portal: Callable[[], AbstractContextManager[BlockingPortal]]) -> None:
        self._app, self._portal = app, portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        scope, body, said = _scope(request), request.read(), list[Message]()

        async def run() -> None:
            asked, answered = False, asyncio.Event()

            async def receive() -> Message:
                nonlocal asked
                if asked:  # who waits here learns when the client went away: after it has its answer
                    await answered.wait()
                    return {"type": "http.disconnect"}
                asked = True
                return {"type": "http.request", "body": body}

            async def send(message: Message) -> None:
                said.append(message)
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    answered.set()

            await self._app(scope, receive, send)
            assert answered.is_set(), "the application ended without the end of an answer"

        with self._portal() as portal:
            portal.call(run)
        start, *parts = said
        assert start["type"] == "http.response.start", start
        content = b"".join(bytes(part.get("body", b"")) for part in parts)
        return httpx2.Response(
            start["status"],
            headers=start.get("headers", []),
            stream=httpx2.ByteStream(b"" if request.method == "HEAD" else content),
            request=request,
        )


def _scope(request: httpx2.Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": PEER,
        "server": [url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]],
        "state": {},
    }
