"""Short forms of a prediction's result."""

import json

import msgspec
import pytest

from labelyard.kit.errors import Invalid
from labelyard.predictions.results import prediction_text

CONFIG = """<View><Text name="text" value="$text"/>
<Rating name="stars" toName="text"/>
<Choices name="mood" toName="text"><Choice value="good"/></Choices>
<Choices name="topic" toName="text"><Choice value="art"/></Choices>
<Labels name="span" toName="text"><Label value="Person"/></Labels></View>"""
TEXT = '<View><Text name="text" value="$text"/><TextArea name="answer" toName="text"/></View>'


@pytest.mark.parametrize(
    ("config", "short", "from_name", "value"),
    [
        (CONFIG, "good", "mood", {"choices": ["good"]}),
        (CONFIG, "art", "topic", {"choices": ["art"]}),
        (CONFIG, 4, "stars", {"rating": 4}),
        (CONFIG, {"choices": ["good"]}, "mood", {"choices": ["good"]}),
        (
            CONFIG,
            {"start": 0, "end": 1, "labels": ["Person"]},
            "span",
            {"start": 0, "end": 1, "labels": ["Person"]},
        ),
        (TEXT, "anything", "answer", {"text": ["anything"]}),
    ],
)
def test_short_form_is_written_out(config, short, from_name, value):
    (region,) = json.loads(prediction_text(config, short, None))
    assert (region["from_name"], region["to_name"], region["value"]) == (from_name, "text", value)


@pytest.mark.parametrize("short", ["neither", True, {}, {"polygon": 1}, "\ud800"])
def test_what_no_control_takes_is_refused(short):
    with pytest.raises(Invalid):
        prediction_text(CONFIG, msgspec.Raw(json.dumps(short).encode()), None)
