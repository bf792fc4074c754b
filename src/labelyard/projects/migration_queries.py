"""All SQL of migrations: changes of label configs that take the results along."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import annotation, config_migration, prediction
from labelyard.db.schema import config_migration_change as change
from labelyard.kit.db.dialect import insert_rows, without_index

RUNNING = ("in_progress", "undoing")


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    key = conn.execute(config_migration.insert().values(**values)).inserted_primary_key
    return int(key[0])  # type: ignore[index]


def update(conn: Connection, migration_id: int, **values: Any) -> None:
    conn.execute(config_migration.update().where(config_migration.c.id == migration_id).values(**values))


def one(conn: Connection, migration_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(config_migration).where(config_migration.c.id == migration_id)).first()


def of_project(conn: Connection, project_id: int, limit: int) -> Sequence[Row[Any]]:
    """The project's migrations, newest first."""
    query = sa.select(config_migration).where(config_migration.c.project_id == project_id)
    return conn.execute(query.order_by(config_migration.c.id.desc()).limit(limit)).all()


def later_in_force(conn: Connection, project_id: int, migration_id: int) -> int | None:
    """The id of the newest later migration of the project that is not undone."""
    query = sa.select(config_migration.c.id).where(
        config_migration.c.project_id == project_id,
        config_migration.c.id > migration_id,
        config_migration.c.status != "undone",
    )
    found: int | None = conn.execute(query.order_by(config_migration.c.id.desc()).limit(1)).scalar()
    return found


def running(conn: Connection, project_id: int) -> int | None:
    """The id of the project's migration that is being done or undone."""
    query = sa.select(config_migration.c.id).where(
        config_migration.c.project_id == project_id, config_migration.c.status.in_(RUNNING)
    )
    found: int | None = conn.execute(query.limit(1)).scalar()
    return found


def add_changes(conn: Connection, migration_id: int, kind: str, changes: Sequence[Sequence[Any]]) -> None:
    """Remember `(row id, result before, mark)` of rows that were changed."""
    columns = ("migration_id", "kind", "row_id", "before", "mark")
    insert_rows(conn, change, columns, [(migration_id, kind, *each) for each in changes])


def changes_after(
    conn: Connection, migration_id: int, kind: str, after: int, limit: int
) -> Sequence[Row[Any]]:
    """`(row_id, before, mark)` of a migration's changes of a kind, by row."""
    query: sa.Select[Any] = sa.select(change.c.row_id, change.c.before, change.c.mark).where(
        change.c.migration_id == migration_id, change.c.kind == kind, change.c.row_id > after
    )
    return conn.execute(query.order_by(change.c.row_id).limit(limit)).all()


def annotations_after(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """`(id, task_id, result)` of annotations with an id above `after`, by id."""
    query: sa.Select[Any] = sa.select(annotation.c.id, annotation.c.task_id, annotation.c.result).where(
        annotation.c.project_id == project_id, annotation.c.id > after
    )
    return conn.execute(query.order_by(annotation.c.id).limit(limit)).all()


def predictions_after(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """`(id, result)` of predictions with an id above `after`, by id."""
    query: sa.Select[Any] = sa.select(prediction.c.id, prediction.c.result).where(
        without_index(prediction.c.project_id) == project_id, prediction.c.id > after
    )
    return conn.execute(query.order_by(prediction.c.id).limit(limit)).all()


def made_since(
    conn: Connection, project_id: int, migration_id: int, after: int, limit: int
) -> Sequence[Row[Any]]:
    """`(id, result, before)` of annotations that were made or changed since a migration, by id. `before`: what those that
    it changed said before it, None of the others."""
    same = sa.and_(
        change.c.migration_id == migration_id,
        change.c.kind == "annotations",
        change.c.row_id == annotation.c.id,
    )
    query: sa.Select[Any] = (
        sa.select(annotation.c.id, annotation.c.result, change.c.before)
        .select_from(annotation.outerjoin(change, same))
        .where(
            annotation.c.project_id == project_id,
            annotation.c.id > after,
            change.c.mark.is_distinct_from(annotation.c.version),
        )
    )
    return conn.execute(query.order_by(annotation.c.id).limit(limit)).all()
