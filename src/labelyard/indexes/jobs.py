"""Making indexes, in steps, so that nobody waits for the writer."""

import hashlib
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from labelyard.context import Context
from labelyard.indexes import service
from labelyard.indexes.values import Kind
from labelyard.kit.jobs.runner import JobRun, JobRunner

KIND = "indexes.build"
KIND_DROP = "indexes.drop"


def want(conn: Connection, jobs: JobRunner, project_id: int, wanted: Sequence[tuple[Kind, str]]) -> list[int]:
    """See to it that a project has these indexes `(kind, path)`, up to date, soon; ids of the jobs."""
    return [_submit(conn, jobs, KIND, project_id, kind, path) for kind, path in wanted]


def _submit(conn: Connection, jobs: JobRunner, job: str, project_id: int, kind: Kind, path: str) -> int:
    name = hashlib.sha256(f"{project_id}/{kind}/{path}".encode()).hexdigest()
    args = {"project_id": project_id, "kind": kind, "path": path}
    return jobs.submit(conn, job, args, project_id=project_id, dedupe_key=name)


def run(job: JobRun) -> None:
    """Make an index, or bring it up to date. Its own row says how far it is, so the job needs no cursor."""
    project_id, kind, path = job.args["project_id"], job.args["kind"], job.args["path"]
    done = job.progress
    step = partial(service.catch_up, project_id=project_id, kind=kind, path=path)
    while job.commit(step, cursor={}, progress=done):
        done += service.BATCH
    for surplus in job.runner.db.read_sync(service.surplus, project_id):
        job.runner.db.write_sync(_submit, job.runner, KIND_DROP, project_id, *surplus)
    job.runner.notify()


def run_drop(job: JobRun) -> None:
    """Take an index away."""
    step = partial(
        service.drop_some, project_id=job.args["project_id"], kind=job.args["kind"], path=job.args["path"]
    )
    while job.commit(step, cursor={}):
        pass


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.jobs.register(KIND, run)
    ctx.jobs.register(KIND_DROP, run_drop)
