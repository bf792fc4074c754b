"""What readers do with the keys of an item: give columns other names, and take out what a reject file added."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from labelyard.formats.readers.base import REJECT_KEYS, REJECT_TEXT_KEY, ReadError

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_REJECTED = frozenset(REJECT_KEYS)


def keys_of(columns: Sequence[str], mapping: Mapping[str, str]) -> list[str | None]:
    """The data key of each column, None for one that is left out. ReadError when a key would be there twice."""
    dropped = _dropped(columns)
    keys = [
        None if place in dropped else mapping.get(name, name) or None for place, name in enumerate(columns)
    ]
    by_key: dict[str, str] = {}
    for name, key in zip(columns, keys, strict=True):
        if key is None:
            continue
        if "\0" in key:
            raise ReadError(f'the key of the column "{name[:100]}" has a NUL character')
        if key in by_key:
            raise ReadError(
                f'the columns "{by_key[key][:100]}" and "{name[:100]}" would both become "{key[:100]}"'
            )
        by_key[key] = name
    if not by_key:
        raise ReadError("every column is left out")
    return keys


def added_columns(columns: Sequence[str]) -> int:
    """How many columns at the beginning a reject file added."""
    if tuple(columns[: len(REJECT_KEYS)]) != REJECT_KEYS:
        return 0
    return len(REJECT_KEYS) + (columns[len(REJECT_KEYS) :][:1] == [REJECT_TEXT_KEY])


def _dropped(columns: Sequence[str]) -> Collection[int]:
    """The places of what a reject file added: the first ones, or wherever a person moved them."""
    if _REJECTED.issubset(columns) and not added_columns(columns):
        return {place for place, name in enumerate(columns) if name in (*REJECT_KEYS, REJECT_TEXT_KEY)}
    return range(added_columns(columns))


def tidied(item: bytes, mapping: Mapping[str, str]) -> bytes:
    """`item`, JSON text, with the keys of its data renamed and without what a reject file added.

    Text that is no object comes back as it is: the check of tasks says what is wrong with it.
    """
    if not item.startswith(b"{"):
        return item
    fields = _fields(item)
    if fields.keys() >= _REJECTED:
        for key in REJECT_KEYS:
            del fields[key]
    if mapping:
        data = fields.get("data")
        if data is not None and bytes(memoryview(data)[:1]) == b"{":
            fields["data"] = msgspec.Raw(_encode(_renamed(_fields(data), mapping)))
        else:
            fields = _renamed(fields, mapping)
    return _encode(fields)


def _renamed(fields: dict[str, msgspec.Raw], mapping: Mapping[str, str]) -> dict[str, msgspec.Raw]:
    keys = keys_of(list(fields), mapping)
    return {key: value for key, value in zip(keys, fields.values(), strict=True) if key is not None}
