"""Storing good rows while the rest is still being read: what `on_error=skip` makes possible.

A row is dealt with once it is stored or in the log of refused rows; the cursor counts the rows before which all are.
After a crash reading starts anew, passes over those, and goes on.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from labelyard.imports import rejects, service, spool
from labelyard.imports.model import Counts, counts_of
from labelyard.imports.prepare import Preparer
from labelyard.imports.spool import Gathering
from labelyard.imports.verdicts import Verdicts
from labelyard.projects import service as projects
from labelyard.tasks.service import NewTask, NewTasks

if TYPE_CHECKING:
    from labelyard.imports.jobs import Work

_FIRST_FRAME = 100  # tasks: the first ones can be labeled at once; later frames double up to the usual size


class Stream:
    def __init__(self, work: "Work") -> None:
        self._work = work
        counts = counts_of(work.fresh())
        self._log = rejects.RejectLog(Path(work.origin.directory) / rejects.LOG, work.run.cursor["rejects"])
        self._verdicts = Verdicts(self._log.add)
        self._verdicts.rejected, self._verdicts.rows = counts.rows_rejected, list(counts.row_errors)
        self._total = None  # rows, as long as nobody knows
        self._limit = _FIRST_FRAME
        self._start: int = work.run.cursor["rows"]
        self._gathering, self._keys = Gathering(), list[bytes]()
        ctx, actor, row = work.ctx, work.actor, work.row
        project = ctx.db.read_sync(projects.get, actor, row.project_id)
        self._preparer = Preparer(
            project.label_config,
            work.options,
            service.people_of(ctx, actor),
            self,
            max_tasks=service.max_tasks(ctx, work.options),
            verdicts=self._verdicts,
            take_key=self._take_key,
            start=self._start,
        )

    def carry_out(self) -> None:
        """Read everything, store the good rows."""
        origin = self._work.origin
        with self._log:
            body = None if origin.body is None else Path(origin.body)
            summary = self._preparer.run(origin.files, body, self._work.note_rows)
            self._store(summary.rows)

    def _take_key(self, key: bytes) -> None:
        self._next_key: bytes | None = key

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        """Take a task; as for any sink."""
        self._make_room(1, size)
        self._gathering.add(task, columns, size)
        if self._work.options.dedupe is not None and self._next_key is not None:
            self._keys.append(self._next_key)

    def add_block(self, block: NewTasks, number: int | None, size: int) -> None:
        """Take a block of tasks."""
        self._make_room(len(block), size)
        self._gathering.add_block(block, number, size)

    def room(self) -> int:
        """How many tasks a block should have."""
        return min(self._limit, self._gathering.room())

    def _make_room(self, tasks: int, size: int) -> None:
        if self._gathering.is_full(tasks, size, self._limit):
            self._store(self._preparer.before)

    def _store(self, rows: int) -> None:
        """Store what is gathered; `rows` are dealt with then."""
        cursor = {"phase": "stream", "rows": rows, "rejects": self._log.save()}
        rejected, errors = self._verdicts.rejected, list(self._verdicts.rows)
        summary = self._preparer.summary

        def note(counts: Counts) -> None:
            counts.rows_read, counts.rows_rejected = rows, rejected
            counts.rows_accepted, counts.row_errors = rows - rejected, errors
            counts.could_be_tasks_list = summary.could_be_tasks_list
            counts.files_as_tasks_list = summary.files_as_tasks_list
            counts.found_formats, counts.data_columns = summary.found_formats, summary.data_columns

        frame, keys = self._gathering.take(), self._keys
        self._work.store_frame(frame, keys, cursor=cursor, progress=rows, total=self._total, note=note)
        self._limit, self._keys = min(self._limit * 2, spool.FRAME_TASKS), []
