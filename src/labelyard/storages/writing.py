"""The jobs that write results to targets.

What is to be written stands in the outbox since the transaction of the change. A job takes a batch of it, writes the
objects as they are now, and then takes the batch out: after a crash in between an object is written twice, with the same
key, never not at all. A target that does not take anything is tried again later and later, for as long as it exists.

A target of 1.x gets an object for each annotation, named by its id; one of 0.x an object for each task, named by the
task's id, with its completions.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.context import Context
from labelyard.exports import reading
from labelyard.exports.reading import Selection
from labelyard.formats.writers.completions import one_by_one
from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.errors import Problem
from labelyard.kit.jobs.runner import JobRun
from labelyard.kit.objects.directory import Directory
from labelyard.kit.objects.store import StoreError
from labelyard.projects import service as projects
from labelyard.storages import queries
from labelyard.storages.connecting import LOCAL_KIND, Keeper, Options, Store, open_row, options_of
from labelyard.tasks import reading as tasks
from labelyard.users import service as users

KIND = "storages.write"
KIND_ALL = "storages.write_all"
WRITERS = 8  # objects written at the same time
BATCH = 200  # entries of the outbox
RUN_SECONDS = 10.0  # then others have their turn
NOTED = 5_000  # annotations put into the outbox in one transaction
PAUSE, MAX_PAUSE = 10, 300  # seconds until a target that failed is tried again, twice as long each time
LOCAL_COPIES = "completions"

Objects = Mapping[str, bytes | None]  # key → what is to be there; None: nothing


def sweep(ctx: Context) -> None:
    """Ask for a job for each target that has something to write."""
    due = ctx.db.read_sync(queries.targets_with_due, now_us())
    if due:
        ctx.db.write_sync(_ask, ctx, due)
        ctx.deliveries.notify()


def _ask(conn: Connection, ctx: Context, storage_ids: Sequence[int]) -> None:
    for each in storage_ids:
        ctx.deliveries.submit(conn, KIND, {"storage_id": each}, dedupe_key=str(each))


def ask_due(conn: Connection, ctx: Context, storage_id: int) -> int | None:
    """Ask for the job that writes what is due to a target; its id. None when there is nothing that it could write now."""
    if not queries.is_due(conn, storage_id, now_us()):
        return None
    return ctx.deliveries.submit(conn, KIND, {"storage_id": storage_id}, dedupe_key=str(storage_id))


def run(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job: write what is due to one target; `{"written": n}`."""
    ends, written = time.monotonic() + RUN_SECONDS, 0
    storage_id = job.args["storage_id"]
    with ThreadPoolExecutor(WRITERS, "storage-write") as pool:
        while time.monotonic() < ends:
            job.check()
            row = ctx.db.read_sync(queries.any_by_id, storage_id)
            due = ctx.db.read_sync(queries.due, storage_id, BATCH) if row is not None and row.active else ()
            if row is None or not due:
                break
            try:
                number = _write(ctx, row, due, pool)
            except (StoreError, Problem) as error:
                ctx.db.write_sync(_failed, row, str(error))
                return {"written": written}
            written += number
            job.commit(
                partial(_written, storage_id=storage_id, ids=[each.id for each in due], number=written),
                cursor={},
                progress=written,
            )
    return {"written": written}


def _written(conn: Connection, *, storage_id: int, ids: Sequence[int], number: int) -> None:
    queries.written(conn, ids)
    values = {"error": None, "failures": 0, "synced_at": now_us(), "synced_count": number}
    queries.update(conn, storage_id, {**values, "status": _status(conn, storage_id)})


def _status(conn: Connection, storage_id: int) -> str:
    """A target is done when nothing waits to be written there."""
    return "in_progress" if queries.due(conn, storage_id, 1) else "completed"


def _failed(conn: Connection, row: Row[Any], error: str) -> None:
    pause = min(PAUSE * 2 ** min(row.failures, 16), MAX_PAUSE)
    queries.update(
        conn,
        row.id,
        {
            "status": "failed",
            "error": error,
            "failures": row.failures + 1,
            "paused_until": now_us() + pause * SECOND,
        },
    )


def _write(ctx: Context, row: Row[Any], due: Sequence[Row[Any]], pool: ThreadPoolExecutor) -> int:
    """Write the objects of entries of the outbox; how many there were."""
    options = options_of(row)
    objects = ctx.db.read_sync(_objects, row, options, due)
    store = ctx.db.read_sync(open_row, Keeper.of(ctx), row)
    copies = _copies(ctx, row, options)
    if copies is not None:
        for key, data in objects.items():
            _put(copies, options, f"{key.rpartition('/')[2]}.json", data)
    for _ in pool.map(lambda each: _put(store, options, *each), objects.items()):
        pass  # raises what writing raised
    return len(objects)


def _put(store: Store, options: Options, key: str, data: bytes | None) -> None:
    if data is not None:
        store.put(key, data)
    elif options.can_delete_objects:
        store.delete(key)


def _copies(ctx: Context, row: Row[Any], options: Options) -> Store | None:
    """Where 0.x keeps a copy of what goes to a bucket."""
    if not options.create_local_copy or row.kind == LOCAL_KIND:
        return None
    return Directory(Path(ctx.settings.data_dir) / LOCAL_COPIES, make=True)


def failed(conn: Connection, args: dict[str, Any], error: str) -> None:
    """In the transaction that ends a job that failed."""
    queries.update(conn, args["storage_id"], {"status": "failed", "error": error})


# --- what the objects say -----------------------------------------------------------------------------------------


def _objects(conn: Connection, row: Row[Any], options: Options, due: Sequence[Row[Any]]) -> Objects:
    project = projects.row_of(conn, row.project_id)
    if project is None:
        return {}
    if row.dialect == "0.x":
        suffix = ".json" if row.kind == LOCAL_KIND else ""
        of_tasks = _tasks(conn, project, options, {each.task_id for each in due})
        return {f"{options.folder}{task_id}{suffix}": data for task_id, data in of_tasks.items()}
    of_annotations = _annotations(conn, project, {each.annotation_id for each in due})
    return {f"{options.folder}{made_id}": data for made_id, data in of_annotations.items()}


def _tasks(conn: Connection, project: Row[Any], options: Options, ids: set[int]) -> dict[int, bytes | None]:
    """Task id → the task with its completions as 0.x has it; None for one that is gone, or has none any more."""
    chosen = Selection(project.id, project.label_config, 0, predictions=True)
    stored = reading.some(conn, chosen, sorted(ids))
    done = {each[1] for each in stored.annotations}
    found: dict[int, bytes | None] = dict.fromkeys(sorted(ids))
    for task_id, text in one_by_one(stored).items():
        # Where nothing is deleted, an object says that there is nothing left.
        if task_id in done or not options.can_delete_objects:
            found[task_id] = text.encode()
    return found


def _annotations(conn: Connection, project: Row[Any], ids: set[int]) -> dict[int, bytes | None]:
    """Annotation id → the annotation with its task and its annotator as 1.x writes it; None for one that is gone."""
    made = annotations.for_webhooks(conn, sorted(ids))
    wanted = sorted({each["task"] for each in made.values()})
    shown = {each["id"]: each for each in tasks.short_by_ids(conn, project, wanted)}
    people = users.user_refs(conn, {each["completed_by"] for each in made.values() if each["completed_by"]})
    found: dict[int, bytes | None] = dict.fromkeys(sorted(ids))
    for made_id, each in made.items():
        by = people.get(each["completed_by"])
        person = {name: by[name] for name in ("id", "email", "first_name", "last_name")} if by else None
        task = shown.get(each["task"], {"id": each["task"]})
        found[made_id] = msgspec.json.encode({**each, "completed_by": person, "task": task})
    return found


# --- everything anew ----------------------------------------------------------------------------------------------


def run_all(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job: put all annotations of the project into the outbox of one target; `{"noted": n}`."""
    storage_id, done = job.args["storage_id"], job.progress
    while True:
        after: int = job.cursor.get("after", 0)
        row = ctx.db.read_sync(queries.any_by_id, storage_id)
        if row is None or not row.active:
            break
        step = partial(
            queries.note_all, storage_id=storage_id, project_id=row.project_id, after=after, limit=NOTED
        )
        reached = job.commit(step, cursor=lambda last: {"after": last or 0}, progress=done, bulk=True)
        if reached is None:
            break
        done += NOTED

    def finish(conn: Connection) -> None:
        values = {"status": _status(conn, storage_id), "synced_at": now_us()}
        queries.update(conn, storage_id, values)

    job.complete(finish, None)
    sweep(ctx)
    return {}
