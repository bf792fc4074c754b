"""Organizations: the room in which users share projects. An install has one, made with its first user.

The operator can make further ones (`labelyard organization create`). A user can be a member of several; the active one
is where requests are at home, and operations on an organization by its id work in each with the role held there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Connection, Row

from labelyard.access.rights import require, role_may
from labelyard.actor import Actor, Role
from labelyard.kit.clock import DAY, iso, now_us
from labelyard.kit.crypto import random_hex, same
from labelyard.kit.errors import Invalid, NotFound
from labelyard.organizations import queries

DEFAULT_TITLE = "Labelyard"
MAX_TITLE = 1000
MAX_TOKEN = 64
# What an invitation gives unless it says otherwise: all work on projects, but not the organization itself.
INVITED_ROLE: Role = "manager"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a valid invite token opens."""

    organization_id: int
    role: Role
    title: str


def create(conn: Connection, *, title: str = DEFAULT_TITLE, legacy_tokens: bool = False) -> int:
    """Make an organization without an owner yet; its id. Invalid for an empty or overlong title."""
    title = title.strip()
    if not title or len(title) > MAX_TITLE:
        raise Invalid({"title": [f"A title has 1 to {MAX_TITLE} characters."]})
    now = now_us()
    return queries.insert(
        conn,
        {
            "title": title,
            "invite_token": random_hex(),
            "legacy_api_tokens_enabled": legacy_tokens,
            "created_at": now,
            "updated_at": now,
        },
    )


def take_over(conn: Connection, values: Mapping[str, Any], organization_id: int | None = None) -> int:
    """Make an organization as it was elsewhere, or let this one become it; its id. An invite token that is taken, or
    that our table has no room for, is replaced."""
    now = now_us()
    given = dict(values)
    token = given.pop("invite_token", None)
    usable = token and len(token) <= MAX_TOKEN and queries.by_invite(conn, token) is None
    if organization_id is not None:
        queries.update(conn, organization_id, given | ({"invite_token": token} if usable else {}))
        return organization_id
    made = {"created_at": now, "updated_at": now, "invite_token": token if usable else random_hex()}
    return queries.insert(conn, made | given)


def check_exists(conn: Connection, organization_id: int) -> None:
    """NotFound unless there is such an organization."""
    if queries.get(conn, organization_id) is None:
        raise NotFound(f"There is no organization with id {organization_id}.")


def overview(conn: Connection) -> list[dict[str, Any]]:
    """All organizations for the operator: `id`, `title`, how many `members` and `projects`."""
    return [dict(row._mapping) for row in queries.overview(conn)]


def lock_accounts(conn: Connection) -> None:
    """Only one transaction at a time makes an account, so that there is one first user. Held until it ends."""
    queries.lock_accounts(conn)


def first_id(conn: Connection) -> int | None:
    row = queries.first(conn)
    return None if row is None else int(row.id)


def set_creator(conn: Connection, organization_id: int, user_id: int) -> None:
    queries.update(conn, organization_id, {"created_by": user_id})


def enable_legacy_tokens(conn: Connection, organization_id: int) -> None:
    queries.update(conn, organization_id, {"legacy_api_tokens_enabled": True, "updated_at": now_us()})


def invitation(conn: Connection, token: str) -> Invitation | None:
    """What an invite token opens, compared in constant time; None for a wrong one and after its time."""
    row = queries.by_invite(conn, token) if token else None
    if row is None or not same(row.invite_token, token):
        return None
    if row.invite_expires_at is not None and row.invite_expires_at < now_us():
        return None
    return Invitation(int(row.id), cast(Role, row.invite_role), row.title)


def inside(conn: Connection, actor: Actor, organization_id: int) -> Actor:
    """The caller as a member of this organization, with the role held there. NotFound for those who are none."""
    if organization_id == actor.organization_id:
        return actor
    role = queries.role_of(conn, organization_id, actor.user_id) if organization_id < 2**63 else None
    if role is None:
        raise NotFound
    return replace(actor, organization_id=organization_id, role=cast(Role, role))


def own(conn: Connection, actor: Actor) -> Row[Any]:
    row = queries.get(conn, actor.organization_id)
    if row is None:
        raise NotFound
    return row


def list_for(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "title": row.title,
            "contact_info": row.contact_info,
            "created_at": iso(row.created_at),
        }
        for row in queries.list_of(conn, actor.user_id)
    ]


def as_json(conn: Connection, actor: Actor, organization_id: int) -> dict[str, Any]:
    """The organization. Its invite token only for those who may invite; NotFound for a foreign one."""
    actor = inside(conn, actor, organization_id)
    row = own(conn, actor)
    return {
        "id": row.id,
        "title": row.title,
        "token": row.invite_token if role_may(actor.role, "organizations.invite") else None,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "contact_info": row.contact_info,
        "created_by": row.created_by,
        "users": queries.member_ids(conn, organization_id),
    }


def update(conn: Connection, actor: Actor, organization_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Change `title` and `contact_info`."""
    actor = inside(conn, actor, organization_id)
    require(actor, "organizations.change")
    if changes:
        queries.update(conn, organization_id, {**changes, "updated_at": now_us()})
    return as_json(conn, actor, organization_id)


def invite(conn: Connection, actor: Actor, base_url: str) -> dict[str, Any]:
    """The invite link. It works until it is reset, or until its time is over."""
    require(actor, "organizations.invite")
    return _invite_json(own(conn, actor), base_url)


def reset_invite(
    conn: Connection, actor: Actor, base_url: str, *, role: Role | None = None, days: int | None = None
) -> dict[str, Any]:
    """A new invite link; the old one ends. Whoever comes by it gets `role`, and it ends after `days` (None: never)."""
    require(actor, "organizations.invite")
    now = now_us()
    values = {
        "invite_token": random_hex(),
        "invite_role": role or INVITED_ROLE,
        "invite_expires_at": None if days is None else now + days * DAY,
        "updated_at": now,
    }
    queries.update(conn, actor.organization_id, values)
    return _invite_json(own(conn, actor), base_url)


def _invite_json(row: Row[Any], base_url: str) -> dict[str, Any]:
    return {
        "token": row.invite_token,
        "invite_url": f"{base_url}/user/signup/?token={row.invite_token}",
        "role": row.invite_role,
        "expires_at": iso(row.invite_expires_at),
    }


def token_settings(conn: Connection, actor: Actor) -> dict[str, bool]:
    row = own(conn, actor)
    return {
        "api_tokens_enabled": row.api_tokens_enabled,
        "legacy_api_tokens_enabled": row.legacy_api_tokens_enabled,
    }


def set_token_settings(conn: Connection, actor: Actor, changes: dict[str, bool]) -> dict[str, bool]:
    require(actor, "organizations.change")
    if changes:
        queries.update(conn, actor.organization_id, {**changes, "updated_at": now_us()})
    return token_settings(conn, actor)


def session_policy(conn: Connection, actor: Actor) -> dict[str, Any]:
    """Both limits in minutes."""
    row = own(conn, actor)
    return {
        "max_session_age": row.max_session_age_minutes,
        "max_time_between_activity": row.max_idle_minutes,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def set_session_policy(conn: Connection, actor: Actor, changes: dict[str, int]) -> dict[str, Any]:
    require(actor, "organizations.change")
    names = {"max_session_age": "max_session_age_minutes", "max_time_between_activity": "max_idle_minutes"}
    if changes:
        values: dict[str, Any] = {names[name]: value for name, value in changes.items()}
        queries.update(conn, actor.organization_id, {**values, "updated_at": now_us()})
    return session_policy(conn, actor)


def token_ttl_days(conn: Connection, organization_id: int) -> int | None:
    """Life of new refresh tokens in days; None is for ever."""
    row = queries.get(conn, organization_id)
    return None if row is None else row.api_token_ttl_days


def max_session_age(conn: Connection, actor: Actor) -> int:
    """Longest life of a session, in minutes."""
    return int(own(conn, actor).max_session_age_minutes)
