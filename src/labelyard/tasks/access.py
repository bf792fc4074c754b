"""Which tasks a caller may see. Kept apart from `service`, so that slices that `service` uses can use it too."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.db.schema import project, task
from labelyard.kit.errors import NotFound

_BY_ID = (
    sa.select(task)
    .join(project, project.c.id == task.c.project_id)
    .where(task.c.id == sa.bindparam("id"), project.c.organization_id == sa.bindparam("organization_id"))
)


def get_row(conn: Connection, actor: Actor, task_id: int) -> Row[Any]:
    """The task's row (all columns of `schema.task`). NotFound when it is missing or another organization's."""
    row = conn.execute(_BY_ID, {"id": task_id, "organization_id": actor.organization_id}).one_or_none()
    if row is None:
        raise NotFound(f"No task with id {task_id}.")
    return row
