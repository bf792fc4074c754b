"""The other side of a webhook: a server on loopback that keeps what it was sent and answers as told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """`statuses` are answered one after the other, then 200; nothing is answered while `open` is not set."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def wait(self, count: int, seconds: float = 60) -> list[Received]:
        """What was received, when it is at least `count`."""
        ends = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < ends:
            time.sleep(0.05)
        assert len(self.received) >= count, f"{len(self.received)} of {count} requests came"
        return self.received

    @property
    def actions(self) -> list[str]:
        return [each.json["action"] for each in self.received]


@contextmanager
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            try:
                body = self.rfile.read(length)
            except OSError:
                return
            if len(body) < length:
                return  # who sent it was killed meanwhile: nothing was told
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.received.append(Received(headers, body))
            made.open.wait(30)
            answer = b"SECRET-MARK of the other side"
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.send_header("content-length", str(len(answer)))
            with suppress(OSError):  # who sent it may be gone
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.open.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
