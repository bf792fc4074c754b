"""From checked tasks to rows: all of them, or what a dedupe mode makes of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.dedupe import service as dedupe
from labelyard.dedupe.service import Spec
from labelyard.imports import queries
from labelyard.imports.model import Counts, Origin
from labelyard.imports.options import Mode, Options
from labelyard.imports.spool import Frame, Part
from labelyard.predictions import service as predictions
from labelyard.tasks import changing
from labelyard.tasks import service as tasks
from labelyard.tasks.changing import NewData
from labelyard.tasks.service import NewTask, NewTasks
from labelyard.webhooks import outbox


@dataclass(slots=True)
class Stored:
    """What became of the tasks of a frame."""

    ids: range = range(0)
    annotations: int = 0
    predictions: int = 0
    duplicates: int = 0
    updated: int = 0
    unmatched: int = 0
    ignored_annotations: int = 0

    def add_to(self, counts: Counts, *, nested: bool) -> None:
        """Add this to the counts of the import; `nested`: annotations and predictions too."""
        counts.task_count += len(self.ids)
        if self.ids:
            _extend(counts.task_ranges, self.ids[0], self.ids[-1])
        counts.rows_duplicate += self.duplicates
        counts.rows_updated += self.updated
        counts.rows_unmatched += self.unmatched
        if nested:
            counts.annotation_count += self.annotations
            counts.prediction_count += self.predictions
        if self.ignored_annotations:
            _note_ignored(counts, self.ignored_annotations)


_IGNORED = " annotations of known tasks were left out: what is on a task stays."


def _note_ignored(counts: Counts, number: int) -> None:
    for place, note in enumerate(counts.notes):
        if note.endswith(_IGNORED):
            counts.notes[place] = f"{int(note.split()[0]) + number}{_IGNORED}"
            return
    counts.notes = [*counts.notes, f"{number}{_IGNORED}"]


def _extend(ranges: list[tuple[int, int]], first: int, last: int) -> None:
    if ranges and ranges[-1][1] + 1 == first:
        ranges[-1] = (ranges[-1][0], last)
    else:
        ranges.append((first, last))


def store(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    import_id: int,
    origin: Origin,
    options: Options,
    frame: Frame,
    keys: Sequence[bytes],
) -> Stored:
    """Store the tasks of a frame; `keys` are theirs when the options ask for dedupe. `dedupe.Behind` as `dedupe.hold`."""
    upload_ids = {file.number: file.upload_id for file in origin.files}
    for part in frame.parts:
        for task in part.tasks:
            task.import_id = import_id
    made = [task for part in frame.parts for task in part.tasks]
    with _uploads_named(made, upload_ids), outbox.together(conn):
        if options.dedupe is not None:
            return _Deduped(conn, actor, project_row, import_id, options).store(frame.tasks, keys)
        stored = Stored()
        for part in frame.parts:
            ids = _insert(conn, actor, project_row, import_id, upload_ids, part)
            if not ids:
                continue
            stored.ids = range(stored.ids.start if stored.ids else ids[0], ids[-1] + 1)
            if options.skips:  # else all were counted when they were found good
                _count_nested(stored, part.tasks)
                _count_nested_block(stored, part.block)
        return stored


def _insert(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    import_id: int,
    upload_ids: Mapping[int | None, int | None],
    part: Part,
) -> Sequence[int]:
    """Insert the tasks of a part; their ids follow those of the part before, as nobody else can insert meanwhile."""
    if part.block is None:
        return tasks.insert_tasks(conn, project_row, actor.user_id, part.tasks, columns=part.columns)
    upload_id = upload_ids.get(part.number)
    return tasks.insert(
        conn, project_row, actor.user_id, part.block, import_id=import_id, file_upload_id=upload_id
    )


@contextmanager
def _uploads_named(made: Sequence[NewTask], upload_ids: Mapping[int | None, int | None]) -> Iterator[None]:
    """The tasks have the ids of their uploads instead of the numbers of the files, until they are stored.

    The numbers come back because the transaction may have to be tried again, and the uploads then get other ids.
    """
    if not upload_ids:
        yield
        return
    numbers = [task.file_upload_id for task in made]
    try:
        for task in made:
            task.file_upload_id = upload_ids.get(task.file_upload_id)
        yield
    finally:
        for task, number in zip(made, numbers, strict=True):
            task.file_upload_id = number


@dataclass(slots=True)
class _Plan:
    """What is to be done: places in the frame, by key where a key is to be found once."""

    inserts: list[int] = field(default_factory=list)
    changes: dict[int, int] = field(default_factory=dict)  # task id → place
    duplicates: int = 0
    unmatched: int = 0


def plan(mode: Mode, keys: Sequence[bytes], known: dict[bytes, int]) -> _Plan:
    """What a mode makes of items with these keys, some of them known. Of several with one key the last one counts
    where data is changed, the first one else."""
    made = _Plan()
    if mode == "insert":
        made.inserts = list(range(len(keys)))
        return made
    new: dict[bytes, int] = {}
    changes = mode in ("update", "upsert")
    for place, key in enumerate(keys):
        task_id = known.get(key)
        if task_id is not None and changes:
            made.duplicates += task_id in made.changes
            made.changes[task_id] = place
        elif task_id is not None:
            made.duplicates += 1
        elif mode == "update":
            made.unmatched += 1
        elif key in new:
            made.duplicates += 1
            if changes:
                new[key] = place
        else:
            new[key] = place
    made.inserts = list(new.values())
    return made


class _Deduped:
    def __init__(
        self, conn: Connection, actor: Actor, project_row: Row[Any], import_id: int, options: Options
    ) -> None:
        assert options.dedupe is not None  # noqa: S101 - by the caller
        self._conn = conn
        self._actor = actor
        self._project = project_row
        self._import_id = import_id
        self._options = options
        self._spec: Spec = dedupe.hold(conn, project_row.id, options.dedupe)

    def store(self, given: Sequence[NewTask], keys: Sequence[bytes]) -> Stored:
        mode = self._options.mode
        distinct = set(keys)
        known = {} if mode == "insert" else dedupe.known(self._conn, self._spec, distinct)
        planned = plan(mode, keys, known)
        if planned.inserts and dedupe.settle(self._conn, self._spec) and mode != "insert":
            # Somebody inserted tasks while this transaction waited.
            known |= dedupe.known(self._conn, self._spec, distinct - known.keys())
            planned = plan(mode, keys, known)
        stored = Stored(duplicates=planned.duplicates, unmatched=planned.unmatched)
        self._change(given, planned.changes, stored)
        self._insert(given, keys, planned.inserts, stored)
        return stored

    def _insert(
        self, given: Sequence[NewTask], keys: Sequence[bytes], places: Sequence[int], stored: Stored
    ) -> None:
        if not places:
            return
        made = [given[place] for place in places]
        stored.ids = tasks.insert_tasks(self._conn, self._project, self._actor.user_id, made)
        dedupe.remember(
            self._conn, self._spec, zip((keys[place] for place in places), stored.ids, strict=True)
        )
        _count_nested(stored, made)

    def _change(self, given: Sequence[NewTask], changes: dict[int, int], stored: Stored) -> None:
        if not changes:
            return
        new = {task_id: given[place] for task_id, place in changes.items()}
        before = changing.change_data(
            self._conn,
            self._project,
            self._actor.user_id,
            {
                task_id: NewData(each.data, None if each.meta == "{}" else each.meta)
                for task_id, each in new.items()
            },
        )
        queries.keep_changes(self._conn, self._import_id, before)
        guesses = [(task_id, one) for task_id, each in sorted(new.items()) for one in each.predictions]
        predictions.insert_many(self._conn, self._project, guesses)
        touched = {each.task_id for each in before} | {task_id for task_id, _ in guesses}
        stored.updated += len(touched)
        stored.duplicates += len(new) - len(touched)
        stored.predictions += len(guesses)
        stored.ignored_annotations += _sum(new.values(), lambda task: len(task.annotations))


def _count_nested(stored: Stored, made: Sequence[NewTask]) -> None:
    stored.annotations += _sum(made, lambda task: len(task.annotations))
    stored.predictions += _sum(made, lambda task: len(task.predictions))


def _count_nested_block(stored: Stored, block: NewTasks | None) -> None:
    if block is not None:
        stored.annotations += len(block.annotations.places) if block.annotations else 0
        stored.predictions += len(block.predictions.places) if block.predictions else 0


def _sum(given: Iterable[NewTask], size: Callable[[NewTask], int]) -> int:
    return sum(size(each) for each in given)
