"""The outbox: what webhooks are to tell is written in the transaction of what happened.

So nothing is told that did not happen, and nothing that happened is forgotten. Other slices call `note`; it costs one
look-up where nobody listens. What saves annotations cannot afford that: it selects `HOOKED` with the row that it reads
anyway, and calls `note` only when that is true.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.elements import Label

from labelyard.db.schema import project, webhook
from labelyard.kit.clock import now_us
from labelyard.webhooks import queries
from labelyard.webhooks.actions import ACTIONS

CHUNK = 500  # objects told of in one request, where the action can name several
_GATHERED = "labelyard.webhooks.gathered"

# Whether somebody listens to what happens in the project; for a query that has `project` in its FROM.
HOOKED: Label[bool] = (
    sa.select(webhook.c.id)
    .where(
        webhook.c.organization_id == project.c.organization_id,
        sa.or_(webhook.c.project_id.is_(None), webhook.c.project_id == project.c.id),
        webhook.c.is_active,
    )
    .exists()
    .label("hooked")
)


def note(conn: Connection, project_id: int, action: str, objects: Iterable[Any]) -> None:
    """Tell all who listen that `action` happened to these objects of a project that is still there.

    `objects`: ids; for a deletion what is left to say of each, `{"id": …}`.
    """
    gathered = conn.info.get(_GATHERED)
    if gathered is not None:
        gathered.setdefault((project_id, action), []).extend(objects)
        return
    listening = queries.listening(conn, project_id, action, ACTIONS[action].organization_only)
    if not listening:
        return
    now, told = now_us(), list(objects)
    size = CHUNK if ACTIONS[action].many else 1
    for webhook_id in listening:
        for start in range(0, len(told), size):
            queries.insert_delivery(
                conn, webhook_id, action, told[start : start + size], project_id=project_id, now=now
            )


@contextmanager
def together(conn: Connection) -> Iterator[None]:
    """What is noted within, piece by piece, is told as if it had been noted at once at the end."""
    gathered: dict[tuple[int, str], list[Any]] = {}
    conn.info[_GATHERED] = gathered
    try:
        yield
    finally:
        del conn.info[_GATHERED]
    for (project_id, action), objects in gathered.items():
        note(conn, project_id, action, objects)


def deleted(ids: Sequence[int]) -> list[dict[str, int]]:
    """What a deletion tells of objects with these ids."""
    return [{"id": each} for each in ids]
