"""All SQL of exports: batches of tasks by key, and what hangs on them."""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from labelyard.db.schema import annotation, draft, file_upload, prediction, task
from labelyard.kit.db.dialect import raw_rows

Rows: TypeAlias = Sequence[tuple[Any, ...]]

# Ids of a batch are close together as a rule; a range then costs less than a list of parameters.
_DENSE = 4

_TASK_COLUMNS = (
    task.c.id,
    task.c.inner_id,
    task.c.data,
    task.c.meta,
    task.c.allow_skip,
    task.c.total_annotations,
    task.c.cancelled_annotations,
    task.c.total_predictions,
    task.c.file_upload_id,
    task.c.created_at,
    task.c.updated_at,
    task.c.updated_by,
)
_ANNOTATED = task.c.total_annotations + task.c.cancelled_annotations > 0
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
_PAGE_ANNOTATED = _PAGE.where(_ANNOTATED)
_LAST = sa.select(sa.func.max(task.c.inner_id)).where(task.c.project_id == sa.bindparam("project_id"))

_ANNOTATION_COLUMNS = (
    annotation.c.id,
    annotation.c.task_id,
    annotation.c.completed_by,
    annotation.c.result,
    annotation.c.was_cancelled,
    annotation.c.ground_truth,
    annotation.c.created_at,
    annotation.c.updated_at,
    annotation.c.draft_created_at,
    annotation.c.lead_time,
    annotation.c.result_count,
    annotation.c.unique_id,
    annotation.c.import_id,
    annotation.c.last_action,
    annotation.c.bulk_created,
    annotation.c.updated_by,
    annotation.c.parent_prediction,
    annotation.c.parent_annotation,
)


def _within(table: sa.Table, columns: Sequence[sa.Column[Any]]) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """The rows of a project's tasks in a range of ids, and those of a list of tasks."""
    base = sa.select(*columns).order_by(table.c.task_id, table.c.id)
    in_range = base.where(
        table.c.task_id.between(sa.bindparam("first"), sa.bindparam("last")),
        # Not the bare column: its index would lead SQLite through the whole project for every batch.
        table.c.project_id + sa.literal_column("0", sa.BigInteger) == sa.bindparam("project_id"),
    )
    return in_range, base.where(table.c.task_id.in_(sa.bindparam("ids", expanding=True)))


_ANNOTATIONS = _within(annotation, _ANNOTATION_COLUMNS)
_PREDICTION_IDS = _within(prediction, (prediction.c.id, prediction.c.task_id))
_DRAFT_IDS = _within(draft, (draft.c.id, draft.c.task_id))


def last_inner_id(conn: Connection, project_id: int) -> int:
    return conn.execute(_LAST, {"project_id": project_id}).scalar() or 0


def page(conn: Connection, project_id: int, after: int, last: int, size: int, *, annotated: bool) -> Rows:
    """Up to `size` tasks with after < inner id <= last, in order; `annotated`: only those with an annotation."""
    values = {"project_id": project_id, "after": after, "last": last, "size": size}
    return raw_rows(conn, _PAGE_ANNOTATED if annotated else _PAGE, values)


def by_ids(conn: Connection, project_id: int, ids: Collection[int], *, annotated: bool) -> Rows:
    """The project's tasks with these ids, by inner id."""
    query = sa.select(*_TASK_COLUMNS).where(task.c.project_id == project_id, task.c.id.in_(ids))
    query = query.where(_ANNOTATED) if annotated else query
    return raw_rows(conn, query.order_by(task.c.inner_id), {})


def annotations(conn: Connection, project_id: int, task_ids: Sequence[int]) -> Rows:
    """Annotations by task and id: all of these tasks, and maybe those of tasks between them."""
    return _fetch(conn, _ANNOTATIONS, project_id, task_ids)


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
        return raw_rows(conn, pair[0], {"first": first, "last": last, "project_id": project_id})
    return raw_rows(conn, pair[1], {"ids": list(task_ids)})


def upload_keys(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """File upload id → object key."""
    if not ids:
        return {}
    rows = conn.execute(sa.select(file_upload.c.id, file_upload.c.key).where(file_upload.c.id.in_(ids)))
    return {row.id: row.key for row in rows}
