"""What the quick check takes the exact rules take too, and it takes what people really send."""

import copy
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelyard.label.config import parse
from labelyard.label.results import MAX_REGIONS, ResultValidator
from labelyard.label.samples import sample_with_results
from labelyard.label.tasks import compile_validator
from labelyard.label.templates import templates

CONFIG = parse(
    '<View><Text name="t" value="$x"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices>'
    '<Rating name="r" toName="t" maxRating="7"/><TextArea name="note" toName="t"/>'
    '<Labels name="l" toName="t"><Label value="P"/></Labels></View>'
)
VALIDATOR = ResultValidator(CONFIG)
SAMPLES = [
    (ResultValidator(config), sample_with_results(config)["predictions"][0]["result"])
    for config in (parse(template.config) for template in templates())
]


def encoded(*results: Any) -> bytes:
    return msgspec.json.encode(list(results))


def region(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"id": "x1", "from_name": name, "to_name": "t", "type": kind, "value": value}


def test_results_of_several_controls_fit_at_once():
    results = [
        [region("c", "choices", choices=["a"]), region("note", "textarea", text=["well", "then"])],
        [],
        [region("r", "rating", rating=7), region("l", "labels", start=0, end=4, text="four", labels=["P"])],
    ]
    assert VALIDATOR.fitting.predictions(encoded(*results))
    assert VALIDATOR.fitting.annotations(encoded(*results)) == [2, 0, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        region("c", "choices", choices=["z"]),
        region("c", "labels", choices=["a"]),
        region("nobody", "choices", choices=["a"]),
        {**region("c", "choices", choices=["a"]), "to_name": "elsewhere"},
        region("r", "rating", rating=8),
        region("l", "labels", start=0, labels=["P"]),
        {"value": {}},
        5,
        None,
    ],
)
def test_one_wrong_item_is_enough(wrong: Any):
    good = region("c", "choices", choices=["a"])
    assert not VALIDATOR.fitting.predictions(encoded([good], [good, wrong], [good]))


def test_a_result_that_is_no_list_is_left_to_the_exact_rules():
    for wrong in ({"choices": ["a"]}, "text", None, 3):
        assert not VALIDATOR.fitting.predictions(encoded([], wrong))
        assert VALIDATOR.fitting.annotations(encoded([], wrong)) is None


def test_a_config_without_controls_or_with_any_answer():
    assert not ResultValidator(parse("<View></View>")).fitting.predictions(encoded([]))
    free = ResultValidator(
        parse('<View><Text name="t" value="$x"/><Choices name="c" toName="t" value="$o"/></View>')
    )
    assert free.fitting.predictions(encoded([region("c", "choices", choices=["whatever"])]))


def test_no_result_may_be_longer_than_the_limit():
    assert VALIDATOR.fitting.annotations(encoded([{}] * (MAX_REGIONS + 1))) is None


def test_most_sample_results_are_taken_quickly():
    taken = sum(validator.fitting.predictions(encoded(result)) for validator, result in SAMPLES)
    assert taken > 0.6 * len(SAMPLES)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [each for key, inner in value.items() for each in leaves(inner, (*path, key))]
    elif isinstance(value, list):
        found += [each for key, inner in enumerate(value[:20]) for each in leaves(inner, (*path, key))]
    return found


odd = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "1", "100.5", [], {}, [[1, 2]], [1.0], ["a"], [["a"]], {"a": [1]}, 100.00001, "relation"])
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_what_fits_quickly_fits_exactly(data: st.DataObject):
    validator, sample = data.draw(st.sampled_from(SAMPLES))
    result = copy.deepcopy([dict(item) for item in sample])
    result = [item for item in result if len(msgspec.json.encode(item)) < 10_000]
    for _ in range(data.draw(st.integers(0, 2))):
        places = leaves(result)
        if not places:
            break
        *path, last = data.draw(st.sampled_from(places))
        target: Any = result
        for step in path:
            target = target[step]
        if data.draw(st.booleans()):
            target[last] = copy.deepcopy(data.draw(odd))
        else:
            del target[last]
    text = msgspec.json.encode(result)
    if validator.fitting.predictions(b"[" + text + b"]"):
        assert validator.validate_prediction(text) == []
    counts = validator.fitting.annotations(b"[" + text + b"]")
    if counts is not None:
        assert counts == [len(result)]
        assert validator.validate_annotation(text) == []


# --- task data ----------------------------------------------------------------------------------------------------

TASKS = compile_validator(
    parse(
        '<View><Text name="t" value="$text"/><Header value="$title"/><List name="i" value="$items"/></View>'
    )
)
DATA = {"text": "x", "title": "T", "items": [{"id": 1}]}


def keys_of(*tasks: Any, bare: bool = False) -> dict[str, int] | None:
    assert TASKS.fitting is not None
    return TASKS.fitting.keys(encoded(*tasks), msgspec.json.encode(tasks[0]), bare=bare)


def test_data_of_one_shape_and_of_several():
    assert keys_of(DATA, DATA) == dict.fromkeys(DATA, 2)
    assert keys_of(DATA, {**DATA, "more": None}) == {**dict.fromkeys(DATA, 2), "more": 1}
    assert keys_of({**DATA, "ü.": 1}, DATA, {**DATA, "": {}}) == {**dict.fromkeys(DATA, 3), "ü.": 1, "": 1}


@pytest.mark.parametrize("wrong", [{"text": {}}, {"text": None}, {"items": {}}, {"title": []}])
def test_data_that_may_not_fit(wrong: dict[str, Any]):
    assert keys_of(DATA, {**DATA, **wrong}) is None
    assert keys_of({**DATA, **wrong}) is None


def test_data_with_a_key_missing_or_that_is_no_object():
    assert keys_of(DATA, {"text": "x", "title": "T"}) is None
    assert keys_of({"text": "x"}) is None
    others: list[Any] = [[], "x", None, 1]
    for wrong in others:
        assert keys_of(DATA, wrong) is None
        assert keys_of(wrong, DATA) is None


def test_a_task_without_an_envelope_has_no_data_of_its_own():
    assert keys_of({**DATA, "data": 1}, DATA) == {**dict.fromkeys(DATA, 2), "data": 1}
    assert keys_of({**DATA, "data": 1}, DATA, bare=True) is None
    assert keys_of(DATA, {**DATA, "data": {}}, bare=True) is None
    assert keys_of(DATA, {**DATA, "more": 1}, {**DATA, "data": None}, bare=True) is None


def test_configs_that_read_parts_of_values_are_left_to_the_exact_rules():
    for value in ("$page.text", "$data"):
        assert compile_validator(parse(f'<View><Text name="t" value="{value}"/></View>')).fitting is None


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {}, optional={**dict.fromkeys(DATA, odd | st.just("x")), "items": odd, "data": odd, "z": odd}
        ),
        min_size=1,
        max_size=5,
    )
)
def test_data_that_fits_quickly_fits_exactly(rows: list[dict[str, Any]]):
    found = keys_of(*rows)
    if found is not None:
        assert found == Counter(key for row in rows for key in row)
        for row in rows:
            TASKS.check(msgspec.json.encode({"data": row}))
    if keys_of(*rows, bare=True) is not None:
        for row in rows:
            assert TASKS.check(msgspec.json.encode(row)).data == msgspec.json.encode(row)
