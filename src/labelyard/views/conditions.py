"""Filters and orders as conditions and expressions over the table `task`. Part of this slice's queries."""

import json
import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from labelyard.db.schema import annotation, prediction, task
from labelyard.indexes import service as indexes
from labelyard.indexes.service import PREFIX, Index, Kind
from labelyard.kit.db import jsonsql
from labelyard.kit.db.database import Dialect
from labelyard.kit.db.dialect import ids_in
from labelyard.kit.db.search import GRAM
from labelyard.views import expressions
from labelyard.views.expressions import HAS_ANNOTATIONS, HAS_PREDICTIONS, Expression
from labelyard.views.filters import Group, Node, Range, Test
from labelyard.views.ordering import Order

Truth = ColumnElement[bool]
_EMPTY_TEXTS = ("", "[]", "{}")


class Behind(Exception):
    """An index lacks a few tasks: add them (`indexes.service.catch_up`) and ask again."""

    def __init__(self, project_id: int, kind: Kind, path: str) -> None:
        super().__init__()
        self.project_id, self.kind, self.path = project_id, kind, path


@dataclass(slots=True)
class Tasks:
    """The tasks of one project as filters see them.

    `indexes` as `indexes.service.known` gives them; `matched` has the ids that pass the regex tests. What could have
    been quicker with an index is noted in `wanted`. `impatient`: rather raise Behind than go without an index that
    lacks a few tasks.
    """

    dialect: Dialect
    project_id: int
    model_version: str
    indexes: Mapping[tuple[str, str], Index] = field(default_factory=dict)
    matched: Mapping[Test, Collection[int]] = field(default_factory=dict)
    impatient: bool = False
    wanted: dict[tuple[Kind, str], None] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)  # index id → when its use was noted last

    def index(self, kind: Kind, path: str) -> Index | None:
        found = self.indexes.get((kind, path))
        if found is None or not found.complete:
            self.wanted[kind, path] = None
            if self.impatient and found is not None and found.behind <= indexes.BATCH:
                raise Behind(self.project_id, kind, path)
        if found is not None:
            self.used[found.id] = found.used_at
        return found

    # --- tests ----------------------------------------------------------------------------------------------------

    def truth(self, node: Node) -> Truth:
        """The condition on a task: true or false, never NULL."""
        if isinstance(node, Group):
            parts = [self.truth(each) for each in node.parts]
            return (sa.or_ if node.conjunction == "or" else sa.and_)(*parts) if parts else sa.true()
        positive = self._positive(node)
        return ~positive if node.negated else positive

    def _positive(self, test: Test) -> Truth:
        if test.operator == "regex":
            return ids_in(self.dialect, task.c.id, self.matched[test])
        picked = self.pick(test)
        if picked is None:
            return self.look(test)
        inside: Truth = task.c.id.in_(picked.ids)
        return inside if picked.exact else sa.and_(inside, self.look(test))

    def look(self, test: Test) -> Truth:
        """The condition by a look at the task itself."""
        kind, key = test.field.kind, test.field.key
        if kind == "everything":
            return jsonsql.any_contains(self.dialect, task.c.data, (), test.value)
        if kind == "users":
            return self._users(test)
        if kind == "ids":
            return self._annotation(annotation.c.id, test)
        if kind == "versions":
            return self._versions(test)
        if kind == "results":
            return self._results(test)
        if key is None:
            found = expressions.column(test.field, self.model_version)
            return compare(self.dialect, test, found, counts=kind == "count")
        if test.operator == "contains":
            return expressions.data_contains(self.dialect, key, test.value)
        if test.compared == "number":
            return compare(self.dialect, test, expressions.data_number(self.dialect, key))
        return compare(self.dialect, test, expressions.data_text(self.dialect, key))

    def _annotation(self, column: Expression, test: Test) -> Truth:
        """Whether a column of some annotation of the task has one of the values, or (`empty`) none has any."""
        of_task = annotation.c.task_id == task.c.id
        if test.operator == "empty":
            return ~sa.and_(HAS_ANNOTATIONS, sa.exists().where(of_task, column.is_not(None)))
        return sa.and_(HAS_ANNOTATIONS, sa.exists().where(of_task, column.in_(list(test.value))))

    def _users(self, test: Test) -> Truth:
        if test.field.name != "updated_by":
            return self._annotation(annotation.c.completed_by, test)
        if test.operator == "empty":
            return task.c.updated_by.is_(None)
        return sa.func.coalesce(task.c.updated_by.in_(list(test.value)), sa.false())

    def _versions(self, test: Test) -> Truth:
        if test.operator == "empty":
            return ~HAS_PREDICTIONS
        predicted = prediction.c.task_id == task.c.id
        named = prediction.c.model_version.in_(list(test.value))
        return sa.and_(HAS_PREDICTIONS, sa.exists().where(predicted, named))

    def _results(self, test: Test) -> Truth:
        has, table = results_of(test)
        if test.operator == "empty":
            return ~has
        of_task = table.c.task_id == task.c.id
        if test.operator == "equal":
            if not _is_json(test.value):
                return sa.false()
            same = jsonsql.same_json(self.dialect, table.c.result, test.value)
            return sa.and_(has, sa.exists().where(of_task, table.c.result.is_not(None), same))
        # Clients write letters beyond ASCII as they are or escaped, and results stay as they were written.
        spellings = dict.fromkeys((test.value, json.dumps(test.value)[1:-1]))
        found = sa.or_(*(jsonsql.contains(self.dialect, table.c.result, each) for each in spellings))
        return sa.and_(has, sa.exists().where(of_task, found))

    # --- indexes --------------------------------------------------------------------------------------------------

    def pick(self, node: Node) -> "Picked | None":
        """Ids that an index knows to pass the test (for `negated` ones: its positive form); None without an index."""
        if isinstance(node, Group):
            return None
        if node.operator == "contains" and node.field.kind in ("data", "everything"):
            if len(node.value) < GRAM and node.field.kind == "data":
                return None
            index = self.index("search", indexes.SEARCH)
            if index is None:
                return None
            inside = indexes.matching(self.dialect, index, node.value).subquery()
            return Picked(self._with_newer(index, node, sa.select(inside.c.rowid)), node.field.kind != "data")
        kind = index_kind(node)
        if kind is None or node.field.key is None:
            return None
        index = self.index(kind, node.field.key.spec)
        if index is None:
            return None
        ids = sa.select(index.table.c.task_id).where(*index_condition(self.dialect, index, node))
        return Picked(self._with_newer(index, node, ids), True)

    def _with_newer(self, index: Index, test: Test, ids: sa.Select[Any]) -> sa.Select[Any]:
        if index.complete:
            return ids
        newer = sa.and_(task.c.project_id == self.project_id, task.c.inner_id > index.upto_inner_id)
        together = sa.union_all(ids, sa.select(task.c.id).where(newer, self.look(test))).subquery()
        return sa.select(next(iter(together.c)))

    def text(self, test: Test) -> Expression:
        """The text that a test of texts looks at. Not for results, of which a task has several."""
        if test.field.key is None:
            return expressions.column(test.field, self.model_version)
        return expressions.data_text(self.dialect, test.field.key)

    def order_index(self, order: Sequence[Order]) -> Index | None:
        """The index that has all tasks in this order; None without one."""
        if len(order) != 1 or order[0].field.key is None:
            return None
        index = self.index("number" if order[0].numeric else "text", order[0].field.key.spec)
        return index if index is not None and index.complete else None

    def order(self, key: Order) -> Expression:
        """What a key of an order sorts by."""
        if key.field.key is None:
            found = expressions.column(key.field, self.model_version)
            text = key.field.kind in ("text", "versions")
            return expressions.bytewise(self.dialect, found) if text else found
        if key.numeric:
            return expressions.data_number(self.dialect, key.field.key)
        beginning = expressions.beginning(expressions.data_text(self.dialect, key.field.key))
        return expressions.bytewise(self.dialect, beginning)


@dataclass(frozen=True, slots=True)
class Picked:
    """A query for ids; not `exact`: some of them may fail the test after all."""

    ids: sa.Select[Any]
    exact: bool


def results_of(test: Test) -> tuple[Truth, sa.Table]:
    """Where a test of results looks: the condition for there being any, and their table."""
    if test.field.name == "annotations_results":
        return HAS_ANNOTATIONS, annotation
    return HAS_PREDICTIONS, prediction


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return "\\u0000" not in text


def compare(dialect: Dialect, test: Test, value: Expression, *, counts: bool = False) -> Truth:
    """The positive form of a test on a value; a NULL passes `empty` only."""
    if test.operator == "empty":
        if counts:
            nothing: Truth = value == sa.literal_column("0")
            return nothing
        if test.compared == "text":
            return sa.func.coalesce(value.in_(_EMPTY_TEXTS), sa.true())
        return value.is_(None)
    return sa.func.coalesce(_holds(dialect, test, value), sa.false())


def _holds(dialect: Dialect, test: Test, value: Any) -> Truth:
    """The test on a value that is there."""
    wanted, kind = test.value, test.operator
    if test.compared == "boolean":
        if test.field.kind == "data":
            return sa.func.lower(value) == ("true" if wanted else "false")
        found: Truth = value == (sa.true() if wanted else sa.false())
        return found
    if kind in ("contains", "starts_with", "ends_with"):
        where = {"contains": "inside", "starts_with": "start", "ends_with": "end"}[kind]
        return jsonsql.contains(dialect, value, wanted, where=where)
    if isinstance(value.type, sa.Integer):
        return _whole(kind, value, wanted)
    if test.compared == "number":
        return _compared(
            kind, value if isinstance(value.type, sa.Float) else sa.cast(value, sa.Double()), wanted
        )
    if kind in ("equal", "one_of"):
        return _compared(kind, value, wanted)
    return _compared(kind, expressions.bytewise(dialect, expressions.beginning(value)), _short(wanted))


def _short(wanted: Any) -> Any:
    """A text, or a range of texts, as far as texts are compared."""
    if isinstance(wanted, Range):
        return Range(_short(wanted.low), _short(wanted.high))
    return None if wanted is None else wanted[:PREFIX]


_BEYOND = 2**62  # farther than any id, count or time


def _whole(kind: str, value: Any, wanted: Any) -> Truth:
    """A whole number compared with any numbers, as whole numbers, so that an index on it can be used."""

    def up(number: float) -> int:
        return math.ceil(max(-_BEYOND, min(number, _BEYOND)))

    def down(number: float) -> int:
        return math.floor(max(-_BEYOND, min(number, _BEYOND)))

    if kind in ("equal", "one_of"):
        numbers = wanted if kind == "one_of" else (wanted,)
        return _compared(
            "one_of", value, [int(each) for each in numbers if abs(each) <= _BEYOND and each == int(each)]
        )
    if kind == "between":
        low, high = wanted.low, wanted.high
        return _compared(
            kind, value, Range(None if low is None else up(low), None if high is None else down(high))
        )
    return _compared(kind, value, down(wanted) if kind in ("less_or_equal", "greater") else up(wanted))


def _compared(kind: str, value: Any, wanted: Any) -> Truth:
    if kind == "between":
        ends = []
        if wanted.low is not None:
            ends.append(value >= wanted.low)
        if wanted.high is not None:
            ends.append(value <= wanted.high)
        return sa.and_(*ends)
    found: Truth = _COMPARE[kind](value, wanted)
    return found


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "one_of": lambda value, wanted: value.in_(list(wanted)),
    "equal": operator.eq,
    "less": operator.lt,
    "less_or_equal": operator.le,
    "greater": operator.gt,
    "greater_or_equal": operator.ge,
}


# --- indexes ------------------------------------------------------------------------------------------------------


def index_kind(test: Test) -> Kind | None:
    """The kind of index that answers a test of data; None where none does."""
    if test.field.key is None or test.operator in ("contains", "starts_with", "ends_with", "regex"):
        return None
    if test.compared == "number":
        return "number"
    if test.compared != "text":
        return None
    # An index holds the beginnings of texts, which does not tell long ones apart.
    texts = test.value if test.operator == "one_of" else (test.value,) if test.operator == "equal" else ()
    return None if any(len(each) >= PREFIX for each in texts) else "text"


def index_condition(dialect: Dialect, index: Index, test: Test | None) -> list[Truth]:
    """The rows of an index that pass a test (its positive form); without a test all of them."""
    table = index.table
    of_index = table.c.index_id == index.id
    if test is None:
        return [of_index]
    if test.operator != "empty":
        return [of_index, table.c.missing.is_(False), _holds(dialect, test, table.c.value)]
    if index.kind == "number":
        return [of_index, table.c.missing.is_(True)]
    return [of_index, sa.or_(table.c.missing.is_(True), table.c.value.in_(_EMPTY_TEXTS))]
