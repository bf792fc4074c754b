"""The encoding of a text file: what is asked for, what a byte-order mark names, UTF-8, or else a guess.

UTF-8 comes first and is taken strictly. Whatever the encoding, text that is not in it is an error with its line, never
a replacement character.
"""

import codecs
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

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
_CHUNK = 1 << 20
_HEAD = 1 << 12
_LOOKED_AT = 1 << 22  # bytes around the first one that is not UTF-8


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec`: its name for Python. `is_guess`: neither told nor UTF-8."""

    codec: str
    is_guess: bool = False


def encoding_of(source: Source) -> Encoding:
    """How the text of `source` is to be decoded. ReadError when that is not known."""
    path, asked = source.path, source.options.encoding
    with path.open("rb") as file:
        head = file.read(_HEAD)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if asked is not None:
        codec = _codec(asked)
        return Encoding(marked if marked is not None and codec == marked.removesuffix("-sig") else codec)
    if marked is not None:
        return Encoding(marked)
    zeros = has_utf16_zeros(head)
    if zeros is not None:
        return Encoding(zeros, is_guess=True)
    return _found(path)


def _found(path: Path) -> Encoding:
    """By content: UTF-8 when all of it is, else a guess."""
    if not path.stat().st_size:
        return Encoding("utf-8")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        wrong = _first_not_utf8(text)
        if wrong is None:
            return Encoding("utf-8")
        sample = sample_of(text[max(0, wrong - _LOOKED_AT) : wrong + _LOOKED_AT])
        if is_broken_utf8(sample):
            line = 1 + sum(text[at : min(at + _CHUNK, wrong)].count(b"\n") for at in range(0, wrong, _CHUNK))
            raise ReadError(f"line {line}: the byte at {wrong} is not UTF-8, and the text around it is")
        return Encoding(guess(sample), is_guess=True)


def _first_not_utf8(text: mmap) -> int | None:
    """Where the first byte stands that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(text), _CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(text[at : at + _CHUNK], final=at + _CHUNK >= len(text))
        except UnicodeDecodeError as error:
            return at - pending + error.start
    return None


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if found not in _KNOWN:
        raise ReadError(f"the encoding {name[:40]} is not known")
    return found


def not_in(codec: str, line: int) -> ReadError:
    """The error of text that is not in its encoding, near `line` (from 1)."""
    name = _SHOWN.get(codec, codec)
    return ReadError(
        f"near line {line}: the text is not {name}. Say its encoding, or save the file as UTF-8 or as UTF-16 with a "
        "byte-order mark"
    )
