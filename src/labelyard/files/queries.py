"""All SQL of file uploads and served directories."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import file_upload, project, served_directory
from labelyard.files.names import UPLOADS
from labelyard.kit.db.dialect import upsert

_CHUNK = 5_000  # ids in one IN list
_VISIBLE = (
    sa.select(file_upload, MEMBER_ROLE).join(project, project.c.id == file_upload.c.project_id).where(VISIBLE)
)


def insert(conn: Connection, values: dict[str, Any]) -> int:
    result = conn.execute(file_upload.insert().values(**values))
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def by_id(conn: Connection, actor: Actor, upload_id: int) -> Row[Any] | None:
    return conn.execute(_VISIBLE.where(file_upload.c.id == upload_id), binds(actor)).one_or_none()


def by_key(conn: Connection, actor: Actor, key: str) -> Row[Any] | None:
    return conn.execute(_VISIBLE.where(file_upload.c.key == key), binds(actor)).one_or_none()


def by_name(conn: Connection, actor: Actor, name: str) -> Row[Any] | None:
    """An upload by the last part of its key: the key that it has in each project is looked up, not all keys searched."""
    each = project.alias()
    keys = sa.select(sa.literal(f"{UPLOADS}/") + sa.cast(each.c.id, sa.Text) + sa.literal(f"/{name}")).where(
        each.c.organization_id == actor.organization_id
    )
    query = _VISIBLE.where(file_upload.c.key.in_(keys)).order_by(file_upload.c.id).limit(1)
    return conn.execute(query, binds(actor)).one_or_none()


def key_exists(conn: Connection, key: str) -> bool:
    return conn.execute(sa.select(file_upload.c.id).where(file_upload.c.key == key)).first() is not None


def of_project(
    conn: Connection, project_id: int, *, ids: Collection[int] | None = None, user_id: int | None = None
) -> list[Row[Any]]:
    """The project's uploads by id, all or those with these ids and of this user."""
    query = sa.select(file_upload).where(file_upload.c.project_id == project_id).order_by(file_upload.c.id)
    if user_id is not None:
        query = query.where(file_upload.c.user_id == user_id)
    if ids is None:
        return list(conn.execute(query).all())
    ordered = sorted(ids)
    found: list[Row[Any]] = []
    for start in range(0, len(ordered), _CHUNK):
        found += conn.execute(query.where(file_upload.c.id.in_(ordered[start : start + _CHUNK]))).all()
    return found


def delete(conn: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _CHUNK):
        conn.execute(file_upload.delete().where(file_upload.c.id.in_(ids[start : start + _CHUNK])))


def update(conn: Connection, upload_id: int, values: dict[str, Any]) -> None:
    conn.execute(file_upload.update().where(file_upload.c.id == upload_id).values(**values))


def add_directory(conn: Connection, project_id: int, path: str, now: int, *, writable: bool = False) -> None:
    """A directory that may be written to stays so."""
    values = {"project_id": project_id, "path": path, "writable": writable, "created_at": now}
    update = ["writable"] if writable else []
    upsert(conn, served_directory, values, key=["project_id", "path"], update=update)


def directories_of_project(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    wanted = sa.select(served_directory).where(served_directory.c.project_id == project_id)
    return conn.execute(wanted.order_by(served_directory.c.path)).all()


def directories(conn: Connection, actor: Actor) -> list[str]:
    """Paths that any project of the caller registered."""
    return list(
        conn.execute(
            sa.select(served_directory.c.path)
            .distinct()
            .join(project, project.c.id == served_directory.c.project_id)
            .where(VISIBLE),
            binds(actor),
        ).scalars()
    )
