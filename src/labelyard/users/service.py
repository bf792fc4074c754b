"""Accounts, and who is asking: every `Actor` is made here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row

from labelyard.actor import Actor, Role, Via
from labelyard.kit.clock import MINUTE, iso, now_us
from labelyard.kit.crypto import Secrets, sha256_hex
from labelyard.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from labelyard.organizations import service as organizations
from labelyard.organizations.service import INVITED_ROLE
from labelyard.settings import Settings
from labelyard.users import queries, tokens
from labelyard.users.shapes import user_ref

LOCAL_EMAIL = "owner@localhost"
MIN_PASSWORD = 8
MAX_PASSWORD = 1024  # characters; a longer one only costs hashing time
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
INVALID_TOKEN = "Invalid token."  # noqa: S105 - the text that clients match


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and whether the activity of the session is due to be noted (at most once a minute)."""

    actor: Actor
    touch: bool = False


# --- who is asking ------------------------------------------------------------------------------------------------


def authenticate(
    conn: Connection,
    secrets: Secrets,
    settings: Settings,
    *,
    session: str | None = None,
    token: str | None = None,
    bearer: str | None = None,
) -> Actor:
    """The actor of a request; see `identify`."""
    return identify(conn, secrets, settings, session=session, token=token, bearer=bearer).actor


def identify(
    conn: Connection,
    secrets: Secrets,
    settings: Settings,
    *,
    session: str | None = None,
    token: str | None = None,
    bearer: str | None = None,
    named: str | None = None,
) -> Identity:
    """Who sent these credentials: cookie value, legacy token or JWT access token.

    `named`: the user name that came with the password of the settings; the account of that address, else the owner.
    Without any, the local owner while the server is in local mode. A credential that was sent and does not hold is
    never replaced by a weaker one, except a stale cookie in local mode. Unauthenticated otherwise.
    """
    if bearer is not None:
        return Identity(_by_bearer(conn, secrets, bearer))
    if token is not None:
        return Identity(_by_legacy_token(conn, token))
    found = _by_session(conn, session) if session else None
    if found is not None:
        return found
    if named is not None:
        return Identity(_by_name(conn, named))
    owner = queries.local_owner(conn) if settings.may_be_local else None
    if owner is None:
        raise Unauthenticated
    return Identity(_actor(owner, "local"))


def _by_name(conn: Connection, name: str) -> Actor:
    known = queries.by_email(conn, name.strip().lower())
    row = queries.by_id(conn, known.id) if known is not None else queries.first_owner(conn)
    if row is None or not row.is_active:
        raise Unauthenticated
    return _actor(row, "basic")


def _actor(row: Row[Any], via: Via, session_id: str | None = None) -> Actor:
    return Actor(
        user_id=row.id,
        organization_id=row.organization_id,
        role=cast(Role, row.role),
        email=row.email,
        via=via,
        session_id=session_id,
    )


def _by_session(conn: Connection, cookie: str) -> Identity | None:
    session_hash = sha256_hex(cookie)
    row = queries.by_session(conn, session_hash)
    if row is None or not row.is_active:
        return None
    now = now_us()
    too_old = now - row.created_at > row.max_session_age_minutes * MINUTE
    idle = now - row.last_seen_at > row.max_idle_minutes * MINUTE
    if too_old or idle:
        return None
    return Identity(_actor(row, "session", session_hash), touch=now - row.last_seen_at > MINUTE)


def _by_legacy_token(conn: Connection, token: str) -> Actor:
    row = queries.by_token(conn, tokens.LEGACY, sha256_hex(token))
    if row is None or row.revoked_at is not None or not row.is_active or not row.legacy_api_tokens_enabled:
        raise Unauthenticated(INVALID_TOKEN)
    return _actor(row, "token")


def _by_bearer(conn: Connection, secrets: Secrets, bearer: str) -> Actor:
    user_id = tokens.read_access(secrets, bearer)
    row = queries.by_id(conn, user_id)
    if row is None or not row.is_active or not row.api_tokens_enabled:
        raise Unauthenticated(INVALID_TOKEN)
    return _actor(row, "jwt")


def is_local(conn: Connection, settings: Settings) -> bool:
    """Whether the person at this machine works without signing in: allowed, on loopback, and no account yet."""
    return settings.may_be_local and not queries.password_exists(conn)


def local_actor(conn: Connection) -> Actor:
    """The owner in local mode, a row made by `ensure_local_owner`."""
    row = queries.first_owner(conn)
    if row is None:
        raise Unauthenticated
    return _actor(row, "local")


def cli_actor(conn: Connection) -> Actor:
    """The owner, for the command line, whose user already has the files."""
    row = queries.first_owner(conn)
    if row is None:
        raise NotFound("There is no account yet.")
    return _actor(row, "cli")


def cli_actor_for(conn: Connection, project_id: int) -> Actor:
    """The owner of the organization that has the project, for the command line. NotFound without one."""
    row = queries.owner_of_project(conn, project_id)
    if row is None:
        raise NotFound
    return Actor(row.id, row.organization_id, "owner", row.email, "cli")


def actor_of(conn: Connection, user_id: int, via: Via = "cli") -> Actor:
    """The actor that is this user. NotFound without such a user."""
    row = queries.by_id(conn, user_id)
    if row is None:
        raise NotFound
    return _actor(row, via)


def worker(conn: Connection, user_id: int, project_id: int) -> Actor:
    """Who a job in a project works as: the user who asked for it, in the organization of the project.

    Rights were looked at when the job was asked for; it goes to its end although the user has moved to another
    organization meanwhile, or was taken out. NotFound when the project or the user is gone.
    """
    row = queries.for_project(conn, user_id, project_id)
    if row is None:
        raise NotFound
    return Actor(row.id, row.organization_id, "administrator", row.email, "job")


def ensure_local_owner(conn: Connection) -> None:
    """Make the owner of local mode where there is no user at all. It has no password: nobody can sign in with it."""
    organizations.lock_accounts(conn)
    if not queries.any_user(conn):
        create_user(conn, LOCAL_EMAIL, None)


def note_activity(conn: Connection, actor: Actor) -> None:
    """Remember that the session was used now."""
    if actor.session_id is not None:
        queries.touch_session(conn, actor.session_id, actor.user_id, now_us())


# --- making accounts ----------------------------------------------------------------------------------------------


def clean_email(email: str) -> str:
    """The address as it is stored, lower case. Invalid under `email`."""
    cleaned = email.strip().lower()
    if not _EMAIL.fullmatch(cleaned) or len(cleaned) > 254:
        raise Invalid({"email": ["Enter a valid email address."]})
    return cleaned


def check_password(password: str) -> None:
    """Invalid under `password` when it is too short or too long."""
    if len(password) < MIN_PASSWORD:
        raise Invalid({"password": [f"The password must have at least {MIN_PASSWORD} characters."]})
    if len(password) > MAX_PASSWORD:
        raise Invalid({"password": [f"The password must have at most {MAX_PASSWORD} characters."]})


def create_user(
    conn: Connection,
    email: str,
    password_hash: str | None,
    *,
    role: Role = INVITED_ROLE,
    legacy_tokens: bool = False,
    organization_id: int | None = None,
    reopen: bool = False,
    **fields: Any,
) -> int:
    """Make a user of an organization (by default the first); the very first one makes it and owns it.

    Invalid on a taken email. With `reopen` the account of one who left opens again.
    """
    email = clean_email(email)
    known = queries.by_email(conn, email)
    if known is not None and (known.is_active or not reopen):
        raise Invalid({"email": ["User with this email already exists."]})
    organization_id = organization_id or organizations.first_id(conn)
    first = organization_id is None
    if organization_id is None:
        organization_id = organizations.create(conn, legacy_tokens=legacy_tokens)
        role = "owner"
    now = now_us()
    values = {"password_hash": password_hash, "active_organization_id": organization_id, **fields}
    if known is not None:
        user_id = int(known.id)
        queries.update_user(conn, user_id, {**values, "is_active": True})
    else:
        names = {"email": email, "username": email.partition("@")[0]}
        user_id = queries.insert_user(conn, {**names, "date_joined": now, "last_activity": now, **values})
    queries.insert_member(conn, organization_id, user_id, role, now)
    if first:
        organizations.set_creator(conn, organization_id, user_id)
    return user_id


def create_account(
    conn: Connection,
    settings: Settings,
    email: str,
    password_hash: str,
    *,
    invite_token: str = "",
    allow_newsletters: bool | None = None,
) -> int:
    """Sign up, as far as it is open now (`check_signup`). The first account takes over what was made in local mode."""
    organizations.lock_accounts(conn)
    check_signup(conn, settings, invite_token)
    invited = organizations.invitation(conn, invite_token)
    return make_account(
        conn, settings, email, password_hash,
        role=INVITED_ROLE if invited is None else invited.role,
        organization_id=None if invited is None else invited.organization_id,
        allow_newsletters=allow_newsletters,
    )  # fmt: skip


def make_account(
    conn: Connection,
    settings: Settings,
    email: str,
    password_hash: str,
    *,
    role: Role = INVITED_ROLE,
    organization_id: int | None = None,
    reopen: bool = False,
    allow_newsletters: bool | None = None,
) -> int:
    """An account with a password, without asking whether sign-up is open: for the command line and `create_account`."""
    local = None if queries.password_exists(conn) else queries.by_email(conn, LOCAL_EMAIL)
    if local is None:
        return create_user(
            conn,
            email,
            password_hash,
            role=role,
            legacy_tokens=settings.enable_legacy_api_token,
            organization_id=organization_id,
            reopen=reopen,
            allow_newsletters=allow_newsletters,
        )
    email = clean_email(email)
    queries.update_user(
        conn,
        local.id,
        {
            "email": email,
            "username": email.partition("@")[0],
            "password_hash": password_hash,
            "allow_newsletters": allow_newsletters,
        },
    )
    if settings.enable_legacy_api_token:
        organizations.enable_legacy_tokens(conn, local.active_organization_id)
    return int(local.id)


def make_owner(conn: Connection, organization_id: int, email: str, password_hash: str | None) -> None:
    """The owner of a new organization: the account with this email, or with a password hash a new one.

    Conflict while nobody can sign in: the first account takes over what was made without one.
    """
    if not queries.password_exists(conn):
        raise Conflict("There is no account yet. Make the first one with `labelyard user create`.")
    known = queries.by_email(conn, clean_email(email))
    if known is not None and known.is_active:
        user_id = int(known.id)
        queries.insert_member(conn, organization_id, user_id, "owner", now_us())
    else:
        user_id = create_user(
            conn, email, password_hash, role="owner", organization_id=organization_id, reopen=True
        )
    organizations.set_creator(conn, organization_id, user_id)


def check_signup(conn: Connection, settings: Settings, invite_token: str = "") -> None:
    """Forbidden unless sign-up is open: for the first account, with an invitation, or when the operator opened it."""
    if organizations.invitation(conn, invite_token) is not None or signup_open(conn, settings):
        return
    raise Forbidden("Sign-up is closed. Ask the owner of this server for an invitation link.")


def signup_open(conn: Connection, settings: Settings) -> bool:
    """Whether a person without an invitation may make an account."""
    if settings.disable_signup_without_link or settings.multi_session:
        return False
    return settings.open_signup or not queries.password_exists(conn)


def account_exists(conn: Connection, email: str) -> bool:
    row = queries.by_email(conn, clean_email(email))
    return row is not None and bool(row.is_active)


def id_of(conn: Connection, email: str) -> int:
    """Id of the account. NotFound without such an account."""
    row = queries.by_email(conn, clean_email(email))
    if row is None:
        raise NotFound(f"There is no account with the email {email}.")
    return int(row.id)


def accounts(conn: Connection) -> list[dict[str, Any]]:
    """All accounts: `id`, `email`, `role`, `last_activity` (ISO-8601), `can_sign_in`."""
    return [
        {
            "id": row.id,
            "email": row.email,
            "role": row.role,
            "last_activity": iso(row.last_activity),
            "can_sign_in": row.password_hash is not None and row.is_active,
        }
        for row in queries.list_all(conn)
    ]


def apply_settings(conn: Connection, settings: Settings) -> None:
    """What a server does to its accounts at start: the owner of local mode, legacy tokens where asked for."""
    if settings.may_be_local or settings.basic_auth:
        ensure_local_owner(conn)
    organization_id = organizations.first_id(conn)
    if settings.enable_legacy_api_token and organization_id is not None:
        organizations.enable_legacy_tokens(conn, organization_id)


def password_hash_of(conn: Connection, email: str) -> str | None:
    """The hash of an account's password; None without such an account, a password, or when it is closed."""
    row = queries.by_email(conn, email.strip().lower())
    return row.password_hash if row is not None and row.is_active else None


def set_password(conn: Connection, email: str, password_hash: str) -> None:
    """Set a password and end all sessions of the account. NotFound without such an account."""
    user_id = id_of(conn, email)
    queries.update_user(conn, user_id, {"password_hash": password_hash})
    queries.delete_sessions_of(conn, user_id)


# --- accounts that were made elsewhere -----------------------------------------------------------------------------


def take_over(conn: Connection, email: str, values: Mapping[str, Any]) -> tuple[int, bool]:
    """The account with this email, made with these columns unless it is there; its id, and whether it was made."""
    email = clean_email(email)
    known = queries.by_email(conn, email)
    if known is not None:
        return int(known.id), False
    return queries.insert_user(conn, {**values, "email": email}), True


def join(conn: Connection, organization_id: int, user_id: int, role: Role) -> None:
    """Make the user a member, unless they are one."""
    if not queries.is_member(conn, organization_id, user_id):
        queries.insert_member(conn, organization_id, user_id, role, now_us())


def set_avatar(conn: Connection, user_id: int, key: str) -> None:
    """Show this object as the user's picture."""
    queries.update_user(conn, user_id, {"avatar": key})


def anybody_signs_in(conn: Connection) -> bool:
    """Whether any account has a password."""
    return queries.password_exists(conn)


# --- what other slices ask ----------------------------------------------------------------------------------------


def user_refs(conn: Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """id → `{id, first_name, last_name, email, avatar, initials, username}`; ids without a user are left out."""
    wanted = set(ids)
    return {row.id: user_ref(row) for row in queries.refs(conn, wanted)} if wanted else {}


def member_id_by_email(conn: Connection, organization_id: int, email: str) -> int | None:
    return queries.member_id_by_email(conn, organization_id, email.strip().lower())


def is_member(conn: Connection, organization_id: int, user_id: int) -> bool:
    return queries.is_member(conn, organization_id, user_id)


def check_bind(settings: Settings, conn: Connection) -> None:
    """Conflict when the server would listen beyond loopback while nobody needs a good password to use it."""
    if settings.is_loopback or settings.multi_session:
        return
    if settings.basic_auth and len(settings.password) < MIN_PASSWORD:
        raise Conflict(
            f"Refusing to listen on {settings.host} with that password: it needs {MIN_PASSWORD} characters where others "
            "can try it."
        )
    if not settings.basic_auth and not queries.password_exists(conn):
        raise Conflict(
            f"Refusing to listen on {settings.host}: there is no account yet, so everybody in reach could use the "
            "server. Make one first (`labelyard user create`, or --username and --password), or use --host 127.0.0.1."
        )
