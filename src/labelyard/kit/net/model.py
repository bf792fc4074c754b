"""What goes into a request and what comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024

Code = Literal[
    "bad_url",  # no http(s) address, or one in a spelling that is not taken
    "bad_request",  # a method or header that cannot be sent
    "forbidden_address",  # the host is, or resolves to, an address that is not public and not allowed
    "unresolved",  # the host name has no address
    "unreachable",  # no connection, or it broke
    "tls",  # no TLS, or a certificate that does not hold
    "timeout",
    "protocol",  # the answer is no HTTP, or is cut off
    "too_large",
    "bad_encoding",  # a content encoding that is unknown, broken, or a decompression bomb
    "redirect",  # too many, to nowhere, or from https to http with credentials
    "status",  # a download was answered with another status than 200
]


class NetError(Exception):
    """A request that failed. `code` is stable; `message` is a sentence of ours, without anything the other side sent."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request with its redirects. Bytes are those of the body, as received and as decompressed."""

    max_bytes: int = 16 * MIB
    connect_seconds: float = 10.0  # looking up the name and connecting, per redirect
    read_seconds: float = 30.0  # longest silence
    total_seconds: float = 60.0
    max_redirects: int = 3
    max_ratio: int = 100  # of decompressed to received bytes, beyond the first MiB


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Header names are lower case; the values of a repeated header are joined with a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer whose body is still to be read, within the `with` that it came from."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A fetched file: a name for it (a plain file name, never empty), its media type ("" if unsaid), its bytes."""

    name: str
    content_type: str
    size: int
