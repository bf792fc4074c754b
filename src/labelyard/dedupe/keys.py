"""Keys by which a task is known again: 16 bytes of BLAKE2b over what makes two tasks the same one.

A spec is `content` (all of the data), `external_id`, or `fields:` and a JSON list of names of data fields. Two
numbers are the same when their values are, however they are written; nothing is rounded.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

CONTENT = "content"
EXTERNAL_ID = "external_id"
_FIELDS = "fields:"
KEY_BYTES = 16
_EXACT = 2**53
_SHORT = 16  # characters of a number that a double holds exactly enough to tell it from others

# (JSON text of the item as it was sent, JSON text of its data) → key. KeyProblem when the item has none.
KeyOfItem = Callable[[bytes, bytes], bytes]
# JSON text of the data of a stored task → key; None when the task cannot be known again by this spec.
KeyOfData = Callable[[bytes], bytes | None]


class KeyProblem(ValueError):
    """An item that cannot be known again; `column` is the field at fault."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def spec_of_fields(names: Sequence[str]) -> str:
    """The spec of some data fields; their order makes no difference."""
    return _FIELDS + json.dumps(sorted(set(names)), ensure_ascii=False)


def fields_of(spec: str) -> list[str]:
    """The data fields of a spec; none for `content` and `external_id`."""
    names: list[str] = json.loads(spec.removeprefix(_FIELDS)) if spec.startswith(_FIELDS) else []
    return names


def key_of_item(spec: str) -> KeyOfItem:
    """How an item to import is known again."""
    if spec == EXTERNAL_ID:
        return _external_key
    of_data = key_of_data(spec)

    def key(_item: bytes, data: bytes) -> bytes:
        made = of_data(data)
        assert made is not None  # noqa: S101 - content and fields always give one
        return made

    return key


def key_of_data(spec: str) -> KeyOfData:
    """How a stored task is known again."""
    if spec == CONTENT:
        return lambda data: _hash(_encode(_decode(data)))
    if spec == EXTERNAL_ID:
        return _external_key_of_data
    names = fields_of(spec)
    return lambda data: _hash(_encode(_fields(_decode(data), names)))


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=KEY_BYTES).digest()


# --- values -------------------------------------------------------------------------------------------------------


def _number(text: str) -> int | float | str:
    """A number that is written with a point or an exponent, in the one form that all its spellings have."""
    if len(text) <= _SHORT:
        value = float(text)
        if not value.is_integer():
            return value
        return int(value) if abs(value) < _EXACT else int(Decimal(text))
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if part.isdigit():  # no exponent: what follows comes to the same, at a tenth of the time
        sign_text, whole = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
        return _exact(sign_text, (whole + part).lstrip("0"), -len(part))
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - JSON has no NaN
    kept = "".join(map(str, digits)).lstrip("0").rstrip("0")
    exponent += len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if not kept:
        return 0
    if exponent >= 0:
        return int(f"{'-' if sign else ''}{kept}{'0' * exponent}")
    return _exact("-" if sign else "", kept, exponent)


def _exact(sign: str, digits: str, exponent: int) -> float | str:
    """A number that is not whole, of digits that neither begin nor end with 0."""
    short = f"{sign}{digits}e{exponent}"
    # No text of a task has a NUL, so this stands for no text.
    return float(short) if len(digits) < _SHORT else f"\0{short}"


_decode = msgspec.json.Decoder(float_hook=_number).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def _fields(data: Any, names: Sequence[str]) -> list[Any]:
    return [_scalar(_found(data, name)) for name in names]


def _found(data: Any, name: str) -> Any:
    """The value of a field, by its name as it stands or along the dots; None for none."""
    if isinstance(data, dict) and name in data:
        return data[name]
    value = data
    for part in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _scalar(value: Any) -> Any:
    """A number as its text: whether a column is one of numbers depends on the file's other rows."""
    return (
        _encode(value).decode() if isinstance(value, int | float) and not isinstance(value, bool) else value
    )


# --- external ids -------------------------------------------------------------------------------------------------


class _Item(msgspec.Struct, gc=False):
    external_id: Any = UNSET
    id: Any = UNSET
    data: Any = UNSET


_item = msgspec.json.Decoder(_Item, float_hook=_number).decode


def _external_key(item: bytes, data: bytes) -> bytes:
    try:
        found = _item(item)
    except msgspec.DecodeError:
        found = _Item()
    if found.external_id is not UNSET and found.external_id is not None:
        return _id_key(found.external_id, "external_id")
    # The id of a flat item is one of its data fields, which come last.
    if isinstance(found.data, dict) and not isinstance(found.id, UnsetType) and found.id is not None:
        return _id_key(found.id, "id")
    column, value = _id_in(_decode(data))
    return _id_key(value, column)


def _external_key_of_data(data: bytes) -> bytes | None:
    column, value = _id_in(_decode(data))
    try:
        return _id_key(value, column)
    except KeyProblem:
        return None


def _id_in(data: Any) -> tuple[str, Any]:
    if isinstance(data, Mapping):
        for column in ("external_id", "id"):
            if data.get(column) is not None:
                return column, data[column]
    return "external_id", None


def _id_key(value: Any, column: str) -> bytes:
    if value is None or value == "":
        raise KeyProblem(column, "the task has no external_id (or id), by which it could be known again")
    if isinstance(value, str):
        return _hash(value.encode())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _hash(_encode(value))
    raise KeyProblem(column, f"{column} must be a text or a number to know the task again by")
