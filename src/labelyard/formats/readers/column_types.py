"""What becomes of the cells of a CSV file: text, or numbers and booleans.

`lossless`: a column becomes numbers (or booleans) only when every one of its cells would be written back exactly as it
stands: no leading zeros, no exponents, nothing beyond 2^53. Everything else stays text, `NA` and `null` included; an
empty cell is an empty text. `string`: text is what it is. `exact_ls`: what Label Studio 1.x makes of it, losses included.

Columns are looked at in batches; the loops over cells are those of `map`.
"""

import re
from collections.abc import Sequence
from typing import Any

from labelyard.formats.readers.base import CsvTypes
from labelyard.formats.readers.exact_ls import Cells, Convert, ExactLs

_EXACT_LIMIT = 2**53
_MAX_LENGTH = 40  # characters of a number below the limit: its repr has no more
# Cells of at most 15 digits in the form that Python writes, each ended by a line feed: a double keeps every one of them.
_SHORT = 16
_SHORT_INTEGERS = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,14})\n)*+")
_SHORT_FLOATS = re.compile(r"(?:-?(?:0|[1-9][0-9]*)\.(?:0|[0-9]*[1-9])\n)*+")
_BOOLEANS = {"True": True, "False": False}

# Cells of a kind, as they are for certain: others may be of it, too.
_INTEGER = "(?:0|-?[1-9][0-9]{0,14})"
_FLOAT = r"-?(?!0\.0000)(?:0|[1-9][0-9]{0,7})\.(?:[0-9]{0,6}[1-9]|0)"


class ColumnTypes:
    """Finds the types of columns from all their cells, batch after batch."""

    def __init__(self, columns: int, rule: CsvTypes) -> None:
        self._columns = [_RULES[rule]() for _ in range(columns)]
        self._open = list(range(columns)) if rule != "string" else []

    def is_settled(self) -> bool:
        """No further cell changes anything."""
        return not self._open

    def see(self, columns: Sequence[Cells]) -> None:
        """Look at further cells of every column; no columns are no cells."""
        if not columns:
            return
        for number in self._open[:]:
            if not self._columns[number].see(columns[number]):
                self._open.remove(number)

    def idle_cells(self) -> list[str | None] | None:
        """For each column a pattern of filled cells that would change nothing; None where no cell would.

        None in place of the list when that is not known. An empty cell changes nothing, either.
        """
        patterns = [column.idle_cell() for column in self._columns if isinstance(column, _Lossless)]
        return patterns if len(patterns) == len(self._columns) else None

    def converts(self) -> list[tuple[int, Convert]]:
        """How to read the columns that are not text."""
        found = ((number, column.convert()) for number, column in enumerate(self._columns))
        return [(number, convert) for number, convert in found if convert is not None]


def is_text(cell: str) -> bool:
    """Whether a cell stays text whatever stands around it."""
    return bool(cell) and _kind_of([cell]) is None


class _Text:
    def see(self, cells: Cells) -> bool:
        """Whether cells to come can change the type."""
        return False

    def convert(self) -> Convert | None:
        return None


class _Lossless:
    """`None` until a cell is there; then one of the conversions below, or text for good."""

    def __init__(self) -> None:
        self._kind: Convert | None = None
        self._text = False

    def see(self, cells: Cells) -> bool:
        filled = list(filter(None, cells))
        if filled:
            kind = _kind_of(filled)
            if kind is None or (_booleans in (kind, self._kind) and self._kind not in (None, kind)):
                self._text = True
            elif self._kind is not None and self._kind is not kind:
                self._kind = _numbers
            else:
                self._kind = kind
        return not self._text

    def idle_cell(self) -> str | None:
        return None if self._text else _IDLE[self._kind]

    def convert(self) -> Convert | None:
        return None if self._text else self._kind


def _kind_of(cells: list[str]) -> Convert | None:
    """The conversion that keeps each of the cells, none of them empty, exactly; None for text."""
    if cells[0] in _BOOLEANS:
        return _booleans if _BOOLEANS.keys() >= set(cells) else None
    if not _is_exact_number(cells[0]):
        return None
    text = "\n".join(cells) + "\n"
    if text.count("\n") != len(cells):
        return None
    if _SHORT_INTEGERS.fullmatch(text):
        return _integers
    if _SHORT_FLOATS.fullmatch(text) and max(map(len, cells)) <= _SHORT and "0.0000" not in text:
        return _floats
    return _numbers if all(map(_is_exact_number, cells)) else None


def _is_exact_number(cell: str) -> bool:
    if len(cell) > _MAX_LENGTH:
        return False
    try:
        value = float(cell) if "." in cell else int(cell)
    except ValueError:
        return False
    return repr(value) == cell and _has_no_words(cell) and abs(value) <= _EXACT_LIMIT


def _has_no_words(text: str) -> bool:
    """No exponent, no `nan` and no `inf`."""
    return "e" not in text and "n" not in text


def _booleans(cells: Cells) -> Sequence[Any]:
    return list(map(_BOOLEANS.get, cells, cells))


def _integers(cells: Cells) -> Sequence[Any]:
    return [int(cell) if cell else cell for cell in cells] if "" in cells else list(map(int, cells))


def _floats(cells: Cells) -> Sequence[Any]:
    return [float(cell) if cell else cell for cell in cells] if "" in cells else list(map(float, cells))


def _numbers(cells: Cells) -> Sequence[Any]:
    return [(float(cell) if "." in cell else int(cell)) if cell else cell for cell in cells]


_IDLE: dict[Convert | None, str] = {
    None: "",
    _booleans: "(?:True|False)",
    _integers: _INTEGER,
    _floats: _FLOAT,
    _numbers: f"(?:{_INTEGER}|{_FLOAT})",
}
_RULES: dict[CsvTypes, type[_Text] | type[_Lossless] | type[ExactLs]] = {
    "string": _Text,
    "lossless": _Lossless,
    "exact_ls": ExactLs,
}
