"""Runs: tasks of a project that a backend predicts for, in the background, and how each of them went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import SECOND, iso, now_us
from labelyard.kit.errors import Conflict, Invalid, NotFound
from labelyard.kit.jobs.runner import JobRunner
from labelyard.ml import queries, service
from labelyard.projects import jobs as project_jobs
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields

KIND = "ml.predict"
_UNSTARTED = 10 * 60 * SECOND  # a run that waits so long to be started is one whose request died


@dataclass(frozen=True, slots=True)
class Page:
    items: list[dict[str, Any]]
    count: int


def create(conn: Connection, actor: Actor, backend_row: Row[Any], *, everything: bool, again: bool) -> int:
    """A run that waits for `start`; with `everything` it finds all tasks of the project by itself. Its id.

    Conflict while another one of this backend goes on.
    """
    projects.get(conn, actor, backend_row.project_id, "predictions.any")
    queries.give_up_unstarted(conn, backend_row.id, now_us() - _UNSTARTED)
    if live := queries.live_runs(conn, backend_row.id):
        raise Conflict(
            f'The ML backend "{backend_row.title[:100]}" still predicts (run {live[0].id}). Wait for it, or cancel it.'
        )
    options = {
        "everything": everything,
        "again": again,
        "last_inner_id": projects.counts(conn, backend_row.project_id).last_inner_id,
    }
    return queries.insert_run(
        conn,
        {
            "backend_id": backend_row.id,
            "project_id": backend_row.project_id,
            "user_id": actor.user_id,
            "status": queries.CREATED,
            "options": msgspec.json.encode(options).decode(),
            "created_at": now_us(),
        },
    )


def add(conn: Connection, run_id: int, task_ids: Sequence[int]) -> None:
    """Put tasks of its project, which are not in it yet, into a run that was not started."""
    if queries.run_row(conn, run_id) is None:  # whoever asked for it has given it up
        return
    queries.add_tasks(conn, run_id, task_ids)
    queries.count_up(conn, run_id, total=len(task_ids))


def add_named(conn: Connection, run_id: int, project_id: int, task_ids: Sequence[int]) -> None:
    """`add` for ids that a caller named. Invalid when one of them is no task of the project."""
    ids = sorted(set(task_ids))
    strange = set(ids) - queries.tasks_of_project(conn, project_id, ids)
    if strange:
        some = ", ".join(map(str, sorted(strange)[:10]))
        raise Invalid({"tasks": [f"The project has no tasks with these ids: {some}."]})
    add(conn, run_id, ids)


def start(conn: Connection, jobs: JobRunner, actor: Actor, run_id: int) -> int:
    """Queue the job of a run; its id."""
    row = queries.run_row(conn, run_id)
    if row is None:
        raise NotFound
    args = {
        "run_id": run_id,
        "backend_id": row.backend_id,
        "project_id": row.project_id,
        "actor_id": actor.user_id,
    }
    job_id = jobs.submit(conn, KIND, args, project_id=row.project_id)
    queries.update_run(conn, run_id, {"job_id": job_id, "status": queries.IN_PROGRESS})
    service.note(conn, row.backend_id, state=service.PREDICTING, error_message=None)
    return job_id


def begin(
    conn: Connection,
    jobs: JobRunner,
    actor: Actor,
    backend_row: Row[Any],
    task_ids: Sequence[int] | None,
    *,
    again: bool = False,
) -> int:
    """Make and start a run for the tasks named, or for all of the project (None); its id."""
    run_id = create(conn, actor, backend_row, everything=task_ids is None, again=again)
    if task_ids is not None:
        add_named(conn, run_id, backend_row.project_id, task_ids)
    start(conn, jobs, actor, run_id)
    return run_id


def cancel(conn: Connection, jobs: JobRunner, actor: Actor, backend_id: int, run_id: int) -> dict[str, Any]:
    """Stop a run; what it stored stays. Nothing happens to one that is finished."""
    backend_row = service.get(conn, actor, backend_id, "models.change")
    row = _run(conn, backend_row.id, run_id)
    if row.status in queries.LIVE and row.job_id is not None:
        jobs.cancel(conn, row.job_id)
    elif row.status == queries.CREATED:
        queries.update_run(conn, run_id, {"status": queries.CANCELLED, "finished_at": now_us()})
    return shown(_run(conn, backend_id, run_id))


def read(conn: Connection, actor: Actor, backend_id: int, run_id: int) -> dict[str, Any]:
    """A run with its counters."""
    service.get(conn, actor, backend_id)
    return shown(_run(conn, backend_id, run_id))


def list_runs(conn: Connection, actor: Actor, backend_id: int, offset: int, limit: int | None) -> Page:
    """A page of the runs of a backend, the newest first."""
    service.get(conn, actor, backend_id)
    rows, count = queries.runs(conn, backend_id, offset, limit)
    return Page([shown(row) for row in rows], count)


def list_tasks(
    conn: Connection,
    actor: Actor,
    backend_id: int,
    run_id: int,
    *,
    state: str | None,
    offset: int,
    limit: int | None,
) -> Page:
    """A page of the tasks of a run, by id, of all or of one state."""
    service.get(conn, actor, backend_id)
    row = _run(conn, backend_id, run_id)
    if state is not None and state not in queries.TASK_STATES:
        raise Invalid({"state": [f"One of {', '.join(queries.TASK_STATES)}."]})
    count = _counts(row)[state] if state is not None else row.total
    found = queries.tasks_of_run(conn, run_id, state, offset, limit)
    return Page([{"task": each.task_id, "state": each.state, "note": each.note} for each in found], count)


def _run(conn: Connection, backend_id: int, run_id: int) -> Row[Any]:
    row = queries.run_of(conn, backend_id, run_id) if 0 < run_id < 2**63 else None
    if row is None:
        raise NotFound(f"This ML backend has no run with id {run_id}.")
    return row


def _counts(row: Row[Any]) -> dict[str, int]:
    done = row.predicted + row.skipped + row.failed
    return {
        queries.WAITING: max(row.total - done, 0),
        queries.PREDICTED: row.predicted,
        queries.SKIPPED: row.skipped,
        queries.FAILED: row.failed,
    }


def shown(row: Row[Any]) -> dict[str, Any]:
    """A run as the API shows it."""
    return {
        "id": row.id,
        "backend": row.backend_id,
        "project": row.project_id,
        "created_by": row.user_id,
        "status": row.status,
        "total": row.total,
        **_counts(row),
        "predictions": row.predictions,
        "model_version": row.model_version,
        "error": row.error,
        "created_at": iso(row.created_at),
        "finished_at": iso(row.finished_at),
    }


def gather(conn: Connection, run_id: int, after: int, limit: int) -> int:
    """Put the next tasks of the project into a run that is for everything; the inner id reached, -1 at the end."""
    row = queries.run_row(conn, run_id)
    options = {} if row is None else msgspec.json.decode(row.options)
    if row is None or not options["everything"]:
        return -1
    added, reached = queries.add_tasks_after(
        conn, run_id, row.project_id, after, options["last_inner_id"], limit
    )
    queries.count_up(conn, run_id, total=added)
    return -1 if reached is None else reached


def follow(conn: Connection, jobs: JobRunner, actor: Actor, run: Row[Any]) -> None:
    """Let the project follow the version of a run for everything, when it followed an earlier one of this backend.

    Its queue then sorts by the new scores, and annotators see the new predictions.
    """
    # As the run remembers it: the job may have been taken up by another process after its last answer.
    backend, version = queries.any_by_id(conn, run.backend_id), run.model_version
    if backend is None or not version or not backend.auto_update:
        return
    current = projects.get(conn, actor, run.project_id).model_version
    known = {backend.title, *msgspec.json.decode(backend.versions)} - {version}
    if msgspec.json.decode(run.options)["everything"] and current in known:
        project_jobs.update(conn, jobs, actor, run.project_id, ProjectFields(model_version=version), None)
