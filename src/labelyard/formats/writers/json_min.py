"""JSON_MIN: task data, answers and who gave them, without the rest of a result."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from labelyard.formats.writers.model import ExportTask
from labelyard.formats.writers.records import Controls, Record, prettified, records_of
from labelyard.label.tree import LabelConfig

_fields = msgspec.json.Decoder(dict[str, Raw]).decode


class JsonMinWriter:
    needs_scan = False

    def __init__(self, config: LabelConfig) -> None:
        self._controls = Controls(config)
        self._encode = msgspec.json.Encoder().encode
        self._first = True

    def scan(self, tasks: Sequence[ExportTask]) -> None:
        """Nothing has to be known beforehand."""

    def begin(self) -> bytes:
        return b"["

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        parts = []
        for task in tasks:
            for record in records_of(task, self._controls):
                parts.append(b"\n" if self._first else b",\n")
                parts.append(msgspec.json.format(self._encode(self._record(record)), indent=2))
                self._first = False
        return b"".join(parts)

    def end(self) -> bytes:
        return b"]" if self._first else b"\n]"

    def _record(self, record: Record) -> dict[str, Any]:
        """Data, id, answers, facts; a later one of the same name wins."""
        made: dict[str, Any] = dict(_fields(record.task.data))
        made["id"] = record.task.id
        for name, regions in record.answers.items():
            made[name] = prettified(regions)
        made |= record.facts()
        return made
