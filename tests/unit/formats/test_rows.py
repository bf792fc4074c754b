"""Rows read in batches are those that csv.reader reads one by one, however the blocks of text fall."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labelyard.formats.readers import rows as module
from labelyard.formats.readers.base import ReadError
from labelyard.formats.readers.rows import batches_of

BLOCKS = [1, 2, 3, 7, 64]


def one_by_one(text, quote):
    """(line, cells) of every row, and the line of a row that is never closed."""
    lines = io.StringIO(text, newline="")
    ended: list[bool] = []

    def all_lines():
        yield from lines
        ended.append(True)

    if quote:
        reader = csv.reader(all_lines(), quotechar=quote)
    else:
        reader = csv.reader(all_lines(), quoting=csv.QUOTE_NONE)
    found: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        row = next(reader, None)
        if row is None:
            return found, None
        if ended:
            return found, line
        found.append((line, row))


def in_batches(text, quote):
    found: list[tuple[int, list[str]]] = []
    try:
        for batch in batches_of(io.StringIO(text, newline=""), ",", quote):
            found += zip(batch.lines, batch.rows, strict=True)
    except ReadError as error:
        return found, str(error)
    return found, None


@pytest.fixture(params=BLOCKS)
def block(request, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", request.param)
    return request.param


TEXTS = st.lists(
    st.sampled_from(
        ["a", "b c", ",", ",", '"', '"', '""', "'", "\n", "\r\n", "\r", "\n\n", "é", "\u2028", "\x0c"]
    )
).map("".join)


@settings(max_examples=300, deadline=None)
@example('a,"b\nc\n\nd",e\n\n"f"\n')
@example('"\n\n\n",\n\n"\n"')
@example("a\r")
@example('a,"open\n\nb\n')
@given(TEXTS)
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_batches_are_the_rows_of_csv_reader(quote, text):
    rows, open_line = one_by_one(text, quote)
    for size in BLOCKS:
        before, module._BLOCK = module._BLOCK, size
        try:
            found, error = in_batches(text, quote)
        finally:
            module._BLOCK = before
        if open_line is None:
            assert (found, error) == (rows, None)
        else:
            assert found == rows[: len(found)]
            assert error == f"line {open_line}: a quote ({quote}) that begins here is never closed"


def test_a_batch_is_no_larger_than_it_must_be(block):
    text = "".join(f'"{n}\n{n}",x\n' for n in range(2_000))
    batches = list(batches_of(io.StringIO(text, newline=""), ",", '"'))
    assert max(sum(len(cell) for row in batch.rows for cell in row) for batch in batches) <= block + 40


def test_a_row_without_an_end_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROW", 1 << 16)
    monkeypatch.setattr(module, "_BLOCK", 1 << 10)
    text = io.StringIO('a,b\n1,2\n3,"' + "x\n" * 1_000_000, newline="")
    with pytest.raises(ReadError, match="line 3: a row with more than 65536 characters"):
        list(batches_of(text, ",", '"'))
    assert text.tell() < 1 << 18
