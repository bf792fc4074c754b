"""What every reader of imported files has in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

# The key of a value that came without one, as long as the config reads no data key.
UNNAMED_KEY = "$undefined$"

# A task item: one JSON object as bytes, or a slice of the mapped file.
RawItem = bytes | msgspec.Raw


class ReadError(ValueError):
    """A file that cannot be read as its format; the text names the line or byte and the cure."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read.

    `name` is what its sender called it, `url` where it will be served from, `value_key` the data key that takes the
    value of formats which have no keys of their own (lines of text, media).
    """

    path: Path
    name: str
    url: str = ""
    value_key: str = UNNAMED_KEY


class Reader(Protocol):
    """Reads a source into items with their row numbers (line or position, from 1).

    A row number never goes down. An implementation holds no more than one row, or a mapped file, in memory.
    """

    def __call__(self, source: Source) -> Iterator[tuple[int, RawItem]]: ...
