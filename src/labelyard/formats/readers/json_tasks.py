"""JSON files: a list of tasks, or one task."""

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap

from labelyard.formats.readers.base import RawItem, ReadError, Source
from labelyard.kit.rawjson import RawJsonError, split


def read_json(source: Source) -> Iterator[tuple[int, RawItem]]:
    """Items of a JSON list, or the one object, as slices of the mapped file.

    A slice keeps the map alive: copy what is kept for long.
    """
    with source.path.open("rb") as file:
        if source.path.stat().st_size == 0:
            raise ReadError("the file is empty")
        mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
        # Not closed by hand: that raises BufferError while slices live. It goes with the last of them.
        try:
            found = split(mapped)
        except RawJsonError as error:
            where = "" if error.item is None else f"item {error.item}: "
            raise ReadError(f"{where}{error}") from None
        yield from enumerate(found.items, 1)
