"""CSV and TSV: one row per annotation, the columns sorted by name (compatible with Label Studio 1.x).

Texts are quoted, numbers and booleans stand bare, nothing is an empty text; rows end with CRLF. Where a data key has
the name of a control that answered somewhere in the export, the data goes to `_data_<key>`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from labelyard.formats.writers.model import ExportTask
from labelyard.formats.writers.records import CHAT_TYPE, Controls, Record, prettified, records_of, transcript
from labelyard.label.tree import LabelConfig

_FIXED = frozenset({"annotation_id", "annotator", "created_at", "id", "lead_time", "updated_at"})
# Programs that open tables run cells that begin so as formulas.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_values = msgspec.json.Decoder(dict[str, Any]).decode
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
        for task in tasks:
            seen = False
            for record in records_of(task, self._controls):
                seen = True
                for name, regions in record.answers.items():
                    self._answered.add(name)
                    if regions[-1][0] == CHAT_TYPE:
                        self._transcripts.add(name)
            if seen:
                self._data_keys.update(_keys(task.data))

    def begin(self) -> bytes:
        data = {self._data_column(key) for key in self._data_keys}
        transcripts = {f"{name}_transcript" for name in self._transcripts}
        self._columns = sorted(_FIXED | data | self._answered | transcripts)
        return self._line([_quoted(name) for name in self._columns])

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        return b"".join(self._row(record) for task in tasks for record in records_of(task, self._controls))

    def end(self) -> bytes:
        return b""

    def _data_column(self, key: str) -> str:
        return f"_data_{key}" if key in self._answered else key

    def _row(self, record: Record) -> bytes:
        row: dict[str, Any] = {
            self._data_column(key): value for key, value in _values(record.task.data).items()
        }
        row["id"] = record.task.id
        for name, regions in record.answers.items():
            row[name] = prettified(regions)
            if name in self._transcripts:
                row[f"{name}_transcript"] = transcript(regions)
        row |= record.facts()
        if row["annotator"] is not None:
            row["annotator"] = str(row["annotator"])
        return self._line([self._cell(row.get(name)) for name in self._columns])

    def _cell(self, value: Any) -> str:
        if isinstance(value, str):
            if self._safe and value.startswith(_FORMULA):
                value = f"'{value}"
            return _quoted(value)
        if value is None:
            return '""'
        if isinstance(value, list | dict):
            return _quoted(_encode(value).decode().replace("/", "\\/"))
        return repr(value)

    def _line(self, cells: list[str]) -> bytes:
        return f"{self._separator.join(cells)}\r\n".encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
