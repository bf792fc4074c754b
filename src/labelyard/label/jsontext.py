"""Checks on JSON text that is stored and handed on as it is, so it must suit every reader.

msgspec refuses malformed text, bare NaN and Infinity, and lone surrogates. What it lets pass in parts it does not
decode is looked for here: bytes that are not UTF-8, NUL characters, numbers no reader can hold, bottomless nesting.
"""

import json
import math
import re
from typing import Any

import msgspec

MAX_DEPTH = 200
MAX_DIGITS = 4300
# Above this size a text is decoded as a whole only if a cheap search finds a reason to.
_DECODE_LIMIT = 4 << 20
_HUGE_NUMBER = re.compile(rb"[0-9]{300}|[0-9][eE]\+?[0-9]{3}")
_decode = msgspec.json.Decoder().decode


class JsonFault(Exception):
    """Why a JSON text cannot be taken: `message`, and where in it: `path`, such as `data.pages[3].url`."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(f'"{path}": {message}' if path else message)
        self.message = message
        self.path = path


def check_text(raw: bytes) -> None:
    """Raise JsonFault unless the text is UTF-8 JSON with finite numbers, no NUL and at most MAX_DEPTH levels."""
    try:
        raw.decode()
        nested = raw.count(b"[") + raw.count(b"{") > MAX_DEPTH
        if len(raw) <= _DECODE_LIMIT or nested or _HUGE_NUMBER.search(raw):
            value = _decode(raw)
            if nested and _too_deep(value):
                raise _DEEP
        if b"\\u0000" in raw:
            _look(_decode(raw), "")
    except (UnicodeDecodeError, RecursionError, msgspec.DecodeError) as error:
        raise _located(raw, error) from None


_DEEP = JsonFault(f"Lists and objects are nested more than {MAX_DEPTH} deep.")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if type(item) is list or type(item) is dict
            for child in (item.values() if type(item) is dict else item)
        ]
        if not level:
            return False
    return True


def _located(raw: bytes, error: Exception) -> JsonFault:
    """The fault with its place, found with a reader that takes what readers differ about."""
    if isinstance(error, RecursionError):
        return JsonFault(_DEEP.message)
    text = raw.decode("utf-8", "surrogateescape")
    try:
        value = json.loads(text, parse_int=_whole)
        _look(value, "")
    except JsonFault as fault:
        return fault
    except RecursionError:
        return JsonFault(_DEEP.message)
    except ValueError:
        pass
    if isinstance(error, UnicodeDecodeError):
        return JsonFault(f"The text is not UTF-8 (byte {error.start}).")
    return JsonFault(f"Not valid JSON: {str(error).removeprefix('JSON is malformed: ')}.")


def _whole(digits: str) -> float:
    """Whole numbers matter here only for being readable at all."""
    return math.inf if len(digits) > MAX_DIGITS else 0.0


def _look(value: Any, path: str, depth: int = 0) -> None:
    """Raise JsonFault at the first string or number that not every reader takes."""
    if depth > MAX_DEPTH:
        raise JsonFault(_DEEP.message)
    if isinstance(value, str):
        _look_at_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise JsonFault("NaN, Infinity and numbers too large for any reader are not JSON values.", path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _look_at_text(key, path)
            _look(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _look(item, f"{path}[{index}]", depth + 1)


def _look_at_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise JsonFault("The text contains a NUL character (\\u0000).", path)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        if 0xDC80 <= code <= 0xDCFF:
            raise JsonFault("The text is not UTF-8, or has half of a surrogate pair.", path) from None
        raise JsonFault("The text contains half of a surrogate pair.", path) from None
