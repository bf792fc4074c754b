"""Long work that survives a crash.

A job is a row. Its handler does the work in steps, and each step saves its effects and the new cursor in one
transaction (`JobRun.commit`), so that after a kill -9 the job goes on at the cursor and no effect happens twice.
A running job holds a lease; a worker that died loses it, and another one goes on.
"""

import asyncio
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Row, Table

from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.db.database import Database
from labelyard.kit.db.dialect import insert_new, is_postgres
from labelyard.kit.errors import Problem
from labelyard.kit.ids import new_uuid
from labelyard.kit.log import Logger

T = TypeVar("T")
Json = dict[str, Any]

LEASE = 20 * SECOND
HEARTBEAT_SECONDS = 5.0
POLL_SECONDS = 0.5
MAX_ATTEMPTS = 10  # at one cursor: a job that takes its server down each time must not do so for ever

ACTIVE = ("queued", "running", "cancelling")
log = Logger("labelyard.jobs")


class JobCancelled(Exception):
    """Raised in a handler by `JobRun.commit` when somebody cancelled the job."""


class JobInterrupted(Exception):
    """Raised in a handler when the worker stops or has lost the job; the job goes on elsewhere or later."""


@dataclass(frozen=True, slots=True)
class JobState:
    id: int
    kind: str
    project_id: int | None
    state: str  # queued | running | cancelling | completed | failed | cancelled
    progress: int
    total: int | None
    cursor: Json
    result: Json | None
    error: str | None
    created_at: int
    updated_at: int

    @property
    def finished(self) -> bool:
        return self.state not in ACTIVE


Handler = Callable[["JobRun"], Json | None]
OnFailure = Callable[[Connection, Json, str], None]


@dataclass(slots=True)
class _Kind:
    run: Handler
    on_failure: OnFailure | None


class JobRunner:
    """Runs jobs in threads of this process. `table` is the job table; the runner owns its rows of the kinds it knows."""

    def __init__(self, db: Database, table: Table, *, threads: int = 2) -> None:
        self.db = db
        self.table = table
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._kinds: dict[str, _Kind] = {}
        self._wake = threading.Condition()
        self._wakes = 0
        self._polled = False
        self._stopping = threading.Event()
        self._left = False
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(threads)
        ]
        self._heart = threading.Thread(target=self._beat, name="job-heart", daemon=True)
        self._running: set[int] = set()
        self._waiters: dict[int, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._waiters_lock = threading.Lock()

    # --- asking for work -----------------------------------------------------------------------------------------

    def register(self, kind: str, run: Handler, *, on_failure: OnFailure | None = None) -> None:
        """`on_failure(conn, args, error)` runs in the transaction that marks the job failed or cancelled."""
        self._kinds[kind] = _Kind(run, on_failure)

    def submit(
        self,
        conn: Connection,
        kind: str,
        args: Mapping[str, Any],
        *,
        project_id: int | None = None,
        dedupe_key: str | None = None,
    ) -> int:
        """Queue a job in the caller's transaction. With a `dedupe_key`, the live job of that key is returned instead."""
        now = now_us()
        values = {
            "kind": kind,
            "project_id": project_id,
            "state": "queued",
            "args": json.dumps(args),
            "dedupe_key": dedupe_key,
            "created_at": now,
            "updated_at": now,
        }
        while True:
            if dedupe_key is not None and (live := self.live(conn, kind, dedupe_key)) is not None:
                return live
            # Another process may queue the same at the same moment.
            made = insert_new(conn, self.table, values)
            if made is not None:
                return made

    def live(self, conn: Connection, kind: str, dedupe_key: str) -> int | None:
        """The id of the job of a key that has not ended."""
        found: int | None = conn.execute(
            sa.select(self.table.c.id).where(
                self.table.c.kind == kind,
                self.table.c.dedupe_key == dedupe_key,
                self.table.c.state.in_(ACTIVE),
            )
        ).scalar()
        return found

    def cancel(self, conn: Connection, job_id: int) -> None:
        """Ask a job to stop at its next step. Finished jobs are left alone."""
        row = conn.execute(sa.select(self.table).where(self.table.c.id == job_id)).one_or_none()
        if row is None:
            return
        if row.state == "queued":
            self._close(conn, row, "cancelled", error="cancelled")
        elif row.state == "running":
            self._set(conn, job_id, state="cancelling")

    def state(self, conn: Connection, job_id: int) -> JobState | None:
        row = conn.execute(sa.select(self.table).where(self.table.c.id == job_id)).one_or_none()
        return None if row is None else _state(row)

    def forget(self, conn: Connection, kind: str, before: int) -> None:
        """Delete finished jobs of a kind that nobody asks about any more: last changed before that time."""
        table = self.table
        conn.execute(
            table.delete().where(
                table.c.kind == kind, table.c.state.not_in(ACTIVE), table.c.updated_at < before
            )
        )

    def live_counts(self, conn: Connection) -> dict[tuple[str, str], int]:
        """(kind, state) → number of jobs that are not finished."""
        table = self.table
        statement = (
            sa.select(table.c.kind, table.c.state, sa.func.count())
            .where(table.c.state.in_(["queued", "running", "cancelling"]))
            .group_by(table.c.kind, table.c.state)
        )
        return {(kind, state): count for kind, state, count in conn.execute(statement)}

    def notify(self) -> None:
        """Say that jobs were committed, so that an idle worker looks at once instead of at its next poll."""
        with self._wake:
            self._wakes += 1
            self._wake.notify_all()

    async def wait(self, job_id: int, timeout: float) -> JobState:
        """The job's state when it finishes, or as it is after `timeout` seconds. LookupError for an unknown id."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._waiters_lock:
            self._waiters.setdefault(job_id, []).append(waiter)
        deadline = time.monotonic() + timeout
        try:
            self.notify()
            while True:
                waiter[1].clear()
                state = await self.db.read(self.state, job_id)
                if state is None:
                    raise LookupError(f"no job {job_id}")
                left = deadline - time.monotonic()
                if state.finished or left <= 0:
                    return state
                # Polled as well: on PostgreSQL another process may run it.
                try:
                    await asyncio.wait_for(waiter[1].wait(), min(left, POLL_SECONDS))
                except TimeoutError:
                    continue
        finally:
            with self._waiters_lock:
                self._waiters[job_id].remove(waiter)
                if not self._waiters[job_id]:
                    del self._waiters[job_id]

    # --- doing it ------------------------------------------------------------------------------------------------

    def start(self, *, alone: bool) -> None:
        """Start the workers. `alone`: no other process works on this database, so running jobs are orphans."""
        if alone:
            self.db.write_sync(self._reclaim)
        for thread in self._threads:
            thread.start()
        self._heart.start()

    def stop(self, patience: float | None = None) -> None:
        """Stop after the current step of each job; unfinished jobs are queued again.

        Steps that take longer than `patience` seconds are left behind, and their jobs go on when the lease ran out, or
        at the next start of a server that is alone.
        """
        self._stopping.set()
        self.notify()
        ends = None if patience is None else time.monotonic() + patience
        for thread in [*self._threads, self._heart]:
            if thread.is_alive():
                thread.join(None if ends is None else max(ends - time.monotonic(), 0))
        self._left = any(thread.is_alive() for thread in self._threads)

    def run_pending(self) -> int:
        """Run what is queued in the calling thread until nothing is left; how many jobs ran. For the command line."""
        count = 0
        while self._run_one():
            count += 1
        return count

    def _work(self) -> None:
        while not self._stopping.is_set():
            seen = self._wakes
            try:
                if self._run_one():
                    continue
            except Exception:
                if self._left:  # the database was closed meanwhile
                    return
                log.exception("job worker: claiming failed")
            with self._wake:
                if self._wakes == seen and not self._stopping.is_set():
                    # One idle worker looks from time to time; the others wait until it finds something.
                    looks, self._polled = not self._polled, True
                    self._wake.wait(POLL_SECONDS if looks else None)
                    if looks:
                        self._polled = False

    def _run_one(self) -> bool:
        queued = self.db.read_sync(self._candidate, now_us())
        if queued is None:  # looked up by a reader first: an idle worker must not occupy the writer
            return False
        row = self.db.write_sync(self._claim)
        if row is None:
            return False
        self._running.add(row.id)
        self.notify()  # there may be more, and somebody has to go on looking
        try:
            self._run(row)
        finally:
            self._running.discard(row.id)
            self._tell(row.id)
        return True

    def _candidate(self, conn: Connection, now: int) -> int | None:
        found: int | None = conn.execute(self._claimable(now)).scalar()
        return found

    def _claimable(self, now: int) -> sa.Select[Any]:
        t = self.table
        return (
            sa.select(t.c.id)
            .where(
                t.c.kind.in_(list(self._kinds)),
                sa.or_(
                    t.c.state == "queued",
                    sa.and_(t.c.state.in_(["running", "cancelling"]), t.c.lease_expires_at < now),
                ),
            )
            .order_by(t.c.id)
            .limit(1)
        )

    def _claim(self, conn: Connection) -> Row[Any] | None:
        now = now_us()
        query = self._claimable(now)
        if is_postgres(conn):
            query = query.with_for_update(skip_locked=True)
        job_id = conn.execute(query).scalar()
        if job_id is None:
            return None
        row = conn.execute(sa.select(self.table).where(self.table.c.id == job_id)).one()
        if row.state == "cancelling":
            self._close(conn, row, "cancelled", error="cancelled")
            return None
        if row.attempts >= MAX_ATTEMPTS:
            self._close(conn, row, "failed", error=f"given up after {row.attempts} interrupted attempts")
            return None
        self._set(
            conn,
            job_id,
            state="running",
            attempts=row.attempts + 1,
            lease_owner=self.owner,
            lease_expires_at=now + LEASE,
        )
        return row

    def _run(self, row: Row[Any]) -> None:
        run = JobRun(self, row.id, json.loads(row.args), json.loads(row.cursor), progress=row.progress)
        try:
            result = self._kinds[row.kind].run(run)
            if not run.completed:
                run.complete(lambda conn: None, result)
        except JobInterrupted:
            self.db.write_sync(self._requeue, row.id)
        except JobCancelled:
            self.db.write_sync(self._close, row, "cancelled", "cancelled")
        except Problem as problem:
            self.db.write_sync(self._close, row, "failed", str(problem))
        except Exception:
            if self._left:
                return
            error_id = new_uuid()
            log.exception("job failed", job_id=row.id, kind=row.kind, error_id=error_id)
            self.db.write_sync(self._close, row, "failed", f"internal error {error_id}")

    def _close(self, conn: Connection, row: Row[Any], state: str, error: str) -> None:
        self._set(conn, row.id, state=state, error=error, lease_owner=None, lease_expires_at=None)
        kind = self._kinds.get(row.kind)
        if kind is not None and kind.on_failure is not None:
            kind.on_failure(conn, json.loads(row.args), error)

    def _requeue(self, conn: Connection, job_id: int) -> None:
        # An orderly stop is no failed attempt.
        conn.execute(
            self.table.update()
            .where(
                self.table.c.id == job_id,
                self.table.c.lease_owner == self.owner,
                self.table.c.state == "running",
            )
            .values(
                state="queued", lease_owner=None, lease_expires_at=None, attempts=self.table.c.attempts - 1
            )
        )

    def _reclaim(self, conn: Connection) -> None:
        conn.execute(
            self.table.update()
            .where(
                self.table.c.state.in_(["running", "cancelling"]), self.table.c.kind.in_(list(self._kinds))
            )
            .values(lease_expires_at=0, lease_owner=None)
        )

    def _set(self, conn: Connection, job_id: int, **values: Any) -> None:
        conn.execute(
            self.table.update().where(self.table.c.id == job_id).values(updated_at=now_us(), **values)
        )

    def _beat(self) -> None:
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            running = list(self._running)
            if running:
                try:
                    self.db.write_sync(self._renew, running)
                except Exception:
                    log.exception("job heartbeat failed")

    def _renew(self, conn: Connection, job_ids: list[int]) -> None:
        conn.execute(
            self.table.update()
            .where(self.table.c.id.in_(job_ids), self.table.c.lease_owner == self.owner)
            .values(lease_expires_at=now_us() + LEASE)
        )

    def _tell(self, job_id: int) -> None:
        with self._waiters_lock:
            for loop, finished in self._waiters.get(job_id, []):
                loop.call_soon_threadsafe(finished.set)


@dataclass(slots=True)
class JobRun:
    """One run of a job, as its handler sees it."""

    runner: JobRunner
    job_id: int
    args: Json
    cursor: Json  # as saved by the last commit, {} at the first start
    progress: int = 0
    completed: bool = field(default=False, init=False)

    def commit(
        self,
        fn: Callable[[Connection], T],
        *,
        cursor: Json | Callable[[Any], Json],
        progress: int | None = None,
        total: int | None = None,
        bulk: bool = False,
    ) -> T:
        """Run `fn(conn)` and save the cursor, which may depend on what `fn` gives, in one transaction.

        `bulk`: one of many that write thousands of rows.

        JobCancelled when the job was cancelled, JobInterrupted when this worker lost it: `fn` is undone then.
        JobInterrupted after the commit when the server stops.
        """
        values: Json = {} if callable(cursor) else self._reached(cursor)
        if progress is not None:
            values["progress"] = self.progress = progress
        if total is not None:
            values["total"] = total
        write = self.runner.db.write_bulk_sync if bulk else self.runner.db.write_sync
        result, self.cursor = write(self._step_on, fn, values, cursor)
        if self.runner._stopping.is_set():
            raise JobInterrupted
        return result

    def complete(self, fn: Callable[[Connection], T], result: Json | None) -> T:
        """Run `fn(conn)` and mark the job completed in one transaction."""
        values = {
            "state": "completed",
            "result": json.dumps(result),
            "lease_owner": None,
            "lease_expires_at": None,
        }
        value = self.runner.db.write_sync(self._step, fn, values)
        self.completed = True
        return value

    def check(self) -> None:
        """JobInterrupted when the server is about to stop: call it in long stretches without a commit."""
        if self.runner._stopping.is_set():
            raise JobInterrupted

    def _step_on(
        self,
        conn: Connection,
        fn: Callable[[Connection], T],
        values: Json,
        cursor: Json | Callable[[Any], Json],
    ) -> tuple[T, Json]:
        result = self._step(conn, fn, values)
        if not callable(cursor):
            return result, cursor
        reached, table = cursor(result), self.runner.table
        conn.execute(table.update().where(table.c.id == self.job_id).values(**self._reached(reached)))
        return result, reached

    def _reached(self, cursor: Json) -> Json:
        """Columns of a cursor. One that moved on is no job that takes its server down at the same place each time."""
        return {"cursor": json.dumps(cursor), **({"attempts": 1} if cursor != self.cursor else {})}

    def _step(self, conn: Connection, fn: Callable[[Connection], T], values: Json) -> T:
        t = self.runner.table
        now = now_us()
        changed = conn.execute(
            t.update()
            .where(t.c.id == self.job_id, t.c.lease_owner == self.runner.owner, t.c.state == "running")
            .values(updated_at=now, **{"lease_expires_at": now + LEASE, **values})
        )
        if changed.rowcount != 1:
            state = conn.execute(sa.select(t.c.state).where(t.c.id == self.job_id)).scalar()
            raise JobCancelled if state == "cancelling" else JobInterrupted
        return fn(conn)


def _state(row: Row[Any]) -> JobState:
    return JobState(
        id=row.id,
        kind=row.kind,
        project_id=row.project_id,
        state=row.state,
        progress=row.progress,
        total=row.total,
        cursor=json.loads(row.cursor),
        result=None if row.result is None else json.loads(row.result),
        error=row.error,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
