"""Lists of tasks: by which way the ids of a page are found, and what the list says about itself."""

import time
from array import array
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.indexes import service as indexes
from labelyard.indexes.service import Kind
from labelyard.kit.clock import now_us
from labelyard.kit.db.dialect import dialect_of
from labelyard.kit.db.perdatabase import PerDatabase
from labelyard.kit.errors import NotFound
from labelyard.projects import service as projects
from labelyard.tasks import service as tasks_service
from labelyard.tasks.service import Shown
from labelyard.views import queries, scans
from labelyard.views.conditions import Tasks
from labelyard.views.filters import EVERYTHING, Test
from labelyard.views.remembered import Known, Memory
from labelyard.views.scans import Scan
from labelyard.views.selection import Chosen

INVALID_PAGE = "Invalid page."  # clients stop paging on it
INDEX_FROM = 10_000  # tasks from which on a project gets indexes
_TOUCH_US = 24 * 3600 * 1_000_000
_QUICK_SUMS = 0.005  # seconds
_BY_ID = ((), ("id",), ("inner_id",))

_Sums = tuple[int, int]  # annotations and predictions on the tasks of a list

_lists: "PerDatabase[Memory[array[int]]]" = PerDatabase(Memory)
_sums: PerDatabase[Memory[_Sums]] = PerDatabase(lambda: Memory(1 << 20))

Matched = Mapping[Test, Collection[int]]


class Unmatched(Exception):
    """The filter has regular expressions: match them (`matching.match`) and ask again with what matched."""

    def __init__(self, project_id: int, last_inner_id: int, chosen: Chosen) -> None:
        super().__init__()
        self.project_id, self.last_inner_id, self.chosen = project_id, last_inner_id, chosen


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of tasks. Of `page` (from 1) and `after` (an inner id), `after` wins where the list is by id."""

    chosen: Chosen
    page: int = 1
    page_size: int = 100
    after: int | None = None
    shown: Shown = field(default_factory=Shown)


@dataclass(frozen=True, slots=True)
class Page:
    """The answer; the indexes that would have helped, and those whose use has to be noted."""

    project_id: int
    answer: dict[str, Any]
    wanted: Sequence[tuple[Kind, str]] = ()
    used: Sequence[int] = ()


def list_page(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    asked: Asked,
    matched: Matched | None = None,
    *,
    impatient: bool = False,
) -> Page:
    """A page of the data manager's list: `{total, total_annotations, total_predictions, tasks, next}`.

    `next` is the inner id to send as `after` for the following page; null at the end, and where the list is not that of
    all tasks by id. NotFound for a page past the end; `after` past the end is an empty page.
    Unmatched and (when `impatient`) Behind: see there.
    """
    counts = projects.counts(conn, project_row.id)
    if _is_plain(asked.chosen):
        return _plain_page(conn, actor, project_row, counts, asked)
    tasks = tasks_of(conn, project_row, counts, matched)
    tasks.impatient = impatient
    offset = (asked.page - 1) * asked.page_size
    ids, total, sums = _found(conn, tasks, counts, asked.chosen, offset, asked.page_size, matched)
    if not ids and asked.page > 1:
        raise NotFound(INVALID_PAGE)
    rows = tasks_service.rows_of_ids(conn, project_row.id, ids)
    answer = _answer(conn, actor, project_row, rows, asked, total, sums)
    if counts.tasks < INDEX_FROM:
        return Page(project_row.id, answer)
    stale = now_us() - _TOUCH_US
    return Page(
        project_row.id, answer, list(tasks.wanted), [each for each, at in tasks.used.items() if at < stale]
    )


def tasks_of(
    conn: Connection, project_row: Row[Any], counts: Row[Any], matched: Matched | None = None
) -> Tasks:
    """The tasks of a project for filters, with the indexes that they have."""
    known = indexes.known(conn, project_row.id, counts.last_inner_id)
    return Tasks(dialect_of(conn), project_row.id, project_row.model_version, known, matched or {})


def _is_plain(chosen: Chosen) -> bool:
    names = tuple(key.field.name for key in chosen.order)
    return chosen.node == EVERYTHING and chosen.included is None and not chosen.excluded and names in _BY_ID


def _plain_page(
    conn: Connection, actor: Actor, project_row: Row[Any], counts: Row[Any], asked: Asked
) -> Page:
    offset, size = (asked.page - 1) * asked.page_size, asked.page_size
    down = bool(asked.chosen.order) and asked.chosen.order[0].descending
    if asked.after is not None:
        rows = tasks_service.rows_after(conn, project_row.id, asked.after, size)
    else:
        rows = tasks_service.rows_at(conn, counts, offset, size, from_end=down)
        if not rows and asked.page > 1:
            raise NotFound(INVALID_PAGE)
    more = not down and len(rows) == size and rows[-1].inner_id < counts.last_inner_id
    sums = (counts.annotations, counts.predictions)
    answer = _answer(conn, actor, project_row, rows, asked, counts.tasks, sums)
    return Page(project_row.id, answer | {"next": rows[-1].inner_id if more else None})


def _answer(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    rows: Sequence[Row[Any]],
    asked: Asked,
    total: int,
    sums: _Sums,
) -> dict[str, Any]:
    return {
        "total": total,
        "total_annotations": sums[0],
        "total_predictions": sums[1],
        "tasks": tasks_service.listed(conn, actor, project_row, rows, asked.shown),
        "next": None,
    }


# --- finding ids --------------------------------------------------------------------------------------------------


def state_of(counts: Row[Any]) -> Hashable:
    """Changes whenever a task comes or goes or its data change."""
    return counts.tasks, counts.last_inner_id, counts.data_changes


def _found(
    conn: Connection,
    tasks: Tasks,
    counts: Row[Any],
    chosen: Chosen,
    offset: int,
    limit: int,
    matched: Matched | None,
) -> tuple[Sequence[int], int, _Sums]:
    """Ids of the page, number of all, annotations and predictions on all."""
    if chosen.included is None and not chosen.excluded:
        scan = scans.scan_of(tasks, chosen.node, chosen.order)
        if scan is not None:
            return _scanned(conn, tasks, counts, scan, offset, limit)
    ids, sums = all_ids(conn, tasks, counts, chosen, matched)
    page = list(islice(ids, offset, offset + limit))
    return page, len(ids), sums or _sums_of(conn, tasks, counts, chosen, ids)


def _scanned(
    conn: Connection, tasks: Tasks, counts: Row[Any], scan: Scan, offset: int, limit: int
) -> tuple[Sequence[int], int, _Sums]:
    state = state_of(counts)
    present, missing = scans.counts(conn, tasks.dialect, scan, state, counts.tasks)
    ids = scans.page(conn, tasks.dialect, scan, state, present, offset, limit)
    if scan.test is None:
        return ids, present + missing, (counts.annotations, counts.predictions)
    name = scan.name
    sums = _sums.of(conn).get(name, state)
    if sums is None:
        begun = time.monotonic()
        sums = queries.scan_sums(conn, scan.index.table, scan.conditions(tasks.dialect, missing=False))
        _remember_sums(conn, name, counts, sums, begun)
    return ids, present, sums


def all_ids(
    conn: Connection, tasks: Tasks, counts: Row[Any], chosen: Chosen, matched: Matched | None = None
) -> "tuple[array[int], _Sums | None]":
    """Ids of the whole list, in order, and the sums over it where the ids were not remembered.

    Unmatched when it has regular expressions and nothing was matched yet.
    """
    name, state = _name(tasks, chosen), state_of(counts)
    lists = _lists.of(conn)
    known = lists.get(name, state)
    if known is not None:
        return known, None
    if matched is None and chosen.patterns:
        raise Unmatched(tasks.project_id, counts.last_inner_id, chosen)
    begun = time.monotonic()
    rows = queries.matching(
        conn, tasks, chosen.node, chosen.order, included=chosen.included, excluded=chosen.excluded
    )
    ids = array("q", (row[0] for row in rows))
    sums = sum(row[1] for row in rows), sum(row[2] for row in rows)
    lists.put(name, Known(ids, state, _cost(counts, begun), chosen.settled), ids.itemsize * len(ids))
    _remember_sums(conn, name, counts, sums, begun)
    return ids, sums


def _sums_of(conn: Connection, tasks: Tasks, counts: Row[Any], chosen: Chosen, ids: "array[int]") -> _Sums:
    name, state = _name(tasks, chosen), state_of(counts)
    known = _sums.of(conn).get(name, state)
    if known is None:
        begun = time.monotonic()
        known = queries.result_sums(conn, tasks.dialect, ids)
        _remember_sums(conn, name, counts, known, begun)
    return known


def _remember_sums(conn: Connection, name: Hashable, counts: Row[Any], sums: _Sums, begun: float) -> None:
    known = Known(sums, state_of(counts), _cost(counts, begun), settled=False, quick=_QUICK_SUMS)
    _sums.of(conn).put(name, known)


def _cost(counts: Row[Any], begun: float) -> float:
    """Seconds since `begun`. Lists of small projects cost nothing, however busy the machine is: they are never old."""
    return time.monotonic() - begun if counts.tasks >= INDEX_FROM else 0.0


def _name(tasks: Tasks, chosen: Chosen) -> Hashable:
    return tasks.project_id, tasks.model_version, chosen
