"""All SQL of storages, of what was read from them and of what is to be written to them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import annotation, project, storage, storage_link, storage_outbox
from labelyard.kit.db.dialect import insert_rows
from labelyard.kit.db.prepared import Prepared

SOURCE, TARGET = "source", "target"
MAX_COUNTED = 10_000
_SEEN = sa.select(storage, MEMBER_ROLE).join(project, project.c.id == storage.c.project_id).where(VISIBLE)


def by_id(conn: Connection, actor: Actor, storage_id: int) -> Row[Any] | None:
    """A storage of a project that the caller sees, with the caller's `member_role`."""
    return conn.execute(_SEEN.where(storage.c.id == storage_id), binds(actor)).first()


def any_by_id(conn: Connection, storage_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(storage).where(storage.c.id == storage_id)).first()


def of_project(
    conn: Connection, project_id: int, role: str, *, kind: str | None = None, dialect: str | None = None
) -> Sequence[Row[Any]]:
    """The project's storages of a role, by id."""
    statement = sa.select(storage).where(storage.c.project_id == project_id, storage.c.role == role)
    if kind is not None:
        statement = statement.where(storage.c.kind == kind)
    if dialect is not None:
        statement = statement.where(storage.c.dialect == dialect)
    return conn.execute(statement.order_by(storage.c.id)).all()


# Asked at every task that is handed out.
_ANY_SOURCE = Prepared(
    sa.select(storage.c.id)
    .where(storage.c.project_id == sa.bindparam("project"), storage.c.role == SOURCE, storage.c.active)
    .limit(1)
)


def has_source(conn: Connection, project_id: int) -> bool:
    return _ANY_SOURCE.first(conn, {"project": project_id}) is not None


def seen(
    conn: Connection, actor: Actor, role: str, *, kind: str | None = None, project_id: int | None = None
) -> Sequence[Row[Any]]:
    """Storages in use in all projects that the caller sees, or in one of them, with the caller's `member_role`."""
    wanted = _SEEN.where(storage.c.role == role, storage.c.active)
    if kind is not None:
        wanted = wanted.where(storage.c.kind == kind)
    if project_id is not None:
        wanted = wanted.where(storage.c.project_id == project_id)
    return conn.execute(wanted.order_by(storage.c.id), binds(actor)).all()


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    return int(conn.execute(sa.insert(storage).values(**values).returning(storage.c.id)).scalar_one())


def update(conn: Connection, storage_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(storage).where(storage.c.id == storage_id).values(**values))


def delete(conn: Connection, storage_id: int) -> None:
    conn.execute(sa.delete(storage).where(storage.c.id == storage_id))


# --- links --------------------------------------------------------------------------------------------------------


def known_keys(conn: Connection, storage_id: int, keys: Sequence[str]) -> set[str]:
    """Those of the keys that a task was made from."""
    wanted = sa.select(storage_link.c.key).where(
        storage_link.c.storage_id == storage_id, storage_link.c.key.in_(keys)
    )
    return set(conn.execute(wanted).scalars())


def insert_links(conn: Connection, storage_id: int, rows: Sequence[tuple[int, str, int]]) -> None:
    """(task id, key, row in the object) of each."""
    columns = ("task_id", "storage_id", "key", "row")
    insert_rows(conn, storage_link, columns, [(made, storage_id, key, row) for made, key, row in rows])


def link_count(conn: Connection, storage_id: int) -> int:
    wanted = sa.select(sa.func.count()).where(storage_link.c.storage_id == storage_id)
    return int(conn.execute(wanted).scalar_one())


def links_of(conn: Connection, task_ids: Collection[int]) -> dict[int, str]:
    """Task id → the key of the object that the task was made from."""
    wanted = sa.select(storage_link.c.task_id, storage_link.c.key).where(storage_link.c.task_id.in_(task_ids))
    return {row.task_id: row.key for row in conn.execute(wanted)}


# --- what is to be written ----------------------------------------------------------------------------------------


_WITH_DUE = sa.select(storage.c.id).where(
    storage.c.role == TARGET,
    storage.c.active,
    storage.c.paused_until <= sa.bindparam("now"),
    sa.select(storage_outbox.c.id).where(storage_outbox.c.storage_id == storage.c.id).exists(),
)


def targets_with_due(conn: Connection, now: int) -> list[int]:
    """Targets that have something to write now. One probe of an index for each target."""
    return list(conn.execute(_WITH_DUE, {"now": now}).scalars())


def is_due(conn: Connection, storage_id: int, now: int) -> bool:
    """Whether this is a target that has something to write now."""
    return conn.execute(_WITH_DUE.where(storage.c.id == storage_id), {"now": now}).first() is not None


def waiting_counts(conn: Connection, storage_ids: Collection[int]) -> dict[int, int]:
    """Target → how many changes wait to be written there, counted up to `MAX_COUNTED`."""
    found = {}
    for each in storage_ids:
        some = sa.select(storage_outbox.c.id).where(storage_outbox.c.storage_id == each).limit(MAX_COUNTED)
        found[each] = int(conn.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())
    return found


def due(conn: Connection, storage_id: int, limit: int) -> Sequence[Row[Any]]:
    wanted = sa.select(storage_outbox).where(storage_outbox.c.storage_id == storage_id)
    return conn.execute(wanted.order_by(storage_outbox.c.id).limit(limit)).all()


def written(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(sa.delete(storage_outbox).where(storage_outbox.c.id.in_(ids)))


def note_all(conn: Connection, storage_id: int, project_id: int, after: int, limit: int) -> int | None:
    """Let the next `limit` annotations of the project above the id `after` be written; the last of them."""
    found = conn.execute(
        sa.select(annotation.c.id, annotation.c.task_id)
        .where(annotation.c.project_id == project_id, annotation.c.id > after)
        .order_by(annotation.c.id)
        .limit(limit)
    ).all()
    rows = [(storage_id, row.task_id, row.id) for row in found]
    insert_rows(conn, storage_outbox, ("storage_id", "task_id", "annotation_id"), rows)
    return int(found[-1].id) if found else None
