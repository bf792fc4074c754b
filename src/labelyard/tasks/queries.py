"""All SQL of tasks."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from labelyard.db.schema import draft, file_upload, project_counts, task
from labelyard.kit.db.columns import Column, insert_columns
from labelyard.kit.db.dialect import dialect_of, ids_in, random_positive, without_index

_CHUNK = 5_000  # ids in one IN list

_PAGE = (
    sa.select(task)
    .where(task.c.project_id == sa.bindparam("project_id"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_KEY_AT = (
    sa.select(task.c.inner_id)
    .where(task.c.project_id == sa.bindparam("project_id"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(1)
    .offset(sa.bindparam("skip", type_=sa.Integer))
)
_KEYS: sa.Select[Any] = (
    sa.select(task.c.inner_id, task.c.id)
    .where(task.c.project_id == sa.bindparam("project_id"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


def insert(conn: Connection, rows: int, columns: Mapping[str, Column]) -> None:
    insert_columns(conn, task, rows, columns)


def page_after(conn: Connection, project_id: int, after: int, size: int) -> Sequence[Row[Any]]:
    """Up to `size` tasks with an inner id above `after`, in order."""
    return conn.execute(_PAGE, {"project_id": project_id, "after": after, "size": size}).all()


def page_before(conn: Connection, project_id: int, before: int | None, size: int) -> Sequence[Row[Any]]:
    """Up to `size` tasks with an inner id below `before` (None: any), the newest first."""
    query = (
        sa.select(task).where(task.c.project_id == project_id).order_by(task.c.inner_id.desc()).limit(size)
    )
    return conn.execute(query if before is None else query.where(task.c.inner_id < before)).all()


def keys_after(conn: Connection, project_id: int, after: int, size: int) -> Sequence[Row[Any]]:
    """`(inner_id, id)` of up to `size` tasks with an inner id above `after`, from the index alone."""
    return conn.execute(_KEYS, {"project_id": project_id, "after": after, "size": size}).all()


def inner_id_at(conn: Connection, project_id: int, after: int, skip: int) -> int | None:
    """The inner id of the task `skip` places behind the first one above `after`."""
    return conn.execute(_KEY_AT, {"project_id": project_id, "after": after, "skip": skip}).scalar()


def by_ids(conn: Connection, project_id: int, ids: Collection[int]) -> list[Row[Any]]:
    """The project's tasks with these ids, by id."""
    found: list[Row[Any]] = []
    for part in _chunks(ids):
        found += conn.execute(
            sa.select(task)
            .where(without_index(task.c.project_id) == project_id, task.c.id.in_(part))
            .order_by(task.c.id)
        ).all()
    return found


def existing(conn: Connection, project_id: int, ids: Collection[int]) -> list[int]:
    """Which of these ids are tasks of the project, ascending."""
    found: list[int] = []
    for part in _chunks(ids):
        found += conn.execute(
            sa.select(task.c.id)
            .where(without_index(task.c.project_id) == project_id, task.c.id.in_(part))
            .order_by(task.c.id)
        ).scalars()
    return found


def _chunks(ids: Collection[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def update(conn: Connection, task_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(task.update().where(task.c.id == task_id).values(**values))


_CHANGE = (
    task.update()
    .where(task.c.id == sa.bindparam("of_task"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("data", "meta", "updated_at", "updated_by")})
)


def change_data(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give tasks (`of_task`) the `new_` data, meta, updated_at and updated_by."""
    if rows:
        conn.execute(_CHANGE, rows)


def lock(conn: Connection, task_id: int) -> Row[Any] | None:
    """The task's row, held until the end of the transaction."""
    return conn.execute(sa.select(task).where(task.c.id == task_id).with_for_update()).one_or_none()


def made_on(conn: Connection, project_id: int, ids: Collection[int]) -> dict[str, int]:
    """How much each deletion would take of these tasks: action → number of things."""
    total: Counter[str] = Counter()
    for part in _chunks(ids):
        row = conn.execute(
            sa.select(
                sa.func.count().label("delete_tasks"),
                sa.func.sum(task.c.total_annotations + task.c.cancelled_annotations).label(
                    "delete_tasks_annotations"
                ),
                sa.func.sum(task.c.total_predictions).label("delete_tasks_predictions"),
            ).where(without_index(task.c.project_id) == project_id, task.c.id.in_(part))
        ).one()
        total.update({name: value or 0 for name, value in row._mapping.items()})
    return total


def lock_many(
    conn: Connection, project_id: int, ids: Collection[int], columns: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    """The project's tasks with these ids, by id, held until the end of the transaction; all columns or some."""
    inside = ids_in(dialect_of(conn), task.c.id, ids)
    wanted: sa.Select[Any] = sa.select(*(task.c[name] for name in columns or task.c.keys()))
    query = wanted.where(without_index(task.c.project_id) == project_id, inside)
    return conn.execute(query.order_by(task.c.id).with_for_update()).all()


def delete(conn: Connection, ids: Collection[int]) -> None:
    conn.execute(task.delete().where(ids_in(dialect_of(conn), task.c.id, ids)))


def upload_names(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """File upload id → name."""
    if not ids:
        return {}
    rows = conn.execute(sa.select(file_upload.c.id, file_upload.c.name).where(file_upload.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


_DRAFTED = (
    sa.select(draft.c.task_id)
    .distinct()
    .where(draft.c.task_id.between(sa.bindparam("first"), sa.bindparam("last")))
)


def with_drafts(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these tasks have a draft of anybody."""
    if not ids:
        return set()
    first, last = min(ids), max(ids)
    if last - first + 1 == len(ids):  # a page of a project is mostly one run of ids, asked for in one range
        return set(conn.execute(_DRAFTED, {"first": first, "last": last}).scalars())
    return set(conn.execute(sa.select(draft.c.task_id).distinct().where(draft.c.task_id.in_(ids))).scalars())


def ids_between(conn: Connection, project_id: int, first: int, last: int) -> Sequence[int]:
    """Ids of the project's tasks with first <= inner id <= last, ascending."""
    inside = sa.and_(task.c.project_id == project_id, task.c.inner_id.between(first, last))
    return conn.execute(sa.select(task.c.id).where(inside).order_by(task.c.inner_id)).scalars().all()


def set_overlap(
    conn: Connection, project_id: int, first: int, last: int, overlap: int, percentage: int
) -> None:
    """Give the tasks with first <= inner id <= last the project's overlap."""
    conn.execute(
        task.update()
        .where(task.c.project_id == project_id, task.c.inner_id.between(first, last))
        .values(overlap=_overlap(overlap, percentage))
    )


def give_places(conn: Connection, project_id: int, first: int, last: int) -> None:
    """Give the tasks with first <= inner id <= last that have none a random place."""
    conn.execute(
        task.update()
        .where(task.c.project_id == project_id, task.c.inner_id.between(first, last), task.c.rnd == 0)
        .values(rnd=random_positive())
    )


def _overlap(overlap: int, percentage: int) -> ColumnElement[int]:
    """`service.overlap_for`, in SQL. `//` is integer division on both engines."""
    if percentage >= 100 or overlap <= 1:
        return sa.literal(overlap)
    before = ((task.c.inner_id - 1) * percentage) // 100
    return sa.case(((task.c.inner_id * percentage) // 100 > before, overlap), else_=1)


def last_inner_id(conn: Connection, project_id: int) -> int:
    query = sa.select(project_counts.c.last_inner_id).where(project_counts.c.project_id == project_id)
    return int(conn.execute(query).scalar_one())
