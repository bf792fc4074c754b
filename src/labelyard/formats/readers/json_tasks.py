"""JSON files: a list of tasks, one task, or a task a line (JSON Lines)."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from io import SEEK_END
from mmap import ACCESS_COPY, mmap
from tempfile import TemporaryFile
from typing import IO

import msgspec

from labelyard.formats.readers.base import BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.encodings import not_in, told_encoding
from labelyard.formats.readers.items import tidied
from labelyard.kit.rawjson import RawJsonError, find, lines, split

_SHOWN = 1 << 20  # bytes of a broken line that are handed on
_CHUNK = 1 << 20
_UTF8 = ("utf-8", "utf-8-sig")
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")
_MORE = re.compile(rb"[ \t\r\n]*[^ \t\r\n]")
_ONE = msgspec.json.Decoder(msgspec.Raw)


def read_json(source: Source) -> Iterator[tuple[int, RawItem]]:
    """Items of a JSON list, the one object, or the lines when the first line is a whole object and more follow.

    Items may be slices of the mapped file. A slice keeps the map alive: copy what is kept for long.
    """
    mapped = _map(source)
    if is_lines(mapped):
        yield from _lines(mapped, source)
        return
    try:
        found = split(mapped)
    except RawJsonError as error:
        where = "" if error.item is None else f"item {error.item}: "
        raise ReadError(f"{where}{error}") from None
    tidy = _tidy(mapped, source)
    if tidy is None:
        yield from enumerate(found.items, 1)
        return
    for number, item in enumerate(found.items, 1):
        yield number, tidy(number, bytes(item))


def read_json_lines(source: Source) -> Iterator[tuple[int, RawItem]]:
    """An item a line; row numbers are line numbers, blank lines are skipped."""
    yield from _lines(_map(source), source)


def is_lines(text: bytes | mmap) -> bool:
    """Whether the first line is a whole object and others follow."""
    start = _OBJECT.match(text)
    if start is None:
        return False
    end = find(text, b"\n", start.end())
    if end < 0 or _MORE.match(text, end) is None:
        return False
    try:
        _ONE.decode(memoryview(text)[start.end() - 1 : end])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def holds_lines(source: Source) -> bool:
    """Whether a JSON file is one of lines."""
    return is_lines(_map(source))


def _map(source: Source) -> mmap:
    """The text as UTF-8. Not closed by hand: that raises BufferError while slices live. It goes with the last of them."""
    codec = told_encoding(source)
    with source.path.open("rb") as file:
        if codec in _UTF8 or codec is None:
            return _mapped(file)
    with TemporaryFile() as copy:
        try:
            with source.path.open(encoding=codec, newline="") as text:
                for part in iter(partial(text.read, _CHUNK), ""):
                    copy.write(part.encode())
        except UnicodeError:
            raise not_in(source.path, codec) from None
        copy.flush()
        return _mapped(copy)


def _mapped(file: IO[bytes]) -> mmap:
    if file.seek(0, SEEK_END) == 0:
        raise ReadError("the file is empty")
    return mmap(file.fileno(), 0, access=ACCESS_COPY)  # `split` writes into it


def _tidy(mapped: mmap, source: Source) -> Callable[[int, bytes], bytes] | None:
    """What is to be done with each item and its number; None when nothing is."""
    mapping = source.options.columns
    if not mapping and find(mapped, b'"_error"') < 0:
        return None

    def tidy(number: int, item: bytes) -> bytes:
        try:
            return tidied(item, mapping)
        except ReadError as error:
            raise ReadError(f"item {number}: {error}") from None

    return tidy


def _lines(mapped: mmap, source: Source) -> Iterator[tuple[int, RawItem]]:
    tidy = _tidy(mapped, source)
    for number, line, fault in lines(mapped):
        if fault is None:
            yield number, line if tidy is None else tidy(number, line)
        elif source.on_bad_row is None:
            raise ReadError(f"line {number}: {fault}")
        else:
            shown = line[:_SHOWN].decode(errors="replace")
            source.on_bad_row(BadRow(number, None, str(fault), msgspec.json.encode(shown)))
