"""Depth check, error nesting and models from bodies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import check_depth, parse_json, validate
from labelyard.kit.http.errors import nested_errors

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(each) for each in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(each) for each in value), default=0)
    return 0


@given(TREES, st.booleans())
def test_depth_check_agrees_with_the_parsed_value(tree: object, ascii_only: bool) -> None:
    body = json.dumps(tree, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    depth = depth_of(tree)
    check_depth(body, depth)
    if depth:
        with pytest.raises(Invalid, match=f"deeper than {depth - 1} levels"):
            check_depth(body, depth - 1)


@given(st.binary())
def test_any_bytes_parse_or_are_invalid(body: bytes) -> None:
    try:
        check_depth(body)
        parse_json(body)
    except Invalid as problem:
        assert problem.validation_errors


class Item(BaseModel):
    filter: str
    value: int


class Group(BaseModel):
    items: list[Item] = []


class View(BaseModel):
    title: str = Field(default="", max_length=5)
    group: Group | None = None
    numbers: list[int] = []
    data: dict[str, object] = {}


def messages(values: object) -> object:
    with pytest.raises(Invalid) as caught:
        validate(View, values)
    return caught.value.validation_errors


def test_errors_are_nested_like_the_body() -> None:
    good = {"filter": "a", "value": 1}
    found = messages(
        {"group": {"items": [good, {"filter": "a", "value": "x"}, good, {"value": 2}]}, "title": "too long"}
    )
    assert isinstance(found, dict)
    assert set(found) == {"group", "title"}
    items = found["group"]["items"]
    assert items[0] == {}
    assert list(items[1]) == ["value"]
    assert items[2] == {}
    assert items[3] == {"filter": ["This field is required."]}


def test_a_far_index_makes_no_endless_list() -> None:
    class Far(BaseModel):
        numbers: list[int]

    with pytest.raises(ValidationError) as caught:
        Far.model_validate({"numbers": [0] * 50_000 + ["x"]})
    found = nested_errors(caught.value.errors())
    assert list(found["numbers"]) == ["50000"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_numbers_no_database_holds_are_refused(number: int) -> None:
    assert messages({"numbers": [1, number]}) == {"numbers": ["The number is out of range."]}
    assert validate(View, {"data": {"big": number}}).data == {"big": number}


@pytest.mark.parametrize("values", [{"title": "a\x00"}, {"data": {"k": ["\x00"]}}, {"data": {"\x00": 1}}])
def test_null_characters_are_found_at_any_depth(values: dict[str, object]) -> None:
    assert messages(values) == {next(iter(values)): ["Null characters are not allowed."]}
