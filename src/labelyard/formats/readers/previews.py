"""The beginning of a file, and how it would be read."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import msgspec

from labelyard.formats.readers.base import Preview, RawItem, Reader, ReadOptions, Source
from labelyard.formats.readers.column_types import ColumnTypes
from labelyard.formats.readers.encodings import encoding_of
from labelyard.formats.readers.items import keys_of
from labelyard.formats.readers.tables import Table, objects

_SHOWN = 2_000  # characters of a value
_BATCHES = 32  # of a table: about a MiB of text
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


def preview_table(separator: str | None, source: Source, limit: int) -> Preview:
    """Of a CSV or TSV file. Types are those of the first rows."""
    table = Table(source, separator)
    batches = list(islice(table.batches(), _BATCHES))
    if source.on_bad_row is not None:
        for bad in chain.from_iterable(batch.bad for batch in batches):
            source.on_bad_row(bad)
    names = table.names
    keys = keys_of(names, source.options.columns)
    types = ColumnTypes(len(names), source.options.csv_types)
    for batch in batches:
        types.see(batch.columns())
    rows = [row for batch in batches for row in objects(batch, keys, types.converts())]
    found = {"encoding": table.encoding, "delimiter": table.separator, "quote": table.quote}
    options = msgspec.structs.replace(source.options, header=table.has_header, **found)
    preview = _preview(options, names, keys, rows, limit)
    if table.guessed_encoding:
        preview.notes.append(_guessed(table.encoding))
    if table.has_header and source.options.header is None and _looks_like_data(names, preview.types):
        preview.notes.append("The first row looks like data. If it has no names, say so (header = false).")
    if len(names) == 1 and any(mark in names[0] for mark in ",;\t|"):
        preview.notes.append("There is one column only. Is it another delimiter?")
    if len(batches) == _BATCHES:
        preview.notes.append(
            f"The types are those of the first {len(rows)} rows; a later row may make a column text."
        )
    return preview


def _looks_like_data(names: list[str], types: dict[str, str]) -> bool:
    """Whether columns of numbers have numbers for names."""
    numeric = [name for name in names if types[name] == "number"]
    return bool(numeric) and all(_NUMBER.fullmatch(name) for name in numeric)


def preview_text(read: Reader, source: Source, limit: int) -> Preview:
    """Of a text file without keys."""
    made = preview_items(source, read(source), limit)
    found = encoding_of(source)
    made.options = msgspec.structs.replace(made.options, encoding=found.codec)
    if found.is_guess:
        made.notes.append(_guessed(found.codec))
    return made


def preview_items(source: Source, items: Iterator[tuple[int, RawItem]], limit: int) -> Preview:
    """Of a format whose rows are objects with keys of their own."""
    found = [(row, _decode(bytes(item))) for row, item in islice(items, max(limit, 1))]
    rows = [_data(item) for _, item in found if isinstance(item, dict)]
    keys = dict.fromkeys(key for data in rows for key in data)
    names = {key: name for name, key in source.options.columns.items() if key}
    made = _preview(source.options, [names.get(key, key) for key in keys], list(keys), rows, limit)
    made.notes += _labeled([item for _, item in found])
    wrong = next((row for row, item in found if not isinstance(item, dict)), None)
    if wrong is not None:
        made.notes.append(f"Item {wrong} is no object and cannot be a task.")
    return made


def preview_rows(options: ReadOptions, columns: list[str], rows: list[dict[str, Any]]) -> Preview:
    """Of rows by data key, whose columns are called so in the file."""
    keys = [options.columns.get(name, name) for name in columns]
    return _preview(options, columns, keys, rows, len(rows))


def _preview(
    options: ReadOptions,
    columns: list[str],
    keys: Sequence[str | None],
    rows: list[dict[str, Any]],
    limit: int,
) -> Preview:
    shown = [{key: _cut(value) for key, value in row.items()} for row in rows[:limit]]
    preview = Preview(options, columns, _types(rows, columns, keys), shown)
    if shown != rows[:limit]:
        preview.notes.append("Long values are cut here; they are imported whole.")
    return preview


def _cut(value: Any) -> Any:
    """A value of a size that can be shown."""
    if isinstance(value, list | dict):
        text = msgspec.json.encode(value)
        return value if len(text) <= _SHOWN else f"{text[:_SHOWN].decode(errors='ignore')}…"
    return f"{value[:_SHOWN]}…" if isinstance(value, str) and len(value) > _SHOWN else value


def _guessed(codec: str) -> str:
    return f"The text is not UTF-8; it was read as {codec}. Look whether letters with accents are right."


_decode = msgspec.json.decode


def _data(item: Any) -> Any:
    """The data of a task item, which may be the item itself."""
    return item["data"] if _is_task(item) else item


def _is_task(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("data"), dict)


def _labeled(items: list[Any]) -> list[str]:
    """How many of the first items come with annotations or predictions."""
    tasks = [item for item in items if _is_task(item)]
    annotated = sum(bool(item.get("annotations")) for item in tasks)
    predicted = sum(bool(item.get("predictions")) for item in tasks)
    counts = [f"{annotated} with annotations"] * bool(annotated) + [f"{predicted} with predictions"] * bool(
        predicted
    )
    if not counts:
        return []
    return [f"Of the first {len(items)} tasks {' and '.join(counts)}; they are imported too."]


def _types(rows: list[dict[str, Any]], names: list[str], keys: Sequence[str | None]) -> dict[str, str]:
    """Column → type of its values, null aside; `mixed` when there are several, `string` when there is none."""
    found: dict[str, str] = {}
    for name, key in zip(names, keys, strict=True):
        kinds = {_TYPES[type(value)] for row in rows if (value := row.get(key or "")) not in (None, "")}
        found[name] = kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "string"
    return found
