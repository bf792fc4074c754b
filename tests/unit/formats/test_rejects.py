"""What an import did not take is written in the format it came in, and reads as it was once it is mended."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelyard.formats.readers.base import ReadOptions, Source
from labelyard.formats.readers.registry import find
from labelyard.formats.writers.rejects import RejectWriter


@pytest.fixture
def rejects(tmp_path):
    """Write every item of a source as a reject; the file's path, its name."""

    def write(name, content, **options):
        path = tmp_path / "source"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        kind = find(name, content[:100] if isinstance(content, bytes) else content[:100].encode())
        target = tmp_path / "rejects"
        with RejectWriter(target, kind.name, options.get("delimiter")) as writer:
            source = Source(
                path,
                name,
                value_key="text",
                options=ReadOptions(**options),
                on_bad_row=lambda bad: writer.add(bad.row, bad.column, bad.error, bad.item),
            )
            for row, item in kind.read(source):
                writer.add(row, "text", "too short", bytes(item))
        return target, f"rejects{writer.extension}"

    return write


def read(path, name, **options):
    source = Source(path, name, value_key="text", options=ReadOptions(**options))
    return [json.loads(bytes(item)) for _, item in find(name, path.read_bytes()[:100]).read(source)]


def test_a_table_has_three_columns_more_and_reads_without_them(rejects):
    path, name = rejects("a.csv", 'id;text;n\n007;"a;b";1\nx;"line\nbreak";2\n')
    assert path.read_bytes().startswith(b'\xef\xbb\xbf"_row","_column","_error","id","text","n"\r\n')
    assert "2,text,too short,007,a;b,1" in path.read_text()
    assert read(path, name) == [
        {"id": "007", "text": "a;b", "n": 1},
        {"id": "x", "text": "line\nbreak", "n": 2},
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_keeps_its_separator(rejects, separator):
    content = separator.join(["text", '"a, b; c"']) + "\n" + separator.join(["x", "2"]) + "\n"
    path, name = rejects("a.csv", content, delimiter=separator)
    assert separator.join(["2", "text", "too short", "x", "2"]) in path.read_text()
    assert read(path, name) == [{"text": "x", "a, b; c": 2}]


def test_text_that_looks_like_a_number_stays_text(rejects):
    path, name = rejects("a.csv", 'zip,n,"_row"\n10115,1,a\nx,2,b\n')
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"_row","_column","_error","_text","zip","n","_row"'
    path.write_text("\n".join(lines[:2]))  # the other row is not sent again
    assert read(path, name) == [{"zip": "10115", "n": 1, "_row": "a"}]


def test_the_columns_may_have_been_moved(rejects):
    path, _ = rejects("a.csv", "text,n\na,1\n")
    path.write_text("n,_error,text,_row,_column\n1,too short,b,2,text\n")
    assert read(path, "mended.csv") == [{"n": 1, "text": "b"}]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
CELLS = st.one_of(
    TEXTS,
    st.integers().map(str),
    st.sampled_from(["", "007", "1.5", "1.50", "True", "NA", "[1]", "a;b", "\r\n"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(",;\t|"),
    st.data(),
)
def test_any_row_of_a_reject_table_reads_as_it_was(rejects, rows, separator, data):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["_text", "_row", "a, b"], *rows])
    path, name = rejects("a.csv", text.getvalue(), delimiter=separator)
    original = path.parent / "original"
    original.write_text(text.getvalue(), newline="")
    items = read(original, "a.csv", delimiter=separator)
    assert read(path, name) == items
    # The types are those of the whole file, whichever rows are sent again.
    number = data.draw(st.integers(0, len(rows) - 1))
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file, delimiter=separator)
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([header, lines[number]])
    assert read(path, name) == [items[number]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["text", "n", "_row", "_error", "é"]), JSON), min_size=1, max_size=5
    ),
    st.sampled_from(["a.json", "a.jsonl"]),
)
def test_any_json_item_reads_as_it_was(rejects, items, name):
    text = json.dumps(items) if name == "a.json" else "\n".join(map(json.dumps, items))
    path, made = rejects(name, text)
    assert [item.get("data", item) for item in read(path, made)] == items


def test_a_row_that_is_too_long_is_written_as_it_was(rejects):
    path, name = rejects("a.csv", "text,n\na,1\nb,2,3,4\n")
    assert path.read_text().splitlines()[1:] == [
        "2,text,too short,a,1",
        '3,,"expected 2 fields, saw 4",b,2,3,4',
    ]
    path.write_text(path.read_text().replace("b,2,3,4", "b,2"))
    assert read(path, name) == [{"text": "a", "n": 1}, {"text": "b", "n": 2}]


def test_lines_of_text_become_a_table_of_one_value(rejects):
    path, name = rejects("a.txt", "one\n\ntwo, three\n")
    assert name == "rejects.csv"
    assert read(path, name) == [{"text": "one"}, {"text": ""}, {"text": "two, three"}]


@pytest.mark.parametrize(("name", "extension"), [("a.json", ".json"), ("a.jsonl", ".jsonl")])
def test_json_reads_as_it_was(rejects, name, extension):
    items: list[Any] = [
        {"text": "é", "n": 1.10, "deep": {"_row": 1}},
        {"data": {"text": "a"}, "meta": {"k": [1]}},
        {"_row": "mine", "text": "b"},
        {"data": {"text": "c"}, "_error": "mine"},
    ]
    text = json.dumps(items) if extension == ".json" else "\n".join(map(json.dumps, items))
    path, made = rejects(name, text)
    assert made == f"rejects{extension}"
    written = (
        json.loads(path.read_text())
        if extension == ".json"
        else list(map(json.loads, path.read_text().splitlines()))
    )
    assert written[0] == {"_row": 1, "_column": "text", "_error": "too short", **items[0]}
    assert read(path, made) == [*items[:2], {"data": items[2]}, {"data": {"text": "c"}}]


def test_a_broken_line_of_json_is_kept_beside_its_fault(rejects):
    path, _ = rejects("a.jsonl", '{"text": "a"}\n{"text": \n\n5\n')
    first, second, third = map(json.loads, path.read_text().splitlines())
    assert first["text"] == "a"
    assert second["_row"] == 2 and second["_item"] == '{"text":' and "not valid JSON" in second["_error"]
    assert third["_row"] == 4 and third["_item"] == 5


def test_no_rejects_are_an_empty_file(tmp_path):
    for kind, content in [("JSON", b"[]\n"), ("JSONL", b"")]:
        with RejectWriter(tmp_path / "r", kind):
            pass
        assert (tmp_path / "r").read_bytes() == content
