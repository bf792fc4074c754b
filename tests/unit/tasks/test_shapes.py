"""How stored data is shown."""

import json
from types import SimpleNamespace

import msgspec
import pytest

from labelyard.tasks.service import overlap_for
from labelyard.tasks.shapes import data_of


def shown(text: str, key: str | None) -> str:
    return msgspec.json.encode(data_of(text, key)).decode()


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{"$undefined$": "a", "b":  1.0}', "text", {"text": "a", "b": 1.0}),
        ('{"$undefined$": "a"}', None, {"$undefined$": "a"}),
        ('{"$undefined$": "a", "text": "b"}', "text", {"$undefined$": "a", "text": "b"}),
        ('{"text": "the key \\"$undefined$\\" here"}', "text", {"text": 'the key "$undefined$" here'}),
        ('{"x": {"$undefined$": 1}}', "text", {"x": {"$undefined$": 1}}),
        ('["$undefined$"]', "text", ["$undefined$"]),
    ],
)
def test_undefined_is_shown_as_the_first_data_key(text, key, expected):
    assert json.loads(shown(text, key)) == expected


def test_other_data_is_spliced_untouched():
    text = '{ "z": 1.50,  "a" :"\\u00e9", "n": 123456789012345678901234567890 }'
    assert shown(text, "text") == text


@pytest.mark.parametrize("percentage", [0, 1, 33, 50, 99, 100])
def test_the_share_with_overlap_is_exact_at_every_length(percentage):
    overlap = overlap_for(SimpleNamespace(maximum_annotations=3, overlap_cohort_percentage=percentage))  # type: ignore[arg-type]
    with_overlap = 0
    for inner_id in range(1, 301):
        with_overlap += overlap(inner_id) == 3
        assert with_overlap == inner_id * percentage // 100
