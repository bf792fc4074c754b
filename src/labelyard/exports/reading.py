"""Reading what an export writes: batches of tasks with everything on them, each in a short snapshot of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.annotations import history
from labelyard.annotations import service as annotations
from labelyard.exports import queries
from labelyard.exports.batching import in_batches
from labelyard.exports.queries import EVERY_TASK, Row, Rows, TaskConditions
from labelyard.formats.writers.model import StoredTasks, annotation_rest
from labelyard.kit.db.database import Database
from labelyard.label.config import parse
from labelyard.predictions import service as predictions
from labelyard.users import service as users

BATCH = 4_000  # tasks read in one snapshot at most
# Places in a task and in an annotation of `StoredTasks`.
_ID, _TOTAL, _PREDICTED, _UPLOAD, _REST = 0, 3, 4, 5, -1
_TASK_ID, _COMPLETED_BY = 1, 6
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Kept:
    """Which annotations an export keeps: each kind that is true."""

    usual: bool
    ground_truth: bool
    skipped: bool

    def __call__(self, row: Row) -> bool:
        rest = annotation_rest(row[_REST])
        skipped, ground_truth = rest.was_cancelled, rest.ground_truth
        return (
            (self.skipped and skipped)
            or (self.ground_truth and ground_truth)
            or (self.usual and not skipped and not ground_truth)
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What an export reads. `last` is the highest inner id when it began: tasks added later are not in it.

    `kept`: None keeps all annotations. `only_annotated`: leave out tasks that are left without one. `drafts`,
    `predictions`, `people`: write the objects in the place of their ids. `history`: write the events of annotations.
    """

    project_id: int
    label_config: str
    last: int
    ids: tuple[int, ...] | None = None
    tasks: TaskConditions = EVERY_TASK
    kept: Kept | None = None
    only_annotated: bool = False
    drafts: bool = False
    predictions: bool = False
    people: bool = False
    history: bool = False


def batches(db: Database, chosen: Selection) -> Iterator[StoredTasks]:
    """The tasks of an export with everything on them, in order of their ids.

    A batch has up to BATCH tasks, fewer where they are large.
    """
    first_key = parse(chosen.label_config).first_data_key
    read = partial(_read, chosen, first_key)
    for stored in in_batches(db, chosen.ids, BATCH, read):
        yield _without_empty(stored) if chosen.only_annotated else stored


def some(conn: Connection, chosen: Selection, ids: Sequence[int]) -> StoredTasks:
    """A few tasks of the project with everything on them; those that are gone are left out."""
    return _read(chosen, parse(chosen.label_config).first_data_key, conn, ids, 0, len(ids))


def _read(
    chosen: Selection,
    first_key: str | None,
    conn: Connection,
    ids: Sequence[int] | None,
    after: int,
    size: int,
) -> StoredTasks:
    if ids is None:
        rows = queries.page(conn, chosen.project_id, after, chosen.last, size, chosen.tasks)
    else:
        rows = queries.by_ids(conn, chosen.project_id, ids, chosen.tasks)
    return _stored(conn, chosen, rows, first_key)


def _stored(conn: Connection, chosen: Selection, rows: Rows, first_key: str | None) -> StoredTasks:
    project_id = chosen.project_id
    # A column at a time: most of them say the same of all tasks.
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * (_UPLOAD + 1)
    ids = columns[_ID]
    with_annotations = ids
    if not all(columns[_TOTAL]):
        with_annotations = [row[_ID] for row in rows if row[_TOTAL] or row[_REST]]  # all may be skipped
    predicted = [row[_ID] for row in rows if row[_PREDICTED]] if any(columns[_PREDICTED]) else []
    uploads = set(columns[_UPLOAD]) - {None}
    found = queries.annotations(conn, project_id, with_annotations)
    if chosen.kept is not None:
        found = [row for row in found if chosen.kept(row)]
    return StoredTasks(
        project_id,
        first_key,
        tasks=rows,
        annotations=_with_people(conn, found) if chosen.people else found,
        predictions=_predictions(conn, chosen, predicted),
        drafts=_drafts(conn, chosen, ids),
        uploads=queries.upload_keys(conn, uploads),
        history=history.for_export(conn, [row[_ID] for row in found]) if chosen.history else None,
    )


def _without_empty(stored: StoredTasks) -> StoredTasks:
    annotated = {row[_TASK_ID] for row in stored.annotations}
    return replace(stored, tasks=[row for row in stored.tasks if row[_ID] in annotated])


def _with_people(conn: Connection, rows: Rows) -> Rows:
    """The annotations with `completed_by` as JSON text of the user."""
    refs = users.user_refs(conn, {row[_COMPLETED_BY] for row in rows if row[_COMPLETED_BY] is not None})
    texts = {
        each: _encode({name: ref[name] for name in ("id", "email", "first_name", "last_name")}).decode()
        for each, ref in refs.items()
    }
    return [
        (*row[:_COMPLETED_BY], texts.get(row[_COMPLETED_BY], row[_COMPLETED_BY]), *row[_COMPLETED_BY + 1 :])
        for row in rows
    ]


def _predictions(conn: Connection, chosen: Selection, ids: Sequence[int]) -> dict[int, list[Any]]:
    if chosen.predictions:
        return _texts(predictions.for_tasks(conn, ids))
    return _ids_by_task(queries.prediction_ids(conn, chosen.project_id, ids))


def _drafts(conn: Connection, chosen: Selection, ids: Sequence[int]) -> dict[int, list[Any]]:
    if chosen.drafts:
        return _texts(annotations.drafts_for_tasks(conn, None, ids))
    return _ids_by_task(queries.draft_ids(conn, chosen.project_id, ids))


def _texts(found: dict[int, list[dict[str, Any]]]) -> dict[int, list[Any]]:
    return {task_id: [_encode(each).decode() for each in shown] for task_id, shown in found.items()}


def _ids_by_task(rows: Rows) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for each, task_id in rows:
        found.setdefault(task_id, []).append(each)
    return found
