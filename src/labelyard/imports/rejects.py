"""Refused rows: kept while an import runs, and as files that can be mended and sent again when it is done."""

import os
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.formats.readers.base import ReadError, Source
from labelyard.formats.readers.registry import HEAD_BYTES, find, preview
from labelyard.formats.writers.rejects import RejectWriter
from labelyard.imports.model import Origin, RowError, SourceFile, counts_of
from labelyard.imports.options import Options
from labelyard.imports.status import import_row
from labelyard.kit.errors import NotFound
from labelyard.projects import service as projects

LOG = "rejects"  # name of the log in the directory of an import
_LENGTH = 4
_UNSAFE = re.compile(r"[^\w.-]|^\.")
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


def publish(ctx: Context, project_id: int, origin: Origin, options: Options) -> str | None:
    """Put the refused rows of an import into the object store; the key, None without any.

    They are as their file was, so that they can be mended and sent again; those of several files are in a zip.
    """
    log = Path(origin.directory) / LOG
    if not log.exists() or not log.stat().st_size:
        return None
    with TemporaryDirectory(dir=origin.directory) as directory:
        paths = _write(log, origin, options, Path(directory))
        path = paths[0] if len(paths) == 1 else _zip(paths, Path(directory) / "rejects.zip")
        key = f"rejects/{project_id}/{uuid4().hex}/{path.name}"
        ctx.objects.adopt(key, path)
    return key


def _write(log: Path, origin: Origin, options: Options, directory: Path) -> list[Path]:
    """The rows of each file in a file of its own. They come file by file."""
    by_number = {file.number or 0: file for file in origin.files}
    made: list[Path] = []
    for number, rows in groupby(read_log(log), lambda reject: reject.number):
        file = by_number.get(number)
        kind, separator = _format_of(file, options)
        stem = _UNSAFE.sub("_", PurePosixPath(file.name).stem)[:80] if file else "import"
        path = directory / f"{stem}-rejects{'' if len(by_number) < 2 else f'-{number}'}"
        with RejectWriter(path, kind, separator) as writer:
            for each in rows:
                writer.add(each.row, each.column, each.error, each.item)
        made.append(path.rename(f"{path}{writer.extension}"))
    return made


def _format_of(file: SourceFile | None, options: Options) -> tuple[str, str | None]:
    """The format of a file and what separates its cells."""
    if file is None:
        return "JSON", None
    source = Source(
        Path(file.path), file.name, options=options.read_of(file.name, file.upload), on_bad_row=lambda _: None
    )
    try:
        found = preview(source, 1).options
    except ReadError:  # only its beginning is wanted, and that has a wrong item
        with source.path.open("rb") as opened:
            return find(file.name, opened.read(HEAD_BYTES), source.options).name, None
    return found.format or "JSON", found.delimiter


def _zip(paths: Sequence[Path], target: Path) -> Path:
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
    return target


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
