"""Predictions must fit the config, with the fault named; annotations are kept unless they are no results at all."""

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelyard.label.config import parse
from labelyard.label.results import MAX_PROBLEMS, MAX_REGIONS, ResultValidator
from labelyard.label.samples import sample_with_results
from labelyard.label.templates import templates

LABELS = '<Label value="a"/><Label value="b" alias="B"/>'
CHOICES = LABELS.replace("Label", "Choice")
OBJECT_OF = {
    "HyperTextLabels": "HyperText", "ParagraphLabels": "Paragraphs", "TimeSeriesLabels": "TimeSeries",
    "TimelineLabels": "Video", "VideoRectangle": "Video", "OcrLabels": "Pdf", "Ranker": "List",
}  # fmt: skip


def validator_for(tag: str, attributes: str = "") -> ResultValidator:
    inner = {"Choices": CHOICES, "Taxonomy": '<Choice value="A"><Choice value="B"/></Choice>'}.get(tag, "")
    inner = LABELS if tag.endswith("Labels") else inner
    shown = OBJECT_OF.get(tag, "Image" if tag.endswith("Labels") and tag != "Labels" else "Text")
    return ResultValidator(
        parse(
            f'<View><{shown} name="t" value="$x"/><{tag} name="c" toName="t" {attributes}>{inner}</{tag}></View>'
        )
    )


def item(tag: str, value: Any, **rest: Any) -> dict[str, Any]:
    return {"from_name": "c", "to_name": "t", "type": tag.lower(), "value": value, **rest}


RECT = {"x": 0, "y": 0, "width": 10, "height": 10, "rectanglelabels": ["a"]}
SPAN = {"start": 0, "end": 3, "labels": ["a"]}
NODE_SPAN = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "hypertextlabels": ["a"]}
FRAME = {"x": 1, "y": 1, "width": 2, "height": 2, "time": 0.1, "frame": 1, "enabled": True}


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("Choices", {"choices": ["a", "B"]}),
        ("Choices", {"choices": []}),
        ("Choices", {"choices": ["a"], "extra": 1}),
        ("Choices", {"choices": [["a"], ["a", "B"]]}),
        ("Labels", SPAN),
        ("Labels", {**SPAN, "start": 5, "text": 5}),
        ("Labels", {**SPAN, "start": "x", "labels": []}),
        ("RectangleLabels", {**RECT, "x": -3}),
        ("RectangleLabels", {**RECT, "x": 90, "width": 20}),
        ("RectangleLabels", {**RECT, "x": "5"}),
        ("PolygonLabels", {"points": [[0, 0], [1, 1]], "polygonlabels": ["a"]}),
        ("PolygonLabels", {"points": [], "polygonlabels": ["a"]}),
        ("EllipseLabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "ellipselabels": ["a"]}),
        ("KeyPointLabels", {"x": 50, "y": 50, "keypointlabels": ["a"]}),
        ("BrushLabels", {"rle": [0, 1], "brushlabels": ["a"]}),
        ("BitmaskLabels", {"imageDataURL": "data:image/png;base64,AA", "bitmasklabels": ["a"]}),
        ("VectorLabels", {"vertices": [{"x": 1, "y": 2}], "vectorlabels": ["a"]}),
        ("OcrLabels", {"x": 1, "y": 1, "width": 1, "height": 1, "ocrtext": "t", "ocrlabels": ["a"]}),
        ("TextArea", {"text": ["x"]}),
        ("TextArea", {"text": []}),
        ("Rating", {"rating": 0}),
        ("Rating", {"rating": "3"}),
        ("Number", {"number": 9}),
        ("Number", {"number": "3"}),
        ("DateTime", {"datetime": "nope"}),
        ("Taxonomy", {"taxonomy": [["B", "A"], ["A"]]}),
        ("Taxonomy", {"taxonomy": []}),
        ("Ranker", {"ranker": {"rank": ["1"]}}),
        ("HyperTextLabels", NODE_SPAN),
        (
            "ParagraphLabels",
            {"start": "0", "end": "1", "startOffset": 0, "endOffset": 3, "paragraphlabels": ["a"]},
        ),
        ("TimeSeriesLabels", {"start": "2020-01-01", "end": 2, "instant": False, "timeserieslabels": ["a"]}),
        ("VideoRectangle", {"framesCount": 10, "duration": 1, "sequence": [FRAME], "labels": ["a"]}),
        ("TimelineLabels", {"ranges": [{"start": 1, "end": 3}], "timelinelabels": ["a"]}),
    ],
)
def test_values_that_fit(tag: str, value: Any):
    assert validator_for(tag).validate_prediction([item(tag, value)], "0.5") == []


@pytest.mark.parametrize(
    ("tag", "value", "says"),
    [
        ("Choices", {"choices": ["b"]}, '"choices" has "b"'),
        ("Choices", {}, '"choices" is missing'),
        ("Choices", {"choices": [1]}, "list of strings"),
        ("Choices", {"choices": "a"}, "list of strings"),
        ("Labels", {"start": 0, "labels": ["a"]}, '"end" is missing'),
        ("Labels", {**SPAN, "labels": ["zz"]}, '"zz"'),
        ("Labels", {"start": 0, "end": 1}, '"labels" is missing'),
        (
            "RectangleLabels",
            {**RECT, "x": 100.1},
            "Invalid geometry for control 'c': x 100.1 out of bounds [0, 100]",
        ),
        ("RectangleLabels", {**RECT, "x": -5, "y": 101}, "x -5, y 101 out of bounds [0, 100]"),
        ("RectangleLabels", {**RECT, "rotation": 400}, '"rotation" is 400'),
        ("RectangleLabels", {"x": 0, "y": 0, "width": 10, "rectanglelabels": ["a"]}, '"height" is missing'),
        ("PolygonLabels", {"points": [[0, 101]], "polygonlabels": ["a"]}, '"points[0]"'),
        ("PolygonLabels", {"points": [[0, 0, 0]], "polygonlabels": ["a"]}, '"points[0]"'),
        (
            "EllipseLabels",
            {"x": 50, "y": 50, "radiusX": 60, "radiusY": 10, "ellipselabels": ["a"]},
            "radiusX",
        ),
        ("BrushLabels", {"format": "rle", "rle": "abc", "brushlabels": ["a"]}, "rle"),
        ("BrushLabels", {"rle": [], "brushlabels": ["a"]}, "rle"),
        ("BitmaskLabels", {"bitmasklabels": ["a"]}, "imageDataURL"),
        ("TextArea", {"text": "x"}, '"text"'),
        ("TextArea", {"text": [1]}, '"text"'),
        ("Rating", {"rating": 6}, "0 to 5"),
        ("Rating", {"rating": 2.5}, "whole number"),
        ("Rating", {"rating": None}, "whole number"),
        ("Number", {"number": None}, '"number"'),
        ("Number", {"number": True}, '"number"'),
        ("Number", {"number": "NaN"}, '"number"'),
        ("DateTime", {"datetime": 5}, '"datetime"'),
        ("Taxonomy", {"taxonomy": ["A"]}, "paths"),
        ("Taxonomy", {"taxonomy": [["Z"]]}, '"Z"'),
        ("Ranker", {"ranker": ["1", "2"]}, "ranker"),
        ("Ranker", {"ranker": {"c": [1]}}, '"c"'),
        ("HyperTextLabels", {**NODE_SPAN, "startOffset": -1}, "startOffset"),
        ("TimeSeriesLabels", {"start": 1, "end": 2, "timeserieslabels": ["a"]}, "instant"),
        ("VideoRectangle", {"framesCount": 10, "sequence": []}, "duration"),
        (
            "VideoRectangle",
            {"framesCount": 10, "duration": 1, "sequence": [{**FRAME, "time": None}]},
            '"sequence[0]"',
        ),
        ("TimelineLabels", {"ranges": [], "timelinelabels": ["a"]}, "ranges"),
    ],
)
def test_values_that_do_not_fit(tag: str, value: Any, says: str):
    faults = validator_for(tag).validate_prediction([item(tag, value)])
    assert len(faults) == 1
    assert faults[0].startswith("Region 0: Invalid ")
    assert "control 'c'" in faults[0]
    assert says in faults[0]


def test_rating_limit_follows_the_config():
    assert (
        validator_for("Rating", 'maxRating="10"').validate_prediction([item("Rating", {"rating": 10})]) == []
    )


def test_labels_from_task_data_are_not_judged():
    config = parse('<View><Text name="t" value="$x"/><Choices name="c" toName="t" value="$options"/></View>')
    assert ResultValidator(config).validate_prediction([item("Choices", {"choices": ["anything"]})]) == []


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ({}, "Missing required field 'from_name'"),
        ({"from_name": "c", "to_name": "t", "type": "choices"}, "Missing required field 'value'"),
        (item("Choices", {"choices": []}, from_name="nope"), "'nope' not found"),
        (item("Choices", {"choices": []}, to_name="nope"), "'nope' is not an object"),
        (item("Labels", {"choices": []}), "'type' is 'labels'"),
        (item("Choices", []), "'value' must be an object"),
        (item("Choices", {}, from_name=5), "'from_name' must be a string"),
        (item("Choices", {}, type=["x"]), "'type' must be a string"),
        ("a", "must be an object"),
        (None, "must be an object"),
    ],
)
def test_items_that_are_not_regions_of_the_config(region: Any, says: str):
    good = item("Choices", {"choices": ["a"]})
    faults = validator_for("Choices").validate_prediction([good, region])
    assert any(fault.startswith("Region 1: ") and says in fault for fault in faults)


@pytest.mark.parametrize(
    ("score", "fits"),
    [
        (None, True),
        (0, True),
        (1, True),
        ("0.7", True),
        (1.5, False),
        (-0.1, False),
        ("high", False),
        (True, False),
    ],
)
def test_scores(score: Any, fits: bool):
    assert (validator_for("Choices").validate_prediction([], score) == []) is fits


SPLIT = ResultValidator(
    parse(
        '<View><Image name="t" value="$x"/><Rectangle name="r" toName="t"/><Labels name="c" toName="t"><Label value="a"/></Labels></View>'
    )
)


def test_plain_labels_name_the_box_of_the_same_id():
    box = {"x": 1, "y": 1, "width": 2, "height": 2}
    drawn = item("Rectangle", box, from_name="r", id="1")
    assert SPLIT.validate_prediction([drawn, item("Labels", {**box, "labels": ["a"]}, id="1")]) == []
    assert SPLIT.validate_prediction([drawn, item("Labels", {**box, "labels": ["z"]}, id="1")])
    alone = SPLIT.validate_prediction([item("Labels", {**box, "labels": ["a"]}, id="2")])
    assert '"start" is missing' in alone[0]
    merged = item("RectangleLabels", {**box, "rectanglelabels": ["a"]}, id="3")
    assert SPLIT.validate_prediction([merged]) == []


def test_relations_join_regions_that_exist():
    box = {"x": 1, "y": 1, "width": 2, "height": 2}
    regions = [item("Rectangle", box, from_name="r", id="1"), item("Rectangle", box, from_name="r", id="2")]
    relation = {"type": "relation", "from_id": "1", "to_id": "2", "direction": "right", "labels": ["x"]}

    def told(**change: Any) -> list[str]:
        return SPLIT.validate_prediction([*regions, {**relation, **change}])

    assert told() == []
    assert told(to_id="9") == ["Relation 2: 'to_id' '9' not found in regions"]
    assert told(direction="up") == ["Relation 2: Direction must be one of ('left', 'right', 'bi'), got 'up'"]
    del relation["direction"]
    assert told() == ["Relation 2: Missing required field 'direction'"]


def test_names_inside_a_repeater():
    config = parse(
        '<View><Repeater on="$p" indexFlag="{{idx}}"><Image name="page_{{idx}}" value="$p[{{idx}}].url"/>'
        '<Choices name="kind_{{idx}}" toName="page_{{idx}}"><Choice value="a"/></Choices></Repeater></View>'
    )
    validator = ResultValidator(config)
    fits = item("Choices", {"choices": ["a"]}, from_name="kind_12", to_name="page_12")
    assert validator.validate_prediction([fits]) == []
    assert validator.validate_prediction([{**fits, "from_name": "kind_x"}])


def test_chat_messages_answer_under_the_name_of_the_chat():
    validator = ResultValidator(parse('<View><Chat name="chat" value="$m"/></View>'))
    said = {
        "from_name": "chat",
        "to_name": "chat",
        "type": "chatmessage",
        "value": {"chatmessage": {"role": "user", "content": "hi"}},
    }
    assert validator.validate_prediction([said]) == []
    assert validator.validate_prediction([{**said, "value": {"chatmessage": {"role": "user"}}}])


def test_result_must_be_a_list_of_limited_length():
    validator = validator_for("Choices")
    for result in ({"choices": ["a"]}, "a", 5, None):
        assert validator.validate_prediction(result) == ["Prediction: 'result' must be a list"]
        assert validator.validate_annotation(result) == ["Annotation: 'result' must be a list"]
    assert str(MAX_REGIONS) in validator.validate_annotation([{}] * (MAX_REGIONS + 1))[0]
    assert len(validator.validate_prediction([{}] * 5000)) == MAX_PROBLEMS


def test_annotations_keep_what_the_config_does_not_know():
    validator = validator_for("Choices")
    kept = [
        item("Choices", {"choices": ["gone"]}, from_name="old"),
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
        {"bogus": 1},
    ]
    assert validator.validate_annotation(kept) == []
    assert validator.validate_annotation(msgspec.json.encode(kept)) == []
    assert validator.validate_annotation([{"id": "x"}, {"value": 5, "type": 7}]) == [
        "Region 1: 'type' must be a string",
        "Region 1: 'value' must be an object",
    ]
    assert validator.validate_annotation([1]) == ["Region 0: must be an object"]


@pytest.mark.parametrize(
    "raw", [b'[{"x":NaN}]', b'[{"x":"\\ud800"}]', b'[{"x":"\\u0000"}]', b'[{"x":"\xff"}]', b"[", b""]
)
def test_result_text_no_reader_takes(raw: bytes):
    assert validator_for("Choices").validate_annotation(raw)
    assert validator_for("Choices").validate_prediction(raw)


def test_empty_config_judges_no_regions():
    assert ResultValidator(parse("<View></View>")).validate_prediction([{"from_name": "x"}]) == []


def test_thousand_boxes_are_checked_quickly():
    result = json.dumps([item("RectangleLabels", RECT, id=str(n)) for n in range(10_000)]).encode()
    validator = validator_for("RectangleLabels")
    started = time.process_time()
    assert validator.validate_prediction(result) == []
    assert time.process_time() - started < 2


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "B", "c", "t", "", "1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["x", "y", "start", "end", "points", "choices", "labels", "text", "ranges", "sequence", "vertices", "ranker", "rectanglelabels", "rating", "chatmessage"]), inner, max_size=6),
    max_leaves=10,
)  # fmt: skip
items = st.fixed_dictionaries(
    {},
    optional={
        "id": anything, "from_name": st.sampled_from(["c", "r", "x", "n1"]) | anything, "to_name": st.just("t") | anything,
        "type": st.sampled_from(["labels", "rectangle", "rectanglelabels", "relation", "choices", "videorectangle"]) | anything,
        "value": anything, "from_id": anything, "to_id": anything, "direction": anything,
    },
)  # fmt: skip


@given(
    st.sampled_from([*OBJECT_OF, "Choices", "Labels", "Taxonomy", "Rating", "Number", "TextArea", "split"]),
    st.lists(items | anything, max_size=4),
    anything,
)
@settings(max_examples=400, deadline=None)
def test_any_result_is_judged_without_a_crash(tag: str, result: list, score: Any):
    validator = SPLIT if tag == "split" else validator_for(tag)
    for told in (validator.validate_prediction(result, score), validator.validate_annotation(result)):
        assert all(isinstance(fault, str) and fault for fault in told)


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)
def test_sample_results_of_every_template_fit_and_answer_every_control(template):
    config = parse(template.config)
    sample = sample_with_results(config)
    prediction = sample["predictions"][0]
    validator = ResultValidator(config)
    assert validator.validate_prediction(prediction["result"], prediction["score"]) == []
    assert validator.validate_annotation(sample["annotations"][0]["result"]) == []
    assert {one["from_name"] for one in prediction["result"]} == set(config.controls)
