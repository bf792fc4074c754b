"""Which tasks a caller may see. Kept apart from `service`, so that slices that `service` uses can use it too."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import project, task
from labelyard.kit.db.prepared import Prepared
from labelyard.kit.errors import NotFound

_BY_ID = Prepared(
    sa.select(task)
    .join(project, project.c.id == task.c.project_id)
    .where(task.c.id == sa.bindparam("id"), VISIBLE)
)


def get_row(conn: Connection, actor: Actor, task_id: int) -> Row[Any]:
    """The task's row (all columns of `schema.task`). NotFound when it is missing or not for the caller."""
    row = _BY_ID.first(conn, {"id": task_id, **binds(actor)})
    if row is None:
        raise NotFound(f"No task with id {task_id}.")
    return row
