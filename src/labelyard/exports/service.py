"""Exports: annotated tasks out of the store, batch by batch, in the format that was asked for."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

from msgspec import Raw
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.exports import queries
from labelyard.exports.queries import AnyRow
from labelyard.formats.writers.model import NO_PREDICTION, ExportAnnotation, ExportTask, named_data
from labelyard.formats.writers.registry import AVAILABLE, BY_NAME, OutputFormat, listing
from labelyard.kit.clock import SECOND
from labelyard.kit.db.database import Database
from labelyard.kit.errors import BadRequest
from labelyard.label.config import parse
from labelyard.projects import service as projects

BATCH = 1_000  # tasks read in one snapshot
_NO_RESULT = Raw(b"[]")
_NOTHING = Raw(b"{}")


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
    row = projects.get(conn, actor, project_id)
    projects.require_manager(actor)
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
    if writer.needs_scan:
        for batch in batches(db, chosen):
            writer.scan(batch)
    yield writer.begin()
    for batch in batches(db, chosen):
        yield writer.batch(batch)
    yield writer.end()


def batches(db: Database, chosen: Plan) -> Iterator[list[ExportTask]]:
    """The tasks of an export with everything on them, in order of their ids."""
    first_key = parse(chosen.label_config).first_data_key
    if chosen.ids is not None:
        for start in range(0, len(chosen.ids), BATCH):
            some = chosen.ids[start : start + BATCH]
            yield db.read_sync(_some, chosen, some, first_key)
        return
    after = 0
    while True:
        tasks = db.read_sync(_next, chosen, after, first_key)
        if not tasks:
            return
        yield tasks
        after = tasks[-1].inner_id
        if len(tasks) < BATCH:
            return


def _next(conn: Connection, chosen: Plan, after: int, first_key: str | None) -> list[ExportTask]:
    rows = queries.page(conn, chosen.project_id, after, chosen.last, BATCH, annotated=chosen.annotated)
    return _tasks(conn, chosen.project_id, rows, first_key)


def _some(conn: Connection, chosen: Plan, ids: Sequence[int], first_key: str | None) -> list[ExportTask]:
    rows = queries.by_ids(conn, chosen.project_id, ids, annotated=chosen.annotated)
    return _tasks(conn, chosen.project_id, rows, first_key)


def _tasks(
    conn: Connection, project_id: int, rows: Sequence[AnyRow], first_key: str | None
) -> list[ExportTask]:
    with_annotations = [row.id for row in rows if row.total_annotations or row.cancelled_annotations]
    annotations: dict[int, list[ExportAnnotation]] = {}
    for made in queries.annotations(conn, project_id, with_annotations):
        annotations.setdefault(made.task_id, []).append(_annotation(made, project_id))
    predicted = [row.id for row in rows if row.total_predictions]
    predictions = _ids_by_task(queries.prediction_ids(conn, project_id, predicted))
    drafts = _ids_by_task(queries.draft_ids(conn, project_id, [row.id for row in rows]))
    uploads = queries.upload_keys(
        conn, {row.file_upload_id for row in rows if row.file_upload_id is not None}
    )
    return [
        _task(row, project_id, first_key, annotations, predictions, drafts, uploads.get(row.file_upload_id))
        for row in rows
    ]


def _ids_by_task(rows: Sequence[AnyRow]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for task_id, each in rows:
        found.setdefault(task_id, []).append(each)
    return found


def _task(
    row: AnyRow,
    project_id: int,
    first_key: str | None,
    annotations: dict[int, list[ExportAnnotation]],
    predictions: dict[int, list[int]],
    drafts: dict[int, list[int]],
    upload_key: str | None,
) -> ExportTask:
    (
        task_id, inner_id, data, meta, allow_skip, total, cancelled, predicted, _, created_at, updated_at, updated_by,
    ) = row  # fmt: skip
    return ExportTask(
        task_id,
        annotations.get(task_id, []),
        None if upload_key is None else upload_key.rpartition("/")[2],
        drafts.get(task_id, []),
        predictions.get(task_id, []),
        named_data(data, first_key),
        _NOTHING if meta == "{}" else Raw(meta.encode()),
        moment(created_at),
        moment(updated_at),
        allow_skip,
        inner_id,
        total,
        cancelled,
        predicted,
        0,
        0,
        None,
        project_id,
        updated_by,
        [],
    )


def _annotation(row: AnyRow, project_id: int) -> ExportAnnotation:
    (
        made_id, task_id, completed_by, result, was_cancelled, ground_truth, created_at, updated_at, draft_created_at,
        lead_time, result_count, unique_id, import_id, last_action, bulk_created, updated_by, parent_prediction,
        parent_annotation,
    ) = row  # fmt: skip
    return ExportAnnotation(
        made_id,
        completed_by,
        _NO_RESULT if result is None else Raw(result.encode()),
        was_cancelled,
        ground_truth,
        moment(created_at),
        moment(updated_at),
        None if draft_created_at is None else moment(draft_created_at),
        lead_time,
        NO_PREDICTION,
        result_count,
        unique_id,
        import_id,
        last_action,
        bulk_created,
        task_id,
        project_id,
        updated_by,
        parent_prediction,
        parent_annotation,
    )


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def moment(us: int) -> str:
    """`clock.iso` for rows by the hundred thousand: neighbours share their second."""
    seconds, fraction = divmod(us, SECOND)
    return f"{_second(seconds)}.{fraction:06d}Z"
