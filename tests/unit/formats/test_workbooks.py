"""Sheets become task items with the values of their cells, and a workbook that asks for the impossible is an error."""

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.formats.sheets import DATE, DATETIME, TIME, ods, rows, xlsx, zipped

from labelyard.formats.readers.base import ReadError, ReadOptions, Source
from labelyard.formats.readers.registry import find, preview

FILES = Path(__file__).parent / "files"


@pytest.fixture
def source(tmp_path):
    def made(content, name="book.xlsx", **options):
        path = tmp_path / "book"
        path.write_bytes(content)
        return Source(path, name, options=ReadOptions(**options))

    return made


@pytest.fixture
def read(source):
    def items(content, name="book.xlsx", **options):
        made = source(content, name, **options)
        return [(row, json.loads(bytes(item))) for row, item in find(name, content[:4096]).read(made)]

    return items


@pytest.fixture
def refusal(read):
    def text(content, name="book.xlsx", **options):
        began = time.monotonic()
        with pytest.raises(ReadError) as error:
            read(content, name, **options)
        assert time.monotonic() - began < 20
        return str(error.value)

    return text


def test_cells_keep_their_values_and_rows_their_numbers(read):
    table: list[list[Any]] = [
        ["id", "text", "n", "flag", "day", "at", "when"],
        [1, " 007 ", 1.5, True, (45351, DATE), (0.25, TIME), (45351.5, DATETIME)],
        [],
        [2**53, "a\nb <é>", -3.0, False, None, None, None],
    ]
    assert read(xlsx({"One": rows(table)})) == [
        (
            2,
            {
                "id": 1,
                "text": " 007 ",
                "n": 1.5,
                "flag": True,
                "day": "2024-02-29",
                "at": "06:00:00",
                "when": "2024-02-29T12:00:00",
            },
        ),
        (4, {"id": 2**53, "text": "a\nb <é>", "n": -3, "flag": False, "day": "", "at": "", "when": ""}),
    ]


def test_rows_above_the_header_and_the_sheet_asked_for(read):
    book = xlsx({"One": rows([["a"], ["x"]]), "Two": rows([["b", "c"], ["y", 1]], first_row=5)})
    assert read(book) == [(2, {"a": "x"})]
    assert read(book, sheet="Two") == [(6, {"b": "y", "c": 1})]
    assert read(book, sheet="Two", header=False, csv_types="string") == [
        (5, {"column1": "b", "column2": "c"}),
        (6, {"column1": "y", "column2": "1"}),
    ]
    assert read(book, sheet="Two", columns={"b": "text", "c": ""}) == [(6, {"text": "y"})]


def test_a_table_need_not_begin_in_the_first_column(read):
    content = '<row r="3"><c r="C3" t="inlineStr"><is><t>a</t></is></c></row><row r="4"><c r="C4"><v>1</v></c></row>'
    assert read(xlsx({"One": content})) == [(4, {"a": 1})]


def test_a_mended_reject_file_saved_as_a_workbook_reads_without_what_was_added(read):
    table: list[list[Any]] = [["_row", "_column", "_error", "text"], [7, "text", "too short", "x"]]
    assert read(xlsx({"One": rows(table)})) == [(2, {"text": "x"})]


def test_the_older_and_the_open_format(read):
    content = (FILES / "small.xls").read_bytes()
    expected = [(2, {"id": 1, "text": "é", "when": "2024-02-29"}), (3, {"id": 2.5, "text": "x", "when": ""})]
    assert read(content, "book.xls") == expected
    assert read(content, "no name") == expected
    assert read(ods([["a", "b"], ["1", "é"]]), "book.ods") == [(2, {"a": "1", "b": "é"})]


def test_a_preview_tells_the_sheets(source):
    book = xlsx({"One": rows([["a", "b"], ["x", 1], ["y", 2]]), "Two": rows([["c"], ["z"]])})
    shown = preview(source(book), limit=1)
    assert shown.options == ReadOptions("EXCEL", header=True, sheet="One")
    assert (shown.columns, shown.types) == (["a", "b"], {"a": "string", "b": "number"})
    assert (shown.rows, shown.sheets) == ([{"a": "x", "b": 1}], ["One", "Two"])
    assert shown.notes == ['The workbook has 2 sheets; the first one, "One", is read.']
    assert preview(source(book, sheet="Two")).notes == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], 'the sheet "One" is empty'),
        ([["a", "a"], ["x", "y"]], 'row 1: columns 1 and 2 have the same name "a"'),
        ([["a", None, "c"], ["x", None, "z"], ["x", "y", "z"]], "row 3: there is a value in column 2"),
    ],
)
def test_a_sheet_that_is_no_table_is_refused_with_its_row(refusal, table, words):
    assert words in refusal(xlsx({"One": rows(table)}))


def test_what_is_no_workbook_is_refused(refusal):
    assert 'there is no sheet "Two"; there are: One' in refusal(xlsx({"One": rows([["a"]])}), sheet="Two")
    assert "no workbook that can be read" in refusal(b"a,b\n1,2\n")
    assert "no workbook that can be read" in refusal(zipped({"word/document.xml": "<x/>"}))
    assert "no workbook that can be read" in refusal(xlsx({"One": rows([["a"], ["x"]])})[:-200])
    assert "no workbook that can be read" in refusal((FILES / "small.xls").read_bytes()[:2000], "a.xls")


def test_a_workbook_of_two_cells_cannot_take_the_memory_of_the_machine(refusal):
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert "needs more than 1024 MiB of memory" in refusal(xlsx({"One": far}))


def test_a_packed_workbook_cannot_be_a_bomb(refusal):
    content = xlsx({"One": "<!--" + " " * (70 << 20) + "-->"})
    assert "unpacked, the workbook would have more than" in refusal(content)
    lying = bytearray(content)
    place = lying.rindex(b"PK\x01\x02") + 24
    lying[place : place + 4] = (1000).to_bytes(4, "little")
    assert "unpacked, the workbook would have more than" in refusal(bytes(lying))
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
    parts["content.xml"] = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'
    assert refusal(zipped(parts), "a.ods")


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value == 0 or abs(value) > 1e-300),
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=20))
def test_what_was_written_to_a_workbook_is_read(read, table):
    items = read(xlsx({"One": rows([["a", "b", "c"], *table])}))
    assert [[item[key] for key in "abc"] for _, item in items] == table


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_damaged_workbook_is_read_or_refused(read, random):
    name, content = random.choice(
        [
            ("a.xlsx", xlsx({"One": rows([["a", "b"], ["x", 1]])})),
            ("a.xls", (FILES / "small.xls").read_bytes()),
        ]
    )
    damaged = bytearray(content)
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(8, len(damaged))] = random.randrange(256)
    try:
        read(bytes(damaged), name)
    except ReadError as error:
        assert str(error)


def test_a_stopped_reading_ends_its_process(source):
    made = source(xlsx({"One": rows([["a"], *([f"text {n}"] for n in range(20_000))])}))
    items = find("book.xlsx").read(made)
    assert isinstance(items, Generator)
    assert next(items)[0] == 2
    began = time.monotonic()
    items.close()
    assert time.monotonic() - began < 5
