"""The encoding of a text file: what is asked for, what a byte-order mark names, UTF-8, or else a guess.

UTF-8 comes first and is taken strictly. Whatever the encoding, text that is not in it is an error with its line, never
a replacement character.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labelyard.formats.readers.base import ReadError, Source
from labelyard.formats.readers.guessing import guess, has_utf16_zeros, is_broken_utf8, sample_of

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHOWN = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
# Codecs of Python that are encodings of text and nothing else.
_KNOWN = frozenset(
    [
        *(
            "ascii",
            "utf-8",
            "utf-8-sig",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "utf-32",
            "utf-32-le",
            "utf-32-be",
        ),
        *(
            "gbk",
            "gb2312",
            "gb18030",
            "hz",
            "big5",
            "big5hkscs",
            "shift_jis",
            "shift_jis_2004",
            "shift_jisx0213",
        ),
        *(
            "euc_jp",
            "euc_jis_2004",
            "euc_jisx0213",
            "iso2022_jp",
            "euc_kr",
            "johab",
            "koi8-r",
            "koi8-u",
            "tis-620",
        ),
        *(
            "mac-roman",
            "mac-latin2",
            "mac-cyrillic",
            "mac-greek",
            "mac-turkish",
            "hp-roman8",
            "ptcp154",
            "kz1048",
        ),
        *(
            f"cp{page}"
            for page in (437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866)
        ),
        *(f"cp{page}" for page in (869, 874, 932, 949, 950, *range(1250, 1259))),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
    ]
)
_CHUNK = 1 << 17
_HEAD = 1 << 12
_LOOKED_AT = 1 << 22  # bytes around the first one that is not UTF-8


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec`: its name for Python. `is_guess`: neither told nor UTF-8."""

    codec: str
    is_guess: bool = False


def encoding_of(source: Source) -> Encoding:
    """How the text of `source` is to be decoded. ReadError when that is not known."""
    told = told_encoding(source)
    if told is not None:
        return Encoding(told)
    zeros = has_utf16_zeros(_head(source.path))
    return Encoding(zeros, is_guess=True) if zeros is not None else _found(source.path)


def told_encoding(source: Source) -> str | None:
    """The codec that was asked for or that a byte-order mark names."""
    head = _head(source.path)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if source.options.encoding is None:
        return marked
    codec = _codec(source.options.encoding)
    return marked if marked is not None and codec == marked.removesuffix("-sig") else codec


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _found(path: Path) -> Encoding:
    """By content: UTF-8 when all of it is, else a guess."""
    with path.open("rb") as file:
        wrong = _first_not_utf8(file)
        if wrong is None:
            return Encoding("utf-8")
        file.seek(max(0, wrong - _LOOKED_AT))
        sample = sample_of(file.read(2 * _LOOKED_AT))
        if is_broken_utf8(sample):
            file.seek(0)
            line = 1 + sum(file.read(min(_CHUNK, wrong - at)).count(b"\n") for at in range(0, wrong, _CHUNK))
            raise ReadError(f"line {line}: the byte at {wrong} is not UTF-8, and the text around it is")
        return Encoding(guess(sample), is_guess=True)


def _first_not_utf8(file: BinaryIO) -> int | None:
    """Where the first byte stands that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    at = 0
    while True:
        chunk = file.read(_CHUNK)
        pending = len(decoder.getstate()[0])
        if chunk.isascii() and chunk and not pending:  # by far the quickest to see
            at += len(chunk)
            continue
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return at - pending + error.start
        if not chunk:
            return None
        at += len(chunk)


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if found not in _KNOWN:
        raise ReadError(f"the encoding {name[:40]} is not known")
    return found


def not_in(path: Path, codec: str) -> ReadError:
    """The error of a file that is not in its encoding, with the line."""
    name = _SHOWN.get(codec, codec)
    return ReadError(
        f"line {_wrong_line(path, codec)}: the text is not {name}. Say its encoding, or save the file as UTF-8 or as "
        "UTF-16 with a byte-order mark"
    )


def _wrong_line(path: Path, codec: str) -> int:
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            before = decoder.getstate()
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeError as error:
                if isinstance(error, UnicodeDecodeError):
                    decoder.setstate(before)
                    good = error.start - len(before[0])
                    line += decoder.decode(chunk[: max(good, 0)]).count("\n")
                return line
            if not chunk:
                return line
