"""Exports: annotated tasks out of the store, in the format that was asked for."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeVar

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.exports import queries
from labelyard.exports.queries import TaskConditions
from labelyard.exports.reading import Selection, batches
from labelyard.exports.records import entries
from labelyard.formats.writers.base import StoredWriter, Writer
from labelyard.formats.writers.model import ExportTask
from labelyard.formats.writers.registry import AVAILABLE, BY_NAME, OutputFormat, listing
from labelyard.kit.db.database import Database
from labelyard.kit.errors import BadRequest
from labelyard.label.config import parse
from labelyard.projects import service as projects

Batch = TypeVar("Batch")
_HELD_BACK = 5  # batches that are looked at before the first is written
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Plan:
    """What one export writes, and how."""

    kind: OutputFormat
    selection: Selection


def format_named(name: str) -> OutputFormat:
    """The format of that name. BadRequest, naming those that can be written, for another."""
    kind = BY_NAME.get(name.upper())
    if kind is None or kind.make is None:
        available = ", ".join(AVAILABLE)
        what = "is not known" if kind is None else "cannot be written by this release"
        raise BadRequest(f'The export format "{name[:50]}" {what}. Available: {available}.')
    return kind


def formats(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """All documented formats; those that cannot be written are `disabled`."""
    projects.get(conn, actor, project_id)
    return listing()


def plan(
    conn: Connection,
    actor: Actor,
    project_id: int,
    kind: OutputFormat,
    *,
    ids: Collection[int] | None = None,
    everything: bool = False,
    predictions: bool = False,
) -> Plan:
    """An export of the tasks with an annotation (skipped ones count), of all with `everything`, or of some by id.

    `predictions`: the writer is given their objects in the place of their ids.
    """
    row = projects.get(conn, actor, project_id, "exports.any")
    selection = Selection(
        project_id=project_id,
        label_config=row.label_config,
        last=queries.last_inner_id(conn, project_id),
        ids=None if ids is None else tuple(sorted(set(ids))),
        tasks=TaskConditions(touched=not everything),
        predictions=predictions,
    )
    return Plan(kind, selection)


def file_name(project_id: int, kind: OutputFormat) -> str:
    """`project-<id>-at-<YYYY-MM-DD-HH-MM>-<8 hex>.<extension>`, the time in UTC."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d-%H-%M")
    return f"project-{project_id}-at-{moment}-{token_hex(4)}.{kind.extension}"


def write(db: Database, chosen: Plan, directory: Path) -> Generator[bytes]:
    """The file, in chunks. Each batch is read in a short snapshot of its own, so that memory and locks stay small.

    `directory`: for a temporary file.
    """
    selection, make = chosen.selection, chosen.kind.make
    assert make is not None  # noqa: S101 - `format_named` lets no other through
    writer = make(parse(selection.label_config))
    if not isinstance(writer, StoredWriter):
        read = partial(entries, db, selection)
        yield from _write_batches(writer, read, writer.scan_entries, writer.entries, directory)
        return
    yield writer.begin()
    for stored in batches(db, selection):
        yield from writer.stored(stored)
    yield writer.end()


def write_objects(
    writer: Writer, read: Callable[[], Iterable[list[ExportTask]]], directory: Path
) -> Iterator[bytes]:
    """The file that a writer makes of batches of tasks. `read` may be called twice for one that needs a scan."""
    return _write_batches(writer, read, writer.scan, writer.batch, directory)


def _write_batches(
    writer: Writer,
    read: Callable[[], Iterable[Batch]],
    scan: Callable[[Batch], None],
    put: Callable[[Batch], bytes],
    directory: Path,
) -> Iterator[bytes]:
    if writer.needs_scan:
        whole = _written_while_scanned(writer, read, scan, put, directory)
        if whole is not None:
            with whole:
                while chunk := whole.read(_CHUNK):
                    yield chunk
            return
    yield writer.begin()
    for batch in read():
        yield put(batch)
    yield writer.end()


def _written_while_scanned(
    writer: Writer,
    read: Callable[[], Iterable[Batch]],
    scan: Callable[[Batch], None],
    put: Callable[[Batch], bytes],
    directory: Path,
) -> BinaryIO | None:
    """Show a writer every batch, and write the file meanwhile, as most show all of their columns in the beginning.

    The file, or None when a later batch had others.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = TemporaryFile(dir=directory)  # noqa: SIM115 - the caller reads it
    try:
        first: list[Batch] = []
        header: bytes | None = None
        good = True
        for batch in read():
            scan(batch)
            if not good:
                continue
            if header is None:
                first.append(batch)
                if len(first) < _HELD_BACK:
                    continue
                header = _begin(writer, file, first, put)
            elif writer.begin() == header:
                file.write(put(batch))
            else:
                good = False
        if good:
            if header is None:
                _begin(writer, file, first, put)
            file.write(writer.end())
            file.seek(0)
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def _begin(writer: Writer, file: BinaryIO, first: list[Batch], put: Callable[[Batch], bytes]) -> bytes:
    header = writer.begin()
    file.write(header)
    file.writelines(put(each) for each in first)
    first.clear()
    return header
