"""All SQL of visitors."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import membership, organization, project, project_counts, user, visitor


def insert(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(visitor).values(**values))


def count(conn: Connection, address: str | None = None) -> int:
    """How many visitors there are, all or those from an address."""
    query = sa.select(sa.func.count()).select_from(visitor)
    if address is not None:
        query = query.where(visitor.c.address == address)
    return int(conn.execute(query).scalar_one())


def is_visitors(conn: Connection, organization_id: int) -> bool:
    """Whether the organization is that of a visitor."""
    query = sa.select(visitor.c.organization_id).where(visitor.c.organization_id == organization_id)
    return conn.execute(query).first() is not None


def project_count(conn: Connection, organization_id: int) -> int:
    query = sa.select(sa.func.count()).where(project.c.organization_id == organization_id)
    return int(conn.execute(query).scalar_one())


def organization_of(conn: Connection, project_id: int) -> int | None:
    """The organization of a visitor's project; None for other projects, and without such a project."""
    query = (
        sa.select(project.c.organization_id)
        .join(visitor, visitor.c.organization_id == project.c.organization_id)
        .where(project.c.id == project_id)
    )
    return conn.execute(query).scalar()


def home_of(conn: Connection, user_id: int) -> int | None:
    """The organization that was made for a visitor; None for somebody else."""
    query = sa.select(visitor.c.organization_id).where(visitor.c.user_id == user_id)
    return conn.execute(query).scalar()


def gone(conn: Connection, idle_before: int, empty_before: int, limit: int) -> Sequence[Row[int, int]]:
    """Visitors (organization_id, user_id) not seen since `idle_before`, or since `empty_before` without any task."""
    tasks = (
        sa.select(sa.func.coalesce(sa.func.sum(project_counts.c.tasks), 0))
        .join(project, project.c.id == project_counts.c.project_id)
        .where(project.c.organization_id == visitor.c.organization_id)
        .scalar_subquery()
    )
    idle = user.c.last_activity < idle_before
    empty = sa.and_(user.c.last_activity < empty_before, tasks == 0)
    query = (
        sa.select(visitor.c.organization_id, visitor.c.user_id)
        .join(user, user.c.id == visitor.c.user_id)
        .where(sa.or_(idle, empty))
        .limit(limit)
    )
    return conn.execute(query).all()


def projects_of(conn: Connection, organization_id: int) -> list[int]:
    query = sa.select(project.c.id).where(project.c.organization_id == organization_id)
    return list(conn.execute(query).scalars())


def delete(conn: Connection, organization_id: int, user_id: int) -> None:
    """The visitor with account and organization; guests of the organization are back in their own."""
    home = sa.select(visitor.c.organization_id).where(visitor.c.user_id == user.c.id).scalar_subquery()
    guests = sa.and_(user.c.active_organization_id == organization_id, user.c.id != user_id)
    conn.execute(sa.update(user).where(guests).values(active_organization_id=home))
    conn.execute(sa.delete(membership).where(membership.c.organization_id == organization_id))
    conn.execute(sa.delete(visitor).where(visitor.c.organization_id == organization_id))
    conn.execute(sa.delete(user).where(user.c.id == user_id))
    conn.execute(sa.delete(organization).where(organization.c.id == organization_id))
