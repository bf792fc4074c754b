"""All SQL of keys that tasks are known again by."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import dedupe_spec, task, task_key
from labelyard.kit.db.dialect import dialect_of, ids_in, insert_rows, upsert

_CHUNK = 5_000  # values in one IN list

_NEWER: sa.Select[Any] = (
    sa.select(task.c.id, task.c.inner_id, task.c.data)
    .where(task.c.project_id == sa.bindparam("project"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_NEWER_AT = (
    sa.select(task.c.inner_id)
    .where(task.c.project_id == sa.bindparam("project"), task.c.inner_id > sa.bindparam("after"))
    .order_by(task.c.inner_id)
    .limit(1)
    .offset(sa.bindparam("skip", type_=sa.Integer))
)
_KNOWN = (
    sa.select(task_key.c.key, sa.func.min(task_key.c.task_id))
    .where(
        task_key.c.spec_id == sa.bindparam("spec"), task_key.c.key.in_(sa.bindparam("keys", expanding=True))
    )
    .group_by(task_key.c.key)
)


def add_spec(conn: Connection, project_id: int, spec: str) -> None:
    """Make a spec of a project, unless it has it."""
    values = {"project_id": project_id, "spec": spec, "upto_inner_id": 0}
    upsert(conn, dedupe_spec, values, key=["project_id", "spec"])


def spec(conn: Connection, project_id: int, text: str, *, lock: bool = False) -> Row[Any] | None:
    query = sa.select(dedupe_spec).where(dedupe_spec.c.project_id == project_id, dedupe_spec.c.spec == text)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def lock_specs(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    """All specs of a project by id, held until the end of the transaction."""
    query = sa.select(dedupe_spec).where(dedupe_spec.c.project_id == project_id).order_by(dedupe_spec.c.id)
    return conn.execute(query.with_for_update()).all()


def advance(conn: Connection, spec_id: int, inner_id: int) -> None:
    conn.execute(dedupe_spec.update().where(dedupe_spec.c.id == spec_id).values(upto_inner_id=inner_id))


def newer(conn: Connection, project_id: int, after: int, size: int) -> Sequence[Row[Any]]:
    """`(id, inner_id, data)` of up to `size` tasks with an inner id above `after`, in order."""
    return conn.execute(_NEWER, {"project": project_id, "after": after, "size": size}).all()


def has_more_than(conn: Connection, project_id: int, after: int, number: int) -> bool:
    """Whether the project has more than `number` tasks with an inner id above `after`."""
    values = {"project": project_id, "after": after, "skip": number}
    return conn.execute(_NEWER_AT, values).scalar() is not None


def known(conn: Connection, spec_id: int, keys: Collection[bytes]) -> dict[bytes, int]:
    """Key → the oldest task that has it."""
    wanted = sorted(keys)
    found: dict[bytes, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = conn.execute(_KNOWN, {"spec": spec_id, "keys": wanted[start : start + _CHUNK]})
        found.update((bytes(key), task_id) for key, task_id in rows)
    return found


def insert_keys(conn: Connection, rows: Iterable[tuple[int, bytes, int]]) -> None:
    """`(spec id, key, task id)`."""
    insert_rows(conn, task_key, ("spec_id", "key", "task_id"), rows)


def having_keys(conn: Connection, spec_id: int, ids: Sequence[int]) -> set[int]:
    """Which of these tasks have a key of the spec."""
    query = sa.select(task_key.c.task_id).where(
        task_key.c.spec_id == spec_id, ids_in(dialect_of(conn), task_key.c.task_id, ids)
    )
    return set(conn.execute(query).scalars())


def delete_key(conn: Connection, spec_id: int, key: bytes, task_id: int) -> int:
    return conn.execute(
        task_key.delete().where(
            task_key.c.spec_id == spec_id, task_key.c.key == key, task_key.c.task_id == task_id
        )
    ).rowcount


def has_key(conn: Connection, spec_id: int, task_id: int) -> bool:
    query = sa.select(sa.exists().where(task_key.c.spec_id == spec_id, task_key.c.task_id == task_id))
    return bool(conn.execute(query).scalar_one())
