"""Making, changing and deleting tasks, with every counter that depends on them in the same transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.annotations.service import NewAnnotation
from labelyard.dedupe import service as dedupe
from labelyard.dedupe.service import Change
from labelyard.indexes import service as indexes
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Invalid, NotFound
from labelyard.kit.rawjson import RawJsonError
from labelyard.kit.rawjson import check as check_json
from labelyard.label.config import parse
from labelyard.label.tasks import TaskProblem, TaskValidator, compile_validator
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.tasks import queries, trash_queries
from labelyard.tasks.access import get_row
from labelyard.tasks.making import NewTask, NewTasks, data_keys, in_columns, insert, insert_tasks, overlap_for
from labelyard.tasks.reading import Shown, listed, rows_after, rows_at, rows_of_ids
from labelyard.tasks.schemas import TaskBody
from labelyard.tasks.shapes import short_task
from labelyard.webhooks import outbox

__all__ = [
    "NewAnnotation",
    "NewPrediction",
    "NewTask",
    "NewTasks",
    "Shown",
    "check_data",
    "create",
    "data_keys",
    "delete_one",
    "delete_tasks",
    "get_row",
    "hold_to_delete",
    "in_columns",
    "insert",
    "insert_tasks",
    "listed",
    "overlap_for",
    "rows_after",
    "rows_at",
    "rows_of_ids",
    "short_json",
    "update",
    "validator",
]

_MAX_INT = 2**31 - 1


@lru_cache(maxsize=128)
def validator(label_config: str) -> TaskValidator:
    """The task check of a config, cached by its text."""
    return compile_validator(parse(label_config))


# --- making -------------------------------------------------------------------------------------------------------


def create(conn: Connection, actor: Actor, body: TaskBody) -> dict[str, Any]:
    """One new task, as its short shape. Invalid names the field or the data key at fault."""
    project_id = body.project_id()
    if isinstance(body.data, msgspec.UnsetType):
        raise Invalid({"data": ["This field is required."]})
    project_row = projects.get(conn, actor, project_id, "tasks.create")
    data = bytes(body.data)
    check_data(project_row.label_config, data)
    task = NewTask(
        data.decode(),
        meta=_meta(body) or "{}",
        overlap=_overlap(body),
        allow_skip=body.allow_skip is not False,
    )
    ids = insert_tasks(conn, project_row, actor.user_id, [task])
    return short_json(conn, get_row(conn, actor, ids[0]), project_row)


def check_data(label_config: str, data: bytes) -> None:
    """Invalid unless the data, JSON text, is an object with what the label config reads."""
    if data[:1] != b"{":
        raise Invalid({"data": ["Task data must be a JSON object."]})
    try:
        validator(label_config).check(b'{"data":' + data + b"}", 0)
    except TaskProblem as problem:
        raise Invalid(str(problem)) from problem


def _meta(body: TaskBody) -> str | None:
    if isinstance(body.meta, msgspec.UnsetType):
        return None
    meta = bytes(body.meta)
    if meta == b"null":
        return "{}"
    if meta[:1] not in (b"{", b"["):
        raise Invalid({"meta": ["Task meta must be a JSON object or list."]})
    _check_text("meta", meta)
    return meta.decode()


def _check_text(field: str, text: bytes) -> None:
    try:
        check_json(text)
    except RawJsonError as error:
        raise Invalid({field: [f"{error}."]}) from error


def _overlap(body: TaskBody) -> int | None:
    if body.overlap is None or isinstance(body.overlap, msgspec.UnsetType):
        return None
    if not 1 <= body.overlap <= _MAX_INT:
        raise Invalid({"overlap": [f"An overlap is a whole number from 1 to {_MAX_INT}."]})
    return body.overlap


def short_json(conn: Connection, row: Row[Any], project_row: Row[Any]) -> dict[str, Any]:
    """The short shape of a task of this project."""
    return short_task(row, projects.label_config(project_row).first_data_key)


# --- changing -----------------------------------------------------------------------------------------------------


def update(conn: Connection, actor: Actor, task_id: int, body: TaskBody) -> dict[str, Any]:
    """Change data, meta, overlap or allow_skip; the short task.

    Data keys are not held against the config again: a task may be mended in steps.
    """
    project_row = projects.get(conn, actor, get_row(conn, actor, task_id).project_id, "tasks.change")
    dedupe.hold_all(conn, project_row.id)
    indexes.hold(conn, project_row.id)
    row = queries.lock(conn, task_id)
    if row is None:
        raise NotFound(f"No task with id {task_id}.")
    values: dict[str, Any] = {}
    if not isinstance(body.data, msgspec.UnsetType):
        data = bytes(body.data)
        if data[:1] != b"{":
            raise Invalid({"data": ["Task data must be a JSON object."]})
        _check_text("data", data)
        values["data"] = data.decode()
    meta, overlap = _meta(body), _overlap(body)
    if meta is not None:
        values["meta"] = meta
    if overlap is not None:
        values["overlap"] = overlap
    if isinstance(body.allow_skip, bool):
        values["allow_skip"] = body.allow_skip
    queries.update(conn, task_id, {**values, "updated_at": now_us(), "updated_by": actor.user_id})
    if "data" in values:
        changed = Counter(data_keys(values["data"]))
        changed.subtract(data_keys(row.data))
        projects.add_data_columns(conn, row.project_id, changed)
        dedupe.changed(conn, row.project_id, [Change(row.id, row.inner_id, row.data, values["data"])])
        indexes.changed(
            conn, row.project_id, [indexes.Change(row.id, row.inner_id, row.data, values["data"])]
        )
    if overlap is not None and overlap != row.overlap:
        queue.recount(conn, task_id)
    return short_json(conn, get_row(conn, actor, task_id), project_row)


# --- deleting -----------------------------------------------------------------------------------------------------


def delete_one(conn: Connection, actor: Actor, task_id: int) -> None:
    """Delete a task with everything made on it. NotFound for one that the caller cannot see."""
    row = get_row(conn, actor, task_id)
    delete_tasks(conn, actor, row.project_id, [task_id])


def delete_tasks(conn: Connection, actor: Actor, project_id: int, ids: Iterable[int]) -> int:
    """Delete tasks of the project with everything made on them; how many there were. Unknown ids are passed over.

    A thousand at a time keep the writer for well under 200 ms.
    """
    return delete_rows(conn, actor, projects.get(conn, actor, project_id, "tasks.delete"), ids)


def first_ids(conn: Connection, project_id: int, limit: int) -> list[int]:
    """Ids of the project's oldest tasks."""
    return [row.id for row in queries.keys_after(conn, project_id, 0, limit)]


def hold_to_delete(conn: Connection, project_id: int, ids: Collection[int]) -> Sequence[Row[Any]]:
    """`(id, total_annotations, cancelled_annotations, total_predictions)` of tasks of the project, by id.

    They stay as they are until the transaction ends, for a caller who deletes some of them by what they are.
    """
    indexes.hold(conn, project_id)
    return queries.lock_many(
        conn, project_id, ids, ("id", "total_annotations", "cancelled_annotations", "total_predictions")
    )


# What has to be known of a task that goes.
_DELETED = (
    "id", "inner_id", "data", "is_labeled", "total_annotations", "cancelled_annotations", "total_predictions",
)  # fmt: skip


def delete_rows(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    ids: Iterable[int],
    *,
    told: bool = True,
    deletion_id: int | None = None,
) -> int:
    """`delete_tasks` for a caller that was checked before. Webhooks are told, unless something larger is deleted.

    With a deletion (`trash.begin`) they can be brought back.
    """
    indexes.hold(conn, project_row.id)
    wanted = {each for each in ids if 0 < each < 2**63}
    rows = queries.lock_many(conn, project_row.id, wanted, _DELETED)
    if not rows:
        return 0
    gone, _, data, labeled, made, cancelled, predicted = zip(*rows, strict=True)
    if deletion_id is not None:
        trash_queries.keep(conn, deletion_id, gone)
    annotated = [row[0] for row in rows if row.total_annotations or row.cancelled_annotations]
    ground_truth = annotations.delete_with_tasks(conn, actor, project_row.id, annotated) if annotated else 0
    queries.delete(conn, gone)
    if told:
        outbox.note(conn, project_row.id, "TASKS_DELETED", ({"id": each} for each in gone))
    projects.bump_counts(
        conn,
        project_row.id,
        tasks=-len(rows),
        finished=-sum(labeled),
        annotated=made.count(0) - len(rows),
        annotations=-sum(made),
        cancelled=-sum(cancelled),
        ground_truth=-ground_truth,
        predictions=-sum(predicted),
    )
    keys = Counter(chain.from_iterable(map(data_keys, data)))
    projects.add_data_columns(conn, project_row.id, {key: -times for key, times in keys.items()})
    indexes.deleted(conn, project_row.id, rows)
    return len(rows)


def delete_annotations(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    ids: Iterable[int],
    *,
    completed_by: int | None = None,
) -> int:
    """Delete the annotations of tasks of the project, or one person's; how many there were."""
    known = queries.existing(conn, project_row.id, {each for each in ids if 0 < each < 2**63})
    if not known:
        return 0
    return annotations.delete_for_tasks(conn, actor, project_row, known, completed_by=completed_by)


def accept_predictions(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    ids: Iterable[int],
    *,
    model_versions: Sequence[str] | None = None,
) -> int:
    """Make annotations out of the predictions of tasks of the project; how many."""
    known = queries.existing(conn, project_row.id, {each for each in ids if 0 < each < 2**63})
    return (
        annotations.create_from_predictions(conn, actor, project_row, known, model_versions) if known else 0
    )


def delete_predictions(
    conn: Connection,
    _actor: Actor,
    project_row: Row[Any],
    ids: Iterable[int],
    *,
    model_version: str | None = None,
) -> int:
    """Delete the predictions of tasks of the project, all or one version's; how many there were."""
    known = queries.existing(conn, project_row.id, {each for each in ids if 0 < each < 2**63})
    if not known:
        return 0
    return predictions.delete_for_tasks(conn, project_row, known, model_version=model_version)


def follow_project(
    conn: Connection,
    project_row: Row[Any],
    first: int,
    last: int,
    *,
    overlap: bool,
    slots: bool,
    scores: bool,
    places: bool,
) -> None:
    """Make the tasks with first <= inner id <= last (at most 10,000) follow the project's settings.

    `overlap`: take the project's overlap; `slots`: count anew what fills their slots; `scores`: take the scores of
    the project's model version; `places`: have a random place each.
    """
    ids = queries.ids_between(conn, project_row.id, first, last)
    if not ids:
        return
    if overlap:
        queries.set_overlap(
            conn,
            project_row.id,
            first,
            last,
            project_row.maximum_annotations,
            project_row.overlap_cohort_percentage,
        )
    if slots:
        queue.recount_project(conn, project_row.id, ids[0], ids[-1])
    if scores:
        predictions.rescore(conn, project_row, ids)
    if places:
        queries.give_places(conn, project_row.id, first, last)
