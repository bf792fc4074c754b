"""What every writer of exported files has in common."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from labelyard.formats.writers.model import ExportTask, StoredTasks


class Writer(Protocol):
    """Writes annotated tasks, batch after batch, in constant memory.

    A writer with `needs_scan` is shown every batch twice: first all of them through `scan`, then through `batch`.
    """

    needs_scan: bool

    def scan(self, tasks: Sequence[ExportTask]) -> None: ...

    def begin(self) -> bytes: ...

    def batch(self, tasks: Sequence[ExportTask]) -> bytes: ...

    def end(self) -> bytes: ...


@runtime_checkable
class StoredWriter(Protocol):
    """Writes batches as the store has them; for a format that passes on what is stored."""

    def begin(self) -> bytes: ...

    def stored(self, batch: StoredTasks) -> bytes: ...

    def end(self) -> bytes: ...
