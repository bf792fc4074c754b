"""JSON_MIN: task data, answers and who gave them, without the rest of a result."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from labelyard.formats.writers.model import ExportTask
from labelyard.formats.writers.records import Controls, Entry, data_of, entries_of, short_answers_of
from labelyard.label.tree import LabelConfig


class JsonMinWriter:
    needs_scan = False

    def __init__(self, config: LabelConfig) -> None:
        self._controls = Controls(config)
        self._encode = msgspec.json.Encoder().encode
        self._first = True

    def scan(self, tasks: Sequence[ExportTask]) -> None:
        """Nothing has to be known beforehand."""

    def scan_entries(self, entries: Sequence[Entry]) -> None:
        """Nothing has to be known beforehand."""

    def begin(self) -> bytes:
        return b"["

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        return self.entries(list(entries_of(tasks)))

    def entries(self, entries: Sequence[Entry]) -> bytes:
        encode, pretty = self._encode, msgspec.json.format
        made: list[bytes] = []
        all_answers = short_answers_of(entries, self._controls)
        for entry, record, answers in zip(entries, data_of(entries, Raw), all_answers, strict=True):
            # Data, id, answers, who and when; a later one of the same name wins.
            record["id"], _, _, annotator, annotation_id, created_at, updated_at, lead_time = entry
            record.update(answers)
            record["annotator"] = annotator
            record["annotation_id"] = annotation_id
            record["created_at"] = created_at
            record["updated_at"] = updated_at
            record["lead_time"] = lead_time
            made.append(pretty(encode(record), indent=2))
        if not made:
            return b""
        before = b"\n" if self._first else b",\n"
        self._first = False
        return before + b",\n".join(made)

    def end(self) -> bytes:
        return b"]" if self._first else b"\n]"
