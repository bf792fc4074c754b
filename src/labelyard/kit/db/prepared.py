"""Statements of the hot paths, compiled once.

SQLAlchemy spends some 50 µs on a statement that SQLite answers in 5. What annotators send all day long, the next task
and the saved answer, is a dozen and a half of such statements; on the embedded engine these go straight to the driver.
PostgreSQL keeps the usual way: a round trip costs more than that, and its errors have to be SQLAlchemy's, which decide
whether a transaction is tried again.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

AnyRow = Row[*tuple[Any, ...]]
_Maker = Callable[[tuple[Any, ...]], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    names: tuple[str, ...]  # of the bound values in their order
    fixed: Mapping[str, Any]  # values that are part of the statement
    make: _Maker


class Prepared:
    """A SELECT, INSERT, UPDATE or DELETE with bound parameters, none of them `expanding`.

    Rows have their columns as attributes. `columns` are those that an INSERT gives.
    """

    def __init__(self, statement: sa.Executable, *, columns: Sequence[str] | None = None) -> None:
        self.statement = statement
        self._columns = columns
        self._compiled: _Compiled | None = None

    def all(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[AnyRow]:
        if conn.dialect.name != "sqlite":
            return conn.execute(self.statement, values).all()
        compiled = self._compiled or self._compile(conn)
        given = {**compiled.fixed, **values}
        driver: Any = conn.connection.dbapi_connection
        # All rows are fetched: a statement that is not at its end would still be open when the transaction commits.
        rows = driver.execute(compiled.sql, [given[name] for name in compiled.names]).fetchall()
        return [compiled.make(row) for row in rows]

    def first(self, conn: Connection, values: Mapping[str, Any]) -> AnyRow | None:
        rows = self.all(conn, values)
        return rows[0] if rows else None

    def one(self, conn: Connection, values: Mapping[str, Any]) -> AnyRow:
        (row,) = self.all(conn, values)
        return row

    def scalar(self, conn: Connection, values: Mapping[str, Any]) -> Any:
        row = self.first(conn, values)
        return None if row is None else row[0]

    def run(self, conn: Connection, values: Mapping[str, Any]) -> None:
        """For a statement without rows."""
        if conn.dialect.name == "sqlite":
            self.all(conn, values)
        else:
            conn.execute(self.statement, values)

    def _compile(self, conn: Connection) -> _Compiled:
        statement: Any = self.statement
        compiled = statement.compile(dialect=conn.dialect, column_keys=self._columns)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("a prepared statement cannot have parameters that change its text")
        names = tuple(compiled.positiontup)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._compiled = _Compiled(compiled.string, names, fixed, _maker(compiled._result_columns))
        return self._compiled


def _maker(columns: Sequence[Any]) -> _Maker:
    """From a row of the driver to one with names; SQLite has no booleans of its own."""
    if not columns:
        return tuple
    row_type: Any = namedtuple("Row", [column.keyname for column in columns])  # type: ignore[misc]
    make: _Maker = row_type._make
    flags = [place for place, column in enumerate(columns) if isinstance(column.type, sa.Boolean)]
    if not flags:
        return make

    def with_booleans(row: tuple[Any, ...]) -> Any:
        values = list(row)
        for place in flags:
            if values[place] is not None:
                values[place] = bool(values[place])
        return make(tuple(values))

    return with_booleans
