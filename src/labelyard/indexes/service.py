"""Indexes of task data: what makes lists with a filter, an order or a search quick in large projects.

An index belongs to a project and is made when somebody could use it. Tasks that come later are added by whoever needs
the index next, so that imports pay nothing for it; changes and deletions of tasks are followed in their own
transaction. The tasks of a project get their inner ids in the order in which their transactions end, so "up to inner
id n" leaves none out.

A transaction that changes tasks takes, in this order: the project's indexes (`hold`), the tasks, the counters.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.indexes import queries
from labelyard.indexes.values import PREFIX, VERSION, DataKey, Kind, value_of
from labelyard.kit.clock import now_us
from labelyard.kit.db import search
from labelyard.kit.db.database import Dialect
from labelyard.projects import service as projects

__all__ = [
    "PREFIX",
    "DataKey",
    "Index",
    "Kind",
    "catch_up",
    "changed",
    "deleted",
    "hold",
    "known",
    "returned",
    "value_of",
]

BATCH = 2_000  # tasks that one transaction adds to an index
_BATCH_CHARACTERS = 8_000_000
MAX_INDEXES = 10  # of data keys in a project; the one that was not used for longest makes room
SEARCH = ""  # path of the search index


@dataclass(frozen=True, slots=True)
class Index:
    """An index as it is: it holds the tasks up to `upto_inner_id`; behind that there are at most `behind` others."""

    id: int
    kind: Kind
    path: str
    upto_inner_id: int
    behind: int
    used_at: int

    @property
    def complete(self) -> bool:
        return self.behind == 0

    @property
    def table(self) -> sa.Table:
        """Columns index_id, missing, value, task_id. Not for search."""
        return queries.TABLES[self.kind]


@dataclass(frozen=True, slots=True)
class Change:
    """The JSON text of a task's data before and after a change; None: the task was not there, or is gone."""

    task_id: int
    inner_id: int
    before: str | None
    after: str | None


def known(conn: Connection, project_id: int, last_inner_id: int) -> Mapping[tuple[str, str], Index]:
    """(kind, path) → the project's index. `last_inner_id`: of the project's counters, read in the same transaction."""
    return {
        (row.kind, row.path): Index(
            row.id,
            row.kind,
            row.path,
            row.upto_inner_id,
            max(0, last_inner_id - row.upto_inner_id),
            row.used_at,
        )
        for row in queries.of_project(conn, project_id)
        if row.version == VERSION
    }


def matching(dialect: Dialect, index: Index, part: str) -> sa.Select[Any]:
    """Ids of tasks whose data contain `part`, by the search index: a query with the column `rowid`."""
    return search.matching(dialect, queries.search_table(index.id), part)


# --- making -------------------------------------------------------------------------------------------------------


def catch_up(conn: Connection, project_id: int, kind: Kind, path: str) -> bool:
    """Add the next batch of tasks to an index, which is made if need be; whether there may be more."""
    row = queries.lock_one(conn, project_id, kind, path)
    if row is None:
        queries.insert(conn, project_id, kind, path, VERSION, now_us())
        row = queries.lock_one(conn, project_id, kind, path)
        assert row is not None  # noqa: S101 - inserted above
        if kind == "search":
            queries.create_search(conn, row.id)
    elif row.version != VERSION:
        return _begin_anew(conn, row)
    return _add_newer(conn, row)


def _begin_anew(conn: Connection, row: Row[Any]) -> bool:
    """Take out what older rules made, a batch at a time."""
    if row.kind == "search":
        queries.create_search(conn, row.id)
    elif queries.delete_some(conn, row.kind, row.id, BATCH) == BATCH:
        return True
    queries.reset(conn, row.id, VERSION)
    return True


def _add_newer(conn: Connection, row: Row[Any]) -> bool:
    value = value_of(row.kind, row.path)
    found: list[tuple[int, Any]] = []
    reached, characters = row.upto_inner_id, 0
    for task in queries.newer(conn, row.project_id, row.upto_inner_id, BATCH):
        found.append((task.id, value(task.data)))
        reached, characters = task.inner_id, characters + len(task.data)
        if characters > _BATCH_CHARACTERS:
            break
    else:
        if len(found) < BATCH:
            # All tasks that there are: also those of inner ids that were deleted meanwhile.
            last = projects.counts(conn, row.project_id).last_inner_id
            if not queries.is_behind(conn, row.project_id, reached):
                reached = max(reached, last)
    _insert(conn, row, found)
    if reached != row.upto_inner_id:
        queries.advance(conn, row.id, reached)
    return queries.is_behind(conn, row.project_id, reached)


def _insert(conn: Connection, row: Row[Any], found: Sequence[tuple[int, Any]]) -> None:
    if not found:
        return
    if row.kind == "search":
        queries.add_texts(conn, row.id, found)
    else:
        rows = [_row(row, task_id, value) for task_id, value in found]
        rows.sort()  # neighbours in the index go in together
        queries.insert_values(conn, row.kind, rows)


def _row(row: Row[Any], task_id: int, value: Any) -> queries.Value:
    nothing: Any = "" if row.kind == "text" else 0.0
    return (row.id, value is None, nothing if value is None else value, task_id)


# --- following ----------------------------------------------------------------------------------------------------


def hold(conn: Connection, project_id: int) -> None:
    """Take the project's indexes for this transaction, before its tasks are locked to be changed or deleted."""
    queries.of_project(conn, project_id, lock=True)


def changed(conn: Connection, project_id: int, changes: Sequence[Change]) -> None:
    """Let the indexes follow changes of data. The caller took them with `hold` before."""
    if changes:
        _follow(conn, queries.of_project(conn, project_id), changes)
        projects.bump_counts(conn, project_id, data_changes=1)


def deleted(conn: Connection, project_id: int, tasks: Iterable[Row[Any]]) -> None:
    """Let the indexes follow a deletion: rows of the tasks as they were. The caller took them with `hold` before."""
    rows = queries.of_project(conn, project_id)
    if rows:
        _follow(conn, rows, [Change(task.id, task.inner_id, task.data, None) for task in tasks])


def returned(conn: Connection, project_id: int, tasks: Iterable[Row[Any]]) -> None:
    """Let the indexes follow tasks that are back after they were deleted. The caller took them with `hold` before."""
    rows = queries.of_project(conn, project_id)
    if rows:
        _follow(conn, rows, [Change(task.id, task.inner_id, None, task.data) for task in tasks])


def _follow(conn: Connection, rows: Sequence[Row[Any]], changes: Sequence[Change]) -> None:
    for row in rows:
        inside = [each for each in changes if each.inner_id <= row.upto_inner_id]
        if not inside or row.version != VERSION:
            continue
        if row.kind == "search":
            _change_texts(conn, row, inside)
        else:
            _change_values(conn, row, inside)


def _change_texts(conn: Connection, row: Row[Any], changes: Sequence[Change]) -> None:
    value = value_of(row.kind, row.path)
    queries.remove_texts(conn, row.id, [each.task_id for each in changes])
    queries.add_texts(
        conn, row.id, [(each.task_id, str(value(each.after))) for each in changes if each.after is not None]
    )


def _change_values(conn: Connection, row: Row[Any], changes: Sequence[Change]) -> None:
    value = value_of(row.kind, row.path)
    gone, come = [], []
    for each in changes:
        before = None if each.before is None else _row(row, each.task_id, value(each.before))
        after = None if each.after is None else _row(row, each.task_id, value(each.after))
        if before != after:
            if before is not None:
                gone.append(before)
            if after is not None:
                come.append(after)
    queries.delete_values(conn, row.kind, sorted(gone))
    queries.insert_values(conn, row.kind, sorted(come))


# --- giving up ----------------------------------------------------------------------------------------------------


def surplus(conn: Connection, project_id: int) -> Sequence[tuple[Kind, str]]:
    """Indexes of data keys that the project has too many of, those unused for longest."""
    rows = [row for row in queries.of_project(conn, project_id) if row.kind != "search"]
    rows.sort(key=lambda row: row.used_at)
    return [(row.kind, row.path) for row in rows[: max(0, len(rows) - MAX_INDEXES)]]


def drop_some(conn: Connection, project_id: int, kind: Kind, path: str) -> bool:
    """Take out a batch of an index, at last the index; whether there is more."""
    row = queries.lock_one(conn, project_id, kind, path)
    if row is None:
        return False
    if row.version == VERSION:
        queries.reset(conn, row.id, 0)  # nobody may use what is no more all there
    if queries.delete_some(conn, kind, row.id, BATCH) == BATCH:
        return True
    queries.delete(conn, row.id)
    return False


def use(conn: Connection, index_ids: Iterable[int]) -> None:
    """Note that indexes are used."""
    now = now_us()
    for index_id in index_ids:
        queries.touch(conn, index_id, now)


def project_deleted(conn: Connection, project_id: int) -> None:
    """Take away what the project's own deletion does not reach."""
    for row in queries.of_project(conn, project_id):
        if row.kind == "search":
            queries.drop_search(conn, row.id)
