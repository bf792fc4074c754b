"""All SQL of resumable uploads."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import resumable_upload

_t = resumable_upload
_CHUNK = 5_000  # ids in one IN list


def insert(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(_t.insert().values(**values))


def by_id(conn: Connection, upload_id: str) -> Row[Any] | None:
    return conn.execute(sa.select(_t).where(_t.c.id == upload_id)).one_or_none()


def own(conn: Connection, project_id: int, user_id: int, upload_id: str, now: int) -> Row[Any] | None:
    """The upload, if this user made it for this project and it has not expired."""
    query = sa.select(_t).where(
        _t.c.id == upload_id, _t.c.project_id == project_id, _t.c.user_id == user_id, _t.c.expires_at > now
    )
    return conn.execute(query).one_or_none()


def list_own(conn: Connection, project_id: int, user_id: int, now: int) -> list[Row[Any]]:
    """A user's uploads of a project that have not expired, oldest first."""
    query = sa.select(_t).where(_t.c.project_id == project_id, _t.c.user_id == user_id, _t.c.expires_at > now)
    return list(conn.execute(query.order_by(_t.c.created_at, _t.c.id)).all())


def count_of_user(conn: Connection, user_id: int, now: int) -> int:
    """How many uploads of a user have not expired. There are at most as many as the limit allows."""
    query = sa.select(sa.func.count()).where(_t.c.user_id == user_id, _t.c.expires_at > now)
    return int(conn.execute(query).scalar_one())


def advance(conn: Connection, upload_id: str, before: int, received: int, expires_at: int) -> bool:
    """Move from `before` to `received` bytes; False when the upload is gone or not at `before`."""
    changed = conn.execute(
        _t.update()
        .where(_t.c.id == upload_id, _t.c.received == before)
        .values(received=received, expires_at=expires_at)
    )
    return changed.rowcount == 1


def delete(conn: Connection, upload_id: str) -> bool:
    """False when there was none."""
    return conn.execute(_t.delete().where(_t.c.id == upload_id)).rowcount == 1


def expired(conn: Connection, now: int) -> list[str]:
    return list(conn.execute(sa.select(_t.c.id).where(_t.c.expires_at <= now)).scalars())


def delete_expired(conn: Connection, upload_id: str, now: int) -> bool:
    """False when it is gone, or went on meanwhile."""
    query = _t.delete().where(_t.c.id == upload_id, _t.c.expires_at <= now)
    return conn.execute(query).rowcount == 1


def existing(conn: Connection, upload_ids: Collection[str]) -> set[str]:
    """Which of these ids there are."""
    ordered, found = sorted(upload_ids), set[str]()
    for start in range(0, len(ordered), _CHUNK):
        query = sa.select(_t.c.id).where(_t.c.id.in_(ordered[start : start + _CHUNK]))
        found.update(conn.execute(query).scalars())
    return found
