"""Deletions of many annotations taken back, in steps."""

from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import history
from labelyard.context import Context
from labelyard.kit.errors import Unavailable
from labelyard.kit.jobs.runner import JobRun, JobRunner, JobState
from labelyard.projects import service as projects
from labelyard.users import service as users

KIND = "annotations.restore"
BATCH = 200  # annotations in one transaction


def register(ctx: Context) -> None:
    """Tell the runner how this job is done."""
    ctx.jobs.register(KIND, run)


def submit(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, first: int, last: int, user: int | None
) -> int:
    """Queue bringing back what a user (None: the caller) deleted from event `first` to event `last`; the job's id."""
    projects.get(conn, actor, project_id, "annotations.restore")
    args = {
        "project_id": project_id,
        "actor_id": actor.user_id,
        "user_id": actor.user_id if user is None else user,
        "first": first,
        "last": last,
    }
    return jobs.submit(conn, KIND, args, project_id=project_id)


def outcome(state: JobState) -> dict[str, int]:
    """`{"restored": n, "left": n}` of a finished job. Unavailable when it is not finished, or failed."""
    if not state.finished:
        raise Unavailable(f"This takes longer than a request can wait; it goes on as job {state.id}.")
    if state.state != "completed" or state.result is None:
        raise Unavailable(f"Not everything was done: {state.error or state.state} (job {state.id}).")
    return {name: int(state.result[name]) for name in ("restored", "left")}


def run(job: JobRun) -> dict[str, Any]:
    """The job. Its cursor is the last event that was dealt with."""
    args = job.args
    after, restored, left = (
        job.cursor.get(name, start)
        for name, start in (("after", args["first"] - 1), ("restored", 0), ("left", 0))
    )

    def step(conn: Connection) -> history.Returned:
        actor = users.worker(conn, args["actor_id"], args["project_id"])
        return history.bring_back_next(
            conn, actor, args["project_id"], args["user_id"], after, args["last"], BATCH
        )

    while True:

        def cursor(found: history.Returned, *, restored: int = restored, left: int = left) -> dict[str, Any]:
            return {
                "after": args["last"] if found.last is None else found.last,
                "restored": restored + found.restored,
                "left": left + found.left,
            }

        found = job.commit(step, cursor=cursor, progress=restored + left)
        restored, left = restored + found.restored, left + found.left
        if found.last is None:
            return {"restored": restored, "left": left}
        after = found.last
