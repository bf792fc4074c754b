"""Text files without keys: a task a line, or one task for the whole file, or for the address of a file."""

from collections.abc import Iterator

import msgspec

from labelyard.formats.readers.base import RawItem, Source
from labelyard.formats.readers.encodings import encoding_of, not_in


def read_lines(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task a line. Blank lines are tasks with an empty text, as in Label Studio 1.x; lines end at LF, CRLF or CR only."""
    encoding = encoding_of(source).codec
    encode = msgspec.json.Encoder().encode
    try:
        with source.path.open(encoding=encoding) as file:
            for number, line in enumerate(file, 1):
                yield number, encode({source.value_key: line.removesuffix("\n")})
    except UnicodeError:
        raise not_in(source.path, encoding) from None


def read_whole(source: Source) -> Iterator[tuple[int, RawItem]]:
    """The whole text as one task (HTML, XML)."""
    encoding = encoding_of(source).codec
    try:
        with source.path.open(encoding=encoding, newline="") as file:
            text = file.read()
    except UnicodeError:
        raise not_in(source.path, encoding) from None
    yield 1, msgspec.json.encode({source.value_key: text})


def read_url(source: Source) -> Iterator[tuple[int, RawItem]]:
    """One task whose value is the address the file is served from (images, audio, video, PDF)."""
    yield 1, msgspec.json.encode({source.value_key: source.url})
