"""Rows that are passed over without being parsed change neither types nor errors."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labelyard.formats.readers import idle_rows as module
from labelyard.formats.readers import rows as rows_module
from labelyard.formats.readers.base import ReadError, ReadOptions, Source
from labelyard.formats.readers.column_types import ColumnTypes
from labelyard.formats.readers.idle_rows import idle_rows
from labelyard.formats.readers.rows import Skim, batches_of
from labelyard.formats.readers.tables import Table, read_csv

NUMBERS = ["0", "7", "-12", "007", "+1", "-0", "1_0", "٣", "9" * 15, "9" * 16, "1e5", "nan"]
FLOATS = [
    "0.5",
    "-0.0",
    "1.50",
    "0.00001",
    "0.0001",
    "12345678.1234567",
    "123456789.12345678",
    ".5",
    "5.",
    "1.0",
]
WORDS = [
    "",
    "",
    "True",
    "False",
    "true",
    "a b",
    "é",
    "x,y",
    "it's",
    'say "hi"',
    "two\nlines",
    "cr\r\nlf",
    "\r",
    "\0",
]
CELLS = st.one_of(*map(st.sampled_from, (NUMBERS[:3], NUMBERS, FLOATS[:2], FLOATS, WORDS)))
MESS = st.sampled_from(['1"2', '"1"2', ' "1"', '"open', "", "1,2,3,4", '""', '"""q"""', "\r"])


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def written(cell, style):
    """The cell in CSV: quoted always, or where it must be."""
    if style or any(sign in cell for sign in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def tables(draw):
    """Text of a table whose rows are mostly alike, and its options."""
    width = draw(st.integers(1, 3))
    usual = [draw(CELLS) for _ in range(width)]
    style = [draw(st.booleans()) for _ in range(width)]
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    lines = [",".join(f"c{n}" for n in range(width))]
    for _ in range(draw(st.integers(0, 30))):
        row = list(usual)
        if draw(st.integers(0, 4)) == 0:
            row[draw(st.integers(0, width - 1))] = draw(CELLS)
        lines.append(",".join(map(written, row, style)))
        if draw(st.integers(0, 12)) == 0:
            lines.append(draw(MESS))
    return end.join(lines) + draw(st.sampled_from(["", end]))


def outcome(path, options):
    """Items with their lines, rows that are broken, and the error at the end."""
    bad: list[tuple[int, str]] = []
    items: list[tuple[int, object]] = []
    source = Source(path, "t.csv", options=options, on_bad_row=lambda row: bad.append((row.row, row.error)))
    try:
        items.extend(read_csv(source))
    except ReadError as error:
        return items, bad, str(error)
    return items, bad, None


@settings(max_examples=150, deadline=None)
@example("c0,c1\n" + '"a",1\n' * 20 + '"b",x\n')
@example("c0\n" + "1\n" * 20 + "\n\n1.5\n" + "2\n" * 9 + '"open\n')
@example("c0,c1\n" + '1,"a\nb"\n' * 20 + "1,2,3\n" + "01,a\n")
@given(tables())
def test_a_table_is_read_as_if_every_row_were_parsed(directory, text):
    path = directory / "t.csv"
    path.write_bytes(text.encode())
    options = ReadOptions(delimiter=",", quote='"')
    for size in (1, 40, 1 << 15):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rows_module, "_BLOCK", size)
            found = outcome(path, options)
            patch.setattr(module, "_MOST_COLUMNS", 0)
            assert found == outcome(path, options)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6),
    st.lists(CELLS, min_size=2, max_size=2),
)
def test_a_row_that_is_passed_over_would_have_changed_nothing(seen, row):
    types = ColumnTypes(2, "lossless")
    types.see(list(zip(*seen, strict=True)))
    skim = idle_rows(types.idle_cells() or [], ",", '"')
    assert skim is not None
    for style in (False, True):
        text = ",".join(written(cell, style) for cell in row) + "\n"
        if not skim(text):
            continue
        assert skim(text) == len(text)
        assert list(csv.reader(io.StringIO(text, newline=""))) == [row]
        before = types.converts()
        types.see([(cell,) for cell in row])
        assert types.converts() == before


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_what_is_new_is_parsed(tmp_path, end):
    usual = ['"a, ""quoted"" text",12,-1.5,True'] * 50
    lines = ["text,id,score,flag", *usual, '"x","",2,False', *usual, '"two\nlines",13,0.25,True', *usual]
    path = tmp_path / "t.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    table = Table(Source(path, "t.csv"), ",")
    types = ColumnTypes(4, "lossless")
    skim: Skim | None = None
    found: list[list[str]] = []

    def skimmed(text):
        return skim(text) if skim else 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "_BLOCK", 100)
        for batch in table.batches(skimmed):
            types.see(batch.columns())
            skim = idle_rows(types.idle_cells() or [], ",", '"')
            found += batch.rows
    assert ["x", "", "2", "False"] in found
    assert "True" in {row[3] for row in found}
    assert len(found) < 30 < len(usual)


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_rows_that_are_not_taken_away_are_parsed(quote):
    text = "a,1\n" * 10 + "b,2,3\n" + "a,1\r\n" * 10 + "c\n"
    usual = idle_rows(["a", "1"], ",", quote)
    batches = list(batches_of(io.StringIO(text, newline=""), ",", quote, skim=usual))
    rows = [row for batch in batches for row in batch.rows]
    assert rows == [["b", "2", "3"], *[["a", "1"]] * 10, ["c"]]


def test_an_open_quote_is_named_by_its_line_behind_rows_that_were_passed_over(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("t,n\n" + "a,1\n" * 20_000 + 'a,"1\n')
    with pytest.raises(ReadError, match="line 20002: a quote"):
        list(read_csv(Source(path, "t.csv")))
