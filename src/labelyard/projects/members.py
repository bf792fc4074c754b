"""Who has a role in one project, whatever the role in the organization (`access.rights`)."""

from typing import Any

from sqlalchemy import Connection, Row

from labelyard.access.rights import PROJECT_ROLES
from labelyard.actor import Actor, Role
from labelyard.kit.clock import iso, now_us
from labelyard.kit.errors import Conflict, Invalid, NotFound
from labelyard.projects import member_queries as queries
from labelyard.projects import service
from labelyard.users import service as users


def list_members(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """`[{user, role, created_at}]` by user id: the project's member list, not everybody who can enter."""
    service.get(conn, actor, project_id, "members.view")
    rows = queries.of_project(conn, project_id)
    refs = users.user_refs(conn, [row.user_id for row in rows])
    return [_json(row, refs[row.user_id]) for row in rows if row.user_id in refs]


def _json(row: Row[Any], user: dict[str, Any]) -> dict[str, Any]:
    return {"user": user, "role": row.role, "created_at": iso(row.created_at)}


def add(conn: Connection, actor: Actor, project_id: int, user_id: int, role: Role) -> dict[str, Any]:
    """Give a member of the organization a role in the project.

    Invalid for somebody else, Conflict for one who is in the list already.
    """
    service.get(conn, actor, project_id, "members.change")
    _check(role)
    if not users.is_member(conn, actor.organization_id, user_id):
        raise Invalid({"user": [f"No member of the organization has the id {user_id}."]})
    if not queries.insert(conn, project_id, user_id, role, now_us()):
        raise Conflict("This user is a member of the project already; change the role instead.")
    return _read(conn, project_id, user_id)


def let_in(conn: Connection, project_id: int, user_id: int, role: Role) -> None:
    """Put a member of the project's organization into its list; one who is in it keeps the role."""
    queries.insert(conn, project_id, user_id, role, now_us())


def change(conn: Connection, actor: Actor, project_id: int, user_id: int, role: Role) -> dict[str, Any]:
    """Give a member of the project another role. NotFound for one who is not in the list."""
    service.get(conn, actor, project_id, "members.change")
    _check(role)
    if not queries.update(conn, project_id, user_id, role):
        raise NotFound
    return _read(conn, project_id, user_id)


def remove(conn: Connection, actor: Actor, project_id: int, user_id: int) -> None:
    """Take a user off the project's list. NotFound for one who is not in it."""
    service.get(conn, actor, project_id, "members.change")
    if not queries.delete(conn, project_id, user_id):
        raise NotFound


def _read(conn: Connection, project_id: int, user_id: int) -> dict[str, Any]:
    row = queries.one(conn, project_id, user_id)
    return _json(row, users.user_refs(conn, [user_id])[user_id])


def _check(role: str) -> None:
    if role not in PROJECT_ROLES:
        known = ", ".join(PROJECT_ROLES)
        raise Invalid({"role": [f'No role in a project is called "{role[:50]}". Known: {known}.']})
