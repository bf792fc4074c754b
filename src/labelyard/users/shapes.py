"""Users as JSON, in the shapes of the 1.x contract."""

from typing import Any

import msgspec
from sqlalchemy import Row

from labelyard.access.rights import permissions_of
from labelyard.kit.clock import iso

AVATARS = "avatars"  # where the objects of pictures are


def avatar_url(key: str | None) -> str | None:
    """Where a picture is served, below `/data`."""
    return None if key is None else f"/data/{key}"


def initials(first_name: str, last_name: str, email: str) -> str:
    """First letters of the names, or the first two of the e-mail address when there are none."""
    if first_name or last_name:
        return first_name[:1] + last_name[:1]
    return email[:2]


def user_ref(row: Row[Any]) -> dict[str, Any]:
    """A user as other objects name it."""
    return {
        "id": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "email": row.email,
        "avatar": avatar_url(row.avatar),
        "initials": initials(row.first_name, row.last_name, row.email),
        "username": row.username,
    }


def user_json(row: Row[Any], *, permissions: bool = False) -> dict[str, Any]:
    """The user object of a member row."""
    made: dict[str, Any] = {
        "id": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "username": row.username,
        "email": row.email,
        "last_activity": iso(row.last_activity),
        "custom_hotkeys": msgspec.Raw(row.custom_hotkeys.encode()),
        "avatar": avatar_url(row.avatar),
        "initials": initials(row.first_name, row.last_name, row.email),
        "phone": row.phone,
        "active_organization": row.active_organization_id,
        "active_organization_meta": {"title": row.organization_title, "email": row.organization_email or ""},
        "allow_newsletters": row.allow_newsletters,
        "date_joined": iso(row.date_joined),
    }
    if permissions:
        made["role"] = row.role
        made["permissions"] = permissions_of(row.role)
    return made
