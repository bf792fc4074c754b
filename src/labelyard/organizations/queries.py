"""All SQL about organizations and their members."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import annotation, membership, organization, project


def get(conn: Connection, organization_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(organization).where(organization.c.id == organization_id)).first()


def first(conn: Connection) -> Row[Any] | None:
    return conn.execute(sa.select(organization).order_by(organization.c.id).limit(1)).first()


def by_invite(conn: Connection, token: str) -> Row[Any] | None:
    return conn.execute(sa.select(organization).where(organization.c.invite_token == token)).first()


def list_of(conn: Connection, user_id: int) -> Sequence[Row[Any]]:
    statement = (
        sa.select(organization)
        .join(membership, membership.c.organization_id == organization.c.id)
        .where(membership.c.user_id == user_id)
        .order_by(organization.c.id)
    )
    return conn.execute(statement).all()


def member_ids(conn: Connection, organization_id: int) -> list[int]:
    statement = sa.select(membership.c.user_id).where(membership.c.organization_id == organization_id)
    return list(conn.execute(statement.order_by(membership.c.user_id)).scalars())


def overview(conn: Connection) -> Sequence[Row[Any]]:
    """`(id, title, members, projects)` of all organizations, by id."""
    members = sa.select(sa.func.count()).where(membership.c.organization_id == organization.c.id)
    projects = sa.select(sa.func.count()).where(project.c.organization_id == organization.c.id)
    statement: sa.Select[Any] = sa.select(
        organization.c.id,
        organization.c.title,
        members.scalar_subquery().label("members"),
        projects.scalar_subquery().label("projects"),
    )
    return conn.execute(statement.order_by(organization.c.id)).all()


def role_of(conn: Connection, organization_id: int, user_id: int) -> str | None:
    row = member(conn, organization_id, user_id)
    return None if row is None else str(row.role)


def member(conn: Connection, organization_id: int, user_id: int) -> Row[Any] | None:
    statement = sa.select(membership).where(
        membership.c.organization_id == organization_id, membership.c.user_id == user_id
    )
    return conn.execute(statement).first()


def members(conn: Connection, organization_id: int, offset: int, limit: int | None) -> Sequence[Row[Any]]:
    """Memberships by user id."""
    statement = (
        sa.select(membership)
        .where(membership.c.organization_id == organization_id)
        .order_by(membership.c.user_id)
        .offset(offset)
    )
    return conn.execute(statement if limit is None else statement.limit(limit)).all()


def count_members(conn: Connection, organization_id: int) -> int:
    statement = sa.select(sa.func.count()).where(membership.c.organization_id == organization_id)
    return int(conn.execute(statement).scalar_one())


def count_owners(conn: Connection, organization_id: int) -> int:
    statement = sa.select(sa.func.count()).where(
        membership.c.organization_id == organization_id, membership.c.role == "owner"
    )
    return int(conn.execute(statement).scalar_one())


def set_role(conn: Connection, organization_id: int, user_id: int, role: str) -> None:
    conn.execute(
        sa.update(membership)
        .where(membership.c.organization_id == organization_id, membership.c.user_id == user_id)
        .values(role=role)
    )


def created_projects(conn: Connection, actor: Actor, users: Collection[int]) -> dict[int, list[Row[Any]]]:
    """User → `(id, title)` of the projects they made that exist for the caller."""
    statement: sa.Select[Any] = (
        sa.select(project.c.id, project.c.title, project.c.created_by.label("user_id"))
        .where(VISIBLE, project.c.created_by.in_(users))
        .order_by(project.c.id)
    )
    return _by_user(conn.execute(statement, binds(actor)))


def worked_projects(conn: Connection, actor: Actor, users: Collection[int]) -> dict[int, list[Row[Any]]]:
    """User → `(id, title, annotations)` of the projects they annotated in that exist for the caller.

    Reads the index of annotations by project, so it is for a page that people look at, not for a loop.
    """
    made = (
        sa.select(
            annotation.c.project_id,
            annotation.c.completed_by.label("user_id"),
            sa.func.count().label("annotations"),
        )
        .where(annotation.c.completed_by.in_(users))
        .group_by(annotation.c.project_id, annotation.c.completed_by)
        .subquery()
    )
    statement: sa.Select[Any] = (
        sa.select(project.c.id, project.c.title, made.c.user_id, made.c.annotations)
        .join(made, made.c.project_id == project.c.id)
        .where(VISIBLE)
        .order_by(project.c.id)
    )
    return _by_user(conn.execute(statement, binds(actor)))


def _by_user(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(row)
    return found


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    statement = sa.insert(organization).values(**values).returning(organization.c.id)
    return int(conn.execute(statement).scalar_one())


def update(conn: Connection, organization_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(organization).where(organization.c.id == organization_id).values(**values))


def lock_accounts(conn: Connection) -> None:
    """One account-making transaction at a time, so that there is only one first user. SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('labelyard first account'))"))
