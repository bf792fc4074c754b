"""CSV and TSV: one row per annotation, the columns sorted by name (compatible with Label Studio 1.x).

Texts are quoted, numbers and booleans stand bare, nothing is an empty text; rows end with CRLF. Where a data key has
the name of a control that answered somewhere in the export, the data goes to `_data_<key>`.
"""

from collections.abc import Sequence
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
    prettified,
    transcript,
)
from labelyard.label.tree import LabelConfig

_FIXED = frozenset({"annotation_id", "annotator", "created_at", "id", "lead_time", "updated_at"})
# Programs that open tables run cells that begin so as formulas.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE, _QUOTES = '"', '""'

_encode = msgspec.json.Encoder().encode


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

    def scan(self, tasks: Sequence[ExportTask]) -> None:
        self.scan_entries(list(entries_of(tasks)))

    def scan_entries(self, entries: Sequence[Entry]) -> None:
        self._learn(data_of(entries, msgspec.Raw), answers_of(entries, self._controls))

    def _learn(self, data: Sequence[dict[str, Any]], answers: Sequence[Answers]) -> None:
        self._data_keys.update(*data)
        for each in answers:
            self._answered.update(each)
            for name, regions in each.items():
                if regions[-1][0] == CHAT_TYPE:
                    self._transcripts.add(name)

    def begin(self) -> bytes:
        data = {self._data_column(key) for key in self._data_keys}
        transcripts = {f"{name}_transcript" for name in self._transcripts}
        self._columns = sorted(_FIXED | data | self._answered | transcripts)
        return self._line([_quoted(name) for name in self._columns]).encode()

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        return self.entries(list(entries_of(tasks)))

    def entries(self, entries: Sequence[Entry]) -> bytes:
        data, answers = data_of(entries, Any), answers_of(entries, self._controls)
        lines = [self._line(row) for row in map(self._row, entries, data, answers)]
        return "".join(lines).encode()

    def end(self) -> bytes:
        return b""

    def _data_column(self, key: str) -> str:
        return f"_data_{key}" if key in self._answered else key

    def _row(self, entry: Entry, data: dict[str, Any], answers: Answers) -> list[str]:
        row = data if self._answered.isdisjoint(data) else {self._data_column(key): data[key] for key in data}
        row["id"] = entry.task_id
        for name, regions in answers.items():
            row[name] = prettified(regions)
            if name in self._transcripts:
                row[f"{name}_transcript"] = transcript(regions)
        facts = entry.facts
        row["annotator"] = None if facts.annotator is None else str(facts.annotator)
        row["annotation_id"] = facts.annotation_id
        row["created_at"] = facts.created_at
        row["updated_at"] = facts.updated_at
        row["lead_time"] = facts.lead_time
        cell, get = self._cell, row.get
        return [cell(get(name)) for name in self._columns]

    def _cell(self, value: Any) -> str:
        if type(value) is str:
            if self._safe and value.startswith(_FORMULA):
                value = f"'{value}"
            return f'"{value.replace(_QUOTE, _QUOTES)}"' if _QUOTE in value else f'"{value}"'
        if value is None:
            return '""'
        if isinstance(value, list | dict):
            return _quoted(_encode(value).decode().replace("/", "\\/"))
        return repr(value)

    def _line(self, cells: list[str]) -> str:
        return f"{self._separator.join(cells)}\r\n"


def _quoted(text: str) -> str:
    return f'"{text.replace(_QUOTE, _QUOTES)}"'
