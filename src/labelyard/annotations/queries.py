"""All SQL of annotations, their events and drafts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db import schema
from labelyard.kit.db import columns as columnwise
from labelyard.kit.db.columns import Column
from labelyard.kit.db.dialect import dialect_of, ids_in, insert_rows, is_postgres, without_index
from labelyard.kit.db.prepared import Prepared
from labelyard.storages.outbox import EXPORTED
from labelyard.webhooks.outbox import HOOKED

annotation, event, draft, task, project, prediction = (
    schema.annotation,
    schema.annotation_event,
    schema.draft,
    schema.task,
    schema.project,
    schema.prediction,
)

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
# Host parameters of one statement stay far below what either engine takes.
CHUNK = 500


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while part := list(islice(rest, CHUNK)):
        yield part


# --- the task that is worked on -----------------------------------------------------------------------------------

_TASK = (
    sa.select(
        task.c.id,
        task.c.project_id,
        task.c.rnd,
        task.c.score,
        task.c.mean_score,
        task.c.overlap,
        task.c.free_slots,
        task.c.is_labeled,
        task.c.total_annotations,
        task.c.cancelled_annotations,
        task.c.allow_skip,
        project.c.label_config,
        MEMBER_ROLE,
        HOOKED,
        EXPORTED,
    )
    .join(project, project.c.id == task.c.project_id)
    .where(VISIBLE)
)
_TASK_BY_ID = _TASK.where(task.c.id == sa.bindparam("task"))
_LOCK_TASK = Prepared(_TASK_BY_ID.with_for_update(of=task))
_ANNOTATED = (
    sa.select(annotation.c.task_id).where(annotation.c.id == sa.bindparam("annotation")).scalar_subquery()
)
_LOCK_TASK_OF = _TASK.where(task.c.id == _ANNOTATED).with_for_update(of=task)


def task_row(conn: Connection, actor: Actor, task_id: int) -> AnyRow | None:
    """A task that the caller may see, with the caller's `member_role` in its project."""
    return conn.execute(_TASK_BY_ID, {"task": task_id, **binds(actor)}).first()


def lock_task(conn: Connection, actor: Actor, task_id: int) -> AnyRow | None:
    """The same with its row locked; whoever changes annotations, drafts or leases of a task starts here."""
    return _LOCK_TASK.first(conn, {"task": task_id, **binds(actor)})


def lock_task_of(conn: Connection, actor: Actor, annotation_id: int) -> AnyRow | None:
    """The same for the task that an annotation is on."""
    return conn.execute(_LOCK_TASK_OF, {"annotation": annotation_id, **binds(actor)}).first()


def ids_in_project(conn: Connection, project_id: int, ids: Sequence[int]) -> list[int]:
    """Those of these ids that are tasks of the project."""
    return _in_project(conn, task, project_id, ids)


def annotations_in_project(conn: Connection, project_id: int, ids: Sequence[int]) -> list[int]:
    """Those of these ids that are annotations in the project."""
    return _in_project(conn, annotation, project_id, ids)


def _in_project(conn: Connection, table: sa.Table, project_id: int, ids: Sequence[int]) -> list[int]:
    query = sa.select(table.c.id).where(table.c.id.in_(ids), without_index(table.c.project_id) == project_id)
    return list(conn.scalars(query))


def first_tasks(conn: Connection, project_id: int, limit: int) -> list[int]:
    """Ids of the first tasks of a project."""
    query = sa.select(task.c.id).where(task.c.project_id == project_id).order_by(task.c.id).limit(limit)
    return list(conn.scalars(query))


def recount_tasks(conn: Connection, project_id: int, ids: Sequence[int]) -> dict[str, int]:
    """Set the annotation counters of these tasks from their annotations; the change of the project's counters."""
    inside = sa.and_(without_index(task.c.project_id) == project_id, within(task.c.id, ids))
    totals = sa.select(
        sa.func.coalesce(sa.func.sum(task.c.total_annotations), 0).label("annotations"),
        sa.func.coalesce(sa.func.sum(task.c.cancelled_annotations), 0).label("cancelled"),
        sa.func.coalesce(sa.func.sum(sa.case((task.c.total_annotations > 0, 1), else_=0)), 0).label(
            "annotated"
        ),
    ).where(inside)
    before = conn.execute(totals).one()._mapping
    of_task = sa.select(sa.func.count()).where(annotation.c.task_id == task.c.id)
    conn.execute(
        sa.update(task)
        .where(inside)
        .values(
            total_annotations=of_task.where(~annotation.c.was_cancelled).scalar_subquery(),
            cancelled_annotations=of_task.where(annotation.c.was_cancelled).scalar_subquery(),
        )
    )
    after = conn.execute(totals).one()._mapping
    return {name: int(after[name]) - int(before[name]) for name in ("annotations", "cancelled", "annotated")}


def within(column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    """Column in `ids` (sorted); a range where they are consecutive, as freshly made ones are."""
    if ids and ids[-1] - ids[0] + 1 == len(ids):
        return column.between(ids[0], ids[-1])
    return column.in_(ids)


# --- annotations --------------------------------------------------------------------------------------------------

_INSERT = sa.insert(annotation).returning(*annotation.c)
_BY_ID = sa.select(annotation).where(annotation.c.id == sa.bindparam("id"))
_SEEN = (
    sa.select(annotation)
    .join(project, project.c.id == annotation.c.project_id)
    .where(annotation.c.id == sa.bindparam("id"), VISIBLE)
)
_OF_TASK = (
    sa.select(annotation)
    .where(annotation.c.task_id == sa.bindparam("task"), ~annotation.c.was_cancelled)
    .order_by(annotation.c.id)
)
_WITH_UNIQUE_ID = sa.select(annotation.c.id, annotation.c.task_id, annotation.c.completed_by).where(
    annotation.c.unique_id == sa.bindparam("unique_id")
)
_EVENT = Prepared(
    sa.insert(event),
    columns=("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at"),
)


@lru_cache(maxsize=64)
def _insert_of(columns: tuple[str, ...]) -> Prepared:
    return Prepared(_INSERT, columns=columns)


def insert(conn: Connection, values: Mapping[str, Any]) -> AnyRow:
    """Insert a row; IntegrityError when its unique id is taken."""
    if values.get("unique_id") is None:
        return _insert_of(tuple(sorted(values))).one(conn, values)
    return conn.execute(_INSERT, values).one()


def update(conn: Connection, annotation_id: int, values: Mapping[str, Any]) -> AnyRow:
    statement = sa.update(annotation).where(annotation.c.id == annotation_id)
    return conn.execute(
        statement.values(**values, version=annotation.c.version + 1).returning(*annotation.c)
    ).one()


def delete(conn: Connection, annotation_id: int) -> None:
    conn.execute(sa.delete(annotation).where(annotation.c.id == annotation_id))


def by_id(conn: Connection, annotation_id: int) -> AnyRow | None:
    return conn.execute(_BY_ID, {"id": annotation_id}).first()


def visible(conn: Connection, actor: Actor, annotation_id: int) -> AnyRow | None:
    return conn.execute(_SEEN, {"id": annotation_id, **binds(actor)}).first()


def of_task(conn: Connection, task_id: int) -> Sequence[AnyRow]:
    """The task's annotations that are not cancelled, by id."""
    return conn.execute(_OF_TASK, {"task": task_id}).all()


_OF_TASKS = (
    sa.select(annotation)
    .where(annotation.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
    .order_by(annotation.c.task_id, annotation.c.id)
)
_OWN_OF_TASKS = _OF_TASKS.where(annotation.c.completed_by == sa.bindparam("user"))


def of_tasks(conn: Connection, ids: Sequence[int], *, user_id: int | None = None) -> Iterator[AnyRow]:
    """All annotations of tasks (of one user), by task and id."""
    for part in chunks(ids):
        if user_id is None:
            yield from conn.execute(_OF_TASKS, {"tasks": part})
        else:
            yield from conn.execute(_OWN_OF_TASKS, {"tasks": part, "user": user_id})


def by_ids(conn: Connection, ids: Sequence[int]) -> Iterator[AnyRow]:
    for part in chunks(ids):
        yield from conn.execute(sa.select(annotation).where(annotation.c.id.in_(part)))


def with_unique_id(conn: Connection, unique_id: str) -> AnyRow | None:
    return conn.execute(_WITH_UNIQUE_ID, {"unique_id": unique_id}).first()


def known_unique_ids(conn: Connection, unique_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    rest = iter(unique_ids)
    while part := list(islice(rest, CHUNK)):
        found.update(conn.scalars(sa.select(annotation.c.unique_id).where(annotation.c.unique_id.in_(part))))
    return found


def clear_ground_truth(conn: Connection, task_id: int, keep: int, at: int) -> Sequence[AnyRow]:
    """Unset it on the task's other annotations; those that had it."""
    return conn.execute(
        sa.update(annotation)
        .where(annotation.c.task_id == task_id, annotation.c.id != keep, annotation.c.ground_truth)
        .values(ground_truth=False, version=annotation.c.version + 1, updated_at=at)
        .returning(annotation.c.id, annotation.c.task_id, annotation.c.project_id)
    ).all()


def is_on_task(conn: Connection, table: sa.Table, row_id: int, task_id: int) -> bool:
    query = sa.select(table.c.id).where(table.c.id == row_id, table.c.task_id == task_id)
    return conn.execute(query).first() is not None


def insert_columns(conn: Connection, rows: int, columns: Mapping[str, Column]) -> None:
    columnwise.insert_columns(conn, annotation, rows, columns)


def append_event(conn: Connection, **values: Any) -> None:
    _EVENT.run(conn, values)


def append_events(conn: Connection, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    insert_rows(conn, event, columns, rows)


def result_saved_since(conn: Connection, annotation_id: int, at: int) -> bool:
    """Whether an annotation has an event after that time in which somebody gave it a result."""
    found = sa.exists().where(
        event.c.annotation_id == annotation_id,
        event.c.at > at,
        event.c.result.is_not(None),
        event.c.kind != "migrated",
    )
    return bool(conn.execute(sa.select(found)).scalar())


def append_event_columns(conn: Connection, rows: int, columns: Mapping[str, Column]) -> None:
    columnwise.insert_columns(conn, event, rows, columns)


def delete_of_tasks(
    conn: Connection, columns: Sequence[str], ids: Sequence[int], completed_by: int | None = None
) -> Sequence[AnyRow]:
    """Delete all annotations of tasks, or one person's; these columns (the first: id) of what was deleted, by id."""
    inside = ids_in(dialect_of(conn), annotation.c.task_id, ids)
    statement = sa.delete(annotation).where(inside)
    if completed_by is not None:
        statement = statement.where(annotation.c.completed_by == completed_by)
    rows = conn.execute(statement.returning(*(annotation.c[name] for name in columns))).all()
    return sorted(rows, key=itemgetter(0))


def of_tasks_to_tell(conn: Connection, ids: Sequence[int]) -> Sequence[AnyRow]:
    """`(id, task_id, result, ground_truth)` of all annotations of tasks, by id."""
    columns = (annotation.c.id, annotation.c.task_id, annotation.c.result, annotation.c.ground_truth)
    inside = ids_in(dialect_of(conn), annotation.c.task_id, ids)
    return conn.execute(sa.select(*columns).where(inside).order_by(annotation.c.id)).all()


def insert_from_predictions(
    conn: Connection, ids: Sequence[int], model_versions: Sequence[str] | None, by: int, now: int
) -> Sequence[AnyRow]:
    """Copy predictions of tasks into annotations, but for those that one was made from; the new rows by id."""
    known = annotation.alias("known")
    count = (
        sa.func.json_array_length(sa.cast(prediction.c.result, sa.JSON()))
        if is_postgres(conn)
        else sa.func.json_array_length(prediction.c.result)
    )
    values: dict[str, Any] = {
        "task_id": prediction.c.task_id,
        "project_id": prediction.c.project_id,
        "completed_by": sa.literal(by, sa.BigInteger()),
        "updated_by": sa.literal(by, sa.BigInteger()),
        "result": prediction.c.result,
        "result_count": count,
        "parent_prediction": prediction.c.id,
        "created_at": sa.literal(now, sa.BigInteger()),
        "updated_at": sa.literal(now, sa.BigInteger()),
    }
    chosen = sa.select(*values.values()).where(
        within(prediction.c.task_id, ids),
        ~sa.exists().where(
            known.c.task_id == prediction.c.task_id, known.c.parent_prediction == prediction.c.id
        ),
    )
    if model_versions is not None:
        chosen = chosen.where(prediction.c.model_version.in_(list(model_versions)))
    statement = sa.insert(annotation).from_select(list(values), chosen.order_by(prediction.c.id))
    rows = conn.execute(statement.returning(*annotation.c)).all()
    return sorted(rows, key=lambda row: row.id)


def lock_tasks(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(sa.select(task.c.id).where(within(task.c.id, ids)).order_by(task.c.id).with_for_update())


# --- rewriting for another label config -----------------------------------------------------------------------------


def ids_of_project(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """`(id, task_id)` of a project's annotations with an id above `after`, by id."""
    query = sa.select(annotation.c.id, annotation.c.task_id).where(
        annotation.c.project_id == project_id, annotation.c.id > after
    )
    return conn.execute(query.order_by(annotation.c.id).limit(limit)).all()


_SET_RESULT = (
    sa.update(annotation)
    .where(annotation.c.id == sa.bindparam("row"))
    .values(
        result=sa.bindparam("new_result"),
        result_count=sa.bindparam("new_count"),
        updated_by=sa.bindparam("by"),
        updated_at=sa.bindparam("at"),
        version=annotation.c.version + 1,
    )
)


def set_results(conn: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """Replace results; each mapping has row, new_result, new_count, by, at."""
    conn.execute(_SET_RESULT, values)


def drafts_of_project(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """Drafts with an id above `after`, by id, their rows locked."""
    query = sa.select(draft).where(draft.c.project_id == project_id, draft.c.id > after)
    return conn.execute(query.order_by(draft.c.id).limit(limit).with_for_update()).all()


def drafts_by_ids(conn: Connection, ids: Sequence[int]) -> Sequence[AnyRow]:
    """Drafts with these ids, their rows locked."""
    query = sa.select(draft).where(draft.c.id.in_(ids)).order_by(draft.c.id)
    return conn.execute(query.with_for_update()).all()


# --- drafts -------------------------------------------------------------------------------------------------------

_DRAFT = (
    sa.select(draft)
    .join(project, project.c.id == draft.c.project_id)
    .where(draft.c.id == sa.bindparam("id"), VISIBLE)
)


def draft_row(conn: Connection, actor: Actor, draft_id: int) -> AnyRow | None:
    return conn.execute(_DRAFT, {"id": draft_id, **binds(actor)}).first()


def insert_draft(conn: Connection, values: Mapping[str, Any]) -> AnyRow:
    return conn.execute(sa.insert(draft).returning(*draft.c), values).one()


def update_draft(conn: Connection, draft_id: int, values: Mapping[str, Any]) -> AnyRow:
    return conn.execute(
        sa.update(draft).where(draft.c.id == draft_id).values(**values).returning(*draft.c)
    ).one()


def delete_draft(conn: Connection, draft_id: int) -> None:
    conn.execute(sa.delete(draft).where(draft.c.id == draft_id))


def delete_drafts_of_annotation(conn: Connection, annotation_id: int) -> None:
    conn.execute(sa.delete(draft).where(draft.c.annotation_id == annotation_id))


_DRAFTS = (
    sa.select(draft)
    .where(draft.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
    .order_by(draft.c.task_id, draft.c.id)
)
_OWN_DRAFTS = _DRAFTS.where(draft.c.user_id == sa.bindparam("user"))
_OWN_DRAFTS_OF_ONE = Prepared(
    sa.select(draft)
    .where(draft.c.task_id == sa.bindparam("task"), draft.c.user_id == sa.bindparam("user"))
    .order_by(draft.c.id)
)
_OWN_DRAFTS_OF_ANNOTATION = _OWN_DRAFTS.where(draft.c.annotation_id == sa.bindparam("annotation"))


def drafts_of_tasks(
    conn: Connection, ids: Sequence[int], *, user_id: int | None, annotation_id: int | None = None
) -> Iterator[AnyRow]:
    """Drafts of tasks, by task and id: everybody's, one user's, or one user's on an annotation."""
    if len(ids) == 1 and user_id is not None and annotation_id is None:  # what "next" asks
        yield from _OWN_DRAFTS_OF_ONE.all(conn, {"task": ids[0], "user": user_id})
        return
    values: dict[str, Any] = {}
    statement = _DRAFTS
    if user_id is not None:
        values["user"], statement = user_id, _OWN_DRAFTS
        if annotation_id is not None:
            values["annotation"], statement = annotation_id, _OWN_DRAFTS_OF_ANNOTATION
    for part in chunks(ids):
        yield from conn.execute(statement, {"tasks": part, **values})
