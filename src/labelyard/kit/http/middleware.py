"""What every request passes on its way in: pure ASGI, a few microseconds each."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelyard.kit.crypto import same
from labelyard.kit.http.errors import envelope

SESSION_COOKIE = "sessionid"
CSRF_COOKIE = "csrftoken"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        # Tasks show media from anywhere; media cannot run anything.
        "img-src * data: blob:",
        "media-src * data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' https: http: blob: data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
_SECURITY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)


class SecurityHeaders:
    """Adds the security headers; an answer that set one itself (user files) keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS:
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add)


class TrailingSlash:
    """`/api/projects/` is `/api/projects`: the slash goes, without a redirect, whatever the method."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if len(path) > 1 and path.endswith("/"):
                # In place: who counts the request finds its route in the same object.
                scope["path"] = path.rstrip("/") or "/"
                raw = scope.get("raw_path")
                if raw:
                    scope["raw_path"] = raw.rstrip(b"/") or b"/"
        await self.app(scope, receive, send)


class IdsInRange:
    """404 for a path with a number that is no id: beyond 64 bits, or in another spelling (`1.0`, `+1`, `1_0`).

    No database can look up the first; the second would make many addresses of one object.
    """

    _NO_ID = re.compile(r"/(?=[\s+-]*[0-9][0-9_.\s]*(?:/|$))(?![0-9]{1,18}(?:/|$))")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._NO_ID.search(scope["path"]):
            await envelope(404, "Not found.")(scope, receive, send)
            return
        await self.app(scope, receive, send)


_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


def host_name(host: str) -> str | None:
    """The name of a Host header, lower case, without port and brackets; None when it is malformed."""
    found = _HOST.fullmatch(host)
    return found["name"].strip("[]").lower().rstrip(".") if found else None


def is_loopback_name(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


class HostPolicy:
    """Which Host headers are answered: loopback always, then addresses, then the names that the operator listed.

    A literal address cannot be rebound by a foreign DNS server, so a server with accounts answers to any; in local
    mode there is no password between a page and the data, so only loopback will do.
    """

    def __init__(self, names: Iterable[str], local_only: Callable[[], Awaitable[bool]]) -> None:
        self.names = frozenset(name.strip().lower() for name in names if name.strip())
        self.local_only = local_only

    async def allows(self, host: str) -> bool:
        name = host_name(host)
        if name is None:
            return False
        if is_loopback_name(name):
            return True
        listed = "*" in self.names or name in self.names or _address(name) is not None
        return listed and not await self.local_only()


class HostCheck:
    """400 for a Host that is not ours: the guard against DNS rebinding and poisoned links."""

    def __init__(self, app: ASGIApp, policy: HostPolicy) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not await self.policy.allows(Headers(scope=scope).get("host", "")):
            detail = "This server does not answer to that host name. The operator can add it with LABELYARD_ALLOWED_HOSTS."
            await envelope(400, detail)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def cookies_of(headers: Headers) -> dict[str, str]:
    """Cookies of a request; {} when the header cannot be read."""
    text = headers.get("cookie")
    if not text:
        return {}
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(text)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def same_origin(headers: Headers) -> bool | None:
    """Whether the browser says that the request comes from our own pages; None when it says nothing.

    Every present header must agree: a page that is only on the same site is not ours.
    """
    host = headers.get("host", "").lower()
    verdicts = []
    site = headers.get("sec-fetch-site")
    if site is not None:
        verdicts.append(site in {"same-origin", "none"})
    origin = headers.get("origin")
    if origin is not None:
        verdicts.append(_authority(origin) == host)
    elif site is None and (referer := headers.get("referer")):
        verdicts.append(_authority(referer) == host)
    return all(verdicts) if verdicts else None


def _authority(url: str) -> str | None:
    """Host and port of a URL, lower case; None, which is no host, when it is malformed."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return None


class OriginCheck:
    """403 for an unsafe request that another site's page could have sent.

    A request with a token in its headers proves itself: no other site can set them. All others must come from our
    own pages. A client that sends no such headers at all (curl, scripts) is no browser page; with a session
    cookie it must repeat the `csrftoken` cookie in `X-CSRFToken`, without one there is nothing to steal.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            reason = refusal(Headers(scope=scope))
            if reason:
                await envelope(403, reason)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def sends_token(headers: Headers) -> bool:
    """Whether the request carries an API token. `Basic` is none: browsers repeat it by themselves on any request."""
    scheme = headers.get("authorization", "").partition(" ")[0].lower()
    return scheme in {"token", "bearer"} or "x-api-key" in headers


def refusal(headers: Headers) -> str | None:
    """Why an unsafe request with these headers must not be carried out; None when it may."""
    if sends_token(headers):
        return None
    ours = same_origin(headers)
    if ours is not None:
        return None if ours else "CSRF check failed: this request comes from another site."
    cookies = cookies_of(headers)
    if SESSION_COOKIE not in cookies:
        return None
    sent, kept = headers.get("x-csrftoken", ""), cookies.get(CSRF_COOKIE, "")
    if kept and same(sent, kept):
        return None
    return "CSRF check failed: send the value of the cookie csrftoken in the header X-CSRFToken."


class PlainTextRefused:
    """415 for `text/plain` bodies on the API: a form of another site can send them as if they were JSON."""

    def __init__(self, app: ASGIApp, prefix: str = "/api/") -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and scope["path"].startswith(self.prefix)
        ):
            kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/plain":
                detail = 'Unsupported media type "text/plain" in request. Send application/json, or a form.'
                await envelope(415, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimit:
    """413 for a body over the limit of its path: by Content-Length at once, else counted while it streams in."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self.app = app
        self.limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        length = Headers(scope=scope).get("content-length", "")
        if length and (not length.isascii() or not length.isdigit()):
            await envelope(400, "The header Content-Length is no number.")(scope, receive, send)
            return
        if length and int(length) > limit:
            await envelope(413, _too_large(limit), headers={"Connection": "close"})(scope, receive, send)
            return
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                # FastAPI lets this exception through unchanged, wherever the body is being read.
                raise HTTPException(413, _too_large(limit), headers={"Connection": "close"})
            return message

        await self.app(scope, count, send)


def _too_large(limit: int) -> str:
    return f"The body is larger than the limit of {limit} bytes."
