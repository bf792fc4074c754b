"""Users as the API shows them: the own profile and those of the other members."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.access.rights import require
from labelyard.actor import Actor
from labelyard.kit.errors import Forbidden, MethodNotAllowed, NotFound
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import belonging, queries, service
from labelyard.users.shapes import user_json


def whoami(conn: Connection, actor: Actor) -> dict[str, Any]:
    """The user object with `role` and `permissions` in the active organization."""
    return user_json(_member(conn, actor, actor.user_id), permissions=True)


def boot(conn: Connection, settings: Settings, actor: Actor | None, invite_token: str = "") -> dict[str, Any]:
    """What the first page needs to know: `user` or None, `local` mode, whether sign-up is open, and what the invitation
    opens that it was called with: `{organization, role, member}`, or None."""
    invited = organizations.invitation(conn, invite_token)
    return {
        "user": None if actor is None else whoami(conn, actor),
        "local": service.is_local(conn, settings),
        "signup_open": service.signup_open(conn, settings),
        "invitation": invited
        and {
            "organization": invited.title,
            "role": invited.role,
            "member": actor is not None and queries.is_member(conn, invited.organization_id, actor.user_id),
        },
    }


def list_users(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    return [user_json(row) for row in queries.list_members(conn, actor.organization_id)]


def get_user(conn: Connection, actor: Actor, user_id: int) -> dict[str, Any]:
    return user_json(_member(conn, actor, user_id))


def by_id(conn: Connection, actor: Actor, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """id → user object, of members of the caller's organization."""
    return {row.id: user_json(row) for row in queries.some_members(conn, actor.organization_id, ids)}


def _member(conn: Connection, actor: Actor, user_id: int) -> Row[Any]:
    row = queries.get(conn, actor.organization_id, user_id)
    if row is None:
        raise NotFound
    return row


def add_user(conn: Connection, actor: Actor, email: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Add a member without a password, who signs in after the operator set one. An account that was closed opens again.

    For those who may add users.
    """
    require(actor, "users.create")
    user_id = service.create_user(
        conn, email, None, organization_id=actor.organization_id, reopen=True, **fields
    )
    return get_user(conn, actor, user_id)


def update_user(conn: Connection, actor: Actor, user_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Change the own profile, or as an administrator another's. The email cannot be changed (405).

    `active_organization` moves the caller to another of the own organizations.
    """
    _member(conn, actor, user_id)
    require_own(actor, user_id)
    if "email" in changes:
        raise MethodNotAllowed("The email of a user cannot be changed.")
    wanted = changes.pop("active_organization", None)
    if wanted is not None and wanted != actor.organization_id:
        if user_id != actor.user_id:
            raise Forbidden("Only the user can choose the own active organization.")
        belonging.switch(conn, user_id, wanted)
        actor = service.actor_of(conn, user_id, actor.via)
    if changes:
        queries.update_user(conn, user_id, changes)
    return get_user(conn, actor, user_id)


def require_own(actor: Actor, user_id: int) -> None:
    """Forbidden unless it is the caller, or the caller may change users."""
    if user_id != actor.user_id:
        require(actor, "users.change")
