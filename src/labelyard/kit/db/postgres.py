"""The scale-out engine: PostgreSQL through psycopg 3, one connection a thread of the pool.

A write is one transaction, tried again when the server gave up on it to keep transactions apart (serialization
failure, deadlock): the closures that `Database.write` takes have no effect outside the database.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, Literal, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

P = ParamSpec("P")
T = TypeVar("T")

_RETRY_STATES = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_TRIES = 8


class PostgresDatabase:
    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, url: str, *, connections: int = 4) -> None:
        size = max(2, connections)
        self._engine = sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=size,
            max_overflow=size,
            pool_pre_ping=True,
        )
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._threads = ThreadPoolExecutor(max_workers=size * 2, thread_name_prefix="db")

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._threads.submit(lambda: self.read_sync(fn, *args, **kwargs)))

    async def look_up(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.read(fn, *args, **kwargs)

    async def write(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await asyncio.wrap_future(self._threads.submit(lambda: self.write_sync(fn, *args, **kwargs)))

    def read_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._read_engine.connect() as connection, connection.begin():
            return fn(connection, *args, **kwargs)

    def write_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, _TRIES + 1):
            try:
                with self._engine.connect() as connection, connection.begin():
                    return fn(connection, *args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRY_STATES or attempt == _TRIES:
                    raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - only spreads the tries
        raise AssertionError("unreachable")

    def write_bulk_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return self.write_sync(fn, *args, **kwargs)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._engine.dispose()
