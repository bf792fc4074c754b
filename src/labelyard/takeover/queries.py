"""All SQL of takeovers: which projects were taken over from where."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import project, takeover

_CHUNK = 500
_FOUND: sa.Select[Any] = sa.select(
    takeover.c.identity, takeover.c.old_id, takeover.c.created_at, project.c.id, project.c.title, project.c.organization_id
).join(project, project.c.id == takeover.c.project_id)  # fmt: skip


def by_identities(conn: Connection, identities: Sequence[str]) -> Sequence[Row[Any]]:
    """Projects that are one of these, the oldest first."""
    found: list[Row[Any]] = []
    for start in range(0, len(identities), _CHUNK):
        part: Collection[str] = identities[start : start + _CHUNK]
        found += conn.execute(_FOUND.where(takeover.c.identity.in_(part)).order_by(project.c.id)).all()
    return found


def by_place(conn: Connection, place: str) -> Sequence[Row[Any]]:
    """Projects that were taken over from this place."""
    return conn.execute(_FOUND.where(takeover.c.place == place).order_by(project.c.id)).all()


def insert(
    conn: Connection, project_id: int, identity: str, place: str, old_id: int | None, created_at: int
) -> None:
    values = {
        "project_id": project_id,
        "identity": identity,
        "place": place,
        "old_id": old_id,
        "created_at": created_at,
    }
    conn.execute(sa.insert(takeover).values(**values))
