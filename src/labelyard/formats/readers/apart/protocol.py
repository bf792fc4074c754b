"""What the two sides tell each other.

The child gets a Request on its standard input and writes lines: the Head, then a line for each row of the file (empty
for a row that is left out), then END. FAULT and a reason may come at any place and are the last line.
"""

import msgspec

from labelyard.formats.readers.base import ReadOptions

MAX_ROW = 64 * 1024 * 1024  # bytes of an item
MEMORY = 1 << 30  # bytes of address space
CPU_SECONDS = 120
END = b"."
FAULT = b"!"


class Request(msgspec.Struct):
    """`kind`: which of the readers."""

    kind: str
    path: str
    options: ReadOptions


class Head(msgspec.Struct):
    """`columns`: names in the file. `first_row`: number of the row that the first line after this stands for.

    `sheet` is the one that is read, one of `sheets`.
    """

    columns: list[str]
    first_row: int = 1
    header: bool | None = None
    sheet: str | None = None
    sheets: list[str] = []
    notes: list[str] = []
