"""The job that stores a large import, frame after frame, and goes on where it was after a crash."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.imports import queries, service
from labelyard.imports.service import Counts, Origin
from labelyard.imports.spool import Frame, read_frames
from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.errors import NotFound, Problem
from labelyard.kit.jobs.runner import JobCancelled, JobInterrupted, JobRun
from labelyard.projects import service as projects
from labelyard.tasks import service as tasks
from labelyard.users import service as users

_UNDO_TASKS = 1000


def register(ctx: Context) -> None:
    """Make the runner know the kind of job, and tidy what earlier crashes left."""
    ctx.jobs.register(service.KIND, ImportJob(ctx), on_failure=failed)
    service.sweep_spool(ctx)


def failed(conn: Connection, args: Mapping[str, Any], error: str) -> None:
    """Mark the import of a failed or cancelled job, in the transaction that closes the job."""
    row = queries.by_id(conn, args["import_id"])
    if row is not None:
        now = now_us()
        values = {"status": "failed", "error": row.error or error, "updated_at": now, "finished_at": now}
        queries.update(conn, row.id, values)


class ImportJob:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def __call__(self, run: JobRun) -> dict[str, Any] | None:
        row = self._ctx.db.read_sync(queries.by_id, run.args["import_id"])
        if row is None:  # its project is gone
            return None
        origin = service.origin_of(row)
        try:
            self._run(run, row, origin)
        except JobInterrupted:
            raise
        except JobCancelled:
            self._undo(row)
            service.remove_directory(origin.directory)
            raise
        except Exception:
            service.remove_directory(origin.directory)
            raise
        service.remove_directory(origin.directory)
        return None

    def _run(self, run: JobRun, row: Row[Any], origin: Origin) -> None:
        actor = self._ctx.db.read_sync(users.actor_of, row.user_id)
        if origin.frames is None:
            self._prepare(run, row, origin, actor)
        counts = service.counts_of(self._row(row.id))
        if not service.options_of(row).commit_to_project:
            run.complete(lambda conn: _finish(conn, row), None)
            return
        assert origin.frames is not None  # noqa: S101 - made above
        for frame, offset in read_frames(Path(origin.frames), run.cursor.get("offset", 0)):
            counts = run.commit(
                lambda conn, frame=frame: self._store(conn, actor, row, origin, frame),  # type: ignore[misc]
                cursor={"offset": offset},
                progress=counts.task_count + len(frame.tasks),
                total=counts.rows_accepted,
            )
        run.complete(lambda conn: _finish(conn, row), {"task_count": counts.task_count})

    def _row(self, import_id: int) -> Row[Any]:
        row = self._ctx.db.read_sync(queries.by_id, import_id)
        if row is None:
            raise NotFound("The project of the import is gone.")
        return row

    def _prepare(self, run: JobRun, row: Row[Any], origin: Origin, actor: Actor) -> None:
        """Check an import that was answered before it was looked at."""
        ctx, began = self._ctx, now_us()
        options = service.options_of(row)
        project = ctx.db.read_sync(projects.get, actor, row.project_id)

        def progress(rows: int) -> None:
            run.check()
            ctx.db.write_sync(_note_rows, row.id, rows)

        try:
            prepared = service.prepare(ctx, actor, project.label_config, origin, options, progress)
        except Problem as problem:
            ctx.db.write_sync(_note_errors, row.id, problem)
            raise
        counts = service.counts_of(row)
        file_upload_ids = counts.file_upload_ids
        counts = service.counts_of_summary(prepared.summary, origin, 0)
        counts.file_upload_ids, counts.duration = file_upload_ids, (now_us() - began) / SECOND

        def save(conn: Connection) -> None:
            values = {"source": _text(origin), "counts": _text(counts), "updated_at": now_us()}
            queries.update(conn, row.id, values)

        run.commit(save, cursor={"offset": 0}, progress=0, total=counts.rows_accepted)

    def _store(self, conn: Connection, actor: Actor, row: Row[Any], origin: Origin, frame: Frame) -> Counts:
        project = projects.get(conn, actor, row.project_id)
        ids = service.insert_frame(conn, actor, project, row.id, origin, frame)
        now_row = queries.by_id(conn, row.id)
        if now_row is None:
            raise NotFound("The project of the import is gone.")
        counts = service.counts_of(now_row)
        counts.task_count += len(ids)
        _extend(counts.task_ranges, ids[0], ids[-1])
        now = now_us()
        counts.duration = (now - row.created_at) / SECOND
        queries.update(conn, row.id, {"status": "in_progress", "counts": _text(counts), "updated_at": now})
        return counts

    def _undo(self, row: Row[Any]) -> None:
        """Take back the tasks of a cancelled import."""
        counts = service.counts_of(self._row(row.id))
        ids = [each for first, last in counts.task_ranges for each in range(first, last + 1)]
        actor = self._ctx.db.read_sync(users.actor_of, row.user_id)
        for start in range(0, len(ids), _UNDO_TASKS):
            self._ctx.db.write_sync(
                tasks.delete_tasks, actor, row.project_id, ids[start : start + _UNDO_TASKS]
            )
        counts.task_count, counts.task_ranges = 0, []
        self._ctx.db.write_sync(queries.update, row.id, {"counts": _text(counts)})


def _extend(ranges: list[tuple[int, int]], first: int, last: int) -> None:
    if ranges and ranges[-1][1] + 1 == first:
        ranges[-1] = (ranges[-1][0], last)
    else:
        ranges.append((first, last))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _finish(conn: Connection, row: Row[Any]) -> None:
    now = now_us()
    queries.update(conn, row.id, {"status": "completed", "updated_at": now, "finished_at": now})


def _note_rows(conn: Connection, import_id: int, rows: int) -> None:
    row = queries.by_id(conn, import_id)
    if row is not None:
        counts = service.counts_of(row)
        counts.rows_read = rows
        queries.update(
            conn, import_id, {"status": "in_progress", "counts": _text(counts), "updated_at": now_us()}
        )


def _note_errors(conn: Connection, import_id: int, problem: Problem) -> None:
    """Keep the errors by field, which the job itself has only as a text."""
    error = {"detail": str(problem)[:10_000], "validation_errors": problem.validation_errors}
    queries.update(conn, import_id, {"error": _text(error)})
