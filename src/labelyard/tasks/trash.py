"""Deleted tasks that can be brought back: kept for a while with everything on them, then gone for good.

A deletion is what one person deleted at once. Its tasks come back with their ids and those of their annotations,
predictions and drafts; counters, indexes, keys and the queue follow in the same transaction.
"""

from collections import Counter
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.dedupe import service as dedupe
from labelyard.indexes import service as indexes
from labelyard.kit.clock import DAY, iso, now_us
from labelyard.kit.errors import NotFound
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.tasks import trash_queries as queries
from labelyard.tasks.making import data_keys
from labelyard.users import service as users
from labelyard.webhooks import outbox

LISTED = 100
_MAX_ID = 2**63 - 1
_PERSON = ("id", "first_name", "last_name", "email", "avatar")


def begin(conn: Connection, actor: Actor, project_id: int) -> int:
    """A deletion for `tasks.service.delete_rows` to fill; its id. For those who may delete tasks."""
    projects.get(conn, actor, project_id, "tasks.delete")
    return queries.begin(conn, project_id, actor.user_id, now_us())


def listed(conn: Connection, actor: Actor, project_id: int, days: int) -> list[dict[str, Any]]:
    """The project's newest deletions that can be undone, newest first."""
    projects.get(conn, actor, project_id, "tasks.delete")
    rows = queries.of_project(conn, project_id, now_us() - days * DAY, LISTED)
    refs = users.user_refs(conn, {row.user_id for row in rows if row.user_id is not None})
    return [_shown(row, refs, days) for row in rows]


def _shown(row: Row[Any], refs: dict[int, dict[str, Any]], days: int) -> dict[str, Any]:
    ref = refs.get(row.user_id)
    return {
        "id": row.id,
        "project": row.project_id,
        "tasks": row.tasks,
        "created_at": iso(row.created_at),
        "created_by": {name: ref[name] for name in _PERSON} if ref else None,
        "kept_until": iso(row.created_at + days * DAY),
    }


def check(conn: Connection, actor: Actor, project_id: int, deletion_id: int) -> Row[Any]:
    """A deletion of a project, for those who may delete tasks there. NotFound for one that is gone."""
    projects.get(conn, actor, project_id, "tasks.delete")
    found = queries.one(conn, deletion_id, lock=True) if 0 < deletion_id <= _MAX_ID else None
    if found is None or found.project_id != project_id:
        raise NotFound(f"Project {project_id} has no deletion with id {deletion_id} any more.")
    return found


def bring_back_next(
    conn: Connection, actor: Actor, project_row: Row[Any], deletion_id: int, limit: int
) -> int:
    """Bring back the next tasks of a deletion; how many. Where there are none, the deletion ends."""
    project_id = project_row.id
    if queries.one(conn, deletion_id, lock=True) is None:
        return 0
    dedupe.hold_all(conn, project_id)
    indexes.hold(conn, project_id)
    rows = queries.tasks(conn, deletion_id, limit)
    if not rows:
        queries.end(conn, deletion_id)
        return 0
    ids = [row.id for row in rows]
    queries.bring_back(conn, deletion_id, ids)
    saved, ground_truth = annotations.back_with_tasks(conn, actor, project_id, ids)
    projects.bump_counts(
        conn,
        project_id,
        tasks=len(rows),
        finished=sum(row.is_labeled for row in rows),
        annotated=sum(row.total_annotations > 0 for row in rows),
        annotations=sum(row.total_annotations for row in rows),
        cancelled=sum(row.cancelled_annotations for row in rows),
        ground_truth=ground_truth,
        predictions=sum(row.total_predictions for row in rows),
        data_changes=1,  # what was remembered of lists is not
    )
    projects.add_data_columns(
        conn, project_id, Counter(chain.from_iterable(data_keys(row.data) for row in rows))
    )
    indexes.returned(conn, project_id, rows)
    dedupe.returned(conn, project_id, rows)
    # Leases ended with the tasks, and settings may have changed since.
    queue.settle_many(conn, project_id, ids)
    queue.restart_walks(conn, project_id)
    outbox.note(conn, project_id, "TASKS_CREATED", ids)
    if saved:
        outbox.note(conn, project_id, "ANNOTATIONS_CREATED", saved)
    return len(rows)


def forget_next(conn: Connection, deletion_id: int, limit: int) -> int:
    """Drop what is kept of the next tasks of a deletion; how many. Where there are none, the deletion ends."""
    rows = queries.tasks(conn, deletion_id, limit)
    if rows:
        queries.forget(conn, deletion_id, [row.id for row in rows])
    else:
        queries.end(conn, deletion_id)
    return len(rows)


def over(conn: Connection, days: int) -> int | None:
    """The id of a deletion that is kept no longer."""
    return queries.older(conn, now_us() - days * DAY)
