"""CSV and TSV files: one task a row, the header names the data keys.

Nothing is lost or moved on the way in: what becomes of cells is in `column_types`, and a row with too many cells, a
repeated or missing name and a quote that is never closed are errors.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, TextIO

import msgspec

from labelyard.formats.readers.base import SURPLUS_KEY, BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.column_types import ColumnTypes
from labelyard.formats.readers.encodings import encoding_of, not_in
from labelyard.formats.readers.items import keys_of

MAX_CELL = 64 * 1024 * 1024  # characters, of a cell and of a row
MAX_COLUMNS = 10_000
_BLOCK = 1 << 18  # characters that are read at once
_BATCH = 1024  # rows that are looked at together

# The module's own limit (128 KiB) is one for the whole process and refuses documents that people do import.
csv.field_size_limit(MAX_CELL)

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
    """Rows of one width with their line numbers, and the rows that are broken."""

    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


class Table:
    """How a CSV or TSV file is read: what the options leave open is seen by the file's beginning."""

    def __init__(self, source: Source, separator: str | None) -> None:
        options = source.options
        self.source = source
        self.encoding = encoding_of(source)
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

    @contextmanager
    def _open(self) -> Iterator[TextIO]:
        with self.source.path.open(encoding=self.encoding, newline="") as file:
            yield file

    def batches(self) -> Iterator[tuple[list[str], Batch]]:
        """The columns' names with the rows, batch after batch; the first batch may have none. ReadError at a fault."""
        with self._open() as file:
            lines = _Lines(file)
            try:
                yield from self._batches(lines)
            except UnicodeError:
                raise not_in(self.encoding, lines.number + 1) from None

    def _batches(self, lines: "_Lines") -> Iterator[tuple[list[str], Batch]]:
        rows = self._rows(lines)
        line, first = next(rows, (0, []))
        if not first:
            raise ReadError("no columns to read: the file is empty")
        if len(first) > MAX_COLUMNS:
            raise ReadError(f"line {line}: more than {MAX_COLUMNS} columns")
        names = _header(line, first) if self.has_header else [f"column{n}" for n in range(1, len(first) + 1)]
        batch = Batch()
        if not self.has_header:
            batch.lines.append(line)
            batch.rows.append(first)
        width, block = len(names), lines.block
        for line, row in rows:
            if len(row) == width:
                batch.lines.append(line)
                batch.rows.append(row)
            elif len(row) < width:
                batch.lines.append(line)
                batch.rows.append(row + [""] * (width - len(row)))
            else:
                batch.bad.append(self._too_long(line, names, row))
            if len(batch.rows) >= _BATCH or lines.block != block:
                yield names, batch
                batch, block = Batch(), lines.block
        yield names, batch

    def _too_long(self, line: int, names: list[str], row: list[str]) -> BadRow:
        reason = f"expected {len(names)} fields, saw {len(row)}"
        if self.source.on_bad_row is None:
            raise ReadError(f"line {line}: {reason}")
        keys = keys_of(names, self.source.options.columns)
        cells = {key: cell for key, cell in zip(keys, row, strict=False) if key is not None}
        return BadRow(line, None, reason, _encode({**cells, SURPLUS_KEY: row[len(names) :]}))

    def _rows(self, lines: "_Lines") -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of every row that is not blank; ReadError where the rows cannot be told apart."""
        texts = iter(lines)
        for _ in range(self.skip_lines):
            next(texts)
        if self.quote:
            reader = csv.reader(texts, delimiter=self.separator, quotechar=self.quote)
        else:
            reader = csv.reader(texts, delimiter=self.separator, quoting=csv.QUOTE_NONE)
        while True:
            first_line = reader.line_num + 1 + self.skip_lines
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise ReadError(f"line {first_line}: {error}") from None
            if lines.ended:  # the reader ran out of lines inside a row
                raise ReadError(f"line {first_line}: a quote ({self.quote}) that begins here is never closed")
            lines.row_is_done()
            if row:
                yield first_line, row


def _items(table: Table) -> Iterator[tuple[int, RawItem]]:
    names, _ = next(table.batches())
    keys = keys_of(names, table.source.options.columns)
    converts = types_of(table, len(names)).converts()
    report = table.source.on_bad_row
    for _, batch in table.batches():
        made = zip(batch.lines, objects(batch, keys, converts), strict=True)
        if report is None or not batch.bad:
            for line, row in made:
                yield line, _encode(row)
            continue
        bad = iter(batch.bad)
        next_bad = next(bad, None)
        for line, row in made:
            while next_bad is not None and next_bad.row < line:
                report(next_bad)
                next_bad = next(bad, None)
            yield line, _encode(row)
        for rest in [next_bad, *bad]:
            if rest is not None:
                report(rest)


def types_of(table: Table, width: int) -> ColumnTypes:
    """The types of all columns, from one pass over the rows as far as any type is open."""
    types = ColumnTypes(width, table.source.options.csv_types)
    if types.is_settled():
        return types
    for _, batch in table.batches():
        if batch.rows:
            types.see(list(zip(*batch.rows, strict=True)))
        if types.is_settled():
            break
    return types


def objects(batch: Batch, keys: list[str | None], converts: Any) -> Iterator[dict[str, Any]]:
    """The rows of a batch as objects."""
    rows: Any = batch.rows
    if batch.rows and (converts or None in keys):
        columns: list[Any] = list(zip(*batch.rows, strict=True))
        for number, convert in converts:
            columns[number] = convert(columns[number])
        kept = [column for column, key in zip(columns, keys, strict=True) if key is not None]
        rows = zip(*kept, strict=True)
    names = [key for key in keys if key is not None]
    for row in rows:
        yield dict(zip(names, row, strict=True))


class _Lines:
    """The lines of a text with their ends, read in blocks that end where a line ends.

    `block` counts the blocks, `number` the lines; `ended` is set when there are no more.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._row_began = 0
        self.block = 0
        self.number = 0
        self.ended = False

    def row_is_done(self) -> None:
        self._row_began = self.block

    def __iter__(self) -> Iterator[str]:
        for block in self._blocks():
            for line in StringIO(block, newline=""):
                self.number += 1
                yield line
        self.ended = True

    def _blocks(self) -> Iterator[str]:
        parts: list[str] = []
        while text := self._file.read(_BLOCK):
            self.block += 1
            if (self.block - self._row_began) * _BLOCK > MAX_CELL:
                raise ReadError(
                    f"line {self.number + 1}: a row with more than {MAX_CELL} characters, or a quote that is never closed"
                )
            # A carriage return at the very end may be half of a line end.
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            if cut:
                yield "".join([*parts, text[:cut]])
                parts = []
            parts.append(text[cut:])
        yield "".join(parts)


def _first_line(file: TextIO) -> str:
    """The first line that is not blank, as far as it is in the first block; "" when the text cannot be decoded."""
    try:
        text = file.read(_BLOCK)
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
