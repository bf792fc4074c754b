"""Imported files become task items without losing a character, and broken ones say where they are broken."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelyard.cli.inputs import AUDIO_SUFFIXES, IMAGE_SUFFIXES
from labelyard.formats.readers.base import BadRow, ReadError, ReadOptions, Source
from labelyard.formats.readers.registry import extensions, find, preview
from labelyard.formats.readers.tables import separator_of


@pytest.fixture
def read(tmp_path):
    def items(content, name="table.csv", **fields):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = Source(path, name, **fields)
        kind = find(name, path.read_bytes()[:100], source.options)
        return [json.loads(bytes(item)) for _, item in kind.read(source)]

    return items


@pytest.fixture
def refusal(read):
    def text(content, name="table.csv"):
        with pytest.raises(ReadError) as error:
            read(content, name)
        return str(error.value)

    return text


def test_columns_of_exact_numbers_are_numbers_and_all_else_is_text(read):
    rows = "text,n,x,flag,zip,mixed,money\nhello,1,1.5,True,00123,1,1.50\nNA,-20,0.25,False,10115,x,2\n"
    assert read(rows) == [
        {"text": "hello", "n": 1, "x": 1.5, "flag": True, "zip": "00123", "mixed": "1", "money": "1.50"},
        {"text": "NA", "n": -20, "x": 0.25, "flag": False, "zip": "10115", "mixed": "x", "money": "2"},
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "NA",
        "None",
        "null",
        "nan",
        "N/A",
        "1e5",
        "1E400",
        "inf",
        "-0",
        "+1",
        "1.",
        ".5",
        "0x1",
        "1_000",
        "٣",
        "true",
    ],
)
def test_a_cell_that_would_not_be_written_back_the_same_stays_text(read, cell):
    assert read(f"a\n{cell}\n") == [{"a": cell}]


@pytest.mark.parametrize(("cell", "value"), [("9007199254740992", 2**53), ("-9007199254740992", -(2**53))])
def test_integers_stay_numbers_up_to_the_limit_of_a_double(read, cell, value):
    assert read(f"a\n{cell}\n") == [{"a": value}]
    beyond = cell[:-1] + "3"
    assert read(f"a\n{beyond}\n") == [{"a": beyond}]


def test_a_blank_cell_makes_no_float_of_an_integer(read):
    assert read("a,b\n9007199254740991,x\n,y\n5,\n") == [
        {"a": 9007199254740991, "b": "x"},
        {"a": "", "b": "y"},
        {"a": 5, "b": ""},
    ]


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["", "007", "1.50", "-0", "NULL", "true", "True", 'a"b', "x;y", "\t", " 1"]),
)


def _written_back(value):
    return value if isinstance(value, str) else str(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_cell_of_any_table_can_be_written_back(read, rows, separator, encoding):
    header = [f"column {number}" for number in range(len(rows[0]))]
    if len(header) == 1 and separator == ";":
        separator = ","
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    name = "table.tsv" if separator == "\t" else "table.csv"
    items = read(text.getvalue().encode(encoding), name)
    assert [[_written_back(item[key]) for key in header] for item in items] == rows


@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("a,b", ","),
        ("a;b", ";"),
        ("a;b,c", ","),
        ("a;b;c,d", ";"),
        ("a\tb", "\t"),
        ("a\tb,c", ","),
        ('"x, y, z";b', ";"),
        ("a", ","),
        ("a|b", "|"),
        ("a|b,c", ","),
        ("a|b\tc", "\t"),
    ],
)
def test_the_separator_is_read_off_the_first_line(line, separator):
    assert separator_of(line) == separator


def test_quotes_newlines_and_line_ends_of_any_kind(read):
    table = 'text,note\r\n"say ""hi"", then\nleave",x\r\n\r\n   ,y\r\n'
    assert read(table) == [{"text": 'say "hi", then\nleave', "note": "x"}, {"text": "   ", "note": "y"}]
    assert read("a,b\rx,y\r") == [{"a": "x", "b": "y"}]


def test_a_tsv_keeps_commas_and_quotes_inside_words(read):
    assert read('text\tk\nq "x" y, z\t2\n', "rows.tsv") == [{"text": 'q "x" y, z', "k": 2}]


def test_a_short_row_is_filled_with_empty_texts(read):
    assert read("a,b,c\nx\ny,z\n") == [{"a": "x", "b": "", "c": ""}, {"a": "y", "b": "z", "c": ""}]


def test_names_with_spaces_and_dots_stay_as_they_are(read):
    assert read("text ,a.b\nx,y\n") == [{"text ": "x", "a.b": "y"}]


def test_a_document_sized_cell_is_read(read):
    assert len(read('a\n"' + "x" * 2_000_000 + '"\n')[0]["a"]) == 2_000_000


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("a,a\n1,2\n", 'columns 1 and 2 have the same name "a"'),
        ("a,,c\n1,2,3\n", "column 2 has no name"),
        ("a,b\n1,2,3\n", "line 2: expected 2 fields, saw 3"),
        ("a,b\n1,2\n\n1,2,3\n", "line 4: expected 2 fields, saw 3"),
        ("a,b\n1,2\n1,x\x00y\n", 'line 3: "b" has a NUL character'),
        ("a,b\x00\n1,2\n", "line 1: the name of column 2 has a NUL character"),
        ('a,b\nx,1\ny,"open\n1,2\n', "line 3: a quote"),
        ("a\né\nü\nß\n".encode() + b"\xff\n", "line 5: the byte at 11 is not UTF-8"),
        ("a\nпривет\n".encode("cp1251"), "the text is not UTF-8; it may be"),
        ("a,b\nx,y\n".encode("utf-16")[:-1], "UTF-16"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(refusal, table, words):
    assert words in refusal(table)


def test_a_header_alone_has_no_items(read):
    assert read("a,b\n") == []


def test_text_is_one_task_a_line_blank_ones_too(read):
    content = "\ufeffone\n\n  three \x0cstill\u2028three\r\nlast".encode()
    values = [item["$undefined$"] for item in read(content, "notes.TXT")]
    assert values == ["one", "", "  three \x0cstill\u2028three", "last"]
    assert read("x\n", "notes.txt", value_key="text") == [{"text": "x"}]


def test_html_is_one_task_and_media_an_address(read):
    assert read("<b>é</b>\n", "page.htm") == [{"$undefined$": "<b>é</b>\n"}]
    assert read(b"\x89PNG", "a.PNG", url="/data/upload/1/a%20b.png") == [
        {"$undefined$": "/data/upload/1/a%20b.png"}
    ]


def test_json_files_hold_a_list_or_one_object(read):
    assert read('\ufeff[{"a": 1}, {"data": {"b": "é"}}]', "t.json") == [{"a": 1}, {"data": {"b": "é"}}]
    assert read(' {"a": 1}', "t.json") == [{"a": 1}]
    assert read("[]", "t.json") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("[1,", "not valid JSON"),
        ('{"a":1}{"a":2}', "trailing"),
        ('[{},{"a":"\\u0000"}]', "item 1: NUL"),
    ],
)
def test_a_broken_json_file_is_refused_with_its_byte(refusal, content, words):
    assert words in refusal(content, "t.json")


@pytest.mark.parametrize(("name", "extension"), [("a.rar", ".rar"), ("a.exe", ".exe"), ("noext", "")])
def test_a_file_of_another_kind_is_refused(refusal, name, extension):
    assert refusal("x", name) == f"{extension} extension is not supported"


def test_the_extensions_are_those_of_the_documented_list():
    documented = (
        "bmp csv flac gif htm html jpg jpeg json m4a mp3 ogg png svg tsv txt wav xml mp4 webm webp pdf"
    )
    assert set(extensions()) >= {f".{name}" for name in documented.split()}
    # What directories are scanned for can be uploaded as well.
    assert set(extensions()) >= IMAGE_SUFFIXES | AUDIO_SUFFIXES


def test_lines_of_json_are_items_and_blank_lines_are_skipped(read):
    content = '\ufeff{"a": 1}\r\n\n  {"b": "é\\n"}  \n{"c": []}'
    for name in ("t.jsonl", "T.NDJSON", "t.json"):
        assert read(content, name) == [{"a": 1}, {"b": "é\n"}, {"c": []}]
    assert read('{\n"a": 1}\n', "t.json") == [{"a": 1}]
    assert read('{"a": 1}\n\n', "t.json") == [{"a": 1}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"a": ', "line 2: not valid JSON"),
        ('{"a": 1} {"b": 2}', "line 2: not valid JSON: trailing characters"),
        ('{"a": "\\u0000"}', "line 2: NUL"),
        ('{"a": "\\ud800"}', "line 2: not valid JSON: unfinished surrogate"),
        ('{"a": 1e999}', "line 2: number out of range"),
        ('{"a": NaN}', "line 2: not valid JSON"),
        ("[" * 100_000, "line 2: nested deeper"),
        ('{"a": ' + "[" * 600 + "]" * 600 + "}", "line 2: nested deeper"),
        ('{"a": ' + "1" * 300 + "}", "line 2: number with 200 digits"),
    ],
)
def test_a_broken_line_of_json_is_named(refusal, line, words):
    assert words in refusal(f'{{"a": "x"}}\n{line}\n{{}}\n', "t.jsonl")


def test_options_win_over_what_is_found(read):
    def with_options(content, name="table.csv", **options):
        return read(content, name, options=ReadOptions(**options))

    assert with_options("a:b\n'x:y':2\n", delimiter=":", quote="'") == [{"a": "x:y", "b": 2}]
    assert with_options('a,b\n"x,y"\n', quote="") == [{"a": '"x', "b": 'y"'}]
    assert with_options("a,b\n1,x\n", header=False) == [
        {"column1": "a", "column2": "b"},
        {"column1": "1", "column2": "x"},
    ]
    assert with_options("a,b\n1,x\n", csv_types="string") == [{"a": "1", "b": "x"}]
    assert with_options("a\ncaf\xe9\n".encode("latin-1"), encoding="latin-1") == [{"a": "café"}]
    assert with_options("a,b,c\n1,2,3\n", columns={"a": "text", "b": ""}) == [{"text": 1, "c": 3}]
    assert with_options('{"a": 1, "b": 2}\n', "t.jsonl", columns={"a": "text", "b": ""}) == [{"text": 1}]
    assert with_options('[{"data": {"a": 1}, "id": 5}]', "t.json", columns={"a": "text"}) == [
        {"data": {"text": 1}, "id": 5}
    ]
    assert with_options("a,b\n1,2\n", "notes.txt", format="csv") == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "docx"}, "the format docx is not known"),
        ({"encoding": "klingon"}, "the encoding klingon is not known"),
        ({"encoding": "zlib"}, "the encoding zlib is not known"),
        ({"delimiter": "ab"}, "delimiter must be one character"),
        ({"delimiter": '"'}, "the same character"),
        ({"delimiter": "\n"}, "cannot be the end of a line"),
        ({"quote": "''"}, "quote must be one character"),
        ({"columns": {"a": "b"}}, 'the columns "a" and "b" would both become "b"'),
        ({"columns": {"a": "", "b": ""}}, "every column is left out"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(read, options, words):
    with pytest.raises(ReadError) as error:
        read("a,b\n1,2\n", options=ReadOptions(**options))
    assert words in str(error.value)


def test_a_separator_line_of_a_spreadsheet_is_followed_and_skipped(read):
    assert read("sep=|\na|b,c\n1|2\n") == [{"a": 1, "b,c": 2}]


def test_rows_that_are_too_long_can_be_passed_over(read):
    bad: list[BadRow] = []
    content = "a,b\n1,2\n3,4,5\n6,7\n8,9,10,11\n"
    assert read(content, on_bad_row=bad.append) == [{"a": 1, "b": 2}, {"a": 6, "b": 7}]
    assert [(each.row, each.error, json.loads(each.item)) for each in bad] == [
        (3, "expected 2 fields, saw 3", {"a": "3", "b": "4", "": ["5"]}),
        (5, "expected 2 fields, saw 4", {"a": "8", "b": "9", "": ["10", "11"]}),
    ]


def test_the_types_are_those_of_all_rows_however_many(read):
    rows = [str(number) for number in range(5000)]
    assert read("n\n" + "\n".join(rows) + "\n")[4999] == {"n": 4999}
    assert read("n\n" + "\n".join(rows) + "\nx\n")[4999] == {"n": "4999"}
    assert read("n\n" + "\n".join(rows) + "\n0.5\n")[4999:] == [{"n": 4999}, {"n": 0.5}]


def test_content_decides_where_the_name_does_not():
    assert find("noext", b'[{"a": 1}]').name == "JSON"
    assert find("page", b"<!DOCTYPE html><p>").name == "HTML"
    assert find("a.csv", b'[{"a": 1}]').name == "CSV"


def test_a_preview_shows_the_beginning_and_what_was_found_out(tmp_path):
    path = tmp_path / "t"
    path.write_text("id;text;n\n007;x;1\n008;y;\n")
    shown = preview(Source(path, "t.csv"), limit=1)
    assert shown.options == ReadOptions("CSV", "utf-8", ";", '"', True)
    assert shown.columns == ["id", "text", "n"] and shown.rows == [{"id": "007", "text": "x", "n": 1}]
    assert shown.types == {"id": "string", "text": "string", "n": "number"}
    path.write_text('{"a": [1], "b": null}\n{"a": [], "b": "x"}\n')
    shown = preview(Source(path, "t.json", options=ReadOptions(columns={"a": "text"})))
    assert shown.options.format == "JSONL" and shown.columns == ["a", "b"]
    assert shown.types == {"a": "list", "b": "string"}
    assert shown.rows == [{"text": [1], "b": None}, {"text": [], "b": "x"}]


def test_rows_with_a_nul_character_can_be_passed_over(read):
    bad: list[BadRow] = []
    assert read("a,b\n1,2\n3,\x00\n", on_bad_row=bad.append) == [{"a": 1, "b": 2}]
    assert [(each.row, each.column, json.loads(each.item)) for each in bad] == [
        (3, "b", {"a": "3", "b": "\x00", "": []})
    ]
    assert read("one\n\x00\n", "t.txt", on_bad_row=bad.append) == [{"$undefined$": "one"}]
    assert (bad[1].row, json.loads(bad[1].item)) == (2, {"$undefined$": "\x00"})


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("one\n\x00\n", "t.txt", "line 2: a NUL character"),
        ("<p>\n\n\x00", "t.html", "line 3: a NUL character"),
        ('a,"b\x00"\n', "t.csv", "column 2 has a NUL"),
    ],
)
def test_a_nul_character_is_named(refusal, content, name, words):
    assert words in refusal(content, name)


def test_lines_and_texts_have_a_limit(refusal, monkeypatch):
    monkeypatch.setattr("labelyard.formats.readers.text.MAX_TEXT", 10)
    assert "line 2: a line with more than 10 characters" in refusal("x\n" + "y" * 11 + "\n", "t.txt")
    assert "more than 10 characters" in refusal("y" * 11, "t.html")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_json_in_another_encoding_is_read_when_that_is_told(read, refusal, encoding):
    options = ReadOptions() if encoding == "utf-16" else ReadOptions(encoding=encoding)
    assert read('[{"a": "é"}]'.encode(encoding), "t.json", options=options) == [{"a": "é"}]
    assert read('{"a": "é"}\n{"a": 1}\n'.encode(encoding), "t.jsonl", options=options) == [
        {"a": "é"},
        {"a": 1},
    ]
    assert "the text is not UTF-16" in refusal('[{"a": "é"}]'.encode("utf-16")[:-1], "t.json")


@pytest.mark.parametrize("name", ["noext", "data.log", "part-00000"])
def test_a_table_without_a_known_name_is_seen(name):
    assert find(name, b"a;b\n1;2\n3;4").name == "CSV"
    for other in (b"a b\n1 2\n", b"a,b\n", b"a,b\n1\n", b"a,b\n\x00,1\n", b"\xff\xfea,b\n1,2\n"):
        with pytest.raises(ReadError, match="extension is not supported"):
            find(name, other)


def test_single_quotes_are_seen_where_only_they_make_a_table(read):
    assert read("a,b\n'x, y',1\nz,2\n") == [{"a": "x, y", "b": 1}, {"a": "z", "b": 2}]
    assert read("a,b\n'tis,1\n") == [{"a": "'tis", "b": 1}]
    assert read("a,b\n1,'x'\n") == [{"a": 1, "b": "'x'"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,a\n2,b\n", "The first row looks like data"),
        ("a b|c;d\nx\n", "There is one column only"),
        ("a\n" + "1\n" * 600_000, "a later row may make a column text"),
        ("a\n" + "x" * 3000 + "\n", "Long values are cut here"),
    ],
)
def test_a_preview_says_what_a_person_should_know(tmp_path, content, words):
    path = tmp_path / "t.csv"
    path.write_text(content)
    assert any(
        words in note for note in preview(Source(path, "t.csv", options=ReadOptions(delimiter=","))).notes
    )


def test_a_preview_tells_of_annotations_and_predictions(tmp_path):
    path = tmp_path / "t"
    tasks = [
        {"data": {"a": 1}, "annotations": [{"result": []}], "predictions": [{"result": []}]},
        {"data": {"a": 2}, "annotations": [{"result": []}], "predictions": []},
        {"a": 3, "annotations": "a key like any other"},
    ]
    path.write_text(json.dumps(tasks))
    shown = preview(Source(path, "t.json"))
    assert shown.notes == [
        "Of the first 3 tasks 2 with annotations and 1 with predictions; they are imported too."
    ]
    path.write_text(json.dumps(tasks[2:]))
    assert preview(Source(path, "t.json")).notes == []
