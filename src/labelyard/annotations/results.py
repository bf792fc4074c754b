"""The door for results: JSON as it came in, checked once, then kept as text."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from labelyard.kit.errors import Invalid
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator, canonical

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


@lru_cache(maxsize=128)
def validator(label_config: str) -> ResultValidator:
    """The result check of a label config, compiled once per text."""
    return ResultValidator(parse(label_config))


@lru_cache(maxsize=128)
def _made_validator(label_config: str) -> ResultValidator:
    return ResultValidator(parse(label_config), any_label=True)


def check_made(
    text: str | None,
    label_config: str,
    *,
    kept: str | None = None,
    earlier: Callable[[], Iterable[str]] = list,
) -> None:
    """Hold a result that somebody saves (checked JSON text) against the label config. Invalid names region and field.

    Items that stand in `kept`, the result so far, stay. A result that fits one of the `earlier` configs was begun before
    the config was changed, and is taken too.
    """
    if text is None:
        return
    if _made_validator(label_config).fitting.predictions(b"[" + text.encode() + b"]"):
        return
    items = msgspec.json.decode(text)
    known = frozenset(canonical(item) for item in msgspec.json.decode(kept)) if kept else frozenset()
    faults = _made_validator(label_config).validate_made(items, known)
    if not faults:
        return
    begun_with = map(_made_validator, earlier())
    if not any(not each.is_open and not each.validate_made(items, known) for each in begun_with):
        raise Invalid({"result": faults})


# What annotations and drafts have to fulfil does not depend on the config, which may have changed since they were begun.
_ANY_CONFIG = "<View></View>"


def result_text(value: Any, field: str = "result") -> str | None:
    """The JSON text of a result to store, None for null.

    `value` is JSON text as it came (`msgspec.Raw`), or from a form a string with JSON, or Python values.
    Invalid names item and key.
    """
    if isinstance(value, msgspec.Raw):
        value = bytes(value)
        if value[:1] == b'"':
            value = _inner(value)
    elif isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    elif value is not None:
        value = msgspec.json.encode(value)
    if value is None or value.strip() == b"null":
        return None
    faults = validator(_ANY_CONFIG).validate_annotation(value)
    if faults:
        raise Invalid({field: faults})
    text: str = value.decode()
    return text


def _inner(text: bytes) -> bytes:
    """A result that was sent as a string is the JSON in it."""
    try:
        return msgspec.json.decode(text, type=str).encode()
    except msgspec.DecodeError as error:
        raise Invalid({"result": [f"Not valid JSON: {error}."]}) from error


def item_count(text: str | None) -> int:
    """How many items a checked result has."""
    return len(_items(text)) if text else 0


def unique_id(value: str) -> str:
    """A UUID in its usual spelling. Invalid when it is none."""
    try:
        return str(UUID(value))
    except ValueError:
        raise Invalid({"unique_id": ["Must be a valid UUID."]}) from None
