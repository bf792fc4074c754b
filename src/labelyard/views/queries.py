"""All SQL of the data manager: ids of task lists, and views. Filters become SQL in `conditions`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import annotation, draft, prediction, project, task, view
from labelyard.indexes.service import Index
from labelyard.kit.db.database import Dialect
from labelyard.kit.db.dialect import dialect_of, ids_in, raw_rows, without_index
from labelyard.views.conditions import Picked, Tasks, Truth, results_of
from labelyard.views.filters import Group, Node, Test
from labelyard.views.ordering import Order


def index_count(conn: Connection, conditions: Sequence[Truth], table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return int(conn.execute(query).scalar_one())


Key = tuple[bool, Any, int]  # missing, value, task id


def index_rows(
    conn: Connection,
    table: sa.Table,
    conditions: Sequence[Truth],
    *,
    after: Key | None,
    skip: int,
    limit: int,
    descending: bool,
    one_value: bool = False,
) -> Sequence[Row[Any]]:
    """`(value, task_id)` of rows in order behind `after`. The conditions hold `missing` to one value.

    `one_value`: they hold `value` to one too.
    """
    value, task_id = table.c.value, table.c.task_id
    query: sa.Select[Any] = sa.select(value, task_id).where(*conditions)
    if after is not None and one_value:
        query = query.where(task_id < after[2] if descending else task_id > after[2])
    elif after is not None:
        # The first condition bounds the index, the second is exact.
        if descending:
            query = query.where(value <= after[1], sa.or_(value < after[1], task_id < after[2]))
        else:
            query = query.where(value >= after[1], sa.or_(value > after[1], task_id > after[2]))
    keys = [table.c.index_id, table.c.missing, value, task_id]
    query = query.order_by(*(key.desc() if descending else key.asc() for key in keys))
    return conn.execute(query.offset(skip).limit(limit)).all()


# --- lists --------------------------------------------------------------------------------------------------------


def matching(
    conn: Connection,
    tasks: Tasks,
    node: Node,
    order: Sequence[Order],
    *,
    included: Collection[int] | None = None,
    excluded: Collection[int] = (),
    extra: Sequence[Truth] = (),
) -> Sequence[tuple[Any, ...]]:
    """`(id, annotations, predictions)` of all tasks that pass, in order; ties by id, in the direction of the first key."""
    return raw_rows(conn, _ids_query(conn, tasks, node, order, included, excluded, extra), {})


_LISTED: tuple[Any, ...] = (task.c.id, task.c.total_annotations, task.c.total_predictions)


def _ids_query(
    conn: Connection,
    tasks: Tasks,
    node: Node,
    order: Sequence[Order],
    included: Collection[int] | None,
    excluded: Collection[int],
    extra: Sequence[Truth],
) -> sa.Select[Any]:
    conditions = list(extra)
    if included is not None:
        conditions.append(ids_in(tasks.dialect, task.c.id, included))
    if excluded:
        conditions.append(~ids_in(tasks.dialect, task.c.id, excluded))
    whole = included is None  # or the tasks are looked up by their ids anyway
    driver = _driver(conn, tasks, node) if whole else None
    if driver is not None:
        found = driver.ids.subquery()
        query = sa.select(*_LISTED).join(found, next(iter(found.c)) == task.c.id).where(driver.rest)
        return _in_order(query, tasks, order, task.c.id).where(*conditions)
    conditions.append(tasks.truth(node))
    index = tasks.order_index(order) if whole else None
    if index is not None:
        return _in_order_of(index, order[0]).where(*conditions)
    query = sa.select(*_LISTED).where(
        (task.c.project_id if whole else without_index(task.c.project_id)) == tasks.project_id, *conditions
    )
    return _in_order(query, tasks, order, task.c.inner_id if whole and not order else task.c.id)


def _in_order(
    query: sa.Select[Any], tasks: Tasks, order: Sequence[Order], last: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    for key in order:
        value = tasks.order(key)
        query = query.order_by((value.desc() if key.descending else value.asc()).nulls_last())
    return query.order_by(last.desc() if order and order[0].descending else last.asc())


def _in_order_of(index: Index, key: Order) -> sa.Select[Any]:
    """The tasks of an index in its order."""
    table = index.table
    query = sa.select(*_LISTED).join(table, table.c.task_id == task.c.id).where(table.c.index_id == index.id)
    if key.descending:
        return query.order_by(table.c.missing.asc(), table.c.value.desc(), table.c.task_id.desc())
    return query.order_by(table.c.missing, table.c.value, table.c.task_id)


_FEW = 20_000  # ids up to which it matters which of two indexes has fewer


@dataclass(frozen=True, slots=True)
class _Driver:
    """A query for ids that every task of the list is among, and the condition that is left to test."""

    ids: sa.Select[Any]
    rest: Truth


def _driver(conn: Connection, tasks: Tasks, node: Node) -> _Driver | None:
    """The index that has the fewest ids for a part of the filter that must hold."""
    parts = list(node.parts) if isinstance(node, Group) and node.conjunction == "and" else [node]
    best: tuple[int, Picked, Test] | None = None
    for part in parts:
        if isinstance(part, Test) and not part.negated:
            picked = tasks.pick(part)
            if picked is not None:
                few = picked.ids.limit(_FEW).subquery()
                count = conn.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()
                if best is None or count < best[0]:
                    best = (count, picked, part)
    if best is None:
        return None
    _, picked, driving = best
    rest = [tasks.truth(part) for part in parts if part is not driving]
    if not picked.exact:
        rest.append(tasks.look(driving))
    return _Driver(picked.ids, sa.and_(sa.true(), *rest))


_SUMS: tuple[Any, ...] = (
    sa.func.coalesce(sa.func.sum(task.c.total_annotations), 0),
    sa.func.coalesce(sa.func.sum(task.c.total_predictions), 0),
)


def result_sums(conn: Connection, dialect: Dialect, ids: Collection[int]) -> tuple[int, int]:
    """Annotations and predictions on these tasks."""
    query = sa.select(*_SUMS).where(ids_in(dialect, task.c.id, ids))
    row = conn.execute(query).one()
    return int(row[0]), int(row[1])


def scan_sums(conn: Connection, table: sa.Table, conditions: Sequence[Truth]) -> tuple[int, int]:
    """Annotations and predictions on the tasks of these rows of an index."""
    query = sa.select(*_SUMS).select_from(table).join(task, task.c.id == table.c.task_id).where(*conditions)
    row = conn.execute(query).one()
    return int(row[0]), int(row[1])


# --- texts --------------------------------------------------------------------------------------------------------

WINDOW = 2_000  # inner ids


def texts_between(
    conn: Connection, tasks: Tasks, test: Test, rest: Truth, after: int
) -> Sequence[tuple[Any, ...]]:
    """`(task id, text)` of what a test looks at, of WINDOW inner ids behind `after`, where `rest` holds."""
    window = sa.and_(
        task.c.project_id == tasks.project_id,
        task.c.inner_id > after,
        task.c.inner_id <= after + WINDOW,
        rest,
    )
    if test.field.kind == "results":
        _, table = results_of(test)
        query: sa.Select[Any] = (
            sa.select(task.c.id, table.c.result).join(table, table.c.task_id == task.c.id).where(window)
        )
        return raw_rows(conn, query.where(table.c.result.is_not(None)).order_by(task.c.inner_id), {})
    columns: list[Any] = [task.c.id, tasks.text(test).label("text")]
    found = raw_rows(conn, sa.select(*columns).where(window).order_by(task.c.inner_id), {})
    return [row for row in found if row[1] is not None]


# --- views --------------------------------------------------------------------------------------------------------

_SEEN = sa.select(view).join(project, project.c.id == view.c.project_id).where(VISIBLE)
_IN_PLACE = (view.c.project_id, view.c.position, view.c.id)


def views(conn: Connection, actor: Actor, project_id: int | None) -> Sequence[Row[Any]]:
    """The views that exist for the caller, of one project or of all, in their order."""
    query = _SEEN if project_id is None else _SEEN.where(view.c.project_id == project_id)
    return conn.execute(query.order_by(*_IN_PLACE), binds(actor)).all()


def view_by_id(conn: Connection, actor: Actor, view_id: int) -> Row[Any] | None:
    return conn.execute(_SEEN.where(view.c.id == view_id), binds(actor)).one_or_none()


def next_position(conn: Connection, project_id: int) -> int:
    """The place behind all views of a project."""
    query = sa.select(sa.func.max(view.c.position)).where(view.c.project_id == project_id)
    last = conn.execute(query).scalar()
    return 0 if last is None else int(last) + 1


def insert_view(conn: Connection, **values: Any) -> int:
    return int(conn.execute(view.insert().values(**values)).inserted_primary_key[0])  # type: ignore[index]


def update_view(conn: Connection, view_id: int, **values: Any) -> None:
    conn.execute(view.update().where(view.c.id == view_id).values(**values))


def lock_view(conn: Connection, view_id: int) -> Row[Any] | None:
    """The view's row, held until the end of the transaction."""
    return conn.execute(sa.select(view).where(view.c.id == view_id).with_for_update()).one_or_none()


def delete_view(conn: Connection, view_id: int) -> None:
    conn.execute(view.delete().where(view.c.id == view_id))


def delete_views(conn: Connection, project_id: int) -> None:
    conn.execute(view.delete().where(view.c.project_id == project_id))


def place_views(conn: Connection, project_id: int, ids: Sequence[int]) -> None:
    """Give the views of a project the places of this list."""
    of_id = sa.and_(view.c.project_id == project_id, view.c.id == sa.bindparam("of_id"))
    statement = view.update().where(of_id).values(position=sa.bindparam("at"))
    if ids:
        conn.execute(statement, [{"of_id": each, "at": place} for place, each in enumerate(ids)])


# --- for actions --------------------------------------------------------------------------------------------------

_COPIED: tuple[Any, ...] = (
    task.c.id, task.c.data, task.c.total_annotations, task.c.cancelled_annotations, task.c.total_predictions,
)  # fmt: skip
# Task id, JSON text of its data, and how many annotations, cancelled ones and predictions it has.
Copied = tuple[int, str, int, int, int]


def copies(conn: Connection, project_id: int, ids: Sequence[int]) -> Sequence[Copied]:
    """What tells of tasks whether they are copies and whether somebody worked on them, by id."""
    inside = ids_in(dialect_of(conn), task.c.id, ids)
    query = sa.select(*_COPIED).where(without_index(task.c.project_id) == project_id, inside)
    rows: Any = raw_rows(conn, query.order_by(task.c.id), {})
    found: Sequence[Copied] = rows
    return found


def drafted(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these tasks have a draft of anybody."""
    if not ids:
        return set()
    inside = ids_in(dialect_of(conn), draft.c.task_id, ids)
    return set(conn.execute(sa.select(draft.c.task_id).distinct().where(inside)).scalars())


def results_of_tasks(
    conn: Connection, ids: Sequence[int], *, predictions: bool
) -> dict[int, list[str | None]]:
    """Task id → JSON texts of the results on it, by id of annotation or prediction."""
    table = prediction if predictions else annotation
    query: sa.Select[Any] = (
        sa.select(table.c.task_id, table.c.result)
        .where(ids_in(dialect_of(conn), table.c.task_id, ids))
        .order_by(table.c.id)
    )
    found: dict[int, list[str | None]] = {}
    for task_id, result in raw_rows(conn, query, {}):
        found.setdefault(task_id, []).append(result)
    return found


def model_versions(conn: Connection, project_id: int) -> list[str]:
    """The versions of the project's predictions."""
    query = sa.select(prediction.c.model_version).distinct().where(prediction.c.project_id == project_id)
    return sorted(each for each in conn.execute(query).scalars() if each)


def up_to(inner_id: int) -> Truth:
    """The tasks with no higher inner id."""
    condition: Truth = task.c.inner_id <= inner_id
    return condition
