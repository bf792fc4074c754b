"""Long work with backends: predicting for many tasks, and training."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.clock import now_us
from labelyard.kit.errors import NotFound, Unavailable
from labelyard.kit.jobs.runner import JobCancelled, JobRun, JobRunner
from labelyard.ml import calling, queries, runs, service, training
from labelyard.ml.predicting import Fatal, Predicting
from labelyard.ml.protocol import BackendError
from labelyard.projects import service as projects
from labelyard.users import service as users

T = TypeVar("T")
KIND_TRAIN = "ml.train"
SWEEP_SECONDS = 2.0
_GATHERED = 5_000  # tasks put into a run in one transaction
_LOOK_SECONDS = 0.5  # how often a job that waits for a backend looks whether it was cancelled
_KEPT_RUNS = 20


# --- predicting ---------------------------------------------------------------------------------------------------


def run_predict(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job of a run: asks for its tasks, batch by batch; what came is kept whatever comes after.

    The cursor is the last task that was dealt with, before that the last inner id that was put into the run.
    """
    run_id = job.args["run_id"]
    row = ctx.db.read_sync(queries.run_row, run_id)
    if row is None:  # the backend was deleted
        return {"done": 0}
    backend = ctx.db.read_sync(service.row_of, row.backend_id)
    if backend is not None and not job.cursor:
        # It may have another version by now, which decides which tasks are skipped. One that is not there is tried below.
        patiently(job, partial(calling.look, ctx, backend))
    _gather(job, run_id)
    work = Predicting(ctx, job.args)
    after, done = job.cursor.get("after", 0), job.progress
    while True:
        job.check()
        batch = ctx.db.read_sync(work.next_batch, after)
        if batch is None:
            break
        try:
            checked = patiently(job, partial(work.ask, batch))
        except Fatal as error:
            raise Unavailable(error.message) from error
        if checked is None:  # the batch was too much at once; the same tasks again, fewer
            continue
        after, done = batch.last, done + len(batch.ids)
        job.commit(
            partial(work.store, batch=batch, checked=checked),
            cursor={"gathered": -1, "after": after},
            progress=done,
        )
    job.complete(partial(_finish, args=job.args, jobs=ctx.jobs), {"done": done})
    _tidy(ctx, job.args["backend_id"])
    return {"done": done}


def _gather(job: JobRun, run_id: int) -> None:
    """Put all tasks of the project into a run that is for everything."""
    gathered = job.cursor.get("gathered", 0)
    while gathered >= 0:

        def step(conn: Connection, after: int = gathered) -> int:
            return runs.gather(conn, run_id, after, _GATHERED)

        gathered = job.commit(step, cursor=lambda reached: {"gathered": reached, "after": 0})
    row = job.runner.db.read_sync(queries.run_row, run_id)
    job.commit(lambda conn: None, cursor=job.cursor, total=0 if row is None else row.total)


def patiently(job: JobRun, fn: Callable[[], T]) -> T:
    """Run what waits for a backend, but leave it alone when the job is cancelled or the server stops."""
    made: list[T] = []
    failed: list[Exception] = []
    finished = threading.Event()

    def work() -> None:
        try:
            made.append(fn())
        except Exception as error:  # noqa: BLE001 - raised again in the thread of the job
            failed.append(error)
        finally:
            finished.set()

    threading.Thread(target=work, name="ml-backend", daemon=True).start()
    while not finished.wait(_LOOK_SECONDS):
        job.check()
        state = job.runner.db.read_sync(job.runner.state, job.job_id)
        if state is None or state.state == "cancelling":
            raise JobCancelled
    if failed:
        raise failed[0]
    return made[0]


def _finish(conn: Connection, *, args: dict[str, Any], jobs: JobRunner) -> None:
    row = queries.run_row(conn, args["run_id"])
    if row is None:
        return
    done = row.predicted + row.skipped + row.failed  # tasks that were deleted meanwhile are none of it
    queries.update_run(conn, row.id, {"status": queries.COMPLETED, "total": done, "finished_at": now_us()})
    service.note(conn, row.backend_id, state=service.CONNECTED, error_message=None)
    runs.follow(conn, jobs, _worker(conn, args), row)


def _worker(conn: Connection, args: dict[str, Any]) -> Actor:
    return users.worker(conn, args["actor_id"], args["project_id"])


def _not_finished(conn: Connection, args: dict[str, Any], error: str) -> None:
    cancelled = error == "cancelled"
    values = {
        "status": queries.CANCELLED if cancelled else queries.FAILED,
        "error": None if cancelled else error,
        "finished_at": now_us(),
    }
    queries.update_run(conn, args["run_id"], values)
    if service.row_of(conn, args["backend_id"]) is not None:
        state = service.CONNECTED if cancelled else service.ERROR
        service.note(conn, args["backend_id"], state=state, error_message=None if cancelled else error)


def _tidy(ctx: Context, backend_id: int) -> None:
    """Forget how the tasks of old runs went."""
    for run_id in ctx.db.read_sync(queries.old_runs, backend_id, _KEPT_RUNS):
        while ctx.db.write_sync(queries.forget_tasks, run_id, _GATHERED):
            pass
        ctx.db.write_sync(queries.delete_run, run_id)


# --- training -----------------------------------------------------------------------------------------------------


def submit_training(conn: Connection, ctx: Context, actor: Actor, backend_id: int) -> int:
    """Queue telling a backend to train, unless that waits already; the job's id."""
    row = service.get(conn, actor, backend_id, "models.change")
    annotated = projects.counts(conn, row.project_id).annotated
    service.note(conn, backend_id, trained_tasks=annotated)
    return _ask_to_train(conn, ctx, backend_id, row.project_id, actor.user_id)


def sweep(ctx: Context) -> None:
    """Let models train whose projects have `min_annotations_to_start_training` more annotated tasks.

    Looked for from time to time, because saving an annotation should not pay for it.
    """
    for row in ctx.db.read_sync(queries.to_train):
        if ctx.db.write_sync(_train_by_itself, ctx, row):
            ctx.models.notify()


def _train_by_itself(conn: Connection, ctx: Context, row: Row[Any]) -> bool:
    if not queries.claim_training(conn, row):
        return False
    # As whoever connected it; when they are gone, as the owner.
    user_id = row.set_by or users.cli_actor_for(conn, row.project_id).user_id
    _ask_to_train(conn, ctx, row.id, row.project_id, user_id)
    return True


def _ask_to_train(conn: Connection, ctx: Context, backend_id: int, project_id: int, user_id: int) -> int:
    args = {"backend_id": backend_id, "project_id": project_id, "actor_id": user_id}
    service.note(conn, backend_id, state=service.TRAINING, error_message=None)
    return ctx.models.submit(conn, KIND_TRAIN, args, project_id=project_id, dedupe_key=str(backend_id))


def run_train(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job: tell a backend to train, and learn what its model is called then."""
    row = ctx.db.read_sync(service.row_of, job.args["backend_id"])
    if row is None:
        return {}
    try:
        actor = ctx.db.read_sync(_worker, job.args)
        patiently(job, partial(training.train, ctx, actor, row))
    except BackendError as error:
        raise Unavailable(error.message) from error
    except NotFound:  # the project went meanwhile
        return {}
    ctx.db.write_sync(_trained, row.id)
    fresh = ctx.db.read_sync(service.row_of, row.id)
    if fresh is not None:
        calling.look(ctx, fresh)
    return {}


def _trained(conn: Connection, backend_id: int) -> None:
    service.note(conn, backend_id, state=service.CONNECTED, error_message=None)


def _not_trained(conn: Connection, args: dict[str, Any], error: str) -> None:
    if service.row_of(conn, args["backend_id"]) is not None:
        service.note(conn, args["backend_id"], state=service.ERROR, error_message=error)


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.models.register(runs.KIND, partial(run_predict, ctx=ctx), on_failure=_not_finished)
    ctx.models.register(KIND_TRAIN, partial(run_train, ctx=ctx), on_failure=_not_trained)
    ctx.periodic.add("training", SWEEP_SECONDS, lambda: sweep(ctx))
