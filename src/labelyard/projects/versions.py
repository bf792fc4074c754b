"""The versions of a project's label config: every change of it is one, and any can be made the current one again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import iso
from labelyard.kit.errors import NotFound
from labelyard.projects import service
from labelyard.projects import version_queries as queries
from labelyard.users import service as users

PAGE, MAX_PAGE = 100, 1000
_MAX_VERSION = 2**31 - 1
_EARLIER = 20  # versions that a result may have been begun with
_PERSON = ("id", "first_name", "last_name", "email", "avatar")


def listed(
    conn: Connection, actor: Actor, project_id: int, before: int | None = None, limit: int = PAGE
) -> list[dict[str, Any]]:
    """The versions of a project's config, newest first, without their texts."""
    project = service.get(conn, actor, project_id)
    rows = queries.newest(conn, project_id, before, limit)
    refs = users.user_refs(conn, {row.author_id for row in rows if row.author_id is not None})
    return [_shown(row, project, refs) for row in rows]


def read(conn: Connection, actor: Actor, project_id: int, version: int) -> dict[str, Any]:
    """One version with its text. NotFound for one that the project does not have."""
    project = service.get(conn, actor, project_id)
    row = queries.one(conn, project_id, version) if 0 < version <= _MAX_VERSION else None
    if row is None:
        raise NotFound(f"Project {project_id} has no version {version} of its label config.")
    refs = users.user_refs(conn, {row.author_id} if row.author_id is not None else ())
    return _shown(row, project, refs) | {"label_config": row.label_config}


def _shown(row: Row[Any], project: Row[Any], refs: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    ref = refs.get(row.author_id)
    return {
        "version": row.version,
        "current": row.version == project.config_version,
        "created_at": iso(row.created_at),
        "created_by": {name: ref[name] for name in _PERSON} if ref else None,
        "note": row.note,
    }


def earlier_configs(conn: Connection, project_id: int) -> list[str]:
    """The texts of a project's newest versions, newest first, for the work that was begun with one of them."""
    return queries.texts(conn, project_id, _EARLIER)
