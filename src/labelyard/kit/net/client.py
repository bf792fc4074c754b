"""Requests over guarded connections, one connection for each: redirects, headers, bodies, errors in our own words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpcore2

from labelyard import __version__
from labelyard.kit.net.backend import Backend, Budget, tls_context
from labelyard.kit.net.decoding import decoded, too_large
from labelyard.kit.net.model import Downloaded, Incoming, Limits, NetError
from labelyard.kit.net.names import file_name
from labelyard.kit.net.policy import Policy
from labelyard.kit.net.urls import Url, join, parse

_MAX_HEADERS = 64 * 1024  # bytes
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What says nothing about who is asking. Everything else stays with the host that it was meant for.
_HARMLESS = frozenset(
    {"accept", "accept-language", "user-agent", "range", "if-none-match", "if-modified-since"}
)
# Set by us: they say where a message goes and where it ends.
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")


@contextmanager
def stream(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | Iterable[bytes],
    limits: Limits,
    policy: Policy,
) -> Iterator[Incoming]:
    """The answer of `url`, after at most `limits.max_redirects` redirects of a GET or HEAD. NetError."""
    here, sent = parse(url), _checked(method, headers)
    budget = Budget(limits)
    followed = 0
    while True:
        with _exchange(method, here, sent, body, policy, budget) as incoming:
            there = _target(method, here, incoming)
            if there is None:
                yield incoming
                return
        followed += 1
        if followed > limits.max_redirects:
            raise NetError("redirect", f"The address redirects more than {limits.max_redirects} times.")
        here, sent = there, _carried(sent, here, there)


def download(url: str, path: Path, limits: Limits, policy: Policy) -> Downloaded:
    """Fetch `url` into the file `path`."""
    try:
        with path.open("wb") as file, stream("GET", url, {}, b"", limits, policy) as incoming:
            if incoming.status != 200:
                raise NetError("status", f"The address answered with status {incoming.status}.")
            for chunk in incoming.chunks:
                file.write(chunk)
            size = file.tell()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(
        name=file_name(incoming.headers.get("content-disposition", ""), parse(url).target),
        content_type=kind if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", kind) else "",
        size=size,
    )


@contextmanager
def _exchange(
    method: str,
    url: Url,
    headers: Mapping[str, str],
    body: bytes | Iterable[bytes],
    policy: Policy,
    budget: Budget,
) -> Iterator[Incoming]:
    """One request and its answer. The connection is closed with it."""
    connection = httpcore2.HTTPConnection(
        httpcore2.Origin(url.scheme.encode(), url.host.encode(), url.port),
        ssl_context=tls_context(policy.ca_file) if url.scheme == "https" else None,
        network_backend=Backend(url, policy, budget),
    )
    framing = _framing(method, body)
    request = httpcore2.Request(
        method,
        httpcore2.URL(
            scheme=url.scheme.encode(), host=url.host.encode(), port=url.port, target=url.target.encode()
        ),
        headers=[
            ("Host", url.authority),
            ("User-Agent", f"Labelyard/{__version__}"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            *framing,
            *headers.items(),
        ],
        content=body,
    )
    try:
        with _in_our_words(budget):
            answer = connection.handle_request(request)
        received = _headers(answer.headers)
        yield Incoming(answer.status, received, _body(method, answer, received, budget))
    finally:
        connection.close()


def _body(
    method: str, answer: httpcore2.Response, headers: Mapping[str, str], budget: Budget
) -> Iterator[bytes]:
    length = headers.get("content-length", "")
    if method != "HEAD" and length.isdigit() and int(length) > budget.limits.max_bytes:
        raise too_large(budget.limits)
    encoding = "" if method == "HEAD" else headers.get("content-encoding", "")
    with _in_our_words(budget):
        yield from decoded(budget.take(answer.iter_stream()), encoding, budget.limits)


@contextmanager
def _in_our_words(budget: Budget) -> Iterator[None]:
    """NetError in place of the library's errors, which tell what the other side sent."""
    try:
        yield
    except httpcore2.TimeoutException:
        if budget.is_over:
            raise budget.overtime() from None
        raise NetError(
            "timeout", f"The address was silent for {budget.limits.read_seconds:g} seconds."
        ) from None
    except httpcore2.ProtocolError:
        raise NetError("protocol", "The answer is not valid HTTP, or is cut off.") from None
    except httpcore2.NetworkError:
        raise NetError("unreachable", "The connection to the address broke.") from None


def _checked(method: str, headers: Mapping[str, str]) -> dict[str, str]:
    if not _TOKEN.fullmatch(method):
        raise NetError("bad_request", "That is no method of HTTP.")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise NetError(
                "bad_request", f"The header {name[:100]!r} has characters that no header can have."
            )
        if name.lower() in _OURS:
            raise NetError("bad_request", f"The header {name!r} cannot be set.")
    return {name: value.strip() for name, value in headers.items()}


def _framing(method: str, body: bytes | Iterable[bytes]) -> list[tuple[str, str]]:
    if not isinstance(body, bytes):
        return [("Transfer-Encoding", "chunked")]
    if body or method not in {"GET", "HEAD", "DELETE", "OPTIONS"}:
        return [("Content-Length", str(len(body)))]
    return []


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    size = 0
    for name, value in raw:
        size += len(name) + len(value) + 4
        if size > _MAX_HEADERS:
            raise NetError("protocol", f"The headers of the answer are larger than {_MAX_HEADERS} bytes.")
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _target(method: str, here: Url, incoming: Incoming) -> Url | None:
    """Where to go on; None when this is the answer."""
    location = incoming.headers.get("location")
    if method not in {"GET", "HEAD"} or incoming.status not in _REDIRECTS or location is None:
        return None
    return join(here, location)


def _carried(headers: Mapping[str, str], here: Url, there: Url) -> dict[str, str]:
    """The headers that go on to `there`: to another host only those that say nothing about who is asking."""
    secret = [name for name in headers if name.lower() not in _HARMLESS]
    if secret and here.scheme == "https" and there.scheme == "http":
        raise NetError(
            "redirect", "The address redirects from https to http, where credentials would be readable."
        )
    if here.origin == there.origin:
        return dict(headers)
    return {name: value for name, value in headers.items() if name not in secret}
