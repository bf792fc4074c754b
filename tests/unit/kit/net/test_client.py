"""Requests against real servers on loopback that behave badly. An allow-list entry stands for "public" here."""

import gzip
import os
import random
import resource
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.odd_servers import Answer, OddServer, certificate, odd_server, says, server_tls

from labelyard.kit.net import Limits, NetError, Policy, Response, download, request, stream

MIB = 1024 * 1024
MARK = "SECRET-MARK"
OPEN = Policy.of("127.0.0.0/8, ::1")
QUICK = Limits(max_bytes=MIB, connect_seconds=2, read_seconds=0.5, total_seconds=2)


def get(url: str, policy: Policy = OPEN, limits: Limits = QUICK, **headers: Any) -> Response:
    return request("GET", url, headers=headers, limits=limits, policy=policy)


def failure(url: str, policy: Policy = OPEN, limits: Limits = QUICK, **headers: str) -> NetError:
    """The error of fetching `url`; it never repeats what the other side said."""
    with pytest.raises(NetError) as caught:
        get(url, policy, limits, **headers)
    assert MARK not in str(caught.value) and caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def raw(text: bytes) -> Answer:
    """These bytes and the end of the connection."""

    def answer(sock: socket.socket, head: bytes) -> None:
        sock.sendall(text)

    return answer


@pytest.fixture
def inner() -> Iterator[OddServer]:
    """What must not be reached."""
    with odd_server(says(body=MARK.encode())) as server:
        yield server


# --- where connections go -----------------------------------------------------------------------------------------


def test_a_plain_answer() -> None:
    with odd_server(says("404 Not Found", b"gone", X_One="a")) as server:
        answer = get(server.url("/x?y=1"), accept="text/plain")
    assert (answer.status, answer.body, answer.headers["x-one"]) == (404, b"gone", "a")
    head = server.seen[0].decode()
    assert head.startswith("GET /x?y=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head and "Accept-Encoding: identity\r\n" in head


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "127.0.0.1.",
             "0.0.0.0", "[::]", "127.1", "017700000001", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.0.2"],
)  # fmt: skip
def test_no_spelling_of_this_machine_is_reached(inner: OddServer, host: str) -> None:
    assert failure(f"http://{host}:{inner.port}/", Policy()).code in {"bad_url", "forbidden_address"}
    assert inner.connections == 0


def test_a_redirect_to_a_private_address_is_not_followed(inner: OddServer) -> None:
    # Only the first server is allowed; the second is one port further.
    with odd_server(says("302 Found", Location=inner.url())) as outer:
        error = failure(outer.url(), Policy.of(f"127.0.0.1:{outer.port}"))
    assert error.code == "forbidden_address" and inner.connections == 0 and outer.connections == 1


class Rebinding:
    """A name server that answers one address the first time and another one later."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


def test_the_checked_address_is_the_one_connected_to(inner: OddServer) -> None:
    with odd_server(says(body=b"outer"), host="127.0.0.2", port=inner.port) as outer:
        resolver = Rebinding("127.0.0.2", "127.0.0.1")
        policy = replace(Policy.of("127.0.0.2"), resolve=resolver)
        assert get(f"http://rebind.example:{inner.port}/", policy).body == b"outer"
        assert resolver.asked == 1 and outer.connections == 1
        assert b"Host: rebind.example:" in outer.seen[0]
        assert failure(f"http://rebind.example:{inner.port}/", policy).code == "forbidden_address"
    assert inner.connections == 0


def test_a_redirect_to_the_same_name_is_looked_up_and_checked_again(inner: OddServer) -> None:
    with odd_server(says("302 Found", Location="/again"), host="127.0.0.2", port=inner.port):
        resolver = Rebinding("127.0.0.2", "127.0.0.1")
        policy = replace(Policy.of("127.0.0.2"), resolve=resolver)
        assert failure(f"http://rebind.example:{inner.port}/", policy).code == "forbidden_address"
    assert resolver.asked == 2 and inner.connections == 0


def test_a_name_that_resolves_to_this_machine(inner: OddServer) -> None:
    policy = replace(Policy(), resolve=Rebinding("127.0.0.1"))
    assert failure(f"http://innocent.example:{inner.port}/", policy).code == "forbidden_address"
    assert inner.connections == 0


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    with odd_server(says(body=b"here"), host="127.0.0.2") as server:
        policy = replace(OPEN, resolve=lambda host, port: ["127.0.0.3", "127.0.0.2"])
        assert get(f"http://two.example:{server.port}/", policy).body == b"here"


def test_nobody_there() -> None:
    with odd_server(says()) as server:
        port = server.port
    assert failure(f"http://127.0.0.1:{port}/").code == "unreachable"


def test_ipv6() -> None:
    with odd_server(says(body=b"six"), host="::1") as server:
        assert get(server.url()).body == b"six"
        assert failure(server.url(), Policy()).code == "forbidden_address"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:,a", "unix:/a"]
)
def test_only_http(url: str) -> None:
    assert failure(url).code == "bad_url"


# --- redirects ----------------------------------------------------------------------------------------------------


def counting(last: int) -> Answer:
    """`/0` leads to `/1`, and so on up to `last`."""

    def answer(sock: socket.socket, head: bytes) -> None:
        number = int(head.split()[1].removeprefix(b"/"))
        made = says(body=b"end") if number == last else says("302 Found", Location=f"/{number + 1}")
        made(sock, head)

    return answer


def test_three_redirects_and_no_more() -> None:
    with odd_server(counting(3)) as server:
        assert get(server.url("/0")).body == b"end"
    with odd_server(counting(4)) as server:
        assert failure(server.url("/0")).code == "redirect"
    assert server.connections == 4


def test_a_redirect_for_ever_ends() -> None:
    with odd_server(says("307 Temporary Redirect", Location="/")) as server:
        assert failure(server.url()).code == "redirect"


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://a/", "http://a:b@127.0.0.1/", "http://0x7f.1/"]
)
def test_a_redirect_to_no_web_address(location: str) -> None:
    with odd_server(says("302 Found", Location=location + MARK)) as server:
        assert failure(server.url()).code == "redirect"


def test_credentials_stay_with_the_host_that_they_are_for(tmp_path: Path) -> None:
    with odd_server(says()) as other, odd_server(says("302 Found", Location=other.url())) as first:
        get(first.url(), authorization="Bearer x", cookie="a=b", accept="a/b", x_key="k")
    assert b"bearer x" in first.seen[0].lower()
    left = other.seen[0].lower()
    assert b"bearer" not in left and b"a=b" not in left and b"x_key" not in left and b"accept: a/b" in left


def test_credentials_go_on_within_the_host() -> None:
    with odd_server(counting(1)) as server:
        get(server.url("/0"), authorization="Bearer x")
    assert all(b"Bearer x" in head for head in server.seen) and len(server.seen) == 2


def test_a_post_is_not_sent_on() -> None:
    with (
        odd_server(says()) as other,
        odd_server(says("307 Temporary Redirect", Location=other.url())) as first,
    ):
        answer = request("POST", first.url(), body=b"{}", limits=QUICK, policy=OPEN)
    assert answer.status == 307 and other.connections == 0
    assert b"Content-Length: 2\r\n" in first.seen[0]


# --- TLS ----------------------------------------------------------------------------------------------------------


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    with odd_server(says(body=MARK.encode()), tls=server_tls(certificate(tmp_path, "127.0.0.1"))) as server:
        assert failure(server.url(scheme="https")).code == "tls"
    assert not server.seen


def test_an_authority_of_the_operator(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "good.example", "127.0.0.1")
    with odd_server(says(body=b"safe"), tls=server_tls(pem)) as server:
        policy = replace(OPEN, ca_file=str(pem), resolve=Rebinding("127.0.0.1"))
        assert get(server.url(scheme="https"), policy).body == b"safe"
        assert get(f"https://good.example:{server.port}/", policy).body == b"safe"
        # The certificate is for the name that was asked for, not for the address it has.
        assert failure(f"https://other.example:{server.port}/", policy).code == "tls"
    assert len(server.seen) == 2


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    error = failure("https://127.0.0.1:9/", Policy.of("127.0.0.1", ca_file=str(tmp_path / "ca.pem")))
    assert error.code == "tls" and "OUTBOUND_CA_FILE" in error.message


def test_no_tls_at_all() -> None:
    with odd_server(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), waits=False) as server:
        assert failure(server.url(scheme="https")).code == "tls"


def test_a_handshake_that_never_ends() -> None:
    # Waits for the end of a request head that never comes, as nothing of it is text.
    with odd_server(says()) as server:
        began = time.monotonic()
        limits = replace(QUICK, connect_seconds=0.5)
        assert failure(server.url(scheme="https"), limits=limits).code == "timeout"
    assert time.monotonic() - began < 2


def test_from_https_to_http(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    policy = replace(OPEN, ca_file=str(pem))
    with (
        odd_server(says(body=b"plain")) as plain,
        odd_server(says("302 Found", Location=plain.url()), tls=server_tls(pem)) as server,
    ):
        assert failure(server.url(scheme="https"), policy, authorization="Bearer x").code == "redirect"
        assert plain.connections == 0
        assert get(server.url(scheme="https"), policy, accept="*/*").body == b"plain"


# --- bounds -------------------------------------------------------------------------------------------------------


def endless(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"x" * 65536)


def endless_chunks(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        sock.sendall(b"1\r\nx\r\n" * 1000)


def endless_headers(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(f"x-mark: {MARK}\r\n".encode() * 100)


def endless_continues(sock: socket.socket, head: bytes) -> None:
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def slow_headers(sock: socket.socket, head: bytes) -> None:
    for each in b"HTTP/1.1 200 OK\r\nx-slow: " + b"y" * 1000:
        sock.sendall(bytes([each]))
        time.sleep(0.1)


def slow_body(sock: socket.socket, head: bytes) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(1000):
        sock.sendall(b"x")
        time.sleep(0.1)


def silent(sock: socket.socket, head: bytes) -> None:
    sock.recv(1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (endless, "too_large"),
        (endless_chunks, "protocol or timeout"),
        (endless_headers, "protocol"),
        (endless_continues, "protocol or timeout"),
        (slow_headers, "timeout"),
        (slow_body, "timeout"),
        (silent, "timeout"),
        (raw(b""), "protocol"),
        (raw(MARK.encode() + b"\r\n\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n"), "too_large"),
        (raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\nx"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 12000 + b"content-length: 0\r\n\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nbad\xff header\r\n\r\n"), "protocol"),
    ],
)
def test_bad_answers_end_within_the_limits(answer: Answer, code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with odd_server(answer) as server:
        assert failure(server.url()).code in code.split()
    assert time.monotonic() - began < QUICK.total_seconds + 1.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


def test_more_than_it_said_is_left_alone() -> None:
    with odd_server(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefg")) as server:
        assert get(server.url()).body == b"abc"


def bomb(kind: str, size: int) -> bytes:
    zeros = bytes(MIB)
    packer = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[kind])
    packed = b"".join(packer.compress(zeros) for _ in range(size // MIB)) + packer.flush()
    return (
        f"HTTP/1.1 200 OK\r\ncontent-encoding: {kind}\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
        + packed
    )


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_a_bomb_does_not_go_off(kind: str, tmp_path: Path) -> None:
    text = bomb(kind, 128 * MIB)
    assert len(text) < MIB
    roomy = replace(QUICK, max_bytes=256 * MIB)
    with odd_server(raw(text)) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert failure(server.url(), limits=QUICK).code == "too_large"
        with pytest.raises(NetError) as caught:
            download(server.url(), tmp_path / "file", roomy, OPEN)
        assert caught.value.code == "bad_encoding" and not (tmp_path / "file").exists()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def packed_gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


DATA = random.Random(1).randbytes(300_000) + bytes(20_000)


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        ("gzip", packed_gzip(DATA)),
        ("x-gzip", packed_gzip(DATA)),
        ("GZIP, identity", packed_gzip(DATA[:1000]) + packed_gzip(DATA[1000:])),
        ("deflate", zlib.compress(DATA)),
        ("deflate", raw_deflate(DATA)),
        ("identity", DATA),
        ("", DATA),
    ],
)
def test_compressed_all_the_same(kind: str, packed: bytes) -> None:
    with odd_server(says(body=packed, Content_Encoding=kind)) as server:
        assert get(server.url()).body == DATA


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        ("gzip", b"not gzip"),
        ("gzip", packed_gzip(DATA)[:-20]),
        ("deflate", zlib.compress(DATA)[:1000]),
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip, gzip", packed_gzip(packed_gzip(b"a"))),
    ],
)
def test_what_cannot_be_unpacked(kind: str, packed: bytes) -> None:
    with odd_server(says(body=packed, Content_Encoding=kind)) as server:
        assert failure(server.url()).code == "bad_encoding"


# --- what is sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"x": "a\r\nb: c"}, {"x": "a\nb"}, {"x\r\ny": "a"}, {"x y": "a"}, {"": "a"}, {"x": "\u20ac"}, {"x": "\x00"},
     {"Host": "evil"}, {"content-length": "5"}, {"Transfer-Encoding": "chunked"}, {"Connection": "upgrade"}],
)  # fmt: skip
def test_headers_cannot_change_the_message(headers: dict[str, str]) -> None:
    with odd_server(says()) as server, pytest.raises(NetError) as caught:
        request("POST", server.url(), headers=headers, limits=QUICK, policy=OPEN)
    assert caught.value.code == "bad_request" and server.connections == 0


def test_a_body_in_pieces_and_an_answer_in_pieces() -> None:
    def answer(sock: socket.socket, head: bytes) -> None:
        while not head.endswith(b"0\r\n\r\n"):
            head += sock.recv(65536)
        sock.sendall(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"2\r\nab\r\n" * 5 + b"0\r\n\r\n"
        )
        server.seen.append(head)

    with odd_server(answer) as server:
        pieces = (b"x" * 10 for _ in range(3))
        with stream("PUT", server.url(), body=pieces, limits=QUICK, policy=OPEN) as incoming:
            assert incoming.status == 200
            assert b"".join(incoming.chunks) == b"ab" * 5
    assert server.seen[-1].count(b"a\r\n" + b"x" * 10) == 3


def test_a_server_that_never_reads() -> None:
    def answer(sock: socket.socket, head: bytes) -> None:
        time.sleep(2)

    with odd_server(answer) as server, pytest.raises(NetError) as caught:
        request("POST", server.url(), body=bytes(64 * MIB), limits=QUICK, policy=OPEN)
    assert caught.value.code == "timeout"


def test_head_has_no_body() -> None:
    text = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\ncontent-encoding: gzip\r\n\r\n"
    with odd_server(raw(text)) as server:
        answer = request("HEAD", server.url(), limits=QUICK, policy=OPEN)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "99999999")


# --- downloads ----------------------------------------------------------------------------------------------------


def test_a_download(tmp_path: Path) -> None:
    answer = says(
        body=DATA,
        Content_Type="Text/CSV; charset=utf-8",
        Content_Disposition='attachment; filename="../a b.csv"',
    )
    with odd_server(answer) as server:
        done = download(server.url("/x/y.bin"), tmp_path / "0", QUICK, OPEN)
    assert (done.name, done.content_type, done.size) == ("a b.csv", "text/csv", len(DATA))
    assert (tmp_path / "0").read_bytes() == DATA


@pytest.mark.parametrize(
    ("answer", "code"),
    [(says("404 Not Found", MARK.encode()), "status"), (says("204 No Content"), "status"), (endless, "too_large"),
     (slow_body, "timeout"), (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort"), "protocol")],
)  # fmt: skip
def test_a_download_that_fails_leaves_nothing(answer: Answer, code: str, tmp_path: Path) -> None:
    with odd_server(answer) as server, pytest.raises(NetError) as caught:
        download(server.url(), tmp_path / "0", QUICK, OPEN)
    assert caught.value.code == code and MARK not in caught.value.message
    assert not list(tmp_path.iterdir())


def test_a_large_download_takes_no_memory(tmp_path: Path) -> None:
    size = 256 * MIB

    def answer(sock: socket.socket, head: bytes) -> None:
        sock.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode())
        for _ in range(size // MIB):
            sock.sendall(bytes(MIB))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with odd_server(answer) as server:
        done = download(server.url(), tmp_path / "0", Limits(max_bytes=size, total_seconds=60), OPEN)
    assert done.size == size == (tmp_path / "0").stat().st_size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_connections_are_closed(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with ExitStack() as stack:
        servers = [stack.enter_context(odd_server(each)) for each in (says(body=b"a"), endless, raw(b""))]
        for server in servers * 5:
            for limits in (QUICK, replace(QUICK, max_bytes=1)):
                try:
                    get(server.url(), limits=limits)
                except NetError:
                    continue
        with stream("GET", servers[1].url(), limits=QUICK, policy=OPEN) as incoming:
            next(incoming.chunks)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
