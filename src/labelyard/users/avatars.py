"""Pictures of people. What is stored is what was sent, so it is served as bytes that can do nothing.

Only raster images are taken, found by their first bytes; the name that the server gives the object says the type, and
the answer carries a policy under which it can run and load nothing.
"""

import re
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.kit.crypto import random_hex
from labelyard.kit.errors import Invalid, NotFound, TooLarge
from labelyard.users import profiles, queries
from labelyard.users.shapes import AVATARS

MAX_BYTES = 1024 * 1024
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_NAME = re.compile(rf"[0-9]{{1,18}}-[0-9a-f]{{40}}\.({'|'.join(_TYPES)})")


def suffix_of(data: bytes) -> str:
    """Suffix for the image's type by its first bytes. Invalid for what is no PNG, JPEG, GIF or WebP, TooLarge."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A picture has at most {MAX_BYTES} bytes, this one has {len(data)}.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    raise Invalid({"avatar": ["Send a PNG, JPEG, GIF or WebP image."]})


def new_key(user_id: int, suffix: str) -> str:
    """An object key that nobody can guess; nothing of it comes from the sender."""
    return f"{AVATARS}/{user_id}-{random_hex()}.{suffix}"


def content_type(name: str) -> str:
    """Type of a stored picture by the name that the server gave it. NotFound for another name."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound
    return _TYPES[found[1]]


def key_for(conn: Connection, actor: Actor, name: str) -> str:
    """The object key of a picture of somebody in the caller's organization. NotFound."""
    content_type(name)
    key = f"{AVATARS}/{name}"
    if not queries.avatar_exists(conn, actor.organization_id, int(name.partition("-")[0]), key):
        raise NotFound
    return key


def check_may(conn: Connection, actor: Actor, user_id: int) -> None:
    """NotFound for a user of another organization, Forbidden for one whose profile is not the caller's to change."""
    profiles.get_user(conn, actor, user_id)
    profiles.require_own(actor, user_id)


def replace(
    conn: Connection, actor: Actor, user_id: int, key: str | None
) -> tuple[dict[str, Any], str | None]:
    """Point a user at another picture, or at none; the user, and the key of the object that is not used any more."""
    check_may(conn, actor, user_id)
    before = queries.avatar_of(conn, user_id)
    queries.update_user(conn, user_id, {"avatar": key})
    return profiles.get_user(conn, actor, user_id), before
