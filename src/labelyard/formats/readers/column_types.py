"""What becomes of the cells of a CSV file: text, or numbers and booleans.

`lossless`: a column becomes numbers (or booleans) only when every one of its cells would be written back exactly as it
stands: no leading zeros, no exponents, nothing beyond 2^53. Everything else stays text, `NA` and `null` included; an
empty cell is an empty text. `string`: text is what it is. `exact_ls`: what Label Studio 1.x makes of it, losses included.

Columns are looked at in batches; the loops over cells are those of `map`.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from labelyard.formats.readers.base import CsvTypes

Cells = Sequence[str]
# From the cells of a column to its values.
Convert = Callable[[Cells], Sequence[Any]]

_EXACT_LIMIT = 2**53
_EXACT_DIGITS = 17  # characters of the limit with its sign
_BOOLEANS = {"True": True, "False": False}


class ColumnTypes:
    """Finds the types of columns from all their cells, batch after batch."""

    def __init__(self, columns: int, rule: CsvTypes) -> None:
        self._columns = [_RULES[rule]() for _ in range(columns)]
        self._open = list(range(columns)) if rule != "string" else []

    def is_settled(self) -> bool:
        """No further cell changes anything."""
        return not self._open

    def see(self, columns: Sequence[Cells]) -> None:
        """Look at further cells of every column."""
        for number in self._open[:]:
            if not self._columns[number].see(columns[number]):
                self._open.remove(number)

    def converts(self) -> list[tuple[int, Convert]]:
        """How to read the columns that are not text."""
        found = ((number, column.convert()) for number, column in enumerate(self._columns))
        return [(number, convert) for number, convert in found if convert is not None]


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

    def convert(self) -> Convert | None:
        return None if self._text else self._kind


def _kind_of(cells: list[str]) -> Convert | None:
    """The conversion that keeps each of the cells, none of them empty, exactly; None for text."""
    if cells[0] in _BOOLEANS:
        return _booleans if _BOOLEANS.keys() >= set(cells) else None
    try:
        if list(map(str, map(int, cells))) == cells:
            small = max(map(len, cells)) < _EXACT_DIGITS - 1 or all(map(_is_exact_integer, cells))
            return _integers if small else None
    except ValueError:
        pass
    return _numbers if all(map(_is_exact_number, cells)) else None


def _is_exact_integer(cell: str) -> bool:
    return len(cell) <= _EXACT_DIGITS and cell.lstrip("-").isdigit() and abs(int(cell)) <= _EXACT_LIMIT


def _is_exact_number(cell: str) -> bool:
    try:
        if "." not in cell:
            return str(int(cell)) == cell and _is_exact_integer(cell)
        value = float(cell)
    except ValueError:
        return False
    return repr(value) == cell and "e" not in cell and abs(value) <= _EXACT_LIMIT


def _booleans(cells: Cells) -> Sequence[Any]:
    return [_BOOLEANS.get(cell, cell) for cell in cells]


def _integers(cells: Cells) -> Sequence[Any]:
    return [int(cell) if cell else cell for cell in cells]


def _numbers(cells: Cells) -> Sequence[Any]:
    return [(float(cell) if "." in cell else int(cell)) if cell else cell for cell in cells]


class _ExactLs:
    """The types of pandas' read_csv, nothing instead of its missing values (Label Studio 1.x).

    Columns of whole numbers with a gap become floats, leading zeros go, the words for nothing become empty texts.
    Where pandas makes an infinity the text stays, because JSON has none.
    """

    def __init__(self) -> None:
        self._seen = self._gaps = False
        self._may_be = {_ls_integers, _ls_floats, _ls_booleans}

    def see(self, cells: Cells) -> bool:
        filled = [cell for cell in cells if cell not in _NOTHING]
        self._gaps |= len(filled) < len(cells)
        if filled:
            self._seen = True
            self._may_be = {kind for kind in self._may_be if _LS_TESTS[kind](filled)}
        return bool(self._may_be)

    def convert(self) -> Convert | None:
        if self._seen and _ls_integers in self._may_be and not self._gaps:
            return _ls_integers
        if self._seen and _ls_floats in self._may_be:
            return _ls_floats
        if self._seen and _ls_booleans in self._may_be:
            return _ls_booleans
        return _ls_texts


_NOTHING = frozenset(
    [
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
        "",
    ]
)
_LS_BOOLEANS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_MAX_DIGITS = 200  # of a number that our JSON takes


def _are_integers(cells: Cells) -> bool:
    return _parse(int, cells)


def _are_floats(cells: Cells) -> bool:
    return _parse(float, cells)


def _are_booleans(cells: Cells) -> bool:
    return _LS_BOOLEANS.keys() >= set(cells)


def _parse(number: Callable[[str], float], cells: Cells) -> bool:
    joined = "".join(cells)
    if "_" in joined or not joined.isascii() or max(map(len, cells)) > _MAX_DIGITS:
        return False
    try:
        for _ in map(number, cells):
            pass
    except ValueError:
        return False
    return True


def _ls_integers(cells: Cells) -> Sequence[Any]:
    return list(map(int, cells))


def _ls_floats(cells: Cells) -> Sequence[Any]:
    return ["" if cell in _NOTHING else value if isfinite(value := float(cell)) else cell for cell in cells]


def _ls_booleans(cells: Cells) -> Sequence[Any]:
    return [_LS_BOOLEANS.get(cell, "") for cell in cells]


def _ls_texts(cells: Cells) -> Sequence[Any]:
    return ["" if cell in _NOTHING else cell for cell in cells]


_LS_TESTS: dict[Convert, Callable[[Cells], bool]] = {
    _ls_integers: _are_integers,
    _ls_floats: _are_floats,
    _ls_booleans: _are_booleans,
}
_RULES: dict[CsvTypes, type[_Text] | type[_Lossless] | type[_ExactLs]] = {
    "string": _Text,
    "lossless": _Lossless,
    "exact_ls": _ExactLs,
}
