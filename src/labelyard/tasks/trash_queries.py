"""All SQL of deleted tasks: rows move between the tables that they lived in and those that keep them, set by set.

The tables of what hangs on tasks belong to other slices. Nobody reads them here: rows are moved as they are.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row, Table

from labelyard.db import schema
from labelyard.db.schema import deletion
from labelyard.kit.db.dialect import dialect_of, ids_in, random_positive

# What goes with a task, in the order in which it can come back, and the column that names the task.
_KEPT: Final[Sequence[tuple[Table, Table, str]]] = (
    (schema.task, schema.deleted_task, "id"),
    (schema.prediction, schema.deleted_prediction, "task_id"),
    (schema.annotation, schema.deleted_annotation, "task_id"),
    (schema.draft, schema.deleted_draft, "task_id"),
    (schema.task_key, schema.deleted_task_key, "task_id"),
    (schema.storage_link, schema.deleted_storage_link, "task_id"),
)


def _exists(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return sa.exists().where(*conditions).select_from(table)


def _still_possible(source: Table) -> list[ColumnElement[bool]]:
    """What else a kept row needs to come back: things that it refers to may be gone, its place may be taken."""
    draft, key, link = schema.deleted_draft.c, schema.deleted_task_key.c, schema.deleted_storage_link.c
    if source is schema.draft:
        inside = _exists(schema.annotation, schema.annotation.c.id == draft.annotation_id)
        return [
            _exists(schema.user, schema.user.c.id == draft.user_id),
            sa.or_(draft.annotation_id.is_(None), inside),
        ]
    if source is schema.task_key:
        return [_exists(schema.dedupe_spec, schema.dedupe_spec.c.id == key.spec_id)]
    if source is schema.storage_link:
        now = schema.storage_link.c
        taken = _exists(
            schema.storage_link, now.storage_id == link.storage_id, now.key == link.key, now.row == link.row
        )
        return [_exists(schema.storage, schema.storage.c.id == link.storage_id), ~taken]
    return []


def _column(kept: Table, name: str) -> ColumnElement[Any]:
    if kept is schema.deleted_annotation and name == "unique_id":
        taken = _exists(schema.annotation, schema.annotation.c.unique_id == kept.c.unique_id)
        return sa.case((taken, sa.null()), else_=kept.c.unique_id)
    if kept is schema.deleted_task and name == "rnd":  # the other tasks may have been given one meanwhile
        return sa.case((kept.c.rnd == 0, random_positive()), else_=kept.c.rnd)
    return kept.c[name]


def begin(conn: Connection, project_id: int, user_id: int, now: int) -> int:
    """A deletion of nothing yet; its id."""
    values = {"project_id": project_id, "user_id": user_id, "created_at": now}
    key = conn.execute(deletion.insert().values(**values)).inserted_primary_key
    return int(key[0])  # type: ignore[index]


def keep(conn: Connection, deletion_id: int, ids: Sequence[int]) -> None:
    """Copy tasks with what hangs on them, before they are deleted."""
    for source, kept, column in _KEPT:
        rows = sa.select(sa.literal(deletion_id, schema.Id).label("deletion_id"), *source.c).where(
            ids_in(dialect_of(conn), source.c[column], ids)
        )
        conn.execute(kept.insert().from_select(["deletion_id", *source.c.keys()], rows))
    conn.execute(
        deletion.update().where(deletion.c.id == deletion_id).values(tasks=deletion.c.tasks + len(ids))
    )


def one(conn: Connection, deletion_id: int, *, lock: bool = False) -> Row[Any] | None:
    query = sa.select(deletion).where(deletion.c.id == deletion_id)
    return conn.execute(query.with_for_update() if lock else query).first()


def of_project(conn: Connection, project_id: int, since: int, limit: int) -> Sequence[Row[Any]]:
    """The project's deletions that are younger than `since`, newest first."""
    query = sa.select(deletion).where(
        deletion.c.project_id == project_id, deletion.c.created_at > since, deletion.c.tasks > 0
    )
    return conn.execute(query.order_by(deletion.c.id.desc()).limit(limit)).all()


def older(conn: Connection, before: int) -> int | None:
    """The id of a deletion from before a time."""
    query = sa.select(deletion.c.id).where(deletion.c.created_at <= before).order_by(deletion.c.id)
    found: int | None = conn.execute(query.limit(1)).scalar()
    return found


def tasks(conn: Connection, deletion_id: int, limit: int) -> Sequence[Row[Any]]:
    """The next tasks of a deletion, by id."""
    kept = schema.deleted_task
    query = sa.select(kept).where(kept.c.deletion_id == deletion_id)
    return conn.execute(query.order_by(kept.c.id).limit(limit)).all()


def bring_back(conn: Connection, deletion_id: int, ids: Sequence[int]) -> None:
    """Put tasks of a deletion back with what hung on them, as they were."""
    for source, kept, column in _KEPT:
        rows = sa.select(*(_column(kept, name) for name in source.c.keys())).where(  # noqa: SIM118 - of columns
            kept.c.deletion_id == deletion_id,
            ids_in(dialect_of(conn), kept.c[column], ids),
            *_still_possible(source),
        )
        conn.execute(source.insert().from_select(source.c.keys(), rows))
    forget(conn, deletion_id, ids)


def forget(conn: Connection, deletion_id: int, ids: Sequence[int]) -> None:
    """Drop what is kept of tasks of a deletion."""
    for _, kept, column in _KEPT:
        conn.execute(
            kept.delete().where(
                kept.c.deletion_id == deletion_id, ids_in(dialect_of(conn), kept.c[column], ids)
            )
        )
    conn.execute(
        deletion.update().where(deletion.c.id == deletion_id).values(tasks=deletion.c.tasks - len(ids))
    )


def end(conn: Connection, deletion_id: int) -> None:
    conn.execute(deletion.delete().where(deletion.c.id == deletion_id))
