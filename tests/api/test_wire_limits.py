"""What comes before a body is bounded, and what the HTTP server itself refuses is told in the error envelope."""

import json
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from labelyard.kit.http.protocol import MAX_HEADERS, MAX_TARGET

PATH = "/api/version?x="
VERSION = b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n"


def connect(live: str) -> socket.socket:
    parts = urlsplit(live)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def answer_to(live: str, request: bytes) -> tuple[HTTPResponse, bytes]:
    with connect(live) as connection:
        connection.sendall(request)
        answer = HTTPResponse(connection)
        answer.begin()
        return answer, answer.read()


def check_refused(answer: HTTPResponse, body: bytes, status: int, *words: str) -> None:
    told = json.loads(body)
    assert (answer.status, told["status_code"], answer.headers["Connection"]) == (status, status, "close")
    assert answer.headers["Content-Type"] == "application/json"
    assert set(told) == {"id", "status_code", "version", "detail", "exc_info"}
    assert answer.headers["X-Request-ID"] == told["id"]
    for word in words:
        assert word in told["detail"]


@pytest.mark.parametrize("more", [0, 1, 1_000])
def test_the_longest_address(live: str, more: int) -> None:
    address = PATH + "a" * (MAX_TARGET - len(PATH) + more)
    answer, body = answer_to(live, f"GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    if more:
        check_refused(answer, body, 414, "address", str(MAX_TARGET))
    else:
        assert answer.status == 200, body


@pytest.mark.parametrize("number", [1, 100])
def test_the_largest_headers(live: str, number: int) -> None:
    size = MAX_HEADERS // number
    fitting = "".join(f"X-{n}: {'a' * (size - 100)}\r\n" for n in range(number))
    assert answer_to(live, VERSION + fitting.encode() + b"\r\n")[0].status == 200
    large = "".join(f"X-{n}: {'a' * size}\r\n" for n in range(number))
    check_refused(*answer_to(live, VERSION + large.encode() + b"\r\n"), 431, "headers", str(MAX_HEADERS))


@pytest.mark.parametrize(
    "begun",
    [
        VERSION + b"X-Endless: ",
        b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
        b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["header", "trailer", "chunk"],
)
def test_what_has_no_end_is_broken_off(live: str, begun: bytes) -> None:
    """A client that sends on and on is not listened to for longer than it takes to see that."""
    sent = 0
    with connect(live) as connection:
        connection.sendall(begun)
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            while sent < 100_000_000:
                sent += connection.send(b"a" * 65_536)
    # The rest is what the network holds.
    assert sent < 20_000_000


def test_many_requests_on_one_connection(live: str) -> None:
    """Headers are counted for each request, and a body of any size counts as none."""
    header = f"X-Large: {'a' * (MAX_HEADERS // 2)}\r\n".encode()
    content = json.dumps({"title": "t" * 10, "description": "d" * (4 * MAX_HEADERS)}).encode()
    with connect(live) as connection:
        for _ in range(4):
            connection.sendall(VERSION + header + b"\r\n")
            answer = HTTPResponse(connection)
            answer.begin()
            answer.read()
            assert answer.status == 200
            connection.sendall(
                b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + header + b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
            )  # fmt: skip
            answer = HTTPResponse(connection)
            answer.begin()
            assert answer.status == 201, answer.read()
            answer.read()


@pytest.mark.parametrize(
    "request_", [b"GET /api/ version HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"no HTTP\r\n\r\n"]
)
def test_what_is_no_http(live: str, request_: bytes) -> None:
    check_refused(*answer_to(live, request_), 400, "not valid HTTP")
