"""From a request whose body has arrived to its answer: what is done at once, what a job does, what is waited for."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from anyio import to_thread
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.imports import idempotency, rejects, service, status, trial
from labelyard.imports.gather import gather_in_thread
from labelyard.imports.idempotency import Receipt
from labelyard.imports.model import Counts, Origin
from labelyard.imports.options import Options
from labelyard.imports.service import Prepared
from labelyard.kit.errors import Invalid
from labelyard.uploads import service as uploads

T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """The answer, and whether a job owns the spool directory now. `import_id`: None when nothing was stored."""

    answer: dict[str, Any]
    kept: bool = False
    import_id: int | None = None
    code: int = 201


class Request:
    """One import, from whom and into what. `began` is the monotonic time at which the request came."""

    def __init__(
        self,
        ctx: Context,
        actor: Actor,
        project_id: int,
        label_config: str,
        origin: Origin,
        options: Options,
        receipt: Receipt | None = None,
    ) -> None:
        self.ctx = ctx
        self.actor = actor
        self.project_id = project_id
        self.label_config = label_config
        self.origin = origin
        self.options = options
        self.receipt = receipt
        self.began = time.monotonic()

    async def carry_out(self, *, at_once: bool = False) -> Outcome:
        """Do what the request asks. `at_once`: answer with the id of the import before anything is looked at."""
        options = self.options
        if at_once and options.commit_to_project and not options.dry_run:
            return await self._hand_over(Counts(bytes=self.origin.size), wait=0.0)
        await gather_in_thread(self.ctx, self.project_id, self.origin)
        if options.dry_run:
            return Outcome(await to_thread.run_sync(self.try_out), code=200)
        job = await self.ctx.db.read(service.is_job, self.project_id, self.origin, options)
        if job and options.skips and options.commit_to_project:
            return await self._hand_over(Counts(bytes=self.origin.size))
        prepared = await to_thread.run_sync(lambda: self._prepare(on_disk=job and options.commit_to_project))
        if not options.commit_to_project:
            return await self._keep_files(prepared)
        if job:
            nested = options.dedupe is None
            counts = service.counts_of_summary(prepared.summary, self.origin, self.began, nested=nested)
            return await self._hand_over(counts)
        return await self._store(prepared)

    def _prepare(self, *, on_disk: bool) -> Prepared:
        return service.prepare(
            self.ctx, self.actor, self.label_config, self.origin, self.options, on_disk=on_disk
        )

    def _result(self, counts: Counts, import_id: int | None = None) -> dict[str, Any]:
        from_body = self.origin.body is not None
        return status.result_json(counts, self.options, from_body=from_body, import_id=import_id)

    def try_out(self) -> dict[str, Any]:
        """The answer of a dry run."""
        dedupes = self.options.dedupe is not None
        try:
            prepared = self._prepare(on_disk=dedupes)
        except Invalid as problem:
            counts = Counts(bytes=self.origin.size, duration=round(time.monotonic() - self.began, 6))
            return self._result(counts) | {"errors": problem.validation_errors}
        counts = service.counts_of_summary(prepared.summary, self.origin, self.began, nested=not dedupes)
        counts.task_count = counts.rows_accepted
        if dedupes:
            trial.run(self.ctx, self.project_id, self.origin, self.options, counts)
        return self._result(counts)

    async def _keep_files(self, prepared: Prepared) -> Outcome:
        counts = service.counts_of_summary(prepared.summary, self.origin, self.began)

        def store(conn: Connection) -> dict[str, Any]:
            counts.file_upload_ids = service.store_files(conn, self.actor, self.project_id, self.origin)
            answer = self._result(counts)
            idempotency.keep(conn, self.actor, self.project_id, self.receipt, answer=answer)
            return answer

        return Outcome(await self._write(store))

    async def _store(self, prepared: Prepared) -> Outcome:
        rejected = await to_thread.run_sync(
            rejects.publish, self.ctx, self.project_id, self.origin, self.options
        )

        def store(conn: Connection) -> tuple[int, Counts]:
            import_id, counts = service.store_at_once(
                conn,
                self.actor,
                self.project_id,
                self.origin,
                self.options,
                prepared,
                self.began,
                rejected,
            )
            idempotency.keep(conn, self.actor, self.project_id, self.receipt, import_id=import_id)
            return import_id, counts

        try:
            import_id, counts = await self._write(store)
        except BaseException:
            rejects.withdraw(self.ctx, rejected)
            raise
        return Outcome(self._result(counts, import_id), import_id=import_id)

    async def _write(self, store: Callable[[Connection], T]) -> T:
        """Run the transaction that stores the files of the import, which are in the object store before it."""
        await to_thread.run_sync(service.adopt_files, self.ctx, self.origin)
        try:
            stored = await self.ctx.db.write(store)
        except BaseException:
            service.disown_files(self.ctx, self.origin)
            raise
        await to_thread.run_sync(uploads.drop, self.ctx, self.origin.taken)
        return stored

    async def _hand_over(self, counts: Counts, *, wait: float | None = None) -> Outcome:
        """Let a job do it, and wait for that as long as the settings say."""
        ctx = self.ctx
        seconds = ctx.settings.import_wait_seconds if wait is None else wait

        def submit(conn: Connection) -> tuple[int, int]:
            ids = service.submit(conn, ctx, self.actor, self.project_id, self.origin, self.options, counts)
            answer = None if seconds else {"import": ids[0]}
            idempotency.keep(conn, self.actor, self.project_id, self.receipt, import_id=ids[0], answer=answer)
            return ids

        checked = self.origin.frames is not None
        import_id, job_id = await (self._write(submit) if checked else ctx.db.write(submit))
        ctx.jobs.notify()
        state = await ctx.jobs.wait(job_id, seconds) if seconds else None
        if state is None or not state.finished:
            await to_thread.run_sync(_make_durable, Path(self.origin.directory))
            return Outcome({"import": import_id}, kept=True, import_id=import_id)
        answer = await ctx.db.read(status.result_of, self.actor, self.project_id, import_id)
        return Outcome(answer, kept=True, import_id=import_id)


def _make_durable(directory: Path) -> None:
    """Wait until what the job needs is on the disk: the answer promises that it will be imported."""
    try:
        names = sorted(directory.iterdir())
    except FileNotFoundError:  # the job was quick
        return
    for path in names:
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
