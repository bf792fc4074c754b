"""ML backends in the words of the 0.x dialect: they have names, and predict for data that is nobody's task."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import ProjectRight, may_in
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Invalid, NotFound, Unavailable
from labelyard.kit.jobs.runner import JobRunner
from labelyard.ml import calling, retrieving
from labelyard.ml import service as ml
from labelyard.ml.protocol import BackendError
from labelyard.ml.schemas import NewBackend
from labelyard.projects import service as projects


def names(conn: Connection, actor: Actor, project_id: int) -> list[str]:
    """Names of the backends of a project, by id."""
    projects.get(conn, actor, project_id)
    return [row.title for row in ml.of_project(conn, project_id)]


def ids(conn: Connection, actor: Actor, project_id: int, right: ProjectRight) -> list[int]:
    """Ids of the backends of a project, for those who have a right in it."""
    projects.get(conn, actor, project_id, right)
    return [row.id for row in ml.of_project(conn, project_id)]


def section(conn: Connection, actor: Actor, project_row: Row[Any]) -> list[dict[str, str]]:
    """`ml_backends` of `config.json`; addresses only for those who may see them."""
    if not may_in(actor, project_row, "models.view"):
        return []
    return [{"url": row.url, "name": row.title} for row in ml.of_project(conn, project_row.id)]


def of_project(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, str]]:
    """`section` of a project by its id."""
    return section(conn, actor, projects.get(conn, actor, project_id))


def delete(conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, name: str) -> None:
    """Forget the backends of that name. NotFound when none has it."""
    found = [row.id for row in ml.of_project(conn, project_id) if row.title == name]
    if not found:
        raise NotFound(f"No ML backend is called {name[:100]!r}.")
    for each in found:
        ml.delete(conn, jobs, actor, each)


def new_backend(conn: Connection, actor: Actor, project_id: int, text: str) -> NewBackend:
    """The backend that `NAME=URL` or `URL` means. Invalid for a name that is taken."""
    projects.get(conn, actor, project_id, "models.change")
    before, _, rest = text.partition("=")
    name, url = (before.strip(), rest.strip()) if rest and "://" not in before else ("", text.strip())
    taken = names(conn, actor, project_id)
    if name and name in taken:
        raise Invalid({"ml_backend": [f"There is an ML backend called {name[:100]!r} already."]})
    if not url or len(url) > 2048 or len(name) > 1000 or "\x00" in text:
        raise Invalid({"ml_backend": ["Give an address, or NAME=ADDRESS."]})
    return NewBackend.model_validate({"project": project_id, "url": url, "title": name or None})


def start(
    conn: Connection, ctx: Context, actor: Actor, project_id: int, task_ids: list[int] | None
) -> tuple[list[int], list[int]]:
    """Runs of all backends for tasks, or for all (None), and their jobs."""
    run_ids = retrieving.prepare(conn, actor, project_id, everything=task_ids is None, again=True)
    if task_ids is not None:
        retrieving.add_named(conn, run_ids, project_id, task_ids)
    return run_ids, retrieving.start(conn, ctx, actor, run_ids)


def predict(ctx: Context, actor: Actor, project_id: int, task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Predictions of all backends that answer, for a task that is not stored. Unavailable when none does. Blocks."""
    project_row, rows = ctx.db.read_sync(_backends, actor, project_id)
    said = calling.asked_of(project_row, [{"id": 0, **task, "annotations": [], "predictions": []}])
    made: list[dict[str, Any]] = []
    wrong: list[str] = []
    for row in rows:
        try:
            found = calling.ask(ctx, row, said, ctx.settings.ml_interactive_seconds)[0]
        except BackendError as error:
            wrong.append(error.message)
            continue
        wrong += [found.note] if found.note else []
        made += [
            {
                "result": msgspec.Raw(each.result.encode()),
                "score": each.score,
                "model_version": each.model_version,
                "created_by": row.title,
                "created_date": datetime.fromtimestamp(int(time.time()), UTC).isoformat(),
            }
            for each in found.predictions
        ]
    if not made:
        raise Unavailable(f"No ML backend has a prediction. {wrong[0] if wrong else ''}".strip())
    return made


def _backends(conn: Connection, actor: Actor, project_id: int) -> tuple[Row[Any], list[Row[Any]]]:
    return projects.get(conn, actor, project_id, "predictions.any"), list(ml.of_project(conn, project_id))
