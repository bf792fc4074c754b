"""Page numbers to keys, so that page 900 costs what page 1 costs.

While no task was ever deleted, the task at position p has inner id p + 1. After deletions the keys at page ends are
remembered; a remembered key is exact as long as nobody added or deleted a task, which the project's counters tell:
`last_inner_id` counts what was ever added, `last_inner_id - tasks` what was deleted, and neither goes back.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.kit.boundaries import Boundaries
from labelyard.kit.db.perdatabase import PerDatabase
from labelyard.tasks import queries

# Project → position → inner id of the task before it.
_boundaries: PerDatabase[Boundaries[int]] = PerDatabase(Boundaries)


def rows_at(conn: Connection, counts: Row[Any], offset: int, limit: int) -> Sequence[Row[Any]]:
    """Tasks at positions offset … offset + limit - 1 of the project, by id. `counts`: its row of project_counts."""
    project_id, state = counts.project_id, (counts.tasks, counts.last_inner_id)
    if offset >= counts.tasks or limit <= 0:
        return []
    if offset == 0 or counts.tasks == counts.last_inner_id:
        return queries.page_after(conn, project_id, offset, limit)
    boundaries = _boundaries.of(conn)

    def step(after: int | None, n: int) -> int | None:
        return queries.inner_id_at(conn, project_id, after or 0, n - 1)

    known, last = boundaries.near(project_id, state, offset, step)
    after = last or 0
    if known < offset:
        key = queries.inner_id_at(conn, project_id, after, offset - known - 1)
        if key is None:
            return []
        after = key
        boundaries.remember(project_id, state, offset, after)
    rows = queries.page_after(conn, project_id, after, limit)
    if rows:
        boundaries.remember(project_id, state, offset + len(rows), rows[-1].inner_id)
    return rows


def rows_from_end(conn: Connection, counts: Row[Any], offset: int, limit: int) -> Sequence[Row[Any]]:
    """The same counted from the newest task, newest first."""
    end = counts.tasks - offset
    start = max(0, end - limit)
    return rows_at(conn, counts, start, end - start)[::-1]
