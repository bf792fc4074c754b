"""What every reader of imported files has in common."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

# The key of a value that came without one, as long as the config reads no data key.
UNNAMED_KEY = "$undefined$"

# What a reject file says about each of its rows. A reader drops the three when all of them are there.
REJECT_KEYS = ("_row", "_column", "_error")

# Of a table among the three, where it is needed: a JSON list of the columns whose cells are text although they look
# like numbers. The rows that were not refused made them so.
REJECT_TEXT_KEY = "_text"

# In a row of a table with more cells than columns: the list of those that are too many. No column has this name.
SURPLUS_KEY = ""

# A task item: one JSON object as bytes, or a slice of the mapped file.
RawItem = bytes | msgspec.Raw


class ReadError(ValueError):
    """A file that cannot be read as its format; the text names the line or byte and the cure."""


CsvTypes = Literal["lossless", "string", "exact_ls"]


class ReadOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How to read a file; what is None is found out from its content.

    `format`: a name of the registry. `delimiter`, `quote`: one character; an empty `quote` = cells are never quoted.
    `header`: whether the first row names the columns. `csv_types`: what becomes of cells that look like numbers, see
    `tables`. `sheet`: name of a sheet of a workbook. `columns`: data key of a column by the column's name; a column
    with "" is left out, columns that are not named keep their name.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    csv_types: CsvTypes = "lossless"
    sheet: str | None = None
    columns: dict[str, str] = {}


AS_FOUND = ReadOptions()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no item, while the rows after it can be read.

    `row`: its number (line or position). `item`: JSON of what was there, an object of the row's cells (SURPLUS_KEY has
    those beyond the last column, and says that the cells are as they stand in the file), or a string with the line of text.
    """

    row: int
    column: str | None
    error: str
    item: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read.

    `name` is what its sender called it, `url` where it will be served from, `value_key` the data key that takes the
    value of formats which have no keys of their own (lines of text, media). `on_bad_row` takes rows that are broken
    in themselves and is called between the items; without it the first such row is a ReadError.
    """

    path: Path
    name: str
    url: str = ""
    value_key: str = UNNAMED_KEY
    options: ReadOptions = AS_FOUND
    on_bad_row: Callable[[BadRow], None] | None = None


class Preview(msgspec.Struct):
    """The beginning of a file and how it would be read.

    `options`: those asked for, with what was found out filled in (`format` always is). `columns`: names as they stand
    in the file, in its order. `types`: column → `string`, `number`, `boolean`, `list`, `object` or `mixed`. `rows`: the
    first items as JSON values, by data key (after `options.columns`). `sheets`: of a workbook. `notes`: what a person
    should know, in a sentence each.
    """

    options: ReadOptions
    columns: list[str] = []
    types: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    sheets: list[str] = []
    notes: list[str] = []


class Reader(Protocol):
    """Reads a source into items with their row numbers (line or position, from 1).

    A row number never goes down. An implementation holds no more than one row, or a mapped file, in memory.
    """

    def __call__(self, source: Source) -> Iterator[tuple[int, RawItem]]: ...
