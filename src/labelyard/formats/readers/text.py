"""Text files: their encoding, and the reader of one task a line."""

import codecs
from collections.abc import Iterator
from pathlib import Path

import msgspec

from labelyard.formats.readers.base import RawItem, ReadError, Source

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 16


def encoding_of(head: bytes) -> str:
    """The encoding that a byte-order mark names; UTF-8 without one."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "utf-8")


def encoding_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return encoding_of(file.read(4))


def not_in(encoding: str, line: int) -> ReadError:
    """The error of text that is not in its encoding, near `line` (from 1)."""
    name = "UTF-16" if encoding == "utf-16" else "UTF-32" if encoding == "utf-32" else "UTF-8"
    return ReadError(
        f"near line {line}: the text is not {name}. Save the file as UTF-8, or as UTF-16 with a byte-order mark"
    )


def read_lines(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task a line. Blank lines are tasks with an empty text, as in Label Studio 1.x; lines end at LF, CRLF or CR only."""
    encoding = encoding_of_file(source.path)
    encode = msgspec.json.Encoder().encode
    number = 0
    try:
        with source.path.open(encoding=encoding) as file:
            for number, line in enumerate(file, 1):
                yield number, encode({source.value_key: line.removesuffix("\n")})
    except UnicodeError:
        raise not_in(encoding, number + 1) from None


def read_whole(source: Source) -> Iterator[tuple[int, RawItem]]:
    """The whole text as one task (HTML, XML)."""
    encoding = encoding_of_file(source.path)
    try:
        with source.path.open(encoding=encoding, newline="") as file:
            text = file.read()
    except UnicodeError:
        raise not_in(encoding, 1) from None
    yield 1, msgspec.json.encode({source.value_key: text})


def read_url(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task whose value is the address the file is served from (images, audio, video, PDF)."""
    yield 1, msgspec.json.encode({source.value_key: source.url})
