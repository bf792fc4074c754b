"""Exports: annotated tasks out of the store, batch by batch, in the format that was asked for."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.exports import queries
from labelyard.formats.writers.base import StoredWriter, Writer
from labelyard.formats.writers.model import StoredTasks, as_tasks
from labelyard.formats.writers.registry import AVAILABLE, BY_NAME, OutputFormat, listing
from labelyard.kit.db.database import Database
from labelyard.kit.errors import BadRequest
from labelyard.label.config import parse
from labelyard.projects import service as projects

BATCH = 1_000  # tasks read in one snapshot at most
BATCH_CHARACTERS = 2_000_000  # of data and results, about
_FIRST = 100  # tasks; how large they are is known after the first batch
# Places in a task and in an annotation of `StoredTasks`.
_ID, _INNER_ID, _DATA, _TOTAL, _CANCELLED, _PREDICTED, _UPLOAD = 0, 1, 2, 5, 6, 7, 8
_RESULT = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What one export writes. `last` is the highest inner id when it began: tasks added later are not in it."""

    project_id: int
    kind: OutputFormat
    label_config: str
    ids: tuple[int, ...] | None
    annotated: bool
    last: int


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
) -> Plan:
    """An export of the tasks with an annotation (skipped ones count), of all with `everything`, or of some by id."""
    row = projects.get(conn, actor, project_id, "exports.any")
    return Plan(
        project_id=project_id,
        kind=kind,
        label_config=row.label_config,
        ids=None if ids is None else tuple(sorted(set(ids))),
        annotated=not everything,
        last=queries.last_inner_id(conn, project_id),
    )


def file_name(chosen: Plan) -> str:
    """`project-<id>-at-<YYYY-MM-DD-HH-MM>-<8 hex>.<extension>`, the time in UTC."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d-%H-%M")
    return f"project-{chosen.project_id}-at-{moment}-{token_hex(4)}.{chosen.kind.extension}"


def write(db: Database, chosen: Plan) -> Iterator[bytes]:
    """The file, in chunks. Each batch is read in a short snapshot of its own, so that memory and locks stay small."""
    config = parse(chosen.label_config)
    make = chosen.kind.make
    assert make is not None  # noqa: S101 - `format_named` lets no other through
    writer = make(config)
    batch: Callable[[StoredTasks], bytes]
    if isinstance(writer, StoredWriter):
        batch = writer.stored
    else:
        if writer.needs_scan:
            for stored in batches(db, chosen):
                writer.scan(as_tasks(stored))
        batch = partial(_as_objects, writer)
    yield writer.begin()
    for stored in batches(db, chosen):
        yield batch(stored)
    yield writer.end()


def _as_objects(writer: Writer, stored: StoredTasks) -> bytes:
    return writer.batch(as_tasks(stored))


def batches(db: Database, chosen: Plan) -> Iterator[StoredTasks]:
    """The tasks of an export with everything on them, in order of their ids.

    A batch has up to BATCH tasks, fewer where they are large.
    """
    first_key = parse(chosen.label_config).first_data_key
    size = min(_FIRST, BATCH)
    place = 0  # the last inner id, or how many of the ids are done
    while chosen.ids is None or place < len(chosen.ids):
        if chosen.ids is None:
            stored = db.read_sync(_next, chosen, place, size, first_key)
            if not stored.tasks:
                return
            place = stored.tasks[-1][_INNER_ID]
        else:
            stored = db.read_sync(_some, chosen, chosen.ids[place : place + size], first_key)
            place += size
        size = _next_size(size, stored)
        yield stored


def _next_size(size: int, stored: StoredTasks) -> int:
    """As many tasks as make about BATCH_CHARACTERS, going by the batch before; slowly up, at once down."""
    weight = sum([len(row[_DATA]) for row in stored.tasks])
    weight += sum([len(row[_RESULT] or "") for row in stored.annotations])
    fitting = BATCH_CHARACTERS * max(1, len(stored.tasks)) // max(1, weight)
    return max(1, min(BATCH, 4 * size, fitting))


def _next(conn: Connection, chosen: Plan, after: int, size: int, first_key: str | None) -> StoredTasks:
    rows = queries.page(conn, chosen.project_id, after, chosen.last, size, annotated=chosen.annotated)
    return _stored(conn, chosen.project_id, rows, first_key)


def _some(conn: Connection, chosen: Plan, ids: Sequence[int], first_key: str | None) -> StoredTasks:
    rows = queries.by_ids(conn, chosen.project_id, ids, annotated=chosen.annotated)
    return _stored(conn, chosen.project_id, rows, first_key)


def _stored(conn: Connection, project_id: int, rows: queries.Rows, first_key: str | None) -> StoredTasks:
    with_annotations = [row[_ID] for row in rows if row[_TOTAL] or row[_CANCELLED]]
    predicted = [row[_ID] for row in rows if row[_PREDICTED]]
    uploads = {row[_UPLOAD] for row in rows if row[_UPLOAD] is not None}
    return StoredTasks(
        project_id,
        first_key,
        tasks=rows,
        annotations=queries.annotations(conn, project_id, with_annotations),
        predictions=_ids_by_task(queries.prediction_ids(conn, project_id, predicted)),
        drafts=_ids_by_task(queries.draft_ids(conn, project_id, [row[_ID] for row in rows])),
        uploads=queries.upload_keys(conn, uploads),
    )


def _ids_by_task(rows: queries.Rows) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for each, task_id in rows:
        found.setdefault(task_id, []).append(each)
    return found
