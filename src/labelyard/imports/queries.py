"""All SQL of imports."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import import_, job, project, task

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


def tasks_of_uploads(conn: Connection, project_id: int, upload_ids: Collection[int]) -> list[int]:
    """Ids of the tasks that were made from these uploads."""
    query = sa.select(task.c.id).where(
        task.c.project_id == project_id,
        task.c.file_upload_id.in_(upload_ids),
        task.c.file_upload_id.is_not(None),
    )
    return list(conn.execute(query.order_by(task.c.id)).scalars())
