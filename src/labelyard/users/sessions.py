"""Signing in, up and out with a password: what stands behind the login pages, and the sessions that come of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.clock import MINUTE, iso, now_us
from labelyard.kit.crypto import is_own_hash, random_token, sha256_hex
from labelyard.kit.errors import Forbidden, Invalid, NotFound
from labelyard.kit.ratelimit import AttemptLimit
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import passwords, queries, service
from labelyard.users.limits import refuse_after

_WRONG = "The email or the password is wrong."
# As much of a session's hash as tells the sessions of one user apart.
_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class NewSession:
    """`cookie` is known only to the browser; the store keeps its hash. `max_age` in seconds, None = browser session."""

    cookie: str
    max_age: int | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a form comes from."""

    address: str
    user_agent: str


class SignIn:
    """Logs in and signs up. One object per server: it remembers failed attempts."""

    def __init__(self, context: Context) -> None:
        self.context = context
        # One person who forgot a password gets ten tries; one address that tries many accounts a hundred.
        self._by_account = AttemptLimit(free=10)
        self._by_address = AttemptLimit(free=100)

    async def log_in(self, email: str, password: str, visitor: Visitor, *, persistent: bool) -> NewSession:
        """A new session. Invalid for a wrong email or password, in the same words and time; TooManyRequests."""
        email = email.strip().lower()
        account_key = f"{visitor.address} {email}"
        self._count(account_key, visitor)
        usable = len(email) <= 254 and "\x00" not in email and len(password) <= service.MAX_PASSWORD
        stored = await self.context.db.read(service.password_hash_of, email) if usable else None
        if not await passwords.fits(stored, password if usable else ""):
            raise Invalid(_WRONG)
        self._by_account.forgive(account_key)
        self._by_address.forgive(visitor.address)
        # A hash taken over from another program is replaced by one of ours as soon as the password is known.
        renewed = None if stored is None or is_own_hash(stored) else await passwords.hash_of(password)
        return await self.context.db.write(
            _open_for_email, email, stored, persistent, visitor.user_agent, renewed
        )

    async def sign_up(
        self,
        email: str,
        password: str,
        visitor: Visitor,
        *,
        invite_token: str = "",
        allow_newsletters: bool | None = None,
    ) -> NewSession:
        """Make an account and sign it in. Forbidden while sign-up is closed; Invalid for the fields."""
        settings = self.context.settings
        self._count(f"{visitor.address} sign-up", visitor)
        await self.context.db.read(service.check_signup, settings, invite_token)
        email = service.clean_email(email)
        service.check_password(password)
        hashed = await passwords.hash_of(password)
        return await self.context.db.write(
            _sign_up, settings, email, hashed, invite_token, allow_newsletters, visitor.user_agent
        )

    async def change_password(self, actor: Actor, current: str, new: str, visitor: Visitor) -> None:
        """Set another password for the caller and end all their other sessions.

        Invalid for a wrong current password or an unusable new one, TooManyRequests, Forbidden for an account that
        has no password.
        """
        account_key = f"{visitor.address} {actor.email}"
        self._count(account_key, visitor)
        stored = await self.context.db.read(service.password_hash_of, actor.email)
        if stored is None:
            raise Forbidden("This account has no password. The operator can set one.")
        usable = len(current) <= service.MAX_PASSWORD
        if not await passwords.fits(stored, current if usable else ""):
            raise Invalid({"current_password": ["The password is wrong."]})
        self._by_account.forgive(account_key)
        self._by_address.forgive(visitor.address)
        try:
            service.check_password(new)
        except Invalid as problem:
            raise Invalid({"new_password": problem.errors["password"]}) from problem
        hashed = await passwords.hash_of(new)
        await self.context.db.write(_replace_password, actor, stored, hashed)

    def _count(self, account_key: str, visitor: Visitor) -> None:
        refuse_after(max(self._by_address.attempt(visitor.address), self._by_account.attempt(account_key)))


def _open_for_email(
    conn: Connection,
    email: str,
    verified: str | None,
    persistent: bool,
    user_agent: str,
    renewed: str | None,
) -> NewSession:
    row = queries.by_email(conn, email)
    # The password that was verified must still be the one that counts.
    if row is None or not row.is_active or row.password_hash is None or row.password_hash != verified:
        raise Invalid(_WRONG)
    if renewed is not None:
        queries.update_user(conn, row.id, {"password_hash": renewed})
    return open_session(conn, row.id, persistent=persistent, user_agent=user_agent)


def _sign_up(
    conn: Connection,
    settings: Settings,
    email: str,
    password_hash: str,
    invite_token: str,
    allow_newsletters: bool | None,
    user_agent: str,
) -> NewSession:
    user_id = service.create_account(
        conn, settings, email, password_hash, invite_token=invite_token, allow_newsletters=allow_newsletters
    )
    return open_session(conn, user_id, persistent=False, user_agent=user_agent)


def open_session(conn: Connection, user_id: int, *, persistent: bool, user_agent: str) -> NewSession:
    """A session for the user; sessions of the user that are over go."""
    now = now_us()
    age_minutes = organizations.max_session_age(conn, service.actor_of(conn, user_id))
    queries.delete_expired_sessions(conn, user_id, now - age_minutes * MINUTE)
    cookie = random_token(32)
    queries.insert_session(
        conn,
        {
            "hash": sha256_hex(cookie),
            "user_id": user_id,
            "created_at": now,
            "last_seen_at": now,
            "persistent": persistent,
            "user_agent": user_agent.replace("\x00", "")[:256],
        },
    )
    queries.update_user(conn, user_id, {"last_activity": now})
    return NewSession(cookie, age_minutes * 60 if persistent else None)


def _replace_password(conn: Connection, actor: Actor, verified: str, password_hash: str) -> None:
    if service.password_hash_of(conn, actor.email) != verified:
        raise Invalid({"current_password": ["The password was changed meanwhile."]})
    queries.update_user(conn, actor.user_id, {"password_hash": password_hash})
    queries.delete_sessions_of(conn, actor.user_id, keep=actor.session_id)


def list_sessions(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    """The caller's sessions that still hold, the last used first.

    `{id, created_at, last_seen_at, persistent, user_agent, current}`; `id` is good for ending one, for nothing else.
    """
    organization = organizations.own(conn, actor)
    now = now_us()
    return [
        {
            "id": row.hash[:_ID_LENGTH],
            "created_at": iso(row.created_at),
            "last_seen_at": iso(row.last_seen_at),
            "persistent": row.persistent,
            "user_agent": row.user_agent,
            "current": row.hash == actor.session_id,
        }
        for row in queries.sessions_of(conn, actor.user_id)
        if now - row.created_at <= organization.max_session_age_minutes * MINUTE
        and now - row.last_seen_at <= organization.max_idle_minutes * MINUTE
    ]


def end_session(conn: Connection, actor: Actor, session_id: str) -> None:
    """End one of the caller's sessions, by the id of the list. NotFound for what is none."""
    for row in queries.sessions_of(conn, actor.user_id):
        if row.hash[:_ID_LENGTH] == session_id:
            queries.delete_session(conn, row.hash)
            return
    raise NotFound


def end_other_sessions(conn: Connection, actor: Actor) -> None:
    """End all of the caller's sessions but the one that asks."""
    queries.delete_sessions_of(conn, actor.user_id, keep=actor.session_id)


def close_session(conn: Connection, cookie: str) -> None:
    """End a session; nothing happens when there is none."""
    queries.delete_session(conn, sha256_hex(cookie))
