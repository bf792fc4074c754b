"""Predictions: what a model answered on a task."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from labelyard.access.rights import require_in
from labelyard.actor import Actor
from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.kit.db.dialect import reserve_ids
from labelyard.kit.errors import Invalid, NotFound
from labelyard.predictions import queries
from labelyard.predictions.imported import (
    NewPrediction,
    NewPredictions,
    in_columns,
    insert_imported,
    totals,
    version_to_follow,
)
from labelyard.predictions.queries import AnyRow
from labelyard.predictions.scores import UNDEFINED, Scores, task_scores
from labelyard.predictions.shapes import prediction_dict
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.queue.service import ScoredTask

__all__ = [
    "UNDEFINED",
    "NewPrediction",
    "NewPredictions",
    "Scores",
    "config_of_prediction",
    "config_of_task",
    "create",
    "delete",
    "delete_for_tasks",
    "for_tasks",
    "get",
    "in_columns",
    "insert_imported",
    "insert_many",
    "list_page",
    "named_task",
    "rescore",
    "task_scores",
    "totals",
    "update",
    "version_to_follow",
]

MAX_ID = 2**63 - 1
_RANGE = 10_000  # tasks in a row that are counted anew together
_COLUMNS = (
    "id",
    "task_id",
    "project_id",
    "result",
    "score",
    "model_version",
    "cluster",
    "mislabeling",
    "created_at",
    "updated_at",
)
_FIELDS = ("result", "score", "model_version", "cluster", "mislabeling")


# --- reading ------------------------------------------------------------------------------------------------------


def get(conn: Connection, actor: Actor, prediction_id: int) -> dict[str, Any]:
    """A prediction. NotFound when it is missing or not for the caller."""
    return prediction_dict(_visible(conn, actor, prediction_id), now_us())


def list_page(
    conn: Connection,
    actor: Actor,
    after: int,
    limit: int,
    *,
    task_id: int | None = None,
    project_id: int | None = None,
) -> list[dict[str, Any]]:
    """The next `limit` predictions with an id above `after`, by id; none for foreign or missing tasks and projects."""
    rows = queries.page(conn, actor, after, limit, task_id=task_id, project_id=project_id)
    now = now_us()
    return [prediction_dict(row, now) for row in rows]


def for_tasks(
    conn: Connection, ids: Sequence[int], *, model_version: str | None = None
) -> dict[int, list[dict[str, Any]]]:
    """Predictions of tasks that the caller may see, by id: task id → list. With `model_version` only that version's."""
    now = now_us()
    found: dict[int, list[dict[str, Any]]] = {}
    for row in queries.of_tasks(conn, ids, model_version):
        found.setdefault(row.task_id, []).append(prediction_dict(row, now))
    return found


def config_of_task(conn: Connection, actor: Actor, task_id: int) -> str:
    """The label config that a prediction of this task has to fit. NotFound for a foreign task."""
    text: str = _task(conn, actor, task_id).label_config
    return text


def config_of_prediction(conn: Connection, actor: Actor, prediction_id: int) -> str:
    """The label config that a stored prediction has to fit."""
    return config_of_task(conn, actor, _visible(conn, actor, prediction_id).task_id)


# --- writing ------------------------------------------------------------------------------------------------------


def create(conn: Connection, actor: Actor, task_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Save a prediction. For managers only, because the queue follows scores.

    `given`: result (text checked against the config), score, model_version, cluster, mislabeling.
    """
    task = _task(conn, actor, task_id, lock=True)
    require_in(actor, task, "predictions.any")
    now = now_us()
    values = {name: given[name] for name in _FIELDS if given.get(name) is not None}
    values |= {"task_id": task.id, "project_id": task.project_id, "created_at": now, "updated_at": now}
    row = queries.insert(conn, values)
    _follow(conn, task.project_id, [task.id], task.model_version)
    return prediction_dict(row, now)


def update(conn: Connection, actor: Actor, prediction_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change the fields given (as for `create`); the task of a prediction stays."""
    task = _task(conn, actor, _visible(conn, actor, prediction_id).task_id, lock=True)
    require_in(actor, task, "predictions.any")
    now = now_us()
    values = {
        name: given[name]
        for name in _FIELDS
        if name in given and (given[name] is not None or name in ("score", "model_version", "cluster"))
    }
    row = queries.update(conn, prediction_id, values | {"updated_at": now})
    _follow(conn, task.project_id, [task.id], task.model_version)
    return prediction_dict(row, now)


def delete(conn: Connection, actor: Actor, prediction_id: int) -> None:
    """Delete a prediction."""
    task = _task(conn, actor, _visible(conn, actor, prediction_id).task_id, lock=True)
    require_in(actor, task, "predictions.any")
    queries.delete(conn, prediction_id)
    _follow(conn, task.project_id, [task.id], task.model_version)


def delete_for_tasks(
    conn: Connection, project_row: AnyRow, task_ids: Sequence[int], *, model_version: str | None = None
) -> int:
    """Delete the predictions of tasks of a project, all or one version's; how many. In batches of some thousand tasks."""
    ids = sorted(set(task_ids))
    deleted = 0
    for start in range(0, len(ids), queries.CHUNK):
        part = ids[start : start + queries.CHUNK]
        deleted += queries.delete_of_tasks(conn, part, model_version)
        _follow(conn, project_row.id, part, project_row.model_version)
    return deleted


def insert_many(
    conn: Connection, project_row: AnyRow, rows: Sequence[tuple[int, NewPrediction]]
) -> Sequence[int]:
    """Insert predictions `(task id, prediction)` of a project's tasks; their ids.

    Counters and scores follow. The first version that comes becomes the project's when it has none.
    """
    if not rows:
        return range(0)
    now = now_us()
    ids = reserve_ids(conn, schema.prediction, len(rows))
    project_id: int = project_row.id
    queries.insert_many(
        conn,
        _COLUMNS,
        (
            (
                prediction_id, task_id, project_id, new.result, new.score, new.model_version or UNDEFINED,
                new.cluster, new.mislabeling, now if new.created_at is None else new.created_at, now,
            )
            for prediction_id, (task_id, new) in zip(ids, rows, strict=True)
        ),
    )  # fmt: skip
    version: str = project_row.model_version
    named = next((new.model_version for _, new in rows if new.model_version), None)
    if not version and named:
        version = queries.name_model_version(conn, project_id, named)
    _follow(conn, project_id, sorted({task_id for task_id, _ in rows}), version)
    return ids


def rescore(conn: Connection, project_row: AnyRow, task_ids: Sequence[int]) -> None:
    """Recompute the scores of tasks, after the project's model_version changed."""
    if task_ids:
        _follow(conn, project_row.id, sorted(set(task_ids)), project_row.model_version)


def _follow(conn: Connection, project_id: int, ids: Sequence[int], model_version: str) -> None:
    """Counters, scores and walks after predictions of these tasks (sorted ids) came, changed or went."""
    total, moved = 0, list[ScoredTask]()
    consecutive = ids[-1] - ids[0] + 1 == len(ids)
    size = _RANGE if consecutive else queries.CHUNK
    for start in range(0, len(ids), size):
        change, others = _recount(conn, project_id, ids[start : start + size], model_version)
        total += change
        moved += others
    if moved:
        queue.scores_changed(conn, project_id, moved)
    if total:
        projects.bump_counts(conn, project_id, predictions=total)


def _recount(
    conn: Connection, project_id: int, ids: Sequence[int], model_version: str
) -> tuple[int, list[ScoredTask]]:
    """Set counter and scores of tasks: (change of the project's predictions, open tasks with other scores)."""
    tasks = queries.lock_tasks(conn, project_id, ids)
    place_of = {row.id: place for place, row in enumerate(tasks)}
    found = [each for each in queries.scores(conn, ids) if each[0] in place_of]
    places = [place_of[each[0]] for each in found]
    lowest, mean = task_scores(
        len(tasks), places, [each[1] for each in found], [each[2] for each in found], model_version
    )
    totals = Counter(places)
    changes, moved, change = [], [], 0
    for place, row in enumerate(tasks):
        standing = (totals[place], lowest[place], mean[place])
        if standing == (row.total_predictions, row.score, row.mean_score):
            continue
        change += standing[0] - row.total_predictions
        changes.append(dict(zip(("task", "total", "lowest", "mean"), (row.id, *standing), strict=True)))
        if row.free_slots > 0 and standing[1:] != (row.score, row.mean_score):
            moved.append(ScoredTask(row.id, lowest[place], mean[place], row.overlap))
    if changes:
        queries.set_scores(conn, changes)
    return change, moved


def _visible(conn: Connection, actor: Actor, prediction_id: int) -> AnyRow:
    row = queries.by_id(conn, actor, prediction_id) if prediction_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No prediction with id {prediction_id}.")
    return row


def _task(conn: Connection, actor: Actor, task_id: int, *, lock: bool = False) -> AnyRow:
    row = queries.task_row(conn, actor, task_id, lock=lock) if task_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No task with id {task_id}.")
    return row


def named_task(conn: Connection, actor: Actor, task_id: int) -> str:
    """`config_of_task` for an id that a body names: Invalid under `task` instead of NotFound."""
    try:
        return config_of_task(conn, actor, task_id)
    except NotFound as error:
        raise Invalid({"task": [error.detail]}) from error
