"""Reads a 0.x project task by task: which tasks there are, in which order, and what was made on each.

A task is read from `tasks.json`, and what was made on it from its file in `completions/`. Some tasks have only that file, some
only an address in a cloud storage.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from labelyard.kit.clock import now_us
from labelyard.label.config import parse
from labelyard.takeover.legacy.by_id import Ids
from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.legacy.records import (
    Broken,
    Completion,
    CompletionFile,
    TaskRecord,
    read_completions,
    read_task,
)

SHOWN = 20  # faults, and ids in a message


class Place(NamedTuple):
    """Where a task is: its id (None: it has none), and its place in `tasks.json` (None: it is not there).

    `first`: no task before it has that id.
    """

    id: int | None
    record: int | None
    first: bool = True


class Found(NamedTuple):
    place: Place
    record: TaskRecord
    completions: list[Completion]


@dataclass(slots=True)
class Tally:
    """What one reading found that has to be said. Of faults and of ids, the first `SHOWN`."""

    faults: list[str] = field(default_factory=list)
    broken: int = 0  # how many faults there are
    revived: int = 0  # tasks of which only completions tell
    emptied: list[int] = field(default_factory=list)  # tasks that have a file without completions
    empty: int = 0
    replaced: int = 0  # completions in `tasks.json` of tasks that have a file
    other_data: int = 0  # tasks that had other data when they were labeled
    in_cloud: int = 0  # tasks that are only in the cloud storage

    def fault(self, text: str) -> None:
        self.broken += 1
        if len(self.faults) < SHOWN:
            self.faults.append(text)

    def without_completions(self, task_id: int) -> None:
        self.empty += 1
        if len(self.emptied) < SHOWN:
            self.emptied.append(task_id)


class Reader:
    """The tasks of a project, which can be read again and again. `tally`: of the last reading."""

    def __init__(self, source: Directory) -> None:
        self._source = source
        self.tally = Tally()
        named = merge(source.completions, (task_id for task_id, _ in source.sources or ()))
        self._alone = Ids(number for number, _ in groupby(named) if source.tasks.place(number) is None)
        self._blob_key = _blob_key(source)

    def __len__(self) -> int:
        """How many tasks there may be."""
        return len(self._source.tasks) + len(self._alone)

    def __iter__(self) -> Iterator[Found]:
        """Every task that can be taken with its completions, in the order that they are stored in."""
        self.tally = Tally()
        for place in self._places():
            file = self._file(place)
            record = self._record(place, file)
            if record is None:
                continue
            if file is not None:
                self._compare(place, record, file)
            yield Found(place, record, record.completions if file is None else file.completions)

    def last_id(self) -> int:
        """The highest id of a task; 0 when there is none."""
        return max(self._source.tasks.last(), self._alone.last())

    def renamed(self) -> Iterator[Place]:
        """The tasks that need a new id: 0, those that come again, and those without one."""
        tasks = self._source.tasks
        zero = tasks.place(0)
        for place in sorted([*tasks.others(), *([] if zero is None else [zero])]):
            yield Place(tasks.id(place), place, first=place == zero)
        if 0 in self._alone:
            yield Place(0, None)

    def _places(self) -> Iterator[Place]:
        """By id, in the end those that need a new one."""
        recorded = (Place(number, place) for number, place in self._source.tasks if number)
        alone = (Place(number, None) for number in self._alone if number)
        yield from merge(recorded, alone, key=attrgetter("id"))
        yield from self.renamed()

    def _record(self, place: Place, file: CompletionFile | None) -> TaskRecord | None:
        if place.record is None:
            return None if place.id is None else self._without_record(place.id, file)
        try:
            return read_task(self._source.tasks.text(place.record), place.id)
        except Broken as fault:
            named = place.record if place.id is None else place.id
            self.tally.fault(f"{self._source.tasks_file}: task {named}: {fault}")
            return None

    def _file(self, place: Place) -> CompletionFile | None:
        """The completions of a task in its file; those that come again for another task of that id are not its."""
        path = None if place.id is None or not place.first else self._source.completions_file(place.id)
        if path is None:
            return None
        try:
            file = read_completions(path.read_bytes())
            made = min(path.stat().st_mtime_ns // 1000, now_us())
        except (Broken, OSError) as fault:
            self.tally.fault(f"{path}: {fault}")
            return None
        for each in file.completions:
            if each.new.created_at is None:
                each.new.created_at = each.new.updated_at = made
        return file

    def _without_record(self, task_id: int, file: CompletionFile | None) -> TaskRecord | None:
        if file is not None and file.data is not None:
            self.tally.revived += 1
            return TaskRecord(file.data, predictions=list(file.predictions))
        sources = self._source.sources
        address = None if sources is None else sources.of(task_id)
        if address is not None and self._blob_key:
            return TaskRecord(msgspec.json.encode({self._blob_key: address}).decode())
        if address is not None:
            self.tally.in_cloud += 1
        elif file is not None:
            path = self._source.completions_file(task_id)
            self.tally.fault(f"{path}: its task is nowhere, and its data neither")
        return None

    def _compare(self, place: Place, record: TaskRecord, file: CompletionFile) -> None:
        self.tally.replaced += max(0, len(record.completions) - len(file.completions))
        if file.data is not None and _different(file.data, record.data):
            record.extra["labeled_data"] = msgspec.Raw(file.data.encode())
            self.tally.other_data += 1
        if not file.completions and place.id is not None:
            self.tally.without_completions(place.id)


def _blob_key(source: Directory) -> str:
    """The data key that the addresses of a storage are shown under; "" when its objects are tasks themselves."""
    given = source.config.get("source")
    params = given.get("params") if isinstance(given, dict) else None
    if not isinstance(params, dict) or not params.get("use_blob_urls"):
        return ""
    key = params.get("data_key")
    return key if isinstance(key, str) and key else next(iter(parse(source.label_config).data_keys), "")


def _different(one: str, other: str) -> bool:
    return one != other and bool(msgspec.json.decode(one) != msgspec.json.decode(other))
