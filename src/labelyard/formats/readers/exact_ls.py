"""The types of the cells of a CSV file that Label Studio 1.x gives them: those of pandas' read_csv, "" for what is missing.

Leading zeros go, a column of whole numbers with a gap becomes floats, the words for nothing become empty texts, a number
beyond 64 bits makes a column text. Where pandas makes an infinity the text stays, because JSON has none.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

Cells = Sequence[str]
# From the cells of a column to its values.
Convert = Callable[[Cells], Sequence[Any]]

_NOTHING = frozenset(
    [
        *("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NULL", "null", "None"),
        *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    ]
)
_BOOLEANS = {"true": True, "false": False}
_SIGNED, _UNSIGNED = (-(2**63), 2**63 - 1), (-(2**63), 2**64 - 1)
_MAX_DIGITS = 200  # of a number that our JSON takes


class ExactLs:
    """The type of one column, from all its cells."""

    def __init__(self) -> None:
        self._seen = self._gaps = False
        self._integers = self._floats = self._booleans = True  # every cell so far is such
        self._low = self._high = 0
        self._overflows = False  # a number beyond 64 bits came before anything that is no whole number

    def see(self, cells: Cells) -> bool:
        """Look at further cells; whether others can still change the type."""
        filled = [cell for cell in cells if cell not in _NOTHING]
        self._gaps |= len(filled) < len(cells)
        if not filled:
            return True
        self._seen = True
        if self._integers:
            self._see_integers(filled)
        if not self._integers and self._floats:
            self._floats = _parsed(float, filled) is not None
        if self._booleans:
            self._booleans = _BOOLEANS.keys() >= set(map(str.lower, filled))
        return self._integers or self._floats or self._booleans

    def _see_integers(self, cells: Cells) -> None:
        numbers = _parsed(int, cells)
        if numbers is None:
            self._integers = False
            numbers = _leading_integers(cells)
        self._low, self._high = min([self._low, *numbers]), max([self._high, *numbers])
        self._overflows |= not _SIGNED[0] <= self._low <= self._high <= _SIGNED[1]

    def convert(self) -> Convert | None:
        """From cells to values; None when the cells stay as they are."""
        if not self._seen:
            return _texts
        if self._overflows:
            fits = _UNSIGNED[0] <= self._low <= self._high <= _UNSIGNED[1]
            as_text = not self._integers or (fits and (self._gaps or self._low < 0))
            return None if as_text else _integers
        if self._integers and not self._gaps:
            return _integers
        if self._floats:
            return _floats
        return _booleans if self._booleans else _texts


def _parsed(number: Callable[[str], Any], cells: Cells) -> list[Any] | None:
    joined = "".join(cells)
    if "_" in joined or not joined.isascii() or max(map(len, cells)) > _MAX_DIGITS:
        return None
    try:
        return list(map(number, cells))
    except ValueError:
        return None


def _leading_integers(cells: Cells) -> list[int]:
    numbers: list[int] = []
    for cell in cells:
        number = _parsed(int, [cell])
        if number is None:
            break
        numbers += number
    return numbers


def _integers(cells: Cells) -> Sequence[Any]:
    return ["" if cell in _NOTHING else int(cell) for cell in cells]


def _floats(cells: Cells) -> Sequence[Any]:
    return ["" if cell in _NOTHING else value if isfinite(value := float(cell)) else cell for cell in cells]


def _booleans(cells: Cells) -> Sequence[Any]:
    return [_BOOLEANS.get(cell.lower(), "") for cell in cells]


def _texts(cells: Cells) -> Sequence[Any]:
    return ["" if cell in _NOTHING else cell for cell in cells]
