"""Annotations by the thousand: what batch actions delete."""

from collections.abc import Sequence

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.queries import AnyRow
from labelyard.kit.clock import now_us
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.webhooks import outbox

_EVENT_COLUMNS = ("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at")


def delete_for_tasks(
    conn: Connection, actor: Actor, project_row: AnyRow, task_ids: Sequence[int], *, told: bool = True
) -> int:
    """Delete all annotations of tasks of a project; how many. Call it in batches of at most a few thousand tasks.

    Webhooks are told, unless the tasks go too.
    """
    now = now_us()
    ids = sorted(set(task_ids))
    deleted = 0
    for part in queries.chunks(ids):
        queries.lock_tasks(conn, part)
        rows = queries.delete_of_tasks(conn, part)
        queries.append_events(
            conn,
            _EVENT_COLUMNS,
            (
                (row.id, row.task_id, project_row.id, actor.user_id, "deleted", row.result, "{}", now)
                for row in rows
            ),
        )
        _recount(conn, project_row.id, part, ground_truth=-sum(row.ground_truth for row in rows))
        deleted += len(rows)
        if told and rows:
            gone = [{"id": row.id, "task": row.task_id} for row in rows]
            outbox.note(conn, project_row.id, "ANNOTATIONS_DELETED", gone)
    if deleted:
        queue.restart_walks(conn, project_row.id)
    return deleted


def tasks_deleted(conn: Connection, actor_id: int | None, project_id: int, task_ids: Sequence[int]) -> None:
    """Append the events of annotations that are about to go with their tasks; who deletes the tasks deletes them."""
    now = now_us()
    for part in queries.chunks(task_ids):
        rows = [
            (row.id, row.task_id, project_id, actor_id, "deleted", row.result, "{}", now)
            for row in queries.of_tasks(conn, part)
        ]
        queries.append_events(conn, _EVENT_COLUMNS, rows)


def _recount(conn: Connection, project_id: int, ids: Sequence[int], *, ground_truth: int) -> None:
    counts = dict.fromkeys(("annotations", "cancelled", "annotated"), 0)
    parts = [ids] if ids[-1] - ids[0] + 1 == len(ids) else list(queries.chunks(ids))
    for part in parts:
        for name, change in queries.recount_tasks(conn, project_id, part).items():
            counts[name] += change
        queue.settle_many(conn, project_id, part)
    projects.bump_counts(conn, project_id, ground_truth=ground_truth, **counts)
