"""What is to be written to targets, noted in the transaction of the change.

So nothing is written that did not happen, and nothing that happened is forgotten, whenever the server dies. Where no
target is, a bulk change costs one look-up; what saves single annotations selects `EXPORTED` with the row that it reads
anyway.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.elements import Label

from labelyard.db.schema import project, storage, storage_outbox
from labelyard.kit.db.dialect import insert_rows
from labelyard.kit.db.prepared import Prepared

TARGET = "target"
_COLUMNS = ("storage_id", "task_id", "annotation_id")

# Whether results of the project are written somewhere; for a query that has `project` in its FROM.
EXPORTED: Label[bool] = (
    sa.select(storage.c.id)
    .where(storage.c.project_id == project.c.id, storage.c.role == TARGET, storage.c.active)
    .exists()
    .label("exported")
)
_TARGETS = Prepared(
    sa.select(storage.c.id).where(
        storage.c.project_id == sa.bindparam("project"), storage.c.role == TARGET, storage.c.active
    )
)


def note(conn: Connection, project_id: int, changed: Iterable[tuple[int, int]]) -> None:
    """Annotations of a project were made, changed or deleted: (task id, annotation id) of each."""
    targets = [row.id for row in _TARGETS.all(conn, {"project": project_id})]
    if not targets:
        return
    pairs = list(changed)
    insert_rows(conn, storage_outbox, _COLUMNS, [(target, *pair) for target in targets for pair in pairs])
