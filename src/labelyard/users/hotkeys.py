"""A user's own keys in the editor: `{"<section>:<action>": {"key": "ctrl+enter", "active": true}}`."""

import re
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.kit.errors import Invalid
from labelyard.users import queries

MAX_HOTKEYS = 500
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}")
_KEY = re.compile(r"[^\x00-\x1f\x7f<>]{1,64}")


class HotkeyErrors(Invalid):
    """What is wrong with which hotkey; clients of 1.x read it under `error` and `details` too."""


def read(conn: Connection, actor: Actor) -> dict[str, Any]:
    """`{"custom_hotkeys": {…}}` of the caller."""
    text = queries.hotkeys_of(conn, actor.user_id)
    return {"custom_hotkeys": msgspec.Raw(text.encode())}


def change(conn: Connection, actor: Actor, hotkeys: dict[str, Any]) -> dict[str, Any]:
    """Replace the caller's hotkeys. HotkeyErrors names each that is wrong."""
    cleaned = {name: _cleaned(value) for name, value in hotkeys.items()}
    text = msgspec.json.encode(cleaned).decode()
    queries.update_user(conn, actor.user_id, {"custom_hotkeys": text})
    return read(conn, actor)


def check(hotkeys: dict[str, Any]) -> None:
    """HotkeyErrors unless all have the documented form."""
    if len(hotkeys) > MAX_HOTKEYS:
        raise HotkeyErrors({"custom_hotkeys": [f"At most {MAX_HOTKEYS} hotkeys, not {len(hotkeys)}."]})
    wrong = {name[:130]: [reason] for name, value in hotkeys.items() if (reason := _fault(name, value))}
    if wrong:
        raise HotkeyErrors({"custom_hotkeys": wrong})


def _fault(name: str, value: Any) -> str | None:
    if not _NAME.fullmatch(name):
        return "A hotkey is named section:action, such as annotation:submit."
    if not isinstance(value, dict):
        return 'A hotkey is an object such as {"key": "ctrl+enter", "active": true}.'
    key, active = value.get("key"), value.get("active", True)
    if not isinstance(active, bool):
        return "active is true or false."
    if key is None and not active:
        return None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return "key is the name of a key, such as ctrl+enter."
    return None


def _cleaned(value: dict[str, Any]) -> dict[str, Any]:
    return {"key": value.get("key"), "active": value.get("active", True)}
