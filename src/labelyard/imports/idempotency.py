"""Requests that are sent again: the same `Idempotency-Key` gets the first answer, and nothing is done twice.

The key is kept in the transaction that stores the import, so it is there exactly when the import is. A request that
was refused before keeps no key: what is mended may be sent with it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.imports import queries
from labelyard.imports.receive import Received
from labelyard.imports.status import RUNNING, failure_of, import_row, result_json_of
from labelyard.kit.clock import DAY, now_us
from labelyard.kit.errors import Conflict, Invalid, Unprocessable

KEPT = 7 * DAY
_MAX_KEY = 255
_CHUNK = 1 << 20

# Keys of requests that this process is busy with.
_busy: set[tuple[int, int, str]] = set()


class AlreadyThere(Exception):
    """Another request with the same key came first, while this one was busy."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The key of a request, and a digest of everything that it asks and brings."""

    key: str
    fingerprint: str


def key_of(header: str | None) -> str | None:
    """The key in a header; None without one. Invalid for what cannot be a key."""
    if header is None:
        return None
    key = header.strip()
    if not 0 < len(key) <= _MAX_KEY or not key.isascii() or not key.isprintable():
        raise Invalid({"Idempotency-Key": [f"Expected 1 to {_MAX_KEY} printable ASCII characters."]})
    return key


def receipt_of(key: str, query: Mapping[str, Sequence[str]], received: Received) -> Receipt:
    """The receipt of a request whose body has arrived: how the body was cut into parts makes no difference."""
    digest = blake2b(digest_size=32)
    origin = received.origin
    digest.update(json.dumps([sorted(query.items()), sorted(received.fields.items())]).encode())
    for name, path in [("", origin.body), *((file.name, file.path) for file in origin.files)]:
        if path is not None:
            digest.update(f"\0{name}\0".encode())
            _add_file(digest, Path(path))
    return Receipt(key, digest.hexdigest())


def _add_file(digest: Any, path: Path) -> None:
    inner = blake2b(digest_size=32)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            inner.update(chunk)
    digest.update(inner.digest())


@contextmanager
def busy(actor: Actor, project_id: int, key: str) -> Iterator[None]:
    """While a request with this key is carried out. Conflict when one is already."""
    name = (project_id, actor.user_id, key)
    if name in _busy:
        raise Conflict("A request with this Idempotency-Key is being carried out. Ask again when it is done.")
    _busy.add(name)
    try:
        yield
    finally:
        _busy.discard(name)


def keep(
    conn: Connection,
    actor: Actor,
    project_id: int,
    receipt: Receipt | None,
    *,
    import_id: int | None = None,
    answer: Mapping[str, Any] | None = None,
) -> None:
    """Keep the key in the transaction of what it stands for. AlreadyThere when it is taken."""
    if receipt is None:
        return
    now = now_us()
    queries.forget_keys(conn, now - KEPT)
    values = {
        "project_id": project_id,
        "user_id": actor.user_id,
        "key": receipt.key,
        "fingerprint": receipt.fingerprint,
        "import_id": import_id,
        "answer": None if answer is None else json.dumps(answer),
        "created_at": now,
    }
    if not queries.add_key(conn, values):
        raise AlreadyThere


def first_answer(conn: Connection, actor: Actor, project_id: int, receipt: Receipt) -> dict[str, Any] | None:
    """The answer that the key got first; None for a new key.

    Unprocessable when it belongs to another request, Conflict while that goes on, the Problem that it failed with.
    """
    row: Row[Any] | None = queries.key(conn, project_id, actor.user_id, receipt.key)
    if row is None or row.created_at < now_us() - KEPT:
        return None
    if row.fingerprint != receipt.fingerprint:
        raise Unprocessable("This Idempotency-Key was sent with another request before. Use a new key.")
    if row.answer is not None:
        found: dict[str, Any] = json.loads(row.answer)
        return found
    made = import_row(conn, actor, project_id, row.import_id)
    if made.status in RUNNING:
        raise Conflict(
            f"The request with this Idempotency-Key is still being carried out, as import {made.id}."
        )
    if made.status == "failed":
        raise failure_of(made)
    return result_json_of(made)
