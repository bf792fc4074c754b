"""All SQL about organizations and their members."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import membership, organization


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


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    statement = sa.insert(organization).values(**values).returning(organization.c.id)
    return int(conn.execute(statement).scalar_one())


def update(conn: Connection, organization_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(organization).where(organization.c.id == organization_id).values(**values))


def lock_accounts(conn: Connection) -> None:
    """One account-making transaction at a time, so that there is only one first user. SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('labelyard first account'))"))
