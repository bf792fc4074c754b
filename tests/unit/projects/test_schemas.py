"""What of a body becomes columns of a project."""

import pytest
from pydantic import ValidationError

from labelyard.projects.schemas import ProjectFields


def test_only_what_was_sent_is_set():
    assert ProjectFields.model_validate({"title": "Moods", "unknown": 1}).values() == {"title": "Moods"}


def test_null_means_empty_or_not_sent():
    fields = {"title": None, "description": None, "label_config": None, "sampling": None, "pinned_at": None}
    assert ProjectFields.model_validate(fields).values() == {
        "title": "",
        "description": "",
        "pinned_at": None,
    }


def test_times_and_weights_are_stored_forms():
    fields = ProjectFields.model_validate(
        {"pinned_at": "1970-01-01T00:00:01Z", "control_weights": {"a": {"b": 1}}}
    )
    assert fields.values() == {"pinned_at": 1_000_000, "control_weights": '{"a":{"b":1}}'}


@pytest.mark.parametrize("title", ["ab", "x" * 51, " a"])
def test_titles_have_a_size(title):
    with pytest.raises(ValidationError):
        ProjectFields.model_validate({"title": title})


@pytest.mark.parametrize("text", ["true", "1", "yes", "on"])
def test_booleans_of_forms(text):
    assert ProjectFields.model_validate({"show_instruction": text}).values() == {"show_instruction": True}
