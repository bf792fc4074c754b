"""CSV and TSV files: one task a row, the header names the data keys.

Nothing is lost on the way in. A column becomes numbers (or booleans) only when every one of its cells would be
written back exactly as it stands: no leading zeros, no exponents, nothing beyond 2^53. Everything else stays text,
`NA` and `null` included; an empty cell is an empty text.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import isfinite
from typing import Any, TextIO

import msgspec

from labelyard.formats.readers.base import RawItem, ReadError, Source
from labelyard.formats.readers.text import encoding_of_file, not_in

MAX_CELL = 64 * 1024 * 1024  # characters
MAX_COLUMNS = 10_000
_EXACT_LIMIT = 2**53

# The module's own limit (128 KiB) is one for the whole process and refuses documents that people do import.
csv.field_size_limit(MAX_CELL)

Convert = Callable[[str], Any]
_INTEGER = re.compile(r"-?[1-9][0-9]{0,15}|0")
_FLOAT = re.compile(r"-?(?:[1-9][0-9]*|0)\.[0-9]+")
_BOOLEANS = {"True": True, "False": False}


def read_csv(source: Source) -> Iterator[tuple[int, RawItem]]:
    """Comma, or semicolon or tab where the first line has more of it. Row numbers are line numbers of the file."""
    return _read(source, None)


def read_tsv(source: Source) -> Iterator[tuple[int, RawItem]]:
    return _read(source, "\t")


def separator_of(line: str) -> str:
    """The separator of a table by its first line, counted outside quotes.

    Compatible with Label Studio 1.x: a semicolon only when there are more of them than commas. Beyond it: a tab when
    there is neither.
    """
    bare = re.sub(r'"[^"]*"?', "", line)
    commas, semicolons = bare.count(","), bare.count(";")
    if semicolons > commas:
        return ";"
    return "\t" if not commas and "\t" in bare else ","


def _read(source: Source, separator: str | None) -> Iterator[tuple[int, RawItem]]:
    encoding = encoding_of_file(source.path)
    line = 0
    try:
        with source.path.open(encoding=encoding, newline="") as file:
            separator = separator or separator_of(file.readline())
            file.seek(0)
            rows = _rows(file, separator)
            line, header = _header(rows)
            converts = _converts(header, rows)
            file.seek(0)
            rows = _rows(file, separator)
            next(rows)
            encode = msgspec.json.Encoder().encode
            width = len(header)
            for line, row in rows:
                if len(row) < width:
                    row += [""] * (width - len(row))
                for column, convert in converts:
                    if row[column]:
                        row[column] = convert(row[column])
                yield line, encode(dict(zip(header, row, strict=True)))
    except UnicodeError:
        raise not_in(encoding, line + 1) from None


def _rows(file: TextIO, separator: str) -> Iterator[tuple[int, list[Any]]]:
    """(line number, cells) of every row that is not blank; ReadError where the rows cannot be told apart."""
    ended: list[bool] = []

    def mark_end() -> Iterator[str]:
        ended.append(True)
        yield from ()

    reader = csv.reader(chain(file, mark_end()), delimiter=separator)
    width = 0
    while True:
        first_line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ReadError(f"line {first_line}: {error}") from None
        if ended:  # the reader ran out of lines inside a row
            raise ReadError(f'line {first_line}: a quote (") that begins here is never closed')
        if not row:
            continue
        width = width or len(row)
        if len(row) > width:
            raise ReadError(f"line {first_line}: expected {width} fields, saw {len(row)}")
        yield first_line, row


def _header(rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    line, header = next(rows, (0, []))
    if not header:
        raise ReadError("no columns to read: the file is empty")
    if len(header) > MAX_COLUMNS:
        raise ReadError(f"line {line}: more than {MAX_COLUMNS} columns")
    seen: dict[str, int] = {}
    for number, name in enumerate(header, 1):
        if not name.strip():
            raise ReadError(f"line {line}: column {number} has no name in the header")
        if name in seen:
            raise ReadError(
                f'line {line}: columns {seen[name]} and {number} have the same name "{name[:100]}"'
            )
        seen[name] = number
    return line, header


def _converts(header: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, Convert]]:
    """How to read the columns that are not text, from one pass over all rows."""
    kinds: list[Convert | None] = [None] * len(header)
    undecided = list(range(len(header)))
    for _, row in rows:
        for column in undecided[:]:
            if column >= len(row) or not row[column]:
                continue
            kind = _kind(row[column], kinds[column])
            if kind is None:
                kinds[column] = None
                undecided.remove(column)
            else:
                kinds[column] = kind
        if not undecided:
            for _ in rows:  # the rest is read for its errors: nothing may be imported from a broken file
                pass
    return [(column, kind) for column, kind in enumerate(kinds) if kind is not None]


def _kind(cell: str, before: Convert | None) -> Convert | None:
    """The conversion that keeps `cell` exactly and fits the cells before it; None for text."""
    if cell in _BOOLEANS:
        return _boolean if before in (None, _boolean) else None
    if before is _boolean:
        return None
    if _INTEGER.fullmatch(cell):
        return before or _number if abs(int(cell)) <= _EXACT_LIMIT else None
    if _FLOAT.fullmatch(cell):
        value = float(cell)
        if isfinite(value) and abs(value) <= _EXACT_LIMIT and repr(value) == cell:
            return _number
    return None


def _boolean(cell: str) -> bool:
    return _BOOLEANS[cell]


def _number(cell: str) -> int | float:
    return float(cell) if "." in cell else int(cell)
