"""What the files of a 0.x project have by id, in memory only as numbers."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path

from labelyard.kit.rawjson import RawJsonError, members
from labelyard.takeover.model import TakeoverError

MAX_ID = 2**53 - 1  # what every reader of JSON can hold
_NO_ID = -1


def id_of(text: str) -> int | None:
    """The number that a key or a file name is, spelled as 0.x spells it; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 16 or (text[0] == "0" and text != "0"):
        return None
    number = int(text)
    return number if number <= MAX_ID else None


class Ids:
    """Ids in order, those that came more than once as often as they did."""

    def __init__(self, ids: Iterable[int]) -> None:
        given = array("q", ids)
        # As a rule they come in order; sorting would make an object of each.
        self._ids = given if _is_ascending(given) else array("q", sorted(given))

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._ids, number)
        return place < len(self._ids) and self._ids[place] == number

    def last(self) -> int:
        """The highest; 0 when there is none."""
        return self._ids[-1] if self._ids else 0

    def doubled(self) -> set[int]:
        return {one for one, other in pairwise(self._ids) if one == other}


class RecordsById:
    """A file with a JSON object of records by id, which are found once and read one at a time.

    A record has a place, counted from 0. There may be keys that are no id, and ids that come again. TakeoverError where no
    record can be told from the next; without a file there are none.
    """

    def __init__(self, path: Path | None) -> None:
        self._keys, self._from, self._to = array("q"), array("Q"), array("Q")
        self._text: mmap | bytes = b""
        if path is not None and path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                self._text = mmap(file.fileno(), 0, access=ACCESS_READ)
            try:
                for key, start, end in members(self._text):
                    number = id_of(key)
                    self._keys.append(_NO_ID if number is None else number)
                    self._from.append(start)
                    self._to.append(end)
            except RawJsonError as error:
                raise TakeoverError(
                    f"{path}: {error}.", "Restore the file from a backup, or mend it."
                ) from None
        places = range(len(self._keys))
        self._by_id: Sequence[int] = (
            places if _is_ascending(self._keys) else array("Q", sorted(places, key=self._keys.__getitem__))
        )

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Every id in order, each once, with the place of the first record that has it."""
        last = _NO_ID
        for place in self._by_id:
            if self._keys[place] > last:
                last = self._keys[place]
                yield last, place

    def last(self) -> int:
        """The highest id; 0 when there is none."""
        return max(0, self._keys[self._by_id[-1]]) if self._by_id else 0

    def id(self, place: int) -> int | None:
        number = self._keys[place]
        return None if number == _NO_ID else number

    def place(self, number: int) -> int | None:
        """Of the first record with this id."""
        found = bisect_left(self._by_id, number, key=self._keys.__getitem__)
        if found == len(self._by_id) or self._keys[self._by_id[found]] != number:
            return None
        return self._by_id[found]

    def others(self) -> list[int]:
        """Places of the records without an id, or with that of one before them, in order."""
        last, found = _NO_ID, []
        for place in self._by_id:
            if self._keys[place] <= last:
                found.append(place)
            last = self._keys[place]
        return sorted(found)

    def text(self, place: int) -> bytes:
        """The record's JSON text."""
        return self._text[self._from[place] : self._to[place]].strip()


def _is_ascending(ids: Iterable[int]) -> bool:
    return all(one <= other for one, other in pairwise(ids))
