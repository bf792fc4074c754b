"""Signing in, up and out with a password: what stands behind the login pages."""

import math
from dataclasses import dataclass

from sqlalchemy import Connection

from labelyard.context import Context
from labelyard.kit.clock import MINUTE, now_us
from labelyard.kit.crypto import random_token, sha256_hex
from labelyard.kit.errors import Invalid, TooManyRequests
from labelyard.kit.ratelimit import AttemptLimit
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import passwords, queries, service

_WRONG = "The email or the password is wrong."


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
        stored = await self.context.db.read(_password_hash, email) if usable else None
        if not await passwords.fits(stored, password if usable else ""):
            raise Invalid(_WRONG)
        self._by_account.forgive(account_key)
        self._by_address.forgive(visitor.address)
        return await self.context.db.write(_open_for_email, email, stored, persistent, visitor.user_agent)

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

    def _count(self, account_key: str, visitor: Visitor) -> None:
        wait = max(self._by_address.attempt(visitor.address), self._by_account.attempt(account_key))
        if wait:
            seconds = math.ceil(wait)
            raise TooManyRequests(
                f"Too many attempts. Try again in {seconds} seconds.", headers={"Retry-After": str(seconds)}
            )


def _password_hash(conn: Connection, email: str) -> str | None:
    row = queries.by_email(conn, email)
    return row.password_hash if row is not None and row.is_active else None


def _open_for_email(
    conn: Connection, email: str, verified: str | None, persistent: bool, user_agent: str
) -> NewSession:
    row = queries.by_email(conn, email)
    # The password that was verified must still be the one that counts.
    if row is None or not row.is_active or row.password_hash is None or row.password_hash != verified:
        raise Invalid(_WRONG)
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


def close_session(conn: Connection, cookie: str) -> None:
    """End a session; nothing happens when there is none."""
    queries.delete_session(conn, sha256_hex(cookie))
