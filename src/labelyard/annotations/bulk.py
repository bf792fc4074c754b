"""Annotations by the thousand: what batch actions make and delete."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.queries import AnyRow
from labelyard.kit.clock import now_us
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.storages import outbox as storage_outbox
from labelyard.webhooks import outbox

# All that a deletion writes down, so that it can be taken back.
STATE = (
    "was_cancelled", "ground_truth", "lead_time", "completed_by", "parent_prediction", "parent_annotation",
    "unique_id", "import_id", "last_action", "bulk_created", "draft_created_at", "updated_by", "created_at",
    "updated_at",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode
_EVENT_COLUMNS = ("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at")


def create_from_predictions(
    conn: Connection,
    actor: Actor,
    project_row: AnyRow,
    task_ids: Sequence[int],
    model_versions: Sequence[str] | None,
) -> int:
    """Make annotations of the caller out of predictions of tasks (of these versions, None: of all); how many.

    A prediction that an annotation was made from already is passed over. Batches of at most a few thousand tasks.
    """
    now, made = now_us(), 0
    for part in queries.chunks(sorted(set(task_ids))):
        queries.lock_tasks(conn, part)
        rows = queries.insert_from_predictions(conn, part, model_versions, actor.user_id, now)
        queries.append_events(conn, _EVENT_COLUMNS, [_made_event(row, actor, now) for row in rows])
        if rows:
            _recount(conn, project_row.id, part, ground_truth=0)
            storage_outbox.note(conn, project_row.id, [(row.task_id, row.id) for row in rows])
            outbox.note(conn, project_row.id, "ANNOTATIONS_CREATED", [row.id for row in rows])
        made += len(rows)
    return made


def _made_event(row: AnyRow, actor: Actor, now: int) -> tuple[Any, ...]:
    fields = msgspec.json.encode(
        {"completed_by": row.completed_by, "parent_prediction": row.parent_prediction}
    ).decode()
    return (row.id, row.task_id, row.project_id, actor.user_id, "created", row.result, fields, now)


def delete_for_tasks(
    conn: Connection,
    actor: Actor,
    project_row: AnyRow,
    task_ids: Sequence[int],
    *,
    completed_by: int | None = None,
) -> int:
    """Delete all annotations of tasks of a project, or one person's; how many.

    Call it in batches of at most a few thousand tasks.
    """
    ids = sorted(set(task_ids))
    deleted = 0
    for part in queries.chunks(ids):
        queries.lock_tasks(conn, part)
        rows = _delete(conn, actor, project_row.id, part, completed_by)
        _recount(conn, project_row.id, part, ground_truth=-sum(row.ground_truth for row in rows))
        deleted += len(rows)
        if rows:
            gone = [{"id": row.id, "task": row.task_id} for row in rows]
            outbox.note(conn, project_row.id, "ANNOTATIONS_DELETED", gone)
    if deleted:
        queue.restart_walks(conn, project_row.id)
    return deleted


def delete_with_tasks(conn: Connection, actor: Actor, project_id: int, task_ids: Sequence[int]) -> int:
    """Delete the annotations of tasks that the caller holds and deletes next; how many were ground truth.

    Their deletion is in the history as any other. Counters and walks of the project are left to the caller.
    """
    return sum(row.ground_truth for row in _delete(conn, actor, project_id, task_ids))


def back_with_tasks(
    conn: Connection, actor: Actor, project_id: int, task_ids: Sequence[int]
) -> tuple[list[int], int]:
    """Write down that the annotations of tasks came back with them; their ids, and how many are ground truth.

    Counters and walks of the project are left to the caller.
    """
    now = now_us()
    rows = queries.of_tasks_to_tell(conn, task_ids)
    events = (
        (row.id, row.task_id, project_id, actor.user_id, "restored", row.result, "{}", now) for row in rows
    )
    queries.append_events(conn, _EVENT_COLUMNS, events)
    storage_outbox.note(conn, project_id, ((row.task_id, row.id) for row in rows))
    return [row.id for row in rows], sum(row.ground_truth for row in rows)


def _delete(
    conn: Connection, actor: Actor, project_id: int, task_ids: Sequence[int], completed_by: int | None = None
) -> Sequence[AnyRow]:
    now = now_us()
    rows = queries.delete_of_tasks(conn, ("id", "task_id", "result", *STATE), task_ids, completed_by)
    events = (
        (id_, task_id, project_id, actor.user_id, "deleted", result, _state_text(state), now)
        for id_, task_id, result, *state in rows
    )
    queries.append_events(conn, _EVENT_COLUMNS, events)
    storage_outbox.note(conn, project_id, ((row.task_id, row.id) for row in rows))
    return rows


def _state_text(values: Sequence[Any]) -> str:
    return _encode(dict(zip(STATE, values, strict=True))).decode()


def state_text(row: AnyRow) -> str:
    """The JSON text of all columns of an annotation that its deletion writes down, but for the result."""
    return _state_text([getattr(row, name) for name in STATE])


def _recount(conn: Connection, project_id: int, ids: Sequence[int], *, ground_truth: int) -> None:
    counts = dict.fromkeys(("annotations", "cancelled", "annotated"), 0)
    parts = [ids] if ids[-1] - ids[0] + 1 == len(ids) else list(queries.chunks(ids))
    for part in parts:
        for name, change in queries.recount_tasks(conn, project_id, part).items():
            counts[name] += change
        queue.settle_many(conn, project_id, part)
    projects.bump_counts(conn, project_id, ground_truth=ground_truth, **counts)
