"""Identifiers that are not row ids."""

import secrets
import uuid

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def new_uuid() -> str:
    return str(uuid.uuid4())


def region_id() -> str:
    """Ten characters `A-Za-z0-9_-`, the form of region ids in results."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def random_order_key() -> int:
    """A random non-negative 62-bit integer: the place of a task in uniform sampling."""
    return secrets.randbits(62)
