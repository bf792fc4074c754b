"""API tokens: legacy tokens (`Authorization: Token …`) and JWT personal access tokens.

A JWT comes in two kinds (compatible with Label Studio 1.x): the long-lived `refresh` token that a person keeps, and
the `access` token of five minutes that clients get for it. Of a refresh token only the hash of its `jti` and the
part without the signature are stored, of a legacy token its hash and a ciphertext under the install's key: a dump
of the database signs nobody in.
"""

import uuid
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import DAY, SECOND, now_us
from labelyard.kit.crypto import Secrets, random_hex, same, sha256_hex
from labelyard.kit.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import queries

LEGACY = "legacy"
REFRESH = "refresh"
ACCESS = "access"
ACCESS_SECONDS = 300
FOREVER_DAYS = 200 * 365
_MAX_TOKEN = 4096  # characters; ours are below 400
_ALGORITHM = "HS256"
_BAD = "Token is invalid or expired"


def _encode(secrets: Secrets, claims: dict[str, Any]) -> str:
    # Here and below: the library takes a tenth of the time in which the server starts, and not every install has JWTs.
    from joserfc import jwt
    from joserfc.jwk import OctKey

    key = OctKey.import_key(secrets.jwt_key)
    return jwt.encode({"alg": _ALGORITHM, "typ": "JWT"}, claims, key, algorithms=[_ALGORITHM])


def _decode(secrets: Secrets, token: str, kind: str) -> dict[str, Any] | None:
    """Claims of a token of this kind with a good signature, whose time is not over; else None."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    if len(token) > _MAX_TOKEN:
        return None
    try:
        claims = jwt.decode(token, OctKey.import_key(secrets.jwt_key), algorithms=[_ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
    expires = claims.get("exp")
    if claims.get("token_type") != kind or not isinstance(expires, int | float):
        return None
    return dict(claims) if expires * SECOND > now_us() else None


def read_access(secrets: Secrets, token: str) -> int:
    """User id of an access token. Unauthenticated for anything else, refresh tokens included."""
    claims = _decode(secrets, token, ACCESS)
    user_id = str(claims.get("user_id", "")) if claims else ""
    if not user_id.isascii() or not user_id.isdigit() or len(user_id) > 18:
        raise Unauthenticated(f"{_BAD}.")
    return int(user_id)


def _claims(kind: str, user_id: int, seconds: int) -> dict[str, Any]:
    now = now_us() // SECOND
    return {
        "token_type": kind,
        "exp": now + seconds,
        "iat": now,
        "jti": uuid.uuid4().hex,
        "user_id": str(user_id),
    }


# --- personal access tokens ---------------------------------------------------------------------------------------


def list_refresh(conn: Connection, actor: Actor) -> list[dict[str, str]]:
    """The live refresh tokens of the actor, without their signatures."""
    return [{"token": row.head} for row in queries.live_tokens(conn, actor.user_id, REFRESH, now_us())]


def create_refresh(conn: Connection, actor: Actor, secrets: Secrets) -> dict[str, str]:
    """A new refresh token, shown this once. Conflict while another one lives, Forbidden when tokens are off."""
    organization = organizations.own(conn, actor)
    if not organization.api_tokens_enabled:
        raise Forbidden("API tokens are switched off in this organization.")
    _lock(conn, actor.user_id)
    if queries.live_tokens(conn, actor.user_id, REFRESH, now_us()):
        raise Conflict("You already have a personal access token. Revoke or rotate it first.")
    return {"token": _issue(conn, secrets, actor.user_id, organization.api_token_ttl_days)}


def _lock(conn: Connection, user_id: int) -> None:
    """Two requests of one user at the same time take turns; writing the row locks it on every engine."""
    queries.update_user(conn, user_id, {"id": user_id})


def _issue(conn: Connection, secrets: Secrets, user_id: int, days: int | None) -> str:
    days = days or FOREVER_DAYS
    claims = _claims(REFRESH, user_id, days * 24 * 3600)
    token = _encode(secrets, claims)
    now = now_us()
    queries.insert_token(
        conn,
        {
            "user_id": user_id,
            "kind": REFRESH,
            "hash": sha256_hex(claims["jti"]),
            "head": token.rpartition(".")[0],
            "created_at": now,
            "expires_at": now + days * DAY,
        },
    )
    return token


def take_over_refresh(
    conn: Connection, user_id: int, token: str, created_at: int, expires_at: int | None
) -> None:
    """Let a refresh token that another server signed go on working. Nothing happens when it does already."""
    if not is_taken_over(conn, token):
        queries.insert_token(
            conn,
            {
                "user_id": user_id,
                "kind": REFRESH,
                "hash": _hash_of_elsewhere(token),
                "head": token.rpartition(".")[0],
                "created_at": created_at,
                "expires_at": expires_at,
            },
        )


def is_taken_over(conn: Connection, token: str) -> bool:
    """Whether the refresh token that another server signed was taken over, revoked since or not."""
    return queries.by_token(conn, REFRESH, _hash_of_elsewhere(token)) is not None


def _hash_of_elsewhere(token: str) -> str:
    """What a token that we did not sign is known by: all of it, as nothing less is secret. No jti is like it."""
    return sha256_hex(f"signed elsewhere {token}")


def _stored(conn: Connection, secrets: Secrets, token: str) -> Row[Any] | None:
    """The row of a genuine refresh token, live or revoked."""
    claims = _decode(secrets, token, REFRESH)
    if claims is not None:
        row = queries.by_token(conn, REFRESH, sha256_hex(str(claims.get("jti"))))
    elif len(token) <= _MAX_TOKEN:
        row = queries.by_token(conn, REFRESH, _hash_of_elsewhere(token))
        if row is not None and row.expires_at is not None and row.expires_at <= now_us():
            return None
    else:
        return None
    return row if row is not None and row.is_active else None


def refresh(conn: Connection, secrets: Secrets, token: str) -> dict[str, str]:
    """An access token for a live refresh token. Unauthenticated for a bad, revoked or disabled one."""
    row = _stored(conn, secrets, token)
    if row is None or row.revoked_at is not None or not row.api_tokens_enabled:
        raise Unauthenticated(f"{_BAD}.")
    return {"access": _encode(secrets, _claims(ACCESS, row.id, ACCESS_SECONDS))}


def rotate(conn: Connection, secrets: Secrets, token: str) -> dict[str, str]:
    """A new refresh token in place of this one, which ends. BadRequest when it is bad or revoked already."""
    row = _stored(conn, secrets, token)
    if row is None or not row.api_tokens_enabled or not queries.revoke_token(conn, row.token_id, now_us()):
        raise Invalid({"refresh": [f"{_BAD}, or was revoked."]})
    days = organizations.token_ttl_days(conn, row.organization_id)
    return {"refresh": _issue(conn, secrets, row.id, days)}


def blacklist(conn: Connection, secrets: Secrets, actor: Actor | None, token: str) -> None:
    """End a refresh token: the whole token proves itself, its part without signature needs its signed-in owner.

    NotFound when it is revoked already.
    """
    if token.count(".") == 1:
        token_id = _own_by_head(conn, actor, token)
    else:
        row = _stored(conn, secrets, token)
        if row is None:
            raise Unauthenticated(f"{_BAD}.")
        token_id = row.token_id
    if token_id is None or not queries.revoke_token(conn, token_id, now_us()):
        raise NotFound("Token is not valid or was revoked already.")


def _own_by_head(conn: Connection, actor: Actor | None, head: str) -> int | None:
    if actor is None:
        raise Unauthenticated
    for row in queries.live_tokens(conn, actor.user_id, REFRESH, now_us()):
        if same(row.head, head):
            return int(row.id)
    return None


# --- legacy tokens ------------------------------------------------------------------------------------------------


def read_legacy(conn: Connection, secrets: Secrets, settings: Settings, actor: Actor) -> dict[str, str]:
    """The own legacy token, "" when none was made yet. Forbidden where it cannot be used or read back."""
    if not settings.legacy_token_readable:
        raise Forbidden("Tokens cannot be read back on this server. Make a new one with reset-token.")
    if not organizations.own(conn, actor).legacy_api_tokens_enabled:
        raise Forbidden("Legacy tokens are switched off in this organization (/api/jwt/settings).")
    rows = queries.live_tokens(conn, actor.user_id, LEGACY, now_us())
    plain = secrets.decrypt(rows[-1].secret) if rows and rows[-1].secret else None
    return {"token": plain or ""}


def reset_legacy(
    conn: Connection, secrets: Secrets, user_id: int, token: str | None = None
) -> dict[str, str]:
    """A new legacy token for the user (or the given one); the old one ends."""
    token = token or random_hex()
    digest = sha256_hex(token)
    queries.delete_tokens(conn, user_id, LEGACY)
    if queries.by_token(conn, LEGACY, digest) is not None:
        raise BadRequest("This token belongs to another user.")
    queries.insert_token(
        conn,
        {
            "user_id": user_id,
            "kind": LEGACY,
            "hash": digest,
            "secret": secrets.encrypt(token),
            "created_at": now_us(),
        },
    )
    return {"token": token}
