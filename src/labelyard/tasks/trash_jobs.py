"""Deleted tasks brought back, and at last forgotten, in steps, so that nobody waits for the writer."""

from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Unavailable
from labelyard.kit.jobs.runner import JobRun, JobRunner, JobState
from labelyard.projects import service as projects
from labelyard.tasks import trash
from labelyard.users import service as users

KIND = "tasks.restore"
BATCH = 500  # tasks in one transaction
SWEEP_SECONDS = 600.0


def register(ctx: Context) -> None:
    """Tell the runner how this job is done, and forget now and then what is kept no longer."""
    ctx.jobs.register(KIND, run)
    ctx.periodic.add("deleted tasks", SWEEP_SECONDS, lambda: sweep(ctx))


def submit(conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, deletion_id: int) -> int:
    """Queue bringing back the tasks of a deletion; the job's id. Asked twice, it is the same job."""
    trash.check(conn, actor, project_id, deletion_id)
    args = {"project_id": project_id, "actor_id": actor.user_id, "deletion_id": deletion_id}
    return jobs.submit(conn, KIND, args, project_id=project_id, dedupe_key=f"{KIND}:{deletion_id}")


def outcome(state: JobState) -> dict[str, int]:
    """`{"restored": n}` of a finished job. Unavailable when it is not finished, or failed."""
    if not state.finished:
        raise Unavailable(f"This takes longer than a request can wait; it goes on as job {state.id}.")
    if state.state != "completed" or state.result is None:
        raise Unavailable(f"Not everything was done: {state.error or state.state} (job {state.id}).")
    return {"restored": int(state.result["restored"])}


def run(job: JobRun) -> dict[str, Any]:
    """The job. Its cursor is how many tasks are back."""
    args, restored = job.args, job.cursor.get("restored", 0)

    def step(conn: Connection) -> int:
        actor = users.worker(conn, args["actor_id"], args["project_id"])
        row = projects.get(conn, actor, args["project_id"], "tasks.delete")
        return trash.bring_back_next(conn, actor, row, args["deletion_id"], BATCH)

    while True:

        def cursor(count: int, *, before: int = restored) -> dict[str, Any]:
            return {"restored": before + count}

        count = job.commit(step, cursor=cursor, progress=restored, bulk=True)
        if count == 0:
            return {"restored": restored}
        restored += count


def forget(ctx: Context, deletion_id: int) -> None:
    """Drop all that is kept of a deletion, in short transactions."""
    while ctx.db.write_sync(trash.forget_next, deletion_id, BATCH):
        pass


def sweep(ctx: Context) -> int:
    """Forget the deletions that are kept no longer; how many."""
    done = 0
    while (found := ctx.db.read_sync(trash.over, ctx.settings.keep_deleted_tasks_days)) is not None:
        forget(ctx, found)
        done += 1
    return done
