"""The Range header of a request for a file (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` … `end - 1` of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


class Unsatisfiable(ValueError):
    """The range lies outside the file (416)."""


def span_of(header: str | None, size: int) -> Span | None:
    """The part that is asked for; None for the whole file.

    A header that is malformed, of another unit or of several ranges is ignored, as the standard lets a server do.
    """
    unit, _, text = (header or "").partition("=")
    found = _RANGE.fullmatch(text.strip())
    if unit.strip().lower() != "bytes" or found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
        if int(found[2]) == 0:
            raise Unsatisfiable
    else:
        start = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, size)
