"""Uploaded files, and local directories whose media a project may show."""

import os
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row

from labelyard.access.rights import require_in
from labelyard.actor import Actor
from labelyard.files import names, queries
from labelyard.files.sniff import HEAD_BYTES, kind_of
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Forbidden, NotFound
from labelyard.projects import service as projects

_MAX_ID = 2**63 - 1
# Directories no project may show: those of the system, and everything at once.
_FORBIDDEN = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/proc",
    "/root/.ssh",
    "/run",
    "/sbin",
    "/sys",
    "/usr/lib",
)


def new_key(project_id: int, name: str) -> str:
    """A fresh object key for a file that its sender called `name`."""
    return names.new_key(project_id, name)


def key_of(project_id: int, name: str) -> str:
    """The object key of a file that keeps the name under which another server stored it."""
    return f"{names.UPLOADS}/{project_id}/{name}"


def upload_url(key: str) -> str:
    """The path under which an upload is served, percent-encoded."""
    return names.url_of(key)


def record_upload(
    conn: Connection,
    project_id: int,
    user_id: int | None,
    *,
    key: str,
    name: str,
    size: int,
    upload_id: int | None = None,
) -> int:
    """The id of a new upload whose object is stored already (`new_key` made the key); `upload_id`: a free one."""
    values: dict[str, Any] = {} if upload_id is None else {"id": upload_id}
    values |= {
        "project_id": project_id,
        "user_id": user_id,
        "key": key,
        "name": name,
        "size": size,
        "created_at": now_us(),
    }
    return queries.insert(conn, values)


def key_exists(conn: Connection, key: str) -> bool:
    """Whether an upload of any project is stored under the key."""
    return queries.key_exists(conn, key)


def as_json(row: Row[Any]) -> dict[str, Any]:
    return {"id": row.id, "file": row.key, "size": row.size}


def list_uploads(
    conn: Connection, actor: Actor, project_id: int, *, ids: Collection[int] | None, everything: bool
) -> list[dict[str, Any]]:
    """Uploads of a project: all, or the caller's own with these ids; none without either, unless it is a draft."""
    row = projects.get(conn, actor, project_id)
    if everything or row.is_draft:
        found = queries.of_project(conn, project_id)
    elif ids:
        found = queries.of_project(conn, project_id, ids=ids, user_id=actor.user_id)
    else:
        found = []
    return [as_json(each) for each in found]


def uploads_of_project(conn: Connection, project_id: int, ids: Collection[int]) -> list[Row[Any]]:
    """Rows (id, key, name, size) of the project's uploads with these ids, by id."""
    return queries.of_project(conn, project_id, ids=ids)


def get_upload(conn: Connection, actor: Actor, upload_id: int) -> Row[Any]:
    row = queries.by_id(conn, actor, upload_id) if 0 < upload_id <= _MAX_ID else None
    if row is None:
        raise NotFound(f"No file upload with id {upload_id}.")
    return row


def upload_by_key(conn: Connection, actor: Actor, key: str) -> Row[Any]:
    """The upload stored under an object key, of a project that the caller may see."""
    row = queries.by_key(conn, actor, key) if "\x00" not in key else None
    if row is None:
        raise NotFound
    return row


def upload_by_name(conn: Connection, actor: Actor, name: str) -> Row[Any]:
    """The upload of that stored name in a project that the caller may see; the oldest when several have one."""
    row = queries.by_name(conn, actor, name) if "\x00" not in name else None
    if row is None:
        raise NotFound
    return row


def delete_uploads(conn: Connection, actor: Actor, project_id: int, ids: Collection[int] | None) -> list[str]:
    """Forget uploads of a project (all of them without ids); their object keys, to be deleted after the commit."""
    projects.get(conn, actor, project_id, "tasks.delete")
    rows = queries.of_project(conn, project_id, ids=ids)
    queries.delete(conn, [row.id for row in rows])
    return [row.key for row in rows]


def delete_upload(conn: Connection, actor: Actor, upload_id: int) -> str:
    row = get_upload(conn, actor, upload_id)
    require_in(actor, row, "tasks.delete")
    queries.delete(conn, [row.id])
    return str(row.key)


def replace_upload(
    conn: Connection, actor: Actor, upload_id: int, *, key: str, name: str, size: int
) -> tuple[dict[str, Any], str]:
    """Point an upload at another object; the upload as it is now, and the key it had."""
    before = get_upload(conn, actor, upload_id)
    require_in(actor, before, "tasks.change")
    queries.update(conn, upload_id, {"key": key, "name": name, "size": size})
    return as_json(get_upload(conn, actor, upload_id)), before.key


# --- local directories --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Registered:
    """A directory that the operator opened to a project. `writable`: results may be written below it."""

    path: Path
    writable: bool


def register_directory(conn: Connection, project_id: int, path: Path, *, writable: bool = False) -> str:
    """Let the tasks of a project show media below a directory of this machine; its resolved path.

    `writable`: let results be written there, too. Forbidden for the root, for system directories and for what is no
    directory. For the operator only.
    """
    resolved = os.path.realpath(path)
    if not may_be_served(Path(resolved)) or not Path(resolved).is_dir():
        raise Forbidden(f"The directory {path} cannot be served.")
    queries.add_directory(conn, project_id, resolved, now_us(), writable=writable)
    return resolved


def may_be_served(resolved: Path) -> bool:
    """Whether a directory is neither the root nor one of the system's."""
    return resolved != Path("/") and not any(resolved.is_relative_to(each) for each in _FORBIDDEN)


def registered(conn: Connection, project_id: int) -> list[Registered]:
    """The directories that the operator opened to a project."""
    rows = queries.directories_of_project(conn, project_id)
    return [Registered(Path(row.path), row.writable) for row in rows]


def served_directories(conn: Connection, actor: Actor) -> list[str]:
    """Resolved paths of the directories that the caller's projects registered."""
    return queries.directories(conn, actor)


def open_served(roots: Sequence[str], directory: str, name: str) -> BinaryIO:
    """Open the media file `name` in `directory`, which must lie below one of `roots`.

    With the literal name `filename`, `directory` may be the path of the file itself. NotFound for everything that is
    outside after links are followed, for what is no regular file and for what is no image, audio or video.
    """
    if not directory.startswith("/") or name.startswith("/") or _odd(directory) or _odd(name):
        raise NotFound
    inside = f"{directory}/{name}"
    for place in (directory, inside) if name == "filename" else (inside,):
        file = _open_inside(roots, place)
        if file is not None:
            return file
    raise NotFound


def _odd(text: str) -> bool:
    """Whether a path holds what only an attempt to leave a directory needs."""
    return "\x00" in text or "\\" in text or "%2e" in text.lower() or ".." in text.split("/")


def _open_inside(roots: Sequence[str], place: str) -> BinaryIO | None:
    try:
        resolved = os.path.realpath(place, strict=True)
        if not any(resolved.startswith(f"{root}/") for root in roots):
            return None
        # The resolved path has no link in it; should one be put at its end meanwhile, it is not followed.
        handle = os.open(resolved, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode) and kind_of(os.pread(handle, HEAD_BYTES, 0), resolved).is_media:
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None
