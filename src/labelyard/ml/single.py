"""One prediction for somebody who waits: while they label, or to see whether a backend works. These functions block."""

import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import may_in
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import NotFound
from labelyard.ml import answers, calling, service
from labelyard.ml.protocol import BackendError
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks
from labelyard.tasks import service as task_service

_NO_ANSWER = "The model gave no answer. Whoever manages the project can see why in its settings."
_NOT_INTERACTIVE = "This ML backend is not interactive. Set is_interactive to ask it while somebody labels."


def interactive(ctx: Context, actor: Actor, backend_id: int, task_id: int, context: Any) -> dict[str, Any]:
    """Ask a backend about a task that somebody has open: `{"data": prediction}` or `{"errors": […]}`. Not stored."""
    row, asked = ctx.db.read_sync(_interactive, actor, backend_id, task_id, context)
    if asked is None:
        return {"errors": [_NOT_INTERACTIVE]}
    try:
        found = calling.ask(ctx, row, asked, ctx.settings.ml_interactive_seconds)[0]
    except BackendError as error:
        if error.kind in ("address", "unreachable"):
            calling.write_down(ctx, row, error)
        # What is wrong with a server is for those to know who may see its address.
        return {"errors": [error.message if may_in(actor, row, "models.view") else _NO_ANSWER]}
    if found.failed:
        return {"errors": [found.note]}
    first = found.predictions[0]
    data = {
        "result": msgspec.Raw(first.result.encode()),
        "score": first.score,
        "model_version": first.model_version,
    }
    return {"data": data, "errors": [found.note]} if found.note else {"data": data}


def _interactive(
    conn: Connection, actor: Actor, backend_id: int, task_id: int, context: Any
) -> tuple[Row[Any], calling.Asked | None]:
    row = service.get(conn, actor, backend_id, "models.use")
    task_row = task_service.get_row(conn, actor, task_id)
    if task_row.project_id != row.project_id:
        raise NotFound(f"No task with id {task_id} in the project of this ML backend.")
    if not row.is_interactive:
        return row, None
    project_row = projects.get(conn, actor, row.project_id)
    return row, calling.asked_of(project_row, [tasks.read_full(conn, actor, task_id)], context)


def test(ctx: Context, actor: Actor, backend_id: int) -> dict[str, Any]:
    """Send a backend a task by chance and show what it says; nothing is stored."""
    row, asked = ctx.db.read_sync(_random_task, actor, backend_id)
    target = service.target_of(row, ctx.secrets)
    words = asked.words(target, row.model_version)
    said: dict[str, Any] = {
        "status": None,
        "error_message": None,
        "url": f"{row.url}/predict",
        "task": asked.tasks[0],
        "request": words,
        "response": None,
    }
    try:
        body = calling.caller_of(ctx, target).predict(msgspec.json.encode(words))
        said["status"] = 200
        said["response"] = _shown(body)
        found = answers.check(asked.label_config, answers.results_of(body, 1).of_tasks[0], row.model_version)
        said["error_message"] = found.note or None
    except BackendError as error:
        said["status"] = error.status or said["status"]
        said["error_message"] = error.message
        if said["status"] is None:  # it is not there
            calling.write_down(ctx, row, error)
    return said


def _shown(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body[:1000].decode(errors="replace")


def _random_task(conn: Connection, actor: Actor, backend_id: int) -> tuple[Row[Any], calling.Asked]:
    row = service.get(conn, actor, backend_id, "models.change")
    project_row = projects.get(conn, actor, row.project_id)
    last = projects.counts(conn, row.project_id).last_inner_id
    after = secrets.randbelow(last) if last else 0
    rows = tasks.rows_after(conn, row.project_id, after, 1) or tasks.rows_after(conn, row.project_id, 0, 1)
    if not rows:
        raise NotFound("The project has no task to try the model with.")
    shown = tasks.short_by_ids(conn, project_row, [rows[0].id])[0]
    return row, calling.asked_of(project_row, [{**shown, "annotations": [], "predictions": []}])
