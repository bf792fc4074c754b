"""CSV and TSV: one row per annotation, the columns sorted by name (compatible with Label Studio 1.x).

Texts are quoted, numbers and booleans stand bare, nothing is an empty text; rows end with CRLF. Where a data key has
the name of a control that answered somewhere in the export, the data goes to `_data_<key>`.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

import msgspec

from labelyard.formats.writers.model import ExportTask
from labelyard.formats.writers.records import (
    CHAT_TYPE,
    Answers,
    Controls,
    Entry,
    answers_of,
    data_of,
    entries_of,
    has_chat,
    short_answers_of,
    transcript,
)
from labelyard.label.tree import LabelConfig

_FIXED = frozenset({"annotation_id", "annotator", "created_at", "id", "lead_time", "updated_at"})
# Programs that open tables run cells that begin so as formulas.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE, _QUOTES = '"', '""'
_NOTHING = '""'

_encode = msgspec.json.Encoder().encode
Json = dict[str, Any]
_Scanned = tuple[Sequence[Entry], list[Json], list[Json]]


class TableWriter:
    """`safe_formulas`: put an apostrophe before texts that a spreadsheet would run."""

    needs_scan = True

    def __init__(self, config: LabelConfig, separator: str, *, safe_formulas: bool = False) -> None:
        self._controls = Controls(config)
        self._separator = separator
        self._safe = safe_formulas
        self._data_keys: set[str] = set()
        self._answered: set[str] = set()
        self._transcripts: set[str] = set()
        self._columns: list[str] = []
        self._pick: Callable[[Json], tuple[Any, ...]] = itemgetter(*_FIXED)
        self._scanned: _Scanned | None = None

    def scan(self, tasks: Sequence[ExportTask]) -> None:
        self.scan_entries(list(entries_of(tasks)))

    def scan_entries(self, entries: Sequence[Entry]) -> None:
        if has_chat(entries):
            self._transcripts.update(
                name
                for each in answers_of(entries, self._controls)
                for name, regions in each.items()
                if regions[-1][0] == CHAT_TYPE
            )
        data, answers = self._parsed(entries)
        self._scanned = entries, data, answers
        self._data_keys.update(*data)
        self._answered.update(*answers)

    def _parsed(self, entries: Sequence[Entry]) -> tuple[list[Json], list[Json]]:
        return data_of(entries, Any), short_answers_of(entries, self._controls)

    def begin(self) -> bytes:
        data = {self._data_column(key) for key in self._data_keys}
        transcripts = {f"{name}_transcript" for name in self._transcripts}
        self._columns = sorted(_FIXED | data | self._answered | transcripts)
        self._pick = itemgetter(*self._columns)
        return self._line([_quoted(name) for name in self._columns]).encode()

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        return self.entries(list(entries_of(tasks)))

    def entries(self, entries: Sequence[Entry]) -> bytes:
        # What is written was mostly scanned just before, and is not read twice.
        scanned, self._scanned = self._scanned, None
        if scanned is not None and scanned[0] is entries:
            _, data, answers = scanned
        else:
            data, answers = self._parsed(entries)
        cell, join, safe = self._cell, self._separator.join, self._safe
        # Most cells are plain texts and numbers, which a call each would make twice as dear.
        return "".join(
            [
                join([
                    f'"{value}"' if type(value) is str and _QUOTE not in value and not safe
                    else repr(value) if type(value) is int
                    else cell(value)
                    for value in values
                ]) + "\r\n"
                for values in self._rows(entries, data, answers)
            ]
        ).encode()  # fmt: skip

    def end(self) -> bytes:
        return b""

    def _data_column(self, key: str) -> str:
        return f"_data_{key}" if key in self._answered else key

    def _rows(
        self, entries: Sequence[Entry], all_data: list[Json], all_answers: list[Json]
    ) -> Iterator[Sequence[Any]]:
        """The values of each row in the order of the columns. Takes the data over."""
        pick = self._pick
        renamed = not self._answered.isdisjoint(self._data_keys)
        talks = answers_of(entries, self._controls) if self._transcripts else repeat(None)
        for entry, row, answers, talk in zip(entries, all_data, all_answers, talks, strict=False):
            if renamed:
                row = {self._data_column(key): value for key, value in row.items()}
            # Data, id, answers, who and when; a later one of the same name wins.
            row["id"], _, _, annotator, annotation_id, created_at, updated_at, lead_time = entry
            row.update(answers)
            row["annotator"] = None if annotator is None else str(annotator)
            row["annotation_id"] = annotation_id
            row["created_at"] = created_at
            row["updated_at"] = updated_at
            row["lead_time"] = lead_time
            if talk is not None:
                row.update(self._talks(talk))
            try:
                yield pick(row)
            except KeyError:  # not everything that there is somewhere
                yield [row.get(name) for name in self._columns]

    def _talks(self, answers: Answers) -> Json:
        return {
            f"{name}_transcript": transcript(regions)
            for name, regions in answers.items()
            if name in self._transcripts
        }

    def _cell(self, value: Any) -> str:
        if type(value) is str:
            if self._safe and value.startswith(_FORMULA):
                value = f"'{value}"
            return f'"{value.replace(_QUOTE, _QUOTES)}"' if _QUOTE in value else f'"{value}"'
        if value is None:
            return _NOTHING
        if isinstance(value, list | dict):
            return _quoted(_encode(value).decode().replace("/", "\\/"))
        return repr(value)

    def _line(self, cells: Sequence[str]) -> str:
        return f"{self._separator.join(cells)}\r\n"


def _quoted(text: str) -> str:
    return f'"{text.replace(_QUOTE, _QUOTES)}"'
