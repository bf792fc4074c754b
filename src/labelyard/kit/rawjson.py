"""Splitting a JSON body into raw items without turning it into Python objects.

`split` reads one object or a list from bytes, a memoryview or a mapped file and hands back slices of it. The slices
are syntactically valid JSON that every reader downstream can take: UTF-8, no NaN or Infinity, no NUL character and
no lone surrogate (PostgreSQL and most clients refuse both), bounded nesting, numbers inside the range of a double.

The buffer is scanned once with substring searches for anything that could break one of those rules; only items of
a buffer that holds a suspect are looked at one by one.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import isinf
from mmap import mmap

import msgspec

Buffer = bytes | bytearray | memoryview | mmap

MAX_DEPTH = 512  # nested arrays and objects inside one item
MAX_DIGITS = 200  # in a row, in one number

_BOM = codecs.BOM_UTF8
_CHUNK = 1 << 20
_PIECE = 1 << 20  # bytes of a list that are decoded in one go, and some more
_LONGEST_BORDER = 200
_OVERLAP = 2 * MAX_DIGITS  # no suspect is longer, so none hides on the edge of two chunks
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)
_NEXT_OBJECT = re.compile(rb'\}[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[^"\\]*"')
_BYTE = re.compile(r"\(byte (\d+)\)")
_HIGH_SURROGATE = re.compile(rb"\\u[dD][89abAB]")

_FOLD_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")
_LONG_DIGITS = b"0" * MAX_DIGITS
_BIG_EXPONENTS = (b"0e000", b"0e+000")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]")
_IN_NUMBER = frozenset(b"0123456789.eE+-")
_BEFORE_NUMBER = frozenset(b" \t\r\n:,[")
_MANY = 10_000
_SUSPECT_NUMBER = re.compile(rb"\d{%d}|\d[eE]\+?\d{3}" % MAX_DIGITS)

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_STRINGS = re.compile(_STRING, re.DOTALL)
_TOKEN = re.compile(_STRING + rb"|[\[\]{},:]|[^\s\[\]{},:\"]++", re.DOTALL)
_STRING_OR_NUMBER = re.compile(_STRING + rb"|(-?\d[\d.eE+-]*)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# +1 for an opening bracket, -1 for a closing one, read as signed bytes.
_STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")


class RawJsonError(ValueError):
    """What is wrong with a body and where: `position` is the byte offset, `item` the index in the list."""

    def __init__(self, reason: str, position: int, item: int | None = None) -> None:
        super().__init__(f"{reason} (byte {position})")
        self.reason = reason
        self.position = position
        self.item = item


@dataclass(frozen=True, slots=True)
class Split:
    """The items of a body in order; `is_list` is False when the body was one object."""

    items: list[msgspec.Raw]
    is_list: bool


def split(buffer: Buffer) -> Split:
    """Split a list, or take one object, out of `buffer` (UTF-8, an optional byte-order mark at the start).

    The items refer to `buffer`: keep a mapped file open while they are in use. RawJsonError when the text is not
    valid JSON, is neither a list nor an object, or breaks a rule of this module.
    """
    view = memoryview(buffer)
    start = len(_BOM) if bytes(view[: len(_BOM)]) == _BOM else 0
    suspect = _scan(view, start)
    first = _first_byte(view, start)
    if first not in (b"[", b"{"):
        raise RawJsonError("expected a JSON list or object" if first else "the text is empty", start)
    is_list = first == b"["
    try:
        items = _listed(buffer, view, start) if is_list else [_ONE.decode(view[start:])]
    except RecursionError:
        raise RawJsonError(f"nested deeper than {MAX_DEPTH} levels", start) from None
    except msgspec.DecodeError as error:
        raise _syntax_error(error, view, start) from None
    for index, item in enumerate(items):
        if suspect or memoryview(item).nbytes > 2 * MAX_DEPTH:
            _check(view, items, index, suspect)
    return Split(items, is_list)


def _listed(buffer: Buffer, view: memoryview, start: int) -> list[msgspec.Raw]:
    """The items of the list that begins at `start`.

    A decoder keeps the interpreter from all other threads until it has read its text. Where the buffer may be written
    to, it gets a piece of the list at a time: brackets stand in the place of two commas while it reads what is between.
    """
    if view.readonly or len(view) - start <= _PIECE or not isinstance(buffer, bytearray | mmap):
        return _LIST.decode(view[start:])
    border = _border(view, start)
    items: list[msgspec.Raw] = []
    at = start  # of the bracket or comma before the next piece
    while border and (end := _comma(buffer, border, at + _PIECE)):
        piece = _piece(view, at, end)
        if piece is None:
            break
        items += piece
        at = end
    if at == start:
        return _LIST.decode(view[start:])
    return items + _rest(view, at, start)


def _border(view: memoryview, start: int) -> bytes:
    """How the second item of a list follows the first, from the end of that to the name of a key; b"" for another text."""
    try:
        end = _end_of(view, start + 1)
    except RawJsonError:
        return b""
    found = _NEXT_OBJECT.match(bytes(view[end - 1 : end + _LONGEST_BORDER]))
    return found[0] if found else b""


def _comma(buffer: bytearray | mmap, border: bytes, start: int) -> int:
    """The first comma at or behind `start` that stands between two items by the look of it; 0 when there is none."""
    found = buffer.find(border, start)
    return 0 if found < 0 else found + border.index(b",")


def _piece(view: memoryview, at: int, end: int) -> list[msgspec.Raw] | None:
    """The items between two commas; None when they are not commas of the list.

    Between others a bracket or a quotation mark would be without its counterpart.
    """
    before, behind = view[at], view[end]
    view[at], view[end] = b"[]"
    try:
        return _LIST.decode(view[at : end + 1])
    except (msgspec.DecodeError, RecursionError):
        return None
    finally:
        view[at], view[end] = before, behind


def _rest(view: memoryview, at: int, start: int) -> list[msgspec.Raw]:
    """The items behind the comma at `at`. An error has its place in the whole list."""
    before = view[at]
    view[at] = ord("[")
    try:
        return _LIST.decode(view[at:])
    except msgspec.DecodeError:
        pass
    finally:
        view[at] = before
    return _LIST.decode(view[start:])


def members(buffer: bytes | mmap) -> Iterator[tuple[str, int, int]]:
    """Key and place (from, to) of every value of one JSON object, equal keys included; for an object larger than memory.

    White space may stand around a value. `check` each; RawJsonError where no value can be told from the next.
    """
    view = memoryview(buffer)
    at = len(_BOM) if buffer[: len(_BOM)] == _BOM else 0
    found = _TOKEN.search(buffer, at)
    if found is None or found[0] != b"{":
        raise RawJsonError("expected a JSON object", at)
    found = _TOKEN.search(buffer, found.end())
    first = True
    while found is not None and not (first and found[0] == b"}"):
        key, colon = found, _TOKEN.search(buffer, found.end())
        if key[0][:1] != b'"' or colon is None or colon[0] != b":":
            raise RawJsonError("not valid JSON: expected a key and a colon", key.start())
        end = _end_of(view, colon.end())
        yield _key(key), colon.end(), end
        found = _TOKEN.search(buffer, end)
        if found is None or found[0] not in (b",", b"}"):
            raise RawJsonError('not valid JSON: expected "," or "}"', end)
        if found[0] == b"}":
            break
        found, first = _TOKEN.search(buffer, found.end()), False
    if found is None:
        raise RawJsonError("not valid JSON: the text ends too early", len(buffer))
    more = _TOKEN.search(buffer, found.end())
    if more is not None:
        raise RawJsonError("not valid JSON: something follows the object", more.start())


def _end_of(view: memoryview, start: int) -> int:
    """Where the value that starts at `start` ends: the decoder counts the first byte that does not belong to it."""
    try:
        _ONE.decode(view[start:])
    except RecursionError:
        raise RawJsonError(f"nested deeper than {MAX_DEPTH} levels", start) from None
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error)) if "trailing" in str(error) else None
        if found is None:
            raise _syntax_error(error, view, start) from None
        return start + int(found[1]) - 1
    return len(view)


def _key(found: re.Match[bytes]) -> str:
    try:
        return str(msgspec.json.decode(found[0]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RawJsonError("not valid JSON: a key that is none", found.start()) from None


def start_of(buffer: Buffer, items: list[msgspec.Raw], index: int) -> int:
    """Byte offset of item `index` of what `split` made of `buffer`. Reads all before it; for messages."""
    return _offset(memoryview(buffer), items, index)


def line_and_column(buffer: Buffer, position: int) -> tuple[int, int]:
    """Where an editor shows the byte at `position`: line and column, both from 1, the column in code points."""
    before = bytes(memoryview(buffer)[:position])
    line_start = before.rfind(b"\n") + 1
    line = before[line_start:].removeprefix(_BOM)
    return before.count(b"\n") + 1, len(line.decode("utf-8", "replace")) + 1


def lines(buffer: bytes | mmap) -> Iterator[tuple[int, bytes, RawJsonError | None]]:
    """Line number (from 1), text and fault of every line of `buffer` that is not blank; the fault is None mostly.

    Each line is one JSON value (JSON Lines). Lines end at LF or CRLF; a byte-order mark may stand before the first.
    The position of a fault counts from the start of its line. No more than a line, or a MiB, is copied at a time.
    """
    at = len(_BOM) if buffer[: len(_BOM)] == _BOM else 0
    before = 0
    while at < len(buffer):
        end = buffer.find(b"\n", min(at + _CHUNK, len(buffer))) + 1 or len(buffer)
        block = buffer[at:end]
        suspect = not _is_utf8(block) or _suspicious(block)
        texts = block.split(b"\n")
        for number, text in enumerate(texts, before + 1):
            line = text.strip(b" \t\r")
            if line:
                yield number, line, _line_fault(line, suspect)
        before += len(texts) - 1
        at = end


def _line_fault(line: bytes, suspect: bool) -> RawJsonError | None:
    try:
        _ONE.decode(line)
        if suspect or len(line) > 2 * MAX_DEPTH:
            check(line)
    except RecursionError:
        return RawJsonError(f"nested deeper than {MAX_DEPTH} levels", 0)
    except msgspec.DecodeError as error:
        return _syntax_error(error, memoryview(line), 0)
    except RawJsonError as error:
        return error
    return None


def find(buffer: bytes | mmap, part: bytes, start: int = 0) -> int:
    """Where `part` is first found at or behind `start`; -1 for nowhere. Other threads get their turn meanwhile."""
    for at in range(start, len(buffer), _CHUNK):
        found = buffer.find(part, at, at + _CHUNK + len(part) - 1)
        if found >= 0:
            return found
    return -1


def is_plain(text: Buffer) -> bool:
    """Whether JSON text that is not nested deeply certainly breaks none of the rules of this module."""
    found = bytes(text)
    return _is_utf8(found) and not _suspicious(found)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def check(value: Buffer) -> None:
    """Refuse (RawJsonError) a single JSON value of any type that breaks a rule of this module."""
    view = memoryview(value)
    suspect = _scan(view, 0)
    try:
        item = _ONE.decode(view)
    except RecursionError:
        raise RawJsonError(f"nested deeper than {MAX_DEPTH} levels", 0) from None
    except msgspec.DecodeError as error:
        raise _syntax_error(error, view, 0) from None
    if suspect or len(view) > 2 * MAX_DEPTH:
        _check(view, [item], 0, suspect)


def _scan(view: memoryview, start: int) -> bool:
    """Check that the bytes are UTF-8; True when an item may hold a bad escape or number."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    suspect = False
    at = start
    while at < len(view):
        end = _clear_of_escapes(view, at + _CHUNK)
        chunk = bytes(view[at:end])
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=end >= len(view))
        except UnicodeDecodeError as error:
            raise RawJsonError("the text is not UTF-8", at - pending + error.start) from None
        if not suspect:
            before = bytes(view[max(start, at - _OVERLAP) : at])
            suspect = _suspicious(chunk, before)
        at = end
    return suspect


def _clear_of_escapes(view: memoryview, end: int) -> int:
    """`end`, or a little behind it, so that no pair of escapes is cut there (if that can be had)."""
    last = end + _CHUNK // 256
    while end < len(view) and end < last and b"\\" in bytes(view[end - 12 : end]):
        end += 1
    return end


def _suspicious(text: bytes, before: bytes = b"") -> bool:
    """Whether a bad escape or number may be in the text; `before` is what stands before it."""
    # One byte is looked for ten times as fast as two, and most texts have no escapes at all.
    if b"\\" in text and b"\\u" in text and _may_have_bad_escapes(text):
        return True
    whole = before + text
    folded = whole.translate(_FOLD_DIGITS)
    # A plus is rare, and one byte is found ten times as fast as several.
    exponents = _BIG_EXPONENTS if b"+" in whole else _BIG_EXPONENTS[:1]
    return _LONG_DIGITS in folded or any(
        _may_be_number(whole, folded, exponent, len(before)) for exponent in exponents
    )


def _may_have_bad_escapes(text: bytes) -> bool:
    if _SUSPECT_ESCAPE.search(text) is None:
        return False
    # Behind an escaped backslash stands no escape, whatever it looks like.
    if b"\\u0000" in text or b"\\\\u" in text:
        return True
    return len(_SURROGATE.findall(text)) != 2 * len(_SURROGATE_PAIR.findall(text))


def _may_be_number(text: bytes, folded: bytes, exponent: bytes, start: int) -> bool:
    """Whether an exponent (from about `start` on) ends something that stands where numbers stand.

    Random names have digits around an e all the time, but behind a letter or a quotation mark.
    """
    at = folded.find(exponent, max(0, start - len(exponent)))
    for _ in range(_MANY):
        if at < 0:
            return False
        begin, furthest = at, max(0, at - _OVERLAP)
        while begin > furthest and text[begin - 1] in _IN_NUMBER:
            begin -= 1
        if begin == furthest or text[begin - 1] in _BEFORE_NUMBER:
            return True
        at = folded.find(exponent, at + 1)
    return True


def _first_byte(view: memoryview, start: int) -> bytes:
    for at in range(start, len(view)):
        byte = bytes(view[at : at + 1])
        if byte not in b" \t\r\n":
            return byte
    return b""


def _syntax_error(error: msgspec.DecodeError, view: memoryview, start: int) -> RawJsonError:
    text = str(error)
    found = _BYTE.search(text)
    reason = text.removeprefix("JSON is malformed: ").split(" (byte ")[0]
    if found:
        return RawJsonError(f"not valid JSON: {reason}", start + int(found[1]))
    if _HIGH_SURROGATE.search(bytes(view[-16:])):
        reason = "unfinished surrogate pair or text"
    return RawJsonError(f"not valid JSON: {reason[:1].lower()}{reason[1:]}", len(view))


def _check(view: memoryview, items: list[msgspec.Raw], index: int, suspect: bool) -> None:
    text = bytes(items[index])
    problem = next(_problems(text, suspect), None)
    if problem is not None:
        reason, position = problem
        raise RawJsonError(reason, _offset(view, items, index) + position, index)


def _problems(text: bytes, suspect: bool) -> Iterator[tuple[str, int]]:
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        yield f"nested deeper than {MAX_DEPTH} levels", 0
    if not suspect:
        return
    if _SUSPECT_ESCAPE.search(text):
        yield from _bad_escapes(text)
    if _SUSPECT_NUMBER.search(text):
        yield from _bad_numbers(text)


def _depth(text: bytes) -> int:
    brackets = _STRINGS.sub(b"", text).translate(None, _NOT_BRACKETS).translate(_STEPS)
    return max(accumulate(memoryview(brackets).cast("b")), default=0)


def _bad_escapes(text: bytes) -> Iterator[tuple[str, int]]:
    high_ends_at = -1
    for found in _ESCAPE.finditer(text):
        code = int(found[1], 16) if found[1] else -1
        if 0xDC00 <= code <= 0xDFFF and high_ends_at == found.start():
            high_ends_at = -1
            continue
        if high_ends_at >= 0 or 0xDC00 <= code <= 0xDFFF:
            yield "lone surrogate in a string", found.start()
        if code == 0:
            yield "NUL character (\\u0000) in a string", found.start()
        high_ends_at = found.end() if 0xD800 <= code <= 0xDBFF else -1
    if high_ends_at >= 0:
        yield "lone surrogate in a string", high_ends_at - 6


def _bad_numbers(text: bytes) -> Iterator[tuple[str, int]]:
    for found in _STRING_OR_NUMBER.finditer(text):
        number = found[1]
        if number is None:
            continue
        if _SUSPECT_NUMBER.search(number) is None:
            continue
        if max(map(len, re.findall(rb"\d+", number))) >= MAX_DIGITS:
            yield f"number with {MAX_DIGITS} digits or more", found.start()
        elif isinf(float(number)):
            yield "number out of range", found.start()


def _offset(view: memoryview, items: list[msgspec.Raw], index: int) -> int:
    """Where item `index` starts in the body. Only white space and commas stand between items."""
    whole = bytes(view)
    start = end = max(whole.find(b"["), 0) if len(items) > 1 else 0
    for item in items[: index + 1]:
        text = bytes(item)
        start = whole.find(text, end)
        end = start + len(text)
    return start
