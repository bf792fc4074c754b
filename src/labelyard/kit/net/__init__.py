"""The one way out: every connection that the server opens to somewhere else is opened here.

An address given by a user could point into the operator's own network. So: only http and https; the host name is
resolved once, all its addresses are checked, and the connection goes to a checked one, again at every redirect; TLS
is verified against the host name; bytes, time, headers and decompression are bounded; and an error is a code and
words of our own, never what the other side sent.

The functions block; call them in a job, or with `in_thread`. The HTTP library behind them is loaded by the first call
(0.2 s, some megabytes), so that a server that fetches nothing does not pay for it.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from labelyard.kit.net.model import Downloaded, Incoming, Limits, NetError, Response
from labelyard.kit.net.policy import Policy
from labelyard.kit.net.threads import in_thread
from labelyard.kit.net.urls import parse

__all__ = [
    "Downloaded",
    "Incoming",
    "Limits",
    "NetError",
    "Policy",
    "Response",
    "check_address",
    "download",
    "in_thread",
    "request",
    "stream",
]


def check_address(url: str, policy: Policy) -> str:
    """The address in its one spelling. NetError for one that is not fetched, as far as that can be told without looking
    up its name: it is no http(s) address, or is itself a network address that the policy refuses."""
    parsed = parse(url)
    if parsed.address is not None:
        policy.addresses(parsed, 0)
    return str(parsed)


def download(url: str, path: Path, limits: Limits, policy: Policy) -> Downloaded:
    """Fetch `url` into the file `path`. On NetError there is no such file; a status other than 200 is one."""
    from labelyard.kit.net import client

    return client.download(url, path, limits, policy)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    limits: Limits,
    policy: Policy,
) -> Response:
    """Send a request and read the whole answer, whatever its status. GET and HEAD follow redirects. NetError."""
    with stream(method, url, headers=headers, body=body, limits=limits, policy=policy) as incoming:
        return Response(incoming.status, incoming.headers, b"".join(incoming.chunks))


def stream(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    limits: Limits,
    policy: Policy,
) -> AbstractContextManager[Incoming]:
    """`request` with the answer's body as it arrives. Reading `chunks` raises NetError too."""
    from labelyard.kit.net import client

    return client.stream(method, url, headers or {}, body, limits, policy)
