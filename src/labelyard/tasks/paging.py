"""Page numbers to keys, so that page 900 costs what page 1 costs.

While no task was ever deleted, the task at position p has inner id p + 1. After deletions the keys at page ends are
remembered; a remembered key is exact as long as nobody added or deleted a task, which the project's counters tell:
`last_inner_id` counts what was ever added, `last_inner_id - tasks` what was deleted, and neither goes back.
"""

import bisect
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.tasks import queries

_PROJECTS = 64
_KEYS = 1024  # remembered positions a project


class Boundaries:
    """Position → inner id of the task before it, for the projects that were paged through lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projects: OrderedDict[int, tuple[tuple[int, int], list[tuple[int, int]]]] = OrderedDict()

    def nearest(self, project_id: int, state: tuple[int, int], position: int) -> tuple[int, int]:
        """The highest remembered `(position, inner id before it)` not above `position`; (0, 0) when there is none."""
        with self._lock:
            known = self._projects.get(project_id)
            if known is None or known[0] != state:
                return 0, 0
            self._projects.move_to_end(project_id)
            place = bisect.bisect_right(known[1], (position, 2**63))
            return known[1][place - 1] if place else (0, 0)

    def remember(self, project_id: int, state: tuple[int, int], position: int, inner_id: int) -> None:
        with self._lock:
            known = self._projects.get(project_id)
            if known is None or known[0] != state:
                known = (state, [])
                self._projects[project_id] = known
                if len(self._projects) > _PROJECTS:
                    self._projects.popitem(last=False)
            keys = known[1]
            place = bisect.bisect_left(keys, (position, inner_id))
            if place < len(keys) and keys[place][0] == position:
                return
            keys.insert(place, (position, inner_id))
            if len(keys) > _KEYS:
                del keys[::2]


_boundaries = Boundaries()


def rows_at(conn: Connection, counts: Row[Any], offset: int, limit: int) -> Sequence[Row[Any]]:
    """Tasks at positions offset … offset + limit - 1 of the project, by id. `counts`: its row of project_counts."""
    project_id, state = counts.project_id, (counts.tasks, counts.last_inner_id)
    if offset >= counts.tasks or limit <= 0:
        return []
    if offset == 0 or counts.tasks == counts.last_inner_id:
        return queries.page_after(conn, project_id, offset, limit)
    known, after = _boundaries.nearest(project_id, state, offset)
    if known < offset:
        key = queries.inner_id_at(conn, project_id, after, offset - known - 1)
        if key is None:
            return []
        after = key
        _boundaries.remember(project_id, state, offset, after)
    rows = queries.page_after(conn, project_id, after, limit)
    if rows:
        _boundaries.remember(project_id, state, offset + len(rows), rows[-1].inner_id)
    return rows


def rows_from_end(conn: Connection, counts: Row[Any], offset: int, limit: int) -> Sequence[Row[Any]]:
    """The same counted from the newest task, newest first."""
    end = counts.tasks - offset
    start = max(0, end - limit)
    return rows_at(conn, counts, start, end - start)[::-1]
