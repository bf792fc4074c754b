"""Tasks of a project that have the same data: which of them may go."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.dedupe.keys import CONTENT, key_of_data
from labelyard.projects import service as projects
from labelyard.tasks import service as tasks
from labelyard.views import queries

_key_of = key_of_data(CONTENT)


def _digest(data: str) -> bytes:
    key = _key_of(data.encode())
    assert key is not None  # noqa: S101 - content always gives one
    return key


@dataclass(slots=True)
class Copies:
    """Tasks with a number for their data; equal data have equal numbers, and others hardly ever.

    Eight bytes a task and value, so that a million of tasks need no more than some tens of megabytes.
    """

    ids: "array[int]" = field(default_factory=lambda: array("q"))
    digests: "array[int]" = field(default_factory=lambda: array("Q"))
    ranks: "array[int]" = field(default_factory=lambda: array("B"))

    def add(self, rows: Iterable[queries.Copied], drafted: Collection[int]) -> None:
        for task_id, data, *made in rows:
            self.ids.append(task_id)
            self.digests.append(int.from_bytes(_digest(data)[:8], "big"))
            self.ranks.append(_rank((task_id, *made), drafted))

    def removable(self) -> list[tuple[int, int]]:
        """`(id, id of the one that stays)` of tasks with nobody's work on them, by id."""
        found = [
            (self.ids[place], self.ids[kept])
            for kept, places in self._groups()
            for place in places
            if place != kept and self.ranks[place] < _WORKED_ON
        ]
        found.sort()
        return found

    def _groups(self) -> Iterator[tuple[int, list[int]]]:
        """The place of the one that stays, and the places of all, for each number that several tasks have."""
        places = sorted(range(len(self.ids)), key=self.digests.__getitem__)
        start = 0
        for end in range(1, len(places) + 1):
            if end == len(places) or self.digests[places[end]] != self.digests[places[start]]:
                if end - start > 1:
                    group = places[start:end]
                    yield min(group, key=lambda place: (-self.ranks[place], self.ids[place])), group
                start = end


# A task with work of people on it stays whatever happens; one with predictions rather than one without.
_WORKED_ON = 2


def _rank(row: Sequence[Any], drafted: Collection[int]) -> int:
    """Of `(task id, annotations, cancelled ones, predictions)`."""
    task_id, annotations, cancelled, predictions = row
    if annotations or cancelled:
        return 4 if annotations else 3
    if task_id in drafted:
        return _WORKED_ON
    return 1 if predictions else 0


def remove(
    conn: Connection, actor: Actor, project_row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    """Delete tasks whose `kept` (of the same length as `ids`) has the same data, if nobody has worked on them since.

    `data_changes`: the project's counter from before the data were compared. They are compared again where it moved.
    """
    pairs = list(zip(ids, given["kept"], strict=True))
    both = sorted({each for pair in pairs for each in pair})
    held = {row.id: row for row in tasks.hold_to_delete(conn, project_row.id, both)}
    drafted = queries.drafted(conn, list(ids))
    wanted = [
        (task_id, kept)
        for task_id, kept in pairs
        if task_id in held and kept in held and _rank(held[task_id], drafted) < _WORKED_ON
    ]
    if projects.counts(conn, project_row.id).data_changes != given["data_changes"]:
        digests = {row[0]: _digest(row[1]) for row in queries.copies(conn, project_row.id, both)}
        wanted = [(task_id, kept) for task_id, kept in wanted if digests[task_id] == digests[kept]]
    return tasks.delete_rows(conn, actor, project_row, [task_id for task_id, _ in wanted])
