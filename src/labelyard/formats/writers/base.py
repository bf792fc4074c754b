"""What every writer of exported files has in common."""

from collections.abc import Sequence
from typing import Protocol

from labelyard.formats.writers.model import ExportTask


class Writer(Protocol):
    """Writes annotated tasks, batch after batch, in constant memory.

    A writer with `needs_scan` is shown every batch twice: first all of them through `scan`, then through `batch`.
    """

    needs_scan: bool

    def scan(self, tasks: Sequence[ExportTask]) -> None: ...

    def begin(self) -> bytes: ...

    def batch(self, tasks: Sequence[ExportTask]) -> bytes: ...

    def end(self) -> bytes: ...
