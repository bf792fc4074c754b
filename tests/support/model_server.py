"""An ML backend on loopback that speaks the protocol, keeps what it was asked, and misbehaves where a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


# Answers a request itself, bytes and all.
Odd = Callable[[BaseHTTPRequestHandler, Asked], None]


def prediction(value: str = "good", score: float | None = 0.5, **more: Any) -> dict[str, Any]:
    """A prediction that fits the config of the tests: one choice."""
    region = {"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": [value]}}
    return {"result": [region], "score": score, **more}


@dataclass(slots=True)
class ModelServer:
    """`predict` answers for one task; `odd` holds paths that are answered by a function of the test."""

    url: str = ""
    version: str = "v1"
    asked: list[Asked] = field(default_factory=list)
    predict: Callable[[dict[str, Any]], Any] = field(default=lambda task: prediction())
    odd: dict[str, Odd] = field(default_factory=dict)
    login: str = ""  # what the header Authorization has to be

    def of(self, path: str) -> list[Asked]:
        """What was asked of a path."""
        return [each for each in self.asked if each.path == path]

    def answer(self, asked: Asked) -> tuple[int, Any]:
        match asked.path:
            case "/health":
                return 200, {"status": "UP", "model_class": "Moods"}
            case "/setup":
                return 200, {"model_version": self.version}
            case "/predict":
                made = [self.predict(each) for each in asked.json["tasks"]]
                return 200, {"results": made, "model_version": self.version}
            case "/versions":
                return 200, {"versions": ["v0", self.version]}
            case "/webhook":
                return 201, {"status": "ok"}
        return 404, {"detail": "SECRET-MARK of the other side"}


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """A well-formed answer. `content_type="…"` becomes the header `content-type`."""
    with suppress(OSError):  # who asked may be gone
        handler.send_response(status)
        handler.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def model_server() -> Iterator[ModelServer]:
    made, server = _started()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@cache
def lasting_model_server() -> ModelServer:
    """One that stays as long as the process of the tests."""
    return _started()[0]


def _started() -> tuple[ModelServer, ThreadingHTTPServer]:
    made = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            made.asked.append(asked)
            if self.path in made.odd:
                with suppress(OSError):
                    made.odd[self.path](self, asked)
            elif made.login and headers.get("authorization") != made.login:
                send(self, 401, b"SECRET-MARK")
            else:
                status, said = made.answer(asked)
                send(self, status, json.dumps(said).encode(), content_type="application/json")

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return made, server
