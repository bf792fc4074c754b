"""One label of results in the place of another, in many annotations of a project."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.kit.clock import now_us
from labelyard.webhooks import outbox

_EVENT_COLUMNS = ("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at")
# What a label of a result's item becomes, given its control and the label as it is stored; the same where it stays.
Change = Callable[[str, Any], Any]


def relabel(
    conn: Connection, actor: Actor, project_id: int, after: int, limit: int, change: Change
) -> tuple[int | None, int]:
    """Change the labels in the next `limit` annotations with an id above `after`, in the caller's transaction.

    The last id that was looked at (None when there are no more), and how many annotations changed. Each change is an
    event and told to webhooks.
    """
    rows = queries.after(conn, project_id, after, limit)
    if not rows:
        return None, 0
    changed = [(row, text) for row in rows if (text := _changed(row.result, change)) is not None]
    queries.lock_tasks(conn, sorted({row.task_id for row, _ in changed}))
    now, events = now_us(), []
    for row, text in changed:
        at = max(now, row.updated_at + 1)
        queries.update(conn, row.id, {"result": text, "updated_by": actor.user_id, "updated_at": at})
        events.append((row.id, row.task_id, project_id, actor.user_id, "updated", text, "{}", at))
        outbox.note(conn, project_id, "ANNOTATION_UPDATED", [row.id])
    queries.append_events(conn, _EVENT_COLUMNS, events)
    return rows[-1].id, len(changed)


def _changed(result: str | None, change: Change) -> str | None:
    """The JSON text of a result with its labels changed; None when nothing does. Other items stay as they are."""
    if not result or result == "[]":
        return None
    try:
        items = msgspec.json.decode(result, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return None
    new = [_item(bytes(item), change) for item in items]
    if all(each is None for each in new):
        return None
    return msgspec.json.encode(
        [old if text is None else text for old, text in zip(items, new, strict=True)]
    ).decode()


def _item(text: bytes, change: Change) -> msgspec.Raw | None:
    item = msgspec.json.decode(text)
    if not isinstance(item, dict):
        return None
    control, kind, value = item.get("from_name"), item.get("type"), item.get("value")
    if not isinstance(control, str) or not isinstance(kind, str) or not isinstance(value, dict):
        return None
    labels = value.get(kind)
    if kind == "textarea" or not isinstance(labels, list):
        return None
    changed = [change(control, each) for each in labels]
    if changed == labels:
        return None
    return msgspec.Raw(msgspec.json.encode(item | {"value": value | {kind: changed}}))
