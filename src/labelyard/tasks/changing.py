"""New data for many tasks at once, as imports bring it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.dedupe import service as dedupe
from labelyard.dedupe.service import Change
from labelyard.indexes import service as indexes
from labelyard.kit.clock import now_us
from labelyard.projects import service as projects
from labelyard.tasks import queries
from labelyard.tasks.service import data_keys


@dataclass(frozen=True, slots=True)
class NewData:
    """JSON text of a task's new data, and of its new meta unless that stays."""

    data: str
    meta: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What a task was: JSON texts. `changed_at` is the `updated_at` it has now."""

    task_id: int
    data: str
    meta: str
    changed_at: int


def existing_ids(conn: Connection, project_id: int, ids: Collection[int]) -> set[int]:
    """Which of these are ids of tasks of the project."""
    return set(queries.existing(conn, project_id, ids))


def hold_tasks(conn: Connection, project_id: int, ids: Collection[int]) -> set[int]:
    """`existing_ids`, which nobody can delete until the transaction ends."""
    return {row.id for row in queries.lock_many(conn, project_id, ids)}


def texts_of(conn: Connection, project_id: int, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Task id → JSON text of data and meta, of the project's tasks."""
    return {row.id: (row.data, row.meta) for row in queries.by_ids(conn, project_id, ids)}


def change_data(
    conn: Connection, project_row: Row[Any], actor_id: int | None, changes: Mapping[int, NewData]
) -> list[Before]:
    """Change tasks (task id → what is new) of a project; what those were that are different now.

    Annotations, predictions and drafts stay. The data was checked by the caller, who holds the project's dedupe specs.
    """
    now, before, rows = now_us(), [], []
    columns: Counter[str] = Counter()
    keys: list[Change] = []
    indexes.hold(conn, project_row.id)
    for row in queries.lock_many(conn, project_row.id, list(changes)):
        new = changes[row.id]
        meta = row.meta if new.meta is None else new.meta
        if (new.data, meta) == (row.data, row.meta):
            continue
        before.append(Before(row.id, row.data, row.meta, now))
        rows.append(
            {"of_task": row.id, "new_data": new.data, "new_meta": meta, "new_updated_at": now, "new_updated_by": actor_id}
        )  # fmt: skip
        if new.data != row.data:
            columns.update(data_keys(new.data))
            columns.subtract(data_keys(row.data))
            keys.append(Change(row.id, row.inner_id, row.data, new.data))
    queries.change_data(conn, rows)
    projects.add_data_columns(conn, project_row.id, columns)
    if keys:
        dedupe.changed(conn, project_row.id, keys)
        indexes.changed(
            conn,
            project_row.id,
            [indexes.Change(key.task_id, key.inner_id, key.before, key.after) for key in keys],
        )
    return before


def change_back(
    conn: Connection, project_row: Row[Any], actor_id: int | None, before: Sequence[Before]
) -> set[int]:
    """Give tasks what they were, but for those that were changed since; the ids of those that are it again."""
    dedupe.hold_all(conn, project_row.id)
    stamps = {
        row.id: row.updated_at for row in queries.lock_many(conn, project_row.id, [b.task_id for b in before])
    }
    changes = {
        each.task_id: NewData(each.data, each.meta)
        for each in before
        if stamps.get(each.task_id) == each.changed_at
    }
    change_data(conn, project_row, actor_id, changes)
    return set(changes)
