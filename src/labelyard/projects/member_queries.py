"""All SQL about the member lists of projects."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import project_member
from labelyard.kit.db.dialect import upsert


def of_project(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    """Rows of the project's member list, by user id."""
    statement = sa.select(project_member).where(project_member.c.project_id == project_id)
    return conn.execute(statement.order_by(project_member.c.user_id)).all()


def one(conn: Connection, project_id: int, user_id: int) -> Row[Any]:
    return conn.execute(sa.select(project_member).where(_is(project_id, user_id))).one()


def insert(conn: Connection, project_id: int, user_id: int, role: str, now: int) -> bool:
    """Whether the user is new in the list; nothing changes for one who is in it."""
    known = conn.execute(sa.select(project_member.c.role).where(_is(project_id, user_id))).first()
    values = {"project_id": project_id, "user_id": user_id, "role": role, "created_at": now}
    upsert(conn, project_member, values, key=["project_id", "user_id"])
    return known is None


def update(conn: Connection, project_id: int, user_id: int, role: str) -> bool:
    statement = sa.update(project_member).where(_is(project_id, user_id)).values(role=role)
    return conn.execute(statement).rowcount == 1


def delete(conn: Connection, project_id: int, user_id: int) -> bool:
    return conn.execute(sa.delete(project_member).where(_is(project_id, user_id))).rowcount == 1


def _is(project_id: int, user_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(project_member.c.project_id == project_id, project_member.c.user_id == user_id)
