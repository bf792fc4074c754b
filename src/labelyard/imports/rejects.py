"""Refused rows: kept while an import runs, and as files that can be mended and sent again when it is done."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.imports.model import Origin, RowError, SourceFile, counts_of
from labelyard.imports.status import import_row
from labelyard.kit.errors import NotFound
from labelyard.projects import service as projects

LOG = "rejects"  # name of the log in the directory of an import
_LENGTH = 4
_encode = msgspec.msgpack.Encoder().encode


class Reject(msgspec.Struct, array_like=True):
    """A refused row of the file with this number (0: the body of the request)."""

    number: int
    row: int
    column: str | None
    error: str
    item: bytes


_decode = msgspec.msgpack.Decoder(Reject).decode


class RejectLog:
    """Refused rows as they are found; use it as a context. `keep`: bytes that an earlier run made sure of."""

    def __init__(self, path: Path, keep: int = 0) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(keep)
        self._file.seek(keep)
        self._saved = keep

    def __enter__(self) -> "RejectLog":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, file: SourceFile | None, error: RowError, item: bytes) -> None:
        reject = Reject((file and file.number) or 0, error.row or 0, error.column, error.error, item)
        text = _encode(reject)
        self._file.write(len(text).to_bytes(_LENGTH, "little"))
        self._file.write(text)

    def save(self) -> int:
        """Wait until all is on the disk; the size of the log, to go on at."""
        size = self._file.tell()
        if size != self._saved:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._saved = size
        return size


def read_log(path: Path) -> Iterator[Reject]:
    with path.open("rb") as file:
        while header := file.read(_LENGTH):
            yield _decode(file.read(int.from_bytes(header, "little")))


# --- as files -----------------------------------------------------------------------------------------------------


def publish(ctx: Context, project_id: int, origin: Origin) -> str | None:
    """Put the refused rows of an import into the object store, to be mended and sent again; the key, None without any."""
    log = Path(origin.directory) / LOG
    if not log.exists() or not log.stat().st_size:
        return None
    path = log.with_name("rejects.jsonl")
    with path.open("wb") as file:
        for reject in read_log(log):
            reasons = {"_row": reject.row, "_column": reject.column, "_error": reject.error}
            try:
                fields = msgspec.json.decode(reject.item, type=dict[str, msgspec.Raw])
            except msgspec.DecodeError:
                fields = {"_item": msgspec.Raw(reject.item)}
            file.write(msgspec.json.encode({**reasons, **fields}) + b"\n")
    key = f"rejects/{project_id}/{uuid4().hex}/{path.name}"
    ctx.objects.adopt(key, path)
    return key


def withdraw(ctx: Context, key: str | None) -> None:
    """Take back `publish` after the transaction that was to name the file failed."""
    if key is not None:
        ctx.objects.delete(key)


def key_of(conn: Connection, actor: Actor, project_id: int, import_id: int) -> str:
    """The object key of the reject file of an import. NotFound when it has none."""
    projects.get(conn, actor, project_id, "tasks.create")
    key = counts_of(import_row(conn, actor, project_id, import_id)).rejects
    if key is None:
        raise NotFound("The import has no refused rows.")
    return key
