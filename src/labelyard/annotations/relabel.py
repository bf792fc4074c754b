"""One label of results in the place of another, in many annotations of a project."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations.rewriting import rewrite_annotations
from labelyard.webhooks import outbox

# What a label of a result's item becomes, given its control and the label as it is stored; the same where it stays.
Change = Callable[[str, Any], Any]


def relabel(
    conn: Connection, actor: Actor, project_id: int, after: int, limit: int, change: Change
) -> tuple[int | None, int]:
    """Change the labels in the next `limit` annotations with an id above `after`, in the caller's transaction.

    The last id that was looked at (None when there are no more), and how many annotations changed. Each change is an
    event and told to webhooks.
    """
    made = rewrite_annotations(
        conn, actor, project_id, after, limit, lambda row: _changed(row.result, change), {}, kind="updated"
    )
    ids = [each.row_id for each in made.changes]
    if ids:
        outbox.note(conn, project_id, "ANNOTATION_UPDATED", ids)
    return made.last, len(ids)


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
