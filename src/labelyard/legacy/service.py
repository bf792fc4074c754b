"""What the 0.x dialect says in the words of the services behind it. It has no rules of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.deleting import check_deletable
from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.kit.crypto import Secrets
from labelyard.kit.errors import Invalid, NotFound
from labelyard.legacy import models, queries, shapes
from labelyard.legacy.links import uuid_of
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.settings import Settings
from labelyard.storages import service as storages
from labelyard.tasks import service as tasks
from labelyard.tasks.schemas import TaskBody

MAX_ID = 2**63 - 1


# --- the project --------------------------------------------------------------------------------------------------


def project(
    conn: Connection, actor: Actor, secrets: Secrets, settings: Settings, project_id: int
) -> dict[str, Any]:
    """The project with its counters, as `GET /api/project` shows it."""
    row = projects.get(conn, actor, project_id)
    counts = projects.counts(conn, project_id)
    completed = counts.annotated
    if counts.cancelled:
        completed += queries.only_skipped_count(conn, project_id)
    source, target = (storages.current(conn, project_id, role) for role in ("source", "target"))
    link, backends = uuid_of(secrets, project_id), models.section(conn, actor, row)
    return shapes.project(row, counts, completed, link, source, target, backends, settings)


def check_keys(conn: Connection, actor: Actor, project_id: int, text: str) -> None:
    """Invalid when a control of the label config `text` labels data that not every task of the project has.

    The rule of 0.x: the keys of tags that are only shown are not looked at.
    """
    row = projects.get(conn, actor, project_id)
    config, tasks_there = projects.checked_config(text), projects.counts(conn, row.id).tasks
    if not tasks_there:
        return
    labeled = {name for control in config.controls.values() for name in control.to_name}
    used = {each.data_key for each in config.objects.values() if each.name in labeled}
    found = projects.data_columns(conn, row.id)
    faults = []
    for name, key in config.data_keys.items():
        lacking = tasks_there - found.get(name.split(".")[0], 0)
        if name in used and lacking > 0:
            faults.append(
                f"line {key.line}, <{key.tag}>: The key {name!r} is missing in {lacking} of {tasks_there} tasks."
            )
    if faults:
        raise Invalid({"label_config": faults})


# --- tasks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of tasks: `order` is one of ORDERS, `fields` the keys to show (None: all)."""

    order: str
    offset: int
    limit: int
    fields: tuple[str, ...] | None


ORDERS = tuple(
    sign + name for name in ("id", "completed_at", "has_cancelled_completions") for sign in ("", "-")
)


def page(conn: Connection, actor: Actor, project_id: int, wanted: Listing) -> list[dict[str, Any]]:
    """Tasks of the project in the order asked for; none past the end."""
    row = projects.get(conn, actor, project_id)
    return [shapes.only(each, wanted.fields) for each in _shown(conn, actor, row, _rows(conn, row, wanted))]


def _rows(conn: Connection, project_row: Row[Any], wanted: Listing) -> Sequence[Row[Any]]:
    counts = projects.counts(conn, project_row.id)
    if wanted.order in ("id", "-id"):
        return tasks.rows_at(conn, counts, wanted.offset, wanted.limit, from_end=wanted.order == "-id")
    ids = list(queries.completed(conn, project_row.id, wanted.order, wanted.offset, wanted.limit))
    if len(ids) < wanted.limit:  # tasks without a completion come last, whichever way
        before = max(0, wanted.offset - queries.completed_count(conn, project_row.id)) if not ids else 0
        ids += queries.untouched(conn, project_row.id, before, wanted.limit - len(ids))
    return tasks.rows_of_ids(conn, project_row.id, ids)


def _shown(
    conn: Connection, actor: Actor, project_row: Row[Any], rows: Sequence[Row[Any]], *, listed: bool = True
) -> list[dict[str, Any]]:
    done = [row.id for row in rows if row.total_annotations or row.cancelled_annotations]
    made = annotations.for_tasks(conn, actor, done) if done else {}
    guessed = predictions.for_tasks(conn, [row.id for row in rows if row.total_predictions])
    return [
        shapes.task(
            tasks.short_json(conn, row, project_row),
            made.get(row.id, ()),
            guessed.get(row.id, ()),
            listed=listed,
        )
        for row in rows
    ]


def task(conn: Connection, actor: Actor, task_id: int) -> dict[str, Any]:
    """One task with its completions and predictions."""
    row = tasks.get_row(conn, actor, task_id)
    return _shown(conn, actor, projects.get(conn, actor, row.project_id), [row], listed=False)[0]


def next_task(conn: Connection, actor: Actor, project_id: int, ttl_seconds: int) -> dict[str, Any] | None:
    """Take the next task for the caller; None when nothing is left."""
    row = projects.get(conn, actor, project_id, "annotations.create")
    found = queue.next_task(conn, actor, row, ttl_seconds=ttl_seconds)
    return None if found is None else task(conn, actor, found.task_id)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a task is to be; None stays as it is. Completions are the fields of annotations, their results checked."""

    data: bytes | None = None
    meta: bytes | None = None
    completions: Sequence[Mapping[str, Any]] | None = None
    predictions: Sequence[NewPrediction] | None = None


def config_of_task(conn: Connection, actor: Actor, task_id: int) -> str:
    """The label config that what is written to the task has to fit."""
    row = tasks.get_row(conn, actor, task_id)
    text: str = projects.get(conn, actor, row.project_id, "tasks.change").label_config
    return text


def rewrite(
    conn: Connection, actor: Actor, settings: Settings, task_id: int, new: Rewritten
) -> dict[str, Any]:
    """Replace a task's data, completions and predictions, each as far as it was sent; the task as it is then.

    A completion with the id of one of the task changes that one; those that are not sent are deleted, as far as the
    settings let completions be deleted (else Unprocessable).
    """
    row = tasks.get_row(conn, actor, task_id)
    project_row = projects.get(conn, actor, row.project_id, "tasks.change")
    if new.data is not None or new.meta is not None:
        body = TaskBody()
        if new.data is not None:
            tasks.check_data(project_row.label_config, new.data)
            body.data = msgspec.Raw(new.data)
        if new.meta is not None:
            body.meta = msgspec.Raw(new.meta)
        tasks.update(conn, actor, task_id, body)
    if new.completions is not None:
        _replace_completions(conn, actor, settings, task_id, new.completions)
    if new.predictions is not None:
        projects.get(conn, actor, row.project_id, "predictions.any")
        predictions.delete_for_tasks(conn, project_row, [task_id])
        predictions.insert_many(conn, project_row, [(task_id, each) for each in new.predictions])
    return task(conn, actor, task_id)


def _replace_completions(
    conn: Connection, actor: Actor, settings: Settings, task_id: int, new: Sequence[Mapping[str, Any]]
) -> None:
    known = {each["id"] for each in annotations.for_tasks(conn, actor, [task_id]).get(task_id, ())}
    kept = {each["id"] for each in new if each.get("id") in known}
    if known - kept:
        check_deletable(settings)
    for gone in sorted(known - kept):
        annotations.delete(conn, actor, gone)
    for each in new:
        fields = {name: value for name, value in each.items() if name != "id"}
        if each.get("id") in kept:
            annotations.update(conn, actor, each["id"], fields)
        else:
            annotations.create(conn, actor, task_id, fields)


# --- completions --------------------------------------------------------------------------------------------------


def save_completion(conn: Connection, actor: Actor, task_id: int, given: Mapping[str, Any]) -> int:
    """Save a completion, or change the one of the task that has the `id` given; its id."""
    fields = {name: value for name, value in given.items() if name != "id"}
    if given.get("id") is not None and _is_of_task(conn, actor, task_id, given["id"]):
        shown, _ = annotations.update(conn, actor, given["id"], fields)
    else:
        shown, _ = annotations.create(conn, actor, task_id, fields)
    return int(shown["id"])


def _is_of_task(conn: Connection, actor: Actor, task_id: int, completion_id: int) -> bool:
    try:
        shown, _ = annotations.get(conn, actor, completion_id)
    except NotFound:
        return False
    return bool(shown["task"] == task_id)


def _check_of_task(conn: Connection, actor: Actor, task_id: int, completion_id: int) -> None:
    tasks.get_row(conn, actor, task_id)
    if not _is_of_task(conn, actor, task_id, completion_id):
        raise NotFound(f"Task {task_id} has no completion with id {completion_id}.")


def change_completion(
    conn: Connection, actor: Actor, task_id: int, completion_id: int, given: Mapping[str, Any]
) -> None:
    """Change the fields given. NotFound unless the completion is on the task."""
    _check_of_task(conn, actor, task_id, completion_id)
    annotations.update(conn, actor, completion_id, given)


def delete_completion(conn: Connection, actor: Actor, task_id: int, completion_id: int) -> None:
    """Delete a completion. NotFound unless it is on the task."""
    _check_of_task(conn, actor, task_id, completion_id)
    annotations.delete(conn, actor, completion_id)


def delete_completions_of_task(conn: Connection, actor: Actor, task_id: int) -> None:
    """Delete all completions of a task; those of others are for those who review."""
    row = tasks.get_row(conn, actor, task_id)
    project_row = projects.get(conn, actor, row.project_id, "annotations.review")
    tasks.delete_annotations(conn, actor, project_row, [task_id])


def completed_ids(conn: Connection, actor: Actor, project_id: int) -> list[int]:
    """Ids of the tasks of a project that have a completion, ascending."""
    projects.get(conn, actor, project_id, "annotations.view")
    return list(queries.completed_ids(conn, project_id))


def task_ids(conn: Connection, actor: Actor, project_id: int) -> list[int]:
    """Ids of all tasks of a project, ascending."""
    projects.get(conn, actor, project_id, "tasks.view")
    return list(queries.task_ids(conn, project_id))
