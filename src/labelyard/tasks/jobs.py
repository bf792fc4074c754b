"""What is done to many tasks, in steps, so that nobody waits for the writer."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Unavailable
from labelyard.kit.jobs.runner import JobRun, JobRunner, JobState
from labelyard.projects import service as projects
from labelyard.tasks import queries, service
from labelyard.users import service as users

BATCH = 500  # tasks in one transaction
KIND = "tasks.action"

# Does something to some tasks of a project; how many things it was done to.
Act = Callable[[Connection, Actor, Row[Any], Iterable[int]], int]
ACTS: dict[str, Act] = {
    "delete_tasks": service.delete_rows,
    "delete_tasks_annotations": service.delete_annotations,
    "delete_tasks_predictions": service.delete_predictions,
}


def submit(
    conn: Connection,
    jobs: JobRunner,
    actor: Actor,
    project_id: int,
    act: str,
    *,
    included: Sequence[int] | None = None,
    excluded: Sequence[int] = (),
) -> int:
    """Queue `act` (a key of ACTS) for the `included` tasks, or (None) all that exist now but the `excluded`; its id."""
    projects.get(conn, actor, project_id, "tasks.change")
    args = {
        "act": act,
        "project_id": project_id,
        "actor_id": actor.user_id,
        "included": None if included is None else sorted(set(included)),
        "excluded": sorted(set(excluded)),
        "last_inner_id": queries.last_inner_id(conn, project_id),
    }
    return jobs.submit(conn, KIND, args, project_id=project_id)


def act_now(conn: Connection, actor: Actor, project_id: int, act: str, ids: Sequence[int]) -> int:
    """Do `act` to at most BATCH tasks in the caller's transaction; how many things it was done to."""
    return ACTS[act](conn, actor, projects.get(conn, actor, project_id, "tasks.change"), ids)


def outcome(state: JobState) -> int:
    """How many things a finished job was done to. Unavailable when it is not finished, or failed."""
    if not state.finished:
        raise Unavailable(f"This takes longer than a request can wait; it goes on as job {state.id}.")
    if state.state != "completed" or state.result is None:
        raise Unavailable(f"Not everything was done: {state.error or state.state} (job {state.id}).")
    return int(state.result["done"])


def run(job: JobRun) -> dict[str, Any]:
    """The job: `{"done": n}`. Its cursor is the last inner id (or the place in the list) that was dealt with."""
    excluded = frozenset(job.args["excluded"])
    after, done = job.cursor.get("after", 0), job.cursor.get("done", 0)
    total = None if job.args["included"] is None else len(job.args["included"])
    while batch := _batch(job, after):
        after, ids = batch
        wanted = [each for each in ids if each not in excluded]
        # The cursor is written with the batch, so what the batch will do is counted before.
        expected = job.runner.db.read_sync(queries.made_on, job.args["project_id"], wanted)[job.args["act"]]
        done += job.commit(
            partial(_act, job=job, ids=wanted),
            cursor={"after": after, "done": done + expected},
            progress=job.progress + len(ids),
            total=total,
        )
    return {"done": done}


def _batch(job: JobRun, after: int) -> tuple[int, list[int]] | None:
    """The next ids and the cursor behind them; None at the end."""
    included = job.args["included"]
    if included is not None:
        ids = included[after : after + BATCH]
        return (after + len(ids), ids) if ids else None
    keys = job.runner.db.read_sync(queries.keys_after, job.args["project_id"], after, BATCH)
    kept = [key for key in keys if key.inner_id <= job.args["last_inner_id"]]
    return (kept[-1].inner_id, [key.id for key in kept]) if kept else None


def _act(conn: Connection, job: JobRun, ids: list[int]) -> int:
    actor = users.worker(conn, job.args["actor_id"], job.args["project_id"])
    project_row = projects.get(conn, actor, job.args["project_id"])
    return ACTS[job.args["act"]](conn, actor, project_row, ids)


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.jobs.register(KIND, run)
