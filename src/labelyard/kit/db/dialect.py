"""What the two engines spell differently, each as one function."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from labelyard.kit.db.database import Dialect


def is_postgres(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


_DRAWN = sa.text(
    "SELECT min(id) AS first, max(id) AS last, CASE WHEN max(id) - min(id) >= count(*) THEN array_agg(id ORDER BY id) END AS ids"
    " FROM (SELECT nextval(CAST(:name AS regclass)) AS id FROM generate_series(1, :count)) AS drawn"
)


def reserve_ids(conn: Connection, table: Table, count: int) -> Sequence[int]:
    """`count` rising ids of `table` that nobody else gets; they must be inserted before the next call.

    SQLite has one writer and remembers the highest id ever used (AUTOINCREMENT), explicit ones included. PostgreSQL
    draws them from its sequence under a lock that ends with the transaction. So they are a range, but on PostgreSQL for
    a table whose rows are inserted without this function too: those draw their ids in between.
    """
    if count <= 0:
        return range(0)
    if is_postgres(conn):
        column = next(iter(table.primary_key.columns)).name
        name = f"{table.name}_{column}_seq"
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
        drawn = conn.execute(_DRAWN, {"name": f'"{name}"', "count": count}).one()
        return drawn.ids or range(drawn.first, drawn.last + 1)
    first = _last_on_sqlite(conn, table) + 1
    return range(first, first + count)


def _last_on_sqlite(conn: Connection, table: Table) -> int:
    driver: Any = conn.connection.dbapi_connection  # SQLAlchemy's part would cost ten times as much
    row = driver.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).fetchone()
    return int(row[0] or 0) if row else 0


def last_id(conn: Connection, table: Table) -> int:
    """The highest id that `table` ever gave, 0 when it gave none."""
    if is_postgres(conn):
        name = f"{table.name}_{next(iter(table.primary_key.columns)).name}_seq"
        # Name from the schema.
        used = sa.text(f'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "{name}"')  # noqa: S608
        return int(conn.execute(used).scalar_one())
    return _last_on_sqlite(conn, table)


def use_up_ids(conn: Connection, table: Table, last: int) -> None:
    """Let the next id of `table` be above `last`, as if all up to it had been given."""
    if last <= last_id(conn, table):
        return
    if is_postgres(conn):
        name = f"{table.name}_{next(iter(table.primary_key.columns)).name}_seq"
        conn.execute(
            sa.text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": f'"{name}"', "last": last}
        )
        return
    known = conn.execute(
        sa.text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"),
        {"name": table.name, "last": last},
    )
    if not known.rowcount:
        conn.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
            {"name": table.name, "last": last},
        )


def insert_rows(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert many rows the fastest way the engine has; each row is a tuple in the order of `columns`."""
    names = ", ".join(f'"{name}"' for name in columns)
    cursor = conn.connection.cursor()
    try:
        if is_postgres(conn):
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(columns))
            # Names come from the schema, values are bound.
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # type: ignore[arg-type]  # noqa: S608
    finally:
        cursor.close()


def without_index(column: ColumnElement[int]) -> ColumnElement[int]:
    """A number that rows are tested by, and not looked up by.

    SQLite takes an index on `project_id` for `project_id = ? AND id IN (…)`, and walks the whole project for some ids.
    """
    return column + sa.literal_column("0", sa.Integer)


class json_list(FunctionElement[str]):
    """The JSON text of a list of columns. Truth is 0 and 1 on SQLite, true and false on PostgreSQL."""

    type = sa.Text()
    inherit_cache = True


@compiles(json_list)
def _json_list(element: json_list, compiler: Any, **kwargs: Any) -> str:
    return f"json_array({compiler.process(element.clauses, **kwargs)})"


@compiles(json_list, "postgresql")
def _json_list_postgres(element: json_list, compiler: Any, **kwargs: Any) -> str:
    return f"CAST(json_build_array({compiler.process(element.clauses, **kwargs)}) AS TEXT)"


RANDOM_ON_SQLITE = f"(random() & {2**62 - 1} | 1)"


class random_positive(FunctionElement[int]):
    """A random number of 62 bits above 0, another one in each row."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(random_positive)
def _random_positive(_element: random_positive, _compiler: Any, **_kwargs: Any) -> str:
    return RANDOM_ON_SQLITE


@compiles(random_positive, "postgresql")
def _random_positive_postgres(_element: random_positive, _compiler: Any, **_kwargs: Any) -> str:
    return f"(CAST(floor(random() * {2**62}) AS bigint) | 1)"


def dialect_of(conn: Connection) -> Dialect:
    return "postgresql" if is_postgres(conn) else "sqlite"


def ids_in(dialect: Dialect, column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of `ids`, of which there may be a million: one value goes to the database."""
    if dialect == "postgresql":
        return column == sa.func.any(sa.cast(list(ids), sa.ARRAY(sa.BigInteger)))
    listed = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def raw_rows(
    conn: Connection, statement: sa.Select[Any], values: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    """The rows of a query as the driver gives them, a third cheaper than `.all()`, for reading by the 100,000.

    Nothing is converted: on SQLite a boolean is 0 or 1.
    """
    result = conn.execute(statement, values)
    try:
        return result.cursor.fetchall()
    finally:
        result.close()


def upsert(
    conn: Connection,
    table: Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Mapping[str, Any] | Sequence[str] = (),
) -> None:
    """Insert, or where a row with the same `key` exists, update it.

    `update` names the columns that take the new value, or maps columns to expressions over the stored row; empty
    leaves the stored row alone.
    """
    statement = _insert(dialect_of(conn), table)
    if not update:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    else:
        changes = (
            dict(update)
            if isinstance(update, Mapping)
            else {name: statement.excluded[name] for name in update}
        )
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    conn.execute(statement, values)


def insert_new(conn: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """Insert a row unless a unique index knows one like it; the id of the new row."""
    statement = _insert(dialect_of(conn), table).on_conflict_do_nothing().returning(table.c.id)
    made: int | None = conn.execute(statement, values).scalar()
    return made


def add_counts(
    conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str], count: str
) -> None:
    """Insert rows, adding `count` to that of a row with the same `key`."""
    if rows:
        conn.execute(_addition(dialect_of(conn), table, tuple(key), count), list(rows))


@lru_cache
def _addition(dialect: Dialect, table: Table, key: tuple[str, ...], count: str) -> Any:
    statement = _insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(key), set_={count: table.c[count] + statement.excluded[count]}
    )


def _insert(dialect: Dialect, table: Table) -> Any:
    """An INSERT that knows `ON CONFLICT`; the engines' classes have no common base for that."""
    # PostgreSQL's part of SQLAlchemy takes a while to import, and the embedded engine starts without it.
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)
