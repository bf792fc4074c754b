"""Telling a backend to train: by the webhook of 1.x, or by sending it everything as 0.x did."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.context import Context
from labelyard.ml import calling, service
from labelyard.ml.protocol import BackendError
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks

_READ = 500  # tasks looked at in one go
MAX_BYTES = 64 * 1024 * 1024  # of annotated tasks in one request, for backends that know nothing else


def train(ctx: Context, actor: Actor, row: Row[Any]) -> None:
    """Have a backend train; returns when it said that it does. BackendError. Blocks."""
    caller = calling.caller_of(ctx, service.target_of(row, ctx.secrets))
    if row.protocol != 0:
        said = {"action": "START_TRAINING", "project": ctx.db.read_sync(_project, actor, row.project_id)}
        if caller.start_training(said):
            return
    caller.train(_everything(ctx, actor, row))


def _project(conn: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    return projects.read(conn, actor, project_id)


def _everything(ctx: Context, actor: Actor, row: Row[Any]) -> bytes:
    """The body of `/train`: all tasks with their annotations, under the names of 0.x and of 1.x."""
    parts: list[bytes] = []
    size = 0
    for each in _annotated(ctx, actor, row.project_id):
        size += len(each)
        if size > MAX_BYTES:
            raise BackendError(
                "answer",
                f"This backend wants all annotated tasks in one request, and they are more than {MAX_BYTES >> 20} MiB.",
            )
        parts.append(each)
    project_row = ctx.db.read_sync(projects.row_of, row.project_id)
    said = {
        "completions" if row.protocol == 0 else "annotations": [msgspec.Raw(each) for each in parts],
        "project": "" if project_row is None else service.project_name(project_row),
        "label_config": "" if project_row is None else project_row.label_config,
        "params": {"login": "", "password": ""},
    }
    return msgspec.json.encode(said)


def _annotated(ctx: Context, actor: Actor, project_id: int) -> Iterator[bytes]:
    after: int | None = 0
    while after is not None:
        found, after = ctx.db.read_sync(_page, actor, project_id, after)
        yield from found


def _page(conn: Connection, actor: Actor, project_id: int, after: int) -> tuple[list[bytes], int | None]:
    """Annotated tasks among the next ones, as JSON, and where to go on."""
    rows = tasks.rows_after(conn, project_id, after, _READ)
    project_row = projects.get(conn, actor, project_id)
    ids = [row.id for row in rows if row.total_annotations]
    made = annotations.for_tasks(conn, actor, ids) if ids else {}
    shown = tasks.short_by_ids(conn, project_row, ids)
    found = [
        msgspec.json.encode(
            {**each, "completions": made.get(each["id"], []), "annotations": made.get(each["id"], [])}
        )
        for each in shown
    ]
    return found, rows[-1].inner_id if rows else None
