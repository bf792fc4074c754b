"""Which ids tasks and completions of a 0.x project get here.

Ids stay what they are in a table of ours that never gave one; elsewhere a fixed number is added to all of them. A task
with the id 0 (or one that another has already) and a completion without an id of its own get new ones above all others.
"""

from sqlalchemy import Connection

from labelyard.db import schema
from labelyard.kit.db.dialect import last_id, use_up_ids
from labelyard.takeover.legacy.reading import Place, Reader
from labelyard.takeover.legacy.survey import Survey


class Numbering:
    """`moved`: what is added to the ids of tasks, and to those of completions."""

    def __init__(self, conn: Connection, reader: Reader, surveyed: Survey) -> None:
        self.moved = last_id(conn, schema.task), last_id(conn, schema.annotation)
        self._next_task = reader.last_id() + self.moved[0] + 1
        self._next_annotation = surveyed.last_completion + self.moved[1] + 1
        self._doubled = surveyed.doubled
        self._given: set[int] = set()  # of those that stand on several completions

    def task(self, place: Place) -> int:
        if place.id and place.first:
            return place.id + self.moved[0]
        self._next_task += 1
        return self._next_task - 1

    def annotation(self, old: int | None) -> int:
        if old is None or old in self._given:
            self._next_annotation += 1
            return self._next_annotation - 1
        if old in self._doubled:
            self._given.add(old)
        return old + self.moved[1]

    def use_up(self, conn: Connection) -> None:
        """Let nobody get one of these ids again."""
        use_up_ids(conn, schema.task, self._next_task - 1)
        use_up_ids(conn, schema.annotation, self._next_annotation - 1)
