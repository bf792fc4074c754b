"""Personal access tokens of a 1.x install.

They are JWTs signed (HS256) with the secret key of the old install, of which the database keeps what is signed, often
without the signature. With that key the signature is made once more, and the hash of the whole token is stored: nothing
here has to know the key of another server afterwards.

An account that was here before gets none, as it keeps its password: an address, which Label Studio never verifies, is no
proof that both accounts are of one person, and the token would open all that the account here may see.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.kit.clock import now_us
from labelyard.takeover.install.work import Work, time_of
from labelyard.users import tokens

_SECRET = re.compile(r"^[ \t]*(?:export[ \t]+)?SECRET_KEY[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*$", re.MULTILINE)
_LONGEST = 1_000_000  # bytes of a file with variables


def secret_key_of(path: Path) -> str | None:
    """The value of SECRET_KEY in a file of variables (`.env`); None without one, or without the file."""
    try:
        if path.stat().st_size > _LONGEST:
            return None
        found = _SECRET.search(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    value = found["value"] if found else ""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return value or None


def store_tokens(work: Work, conn: Connection) -> None:
    """Those that still hold, of the accounts that were made here; the others are told."""
    ended = {row["token_id"] for row in work.source.rows("token_blacklist_blacklistedtoken", ("token_id",))}
    columns = ("id", "token", "user_id", "created_at", "expires_at")
    unsigned = of_known = 0
    for row in work.source.rows("token_blacklist_outstandingtoken", columns, order="id"):
        if row["id"] in ended or (row["expires_at"] and time_of(row["expires_at"]) <= now_us()):
            continue
        token = _whole(row["token"] or "", work.secret_key)
        if row["user_id"] in work.known_users:
            of_known += token is None or not tokens.is_taken_over(conn, token)
        elif row["user_id"] in work.new_users and token is None:
            unsigned += 1
        elif row["user_id"] in work.new_users and token is not None:
            expires = time_of(row["expires_at"]) if row["expires_at"] else None
            created = time_of(row["created_at"])
            tokens.take_over_refresh(conn, work.user[row["user_id"]], token, created, expires)
            work.report.tokens += 1
    if unsigned:
        work.report.notes.append(
            f"{unsigned} personal access tokens, which only the SECRET_KEY of the old install can sign: name the file "
            "that has it with --env-file, or let their owners make new ones."
        )
    if of_known:
        work.report.notes.append(
            f"{of_known} personal access tokens of people who had an account already were left out: the same address is no "
            "proof of the same person. Let their owners make new ones."
        )


def _whole(text: str, secret_key: str | None) -> str | None:
    """The token with its signature; None where nobody can tell what that was."""
    parts = text.split(".")
    header, claims = (_object(part) for part in (*parts, "", "")[:2])
    if header.get("alg") != "HS256" or claims.get("token_type") != "refresh":
        return None
    if len(parts) == 3 and parts[2]:
        return text
    if secret_key is None:
        return None
    head = ".".join(parts[:2])
    signature = hmac.digest(secret_key.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _object(part: str) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
