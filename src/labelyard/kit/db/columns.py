"""Inserting rows by the thousand, a column at a time.

A driver's `executemany` binds and steps row by row, and gives the interpreter up and takes it back at each of them: where
another thread is busy, every row may wait for its turn. Here all rows are one statement with a few large parameters, so
that SQLite works through them by itself, beside the threads that check the next rows or answer requests.

A column is one value for all rows (`Same`), rising numbers (`Counting`), random ones (`Drawn`), `Numbers`, or `Texts`:
slices of one buffer of UTF-8, which are never made Python strings on their way. PostgreSQL gets the same rows by COPY.
"""

import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, repeat
from math import frexp, isfinite
from typing import Any, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Table

from labelyard.kit.db.dialect import RANDOM_ON_SQLITE, insert_rows, is_postgres

Number: TypeAlias = int | float | None

_LENGTH_BITS = 31
_LENGTH = (1 << _LENGTH_BITS) - 1
_NO_TEXT = -1
_NO_NUMBER = -(2**63)
_WIDTH = 20  # characters of the longest 64-bit number
_SHIFT_BITS = 7
_MOST_SHIFT = 62  # of a 64-bit 1 that stays positive


@dataclass(frozen=True, slots=True)
class Same:
    """One value for all rows."""

    value: Any


@dataclass(frozen=True, slots=True)
class Counting:
    """`first`, `first` + 1, …"""

    first: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A random number of 62 bits above 0 for each row, as `dialect.random_positive`."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers of 64 bits, booleans, doubles, or None."""

    values: Sequence[Number]


class Texts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Slices of UTF-8: `spans` has offset << 31 | length of each, or a negative number for NULL."""

    buffer: memoryview
    spans: list[int]

    def bytes_at(self, row: int) -> bytes | None:
        span = self.spans[row]
        if span < 0:
            return None
        start = span >> _LENGTH_BITS
        return bytes(self.buffer[start : start + (span & _LENGTH)])


Column: TypeAlias = Same | Counting | Drawn | Numbers | Texts


def listed(parts: Sequence[bytes]) -> Texts:
    """JSON values as slices of the JSON list of them, which is the buffer."""
    return slices_of(json_list(parts), parts)


def json_list(parts: Sequence[bytes]) -> memoryview:
    """The JSON list of JSON values."""
    return memoryview(b"[" + b",".join(parts) + b"]")


def slices_of(buffer: memoryview, parts: Sequence[bytes]) -> Texts:
    """JSON values as slices of the `json_list` of them."""
    lengths = list(map(len, parts))
    # A bracket is before the first, a comma behind each.
    starts = accumulate(map((1).__add__, lengths), initial=1)
    return Texts(
        buffer, [start << _LENGTH_BITS | length for start, length in zip(starts, lengths, strict=False)]
    )


def texts(values: Iterable[str | None]) -> Texts | Same:
    """Strings of any kind; one value where they are all the same."""
    wanted = list(values)
    if _all_same(wanted):
        return Same(wanted[0])
    parts = [b"" if value is None else value.encode() for value in wanted]
    ends = accumulate(map(len, parts), initial=0)
    spans = [
        _NO_TEXT if value is None else end << _LENGTH_BITS | len(part)
        for value, part, end in zip(wanted, parts, ends, strict=False)
    ]
    return Texts(memoryview(b"".join(parts) or b" "), spans)  # SQLite takes slices of nothing for NULL


def numbers(values: Iterable[Number]) -> Numbers | Same:
    """Numbers; one value where they are all the same."""
    wanted = list(values)
    return Same(wanted[0]) if _all_same(wanted) else Numbers(wanted)


def _all_same(values: list[Any]) -> bool:
    # Most columns are one object over and over, which is counted without a comparison of values.
    return bool(values) and values.count(values[0]) == len(values)


def counting(values: Sequence[int]) -> Counting | Numbers:
    """Whole numbers, most cheaply where they follow one another."""
    return Counting(values[0]) if isinstance(values, range) and values.step == 1 else Numbers(values)


def numbers_at(values: Sequence[int], places: Sequence[int]) -> Counting | Numbers:
    """For each row the number at a place of `values`."""
    if isinstance(values, range) and values.step == 1:
        if places == list(range(len(places))):
            return Counting(values[0])
        return Numbers([values[0] + each for each in places])
    return Numbers([values[each] for each in places])


def insert_columns(conn: Connection, table: Table, rows: int, columns: Mapping[str, Column]) -> None:
    """Insert `rows` rows; every column has a value for each of them. Names are those of the schema."""
    if not rows:
        return
    if is_postgres(conn) or not (statement := _Statement(table, rows, columns)).fits:
        insert_rows(conn, table, tuple(columns), as_rows(table, rows, columns))
        return
    cursor = conn.connection.cursor()
    try:
        cursor.execute(statement.sql, statement.values)
    finally:
        cursor.close()


def as_rows(table: Table, rows: int, columns: Mapping[str, Column]) -> Iterable[tuple[Any, ...]]:
    """The rows as tuples in the order of `columns`."""
    return zip(*(_values(table.c[name], rows, column) for name, column in columns.items()), strict=True)


def _values(target: sa.Column[Any], rows: int, column: Column) -> Iterable[Any]:
    if isinstance(column, Counting):
        return range(column.first, column.first + rows)
    if isinstance(column, Drawn):
        return (each >> 2 | 1 for each in array("Q", os.urandom(8 * rows)))
    if isinstance(column, Texts):
        return (None if part is None else part.decode() for part in map(column.bytes_at, range(rows)))
    values = repeat(column.value, rows) if isinstance(column, Same) else column.values
    if isinstance(target.type, sa.Boolean):
        return (None if value is None else bool(value) for value in values)
    return values


# --- SQLite -------------------------------------------------------------------------------------------------------


class _Statement:
    """`INSERT … SELECT` over a list of numbers, which gives each row its place and the span of its first text."""

    def __init__(self, table: Table, rows: int, columns: Mapping[str, Column]) -> None:
        self.values: list[Any] = []
        self.fits = True  # False: a number that SQL cannot be told exactly
        self._parameters = count(1)
        self._spans = next((each for each in columns.values() if isinstance(each, Texts)), None)
        spans = [0] * rows if self._spans is None else self._spans.spans
        source = self._bind(msgspec.json.encode(spans).decode())
        names = ", ".join(f'"{name}"' for name in columns)
        made: dict[tuple[int, bool], str] = {}  # a column that stands for several is sent once
        for name, column in columns.items():
            key = (id(column), isinstance(table.c[name].type, sa.Float))
            made[key] = made.get(key) or self._term(table.c[name], column)
        terms = ", ".join(
            made[id(column), isinstance(table.c[name].type, sa.Float)] for name, column in columns.items()
        )
        # Names come from the schema, terms are made here, values are bound.
        self.sql = f'INSERT INTO "{table.name}" ({names}) SELECT {terms} FROM json_each({source}) AS r'  # noqa: S608

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return f"?{next(self._parameters)}"

    def _term(self, target: sa.Column[Any], column: Column) -> str:
        if isinstance(column, Same):
            return "NULL" if column.value is None else self._bind(column.value)
        if isinstance(column, Counting):
            return f"r.key + {self._bind(column.first)}"
        if isinstance(column, Drawn):
            return RANDOM_ON_SQLITE
        if isinstance(column, Texts):
            return self._text(column)
        if isinstance(target.type, sa.Float):
            return self._real(column)
        self.fits = self.fits and _NO_NUMBER not in column.values
        return self._whole([_NO_NUMBER if value is None else int(value) for value in column.values])

    def _text(self, column: Texts) -> str:
        span = "r.value" if column is self._spans else self._fixed(column.spans)
        buffer = self._bind(column.buffer)
        text = f"CAST(substr({buffer}, ({span} >> {_LENGTH_BITS}) + 1, {span} & {_LENGTH}) AS TEXT)"
        return f"CASE WHEN {span} >= 0 THEN {text} END" if min(column.spans) < 0 else text

    def _fixed(self, values: Sequence[int]) -> str:
        """A column of whole numbers as decimals of one width."""
        text = (f"%{_WIDTH}d" * len(values) % tuple(values)).encode()
        return f"CAST(substr({self._bind(text)}, r.key * {_WIDTH} + 1, {_WIDTH}) AS INTEGER)"

    def _whole(self, values: Sequence[int]) -> str:
        term = self._fixed(values)
        return f"NULLIF({term}, {_NO_NUMBER})" if _NO_NUMBER in values else term

    def _real(self, column: Numbers) -> str:
        made = [_NO_NUMBER if value is None else _fraction(value) for value in column.values]
        if None in made:
            self.fits = False
            return ""
        known: list[int] = made  # type: ignore[assignment]
        term = self._whole(known)
        shift = f"({term} & {(1 << _SHIFT_BITS) - 1})"
        most = max(value & ((1 << _SHIFT_BITS) - 1) for value in known)
        below = f"(1 << {shift})"
        if most > _MOST_SHIFT:
            below = f"(1 << min({shift}, {_MOST_SHIFT})) / (1 << max({shift} - {_MOST_SHIFT}, 0))"
        return f"(({term} >> {_SHIFT_BITS}) + 0.0) / {below}"


def _fraction(value: float) -> int | None:
    """A double as mantissa << 7 | n: it is the mantissa over 2^n, exactly. None for one that is too large or small.

    SQLite reads a decimal with an error in the last digit now and then; a whole number over a power of two has none.
    """
    if not isfinite(value):
        return None
    part, exponent = frexp(value)
    mantissa, shift = int(part * 2**53), 53 - exponent
    if shift > 2 * _MOST_SHIFT and mantissa:
        zeros = (mantissa & -mantissa).bit_length() - 1
        mantissa, shift = mantissa >> zeros, shift - zeros
    if shift < 0:
        mantissa, shift = mantissa << -shift if shift >= -2 else 0, 0 if shift >= -2 else -1
    if not 0 <= shift <= 2 * _MOST_SHIFT:
        return None
    return mantissa << _SHIFT_BITS | shift
