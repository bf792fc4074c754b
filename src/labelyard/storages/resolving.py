"""Addresses of objects in task data (`s3://bucket/key`), which no browser can open, as addresses of this server.

`/tasks/<id>/resolve?fileuri=<base64 of the address>` leads to the object, for those who see the task, and only to what a
storage of the task's project holds and the task's data names.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from sqlalchemy import Connection, Row

from labelyard.kit.errors import BadRequest, NotFound
from labelyard.storages import queries
from labelyard.storages.connecting import S3_KIND, Options, options_of

_SCHEME = "s3://"
_MARK = b"s3:"
_URI = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>[^\"'<>\\\s][^\"'<>\\]*)")
_WHOLE = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+)", re.DOTALL)
_MAX_URI = 8192


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a project that tasks may name objects of."""

    rows: Sequence[tuple[int, Options]]

    def covers(self, uri: str) -> bool:
        return self.storage_of(uri) is not None

    def storage_of(self, uri: str) -> tuple[int, str] | None:
        """The id of the storage that holds the object, and its key there."""
        found = _WHOLE.fullmatch(uri)
        if found is None:
            return None
        for storage_id, options in self.rows:
            if options.bucket == found["bucket"] and found["key"].startswith(options.folder):
                return storage_id, found["key"]
        return None


def sources(conn: Connection, project_id: int) -> Sources | None:
    """None where no task of the project can name an object."""
    if not queries.has_source(conn, project_id):
        return None
    rows = [row for row in queries.of_project(conn, project_id, queries.SOURCE) if row.active]
    return Sources([(row.id, options_of(row)) for row in rows if row.kind == S3_KIND])


def keys_of(conn: Connection, task_ids: Sequence[int]) -> dict[int, str]:
    """Task id → the key of the object that the task was made from."""
    return queries.links_of(conn, task_ids) if task_ids else {}


def resolved(data: msgspec.Raw, task_id: int, known: Sources) -> msgspec.Raw:
    """The data with each address of an object in the place of which a browser can open one."""
    if _MARK not in bytes(data):
        return data
    value = msgspec.json.decode(data)
    changed = _walk(value, lambda text: _in_text(text, task_id, known))
    return data if changed == value else msgspec.Raw(msgspec.json.encode(changed))


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_walk(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _walk(each, change) for name, each in value.items()}
    return value


def _in_text(text: str, task_id: int, known: Sources) -> str:
    """A text that is an address, or markup with addresses in it."""
    if _SCHEME not in text:
        return text
    if text.startswith(_SCHEME):
        return address(text, task_id) if known.covers(text) else text
    return _URI.sub(lambda found: address(found[0], task_id) if known.covers(found[0]) else found[0], text)


def address(uri: str, task_id: int) -> str:
    return f"/tasks/{task_id}/resolve/?fileuri={base64.urlsafe_b64encode(uri.encode()).decode()}"


# --- back ---------------------------------------------------------------------------------------------------------


def uri_of(text: str) -> str:
    """The address in `fileuri`: base64 of it, or itself, percent-encoded or not. BadRequest for anything else."""
    if not text:
        raise BadRequest('"fileuri" is missing: give the address of an object, in base64.')
    if len(text) > 2 * _MAX_URI:
        raise BadRequest('"fileuri" is too long.')
    plain = unquote(text)
    if plain.startswith(_SCHEME):
        return plain
    try:
        found = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadRequest('"fileuri" is no base64 of an address.') from None
    if not found.startswith(_SCHEME):
        raise BadRequest('"fileuri" is no address of an object of a storage.')
    return found


def storage_for(conn: Connection, project_id: int, uri: str, data: str | None) -> tuple[Row[Any], str]:
    """The storage that holds the object, and its key. NotFound where the project has none, or `data` does not name it."""
    known = sources(conn, project_id)
    found = known.storage_of(uri) if known is not None else None
    row = queries.any_by_id(conn, found[0]) if found is not None else None
    if found is None or row is None or (data is not None and not _names(data, uri)):
        raise NotFound
    return row, found[1]


def _names(data: str, uri: str) -> bool:
    seen: list[str] = []

    def look(text: str) -> str:
        if text == uri or (uri in text and any(each[0] == uri for each in _URI.finditer(text))):
            seen.append(text)
        return text

    _walk(msgspec.json.decode(data), look)
    return bool(seen)
