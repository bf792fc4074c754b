"""Which encoding a text has that does not say so and is not UTF-8.

A guess is only made when it is sure: a wrong one would garble a data set without anybody noticing. Otherwise the
candidates are told, and the importer says which it is.
"""

import re
from dataclasses import dataclass

from labelyard.formats.readers.base import ReadError

_CANDIDATES = (
    *("cp1252", "cp1250", "cp1254", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "utf_16_le", "utf_16_be"),
)
_LATIN = {"cp1252", "cp1250", "cp1254"}
_SURE_COHERENCE, _COHERENCE_GAP, _CHAOS_GAP = 0.1, 0.05, 0.1
_FEW, _ENOUGH = 6, 24  # bytes that are not ASCII
_FEW_ZEROS = 3
_SAMPLE = 1 << 15  # bytes of lines that are not ASCII
_HIGH_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")
_FOREIGN = re.compile(r"[\u0370-\u1fff\u2e80-\uffff]+")
# One letter of another script beside an ASCII letter: seen where text is read in a wrong encoding.
_MIXED = re.compile(
    r"(?<![\u0370-\u1fff\u2e80-\uffff])[\u0370-\u1fff\u2e80-\uffff](?=[A-Za-z])"
    r"|(?<=[A-Za-z])[\u0370-\u1fff\u2e80-\uffff](?![\u0370-\u1fff\u2e80-\uffff])"
)
# Letters that a set has and texts of its language do not use: kana in Chinese and Korean, single jamo in Korean.
_UNUSED = {
    **dict.fromkeys(("gb18030", "big5"), re.compile("[\u3041-\u30fa]")),
    "cp949": re.compile("[\u3041-\u30fa\u3131-\u318e]"),
}
_TURKISH, _NOT_TURKISH = re.compile("[ýþðÝÞÐ]"), re.compile("[áéíóúæÁÉÍÓÚÆ]")


@dataclass(slots=True)
class _Reading:
    """What some encodings make of the sample. `chaos`, `coherence`: from 0 to 1, how odd and how like a language."""

    text: str
    encodings: list[str]
    chaos: float
    coherence: float


def has_utf16_zeros(head: bytes) -> str | None:
    """The UTF-16 encoding of text without a byte-order mark, by the zero bytes beside its Latin letters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    few, many = min(even, odd), max(even, odd)
    if many < _FEW_ZEROS or many < 0.3 * len(head) / 2 or few > 0.05 * len(head) / 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def is_broken_utf8(sample: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8: then a few bytes are wrong, not the encoding."""
    text = sample.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return sum(not char.isascii() for char in text) - wrong > 2 * wrong


def sample_of(text: bytes) -> bytes:
    """The lines that tell something about the encoding."""
    parts: list[bytes] = []
    size = 0
    for found in _HIGH_LINE.finditer(text):
        parts.append(found[0][:_SAMPLE])
        size += len(parts[-1])
        if size >= _SAMPLE:
            break
    return b"".join(parts)


def guess(sample: bytes) -> str:
    """The encoding of text of which `sample` is typical. ReadError when several are as likely."""
    readings = _readings(sample)
    if not readings:
        raise ReadError(
            "the text is not UTF-8, and its encoding cannot be guessed: say it, or save the file as UTF-8"
        )
    best = readings[0]
    if _is_sure(readings, sample):
        return _one_of(best)
    western = next((each for each in readings if "cp1252" in each.encodings), None)
    tied = [
        each
        for each in readings
        if each.chaos <= best.chaos + 0.02 and each.coherence > best.coherence - _COHERENCE_GAP
    ]
    if western in tied and all(_LATIN.intersection(each.encodings) for each in tied):
        return (
            "cp1254" if _TURKISH.search(western.text) and not _NOT_TURKISH.search(western.text) else "cp1252"
        )
    names = ", ".join(each.encodings[0].replace("_", "-") for each in readings[:4])
    raise ReadError(f"the text is not UTF-8; it may be {names}: say which, or save the file as UTF-8")


def _is_sure(readings: list[_Reading], sample: bytes) -> bool:
    best = readings[0]
    high = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if len(readings) == 1:
        return high >= _FEW or not _LATIN.isdisjoint(best.encodings)
    if best.coherence >= _SURE_COHERENCE and best.coherence - readings[1].coherence >= _COHERENCE_GAP:
        return True
    return high >= _ENOUGH and readings[1].chaos - best.chaos >= _CHAOS_GAP


def _one_of(reading: _Reading) -> str:
    return "cp1252" if "cp1252" in reading.encodings else reading.encodings[0]


def _readings(sample: bytes) -> list[_Reading]:
    """The plausible readings of the sample, the best first."""
    from charset_normalizer import from_bytes

    candidates = [name for name in _CANDIDATES if b"\0" in sample or not name.startswith("utf_16")]
    found = from_bytes(sample, cp_isolation=candidates, enable_fallback=False)
    readings: dict[str, _Reading] = {}
    for match in found:
        for encoding in dict.fromkeys([match.encoding, *match.could_be_from_charset]):
            text = sample.decode(encoding)
            if encoding not in candidates:
                continue
            if text in readings:
                readings[text].encodings.append(encoding)
            elif _is_plausible(text, encoding):
                readings[text] = _Reading(text, [encoding], match.chaos, match.coherence)
    return sorted(readings.values(), key=lambda each: (round(each.chaos, 1), -each.coherence, each.chaos))


def _is_plausible(text: str, encoding: str) -> bool:
    unused = _UNUSED.get(encoding)
    if unused is not None and len(unused.findall(text)) > len(text) / 20:
        return False
    foreign = len(_FOREIGN.findall(text))
    return not foreign or len(_MIXED.findall(text)) <= foreign / 2
