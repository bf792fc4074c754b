"""Stores the tasks of a 0.x project with what is on them, a batch at a time.

What has no place in our tables is in `legacy` of a task's meta, the id that a task had to give up among it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.annotations.service import NewAnnotation
from labelyard.kit.db.columns import listed
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.takeover.legacy.numbering import Numbering
from labelyard.takeover.legacy.reading import Found, Reader
from labelyard.takeover.legacy.records import Completion, TaskRecord, renumbered
from labelyard.takeover.model import ProjectCounts
from labelyard.tasks import service as tasks
from labelyard.tasks.making import data_keys
from labelyard.tasks.service import NewTasks

EXTRA = "legacy"  # key of a task's meta
_BATCH = 1_000  # tasks
_BATCH_CHARACTERS = 4_000_000  # of data and results, about


class _Task(NamedTuple):
    id: int
    record: TaskRecord
    annotations: list[NewAnnotation]


@dataclass(frozen=True, slots=True)
class Storing:
    """`user_id` made everything; `time` (in microseconds) is that of what has none; `stored` is called after each batch."""

    project: Row[Any]
    user_id: int
    time: int
    numbering: Numbering
    counts: ProjectCounts
    stored: Callable[[], None]

    def run(self, conn: Connection, reader: Reader) -> None:
        for batch in _batches(self._task(each) for each in reader):
            self._store(conn, batch)
            self.stored()
        if self.counts.tasks:
            projects.take_inner_ids(conn, self.project.id, self.counts.tasks)

    def _task(self, found: Found) -> _Task:
        place, record = found.place, found.record
        if not (place.id and place.first):
            record.extra["id"] = place.id
        made = [self._annotation(each, record) for each in found.completions]
        return _Task(self.numbering.task(place), record, made)

    def _annotation(self, made: Completion, record: TaskRecord) -> NewAnnotation:
        new_id = self.numbering.annotation(made.id)
        if made.extra:
            record.extra.setdefault("completions", {})[str(new_id)] = made.extra
        new = renumbered(made, new_id)
        new.completed_by = new.updated_by = self.user_id
        if new.created_at is None:
            new.created_at = new.updated_at = self.time
        return new

    def _store(self, conn: Connection, batch: Sequence[_Task]) -> None:
        counts = self.counts
        made = [(place, each) for place, task in enumerate(batch) for each in task.annotations]
        guesses = [(place, each) for place, task in enumerate(batch) for each in task.record.predictions]
        created = [
            min([self.time, *(each.created_at or self.time for each in task.annotations)]) for task in batch
        ]
        new = NewTasks(
            Counter(key for task in batch for key in data_keys(task.record.data)),
            listed([task.record.data.encode() for task in batch]),
            [_meta(task.record) for task in batch],
            annotations=annotations.in_columns(made),
            predictions=predictions.in_columns(guesses),
            id=[task.id for task in batch],
            inner_id=list(range(counts.tasks + 1, counts.tasks + 1 + len(batch))),
            created_at=created,
            updated_at=created,
        )
        tasks.insert(conn, self.project, self.user_id, new)
        counts.tasks += len(batch)
        counts.annotations += len(made)
        counts.skipped += sum(each.was_cancelled for _, each in made)
        counts.predictions += len(guesses)


def _batches(given: Iterator[_Task]) -> Iterator[list[_Task]]:
    batch: list[_Task] = []
    size = 0
    for each in given:
        batch.append(each)
        size += len(each.record.data) + sum(len(made.result) for made in each.annotations)
        if len(batch) == _BATCH or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _meta(record: TaskRecord) -> str:
    meta: dict[str, Any] = dict(record.meta)
    if record.extra:
        meta[EXTRA] = record.extra
    return msgspec.json.encode(meta).decode()
