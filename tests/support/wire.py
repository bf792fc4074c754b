"""HTTP as cheap as it can be: requests are prepared bytes, answers are read from sockets that somebody else waits for.

For loads and crowds, where a client's own work would be most of what is measured, or the reason why few fit.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

from labelyard.app import build_context, close_context
from labelyard.settings import load
from labelyard.users import service as users
from labelyard.users import sessions

# What a browser sends with each request to its own server.
_BROWSER = (
    "Sec-Fetch-Site: same-origin\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36\r\n"
)


class Gone(Exception):
    """The other side closed the connection, or was never there."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Wire:
    """One connection that is kept, of somebody with a session. `socket` is readable when `read` has something to do."""

    def __init__(self, port: int, cookie: str) -> None:
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError as error:
            raise Gone from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came = b""
        self._headers = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: sessionid={cookie}; csrftoken=wire\r\n{_BROWSER}".encode()
        origin = f"Origin: http://127.0.0.1:{port}\r\nX-CSRFToken: wire\r\nContent-Type: application/json\r\n"
        self._changing = self._headers + origin.encode()

    def get(self, path: str) -> None:
        self._send(b"GET " + path.encode() + self._headers + b"\r\n")

    def change(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a POST, PATCH or DELETE with a JSON body."""
        self._send(
            b"%b %b%bContent-Length: %d\r\n\r\n%b"
            % (method.encode(), path.encode(), self._changing, len(body), body)
        )

    def read(self) -> Answer | None:
        """The answer once it is all there. Gone when there will be none."""
        try:
            part = self.socket.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        if not part:
            raise Gone
        self._came += part
        head, gap, body = self._came.partition(b"\r\n\r\n")
        if not gap:
            return None
        status = int(head[9:12])
        length = 0
        if status != 204:
            place = head.lower().index(b"content-length:") + 15
            length = int(head[place:].partition(b"\r\n")[0])
        if len(body) < length:
            return None
        self._came = b""
        return Answer(status, body)

    def close(self) -> None:
        self.socket.close()

    def _send(self, request: bytes) -> None:
        try:
            self.socket.sendall(request)
        except OSError as error:
            raise Gone from error


def sign_in(data_dir: Path, count: int) -> list[str]:
    """Session cookies of so many new people, the first of whom owns the organization. No server may be running there."""
    context = build_context(load({"data_dir": data_dir}))
    try:
        cookies = []
        for number in range(count):
            user = context.db.write_sync(
                users.make_account,
                context.settings,
                f"person{number}@example.org",
                "no password",
                role="annotator",
            )
            made = context.db.write_sync(sessions.open_session, user, persistent=True, user_agent="wire")
            cookies.append(made.cookie)
        return cookies
    finally:
        close_context(context)
