"""What the two engines spell differently, each as one function."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Table


def is_postgres(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def reserve_ids(conn: Connection, table: Table, count: int) -> range:
    """`count` consecutive ids of `table` that nobody else gets; they must be inserted before the next call.

    SQLite has one writer and remembers the highest id ever used (AUTOINCREMENT), explicit ones included. PostgreSQL
    hands out a block of its sequence under a lock that ends with the transaction.
    """
    if count <= 0:
        return range(0)
    if is_postgres(conn):
        column = next(iter(table.primary_key.columns)).name
        name = f"{table.name}_{column}_seq"
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
        first = conn.execute(
            sa.text("SELECT nextval(CAST(:name AS regclass))"), {"name": f'"{name}"'}
        ).scalar_one()
        conn.execute(
            sa.text("SELECT setval(CAST(:name AS regclass), :last)"),
            {"name": f'"{name}"', "last": first + count - 1},
        )
        return range(first, first + count)
    last = conn.execute(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
    ).scalar()
    first = (last or 0) + 1
    return range(first, first + count)


def last_id(conn: Connection, table: Table) -> int:
    """The highest id that `table` ever gave, 0 when it gave none."""
    if is_postgres(conn):
        name = f"{table.name}_{next(iter(table.primary_key.columns)).name}_seq"
        # Name from the schema.
        used = sa.text(f'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "{name}"')  # noqa: S608
        return int(conn.execute(used).scalar_one())
    last = conn.execute(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
    ).scalar()
    return int(last or 0)


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
    statement = _insert(conn, table)
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
    statement = _insert(conn, table).on_conflict_do_nothing().returning(table.c.id)
    made: int | None = conn.execute(statement, values).scalar()
    return made


def add_counts(
    conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str], count: str
) -> None:
    """Insert rows, adding `count` to that of a row with the same `key`."""
    if not rows:
        return
    statement = _insert(conn, table)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={count: table.c[count] + statement.excluded[count]}
        ),
        list(rows),
    )


def _insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows `ON CONFLICT`; the engines' classes have no common base for that."""
    # PostgreSQL's part of SQLAlchemy takes a while to import, and the embedded engine starts without it.
    if is_postgres(conn):
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)
