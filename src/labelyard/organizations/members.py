"""Who is in an organization, with which role, and what they did there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.access.rights import outranks, require
from labelyard.actor import Actor, Role
from labelyard.kit.clock import iso
from labelyard.kit.errors import Conflict, Forbidden, Invalid, MethodNotAllowed, NotFound
from labelyard.organizations import queries, service
from labelyard.users import belonging, profiles

LAST_OWNER = "An organization has at least one owner. Make somebody else an owner first."


@dataclass(frozen=True, slots=True)
class MemberPage:
    items: list[dict[str, Any]]
    count: int


def list_page(
    conn: Connection,
    actor: Actor,
    organization_id: int,
    *,
    offset: int,
    limit: int | None,
    contributions: bool = False,
) -> MemberPage:
    """Members by id: `{id, organization, role, user, created_projects, contributed_to_projects}`.

    The last two are null unless `contributions`; they name only projects that exist for the caller.
    """
    inside = service.inside(conn, actor, organization_id)
    rows = queries.members(conn, organization_id, offset, limit)
    shown = profiles.by_id(conn, inside, [row.user_id for row in rows])
    created, worked = ({}, {})
    if contributions:
        ids = [row.user_id for row in rows]
        created, worked = (
            queries.created_projects(conn, inside, ids),
            queries.worked_projects(conn, inside, ids),
        )
    return MemberPage(
        [
            {
                "id": row.user_id,
                "organization": organization_id,
                "role": row.role,
                "user": shown[row.user_id],
                "created_projects": _titles(created.get(row.user_id, ())) if contributions else None,
                "contributed_to_projects": _titles(worked.get(row.user_id, ())) if contributions else None,
            }
            for row in rows
        ],
        queries.count_members(conn, organization_id),
    )


def _titles(rows: Collection[Row[Any]]) -> list[dict[str, Any]]:
    return [{"id": row.id, "title": row.title} for row in rows]


def read(conn: Connection, actor: Actor, organization_id: int, user_id: int) -> dict[str, Any]:
    """One member with the number of annotations and the projects that exist for the caller. NotFound."""
    inside = service.inside(conn, actor, organization_id)
    row = _member(conn, organization_id, user_id)
    created = queries.created_projects(conn, inside, [user_id]).get(user_id, [])
    worked = queries.worked_projects(conn, inside, [user_id]).get(user_id, [])
    return {
        "user": user_id,
        "organization": organization_id,
        "role": row.role,
        "contributed_projects_count": len(worked),
        "annotations_count": sum(each.annotations for each in worked),
        "created_at": iso(row.created_at),
        "created_projects": _titles(created),
        "contributed_to_projects": _titles(worked),
    }


def _member(conn: Connection, organization_id: int, user_id: int) -> Row[Any]:
    row = queries.member(conn, organization_id, user_id) if 0 < user_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


def change_role(
    conn: Connection, actor: Actor, organization_id: int, user_id: int, role: Role
) -> dict[str, Any]:
    """Give a member another role.

    Forbidden for a role, or a member, that ranks as high as an administrator's own; owners may all. Conflict for the
    last owner.
    """
    inside = service.inside(conn, actor, organization_id)
    require(inside, "users.change")
    service.lock_accounts(conn)
    row = _member(conn, organization_id, user_id)
    _check_rank(inside, row.role, role)
    if row.role == "owner" != role:
        _keep_an_owner(conn, organization_id)
    queries.set_role(conn, organization_id, user_id, role)
    return read(conn, actor, organization_id, user_id)


def remove(conn: Connection, actor: Actor, organization_id: int, user_id: int) -> None:
    """Take a member out; what they made stays. MethodNotAllowed for oneself, Conflict for the last owner."""
    inside = service.inside(conn, actor, organization_id)
    require(inside, "users.delete")
    service.lock_accounts(conn)
    row = _member(conn, organization_id, user_id)
    if user_id == actor.user_id:
        raise MethodNotAllowed("You cannot remove yourself.")
    _check_rank(inside, row.role)
    if row.role == "owner":
        _keep_an_owner(conn, organization_id)
    belonging.leave(conn, organization_id, user_id)


def _check_rank(actor: Actor, *roles: str) -> None:
    """Owners deal with all roles, administrators with those below their own."""
    if actor.role != "owner" and not all(outranks(actor.role, role) for role in roles):
        raise Forbidden


def _keep_an_owner(conn: Connection, organization_id: int) -> None:
    if queries.count_owners(conn, organization_id) < 2:
        raise Conflict(LAST_OWNER)


def accept(conn: Connection, actor: Actor, token: str) -> dict[str, Any]:
    """Become a member of the organization that invites; it as the list shows it. Invalid for a token that is none."""
    found = service.invitation(conn, token)
    if found is None:
        raise Invalid({"token": ["This invitation is not valid, or not any more."]})
    belonging.join(conn, found.organization_id, actor.user_id, found.role)
    (shown,) = (each for each in service.list_for(conn, actor) if each["id"] == found.organization_id)
    return shown
