"""Annotations by the thousand: what imports bring and what batch actions delete."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.queries import AnyRow
from labelyard.annotations.results import item_count
from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.kit.db.dialect import reserve_ids
from labelyard.projects import service as projects
from labelyard.queue import service as queue

_COLUMNS = (
    "id", "task_id", "project_id", "completed_by", "updated_by", "result", "result_count", "was_cancelled",
    "ground_truth", "lead_time", "unique_id", "import_id", "parent_prediction", "draft_created_at", "version",
    "bulk_created", "created_at", "updated_at",
)  # fmt: skip
_EVENT_COLUMNS = ("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at")


@dataclass(slots=True)
class NewAnnotation:
    """An annotation to import. `result` is checked JSON text of a list; times are microseconds since the epoch.

    `import_id` is the id it had where it came from. A `unique_id` that is taken (or is no UUID) is left out.
    """

    result: str
    completed_by: int | None = None
    was_cancelled: bool = False
    ground_truth: bool = False
    lead_time: float | None = None
    created_at: int | None = None
    updated_at: int | None = None
    unique_id: str | None = None
    import_id: int | None = None
    parent_prediction: int | None = None
    draft_created_at: int | None = None
    updated_by: int | None = None


def insert_imported(
    conn: Connection,
    project_row: AnyRow,
    rows: Sequence[tuple[int, NewAnnotation]],
    *,
    actor_id: int | None = None,
) -> range:
    """Insert annotations `(task id, annotation)` of a project's tasks with their events; their ids.

    Counters of tasks and project and the tasks' slots follow. The caller has checked results and people.
    """
    if not rows:
        return range(0)
    now = now_us()
    task_ids = sorted({task_id for task_id, _ in rows})
    queries.lock_tasks(conn, task_ids)
    ids = reserve_ids(conn, schema.annotation, len(rows))
    unique_ids = _usable_unique_ids(conn, [new.unique_id for _, new in rows])
    queries.insert_many(conn, _COLUMNS, _rows(ids, rows, unique_ids, project_row.id, now))
    queries.append_events(conn, _EVENT_COLUMNS, _events(ids, rows, project_row.id, actor_id, now))
    _recount(conn, project_row.id, task_ids, ground_truth=sum(new.ground_truth for _, new in rows))
    return ids


def _rows(
    ids: range,
    rows: Sequence[tuple[int, NewAnnotation]],
    unique_ids: Sequence[str | None],
    project_id: int,
    now: int,
) -> Iterator[tuple[Any, ...]]:
    for annotation_id, (task_id, new), unique_id in zip(ids, rows, unique_ids, strict=True):
        created = now if new.created_at is None else new.created_at
        yield (
            annotation_id, task_id, project_id, new.completed_by, new.updated_by, new.result, item_count(new.result),
            new.was_cancelled, new.ground_truth, new.lead_time, unique_id, new.import_id, new.parent_prediction,
            new.draft_created_at, 1, False, created, created if new.updated_at is None else new.updated_at,
        )  # fmt: skip


def _events(
    ids: range, rows: Sequence[tuple[int, NewAnnotation]], project_id: int, actor_id: int | None, now: int
) -> Iterator[tuple[Any, ...]]:
    encode = msgspec.json.Encoder().encode
    for annotation_id, (task_id, new) in zip(ids, rows, strict=True):
        fields = encode(
            {
                "was_cancelled": new.was_cancelled,
                "ground_truth": new.ground_truth,
                "lead_time": new.lead_time,
                "completed_by": new.completed_by,
            }
        )
        yield (annotation_id, task_id, project_id, actor_id, "imported", new.result, fields.decode(), now)


def _usable_unique_ids(conn: Connection, wanted: Sequence[str | None]) -> list[str | None]:
    found = [_uuid(each) for each in wanted]
    given = [each for each in found if each is not None]
    if not given:
        return found
    taken = queries.known_unique_ids(conn, given)
    usable: list[str | None] = []
    for each in found:
        usable.append(None if each in taken else each)
        if each is not None:
            taken.add(each)
    return usable


def _uuid(value: str | None) -> str | None:
    try:
        return str(UUID(value)) if value else None
    except (ValueError, AttributeError, TypeError):
        return None


def delete_for_tasks(conn: Connection, actor: Actor, project_row: AnyRow, task_ids: Sequence[int]) -> int:
    """Delete all annotations of tasks of a project; how many. Call it in batches of at most a few thousand tasks."""
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
