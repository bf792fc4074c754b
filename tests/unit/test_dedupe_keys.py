"""Keys that tell whether two tasks are the same one."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelyard.dedupe import keys
from labelyard.dedupe.keys import CONTENT, EXTERNAL_ID, KeyProblem, key_of_data, key_of_item, spec_of_fields

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab\u00e9", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def key(spec, data, item=None):
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return key_of_item(spec)(text if item is None else json.dumps(item).encode(), text)


@given(st.dictionaries(st.text("abc", max_size=2), JSON, max_size=4))
def test_order_and_white_space_make_no_difference(data):
    again = json.dumps(dict(reversed(data.items())), indent=1).encode()
    assert key(CONTENT, data) == key(CONTENT, again) == key_of_data(CONTENT)(again)
    assert len(key(CONTENT, data)) == keys.KEY_BYTES


@given(JSON, JSON)
def test_other_data_has_another_key(one, other):
    def plain(value):
        return json.dumps(value, sort_keys=True, default=str)

    def exact(value):
        """1 and 1.0 are one number; True and 1 are not."""
        if isinstance(value, bool):
            return ["bool", value]
        if isinstance(value, int | float):
            return ["number", str(Decimal(repr(value)).normalize() + 0)]
        if isinstance(value, list):
            return [exact(each) for each in value]
        if isinstance(value, dict):
            return {name: exact(each) for name, each in value.items()}
        return value

    same = plain(exact(one)) == plain(exact(other))
    assert (key(CONTENT, {"x": one}) == key(CONTENT, {"x": other})) == same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("100", "1e2", True),
        ("0.5", "0.50000000000000000000000", True),
        ("0.0015", "1.5E-3", True),
        ("-0.0", "0", True),
        ("10000000000000000000000000", "1e25", True),
        ("9007199254740993", "9007199254740992", False),
        ("9007199254740993.0", "9007199254740992", False),
        ("0.1234567890123456789", "0.1234567890123456788", False),
        ("0.1234567890123456789", "1.234567890123456789e-1", True),
        ("-120.12345678901234500", "-1.20123456789012345e+2", True),
        ("-120.12345678901234500", "120.123456789012345", False),
        ("123456789012345678901234567890", "123456789012345678901234567891", False),
        ("1", '"1"', False),
        ("1", "true", False),
        ("null", '""', False),
    ],
)
def test_numbers_are_the_same_when_their_values_are(one, other, same):
    first, second = (f'{{"x": {text}}}'.encode() for text in (one, other))
    assert (key(CONTENT, first) == key(CONTENT, second)) is same


def test_fields_count_alone_and_along_dots():
    spec = spec_of_fields(["meta.id", "text"])
    assert spec == spec_of_fields(["text", "meta.id", "text"])
    assert keys.fields_of(spec) == ["meta.id", "text"] and keys.fields_of(CONTENT) == []
    base = key(spec, {"text": "a", "meta": {"id": 1}, "other": 1})
    assert base == key(spec, {"text": "a", "meta": {"id": 1.0}, "other": 2})
    assert base == key(spec, {"text": "a", "meta.id": 1})
    assert base == key(spec, {"text": "a", "meta": {"id": "1"}})  # a column of texts and a column of numbers
    assert base != key(spec, {"text": "a", "meta": {"id": 2}})
    assert key(spec, {"text": "a"}) == key(spec, {"text": "a", "meta": {"id": None}})
    assert key(spec, {"text": "a"}) == key(spec, {"text": "a", "meta": 5})
    assert key(spec_of_fields(["a", "b"]), {"a": "x"}) != key(spec_of_fields(["a", "b"]), {"b": "x"})


@pytest.mark.parametrize(
    ("item", "column"),
    [
        ({"external_id": "7", "id": 8, "data": {"id": 9, "external_id": 10}}, "7"),
        ({"id": "7", "data": {"id": 9}}, "7"),
        ({"id": 7, "data": {"id": 9}}, "7"),
        ({"external_id": None, "id": None, "data": {"external_id": 7, "id": 9}}, "7"),
        ({"data": {"id": 7}}, "7"),
        ({"id": 7, "text": "a"}, "7"),
        ({"external_id": 7, "id": 8, "text": "a"}, "7"),
    ],
)
def test_an_external_id_is_looked_for_in_the_item_first(item, column):
    data = item.get("data", item)
    assert key(EXTERNAL_ID, data, item) == key(EXTERNAL_ID, {"external_id": column})


@pytest.mark.parametrize(
    ("item", "column"),
    [
        ({"data": {"text": "a"}}, "external_id"),
        ({"text": "a", "external_id": ""}, "external_id"),
        ({"id": True, "data": {}}, "id"),
        ({"external_id": [1], "data": {}}, "external_id"),
        ({"text": "a", "id": {}}, "id"),
    ],
)
def test_an_item_without_a_usable_id_is_named_by_its_field(item, column):
    data = item.get("data", item)
    with pytest.raises(KeyProblem) as problem:
        key(EXTERNAL_ID, data, item)
    assert problem.value.column == column
    assert key_of_data(EXTERNAL_ID)(b'{"text": "a"}') is None
