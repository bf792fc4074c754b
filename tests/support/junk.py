"""Requests that nobody should send, made of the API's own description."""

import json
from typing import Any

from hypothesis import strategies as st

TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff", "x" * 5000, "é\u202e\ufeff\u2028", "１２", "null", "NaN", "-", ".", "..", "%", "%00",
    "$text", "{}", "[]", '"', "'", "\\", "\r\n", "a\r\nX-Evil: 1", "../../etc/passwd", "<script>alert(1)</script>",
    "' OR 1=1 --", "a__b", "-created_by__password", "data.text", "tasks:data.text", "1e999", "0x1", "1_000", "+1", " 1", "1.0", "true",
    "9" * 30, "9" * 5000, "-1", "0", "1", "2", "1,2", "[1,2]", '[{"a":1}]', "2026-11-22", "ada@example.org", "\U0001f600" * 50,
)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    2,
    3,
    2**31 - 1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    10**400,
    0.5,
    -0.0,
    1e308,
    5e-324,
)
ODD_IDS = (
    *(
        "0",
        "-1",
        "1",
        "2147483648",
        str(2**63 - 1),
        str(2**63),
        str(-(2**63)),
        "9" * 40,
        "9" * 5000,
        "abc",
        "1.0",
        "1e3",
        "+1",
        "%201",
    ),
    *("1%00", "%EF%BC%91", "%FF", "..%2f1", "null", "1_0", "0x1", "-0", "00", "%C3%28", "1;2", "%0a"),
)
_odd_numbers = st.sampled_from((*NUMBERS, float("nan"), float("inf"), float("-inf")))
_leaves = st.one_of(st.none(), st.booleans(), _odd_numbers, st.sampled_from(TEXTS), st.text(max_size=8))
anything = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TEXTS[:20]) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def of_schema(shape: dict[str, Any], known: dict[str, list[Any]], name: str = "") -> st.SearchStrategy[Any]:
    """Values of a JSON schema, every part of which may as well be something else. `known`: good values by field name."""
    good = _good(shape, known, name)
    if name in known:
        good = st.sampled_from(known[name]) | good
    # Mostly good: a request with one fault gets deeper than one with ten.
    return st.integers(0, 7).flatmap(lambda die: anything if die == 0 else good)


def _good(shape: dict[str, Any], known: dict[str, list[Any]], name: str) -> st.SearchStrategy[Any]:
    for union in ("anyOf", "oneOf", "allOf"):
        if union in shape:
            return st.one_of(*(of_schema(each, known, name) for each in shape[union]))
    if "const" in shape or "enum" in shape:
        return st.sampled_from(shape.get("enum", [shape.get("const")]))
    kind = shape.get("type")
    if isinstance(kind, list):
        return st.one_of(*(of_schema({**shape, "type": each}, known, name) for each in kind))
    if kind == "object" or "properties" in shape:
        return _object(shape, known)
    if kind == "array":
        return st.lists(of_schema(shape.get("items", {}), known, name), max_size=4)
    if kind == "integer":
        return st.sampled_from(NUMBERS[:6]) | st.integers(shape.get("minimum"), shape.get("maximum"))
    if kind == "number":
        return st.floats(allow_nan=False, allow_infinity=False) | st.floats(0, 1)
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if kind == "string":
        return st.text(min_size=min(shape.get("minLength", 0), 5), max_size=20) | st.sampled_from(TEXTS)
    return anything


def _object(shape: dict[str, Any], known: dict[str, list[Any]]) -> st.SearchStrategy[Any]:
    required = set(shape.get("required", ()))
    properties = {key: of_schema(value, known, key) for key, value in shape.get("properties", {}).items()}
    if not properties:
        return st.dictionaries(st.sampled_from(("text", "a")) | st.text(max_size=4), anything, max_size=4)
    fixed = {key: value for key, value in properties.items() if key in required}
    return st.fixed_dictionaries(
        fixed, optional={key: value for key, value in properties.items() if key not in required}
    )


def json_text(value: Any) -> bytes:
    """JSON as careless clients write it: NaN stays NaN, lone surrogates become escapes."""
    return json.dumps(value).encode()


@st.composite
def broken(draw: st.DrawFn, text: bytes) -> bytes:
    """`text` with something cut off, put in or turned over."""
    at = draw(st.integers(0, len(text)))
    how = draw(st.integers(0, 3))
    if how == 0:
        return text[:at]
    if how == 1:
        return (
            text[:at]
            + draw(
                st.sampled_from((b"\x00", b"\xff", b"\xed\xa0\x80", b",", b"}", b"[" * 2000, b"\xef\xbb\xbf"))
            )
            + text[at:]
        )
    if how == 2:
        return draw(st.binary(max_size=40))
    return text[:at] + text[at + 1 :]
