"""Parquet files, a few rows at a time.

Arrow's JSON writer keeps every value: whole numbers and decimals of any size as they are, times as ISO 8601 text, lists,
structs and maps as JSON. NaN and the infinities, which JSON has not, are null.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from arro3.core import Schema
from arro3.io import read_parquet, write_ndjson

from labelyard.formats.readers.apart.protocol import Head
from labelyard.formats.readers.base import ReadError, ReadOptions
from labelyard.formats.readers.items import keys_of

MAX_COLUMNS = 10_000
_BATCH = 128  # rows: they may be documents
_QUOTED = re.compile(r'"(?:[^"\\\\]|\\\\.)*"' + r"|'[^']*'")  # names inside the text of a type


def blocks(path: Path, options: ReadOptions) -> Iterator[Head | bytes]:
    reader = read_parquet(path, batch_size=_BATCH)
    columns = _columns(reader.schema, options)
    yield Head(list(reader.schema.names))
    names = list(columns)
    schema = Schema([reader.schema.field(name).with_name(key) for name, key in columns.items()])
    for batch in reader:
        text = BytesIO()
        write_ndjson(batch.select(names).with_schema(schema), text, explicit_nulls=True)
        yield text.getvalue()


def _columns(schema: Schema, options: ReadOptions) -> dict[str, str]:
    """The data keys of the columns that are read. ReadError for a column that cannot be JSON."""
    names = schema.names
    if len(names) > MAX_COLUMNS:
        raise ReadError(f"there are more than {MAX_COLUMNS} columns")
    for number, name in enumerate(names, 1):
        if not name:
            raise ReadError(f"column {number} has no name")
        if name in names[: number - 1]:
            raise ReadError(f'several columns have the name "{name[:100]}"')
    keys = keys_of(names, options.columns)
    columns = {name: key for name, key in zip(names, keys, strict=True) if key is not None}
    for name in columns:
        if "Binary" in _QUOTED.sub("", repr(schema.field(name).type)):
            raise ReadError(f'the column "{name[:100]}" holds bytes, which a task cannot have: leave it out')
    return columns
