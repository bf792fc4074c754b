"""The encoding of a text file: what is asked for, what a byte-order mark names, UTF-8."""

import codecs

from labelyard.formats.readers.base import ReadError, Source

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}


def encoding_of(source: Source) -> str:
    """The name of the codec that reads `source`."""
    with source.path.open("rb") as file:
        head = file.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    asked = source.options.encoding
    if asked is None:
        return marked or "utf-8"
    codec = _codec(asked)
    return marked if marked is not None and codec == marked.removesuffix("-sig") else codec


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        "".encode(found)
    except (LookupError, ValueError):
        raise ReadError(f"the encoding {name[:40]} is not known") from None
    return found


def not_in(encoding: str, line: int) -> ReadError:
    """The error of text that is not in its encoding, near `line` (from 1)."""
    name = _NAMES.get(encoding, encoding)
    return ReadError(
        f"near line {line}: the text is not {name}. Save the file as UTF-8, or as UTF-16 with a byte-order mark"
    )
