"""Connections that go to checked addresses only and keep to the bounds of their request."""

import ssl
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, cast

import httpcore2
from httpcore2 import SOCKET_OPTION, NetworkBackend, NetworkStream

from labelyard.kit.net.decoding import too_large
from labelyard.kit.net.model import Limits, NetError
from labelyard.kit.net.policy import Policy
from labelyard.kit.net.urls import Url

# Bytes beyond the body: status line, headers, framing. Chunks of a byte each are a way to keep a processor busy.
_OVERHEAD = 256 * 1024
_OVERHEAD_SHARE = 4  # and a quarter of the body


@lru_cache(maxsize=4)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verifies certificates and host names, by the system's authorities and those of `ca_file`. NetError("tls")."""
    context = httpcore2.default_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError:  # of which those of TLS are
            raise NetError("tls", "The certificates in LABELYARD_OUTBOUND_CA_FILE cannot be read.") from None
    return context


class Budget:
    """Time and bytes that a request has left, over all its redirects."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._deadline = time.monotonic() + limits.total_seconds
        self._received = 0
        self._body = 0

    def seconds(self, most: float) -> float:
        """How long to wait now. NetError when the time is over."""
        left = min(most, self._deadline - time.monotonic())
        if left <= 0:
            raise self.overtime()
        return left

    def overtime(self) -> NetError:
        return NetError("timeout", f"The answer took longer than {self.limits.total_seconds:.3g} seconds.")

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._deadline

    def receive(self, size: int) -> None:
        """Count bytes that came over the wire. NetError when there are too many beside the body."""
        self._received += size
        if self._received - self._body > _OVERHEAD + self._body // _OVERHEAD_SHARE:
            raise NetError("protocol", "The answer is more headers and framing than content.")

    def take(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Count the bytes of a body. NetError beyond the limit, and when the time is over."""
        for chunk in chunks:
            self._body += len(chunk)
            if self._body > self.limits.max_bytes:
                raise too_large(self.limits)
            yield chunk
            self.seconds(1)


class Backend(NetworkBackend):
    """Connects to the host of `url`; asked for any other it refuses."""

    def __init__(self, url: Url, policy: Policy, budget: Budget) -> None:
        self._url = url
        self._policy = policy
        self._budget = budget

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        url, budget = self._url, self._budget
        if (host, port) != (url.host, url.port):
            raise NetError("forbidden_address", "The connection is not the one that was checked.")
        until = time.monotonic() + budget.seconds(budget.limits.connect_seconds)
        addresses = self._policy.addresses(url, until - time.monotonic())
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # Each address gets its share, so that one that swallows packets leaves time for the others.
            seconds = max((until - time.monotonic()) / left, 0.001)
            try:
                # A literal address, which is not looked up again: the one that was checked.
                stream = httpcore2.SyncBackend().connect_tcp(str(address), port, seconds)
            except (httpcore2.TimeoutException, httpcore2.NetworkError):
                continue
            return Stream(stream, budget)
        if time.monotonic() >= until:
            raise NetError(
                "timeout", f"No connection in {budget.limits.connect_seconds:g} seconds."
            ) from None
        raise NetError("unreachable", "No connection to the address.") from None


class Stream(NetworkStream):
    """A connection that counts bytes and never waits beyond the budget."""

    def __init__(self, inner: NetworkStream, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._inner.read(max_bytes, self._budget.seconds(self._budget.limits.read_seconds))
        self._budget.receive(len(found))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, because the wait is for each piece that the system takes.
        view = memoryview(buffer)
        while view:
            piece = view[:_WRITTEN]
            self._inner.write(cast("bytes", piece), self._budget.seconds(self._budget.limits.read_seconds))
            view = view[len(piece) :]

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        seconds = self._budget.seconds(self._budget.limits.connect_seconds)
        try:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._budget)
        except httpcore2.ConnectError as error:
            raise NetError("tls", _tls_words(error.__cause__)) from None

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


_WRITTEN = 64 * 1024


def _tls_words(cause: BaseException | None) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            "The certificate of the address is not trusted, has expired, or is for another host. "
            "The operator can trust an authority of their own with LABELYARD_OUTBOUND_CA_FILE."
        )
    return "No TLS connection to the address could be made."
