"""All SQL about accounts, sessions and API tokens."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import (
    api_token,
    membership,
    organization,
    project,
    project_member,
    session,
    user,
)
from labelyard.kit.clock import MINUTE
from labelyard.kit.db.prepared import Prepared

# What an Actor is made of, and what decides whether the credential still holds.
_IDENTITY = (
    user.c.id,
    user.c.email,
    user.c.is_active,
    membership.c.organization_id,
    membership.c.role,
    organization.c.api_tokens_enabled,
    organization.c.legacy_api_tokens_enabled,
)
_MEMBER = user.join(
    membership,
    sa.and_(membership.c.user_id == user.c.id, membership.c.organization_id == user.c.active_organization_id),
).join(organization, organization.c.id == membership.c.organization_id)

_BY_SESSION = Prepared(
    sa.select(
        *_IDENTITY,
        session.c.created_at,
        session.c.last_seen_at,
        organization.c.max_session_age_minutes,
        organization.c.max_idle_minutes,
    )
    .select_from(session.join(_MEMBER, session.c.user_id == user.c.id))
    .where(session.c.hash == sa.bindparam("session_hash"))
)
_BY_TOKEN: sa.Select[Any] = (
    sa.select(*_IDENTITY, api_token.c.id.label("token_id"), api_token.c.expires_at, api_token.c.revoked_at)
    .select_from(api_token.join(_MEMBER, api_token.c.user_id == user.c.id))
    .where(api_token.c.hash == sa.bindparam("token_hash"), api_token.c.kind == sa.bindparam("kind"))
)
_BY_ID: sa.Select[Any] = (
    sa.select(*_IDENTITY).select_from(_MEMBER).where(user.c.id == sa.bindparam("user_id"))
)
_PASSWORD_EXISTS = sa.select(sa.exists(sa.select(user.c.id).where(user.c.password_hash.is_not(None))))
_ANY_OWNER: sa.Select[Any] = (
    sa.select(*_IDENTITY)
    .select_from(_MEMBER)
    .where(membership.c.role == "owner")
    .order_by(user.c.id)
    .limit(1)
)
# One look for what every request of local mode asks: who the owner is, as long as nobody has a password.
_other = user.alias("other")
_LOCAL_OWNER = Prepared(
    _ANY_OWNER.where(~sa.exists(sa.select(_other.c.id).where(_other.c.password_hash.is_not(None))))
)
_REF: sa.Select[Any] = sa.select(
    user.c.id, user.c.first_name, user.c.last_name, user.c.email, user.c.username, user.c.avatar
)
_ONE_REF = Prepared(_REF.where(user.c.id == sa.bindparam("id")))
_REFS = _REF.where(user.c.id.in_(sa.bindparam("ids", expanding=True)))
_OWNER = user.alias("owner")
_EMAIL = sa.select(user).where(user.c.email == sa.bindparam("email"))


def by_session(conn: Connection, session_hash: str) -> Row[Any] | None:
    return _BY_SESSION.first(conn, {"session_hash": session_hash})


def by_token(conn: Connection, kind: str, token_hash: str) -> Row[Any] | None:
    return conn.execute(_BY_TOKEN, {"token_hash": token_hash, "kind": kind}).first()


def by_id(conn: Connection, user_id: int) -> Row[Any] | None:
    return conn.execute(_BY_ID, {"user_id": user_id}).first()


def for_project(conn: Connection, user_id: int, project_id: int) -> Row[Any] | None:
    """A user, member or not, with the organization of a project."""
    statement: sa.Select[Any] = (
        sa.select(user.c.id, user.c.email, project.c.organization_id)
        .join(project, project.c.id == project_id)
        .where(user.c.id == user_id)
    )
    return conn.execute(statement).first()


def owner_of_project(conn: Connection, project_id: int) -> Row[Any] | None:
    """The first owner of the organization of a project, whichever organization is active for them."""
    statement: sa.Select[Any] = (
        sa.select(user.c.id, user.c.email, project.c.organization_id)
        .join(membership, membership.c.user_id == user.c.id)
        .join(project, project.c.organization_id == membership.c.organization_id)
        .where(project.c.id == project_id)
        .order_by(sa.case((membership.c.role == "owner", 0), else_=1), user.c.id)
        .limit(1)
    )
    return conn.execute(statement).first()


def first_owner(conn: Connection) -> Row[Any] | None:
    return conn.execute(_ANY_OWNER).first()


def local_owner(conn: Connection) -> Row[Any] | None:
    """The first owner, None once an account can sign in with a password."""
    return _LOCAL_OWNER.first(conn, {})


def password_exists(conn: Connection) -> bool:
    """Whether any account can sign in with a password."""
    return bool(conn.execute(_PASSWORD_EXISTS).scalar())


def any_user(conn: Connection) -> bool:
    return bool(conn.execute(sa.select(sa.exists(sa.select(user.c.id)))).scalar())


def by_email(conn: Connection, email: str) -> Row[Any] | None:
    return conn.execute(_EMAIL, {"email": email}).first()


def get(conn: Connection, organization_id: int, user_id: int) -> Row[Any] | None:
    """The full row of a member of the organization."""
    statement = _members(organization_id).where(user.c.id == user_id)
    return conn.execute(statement).first()


def some_members(conn: Connection, organization_id: int, ids: Collection[int]) -> Sequence[Row[Any]]:
    return conn.execute(_members(organization_id).where(user.c.id.in_(ids))).all()


def list_members(conn: Connection, organization_id: int) -> Sequence[Row[Any]]:
    return conn.execute(_members(organization_id).order_by(user.c.id)).all()


def _members(organization_id: int) -> sa.Select[Any]:
    return (
        sa.select(
            user,
            membership.c.role,
            organization.c.title.label("organization_title"),
            sa.select(_OWNER.c.email)
            .where(_OWNER.c.id == organization.c.created_by)
            .scalar_subquery()
            .label("organization_email"),
        )
        .select_from(
            user.join(membership, membership.c.user_id == user.c.id).join(
                organization, organization.c.id == membership.c.organization_id
            )
        )
        .where(membership.c.organization_id == organization_id)
    )


def list_all(conn: Connection) -> Sequence[Row[Any]]:
    statement: sa.Select[Any] = sa.select(user, membership.c.role).select_from(_MEMBER)
    return conn.execute(statement.order_by(user.c.id)).all()


def refs(conn: Connection, ids: Iterable[int]) -> Sequence[Row[Any]]:
    wanted = list(ids)
    if len(wanted) == 1:  # the author of an annotation just saved
        return _ONE_REF.all(conn, {"id": wanted[0]})
    return conn.execute(_REFS, {"ids": wanted}).all()


def member_id_by_email(conn: Connection, organization_id: int, email: str) -> int | None:
    statement = (
        sa.select(user.c.id)
        .join(membership, membership.c.user_id == user.c.id)
        .where(membership.c.organization_id == organization_id, user.c.email == email)
    )
    return conn.execute(statement).scalar()


def is_member(conn: Connection, organization_id: int, user_id: int) -> bool:
    statement = sa.select(membership.c.user_id).where(
        membership.c.organization_id == organization_id, membership.c.user_id == user_id
    )
    return conn.execute(statement).first() is not None


def organizations_of(conn: Connection, user_id: int) -> list[int]:
    """Ids of the organizations that the user is a member of."""
    statement = sa.select(membership.c.organization_id).where(membership.c.user_id == user_id)
    return list(conn.execute(statement.order_by(membership.c.organization_id)).scalars())


def delete_member(conn: Connection, organization_id: int, user_id: int) -> None:
    """End a membership, and the roles in projects of the organization."""
    conn.execute(
        sa.delete(membership).where(
            membership.c.organization_id == organization_id, membership.c.user_id == user_id
        )
    )
    inside = sa.select(project.c.id).where(project.c.organization_id == organization_id)
    conn.execute(
        sa.delete(project_member).where(
            project_member.c.user_id == user_id, project_member.c.project_id.in_(inside)
        )
    )


def leave_organization(conn: Connection, user_id: int, left: int, other: int) -> None:
    """Make `other` the active organization of a user for whom `left` was it."""
    conn.execute(
        sa.update(user)
        .where(user.c.id == user_id, user.c.active_organization_id == left)
        .values(active_organization_id=other)
    )


def insert_user(conn: Connection, values: Mapping[str, Any]) -> int:
    return int(conn.execute(sa.insert(user).values(**values).returning(user.c.id)).scalar_one())


def update_user(conn: Connection, user_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(user).where(user.c.id == user_id).values(**values))


def insert_member(conn: Connection, organization_id: int, user_id: int, role: str, now: int) -> None:
    conn.execute(
        sa.insert(membership).values(
            organization_id=organization_id, user_id=user_id, role=role, created_at=now
        )
    )


def hotkeys_of(conn: Connection, user_id: int) -> str:
    """The user's hotkeys as JSON text."""
    return str(conn.execute(sa.select(user.c.custom_hotkeys).where(user.c.id == user_id)).scalar_one())


def avatar_of(conn: Connection, user_id: int) -> str | None:
    return conn.execute(sa.select(user.c.avatar).where(user.c.id == user_id)).scalar()


def avatar_exists(conn: Connection, organization_id: int, user_id: int, key: str) -> bool:
    """Whether that is the picture of a member of the organization, or of one who left and is shown with their work."""
    statement = sa.select(user.c.id).where(
        user.c.id == user_id,
        user.c.avatar == key,
        sa.or_(
            ~user.c.is_active,
            sa.exists().where(
                membership.c.user_id == user.c.id, membership.c.organization_id == organization_id
            ),
        ),
    )
    return conn.execute(statement).first() is not None


# --- sessions -----------------------------------------------------------------------------------------------------


def insert_session(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(session).values(**values))


def touch_session(conn: Connection, session_hash: str, user_id: int, now: int) -> None:
    """Note activity, at most once a minute, also when several requests come at once."""
    stale = sa.and_(session.c.hash == session_hash, session.c.last_seen_at < now - MINUTE)
    if conn.execute(sa.update(session).where(stale).values(last_seen_at=now)).rowcount:
        conn.execute(sa.update(user).where(user.c.id == user_id).values(last_activity=now))


def sessions_of(conn: Connection, user_id: int) -> Sequence[Row[Any]]:
    """The user's sessions, the last used first."""
    statement = sa.select(session).where(session.c.user_id == user_id)
    return conn.execute(statement.order_by(session.c.last_seen_at.desc(), session.c.hash)).all()


def delete_session(conn: Connection, session_hash: str) -> None:
    conn.execute(sa.delete(session).where(session.c.hash == session_hash))


def delete_sessions_of(conn: Connection, user_id: int, *, keep: str | None = None) -> None:
    conn.execute(sa.delete(session).where(session.c.user_id == user_id, session.c.hash != (keep or "")))


def delete_expired_sessions(conn: Connection, user_id: int, oldest: int) -> None:
    conn.execute(sa.delete(session).where(session.c.user_id == user_id, session.c.created_at < oldest))


# --- API tokens ---------------------------------------------------------------------------------------------------


def live_tokens(conn: Connection, user_id: int, kind: str, now: int) -> Sequence[Row[Any]]:
    statement = (
        sa.select(api_token)
        .where(
            api_token.c.user_id == user_id,
            api_token.c.kind == kind,
            api_token.c.revoked_at.is_(None),
            sa.or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now),
        )
        .order_by(api_token.c.id)
    )
    return conn.execute(statement).all()


def insert_token(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(api_token).values(**values))


def revoke_tokens(conn: Connection, user_id: int, kind: str, now: int) -> None:
    conn.execute(
        sa.update(api_token)
        .where(api_token.c.user_id == user_id, api_token.c.kind == kind, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_token(conn: Connection, token_id: int, now: int) -> bool:
    """Whether this call revoked it: of two at the same time only one gets True."""
    statement = (
        sa.update(api_token)
        .where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return conn.execute(statement).rowcount == 1


def delete_tokens(conn: Connection, user_id: int, kind: str) -> None:
    conn.execute(sa.delete(api_token).where(api_token.c.user_id == user_id, api_token.c.kind == kind))
