"""How the tasks of an export are divided into batches: by how much there is on them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from labelyard.exports.queries import Rows
from labelyard.kit.batches import next_size
from labelyard.kit.db.database import Database

CHARACTERS = 2_000_000  # of data and results in a batch, about
FIRST = 100  # tasks; how large they are is known after the first batch
# Places in a task and in an annotation.
_INNER_ID, _DATA = 1, 2
_RESULT = 3


class Batch(Protocol):
    """Rows of tasks begin with (id, inner id, data), rows of annotations with four columns whose
    fourth is the result.

    history: by annotation id, texts of its events; None: not read.
    """

    @property
    def tasks(self) -> Rows: ...
    @property
    def annotations(self) -> Rows: ...
    @property
    def history(self) -> Mapping[int, list[str]] | None: ...


AnyBatch = TypeVar("AnyBatch", bound=Batch)


def in_batches(
    db: Database,
    ids: Sequence[int] | None,
    most: int,
    read: Callable[[Connection, Sequence[int] | None, int, int], AnyBatch],
) -> Iterator[AnyBatch]:
    """What `read(conn, ids, after, size)` gives for one batch after the other, each in a snapshot of its own.

    A batch has up to `most` tasks, fewer where they are large. `ids`: of the tasks; None: those with an inner id above
    `after`, in order, as long as there are any.
    """
    size, place = min(FIRST, most), 0  # the last inner id, or how many of the ids are done
    while ids is None or place < len(ids):
        some = None if ids is None else ids[place : place + size]
        batch = db.read_sync(read, some, place, size)
        if ids is not None:
            place += size
        elif batch.tasks:
            place = batch.tasks[-1][_INNER_ID]
        else:
            return
        size = _next_size(size, most, batch)
        yield batch


def _next_size(size: int, most: int, batch: Batch) -> int:
    weight = sum([len(row[_DATA]) for row in batch.tasks])
    weight += sum([len(row[_RESULT] or "") for row in batch.annotations])
    weight += sum([len(each) for events in (batch.history or {}).values() for each in events])
    return next_size(size, most, len(batch.tasks), weight, CHARACTERS)
