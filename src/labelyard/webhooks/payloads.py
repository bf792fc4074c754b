"""What a delivery says: the objects as they are when it is sent, in the shapes of the 1.x contract.

A body has objects up to a bound; of the ones beyond it the id is told, and they are to be had over the API.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.labels import service as labels
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks
from labelyard.webhooks.actions import ACTIONS, DELETIONS, TEST

MAX_BYTES = 16 * 1024 * 1024  # of the objects in a body
_READ = 20  # objects read at once, each of which may be large


def body_of(conn: Connection, delivery: Row[Any], *, send_payload: bool) -> bytes:
    """The JSON to send for a row of the outbox; without `send_payload` it says only what happened."""
    said: dict[str, Any] = {"action": delivery.action}
    if send_payload and delivery.action != TEST:
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
    if action.key == "label_link":
        return {action.key: labels.for_webhooks(conn, objects[0]), "project": project}
    if action.key == "tasks":
        return {"tasks": _bounded(objects, lambda ids: _tasks(conn, project_row, ids)), "project": project}
    if action.many:
        many = _bounded(objects, lambda ids: list(annotations.for_webhooks(conn, ids).values()))
        return {action.key: many, "project": project}
    annotation = annotations.for_webhooks(conn, objects).get(objects[0])
    if annotation is None:  # deleted since; the deletion is told of next
        return {action.key: {"id": objects[0]}, "project": project}
    task = _tasks(conn, project_row, [annotation["task"]])
    return {
        action.key: annotation,
        "task": task[0] if task else {"id": annotation["task"]},
        "project": project,
    }


def _bounded(ids: Sequence[int], read: Callable[[Sequence[int]], list[dict[str, Any]]]) -> list[Any]:
    """The objects with these ids, those that are gone left out."""
    found: list[Any] = []
    size = 0
    for start in range(0, len(ids), _READ):
        part = ids[start : start + _READ]
        if size > MAX_BYTES:
            found += [{"id": each} for each in part]
            continue
        encoded = [msgspec.json.encode(each) for each in read(part)]
        size += sum(map(len, encoded))
        found += map(msgspec.Raw, encoded)
    return found


def _tasks(conn: Connection, project_row: Row[Any] | None, ids: Sequence[int]) -> list[dict[str, Any]]:
    return [] if project_row is None else tasks.short_by_ids(conn, project_row, ids)
