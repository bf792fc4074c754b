"""All SQL of predictions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db import schema
from labelyard.kit.db import columns as columnwise
from labelyard.kit.db.columns import Column
from labelyard.kit.db.dialect import insert_rows, raw_rows, without_index
from labelyard.kit.db.prepared import Prepared

prediction, task, project = schema.prediction, schema.task, schema.project

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
CHUNK = 500

_SEEN = sa.select(prediction).join(project, project.c.id == prediction.c.project_id).where(VISIBLE)
_BY_ID = _SEEN.where(prediction.c.id == sa.bindparam("id"))
_TASK = (
    sa.select(
        task.c.id,
        task.c.project_id,
        project.c.label_config,
        project.c.model_version,
        project.c.show_collab_predictions,
        MEMBER_ROLE,
    )
    .join(project, project.c.id == task.c.project_id)
    .where(VISIBLE, task.c.id == sa.bindparam("task"))
)


def by_id(conn: Connection, actor: Actor, prediction_id: int) -> AnyRow | None:
    return conn.execute(_BY_ID, {"id": prediction_id, **binds(actor)}).first()


def task_row(conn: Connection, actor: Actor, task_id: int, *, lock: bool = False) -> AnyRow | None:
    """The task with what its project says about predictions, and the caller's `member_role`."""
    statement = _TASK.with_for_update(of=task) if lock else _TASK
    return conn.execute(statement, {"task": task_id, **binds(actor)}).first()


def page(
    conn: Connection,
    actor: Actor,
    after: int,
    limit: int,
    *,
    task_id: int | None,
    project_id: int | None,
) -> Sequence[AnyRow]:
    """Predictions with an id above `after`, by id, of a task, a project or all that the caller sees."""
    statement = _SEEN.where(prediction.c.id > after)
    if task_id is not None:
        statement = statement.where(prediction.c.task_id == task_id)
    if project_id is not None:
        statement = statement.where(prediction.c.project_id == project_id)
    return conn.execute(statement.order_by(prediction.c.id).limit(limit), binds(actor)).all()


_OF_TASKS = (
    sa.select(prediction)
    .where(prediction.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
    .order_by(prediction.c.task_id, prediction.c.id)
)
_OF_VERSION = _OF_TASKS.where(prediction.c.model_version == sa.bindparam("version"))


_OF_ONE = sa.select(prediction).where(prediction.c.task_id == sa.bindparam("task")).order_by(prediction.c.id)
_ALL_OF_ONE = Prepared(_OF_ONE)
_VERSION_OF_ONE = Prepared(_OF_ONE.where(prediction.c.model_version == sa.bindparam("version")))


def of_tasks(conn: Connection, ids: Sequence[int], model_version: str | None) -> Iterator[AnyRow]:
    if len(ids) == 1:  # what "next" asks
        one = _VERSION_OF_ONE if model_version else _ALL_OF_ONE
        values = {"task": ids[0], "version": model_version} if model_version else {"task": ids[0]}
        yield from one.all(conn, values)
        return
    rest = iter(ids)
    while part := list(islice(rest, CHUNK)):
        if model_version:
            yield from conn.execute(_OF_VERSION, {"tasks": part, "version": model_version})
        else:
            yield from conn.execute(_OF_TASKS, {"tasks": part})


def insert(conn: Connection, values: Mapping[str, Any]) -> AnyRow:
    return conn.execute(sa.insert(prediction).returning(*prediction.c), values).one()


def insert_many(conn: Connection, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    insert_rows(conn, prediction, columns, rows)


def insert_columns(conn: Connection, rows: int, columns: Mapping[str, Column]) -> None:
    columnwise.insert_columns(conn, prediction, rows, columns)


def update(conn: Connection, prediction_id: int, values: Mapping[str, Any]) -> AnyRow:
    statement = sa.update(prediction).where(prediction.c.id == prediction_id)
    return conn.execute(statement.values(**values).returning(*prediction.c)).one()


def delete(conn: Connection, prediction_id: int) -> None:
    conn.execute(sa.delete(prediction).where(prediction.c.id == prediction_id))


def delete_of_tasks(conn: Connection, ids: Sequence[int], model_version: str | None = None) -> int:
    query = sa.delete(prediction).where(_within(prediction.c.task_id, ids))
    if model_version is not None:
        query = query.where(prediction.c.model_version == model_version)
    return conn.execute(query).rowcount


_STANDING = (
    task.c.id,
    task.c.total_predictions,
    task.c.score,
    task.c.mean_score,
    task.c.overlap,
    task.c.free_slots,
)
_SCORES = (prediction.c.task_id, prediction.c.score, prediction.c.model_version)
_SET = (
    sa.update(task)
    .where(task.c.id == sa.bindparam("task"))
    .values(
        total_predictions=sa.bindparam("total"),
        score=sa.bindparam("lowest", type_=sa.Float),
        mean_score=sa.bindparam("mean", type_=sa.Float),
    )
)


def lock_tasks(conn: Connection, project_id: int, ids: Sequence[int]) -> Sequence[AnyRow]:
    """What these tasks (sorted ids) of a project have counted of their predictions, by id; their rows are locked."""
    inside = sa.and_(without_index(task.c.project_id) == project_id, _within(task.c.id, ids))
    return conn.execute(sa.select(*_STANDING).where(inside).order_by(task.c.id).with_for_update()).all()


def scores(conn: Connection, ids: Sequence[int]) -> Sequence[tuple[Any, ...]]:
    """`(task, score, model version)` of each prediction of tasks (sorted ids)."""
    return raw_rows(conn, sa.select(*_SCORES).where(_within(prediction.c.task_id, ids)), {})


def set_scores(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store `total`, `lowest` and `mean` score of each `task`."""
    conn.execute(_SET, rows)


def _within(column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    """Column in `ids` (sorted); a range where they are consecutive, as freshly made ones are."""
    if ids and ids[-1] - ids[0] + 1 == len(ids):
        return column.between(ids[0], ids[-1])
    return column.in_(ids)


def name_model_version(conn: Connection, project_id: int, model_version: str) -> str:
    """Make it the project's version when that has none; the project's version."""
    conn.execute(
        sa.update(project)
        .where(project.c.id == project_id, project.c.model_version == "")
        .values(model_version=model_version)
    )
    now: str = conn.execute(sa.select(project.c.model_version).where(project.c.id == project_id)).scalar_one()
    return now


# --- rewriting for another label config -----------------------------------------------------------------------------


def of_project(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """Predictions with an id above `after`, by id, their rows locked."""
    query = sa.select(prediction).where(without_index(prediction.c.project_id) == project_id)
    return conn.execute(
        query.where(prediction.c.id > after).order_by(prediction.c.id).limit(limit).with_for_update()
    ).all()


def by_ids(conn: Connection, ids: Sequence[int]) -> Sequence[AnyRow]:
    """Predictions with these ids, their rows locked."""
    query = sa.select(prediction).where(prediction.c.id.in_(ids)).order_by(prediction.c.id)
    return conn.execute(query.with_for_update()).all()
