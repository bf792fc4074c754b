"""Drafts: work that its author has not submitted. Nobody else sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.queries import AnyRow
from labelyard.annotations.shapes import draft_dict
from labelyard.kit.clock import now_us
from labelyard.kit.errors import NotFound
from labelyard.queue import service as queue
from labelyard.users import service as users

_MAX_ID = 2**63 - 1


def list_drafts(
    conn: Connection, actor: Actor, task_id: int, annotation_id: int | None = None
) -> list[dict[str, Any]]:
    """The caller's drafts on a task, or on one of its annotations."""
    _task(conn, actor, task_id, annotation_id)
    rows = list(queries.drafts_of_tasks(conn, [task_id], user_id=actor.user_id, annotation_id=annotation_id))
    return _dicts(conn, rows)


def get_draft(conn: Connection, actor: Actor, draft_id: int) -> dict[str, Any]:
    """One of the caller's drafts. NotFound for another user's."""
    return _dicts(conn, [_own(conn, actor, draft_id)])[0]


def drafts_for_tasks(
    conn: Connection, actor: Actor | None, ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """The caller's drafts on tasks, by id: task id → list; everybody's without a caller (exports)."""
    found: dict[int, list[dict[str, Any]]] = {}
    rows = list(queries.drafts_of_tasks(conn, ids, user_id=actor.user_id if actor else None))
    for shown in _dicts(conn, rows):
        found.setdefault(shown["task"], []).append(shown)
    return found


def create_draft(
    conn: Connection, actor: Actor, task_id: int, given: Mapping[str, Any], annotation_id: int | None = None
) -> dict[str, Any]:
    """Save a draft on a task, or on one of its annotations.

    `given`: `result` (checked JSON text or None), lead_time, was_postponed. A postponed draft gives the task back: the
    caller gets it again when nothing else is left.
    """
    task = _task(conn, actor, task_id, annotation_id)
    postponed = bool(given.get("was_postponed"))
    if postponed:
        task = queries.lock_task(conn, actor, task_id) or task
    shown = add_draft(
        conn,
        actor,
        task,
        result=given.get("result") or "[]",
        lead_time=given.get("lead_time"),
        was_postponed=postponed,
        annotation_id=annotation_id,
    )
    if postponed and queue.drop_lease(conn, task.id, actor.user_id):
        queue.settle(conn, task)
    return shown


def add_draft(
    conn: Connection, actor: Actor, task: AnyRow, *, result: str, lead_time: float | None,
    was_postponed: bool = False, annotation_id: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Insert a draft of the caller and nothing else."""
    now = now_us()
    values = {
        "task_id": task.id,
        "project_id": task.project_id,
        "user_id": actor.user_id,
        "annotation_id": annotation_id,
        "result": result,
        "lead_time": lead_time,
        "was_postponed": was_postponed,
        "created_at": now,
        "updated_at": now,
    }
    return _dicts(conn, [queries.insert_draft(conn, values)])[0]


def take_over(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert drafts as they were elsewhere: columns of the table, with free ids where they have any."""
    for values in rows:
        queries.insert_draft(conn, values)


def update_draft(conn: Connection, actor: Actor, draft_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change the fields given of one of the caller's drafts."""
    row = _own(conn, actor, draft_id)
    values = {name: given[name] for name in ("lead_time",) if name in given}
    if "result" in given:
        values["result"] = given["result"] or "[]"
    postponed = given.get("was_postponed")
    if postponed is not None and postponed != row.was_postponed:
        values["was_postponed"] = postponed
    task = queries.lock_task(conn, actor, row.task_id) if "was_postponed" in values else None
    after = queries.update_draft(conn, row.id, values | {"updated_at": now_us()})
    if task is not None:
        _postponement_changed(conn, actor, task, postponed=after.was_postponed)
    return _dicts(conn, [after])[0]


def delete_draft(conn: Connection, actor: Actor, draft_id: int) -> None:
    """Delete one of the caller's drafts."""
    row = _own(conn, actor, draft_id)
    task = queries.lock_task(conn, actor, row.task_id) if row.was_postponed else None
    queries.delete_draft(conn, row.id)
    if task is not None:
        _postponement_changed(conn, actor, task, postponed=False)


def _postponement_changed(conn: Connection, actor: Actor, task: AnyRow, *, postponed: bool) -> None:
    if postponed:
        queue.drop_lease(conn, task.id, actor.user_id)
        queue.settle(conn, task)
    else:
        queue.settle(conn, task, open_to=actor.user_id)


def _task(conn: Connection, actor: Actor, task_id: int, annotation_id: int | None) -> AnyRow:
    task = queries.task_row(conn, actor, task_id) if task_id <= _MAX_ID else None
    if task is None:
        raise NotFound(f"No task with id {task_id}.")
    if annotation_id is not None and (
        annotation_id > _MAX_ID or not queries.is_on_task(conn, queries.annotation, annotation_id, task_id)
    ):
        raise NotFound(f"Task {task_id} has no annotation with id {annotation_id}.")
    return task


def _own(conn: Connection, actor: Actor, draft_id: int) -> AnyRow:
    row = queries.draft_row(conn, actor, draft_id) if draft_id <= _MAX_ID else None
    if row is None or row.user_id != actor.user_id:
        raise NotFound(f"No draft of yours with id {draft_id}.")
    return row


def _dicts(conn: Connection, rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    if not rows:
        return []
    refs = users.user_refs(conn, {row.user_id for row in rows})
    now = now_us()
    return [draft_dict(row, refs, now) for row in rows]
