"""Counting what results use: any stored text is taken, and the counts are those of a plain reading."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from labelyard.projects.results import Usage, read_items

_NAMES = st.sampled_from(["mood", "box", "tree"])
_ITEM = st.one_of(
    st.builds(
        lambda name, labels: {
            "from_name": name,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": labels},
        },
        _NAMES,
        st.lists(st.text(max_size=3), max_size=3),
    ),
    st.builds(
        lambda name, labels: {
            "from_name": name,
            "to_name": "t",
            "type": "labels",
            "value": {"start": 0, "labels": labels},
        },
        _NAMES,
        st.lists(st.text(max_size=3), max_size=3),
    ),
    st.builds(lambda a, b: {"type": "relation", "from_id": a, "to_id": b}, st.text(), st.text()),
)


@given(st.lists(st.lists(_ITEM, max_size=5), max_size=5))
def test_controls_and_labels_are_counted(results):
    usage = Usage()
    controls: Counter[tuple[str, str, str]] = Counter()
    labels: Counter[tuple[str, str]] = Counter()
    for result in results:
        usage.add(json.dumps(result))
        for item in result:
            if "from_name" in item:
                controls[(item["from_name"], item["to_name"], item["type"])] += 1
                labels.update((item["from_name"], label) for label in item["value"][item["type"]])
    assert usage.controls == controls
    assert (
        Counter({(name, label): n for name, known in usage.labels.items() for label, n in known.items()})
        == labels
    )


def test_paths_of_a_taxonomy_are_joined():
    usage = Usage()
    usage.add('[{"from_name":"tree","to_name":"t","type":"taxonomy","value":{"taxonomy":[["a","b"],["c"]]}}]')
    assert usage.labels["tree"] == {"a / b": 1, "c": 1}


def test_texts_and_points_are_no_labels():
    usage = Usage()
    usage.add('[{"from_name":"t","to_name":"x","type":"textarea","value":{"text":["long answer"]}}]')
    usage.add('[{"from_name":"p","to_name":"x","type":"polygon","value":{"points":[[1,2]]}}]')
    usage.add('[{"from_name":"r","to_name":"x","type":"rating","value":{"rating":3}}]')
    assert not usage.labels and sum(usage.controls.values()) == 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_any_json_is_survived(value):
    usage = Usage()
    usage.add(json.dumps(value))
    usage.add(json.dumps([value]))
    usage.add(json.dumps([{"from_name": "a", "type": "choices", "value": value}]))
    assert usage.of_label("a", "nothing") == 0


def test_no_result_has_no_items():
    assert list(read_items(None)) == list(read_items("[]")) == list(read_items('{"a": 1}')) == []
