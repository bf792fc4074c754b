"""Users as the API shows them: the own profile and those of the other members."""

from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.errors import MethodNotAllowed, NotFound
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import queries, service
from labelyard.users.shapes import user_json


def whoami(conn: Connection, actor: Actor) -> dict[str, Any]:
    """The user object with `permissions`."""
    return user_json(_member(conn, actor, actor.user_id), permissions=True)


def boot(conn: Connection, settings: Settings, actor: Actor | None) -> dict[str, Any]:
    """What the first page needs to know: `user` or None, `local` mode, and whether sign-up is open."""
    return {
        "user": None if actor is None else whoami(conn, actor),
        "local": service.is_local(conn, settings),
        "signup_open": service.signup_open(conn, settings),
    }


def list_users(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    return [user_json(row) for row in queries.list_members(conn, actor.organization_id)]


def get_user(conn: Connection, actor: Actor, user_id: int) -> dict[str, Any]:
    return user_json(_member(conn, actor, user_id))


def _member(conn: Connection, actor: Actor, user_id: int) -> Row[Any]:
    row = queries.get(conn, actor.organization_id, user_id)
    if row is None:
        raise NotFound
    return row


def add_user(conn: Connection, actor: Actor, email: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Add a member without a password, who signs in after an administrator set one. Administrators only."""
    organizations.require_administrator(actor)
    return get_user(conn, actor, service.create_user(conn, email, None, **fields))


def update_user(conn: Connection, actor: Actor, user_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Change the own profile, or as an administrator another's. The email cannot be changed (405)."""
    _member(conn, actor, user_id)
    if user_id != actor.user_id:
        organizations.require_administrator(actor)
    if "email" in changes:
        raise MethodNotAllowed("The email of a user cannot be changed.")
    if changes:
        queries.update_user(conn, user_id, changes)
    return get_user(conn, actor, user_id)
