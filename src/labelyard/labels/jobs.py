"""One label in the place of another in the annotations of projects, in steps."""

from functools import partial
from typing import Any

from sqlalchemy import Connection

from labelyard.access.rights import may_in
from labelyard.actor import Actor
from labelyard.annotations import relabel
from labelyard.context import Context
from labelyard.kit.errors import NotFound, Unavailable
from labelyard.kit.jobs.runner import JobRun, JobRunner, JobState
from labelyard.labels import queries
from labelyard.labels.schemas import Rename
from labelyard.projects import service as projects
from labelyard.users import service as users

KIND = "labels.rename"
BATCH = 500  # annotations in one transaction


def register(ctx: Context) -> None:
    """Tell the runner how this job is done."""
    ctx.jobs.register(KIND, run)


def submit(conn: Connection, jobs: JobRunner, actor: Actor, wanted: Rename) -> int:
    """Queue the change for a project, or for all where the caller may; the job's id."""
    if wanted.project is not None:
        ids = [projects.get(conn, actor, wanted.project, "labels.change").id]
    else:
        ids = [row.id for row in queries.projects_for(conn, actor) if may_in(actor, row, "labels.change")]
    args = {
        "projects": ids,
        "old": wanted.old_label,
        "new": wanted.new_label,
        "actor_id": actor.user_id,
    }
    return jobs.submit(conn, KIND, args, project_id=wanted.project)


def outcome(state: JobState) -> int:
    """How many annotations a finished job changed. Unavailable when it is not finished, or failed."""
    if not state.finished:
        raise Unavailable(f"This takes longer than a request can wait; it goes on as job {state.id}.")
    if state.state != "completed" or state.result is None:
        raise Unavailable(f"Not everything was done: {state.error or state.state} (job {state.id}).")
    return int(state.result["changed"])


def run(job: JobRun) -> dict[str, Any]:
    """The job: `{"changed": n}`. Its cursor is the place in the list of projects, and the last annotation there."""
    old, new = job.args["old"], job.args["new"]
    place, after, changed = (job.cursor.get(each, 0) for each in ("place", "after", "changed"))

    def change(_control: str, label: Any) -> Any:
        if label == old:  # a path of a tree
            return new
        if label in (old[-1] if len(old) == 1 else None, " / ".join(old)):
            return new[-1] if len(new) == 1 else " / ".join(new)
        return label

    def step(conn: Connection, project_id: int, last: int) -> tuple[int | None, int]:
        try:
            actor = users.worker(conn, job.args["actor_id"], project_id)
        except NotFound:  # the project is gone meanwhile
            return None, 0
        return relabel.relabel(conn, actor, project_id, last, BATCH, change)

    while place < len(job.args["projects"]):

        def cursor(
            found: tuple[int | None, int], *, place: int = place, before: int = changed
        ) -> dict[str, Any]:
            last, count = found
            here = {"place": place, "after": last} if last is not None else {"place": place + 1, "after": 0}
            return {**here, "changed": before + count}

        last, count = job.commit(
            partial(step, project_id=job.args["projects"][place], last=after), cursor=cursor
        )
        changed += count
        place, after = (place + 1, 0) if last is None else (place, last)
    return {"changed": changed}
