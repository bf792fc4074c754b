"""Organizations: the room in which users share projects. An install has one, made with its first user."""

from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import iso, now_us
from labelyard.kit.crypto import random_hex, same
from labelyard.kit.errors import Forbidden, NotFound
from labelyard.organizations import queries

DEFAULT_TITLE = "Labelyard"
ADMINISTRATORS = frozenset({"owner", "administrator"})


def require_administrator(actor: Actor) -> None:
    """Forbidden for everybody but owners and administrators."""
    if actor.role not in ADMINISTRATORS:
        raise Forbidden


def create(conn: Connection, *, title: str = DEFAULT_TITLE, legacy_tokens: bool = False) -> int:
    """Make an organization without an owner yet; its id."""
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


def id_by_invite(conn: Connection, token: str) -> int | None:
    """The organization that an invite token opens, compared in constant time."""
    row = queries.by_invite(conn, token) if token else None
    return int(row.id) if row is not None and same(row.invite_token, token) else None


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
        if row.id == actor.organization_id
    ]


def as_json(conn: Connection, actor: Actor, organization_id: int) -> dict[str, Any]:
    """The organization. Its invite token only for those who may invite; NotFound for a foreign one."""
    if organization_id != actor.organization_id:
        raise NotFound
    row = own(conn, actor)
    return {
        "id": row.id,
        "title": row.title,
        "token": row.invite_token if actor.role in ADMINISTRATORS else None,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "contact_info": row.contact_info,
        "created_by": row.created_by,
        "users": queries.member_ids(conn, organization_id),
    }


def update(conn: Connection, actor: Actor, organization_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Change `title` and `contact_info`."""
    if organization_id != actor.organization_id:
        raise NotFound
    require_administrator(actor)
    if changes:
        queries.update(conn, organization_id, {**changes, "updated_at": now_us()})
    return as_json(conn, actor, organization_id)


def invite(conn: Connection, actor: Actor, base_url: str) -> dict[str, str]:
    """The invite link. It works until it is reset."""
    require_administrator(actor)
    return _invite_json(own(conn, actor).invite_token, base_url)


def reset_invite(conn: Connection, actor: Actor, base_url: str) -> dict[str, str]:
    """A new invite link; the old one ends."""
    require_administrator(actor)
    token = random_hex()
    queries.update(conn, actor.organization_id, {"invite_token": token, "updated_at": now_us()})
    return _invite_json(token, base_url)


def _invite_json(token: str, base_url: str) -> dict[str, str]:
    return {"token": token, "invite_url": f"{base_url}/user/signup/?token={token}"}


def token_settings(conn: Connection, actor: Actor) -> dict[str, bool]:
    row = own(conn, actor)
    return {
        "api_tokens_enabled": row.api_tokens_enabled,
        "legacy_api_tokens_enabled": row.legacy_api_tokens_enabled,
    }


def set_token_settings(conn: Connection, actor: Actor, changes: dict[str, bool]) -> dict[str, bool]:
    require_administrator(actor)
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
    require_administrator(actor)
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
