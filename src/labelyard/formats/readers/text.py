"""Text files without keys: a task a line, or one task for the whole file, or for the address of a file."""

from collections.abc import Iterator
from functools import partial

import msgspec

from labelyard.formats.readers.base import BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.encodings import encoding_of, not_in

MAX_TEXT = 64 * 1024 * 1024  # characters, of a line and of a whole file

_encode = msgspec.json.Encoder().encode


def read_lines(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task a line. Blank lines are tasks with an empty text, as in Label Studio 1.x; lines end at LF, CRLF or CR only."""
    encoding = encoding_of(source).codec
    try:
        with source.path.open(encoding=encoding) as file:
            for number, line in enumerate(iter(partial(file.readline, MAX_TEXT + 1), ""), 1):
                text = line.removesuffix("\n")
                if len(text) > MAX_TEXT:
                    raise ReadError(f"line {number}: a line with more than {MAX_TEXT} characters")
                item = _encode({source.value_key: text})
                if "\0" not in line:
                    yield number, item
                elif source.on_bad_row is None:
                    raise ReadError(f"line {number}: a NUL character")
                else:
                    source.on_bad_row(BadRow(number, source.value_key, "a NUL character", item))
    except UnicodeError:
        raise not_in(source.path, encoding) from None


def read_whole(source: Source) -> Iterator[tuple[int, RawItem]]:
    """The whole text as one task (HTML, XML)."""
    encoding = encoding_of(source).codec
    try:
        with source.path.open(encoding=encoding, newline="") as file:
            text = file.read(MAX_TEXT + 1)
    except UnicodeError:
        raise not_in(source.path, encoding) from None
    if len(text) > MAX_TEXT:
        raise ReadError(f"the text has more than {MAX_TEXT} characters")
    if "\0" in text:
        raise ReadError(f"line {1 + text.count(chr(10), 0, text.index(chr(0)))}: a NUL character")
    yield 1, _encode({source.value_key: text})


def read_url(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task whose value is the address the file is served from (images, audio, video, PDF)."""
    yield 1, _encode({source.value_key: source.url})
