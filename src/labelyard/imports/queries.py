"""All SQL of imports."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import (
    annotation,
    annotation_event,
    draft,
    file_upload,
    idempotency_key,
    import_,
    import_change,
    job,
    project,
    task,
)
from labelyard.kit.db.dialect import upsert, without_index
from labelyard.kit.db.prepared import Prepared
from labelyard.tasks.changing import Before

_COLUMNS = (
    import_,
    job.c.progress.label("job_progress"),
    job.c.total.label("job_total"),
    job.c.state.label("job_state"),
)


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    result = conn.execute(import_.insert().values(**values))
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def update(conn: Connection, import_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(import_.update().where(import_.c.id == import_id).values(**values))


def by_id(conn: Connection, import_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(import_).where(import_.c.id == import_id)).one_or_none()


def of_project(conn: Connection, project_id: int, import_id: int) -> Row[Any] | None:
    """The import with the progress of its job."""
    return conn.execute(
        sa.select(*_COLUMNS)
        .join(job, job.c.id == import_.c.job_id, isouter=True)
        .where(import_.c.id == import_id, import_.c.project_id == project_id)
    ).one_or_none()


def list_newest(conn: Connection, project_id: int, limit: int) -> Sequence[Row[Any]]:
    return conn.execute(
        sa.select(*_COLUMNS)
        .join(job, job.c.id == import_.c.job_id, isouter=True)
        .where(import_.c.project_id == project_id)
        .order_by(import_.c.id.desc())
        .limit(limit)
    ).all()


def organization_of(conn: Connection, project_id: int) -> int | None:
    return conn.execute(sa.select(project.c.organization_id).where(project.c.id == project_id)).scalar()


def live_sources(conn: Connection) -> list[str]:
    """`source` of the imports that are under way."""
    query = sa.select(import_.c.source).where(import_.c.status.in_(["created", "in_progress"]))
    return list(conn.execute(query).scalars())


def args_of_live_jobs(conn: Connection, kind: str) -> list[dict[str, Any]]:
    """`args` of the jobs of a kind that are not over."""
    query = sa.select(job.c.args).where(
        job.c.kind == kind, job.c.state.in_(["queued", "running", "cancelling"])
    )
    return [json.loads(text) for text in conn.execute(query).scalars()]


def counts_with_rejects(conn: Connection, project_id: int) -> list[str]:
    """`counts` of the project's imports that have a reject file."""
    query = sa.select(import_.c.counts).where(
        import_.c.project_id == project_id, import_.c.counts.contains('"rejects":"', autoescape=True)
    )
    return list(conn.execute(query).scalars())


def tasks_of_uploads(conn: Connection, project_id: int, upload_ids: Collection[int]) -> list[int]:
    """Ids of the tasks that were made from these uploads."""
    query = sa.select(task.c.id).where(
        task.c.project_id == project_id,
        task.c.file_upload_id.in_(upload_ids),
        task.c.file_upload_id.is_not(None),
    )
    return list(conn.execute(query.order_by(task.c.id)).scalars())


_LOCK = Prepared(sa.select(import_).where(import_.c.id == sa.bindparam("import_id")).with_for_update())


def lock(conn: Connection, import_id: int) -> Row[Any] | None:
    """The import's row, held until the end of the transaction."""
    return _LOCK.first(conn, {"import_id": import_id})


def mark_cancelled(conn: Connection, import_id: int) -> None:
    conn.execute(import_.update().where(import_.c.id == import_id).values(cancelled=True))


# --- taking back --------------------------------------------------------------------------------------------------


def tasks_of_import(
    conn: Connection, project_id: int, import_id: int, first: int, last: int, limit: int
) -> list[int]:
    """Up to `limit` ids from `first` to `last` of the tasks that an import made, in order; held by the transaction."""
    query = (
        sa.select(task.c.id)
        .where(
            task.c.id.between(first, last),
            without_index(task.c.project_id) == project_id,
            task.c.import_id == import_id,
        )
        .order_by(task.c.id)
        .limit(limit)
        .with_for_update()
    )
    return list(conn.execute(query).scalars())


def count_of_import(conn: Connection, project_id: int, import_id: int, first: int, last: int) -> int:
    query = sa.select(sa.func.count()).where(
        task.c.id.between(first, last),
        without_index(task.c.project_id) == project_id,
        task.c.import_id == import_id,
    )
    return int(conn.execute(query).scalar_one())


_MADE = sa.and_(
    task.c.id.between(sa.bindparam("first"), sa.bindparam("last")),
    task.c.project_id == sa.bindparam("project"),
    task.c.import_id == sa.bindparam("import_id"),
)
_CHANGED_SINCE = sa.exists().where(
    annotation_event.c.annotation_id == annotation.c.id, annotation_event.c.kind != "imported"
)
_WORKED_ON = (
    sa.select(task.c.id)
    .join(annotation, annotation.c.task_id == task.c.id)
    .where(_MADE, _CHANGED_SINCE)
    .union(sa.select(task.c.id).join(draft, draft.c.task_id == task.c.id).where(_MADE))
)


def worked_on(conn: Connection, project_id: int, import_id: int, first: int, last: int) -> set[int]:
    """Which tasks of an import with ids from `first` to `last` have drafts, or annotations that somebody made or changed."""
    values = {"first": first, "last": last, "project": project_id, "import_id": import_id}
    return set(conn.execute(_WORKED_ON, values).scalars())


def keep_changes(conn: Connection, import_id: int, before: Sequence[Before]) -> None:
    """Remember what tasks were before the import changed them; of two changes the first one."""
    if before:
        upsert(
            conn,
            import_change,
            [
                {
                    "import_id": import_id,
                    "task_id": each.task_id,
                    "data": each.data,
                    "meta": each.meta,
                    "changed_at": each.changed_at,
                }
                for each in before
            ],
            key=["import_id", "task_id"],
            update=["changed_at"],
        )


def changes_of(conn: Connection, import_id: int, limit: int) -> list[Before]:
    """What the first `limit` tasks that an import changed were before, by task id."""
    query = sa.select(import_change).where(import_change.c.import_id == import_id)
    rows = conn.execute(query.order_by(import_change.c.task_id).limit(limit))
    return [Before(row.task_id, row.data, row.meta, row.changed_at) for row in rows]


def forget_changes(conn: Connection, import_id: int, last_task_id: int) -> None:
    """Forget the changes of the tasks up to an id."""
    conn.execute(
        import_change.delete().where(
            import_change.c.import_id == import_id, import_change.c.task_id <= last_task_id
        )
    )


def changed_tasks(conn: Connection, import_id: int) -> tuple[list[int], int]:
    """Of the tasks that an import changed: those that were changed again since, and how many are as it left them."""
    rows = conn.execute(
        sa.select(task.c.id, (task.c.updated_at == import_change.c.changed_at).label("same"))
        .select_from(import_change.join(task, task.c.id == import_change.c.task_id))
        .where(import_change.c.import_id == import_id)
        .order_by(task.c.id)
    ).all()
    return [row.id for row in rows if not row.same], sum(bool(row.same) for row in rows)


def uploads_without_tasks(conn: Connection, project_id: int, ids: Collection[int]) -> list[int]:
    """Those of the project's uploads from which no task comes."""
    used = sa.exists().where(task.c.file_upload_id == file_upload.c.id)
    query = sa.select(file_upload.c.id).where(
        file_upload.c.project_id == project_id, file_upload.c.id.in_(ids), ~used
    )
    return list(conn.execute(query).scalars())


# --- keys of requests ---------------------------------------------------------------------------------------------


def key(conn: Connection, project_id: int, user_id: int, text: str) -> Row[Any] | None:
    """What is kept under a key of a user in a project."""
    query = sa.select(idempotency_key).where(
        idempotency_key.c.project_id == project_id,
        idempotency_key.c.user_id == user_id,
        idempotency_key.c.key == text,
    )
    return conn.execute(query).one_or_none()


def add_key(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Keep something under a key; whether the key was free."""
    upsert(conn, idempotency_key, values, key=["project_id", "user_id", "key"])
    row = key(conn, values["project_id"], values["user_id"], values["key"])
    return row is not None and (row.created_at, row.import_id) == (values["created_at"], values["import_id"])


def forget_keys(conn: Connection, before: int) -> None:
    conn.execute(idempotency_key.delete().where(idempotency_key.c.created_at < before))
