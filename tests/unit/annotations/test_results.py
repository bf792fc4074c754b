"""The door for results, and the words of answers."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelyard.annotations.results import item_count, result_text, unique_id
from labelyard.kit.clock import DAY, HOUR, MINUTE
from labelyard.kit.errors import Invalid
from labelyard.kit.phrases import ago

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["note", "meta", "score"]), json_values), max_size=5))
def test_a_list_of_objects_is_kept_as_it_was_sent(items):
    text = msgspec.json.format(msgspec.json.encode(items), indent=3)
    assert result_text(msgspec.Raw(text)) == text.decode()
    assert result_text(msgspec.Raw(msgspec.json.encode(text.decode()))) == text.decode()
    assert item_count(text.decode()) == len(items)


@given(st.binary(max_size=40))
def test_any_bytes_are_kept_or_refused(body):
    try:
        kept = result_text(msgspec.Raw(body)) if body else None
    except Invalid as problem:
        assert "result" in problem.errors
    else:
        assert kept is None or isinstance(msgspec.json.decode(kept), list)


@pytest.mark.parametrize(
    "value", [3, "x", {"a": 1}, [1], ["x"], msgspec.Raw(b'"\\ud800"'), msgspec.Raw(b'"3"'), "\ud800"]
)
def test_what_is_no_list_of_objects_is_refused(value):
    with pytest.raises(Invalid):
        result_text(value)


def test_null_is_no_result():
    assert result_text(None) is None
    assert result_text(msgspec.Raw(b"null")) is None
    assert item_count(None) == 0


def test_unique_ids_have_one_spelling():
    assert unique_id("{AAD74EA0-3F6B-4307-A8DB-3D834627C954}") == "aad74ea0-3f6b-4307-a8db-3d834627c954"
    with pytest.raises(Invalid):
        unique_id("aad74ea0")


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-5, "0 minutes"),
        (59_000_000, "0 minutes"),
        (MINUTE, "1 minute"),
        (2 * HOUR + 5 * MINUTE, "2 hours, 5 minutes"),
        (3 * HOUR, "3 hours"),
        (8 * DAY + HOUR, "1 week, 1 day"),
        (400 * DAY, "1 year, 1 month"),
    ],
)
def test_ago(passed, words):
    assert ago(1_000, 1_000 + passed) == words
