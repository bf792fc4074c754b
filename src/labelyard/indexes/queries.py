"""All SQL of indexes of task data."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, Table

from labelyard.db.schema import data_index, number_value, task, text_value
from labelyard.kit.db import search
from labelyard.kit.db.dialect import insert_rows, upsert

TABLES: dict[str, Table] = {"text": text_value, "number": number_value}
_COLUMNS = ("index_id", "missing", "value", "task_id")

_NEWER = (
    sa.select(task.c.id, task.c.inner_id, task.c.data)
    .where(task.c.project_id == sa.bindparam("project"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_OF_PROJECT = sa.select(data_index).where(data_index.c.project_id == sa.bindparam("project"))

Value = tuple[int, bool, Any, int]  # index, missing, value, task


def of_project(conn: Connection, project_id: int, *, lock: bool = False) -> Sequence[Row[Any]]:
    """The project's indexes by id."""
    query = _OF_PROJECT.order_by(data_index.c.id)
    return conn.execute(query.with_for_update() if lock else query, {"project": project_id}).all()


def lock_one(conn: Connection, project_id: int, kind: str, path: str) -> Row[Any] | None:
    query = _OF_PROJECT.where(data_index.c.kind == kind, data_index.c.path == path)
    return conn.execute(query.with_for_update(), {"project": project_id}).one_or_none()


def insert(conn: Connection, project_id: int, kind: str, path: str, version: int, now: int) -> None:
    """Make an index, unless the project has it."""
    values = {"project_id": project_id, "kind": kind, "path": path, "version": version, "used_at": now}
    upsert(conn, data_index, values, key=["project_id", "kind", "path"])


def advance(conn: Connection, index_id: int, inner_id: int) -> None:
    conn.execute(data_index.update().where(data_index.c.id == index_id).values(upto_inner_id=inner_id))


def touch(conn: Connection, index_id: int, now: int) -> None:
    conn.execute(data_index.update().where(data_index.c.id == index_id).values(used_at=now))


def reset(conn: Connection, index_id: int, version: int) -> None:
    """Begin an index anew; its values are gone already."""
    changes = {"upto_inner_id": 0, "version": version}
    conn.execute(data_index.update().where(data_index.c.id == index_id).values(**changes))


def delete(conn: Connection, index_id: int) -> None:
    conn.execute(data_index.delete().where(data_index.c.id == index_id))


def newer(conn: Connection, project_id: int, after: int, size: int) -> Iterator[Any]:
    """`(id, inner_id, data)` of up to `size` tasks with an inner id above `after`, in order, read as they are taken."""
    result = conn.execute(_NEWER, {"project": project_id, "after": after, "size": size})
    try:
        yield from result
    finally:
        result.close()


def is_behind(conn: Connection, project_id: int, after: int) -> bool:
    """Whether the project has a task with an inner id above `after`."""
    query = sa.select(task.c.id).where(task.c.project_id == project_id, task.c.inner_id > after).limit(1)
    return conn.execute(query).first() is not None


# --- values -------------------------------------------------------------------------------------------------------


def insert_values(conn: Connection, kind: str, rows: Iterable[Value]) -> None:
    insert_rows(conn, TABLES[kind], _COLUMNS, rows)


def delete_values(conn: Connection, kind: str, rows: Sequence[Value]) -> None:
    """Take out these very rows."""
    if not rows:
        return
    table = TABLES[kind]
    where = sa.and_(*(table.c[name] == sa.bindparam(f"of_{name}") for name in _COLUMNS))
    values = [{f"of_{name}": each for name, each in zip(_COLUMNS, row, strict=True)} for row in rows]
    conn.execute(table.delete().where(where), values)


def delete_some(conn: Connection, kind: str, index_id: int, limit: int) -> int:
    """Take out up to `limit` values of an index; how many."""
    table = TABLES[kind]
    some = (
        sa.select(table.c.missing, table.c.value, table.c.task_id)
        .where(table.c.index_id == index_id)
        .limit(limit)
    )
    rows = conn.execute(some).all()
    delete_values(conn, kind, [(index_id, row.missing, row.value, row.task_id) for row in rows])
    return len(rows)


# --- search -------------------------------------------------------------------------------------------------------


def search_table(index_id: int) -> str:
    return f"task_search_{index_id}"


def create_search(conn: Connection, index_id: int) -> None:
    search.create(conn, search_table(index_id))


def drop_search(conn: Connection, index_id: int) -> None:
    search.drop(conn, search_table(index_id))


def add_texts(conn: Connection, index_id: int, rows: Iterable[tuple[int, str]]) -> None:
    search.add(conn, search_table(index_id), rows)


def remove_texts(conn: Connection, index_id: int, task_ids: Sequence[int]) -> None:
    search.remove(conn, search_table(index_id), task_ids)
