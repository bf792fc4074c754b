"""What a delivery says: the objects as they are when it is sent, in the shapes of the 1.x contract."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks
from labelyard.webhooks.actions import ACTIONS, DELETIONS, TEST


def body_of(conn: Connection, delivery: Row[Any]) -> bytes:
    """The JSON to send. `delivery`: a row of the outbox with `send_payload` of its webhook."""
    said: dict[str, Any] = {"action": delivery.action}
    if delivery.send_payload and delivery.action != TEST:
        said.update(_payload(conn, delivery))
    return msgspec.json.encode(said)


def _payload(conn: Connection, delivery: Row[Any]) -> dict[str, Any]:
    action, objects = ACTIONS[delivery.action], msgspec.json.decode(delivery.objects)
    project_row = projects.row_of(conn, delivery.project_id)
    project = {"id": delivery.project_id} if project_row is None else projects.as_json(conn, project_row)
    if action.key == "project":
        return {"project": project}
    if delivery.action in DELETIONS:
        return {action.key: objects, "project": project}
    if action.key == "tasks":
        return {"tasks": _tasks(conn, project_row, objects), "project": project}
    shown = annotations.for_webhooks(conn, objects)
    if action.many:
        return {action.key: [shown[each] for each in objects if each in shown], "project": project}
    annotation = shown.get(objects[0])
    if annotation is None:  # deleted since; the deletion is told of next
        return {action.key: {"id": objects[0]}, "project": project}
    task = _tasks(conn, project_row, [annotation["task"]])
    return {
        action.key: annotation,
        "task": task[0] if task else {"id": annotation["task"]},
        "project": project,
    }


def _tasks(conn: Connection, project_row: Row[Any] | None, ids: Sequence[int]) -> list[dict[str, Any]]:
    return [] if project_row is None else tasks.short_by_ids(conn, project_row, ids)
