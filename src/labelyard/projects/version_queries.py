"""All SQL of the versions of label configs."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.db.schema import project_config


def newest(conn: Connection, project_id: int, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Versions of a project's config without their texts, newest first."""
    query: sa.Select[Any] = sa.select(
        project_config.c.version,
        project_config.c.author_id,
        project_config.c.created_at,
        project_config.c.note,
    ).where(project_config.c.project_id == project_id)
    if before is not None:
        query = query.where(project_config.c.version < before)
    return conn.execute(query.order_by(project_config.c.version.desc()).limit(limit)).all()


def one(conn: Connection, project_id: int, version: int) -> Row[Any] | None:
    query = sa.select(project_config).where(
        project_config.c.project_id == project_id, project_config.c.version == version
    )
    return conn.execute(query).first()


def texts(conn: Connection, project_id: int, limit: int) -> list[str]:
    """The newest texts, newest first."""
    query = sa.select(project_config.c.label_config).where(project_config.c.project_id == project_id)
    return list(conn.execute(query.order_by(project_config.c.version.desc()).limit(limit)).scalars())
