"""CSV and TSV files: one task a row, the header names the data keys.

Nothing is lost or moved on the way in: what becomes of cells is in `column_types`, and a row with too many cells, a
repeated or missing name and a quote that is never closed are errors.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import repeat
from typing import Any, TextIO

import msgspec

from labelyard.formats.readers.base import SURPLUS_KEY, BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.column_types import ColumnTypes, Convert
from labelyard.formats.readers.encodings import encoding_of
from labelyard.formats.readers.items import keys_of
from labelyard.formats.readers.rows import Rows, batches_of

MAX_COLUMNS = 10_000
_HEAD = 1 << 16  # characters in which the separator is looked for

_encode = msgspec.json.Encoder().encode
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


def read_csv(source: Source) -> Iterator[tuple[int, RawItem]]:
    """A task a row; the separator is seen by the first line. Row numbers are line numbers of the file."""
    return _items(Table(source, None))


def read_tsv(source: Source) -> Iterator[tuple[int, RawItem]]:
    return _items(Table(source, "\t"))


def separator_of(line: str, quote: str = '"') -> str:
    """The separator of a table by its first line, counted outside quotes.

    Compatible with Label Studio 1.x: a semicolon only when there are more of them than commas. Beyond it: a tab, then
    a vertical bar, when there is neither.
    """
    mark = re.escape(quote)
    bare = re.sub(f"{mark}[^{mark}]*{mark}?", "", line) if quote else line
    commas, semicolons = bare.count(","), bare.count(";")
    if semicolons > commas:
        return ";"
    if not commas:
        return "\t" if "\t" in bare else "|" if "|" in bare else ","
    return ","


@dataclass(slots=True)
class Batch:
    """Rows as wide as the table with their line numbers, and the rows that are broken."""

    lines: Sequence[int] = ()
    rows: list[list[str]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def columns(self) -> list[tuple[str, ...]]:
        return list(zip(*self.rows, strict=True))


class Table:
    """How a CSV or TSV file is read: what the options leave open is seen by the file's beginning."""

    def __init__(self, source: Source, separator: str | None) -> None:
        options = source.options
        self.source = source
        found = encoding_of(source)
        self.encoding, self.guessed_encoding = found.codec, found.is_guess
        self.quote = '"' if options.quote is None else _one(options.quote, "quote", or_none=True)
        self.has_header = options.header is not False
        self.skip_lines = 0
        if options.delimiter is not None:
            separator = _one(options.delimiter, "delimiter")
        self.separator = separator or ","
        with self._open() as file:
            line = _first_line(file)
        told = _SEPARATOR_LINE.fullmatch(line)
        if told is not None:
            self.skip_lines = 1
            self.separator = separator or told[1]
        elif separator is None:
            self.separator = separator_of(line, self.quote)
        if self.separator == self.quote:
            raise ReadError("the delimiter and the quote are the same character")

    def _open(self) -> TextIO:
        return self.source.path.open(encoding=self.encoding, newline="")

    def batches(self) -> Iterator[tuple[list[str], Batch]]:
        """The columns' names with the rows, batch after batch; the first batch may have none. ReadError at a fault."""
        with self._open() as file:
            names: list[str] = []
            for rows in batches_of(file, self.separator, self.quote, self.skip_lines):
                if not names:
                    names, rows = self._begin(rows)
                if names:
                    yield names, self._batch(names, rows)
        if not names:
            raise ReadError("no columns to read: the file is empty")

    def _begin(self, rows: Rows) -> tuple[list[str], Rows]:
        """The names of the columns, by the first row that is not blank, and the rows after them."""
        first = next((number for number, row in enumerate(rows.rows) if row), None)
        if first is None:
            return [], rows
        line, row = rows.lines[first], rows.rows[first]
        if len(row) > MAX_COLUMNS:
            raise ReadError(f"line {line}: more than {MAX_COLUMNS} columns")
        if not self.has_header:
            return [f"column{number}" for number in range(1, len(row) + 1)], rows
        return _header(line, row), Rows(rows.lines[first + 1 :], rows.rows[first + 1 :])

    def _batch(self, names: list[str], rows: Rows) -> Batch:
        width = len(names)
        if set(map(len, rows.rows)) <= {width}:
            return Batch(rows.lines, rows.rows)
        lines: list[int] = []
        batch = Batch(lines)
        for line, row in zip(rows.lines, rows.rows, strict=True):
            if len(row) > width:
                batch.bad.append(self._too_long(line, names, row))
            elif row:
                lines.append(line)
                batch.rows.append(row + [""] * (width - len(row)))
        return batch

    def _too_long(self, line: int, names: list[str], row: list[str]) -> BadRow:
        reason = f"expected {len(names)} fields, saw {len(row)}"
        if self.source.on_bad_row is None:
            raise ReadError(f"line {line}: {reason}")
        keys = keys_of(names, self.source.options.columns)
        cells = {key: cell for key, cell in zip(keys, row, strict=False) if key is not None}
        return BadRow(line, None, reason, _encode({**cells, SURPLUS_KEY: row[len(names) :]}))


def _items(table: Table) -> Iterator[tuple[int, RawItem]]:
    names, _ = next(table.batches())
    keys = keys_of(names, table.source.options.columns)
    converts = types_of(table, len(names)).converts()
    report = table.source.on_bad_row
    for _, batch in table.batches():
        items = zip(batch.lines, map(_encode, objects(batch, keys, converts)), strict=True)
        if report is None or not batch.bad:
            yield from items
            continue
        bad = iter([*batch.bad, None])
        next_bad = next(bad)
        for line, item in items:
            while next_bad is not None and next_bad.row < line:
                report(next_bad)
                next_bad = next(bad)
            yield line, item
        while next_bad is not None:
            report(next_bad)
            next_bad = next(bad)


def types_of(table: Table, width: int) -> ColumnTypes:
    """The types of all columns, from one pass over the rows as far as any type is open."""
    types = ColumnTypes(width, table.source.options.csv_types)
    if types.is_settled():
        return types
    for _, batch in table.batches():
        types.see(batch.columns())
        if types.is_settled():
            break
    return types


def objects(
    batch: Batch, keys: list[str | None], converts: Sequence[tuple[int, Convert]]
) -> Iterator[dict[str, Any]]:
    """The rows of a batch as objects."""
    rows: Iterable[Sequence[Any]] = batch.rows
    if batch.rows and (converts or None in keys):
        columns: list[Sequence[Any]] = list(batch.columns())
        for number, convert in converts:
            columns[number] = convert(columns[number])
        rows = zip(
            *(column for column, key in zip(columns, keys, strict=True) if key is not None), strict=True
        )
    names = [key for key in keys if key is not None]
    return map(dict, map(zip, repeat(names), rows))


def _first_line(file: TextIO) -> str:
    """The first line that is not blank, as far as it is in the head; "" when the text cannot be decoded."""
    try:
        text = file.read(_HEAD)
    except UnicodeError:
        return ""  # said with its line when the rows are read
    return next((line for line in StringIO(text, newline="") if line.strip("\r\n")), "")


def _header(line: int, names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise ReadError(f"line {line}: column {number} has no name in the header")
        if name in seen:
            raise ReadError(
                f'line {line}: columns {seen[name]} and {number} have the same name "{name[:100]}"'
            )
        seen[name] = number
    return names


def _one(text: str, what: str, *, or_none: bool = False) -> str:
    text = "\t" if text == "\\t" else text
    if len(text) != 1 and not (or_none and not text):
        raise ReadError(f"the {what} must be one character, not {text[:20]!r}")
    if text in "\r\n\0" and text:
        raise ReadError(f"the {what} cannot be the end of a line")
    return text
