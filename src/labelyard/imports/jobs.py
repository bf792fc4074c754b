"""The job that stores a large import, frame after frame, and goes on where it was after a crash.

Its cursor has a `phase`. Without one the import is not looked at yet. `store`: everything was found good and is in a
file of frames, of which those before `offset` are stored. `stream`: good rows are stored while reading, those before
`rows` are dealt with and the log of refused ones is good up to `rejects` bytes. `back`: it failed or was cancelled, and
its tasks are taken back.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.dedupe import service as dedupe
from labelyard.imports import predictions, queries, rejects, service, storing, trial, undo
from labelyard.imports.gather import gather
from labelyard.imports.model import Counts, Origin, counts_of, options_of, origin_of, to_text, undo_of
from labelyard.imports.spool import Frame, read_frames
from labelyard.imports.status import Failed, error_json
from labelyard.imports.streaming import Stream
from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.errors import NotFound, Problem
from labelyard.kit.jobs.runner import JobInterrupted, JobRun
from labelyard.projects import service as projects
from labelyard.uploads import service as uploads
from labelyard.users import service as users

T = TypeVar("T")
SWEEP_SECONDS = 3600.0
CANCELLED = "The import was cancelled."


def register(ctx: Context) -> None:
    """Make the runner know the kinds of job, and tidy what earlier crashes left."""
    ctx.jobs.register(service.KIND, ImportJob(ctx), on_failure=failed)
    ctx.jobs.register(undo.KIND, undo.UndoJob(ctx))
    predictions.register(ctx)
    _sweep(ctx)
    ctx.periodic.add("imports", SWEEP_SECONDS, lambda: _sweep(ctx))


def _sweep(ctx: Context) -> int:
    """Remove what requests left that a crash ended; how many directories."""
    return service.sweep_spool(ctx, predictions.live_directories(ctx))


def failed(conn: Connection, args: Mapping[str, Any], error: str) -> None:
    """Mark the import of a failed job, in the transaction that closes the job."""
    row = queries.by_id(conn, args["import_id"])
    if row is not None:
        now = now_us()
        values = {"status": "failed", "error": row.error or error, "updated_at": now, "finished_at": now}
        queries.update(conn, row.id, values)


class Cancelled(Failed):
    """Somebody cancelled the import."""

    def __init__(self) -> None:
        super().__init__(CANCELLED, 409)


class ImportJob:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def __call__(self, run: JobRun) -> dict[str, Any] | None:
        row = self._ctx.db.read_sync(queries.by_id, run.args["import_id"])
        if row is None:  # its project is gone
            return None
        directory = origin_of(row).directory
        try:
            Work(self._ctx, run, row).carry_out()
        except JobInterrupted:
            raise
        except Exception:
            service.remove_directory(directory)
            raise
        service.remove_directory(directory)
        return None


class Work:
    """One run of the job of one import."""

    def __init__(self, ctx: Context, run: JobRun, row: Row[Any]) -> None:
        self.ctx = ctx
        self.run = run
        self.row = row
        self.id: int = row.id
        self.origin: Origin = origin_of(row)
        self.options = options_of(row)
        self.actor: Actor = ctx.db.read_sync(users.worker, row.user_id, row.project_id)

    def carry_out(self) -> None:
        """Do all that is left of the import."""
        if self.run.cursor.get("phase") == "back":
            self._go_back(self._failure())
        try:
            self._go_on()
        except JobInterrupted:
            raise
        except Exception as error:  # noqa: BLE001 - raised again when everything is taken back
            self._go_back(error)

    def _go_on(self) -> None:
        self.check()
        if "phase" not in self.run.cursor:
            self._look_at()
        if self.run.cursor["phase"] == "stream":
            Stream(self).carry_out()
        else:
            self._store()
        rejected = rejects.publish(self.ctx, self.row.project_id, self.origin, self.options)
        try:
            self.run.complete(lambda conn: self._finish(conn, rejected), {"import_id": self.id})
        except BaseException:
            rejects.withdraw(self.ctx, rejected)
            raise

    # --- looking at it --------------------------------------------------------------------------------------------

    def _look_at(self) -> None:
        """From what the request brought to the first phase in which tasks are stored."""
        if not self.origin.gathered:
            gather(self.ctx, self.row.project_id, self.origin)
            source = {"source": to_text(self.origin)}
            self.commit(lambda conn: queries.update(conn, self.id, source), cursor=self.run.cursor)
        service.find_files(self.ctx, self.origin)
        if self.origin.frames is not None:
            self.commit(lambda conn: None, cursor={"phase": "store", "offset": 0, "tasks": 0}, progress=0)
        elif self.options.skips:
            self._begin(Counts(bytes=self.origin.size), {"phase": "stream", "rows": 0, "rejects": 0})
        else:
            self._prepare()

    def _prepare(self) -> None:
        """Check an import that was answered before it was looked at."""
        began = now_us()
        project = self.ctx.db.read_sync(projects.get, self.actor, self.row.project_id)
        prepared = service.prepare(
            self.ctx,
            self.actor,
            project.label_config,
            self.origin,
            self.options,
            self.note_rows,
            on_disk=True,
        )
        nested = self.options.dedupe is None
        counts = service.counts_of_summary(prepared.summary, self.origin, 0, nested=nested)
        counts.duration = (now_us() - began) / SECOND
        self._begin(counts, {"phase": "store", "offset": 0, "tasks": 0})

    def _begin(self, counts: Counts, cursor: dict[str, Any]) -> None:
        service.adopt_files(self.ctx, self.origin)

        def begin(conn: Connection) -> Origin:
            origin = service.begin(conn, self.actor, self.row.project_id, self.origin)
            counts.file_upload_ids = origin.upload_ids
            values = {"source": to_text(origin), "counts": to_text(counts), "updated_at": now_us()}
            queries.update(conn, self.id, values)
            return origin

        self.origin = self.commit(begin, cursor=cursor, progress=0, total=counts.rows_accepted or None)
        uploads.drop(self.ctx, self.origin.taken)

    # --- storing it -----------------------------------------------------------------------------------------------

    def _store(self) -> None:
        assert self.origin.frames is not None  # noqa: S101 - the phase says so
        cursor = self.run.cursor
        done: int = cursor["tasks"]
        total = counts_of(self.fresh()).rows_accepted
        for frame, offset in read_frames(Path(self.origin.frames), cursor["offset"]):
            keys = trial.keys_of(self.origin, done, len(frame))
            done += len(frame)
            self.store_frame(
                frame,
                keys,
                cursor={"phase": "store", "offset": offset, "tasks": done},
                progress=done,
                total=total,
                note=None,
            )

    def store_frame(
        self,
        frame: Frame,
        keys: list[bytes],
        *,
        cursor: dict[str, Any],
        progress: int,
        total: int | None,
        note: Callable[[Counts], None] | None,
    ) -> None:
        """Store a frame and save the cursor in one transaction. `note`: what else goes into the counts."""

        def store(conn: Connection) -> None:
            row = self.of_transaction(conn)
            counts = counts_of(row)
            if note is not None:
                note(counts)
            if len(frame):
                project = projects.get(conn, self.actor, row.project_id)
                stored = storing.store(
                    conn, self.actor, project, self.id, self.origin, self.options, frame, keys
                )
                # What was found good as a whole was counted when it was.
                stored.add_to(counts, nested=self.options.dedupe is not None or self.options.skips)
            now = now_us()
            counts.duration = (now - row.created_at) / SECOND
            values = {"status": "in_progress", "counts": to_text(counts), "updated_at": now}
            queries.update(conn, self.id, values)

        while True:
            try:
                self.commit(store, cursor=cursor, progress=progress, total=total, bulk=True)
            except dedupe.Behind:
                self._catch_up()
            else:
                return

    def _catch_up(self) -> None:
        """Make the dedupe keys of tasks that came without."""
        spec = self.options.dedupe
        assert spec is not None  # noqa: S101 - keys are asked for
        while self.commit(
            lambda conn: dedupe.catch_up(conn, self.row.project_id, spec), cursor=self.run.cursor
        ):
            self.check()

    def _finish(self, conn: Connection, rejected: str | None) -> None:
        row = self.of_transaction(conn)
        counts, now = counts_of(row), now_us()
        counts.rejects = rejected
        values = {"status": "completed", "counts": to_text(counts), "updated_at": now, "finished_at": now}
        queries.update(conn, self.id, values)

    # --- giving up ------------------------------------------------------------------------------------------------

    def _go_back(self, error: BaseException) -> None:
        """Take back what was stored, then fail with the error."""
        if self.run.cursor.get("phase") != "back":
            text = error_json(error) if isinstance(error, Problem) else None
            cursor = {"phase": "back"}
            self.commit(lambda conn: _note_error(conn, self.id, text), cursor=cursor)
        undo.take_back(self.run, self.actor, self.id)
        for key in self.commit(self._forget, cursor=self.run.cursor):
            self.ctx.objects.delete(key)
        raise error

    def _failure(self) -> Exception:
        """The error with which an earlier run began to go back."""
        row = self.fresh()
        return Cancelled() if row.cancelled else Failed("The import was interrupted by an error.")

    def _forget(self, conn: Connection) -> list[str]:
        """Let the counts and the uploads be as if nothing had come; the keys of objects that are not needed any more."""
        row = queries.by_id(conn, self.id)
        if row is None:
            return []
        service.give_uploads_back(conn, self.ctx, origin_of(row))
        keys = undo.forget_files(conn, self.actor, row)
        counts, undone = counts_of(row), undo_of(row)
        counts.task_count = undone.kept if undone else 0
        counts.annotation_count = counts.prediction_count = counts.rows_updated = 0
        counts.rejects = None
        queries.update(conn, self.id, {"counts": to_text(counts)})
        return keys

    # --- for all of them ------------------------------------------------------------------------------------------

    def commit(self, fn: Callable[[Connection], T], **values: Any) -> T:
        return self.run.commit(fn, **values)

    def fresh(self) -> Row[Any]:
        """The import's row as it is now."""
        row = self.ctx.db.read_sync(queries.by_id, self.id)
        if row is None:
            raise NotFound("The project of the import is gone.")
        return row

    def of_transaction(self, conn: Connection) -> Row[Any]:
        """The import's row, held; Cancelled when somebody cancelled it."""
        row = queries.lock(conn, self.id)
        if row is None:
            raise NotFound("The project of the import is gone.")
        if row.cancelled:
            raise Cancelled
        return row

    def check(self) -> None:
        """Cancelled or JobInterrupted when one of them is due."""
        self.run.check()
        if self.fresh().cancelled:
            raise Cancelled

    def note_rows(self, rows: int) -> None:
        """Let the status tell how many rows were read."""
        self.run.check()
        self.ctx.db.write_sync(self._note_rows, rows)

    def _note_rows(self, conn: Connection, rows: int) -> None:
        row = self.of_transaction(conn)
        counts = counts_of(row)
        counts.rows_read = max(rows, counts.rows_read)
        queries.update(
            conn, self.id, {"status": "in_progress", "counts": to_text(counts), "updated_at": now_us()}
        )


def _note_error(conn: Connection, import_id: int, error: str | None) -> None:
    """Keep the errors by field, which the job itself has only as a text."""
    if error is not None:
        queries.update(conn, import_id, {"error": error})
