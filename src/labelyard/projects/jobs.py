"""What a change of a project does to its many tasks, in steps, so that nobody waits for the writer."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.exports import snapshots
from labelyard.files import service as files
from labelyard.imports import service as imports
from labelyard.indexes import service as indexes
from labelyard.kit.jobs.runner import JobRun, JobRunner
from labelyard.kit.objects.local import LocalObjects
from labelyard.projects import editing, migration_work, queries, service
from labelyard.projects.editing import Check
from labelyard.projects.schemas import ProjectFields
from labelyard.tasks import service as tasks
from labelyard.users import service as users
from labelyard.webhooks import outbox

AT_ONCE = 1_000  # projects with no more tasks are dealt with in the request's own transaction
FOLLOW_BATCH = 1_000  # random places change as many pages of an index, and others wait for one step
DELETE_BATCH = 500
KIND_FOLLOW = "project.follow"
KIND_DELETE = "project.delete"


def update(
    conn: Connection,
    jobs: JobRunner,
    actor: Actor,
    project_id: int,
    fields: ProjectFields,
    check: Check | None,
) -> tuple[dict[str, Any], int | None]:
    """Change a project and let its tasks follow; the project, and the id of the job when that takes one."""
    changed = editing.update(conn, actor, project_id, fields, check)
    if not changed.follow:
        return changed.project, None
    if changed.follow.places:
        queries.draw_places(conn, project_id)
    row, counts = service.get(conn, actor, project_id), service.counts(conn, project_id)
    if counts.tasks <= AT_ONCE:
        tasks.follow_project(conn, row, 1, counts.last_inner_id, **asdict(changed.follow))
        if changed.follow.places:
            queries.all_placed(conn, project_id)
        return service.read(conn, actor, project_id), None
    args = {"project_id": project_id, "actor_id": actor.user_id, "last": counts.last_inner_id}
    return changed.project, jobs.submit(
        conn, KIND_FOLLOW, args | asdict(changed.follow), project_id=project_id
    )


def run_follow(job: JobRun) -> None:
    """Tasks follow the settings of the project as they are at that moment."""
    last = job.args["last"]
    ways = {name: job.args.get(name, False) for name in asdict(editing.Follow())}

    def step(conn: Connection) -> None:
        actor = users.worker(conn, job.args["actor_id"], job.args["project_id"])
        row = service.get(conn, actor, job.args["project_id"])
        tasks.follow_project(conn, row, done + 1, reached, **ways)
        if ways["places"] and reached == last:
            queries.all_placed(conn, row.id)

    done = job.cursor.get("done", 0)
    while done < last:
        reached = min(done + FOLLOW_BATCH, last)
        job.commit(step, cursor={"done": reached}, progress=reached, total=last, bulk=True)
        done = reached


@dataclass(frozen=True, slots=True)
class Deletion:
    """A project that is gone, or will be when the job is done; `keys` of stored objects to delete after the commit."""

    job_id: int | None = None
    keys: Sequence[str] = ()


def delete(conn: Connection, jobs: JobRunner, actor: Actor, project_id: int) -> Deletion:
    """Delete a project with all that belongs to it, in a job when it is large."""
    row = service.get(conn, actor, project_id, "projects.delete")
    if service.counts(conn, project_id).tasks > AT_ONCE:
        args = {"project_id": project_id, "actor_id": actor.user_id}
        job_id = jobs.submit(conn, KIND_DELETE, args, project_id=project_id, dedupe_key=str(project_id))
        return Deletion(job_id)
    while ids := tasks.first_ids(conn, project_id, AT_ONCE):
        tasks.delete_rows(conn, actor, row, ids, told=False)
    return Deletion(keys=_delete_rest(conn, actor, project_id))


def _delete_rest(conn: Connection, actor: Actor, project_id: int) -> list[str]:
    """Delete what is left when the tasks are gone; the keys of its stored objects."""
    keys = [
        *files.delete_uploads(conn, actor, project_id, None),
        *imports.objects_of_project(conn, project_id),
        *snapshots.keys_of_project(conn, project_id),
    ]
    indexes.project_deleted(conn, project_id)
    outbox.note(conn, project_id, "PROJECT_DELETED", outbox.deleted([project_id]))
    queries.delete(conn, project_id)
    return keys


def delete_objects(objects: LocalObjects, keys: Iterable[str]) -> None:
    """Delete stored objects that nothing refers to any more."""
    for key in keys:
        objects.delete(key)


def run_delete(job: JobRun, *, objects: LocalObjects) -> None:
    """Delete the tasks batch by batch, then the project, then what it had stored."""
    project_id, done = job.args["project_id"], job.progress

    def step(conn: Connection) -> int:
        actor = users.worker(conn, job.args["actor_id"], project_id)
        ids = tasks.first_ids(conn, project_id, DELETE_BATCH)
        return (
            tasks.delete_rows(conn, actor, service.get(conn, actor, project_id), ids, told=False)
            if ids
            else 0
        )

    while gone := job.commit(step, cursor={}, progress=done, bulk=True):
        done += gone

    def last(conn: Connection) -> list[str]:
        return _delete_rest(conn, users.worker(conn, job.args["actor_id"], project_id), project_id)

    delete_objects(objects, job.complete(last, {"deleted": done}))


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.jobs.register(KIND_FOLLOW, run_follow)
    ctx.jobs.register(migration_work.KIND, migration_work.run, on_failure=migration_work.failed)
    ctx.jobs.register(KIND_DELETE, partial(run_delete, objects=ctx.objects))
