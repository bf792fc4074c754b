"""Raw tasks are let in as they are, or refused with item, key and reason."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelyard.label.config import parse
from labelyard.label.tasks import CheckedTask, TaskProblem, compile_validator

TEXT_AND_PICTURE = (
    '<View><Text name="t" value="$text"/><Image name="i" value="$a.b"/>'
    '<Choices name="c" toName="t"><Choice value="x"/></Choices></View>'
)


def check(item: Any, config: str = '<View><Text name="t" value="$text"/></View>') -> CheckedTask:
    raw = item if isinstance(item, bytes) else msgspec.json.encode(item)
    return compile_validator(parse(config)).check(raw, 7)


def refusal(item: Any, config: str = '<View><Text name="t" value="$text"/></View>') -> TaskProblem:
    with pytest.raises(TaskProblem) as caught:
        check(item, config)
    assert caught.value.index == 7
    assert str(caught.value).startswith("Error at item 7: ")
    return caught.value


def test_flat_item_is_the_data():
    raw = b'{ "text": "caf\xc3\xa9 \\u00e9", "n": 12345678901234567890123, "predictions": 5 }'
    task = check(raw)
    assert task.data == raw
    assert task.annotations == ()


def test_full_item_is_taken_apart():
    task = check(
        {
            "id": 12,
            "data": {"text": "a"},
            "meta": {"source": "web"},
            "annotations": [{"result": [], "lead_time": 2}],
            "predictions": [{"result": {"choices": ["x"]}}, {"result": []}],
            "drafts": [{"result": []}],
            "overlap": 2,
            "allow_skip": False,
            "unknown": 1,
        }
    )
    assert json.loads(task.data) == {"text": "a"}
    assert task.meta == b'{"source":"web"}'
    assert [json.loads(item) for item in task.annotations] == [{"result": [], "lead_time": 2}]
    assert len(task.predictions) == 2
    assert len(task.drafts) == 1
    assert task.fields == {"id": 12, "overlap": 2, "allow_skip": False}


def test_completions_are_annotations():
    assert check({"data": {"text": "a"}, "completions": [{"result": []}]}).annotations == (b'{"result":[]}',)
    both = check({"data": {"text": "a"}, "completions": [{"result": []}], "annotations": [{"result": [1]}]})
    assert both.annotations == (b'{"result":[1]}',)


def test_last_of_two_equal_keys_counts():
    assert check(b'{"text":{},"text":"b"}').data == b'{"text":{},"text":"b"}'
    assert refusal(b'{"text":"b","text":{}}').key == "text"


def test_dotted_field_in_nested_or_flat_form():
    assert check({"text": "a", "a": {"b": "x.png"}}, TEXT_AND_PICTURE)
    assert check({"text": "a", "a.b": "x.png"}, TEXT_AND_PICTURE)
    assert refusal({"text": "a", "a": {}}, TEXT_AND_PICTURE).key == "a.b"
    assert refusal({"text": "a", "a": "b"}, TEXT_AND_PICTURE).key == "a.b"
    assert refusal({"data": {"text": "a", "a": {"b": 4}}}, TEXT_AND_PICTURE).key == "a.b"


def test_config_with_a_field_named_data():
    config = '<View><Text name="t" value="$data"/></View>'
    assert check({"data": "words"}, config).data == b'{"data":"words"}'
    assert check({"data": {"data": "words"}}, config).data == b'{"data":"words"}'
    assert refusal({"data": {"text": "words"}}, config).key == "data"


def test_missing_key_message_is_the_one_clients_know():
    assert '"text" key is expected in task data' in str(refusal({"foo": 1}))
    assert '[assume: item["data"] = task root with values]' in str(refusal({"data": {"foo": 1}}))
    assert refusal({"foo": 1}).key == "text"


@pytest.mark.parametrize(
    ("tag", "good", "bad"),
    [
        ("Text", ["a", 1, 1.5, True, ["a"], ""], [{}, None]),
        ("HyperText", ["<p>"], [1, [], None, {}]),
        ("Image", ["a.png", ["a.png"]], [1, {}, None]),
        ("Audio", ["a.wav"], [["a.wav"], 3, None]),
        ("Paragraphs", [[{"author": "a"}], "url"], [{}, 1]),
        ("Table", [{"a": 1}, [1], "url"], [1, None]),
        ("TimeSeries", [{"t": [1]}, "url", [1]], [1, None]),
        ("Chat", [[], "url"], [{}, None]),
        ("List", [[], "url"], [{}]),
    ],
)
def test_types_by_object_tag(tag: str, good: list, bad: list):
    config = f'<View><{tag} name="o" value="$x"/></View>'
    for value in good:
        assert check({"x": value}, config)
        assert check({"data": {"x": value}}, config)
    for value in bad:
        problem = refusal({"x": value}, config)
        assert problem.key == "x"
        assert tag in problem.message


def test_repeated_content_needs_a_list():
    config = '<View><Repeater on="$p" indexFlag="{{i}}"><Text name="t{{i}}" value="$p[{{i}}].text"/></Repeater></View>'
    assert check({"p": [{"text": "a"}]}, config)
    assert refusal({"p": "a"}, config).key == "p"


def test_null_for_tree_of_choices_only():
    config = '<View><Text name="t" value="$text"/><Taxonomy name="x" toName="t" value="$tree"/></View>'
    assert check({"text": "a", "tree": None}, config)
    assert refusal({"text": None, "tree": None}, config).key == "text"


def test_without_config_anything_goes():
    assert check({"whatever": None}, "<View/>").data == b'{"whatever":null}'
    assert check({"data": {}}, "<View/>").data == b"{}"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b'{"text":"a\xff"}', "text"),
        (b'{"text":"a","other":{"deep":["\xc3\x28"]}}', "other.deep[0]"),
        (b'{"text":"\\ud800"}', "text"),
        (b'{"text":"\xed\xa0\x80"}', "text"),
        (b'{"text":"a\\u0000b"}', "text"),
        (b'{"text":"a","k\\u0000":1}', None),
        (b'{"data":{"text":"a\\u0000b"}}', "data.text"),
        (b'{"data":{"text":"a"},"annotations":[{"result":[{"x":"\\u0000"}]}]}', "annotations[0].result[0].x"),
        (b'{"text":NaN}', "text"),
        (b'{"text":"a","n":-Infinity}', "n"),
        (b'{"text":"a","n":1e999}', "n"),
        (b'{"text":"a","n":' + b"1" * 10_000 + b"}", "n"),
        (b'{"text":"a\nb"}', None),
        (b'{"text":"a",}', None),
        (b'{"text":"a"} {}', None),
        (b"", None),
        (b"\xef\xbb\xbf{}", None),
        (b'{"text":' + b"[" * 500 + b"]" * 500 + b"}", None),
        (b'{"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
        (b'{"text":' + b'{"a":' * 100_000, None),
    ],
)
def test_text_no_reader_takes_is_refused_with_its_place(raw: bytes, key: str | None):
    assert refusal(raw).key == key


def test_backslash_before_u0000_is_no_nul():
    assert check(b'{"text":"C:\\\\u0000"}')


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ([1], "Task root must be dict"),
        ("a", "Task root must be dict"),
        (None, "Task root must be dict"),
        ({"data": "a"}, "Task[data] must be dict or list"),
        ({"data": [1]}, "Task[data] must be an object"),
        ({"data": {"text": "a"}, "annotations": {}}, "Task[annotations] must be list"),
        ({"data": {"text": "a"}, "annotations": [{}]}, 'must have "result"'),
        ({"data": {"text": "a"}, "annotations": [1]}, "annotations[0]"),
        ({"data": {"text": "a"}, "annotations": [{"result": []}, {"result": {}}]}, "annotations[1]"),
        ({"data": {"text": "a"}, "predictions": [{}]}, 'must have "result"'),
        ({"data": {"text": "a"}, "predictions": 4}, "Task[predictions] must be list"),
        ({"data": {"text": "a"}, "meta": "m"}, "Task[meta]"),
    ],
)
def test_wrong_shapes(item: Any, says: str):
    assert says in str(refusal(item))


def test_large_item_stays_text():
    raw = b'{"text":"' + b"x" * (5 << 20) + b'"}'
    assert check(raw).data == raw
    assert refusal(raw[:-1] + b',"n":1e999}').key == "n"


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
items = st.dictionaries(
    st.sampled_from(["text", "a", "a.b", "b", "data", "meta", "annotations"]), values, max_size=4
)


def clean(value: Any) -> bool:
    """Whether every reader takes it: no NUL in any string."""
    return "\\u0000" not in json.dumps(value).replace("\\\\", "")


@given(items | st.fixed_dictionaries({"data": items}), st.booleans())
@settings(max_examples=400, deadline=None)
def test_agrees_with_a_plain_reading(item: dict, ascii_only: bool):
    raw = json.dumps(item, ensure_ascii=ascii_only).encode()
    data = item["data"] if isinstance(item.get("data"), dict) else item
    wrapped = item.get("data") is not None
    good = clean(item) and (not wrapped or isinstance(item["data"], dict))
    good = good and isinstance(data.get("text"), str | int | float | list)
    nested = data.get("a")
    picture = data["a.b"] if "a.b" in data else nested.get("b") if isinstance(nested, dict) else None
    good = good and isinstance(picture, str | list)
    if wrapped and good:
        good = item.get("meta") is None or isinstance(item["meta"], dict | list)
        annotations = item.get("annotations")
        good = good and (
            annotations is None
            or (
                isinstance(annotations, list)
                and all(isinstance(one, dict) and isinstance(one.get("result"), list) for one in annotations)
            )
        )
    if good:
        assert json.loads(check(raw, TEXT_AND_PICTURE).data) == data
    else:
        refusal(raw, TEXT_AND_PICTURE)


@given(
    st.binary(max_size=60)
    | st.text(alphabet='{}[]":,\\u0019ndatextNaIfy-+.eE \n', max_size=60).map(str.encode)
)
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes):
    try:
        task = compile_validator(parse("<View/>")).check(raw)
    except TaskProblem:
        return
    read = json.loads(task.data)
    assert isinstance(read, dict)
    assert all(math.isfinite(value) for value in read.values() if isinstance(value, float))
