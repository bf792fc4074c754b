"""Rows of a table that tell nothing new about the types of its columns, found without parsing them.

The types need all rows, but nearly all rows only confirm what was found. One regular expression passes over these at
several times the speed of csv.reader. It takes rows of the plainest form alone, where nothing can be read in two ways;
every other row is left to be parsed, so that the outcome is the same.
"""

import re
from collections.abc import Sequence

from labelyard.formats.readers.rows import Skim

_MOST_COLUMNS = 100  # with more, the pattern costs more than it brings


def idle_rows(cells: Sequence[str | None], separator: str, quote: str) -> Skim | None:
    """Takes as many rows from a row's beginning on as have such cells; None when it is not worth while.

    `cells`: for each column the pattern of its cells (besides the empty one), None for any cell. A row that is taken is
    whole, has a cell for each column, and its line ends with a line feed.
    """
    if not 0 < len(cells) <= _MOST_COLUMNS:
        return None
    mark, between = re.escape(quote), re.escape(separator)
    bare = f"[^{mark}{between}\\r\\n]*+"
    inside = f"[^{mark}]*+(?:{mark}{mark}[^{mark}]*+)*+"
    fields = []
    for cell in cells:
        plain = bare if cell is None else f"(?:{cell})?"
        quoted = inside if cell is None else plain
        fields.append(f"(?:{mark}{quoted}{mark}|{plain})" if quote else plain)
    # Nothing is given back: what a row has taken cannot be read otherwise.
    match = re.compile(f"(?:{between.join(fields)}\\r?\\n)*+").match

    def skim(text: str) -> int:
        found = match(text)
        return found.end() if found else 0

    return skim
