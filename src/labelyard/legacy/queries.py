"""What only the 0.x dialect asks the store: tasks by when they were completed, and which tasks have completions."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.elements import ColumnElement

from labelyard.db.schema import annotation, task

_CANCELLED = sa.func.sum(sa.case((annotation.c.was_cancelled, 1), else_=0))
_LATEST = sa.func.max(annotation.c.created_at)


def completed(conn: Connection, project_id: int, order: str, offset: int, limit: int) -> Sequence[int]:
    """Ids of tasks with a completion, by when the last one was made (`completed_at`), or by how many are skipped.

    `-` in front reverses. It costs a walk over the project's annotations.
    """
    keys: list[ColumnElement[int]] = [_LATEST]
    if order.endswith("has_cancelled_completions"):
        keys.insert(0, _CANCELLED)
    ordered = [key.desc() if order.startswith("-") else key for key in keys]
    query = (
        sa.select(annotation.c.task_id)
        .where(annotation.c.project_id == project_id)
        .group_by(annotation.c.task_id)
        .order_by(*ordered, annotation.c.task_id)
        .offset(offset)
        .limit(limit)
    )
    return conn.scalars(query).all()


def completed_count(conn: Connection, project_id: int) -> int:
    """How many tasks have a completion, skipped ones included."""
    query = sa.select(sa.func.count(annotation.c.task_id.distinct())).where(
        annotation.c.project_id == project_id
    )
    return int(conn.execute(query).scalar_one())


def only_skipped_count(conn: Connection, project_id: int) -> int:
    """How many tasks have skipped completions and no other."""
    query = (
        sa.select(sa.func.count(annotation.c.task_id.distinct()))
        .join(task, task.c.id == annotation.c.task_id)
        .where(
            annotation.c.project_id == project_id, annotation.c.was_cancelled, task.c.total_annotations == 0
        )
    )
    return int(conn.execute(query).scalar_one())


def untouched(conn: Connection, project_id: int, offset: int, limit: int) -> Sequence[int]:
    """Ids of tasks without a completion, by id."""
    query = (
        sa.select(task.c.id)
        .where(
            task.c.project_id == project_id, task.c.total_annotations == 0, task.c.cancelled_annotations == 0
        )
        .order_by(task.c.inner_id)
        .offset(offset)
        .limit(limit)
    )
    return conn.scalars(query).all()


def completed_ids(conn: Connection, project_id: int) -> Sequence[int]:
    """Ids of all tasks with a completion, ascending."""
    query = (
        sa.select(annotation.c.task_id)
        .where(annotation.c.project_id == project_id)
        .distinct()
        .order_by(annotation.c.task_id)
    )
    return conn.scalars(query).all()


def task_ids(conn: Connection, project_id: int) -> Sequence[int]:
    """Ids of all tasks, ascending."""
    return conn.scalars(sa.select(task.c.id).where(task.c.project_id == project_id).order_by(task.c.id)).all()
