"""The beginning of a file, and how it would be read."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from labelyard.formats.readers.base import Preview, RawItem, ReadError, Source
from labelyard.formats.readers.column_types import ColumnTypes
from labelyard.formats.readers.items import keys_of
from labelyard.formats.readers.tables import Table, objects

_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


def preview_table(separator: str | None, source: Source, limit: int) -> Preview:
    """Of a CSV or TSV file. Types are those of the first batch of rows."""
    table = Table(source, separator)
    batches = table.batches()
    names, batch = next(batches)
    more = next(batches, None) is not None
    keys = keys_of(names, source.options.columns)
    types = ColumnTypes(len(names), source.options.csv_types)
    if batch.rows:
        types.see(list(zip(*batch.rows, strict=True)))
    rows = list(objects(batch, keys, types.converts()))
    preview = Preview(
        msgspec.structs.replace(
            source.options,
            encoding=table.encoding,
            delimiter=table.separator,
            quote=table.quote,
            header=table.has_header,
        ),
        names,
        types_of_columns(rows, names, keys),
        rows[:limit],
    )
    if more:
        preview.notes.append(
            f"The types are those of the first {len(rows)} rows; a later row may make a column text."
        )
    return preview


def preview_items(source: Source, items: Iterator[tuple[int, RawItem]], limit: int) -> Preview:
    """Of a format whose rows are objects."""
    rows = [_data(bytes(item)) for _, item in islice(items, max(limit, 1))]
    if any(not isinstance(row, dict) for row in rows):
        raise ReadError("the items must be objects")
    names = list(dict.fromkeys(name for row in rows for name in row))
    back = {key: name for name, key in source.options.columns.items() if key}
    columns = [back.get(name, name) for name in names]
    return Preview(source.options, columns, types_of_columns(rows, columns, names), rows[:limit])


def _data(item: bytes) -> Any:
    """The data of a task item, which may be the item itself."""
    value = msgspec.json.decode(item)
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        return value["data"]
    return value


def types_of_columns(rows: list[dict[str, Any]], names: list[str], keys: list[Any]) -> dict[str, str]:
    """Column → type of its values, null aside; `mixed` when there are several, `string` when there is none."""
    found: dict[str, str] = {}
    for name, key in zip(names, keys, strict=True):
        kinds = {_TYPES[type(value)] for row in rows if (value := row.get(key)) not in (None, "")}
        found[name] = kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "string"
    return found
