"""Runs of all backends of a project for somebody who waits for their end."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Unavailable
from labelyard.ml import queries, runs, service
from labelyard.projects import service as projects


@dataclass(frozen=True, slots=True)
class Retrieved:
    """How many tasks have predictions now, and how many the backends could not answer for; of all backends."""

    tasks: int
    failed: int


def prepare(
    conn: Connection, actor: Actor, project_id: int, *, everything: bool = False, again: bool = False
) -> list[int]:
    """A run that waits for `start`, for each backend of the project; none without backends. Conflict."""
    projects.get(conn, actor, project_id, "predictions.any")
    return [
        runs.create(conn, actor, row, everything=everything, again=again)
        for row in queries.of_project(conn, project_id)
    ]


def add(conn: Connection, run_ids: Sequence[int], task_ids: Sequence[int]) -> None:
    """Put tasks, which are not in them yet, into runs that wait."""
    for each in run_ids:
        runs.add(conn, each, task_ids)


def add_named(conn: Connection, run_ids: Sequence[int], project_id: int, task_ids: Sequence[int]) -> None:
    """`add` for ids that a caller named. Invalid for tasks of other projects."""
    for each in run_ids:
        runs.add_named(conn, each, project_id, task_ids)


def start(conn: Connection, ctx: Context, actor: Actor, run_ids: Sequence[int]) -> list[int]:
    """Start them; the ids of their jobs."""
    return [runs.start(conn, ctx.models, actor, each) for each in run_ids]


def drop(conn: Connection, run_ids: Sequence[int]) -> None:
    """Forget runs that were not started after all."""
    for each in run_ids:
        queries.delete_run(conn, each)


async def outcome(ctx: Context, run_ids: Sequence[int], job_ids: Sequence[int], seconds: float) -> Retrieved:
    """What came of started runs. Unavailable when one is not done in time, or was not done."""
    for job_id in job_ids:
        state = await ctx.models.wait(job_id, seconds)
        if not state.finished:
            raise Unavailable(f"This takes longer than a request can wait; it goes on as job {job_id}.")
    return await ctx.db.read(_outcome, run_ids)


def _outcome(conn: Connection, run_ids: Sequence[int]) -> Retrieved:
    tasks = failed = 0
    for each in run_ids:
        row = queries.run_row(conn, each)
        if row is None:
            continue
        if row.status != queries.COMPLETED:
            done = f"{row.predicted + row.skipped} of {row.total} tasks"
            raise Unavailable(f"The ML backend answered for {done}. {row.error or 'The run was cancelled.'}")
        tasks, failed = tasks + row.predicted + row.skipped, failed + row.failed
    return Retrieved(tasks, failed)


def has_backends(conn: Connection, project_id: int) -> bool:
    return bool(service.of_project(conn, project_id))
