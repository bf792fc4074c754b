"""Lists that one index has in their order: a page of them is a stretch of the index, whatever their length."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.indexes.service import Index
from labelyard.kit.boundaries import Boundaries
from labelyard.kit.db.database import Dialect
from labelyard.kit.db.perdatabase import PerDatabase
from labelyard.views import queries
from labelyard.views.conditions import Tasks, Truth, index_condition, index_kind
from labelyard.views.filters import EVERYTHING, Node, Test
from labelyard.views.ordering import Order
from labelyard.views.queries import Key
from labelyard.views.remembered import Known, Memory

_IN_ID_ORDER = ((), ("id",), ("inner_id",))
_boundaries: PerDatabase[Boundaries[Key]] = PerDatabase(Boundaries)
_counts: PerDatabase[Memory[tuple[int, int]]] = PerDatabase(lambda: Memory(1 << 20))


@dataclass(frozen=True, slots=True)
class Scan:
    """The rows of an index that pass a test (all without one), by value and id; those without a value come last."""

    index: Index
    test: Test | None
    descending: bool

    @property
    def name(self) -> Hashable:
        return self.index.id, self.test, self.descending

    def conditions(self, dialect: Dialect, *, missing: bool) -> list[Truth]:
        table = self.index.table
        flag = table.c.missing.is_(missing)
        return [*index_condition(dialect, self.index, self.test), flag]


def scan_of(tasks: Tasks, node: Node, order: Sequence[Order]) -> Scan | None:
    """The scan that gives this list, if an index that is up to date does."""
    test = node if isinstance(node, Test) else None
    if test is None and node != EVERYTHING:
        return None
    if test is not None and (test.negated or test.operator == "empty" or index_kind(test) is None):
        return None
    names = tuple(key.field.name for key in order)
    if names in _IN_ID_ORDER:
        # Rows of one value are in the order of ids.
        if test is None or test.operator != "equal" or test.field.key is None:
            return None
        kind, key = index_kind(test), test.field.key
        descending = bool(order) and order[0].descending
    else:
        index = tasks.order_index(order)
        if index is None:
            return None
        same = test is None or (index_kind(test) == index.kind and test.field.key == order[0].field.key)
        return Scan(index, test, order[0].descending) if same else None
    found = tasks.index(kind, key.spec) if kind is not None else None
    return Scan(found, test, descending) if found is not None and found.complete else None


def counts(conn: Connection, dialect: Dialect, scan: Scan, state: Hashable, tasks: int) -> tuple[int, int]:
    """How many rows have a value and how many have none. `tasks`: of the project, which an unfiltered list has all."""
    known = _counts.of(conn).get(scan.name, state)
    if known is not None:
        return known
    table = scan.index.table
    if scan.test is not None:
        found = (queries.index_count(conn, scan.conditions(dialect, missing=False), table), 0)
    else:
        missing = queries.index_count(conn, scan.conditions(dialect, missing=True), table)
        found = (tasks - missing, missing)
    _counts.of(conn).put(scan.name, Known(found, state, 0.0, settled=True))
    return found


def page(
    conn: Connection, dialect: Dialect, scan: Scan, state: Hashable, present: int, offset: int, limit: int
) -> list[int]:
    """Ids at positions offset … offset + limit - 1. `present`: how many rows have a value; they come first."""
    found = _stretch(conn, dialect, scan, state, offset, limit, missing=False) if offset < present else []
    left = limit - len(found)
    if left > 0 and scan.test is None:
        found += _stretch(conn, dialect, scan, state, max(0, offset - present), left, missing=True)
    return found


def _stretch(
    conn: Connection,
    dialect: Dialect,
    scan: Scan,
    state: Hashable,
    offset: int,
    limit: int,
    *,
    missing: bool,
) -> list[int]:
    name = (scan.name, missing)
    table: sa.Table = scan.index.table
    conditions = scan.conditions(dialect, missing=missing)

    def read(after: Key | None, skip: int, size: int) -> Sequence[Row[Any]]:
        return queries.index_rows(
            conn,
            table,
            conditions,
            after=after,
            skip=skip,
            limit=size,
            descending=scan.descending,
            one_value=missing or (scan.test is not None and scan.test.operator == "equal"),
        )

    def step(after: Key | None, n: int) -> Key | None:
        found = read(after, n - 1, 1)
        return (missing, found[0].value, found[0].task_id) if found else None

    at, after = _boundaries.of(conn).near(name, state, offset, step)
    rows = read(after, offset - at, limit)
    if rows:
        last = rows[-1]
        _boundaries.of(conn).remember(name, state, offset + len(rows), (missing, last.value, last.task_id))
    return [row.task_id for row in rows]
