"""The port to stores of objects that belong to users: buckets, and directories that the operator registered.

Not to be mixed up with `local.LocalObjects`, the server's own store: here keys are whatever somebody made them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

MAX_KEY_BYTES = 1024  # the limit of S3; what is longer cannot be told apart by an index of every engine
PAGE = 1_000  # objects in one page of a listing

Code = Literal[
    "not_found",  # no such object
    "no_bucket",  # no such bucket or directory
    "credentials",  # unknown, wrong or expired
    "denied",  # known, but not allowed to do this
    "unreachable",  # no connection, no answer in time, an address that is not connected to
    "busy",  # asked to slow down, or broken on their side
    "too_large",
    "bad_key",
    "odd",  # an answer that is none
]


class StoreError(Exception):
    """What a store refused or could not do. `message` is a sentence of ours; nothing of the other side's answer is in
    it, and no credential."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it. `size` in bytes, `modified` in microseconds since the epoch."""

    key: str
    size: int
    modified: int


class ObjectStore(Protocol):
    """All functions block, and raise StoreError."""

    def check(self) -> None:
        """Whether the store is there and can be listed."""

    def pages(self, prefix: str, *, recursive: bool, after: str = "") -> Iterator[Sequence[Listed]]:
        """Objects whose keys begin with `prefix` and come behind `after`, in the order of their keys.

        Not `recursive`: only those without a further `/` behind the prefix.
        """

    def get(self, key: str, max_bytes: int) -> bytes:
        """A whole object. "too_large" beyond `max_bytes`."""

    def put(self, key: str, data: bytes) -> None:
        """Write an object of JSON; it is durable, and whole or not there, when this returns."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""


def check_key(key: str) -> str:
    """The key. "bad_key" for one that another store or server could take for something else."""
    parts = key.split("/")
    if not key or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise StoreError("bad_key", f"The key is empty or longer than {MAX_KEY_BYTES} bytes.")
    if "." in parts or ".." in parts or any(ord(each) < 32 or "\ud800" <= each <= "\udfff" for each in key):
        raise StoreError("bad_key", "The key has parts or characters that lead elsewhere.")
    return key
