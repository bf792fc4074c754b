"""Reading what an export writes: batches of tasks with everything on them, each in a short snapshot of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.annotations import history
from labelyard.annotations import service as annotations
from labelyard.exports import queries
from labelyard.exports.queries import EVERY_TASK, Row, Rows, TaskConditions
from labelyard.formats.writers.model import StoredTasks
from labelyard.kit.db.database import Database
from labelyard.label.config import parse
from labelyard.predictions import service as predictions
from labelyard.users import service as users

BATCH = 1_000  # tasks read in one snapshot at most
BATCH_CHARACTERS = 2_000_000  # of data and results, about
FIRST_BATCH = 100  # tasks; how large they are is known after the first batch
# Places in a task and in an annotation of `StoredTasks`.
_ID, _INNER_ID, _DATA, _TOTAL, _CANCELLED, _PREDICTED, _UPLOAD = 0, 1, 2, 5, 6, 7, 8
_TASK_ID, _COMPLETED_BY, _RESULT, _SKIPPED, _GROUND_TRUTH = 1, 2, 3, 4, 5
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Kept:
    """Which annotations an export keeps: each kind that is true."""

    usual: bool
    ground_truth: bool
    skipped: bool

    def __call__(self, row: Row) -> bool:
        skipped, ground_truth = bool(row[_SKIPPED]), bool(row[_GROUND_TRUTH])
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
    size = min(FIRST_BATCH, BATCH)
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
        yield _without_empty(stored) if chosen.only_annotated else stored


def _next_size(size: int, stored: StoredTasks) -> int:
    """As many tasks as make about BATCH_CHARACTERS, going by the batch before; slowly up, at once down."""
    weight = sum([len(row[_DATA]) for row in stored.tasks])
    weight += sum([len(row[_RESULT] or "") for row in stored.annotations])
    weight += sum([len(each) for events in (stored.history or {}).values() for each in events])
    fitting = BATCH_CHARACTERS * max(1, len(stored.tasks)) // max(1, weight)
    return max(1, min(BATCH, 4 * size, fitting))


def _next(conn: Connection, chosen: Selection, after: int, size: int, first_key: str | None) -> StoredTasks:
    rows = queries.page(conn, chosen.project_id, after, chosen.last, size, chosen.tasks)
    return _stored(conn, chosen, rows, first_key)


def _some(conn: Connection, chosen: Selection, ids: Sequence[int], first_key: str | None) -> StoredTasks:
    rows = queries.by_ids(conn, chosen.project_id, ids, chosen.tasks)
    return _stored(conn, chosen, rows, first_key)


def _stored(conn: Connection, chosen: Selection, rows: Rows, first_key: str | None) -> StoredTasks:
    project_id = chosen.project_id
    with_annotations = [row[_ID] for row in rows if row[_TOTAL] or row[_CANCELLED]]
    predicted = [row[_ID] for row in rows if row[_PREDICTED]]
    uploads = {row[_UPLOAD] for row in rows if row[_UPLOAD] is not None}
    found = queries.annotations(conn, project_id, with_annotations)
    if chosen.kept is not None:
        found = [row for row in found if chosen.kept(row)]
    return StoredTasks(
        project_id,
        first_key,
        tasks=rows,
        annotations=_with_people(conn, found) if chosen.people else found,
        predictions=_predictions(conn, chosen, predicted),
        drafts=_drafts(conn, chosen, [row[_ID] for row in rows]),
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
