"""JSON: the tasks with their untouched results. The format that keeps everything, compatible with Label Studio 1.x."""

from collections.abc import Sequence

import msgspec

from labelyard.formats.writers.model import ExportTask


class JsonWriter:
    needs_scan = False

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._first = True

    def scan(self, tasks: Sequence[ExportTask]) -> None:
        """Nothing has to be known beforehand."""

    def begin(self) -> bytes:
        return b"["

    def batch(self, tasks: Sequence[ExportTask]) -> bytes:
        text = self._encode(tasks)[1:-1]
        if not text:
            return b""
        comma = b"" if self._first else b","
        self._first = False
        return comma + text

    def end(self) -> bytes:
        return b"]"
