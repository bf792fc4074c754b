"""Resumable uploads: who may send what, how far each is, and how an import takes one.

An import takes a finished upload without using it up: `take` gives it a second name in the import's directory. Only
the transaction that stores the import's tasks uses it up (`use_up`), so that a refused, failed or killed import leaves
the upload for a corrected request, and no upload is imported twice.
"""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.clock import HOUR, iso, now_us
from labelyard.kit.errors import Conflict, Invalid, NoSpace, NotFound, TooLarge, TooManyRequests
from labelyard.projects import service as projects
from labelyard.settings import Settings
from labelyard.uploads import queries
from labelyard.uploads.store import InUse, Store

SWEEP_SECONDS = 600.0
_ID = re.compile(r"u[0-9a-f]{32}")
_MAX_NAME = 255


class Taken(msgspec.Struct, frozen=True):
    """A finished upload in an import's directory: what its sender called it, where it is, its bytes."""

    id: str
    name: str
    path: str
    size: int
    project_id: int
    user_id: int
    metadata: str


def store_of(ctx: Context) -> Store:
    return Store(ctx.settings.uploads_dir)


def new_id() -> str:
    """Hexadecimal, because some disks do not tell capitals from small letters; a letter first, so it is no number."""
    return f"u{secrets.token_hex(16)}"


def expires_at(settings: Settings) -> int:
    """When an upload expires to which nothing happens from now on."""
    return now_us() + settings.upload_ttl_hours * HOUR


# --- sending ------------------------------------------------------------------------------------------------------


def check_project(conn: Connection, actor: Actor, project_id: int) -> None:
    """NotFound or Forbidden for those who may not import into the project."""
    projects.get(conn, actor, project_id, "tasks.create")


def create(
    conn: Connection, ctx: Context, actor: Actor, project_id: int, *, name: str, size: int, metadata: str
) -> Row[Any]:
    """A new upload of `size` bytes. TooLarge, TooManyRequests and NoSpace name the limit."""
    check_project(conn, actor, project_id)
    settings, now = ctx.settings, now_us()
    if size > settings.max_upload_bytes:
        raise TooLarge(f"The file is larger than the limit of {settings.max_upload_bytes} bytes.")
    if queries.count_of_user(conn, actor.user_id, now) >= settings.max_open_uploads:
        raise TooManyRequests(
            f"You have {settings.max_open_uploads} uploads that are unfinished or not imported yet. "
            "Import or delete some of them first."
        )
    if size > store_of(ctx).free_bytes():
        raise NoSpace("The server has not enough disk space for this file.")
    if len(name) > _MAX_NAME:
        raise Invalid({"Upload-Metadata": [f"The filename is longer than {_MAX_NAME} characters."]})
    upload_id = new_id()
    values = {
        "id": upload_id,
        "project_id": project_id,
        "user_id": actor.user_id,
        "name": name,
        "metadata": metadata,
        "size": size,
        "received": 0,
        "created_at": now,
        "expires_at": expires_at(settings),
    }
    queries.insert(conn, values)
    return get(conn, actor, project_id, upload_id)


def get(conn: Connection, actor: Actor, project_id: int, upload_id: str) -> Row[Any]:
    """The caller's upload of this project. NotFound when it is missing, expired or somebody else's."""
    check_project(conn, actor, project_id)
    row = None
    if _ID.fullmatch(upload_id):
        row = queries.own(conn, project_id, actor.user_id, upload_id, now_us())
    if row is None:
        raise NotFound("No such upload. It may have expired.")
    return row


def list_uploads(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """The caller's uploads of a project, oldest first."""
    check_project(conn, actor, project_id)
    return [as_json(row) for row in queries.list_own(conn, project_id, actor.user_id, now_us())]


def advance(conn: Connection, settings: Settings, upload_id: str, before: int, received: int) -> int:
    """Record that `received` bytes are safely on the disk; when the upload expires now. NotFound when it is gone."""
    until = expires_at(settings)
    if not queries.advance(conn, upload_id, before, received, until):
        raise NotFound("No such upload. It may have expired.")
    return until


def delete(conn: Connection, actor: Actor, project_id: int, upload_id: str) -> None:
    """Forget an upload. Its file is deleted after the commit, under its lock."""
    get(conn, actor, project_id, upload_id)
    queries.delete(conn, upload_id)


def as_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "size": row.size,
        "offset": row.received,
        "is_finished": row.received == row.size,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
    }


# --- importing ----------------------------------------------------------------------------------------------------


def take(
    conn: Connection, ctx: Context, actor: Actor, project_id: int, upload_id: str, directory: Path
) -> Taken:
    """Give a finished upload a second name in `directory`. Nothing is written to the database.

    NotFound for an upload that is not the caller's own of this project, Conflict for one that is not finished.
    """
    row = get(conn, actor, project_id, upload_id)
    if row.received < row.size:
        raise Conflict(
            f"The upload {upload_id} is not finished: {row.received} of its {row.size} bytes are here."
        )
    target = directory / upload_id
    try:
        if row.size == 0:
            target.touch()
        else:
            store_of(ctx).link(upload_id, target)
    except FileNotFoundError:
        raise NotFound("No such upload. It may have expired.") from None
    except FileExistsError:
        raise Conflict(f"The upload {upload_id} is named twice.") from None
    return Taken(upload_id, row.name, str(target), row.size, project_id, row.user_id, row.metadata)


def use_up(conn: Connection, taken: Sequence[Taken]) -> None:
    """Forget uploads in the transaction that stores what was in them; `drop` their files after it.

    Conflict when one of them is gone: imported by another request, or deleted.
    """
    for each in taken:
        if not queries.delete(conn, each.id):
            raise Conflict(f"The upload {each.id} was imported or deleted by another request meanwhile.")


def drop(ctx: Context, taken: Sequence[Taken]) -> None:
    """Delete the files of uploads that were used up. What a crash leaves is swept later."""
    for each in taken:
        store_of(ctx).delete(each.id)


def give_back(conn: Connection, ctx: Context, taken: Sequence[Taken]) -> list[str]:
    """Make uploads available again whose import came to nothing; the ids of those that are.

    One that was not used up is still there. One that was is restored from the import's directory, so this comes
    before that is removed; when no name of its file is left it stays gone.
    """
    kept, store = [], store_of(ctx)
    for each in taken:
        if queries.by_id(conn, each.id) is None:
            if each.size and not store.restore(each.id, Path(each.path)):
                continue
            now = now_us()
            values = {
                "id": each.id,
                "project_id": each.project_id,
                "user_id": each.user_id,
                "name": each.name,
                "metadata": each.metadata,
                "size": each.size,
                "received": each.size,
                "created_at": now,
                "expires_at": expires_at(ctx.settings),
            }
            queries.insert(conn, values)
        kept.append(each.id)
    return kept


# --- tidying ------------------------------------------------------------------------------------------------------


def register(ctx: Context) -> None:
    """Tidy what earlier runs left, and from now on."""
    sweep(ctx)
    ctx.periodic.add("uploads", SWEEP_SECONDS, lambda: sweep(ctx))


def sweep(ctx: Context) -> int:
    """Remove expired uploads and files that belong to none; how many. One that is being written is left alone."""
    store, now, removed = store_of(ctx), now_us(), 0
    for upload_id in ctx.db.read_sync(queries.expired, now):
        try:
            with store.locked(upload_id):
                if ctx.db.write_sync(queries.delete_expired, upload_id, now):
                    store.delete(upload_id)
                    removed += 1
        except InUse:
            continue
    names = store.names()
    known = ctx.db.read_sync(queries.existing, names)
    for name in names:
        if name not in known:
            store.delete(name)
            removed += 1
    return removed
