"""The embedded engine: SQLite in WAL mode, one writer thread with group commit, a few reader threads.

SQLite lets one connection write at a time. A lock that threads fight for starves some of them for seconds, so all
writes go through one queue instead: the writer takes what has gathered there, runs each closure in a savepoint of
one transaction, commits once, and only then tells the callers. That makes the wait fair and shares the price of
the disk flush.

Bulk writes (`write_bulk_sync`) are taken one at a time and between the others, each in a transaction of its own: who
writes a row waits for one of them at most. Their commits leave the flush to the next commit of the others, which flushes
all that came before it.

Copying what was written from the log into the database is done by another thread, beside the writer: in a large project
the rows that annotators change lie far apart, and whoever's commit did the copying would wait for all of them.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.pool import NullPool

from labelyard.kit.jsonvalues import canonical

P = ParamSpec("P")
T = TypeVar("T")

GROUP = 64  # closures that share one commit at most
_BUSY_MS = 10_000
_MMAP_BYTES = 1 << 30
_CACHE_KIB = 64 * 1024
_COPY_AFTER = 64  # writes after which the log is copied, some thousand pages
_BULK_WRITES = 16  # what a bulk write counts as: many change the same pages, copied once for some of them
_LOG_PAGES = 16_384  # at which a commit copies the log itself, in case the thread that does it falls behind
_LOG_BYTES = 64 << 20  # what is left of a log that was larger
_STOP = object()

_Work = tuple[Callable[[Connection], Any], "Future[Any]"]


class SqliteDatabase:
    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: Path, *, readers: int = 4, synchronous: str = "FULL") -> None:
        if synchronous.upper() not in {"FULL", "NORMAL"}:
            raise ValueError(f"sqlite_synchronous must be FULL or NORMAL, not {synchronous!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._write_engine = self._engine(writer=True, synchronous=synchronous)
        self._read_engine = self._engine(writer=False, synchronous=synchronous)
        # The write connection is opened first: it creates the file and switches it to WAL.
        self._write_connection = self._write_engine.connect()
        self._synchronous = synchronous
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._bulk_work: deque[_Work] = deque()  # the writer's own
        self._closed = threading.Event()
        self._log_grew = threading.Event()
        self._copier: threading.Thread | None = None
        self._uncopied = 0  # writes since the log was copied
        self._writer = threading.Thread(target=self._write_loop, name="db-writer", daemon=True)
        self._writer.start()
        self._local = threading.local()
        self._reader_connections: list[Connection] = []
        self._reader_lock = threading.Lock()
        self._readers = ThreadPoolExecutor(max_workers=max(1, readers), thread_name_prefix="db-reader")

    # --- reading -------------------------------------------------------------------------------------------------

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._readers.submit(lambda: self._read(fn, *args, **kwargs)))

    async def look_up(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # A few rows by key out of the page cache cost less than the way to a thread and back. A single prepared
        # statement is its own snapshot and needs no transaction; whatever goes through SQLAlchemy has begun one.
        connection = self._reader()
        try:
            return fn(connection, *args, **kwargs)
        finally:
            if connection.in_transaction():
                connection.rollback()

    def read_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._readers.submit(lambda: self._read(fn, *args, **kwargs)).result()

    def _read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = self._reader()
        with connection.begin():  # one snapshot for all statements of the closure
            return fn(connection, *args, **kwargs)

    def _reader(self) -> Connection:
        """This thread's own connection for reading."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._read_engine.connect()
            self._local.connection = connection
            with self._reader_lock:
                self._reader_connections.append(connection)
        return connection

    # --- writing -------------------------------------------------------------------------------------------------

    async def write(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # Shielded by being a plain future: a client that goes away does not undo what it asked for.
        return await asyncio.wrap_future(self._enqueue(lambda conn: fn(conn, *args, **kwargs)))

    def write_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._enqueue(lambda conn: fn(conn, *args, **kwargs)).result()

    def write_bulk_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return self._enqueue(lambda conn: fn(conn, *args, **kwargs), bulk=True).result()

    def _enqueue(self, fn: Callable[[Connection], T], *, bulk: bool = False) -> "Future[T]":
        if self._closed.is_set():
            raise RuntimeError("the database is closed")
        if threading.current_thread() is self._writer:
            raise RuntimeError("a write from inside a write would wait for itself")
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on it cannot be cancelled: it will be committed or fail
        self._work.put((bulk, (fn, future)))
        return future

    def _write_loop(self) -> None:
        stop = False
        while not stop or self._bulk_work:
            batch, stop_seen = self._next_batch()
            stop = stop or stop_seen
            if batch:
                self._commit_group(batch)
                self._note_growth(len(batch))
            if self._bulk_work:
                self._commit_bulk(*self._bulk_work.popleft())
                self._note_growth(_BULK_WRITES)

    def _next_batch(self) -> tuple[list[_Work], bool]:
        """What has gathered, bulk writes set aside; whether the last of it was the sign to stop."""
        batch: list[_Work] = []
        while len(batch) < GROUP:
            try:
                item = self._work.get(block=not batch and not self._bulk_work)
            except queue.Empty:
                break
            if item is _STOP:
                return batch, True
            bulk, work = item
            (self._bulk_work if bulk else batch).append(work)
        return batch, False

    def _commit_group(self, batch: Sequence[_Work]) -> None:
        if len(batch) == 1:
            self._commit_one(*batch[0])
            return
        connection = self._write_connection
        # Savepoints go straight to the driver: SQLAlchemy's cost a fifth of what annotators cost the writer.
        driver: Any = connection.connection.dbapi_connection
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with connection.begin():
                for fn, future in batch:
                    driver.execute("SAVEPOINT closure")
                    try:
                        value = fn(connection)
                    except Exception as error:  # noqa: BLE001 - handed to the caller that asked for this write
                        driver.execute("ROLLBACK TO closure")
                        done.append((future, None, error))
                    else:
                        done.append((future, value, None))
                    driver.execute("RELEASE closure")
        except BaseException as error:  # noqa: BLE001 - the commit itself failed: nobody's change is durable
            for _, future in batch:
                future.set_exception(error)
            return
        for future, value, failure in done:
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)

    def _commit_one(self, fn: Callable[[Connection], Any], future: "Future[Any]") -> None:
        """A closure alone is its own transaction and needs no savepoint."""
        try:
            with self._write_connection.begin():
                value = fn(self._write_connection)
        except BaseException as error:  # noqa: BLE001 - handed to the caller that asked for this write
            future.set_exception(error)
        else:
            future.set_result(value)

    def _commit_bulk(self, fn: Callable[[Connection], Any], future: "Future[Any]") -> None:
        driver: Any = self._write_connection.connection.dbapi_connection
        driver.execute("PRAGMA synchronous=NORMAL")
        try:
            self._commit_one(fn, future)
        finally:
            driver.execute(f"PRAGMA synchronous={self._synchronous}")

    def _note_growth(self, writes: int) -> None:
        self._uncopied += writes
        if self._uncopied < _COPY_AFTER:
            return
        self._uncopied = 0
        if self._copier is None:
            self._copier = threading.Thread(target=self._copy_log, name="db-log", daemon=True)
            self._copier.start()
        self._log_grew.set()

    def _copy_log(self) -> None:
        """Copy what was appended to the log into the database, whenever it grew."""
        with closing(self._open(writer=True, synchronous="NORMAL")) as connection:
            while True:
                self._log_grew.wait()
                self._log_grew.clear()
                if self._closed.is_set():
                    return
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    # --- life ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Finish what is queued, let SQLite refresh its statistics, close every connection."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._work.put(_STOP)
        self._writer.join()
        if self._copier is not None:
            self._log_grew.set()
            self._copier.join()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.close()
        self._write_connection.exec_driver_sql("PRAGMA optimize")
        self._write_connection.rollback()
        self._write_connection.close()
        self._read_engine.dispose()
        self._write_engine.dispose()

    def _engine(self, *, writer: bool, synchronous: str) -> sa.Engine:
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: self._open(writer=writer, synchronous=synchronous),
            poolclass=NullPool,
        )
        begin = "BEGIN IMMEDIATE" if writer else "BEGIN"
        # The driver is told not to begin transactions itself (isolation_level=None), so this is the only place.
        # Straight to the driver: every transaction pays for it, and SQLAlchemy has nothing to add to these two words.
        event.listen(
            engine, "begin", lambda connection: connection.connection.dbapi_connection.execute(begin)
        )
        return engine

    def _open(self, *, writer: bool, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
            f"mmap_size={_MMAP_BYTES}",
            f"wal_autocheckpoint={_LOG_PAGES}",
            f"journal_size_limit={_LOG_BYTES}",
            "temp_store=MEMORY",
            f"cache_size=-{_CACHE_KIB if writer else _CACHE_KIB // 8}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("labelyard_fold", 1, _fold, deterministic=True)
        connection.create_function("labelyard_canonical", 1, _canonical, deterministic=True)
        if not writer:
            connection.execute("PRAGMA query_only=ON")
        return connection


def _fold(value: object) -> str | None:
    """Text without upper and lower case; LIKE of SQLite knows those of ASCII only."""
    return None if value is None else str(value).casefold()


def _canonical(text: str | None) -> str | None:
    return None if text is None else canonical(text)


def migration_engine(path: Path) -> sa.Engine:
    """An engine for one thread that changes the schema, before `SqliteDatabase` opens the file.

    Foreign keys are off, as SQLite wants it for tables that are rebuilt; DDL is part of the transaction.
    """

    def connect() -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of a database, also while it is in use."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
