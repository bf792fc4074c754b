"""The door for results: JSON as it came in, checked once, then kept as text."""

from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from labelyard.kit.errors import Invalid
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


@lru_cache(maxsize=128)
def validator(label_config: str) -> ResultValidator:
    """The result check of a label config, compiled once per text."""
    return ResultValidator(parse(label_config))


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
