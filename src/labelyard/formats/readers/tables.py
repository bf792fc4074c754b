"""CSV and TSV files: one task a row, the header names the data keys.

Nothing is lost or moved on the way in: what becomes of cells is in `column_types`, and a row with too many cells, a
repeated or missing name and a quote that is never closed are errors.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import repeat
from typing import Any, TextIO

import msgspec

from labelyard.formats.readers.base import REJECT_KEYS, SURPLUS_KEY, BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.column_types import ColumnTypes
from labelyard.formats.readers.encodings import encoding_of, not_in
from labelyard.formats.readers.exact_ls import Convert
from labelyard.formats.readers.idle_rows import idle_rows
from labelyard.formats.readers.items import added_columns, keys_of
from labelyard.formats.readers.rows import Rows, Skim, batches_of

MAX_COLUMNS = 10_000
_HEAD = 1 << 16  # characters in which the separator is looked for

_encode = msgspec.json.Encoder().encode
_SEPARATOR_LINE = re.compile(r"sep=(.)(?:[\r\n]|\Z)", re.IGNORECASE)


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


def quote_of(head: str, separator: str) -> str:
    """The quote of a table that begins with `head`: `"`, or `'` where only that makes rows of one width."""
    if '"' in head or re.search(f"(?:^|{re.escape(separator)})'", head, re.MULTILINE) is None:
        return '"'
    lines = head[: head.rfind("\n") + 1].splitlines(keepends=True)
    widths = [
        {len(row) for row in csv.reader(lines, delimiter=separator, quotechar=quote) if row}
        for quote in "\"'"
    ]
    return "'" if len(widths[0]) > 1 and len(widths[1]) == 1 else '"'


def is_table(head: bytes) -> bool:
    """Whether text that begins so is a table: two rows or more, all of one width."""
    text = head.decode(errors="replace")
    if "\0" in text or "\ufffd" in text[:-1]:
        return False
    lines = text[: text.rfind("\n") + 1].splitlines(keepends=True)
    if len(lines) < 2:
        return False
    rows = list(filter(None, csv.reader(lines, delimiter=separator_of(lines[0]))))
    return len(rows) > 1 and len(rows[0]) > 1 and len(set(map(len, rows))) == 1


@dataclass(slots=True)
class Batch:
    """Rows as wide as the table with their line numbers, and the rows that are broken."""

    lines: Sequence[int] = ()
    rows: list[list[str]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def columns(self) -> list[tuple[str, ...]]:
        return list(zip(*self.rows, strict=True))


class Table:
    """How a CSV or TSV file is read: what the options leave open is seen by the file's beginning.

    `separator` is None for a file whose separator is to be found out. `names`: of the columns, in the file's order.
    """

    def __init__(self, source: Source, separator: str | None) -> None:
        options = source.options
        self.source = source
        found = encoding_of(source)
        self.encoding, self.guessed_encoding = found.codec, found.is_guess
        self.has_header = options.header is not False
        self.quote = '"' if options.quote is None else _one(options.quote, "quote", or_none=True)
        if options.delimiter is not None:
            separator = _one(options.delimiter, "delimiter")
        head = self._head()
        told = _SEPARATOR_LINE.match(head)
        line = next((line for line in StringIO(head, newline="") if line.strip("\r\n")), "")
        self._skip_lines = 1 if told else 0
        self.separator = separator or (told[1] if told else separator_of(line, self.quote))
        if options.quote is None:
            self.quote = quote_of(head, self.separator)
        if self.separator == self.quote:
            raise ReadError("the delimiter and the quote are the same character")
        self.names: list[str]
        self.names, self._skip_rows = self._begin()

    def batches(self, skim: Skim | None = None) -> Iterator[Batch]:
        """The rows below the header, batch after batch. ReadError at a fault.

        `skim` takes rows away, see `rows`; not before the first batch.
        """
        skip = self._skip_rows
        for rows in self._all_rows(skim):
            if skip >= len(rows.rows):
                skip -= len(rows.rows)
                continue
            yield self._batch(Rows(rows.lines[skip:], rows.rows[skip:], rows.may_have_nul) if skip else rows)
            skip = 0

    def _head(self) -> str:
        try:
            with self._open() as file:
                return file.read(_HEAD)
        except UnicodeError:
            return ""  # said with its line when the rows are read

    def _open(self) -> TextIO:
        return self.source.path.open(encoding=self.encoding, newline="")

    def _all_rows(self, skim: Skim | None = None) -> Iterator[Rows]:
        try:
            with self._open() as file:
                yield from batches_of(file, self.separator, self.quote, self._skip_lines, skim)
        except UnicodeError:
            raise not_in(self.source.path, self.encoding) from None

    def _begin(self) -> tuple[list[str], int]:
        """The names of the columns, by the first row that is not blank, and how many rows stand before the data."""
        before = 0
        for rows in self._all_rows():
            for line, row in zip(rows.lines, rows.rows, strict=True):
                if not row:
                    before += 1
                elif len(row) > MAX_COLUMNS:
                    raise ReadError(f"line {line}: more than {MAX_COLUMNS} columns")
                elif self.has_header:
                    return _header(line, row), before + 1
                else:
                    return [f"column{number}" for number in range(1, len(row) + 1)], before
        raise ReadError("no columns to read: the file is empty")

    def _batch(self, rows: Rows) -> Batch:
        width = len(self.names)
        if not rows.may_have_nul and set(map(len, rows.rows)) <= {width}:
            return Batch(rows.lines, rows.rows)
        lines: list[int] = []
        batch = Batch(lines)
        for line, row in zip(rows.lines, rows.rows, strict=True):
            if len(row) > width:
                batch.bad.append(self._bad(line, row, None, f"expected {width} fields, saw {len(row)}"))
            elif rows.may_have_nul and any("\0" in cell for cell in row):
                column = self.names[next(place for place, cell in enumerate(row) if "\0" in cell)]
                batch.bad.append(self._bad(line, row, column, f'"{column[:100]}" has a NUL character'))
            elif row:
                lines.append(line)
                batch.rows.append(row + [""] * (width - len(row)))
        return batch

    def _bad(self, line: int, row: list[str], column: str | None, reason: str) -> BadRow:
        if self.source.on_bad_row is None:
            raise ReadError(f"line {line}: {reason}")
        keys = keys_of(self.names, self.source.options.columns)
        cells = {key: cell for key, cell in zip(keys, row, strict=False) if key is not None}
        return BadRow(line, column, reason, _encode({**cells, SURPLUS_KEY: row[len(keys) :]}))


def _items(table: Table) -> Iterator[tuple[int, RawItem]]:
    keys = keys_of(table.names, table.source.options.columns)
    converts = _Types(table).converts()
    report = table.source.on_bad_row
    for batch in table.batches():
        items = zip(batch.lines, map(_encode, objects(batch, keys, converts)), strict=True)
        yield from items if report is None or not batch.bad else _reporting(items, batch.bad, report)


def _reporting(
    items: Iterable[tuple[int, bytes]], bad: Iterable[BadRow], report: Callable[[BadRow], None]
) -> Iterator[tuple[int, bytes]]:
    """The items of a batch; its bad rows are told where they stand between them."""
    waiting = deque(bad)
    for line, item in items:
        while waiting and waiting[0].row < line:
            report(waiting.popleft())
        yield line, item
    for row in waiting:
        report(row)


class _Types:
    """The types of the columns of a table, from its rows."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._types = ColumnTypes(len(table.names), table.source.options.csv_types)
        self._told_column = added_columns(table.names) - 1  # where a reject file says what is text
        self._told = set[str]()
        self._idle_cells: list[str | None] | None = None
        self._idle: Skim | None = None

    def converts(self) -> list[tuple[int, Convert]]:
        """How the columns that are not text are read, from one pass over the rows as far as any type is open."""
        try:
            self._see_all(self._skim)
        except ReadError:
            self._see_all(None)  # which says the line
        names = self._table.names
        return [
            (number, convert) for number, convert in self._types.converts() if names[number] not in self._told
        ]

    def _see_all(self, skim: Skim | None) -> None:
        batches = self._table.batches(skim)
        while not self._types.is_settled() and (batch := next(batches, None)) is not None:
            self._see(batch.columns())

    def _see(self, columns: Sequence[Sequence[str]]) -> None:
        self._types.see(columns)
        if self._told_column >= len(REJECT_KEYS):
            self._told.update(_told_texts(columns[self._told_column] if columns else ()))
            return
        cells = self._types.idle_cells()
        if cells is not None and cells != self._idle_cells:
            self._idle_cells = cells
            self._idle = idle_rows(cells, self._table.separator, self._table.quote)

    def _skim(self, text: str) -> int:
        return self._idle(text) if self._idle is not None else 0


def _told_texts(cells: Iterable[str]) -> Iterator[str]:
    """The columns that a reject file says are text."""
    for cell in filter(None, set(cells)):
        try:
            yield from msgspec.json.decode(cell, type=list[str])
        except msgspec.DecodeError:
            continue  # somebody wrote into it


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


def _header(line: int, names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    added = added_columns(names)  # which the file may have once more, as its own
    for number, name in enumerate(names[added:], 1 + added):
        if not name.strip():
            raise ReadError(f"line {line}: column {number} has no name in the header")
        if "\0" in name:
            raise ReadError(f"line {line}: the name of column {number} has a NUL character")
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
