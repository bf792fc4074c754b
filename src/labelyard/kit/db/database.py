"""The one port to the database.

`fn(conn, *args)` is a plain function on a SQLAlchemy Core connection. `read` gives it a read-only snapshot,
`write` a transaction that is committed when the call returns and rolled back when `fn` raises. Both engines
behind this port keep these promises; what differs between them lives in `kit.db.dialect`.
"""

from collections.abc import Callable
from typing import Concatenate, Literal, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

P = ParamSpec("P")
T = TypeVar("T")

Dialect = Literal["sqlite", "postgresql"]


class Database(Protocol):
    @property
    def dialect(self) -> Dialect: ...

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` on a read-only connection."""
        ...

    async def look_up(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` for what every request asks: a few rows by key. It may run in the caller's own thread.

        Prepared statements of `fn` need not see the same snapshot.
        """
        ...

    async def write(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn` in a transaction; when this returns, its changes are durable."""
        ...

    def read_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for threads outside the event loop (jobs, command line)."""
        ...

    def write_sync(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for threads outside the event loop."""
        ...

    def write_bulk_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write_sync` for thousands of rows at a time: a transaction of its own, which lets other writes go first.

        A power cut may take it back as long as no `write` came after it; a crash of the process may not.
        """
        ...

    def close(self) -> None: ...
