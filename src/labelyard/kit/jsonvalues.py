"""Values of JSON text in Python, with the meaning that `kit.db.jsonsql` gives them in SQL."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

# What a text has to look like to be taken for a number. PostgreSQL refuses numbers that a double cannot hold, so
# exponents are short and digits few.
NUMBER = r"^-?(0|[1-9][0-9]{0,199})([.][0-9]{1,99})?([eE][-+]?[0-9]{1,2})?$"
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode
_spelled_number = re.compile(NUMBER).fullmatch


def at(text: bytes | str | msgspec.Raw, keys: Sequence[str]) -> msgspec.Raw | None:
    """The JSON text of the value at a path of object keys; None where there is none."""
    found: Any = text
    for key in keys:
        try:
            found = _object(found).get(key)
        except msgspec.ValidationError:  # no object
            return None
        if found is None:
            return None
    return found if isinstance(found, msgspec.Raw) else msgspec.Raw(found)


def text_of(value: msgspec.Raw | None) -> str | None:
    """The text of a value; None for null and for no value."""
    if value is None:
        return None
    spelled = bytes(value)
    first = spelled[:1]
    if first == b'"':
        decoded: str = _value(spelled)
        return decoded
    if first == b"n":
        return None
    if first in (b"{", b"["):
        return msgspec.json.format(spelled, indent=-1).decode()
    return spelled.decode()


def number_of(value: msgspec.Raw | None) -> float | None:
    """The value as a finite double: a number, or a text that is spelled like one."""
    if value is None:
        return None
    first = bytes(value)[:1]
    if first in (b"{", b"[", b"n", b"t", b"f"):
        return None
    text = text_of(value) or ""
    if first == b'"' and _spelled_number(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def scalars(data: bytes | str) -> Iterator[str]:
    """The texts, numbers and booleans anywhere in JSON text, as texts."""
    stack: list[Any] = [_value(data)]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))
        elif value is not None:
            yield repr(value)


def canonical(text: str) -> str:
    """JSON text in the one form that all spellings of the same value have: keys sorted, 1.0 as 1."""
    return json.dumps(json.loads(text, parse_float=_number), sort_keys=True, separators=(",", ":"))


def _number(spelled: str) -> float | int:
    number = float(spelled)
    return int(number) if number.is_integer() else number
