"""All SQL of exports: batches of tasks by key, and what hangs on them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from labelyard.db.schema import (
    annotation,
    draft,
    export,
    export_conversion,
    file_upload,
    job,
    prediction,
    task,
)
from labelyard.kit.db.dialect import json_list, raw_rows, without_index

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = Sequence[Row]

# Ids of a batch are close together as a rule; a range then costs less than a list of parameters.
_DENSE = 4
_TASK_AND_ID = itemgetter(1, 0)

# What hardly any row has otherwise than new ones is one column, mostly NULL: reading a column of every row is a good
# part of what an export costs.
_TASK_COLUMNS = (
    task.c.id,
    task.c.inner_id,
    task.c.data,
    task.c.total_annotations,
    task.c.total_predictions,
    task.c.file_upload_id,
    task.c.created_at,
    task.c.updated_at,
    task.c.updated_by,
    sa.case(
        (
            ~task.c.allow_skip | (task.c.cancelled_annotations != 0) | (task.c.meta != "{}"),
            json_list(task.c.allow_skip, task.c.cancelled_annotations, task.c.meta),
        )
    ),
)
_PAGE = (
    sa.select(*_TASK_COLUMNS)
    .where(
        task.c.project_id == sa.bindparam("project_id"),
        task.c.inner_id > sa.bindparam("after"),
        task.c.inner_id <= sa.bindparam("last"),
    )
    .order_by(task.c.inner_id)
    .limit(sa.bindparam("size"))
)


@dataclass(frozen=True, slots=True)
class TaskConditions:
    """Which tasks: None and False ask for nothing.

    `touched`: with any annotation, a skipped one included. `annotated`: with (or without) one that is not skipped.
    `skipped`: with (or without) a skipped one. `finished`: with (or without) all that they should get.
    """

    touched: bool = False
    annotated: bool | None = None
    skipped: bool | None = None
    finished: bool | None = None

    def on(self, query: sa.Select[Any]) -> sa.Select[Any]:
        if self.touched:
            query = query.where(task.c.total_annotations + task.c.cancelled_annotations > 0)
        for wanted, found in (
            (self.annotated, task.c.total_annotations > 0),
            (self.skipped, task.c.cancelled_annotations > 0),
            (self.finished, task.c.is_labeled),
        ):
            if wanted is not None:
                query = query.where(found if wanted else ~found)
        return query


EVERY_TASK = TaskConditions()


@lru_cache(maxsize=64)
def _page(conditions: TaskConditions, records: bool) -> sa.Select[Any]:
    return conditions.on(_RECORD_PAGE if records else _PAGE)


# For records, whose format has little of a task: (id, inner id, data, total and cancelled annotations).
_RECORD_TASKS = (
    task.c.id,
    task.c.inner_id,
    task.c.data,
    task.c.total_annotations,
    task.c.cancelled_annotations,
)
_RECORD_PAGE = _PAGE.with_only_columns(*_RECORD_TASKS)
_LAST = sa.select(sa.func.max(task.c.inner_id)).where(task.c.project_id == sa.bindparam("project_id"))

# Those behind the first six are mostly the same of many annotations, which a writer looks at together.
_ANNOTATION_COLUMNS = (
    annotation.c.id,
    annotation.c.task_id,
    annotation.c.lead_time,
    annotation.c.result,
    annotation.c.unique_id,
    annotation.c.import_id,
    annotation.c.completed_by,
    annotation.c.created_at,
    annotation.c.updated_at,
    annotation.c.result_count,
    annotation.c.last_action,
    annotation.c.updated_by,
    sa.case(
        (
            annotation.c.was_cancelled
            | annotation.c.ground_truth
            | annotation.c.bulk_created
            | annotation.c.draft_created_at.is_not(None)
            | annotation.c.parent_prediction.is_not(None)
            | annotation.c.parent_annotation.is_not(None)
            | annotation.c.prediction.is_not(None),
            json_list(
                annotation.c.was_cancelled,
                annotation.c.ground_truth,
                annotation.c.bulk_created,
                annotation.c.draft_created_at,
                annotation.c.parent_prediction,
                annotation.c.parent_annotation,
                annotation.c.prediction,
            ),
        )
    ),
)


def _within(
    table: sa.Table, columns: Sequence[sa.ColumnElement[Any]], *conditions: sa.ColumnElement[bool]
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """The rows of a project's tasks in a range of ids, and those of a list of tasks."""
    base = sa.select(*columns).where(*conditions).order_by(table.c.task_id)
    in_range = base.where(
        table.c.task_id.between(sa.bindparam("first"), sa.bindparam("last")),
        # Not the bare column: its index would lead SQLite through the whole project for every batch.
        table.c.project_id + sa.literal_column("0", sa.BigInteger) == sa.bindparam("project_id"),
    )
    return in_range, base.where(table.c.task_id.in_(sa.bindparam("ids", expanding=True)))


_ANNOTATIONS = _within(annotation, _ANNOTATION_COLUMNS)
# (id, task id, completed by, result, created at, updated at, lead time), none that was skipped.
_RECORD_ANNOTATIONS = _within(
    annotation,
    (
        annotation.c.id,
        annotation.c.task_id,
        annotation.c.completed_by,
        annotation.c.result,
        annotation.c.created_at,
        annotation.c.updated_at,
        annotation.c.lead_time,
    ),
    ~annotation.c.was_cancelled,
)
_PREDICTION_IDS = _within(prediction, (prediction.c.id, prediction.c.task_id))
_DRAFT_IDS = _within(draft, (draft.c.id, draft.c.task_id))


def last_inner_id(conn: Connection, project_id: int) -> int:
    return conn.execute(_LAST, {"project_id": project_id}).scalar() or 0


def page(
    conn: Connection,
    project_id: int,
    after: int,
    last: int,
    size: int,
    conditions: TaskConditions,
    *,
    records: bool = False,
) -> Rows:
    """Up to `size` tasks with after < inner id <= last that meet the conditions, in order.

    `records`: only what records have, (id, inner id, data, total_annotations, cancelled_annotations).
    """
    values = {"project_id": project_id, "after": after, "last": last, "size": size}
    return raw_rows(conn, _page(conditions, records), values)


def by_ids(
    conn: Connection,
    project_id: int,
    ids: Collection[int],
    conditions: TaskConditions,
    *,
    records: bool = False,
) -> Rows:
    """The project's tasks with these ids that meet the conditions, by inner id. `records` as `page`."""
    query = sa.select(*(_RECORD_TASKS if records else _TASK_COLUMNS)).where(
        without_index(task.c.project_id) == project_id, task.c.id.in_(ids)
    )
    return raw_rows(conn, conditions.on(query).order_by(task.c.inner_id), {})


def annotations(conn: Connection, project_id: int, task_ids: Sequence[int]) -> Rows:
    """Annotations by task and id: all of these tasks, and maybe those of tasks between them."""
    return _fetch(conn, _ANNOTATIONS, project_id, task_ids)


def record_annotations(conn: Connection, project_id: int, task_ids: Sequence[int]) -> Rows:
    """What records have of annotations that were not skipped, as `annotations`: (id, task_id, completed_by, result,
    created_at, updated_at, lead_time).
    """
    return _fetch(conn, _RECORD_ANNOTATIONS, project_id, task_ids)


def prediction_ids(conn: Connection, project_id: int, task_ids: Sequence[int]) -> Rows:
    """(prediction id, task id), as `annotations`."""
    return _fetch(conn, _PREDICTION_IDS, project_id, task_ids)


def draft_ids(conn: Connection, project_id: int, task_ids: Sequence[int]) -> Rows:
    """(draft id, task id), as `annotations`."""
    return _fetch(conn, _DRAFT_IDS, project_id, task_ids)


def _fetch(
    conn: Connection, pair: tuple[sa.Select[Any], sa.Select[Any]], project_id: int, task_ids: Sequence[int]
) -> Rows:
    if not task_ids:
        return ()
    first, last = min(task_ids), max(task_ids)
    if last - first < _DENSE * len(task_ids):
        rows = raw_rows(conn, pair[0], {"first": first, "last": last, "project_id": project_id})
    else:
        rows = raw_rows(conn, pair[1], {"ids": list(task_ids)})
    # The index goes on with other columns than the id. Sorting what needs it here costs a tenth of what SQLite needs to
    # sort the objects of each task, most of which have one.
    return rows if len({row[1] for row in rows}) == len(rows) else sorted(rows, key=_TASK_AND_ID)


def upload_keys(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """File upload id → object key."""
    if not ids:
        return {}
    rows = conn.execute(sa.select(file_upload.c.id, file_upload.c.key).where(file_upload.c.id.in_(ids)))
    return {row.id: row.key for row in rows}


# --- snapshots ----------------------------------------------------------------------------------------------------

_SNAPSHOT = (export, job.c.progress.label("job_progress"), job.c.total.label("job_total"))


def insert_snapshot(conn: Connection, values: Mapping[str, Any]) -> int:
    result = conn.execute(export.insert().values(**values))
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def update_snapshot(conn: Connection, export_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(export.update().where(export.c.id == export_id).values(**values))


def delete_snapshot(conn: Connection, export_id: int) -> None:
    conn.execute(export.delete().where(export.c.id == export_id))


def snapshot(conn: Connection, export_id: int) -> sa.Row[Any] | None:
    return conn.execute(sa.select(export).where(export.c.id == export_id)).one_or_none()


def snapshots(
    conn: Connection, project_id: int, *, export_id: int | None = None, limit: int = 1000
) -> Sequence[sa.Row[Any]]:
    """Snapshots of a project with the progress of their jobs, newest first; or the one with this id."""
    query = (
        sa.select(*_SNAPSHOT)
        .join(job, job.c.id == export.c.job_id, isouter=True)
        .where(export.c.project_id == project_id)
        .order_by(export.c.id.desc())
        .limit(limit)
    )
    return conn.execute(query if export_id is None else query.where(export.c.id == export_id)).all()


def insert_conversion(conn: Connection, values: Mapping[str, Any]) -> int:
    result = conn.execute(export_conversion.insert().values(**values))
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def update_conversion(conn: Connection, conversion_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(export_conversion.update().where(export_conversion.c.id == conversion_id).values(**values))


def delete_conversion(conn: Connection, conversion_id: int) -> None:
    conn.execute(export_conversion.delete().where(export_conversion.c.id == conversion_id))


def conversion(conn: Connection, conversion_id: int) -> sa.Row[Any] | None:
    query = sa.select(export_conversion).where(export_conversion.c.id == conversion_id)
    return conn.execute(query).one_or_none()


def conversions(conn: Connection, export_ids: Collection[int]) -> Sequence[sa.Row[Any]]:
    """Conversions of these snapshots, by id."""
    query = sa.select(export_conversion).where(export_conversion.c.export_id.in_(export_ids))
    return conn.execute(query.order_by(export_conversion.c.id)).all()


def keys_of_project(conn: Connection, project_id: int) -> list[str]:
    """Object keys of all files of the project's snapshots."""
    own = sa.select(export.c.key).where(export.c.project_id == project_id, export.c.key.is_not(None))
    made = (
        sa.select(export_conversion.c.key)
        .join(export, export.c.id == export_conversion.c.export_id)
        .where(export.c.project_id == project_id, export_conversion.c.key.is_not(None))
    )
    return [row[0] for query in (own, made) for row in conn.execute(query)]
