"""Reading a SQLite database that another program wrote, without changing a byte of it.

All that is read is one state of the database, also when its program writes meanwhile. Columns that a table lacks are
read as None, so that one query fits every release of the other program.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

_MAGIC = b"SQLite format 3\x00"
_STEPS = 1_000_000  # of SQLite's machine, between two looks at whether to go on


class ForeignError(Exception):
    """The file is no database, or a damaged one."""


Row = sqlite3.Row


class ForeignDatabase:
    """A database opened for reading only. ForeignError when it cannot be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ForeignError("this is no SQLite database")
        self._connection = self._open(path)
        try:
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("BEGIN")
            self._tables = self._read_tables()
        except sqlite3.Error as error:
            self._connection.close()
            raise ForeignError(str(error)) from error

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        # In a directory that cannot be written SQLite has no place for what readers share; without a log there is
        # nothing to share.
        log = path.with_name(f"{path.name}-wal")
        alone = "" if log.exists() and log.stat().st_size else "&immutable=1"
        try:
            return sqlite3.connect(
                f"file:{quote(str(path.resolve()))}?mode=ro{alone}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise ForeignError(str(error)) from error

    def _read_tables(self) -> dict[str, frozenset[str]]:
        names = [
            row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: frozenset(
                row["name"]
                for row in self._connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
            )
            for name in names
        }

    def check(self, tick: Callable[[], None]) -> None:
        """Read the whole file. ForeignError when it is damaged."""

        def look() -> int:
            tick()
            return 0

        self._connection.set_progress_handler(look, _STEPS)
        try:
            found = [row[0] for row in self._connection.execute("PRAGMA quick_check(3)")]
        except sqlite3.Error as error:
            raise ForeignError(str(error)) from error
        finally:
            self._connection.set_progress_handler(None, 0)
        if found != ["ok"]:
            raise ForeignError("; ".join(found))

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is such a table with these columns."""
        return table in self._tables and self._tables[table].issuperset(columns)

    def count(self, table: str, where: str = "1", values: Sequence[Any] = ()) -> int:
        """How many rows; 0 without the table. `where` is SQL of ours."""
        if table not in self._tables:
            return 0
        return int(self._all(f'SELECT count(*) FROM "{table}" WHERE {where}', values)[0][0])  # noqa: S608 - ours

    def rows(
        self,
        table: str,
        columns: Sequence[str],
        where: str = "1",
        values: Sequence[Any] = (),
        *,
        order: str = "1",
        limit: int = -1,
    ) -> list[Row]:
        """Rows with these columns; none without the table. `where` and `order` are SQL of ours."""
        if table not in self._tables:
            return []
        known = self._tables[table]
        wanted = ", ".join(f'"{name}"' if name in known else f'NULL AS "{name}"' for name in columns)
        sql = f'SELECT {wanted} FROM "{table}" WHERE {where} ORDER BY {order} LIMIT ?'  # noqa: S608 - names are ours
        return self._all(sql, (*values, limit))

    def of(self, table: str, columns: Sequence[str], key: str, ids: Sequence[int]) -> list[Row]:
        """Rows whose `key` is one of `ids` (at most 30,000), by key and id."""
        marks = ", ".join("?" * len(ids))
        return self.rows(table, columns, f'"{key}" IN ({marks})', ids, order=f'"{key}", id')

    def scalar(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """One value of a query of ours."""
        found = self._all(sql, values)
        return found[0][0] if found else None

    def _all(self, sql: str, values: Sequence[Any]) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise ForeignError(str(error)) from error

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "ForeignDatabase":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
