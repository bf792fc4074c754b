"""The rows of CSV text, a batch at a time.

The loops over lines and rows are those of the csv module and itertools: a table of a million rows is parsed in about
the time that csv.reader alone needs. Memory is that of a block of text, or of the longest row.
"""

import csv
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain, takewhile
from typing import Any, TextIO

from labelyard.formats.readers.base import ReadError

# Characters of a row, and so of a cell: the table module needs up to eight bytes for each.
MAX_ROW = 16 * 1024 * 1024
_BLOCK = 1 << 15  # characters that are read at once; with many more, rows leave the processor's cache

# The module's own limit (128 KiB) is one for the whole process and refuses documents that people do import.
csv.field_size_limit(MAX_ROW)

_LINE_END = re.compile(r"\r\n|\r|\n")

# How many characters at the beginning of a text, where a row begins, are rows that nobody needs.
Skim = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that follow each other, blank ones as empty lists, and the lines they begin on.

    `may_have_nul`: a NUL character was seen up to here.
    """

    lines: range | list[int]
    rows: list[list[str]]
    may_have_nul: bool = False


def batches_of(
    file: TextIO, separator: str, quote: str, skip_lines: int = 0, skim: Skim | None = None
) -> Iterator[Rows]:
    """The rows of `file`, opened without translation of line ends; an empty `quote` means none.

    `skim` takes rows away before they are parsed. Their lines are not counted, because counting would cost as much as
    finding them: what is said of lines is true only as long as nothing was taken.
    ReadError with the line where rows cannot be told apart; UnicodeError of the file.
    """
    feed = _Feed(file, skim)
    lines = feed.lines()
    for _ in range(skip_lines):
        next(lines)
    if quote:
        reader = csv.reader(lines, delimiter=separator, quotechar=quote)
    else:
        reader = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    line = 1 + skip_lines
    while not feed.is_done:
        rows: list[list[str]] = []
        try:
            _take_batch(feed, reader, rows)
        except (csv.Error, ReadError) as error:
            raise ReadError(f"line {line + sum(map(_lines_of, rows))}: {error}") from None
        if feed.is_cut:
            line += sum(map(_lines_of, rows[:-1]))
            raise ReadError(f"line {line}: a quote ({quote}) that begins here is never closed")
        starts = _starts(line, rows, feed.lines_of_batch(reader.line_num))
        if rows:
            yield Rows(starts, rows, feed.has_nul)
            line = starts[-1] + _lines_of(rows[-1])


def _take_batch(feed: "_Feed", reader: Any, rows: list[list[str]]) -> None:
    """Add rows up to the end of a block, or of the row that goes beyond it."""
    while True:
        # What was added stays in the list when the reader raises.
        rows.extend(takewhile(bool, reader))
        if feed.take_mark():
            return
        rows.append([])  # a blank line


def _starts(line: int, rows: list[list[str]], lines: int) -> range | list[int]:
    """The lines on which rows begin, the first on `line`, when they fill `lines` together."""
    if len(rows) == lines:
        return range(line, line + lines)
    starts = []
    for row in rows:
        starts.append(line)
        line += _lines_of(row)
    return starts


def _lines_of(row: list[str]) -> int:
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in row if "\n" in cell or "\r" in cell)


class _Feed:
    """Gives csv.reader its lines, and marks where a batch can end.

    The mark is an empty line, which is no line of a file: between rows the reader makes an empty row of it, inside a
    quoted cell nothing. So a batch ends at the first mark that made a row, and after a block whose last row goes on
    there is a mark after every line. What is skimmed off stands before the first row of a batch.
    """

    def __init__(self, file: TextIO, skim: Skim | None = None) -> None:
        self.is_done = False  # all text was given
        self.is_cut = False  # the text ended inside a row
        self.has_nul = False  # a NUL character was among the text so far
        self._file = file
        self._skim = skim
        self._marks = 0
        self._given = 0  # lines and marks up to the last batch
        self._marked = False  # a mark was given and has made no row yet
        self._blocks = 0
        self._row_began = 0

    def take_mark(self) -> bool:
        """Whether the empty row that just came was made by a mark."""
        marked, self._marked = self._marked, False
        self._row_began = self._blocks
        return marked or self.is_done

    def lines_of_batch(self, given: int) -> int:
        """Lines since the last call, when the reader took `given` lines and marks in all."""
        given -= self._marks
        lines, self._given = given - self._given, given
        return lines

    def lines(self) -> Iterator[str]:
        return chain.from_iterable(self._pieces())

    def _pieces(self) -> Iterator[Iterable[str]]:
        inside = False
        for block in self._texts():
            left = block if inside else self._skim_off(block)
            lines = StringIO(left, newline="")
            while inside and (line := next(lines, "")):
                yield (line,)
                inside = yield from self._mark()
                if not inside and self._skim is not None:
                    left = self._skim_off(lines.read())
                    lines = StringIO(left, newline="")
            if left:
                yield lines
                inside = yield from self._mark()
        self.is_done = True
        self.is_cut = inside

    def _skim_off(self, text: str) -> str:
        """What is left of a text that begins with a row."""
        size = self._skim(text) if self._skim is not None else 0
        if not size:
            return text
        self._row_began = self._blocks
        return text[size:]

    def _mark(self) -> Generator[Iterable[str], None, bool]:
        """Give a mark; whether it fell into a row."""
        self._marked = True
        self._marks += 1
        yield ("",)
        inside, self._marked = self._marked, False
        return inside

    def _texts(self) -> Iterator[str]:
        """The text in pieces that end where a line ends."""
        parts: list[str] = []
        while text := self._file.read(_BLOCK):
            self._blocks += 1
            self.has_nul |= "\0" in text
            if (self._blocks - self._row_began) * _BLOCK > MAX_ROW:
                raise ReadError(f"a row with more than {MAX_ROW} characters, or a quote that is never closed")
            # A carriage return at the very end may be half of a line end.
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            if cut:
                yield "".join([*parts, text[:cut]])
                parts = []
            parts.append(text[cut:])
        yield "".join(parts)
