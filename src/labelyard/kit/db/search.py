"""Tables of texts that are searched for a part of any length, upper or lower case, made while the program runs.

`(row id, text)`, with an index of all runs of three characters: FTS5 on SQLite, pg_trgm on PostgreSQL, where that is
installed or may be. Texts are stored case-folded. A part shorter than three characters is looked for text by text.
"""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from labelyard.kit.db.database import Dialect
from labelyard.kit.db.dialect import insert_rows, is_postgres
from labelyard.kit.db.jsonsql import like_pattern

GRAM = 3
_MAX_GRAMS = 24  # looked up for one part; the rest of it is compared
_CHUNK = 500


def _table(name: str) -> sa.Table:
    # A name that is made of letters, digits and _ by the callers; quoted by SQLAlchemy all the same.
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("rowid", sa.BigInteger, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )


def create(conn: Connection, name: str) -> None:
    """Make an empty table, in the place of one that is there."""
    drop(conn, name)
    table = _table(name)
    if not is_postgres(conn):
        options = "text, tokenize='trigram case_sensitive 1', detail=none"
        conn.exec_driver_sql(f'CREATE VIRTUAL TABLE "{table.name}" USING fts5({options})')
        return
    table.create(conn)
    try:
        with conn.begin_nested():
            conn.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            conn.exec_driver_sql(f'CREATE INDEX ON "{table.name}" USING gin ("text" gin_trgm_ops)')
    except DBAPIError:
        # The database's owner may not install it, and nobody did: texts are compared one by one.
        return


def drop(conn: Connection, name: str) -> None:
    """Take the table away; nothing happens when there is none."""
    conn.exec_driver_sql(f'DROP TABLE IF EXISTS "{_table(name).name}"')


def add(conn: Connection, name: str, rows: Iterable[tuple[int, str]]) -> None:
    """Put in texts under new row ids."""
    insert_rows(conn, _table(name), ("rowid", "text"), ((row_id, text.casefold()) for row_id, text in rows))


def remove(conn: Connection, name: str, row_ids: Collection[int]) -> None:
    table, ordered = _table(name), sorted(row_ids)
    for start in range(0, len(ordered), _CHUNK):
        conn.execute(table.delete().where(table.c.rowid.in_(ordered[start : start + _CHUNK])))


def matching(dialect: Dialect, name: str, part: str) -> sa.Select[Any]:
    """The row ids of the texts that contain `part`, as a query with the column `rowid`."""
    table, wanted = _table(name), part.casefold()
    if dialect == "postgresql":
        pattern = like_pattern(wanted)
        return sa.select(table.c.rowid).where(table.c.text.like(pattern, escape="\\"))
    query = sa.select(table.c.rowid).where(sa.func.instr(table.c.text, wanted) > 0)
    grams = _grams(wanted)
    if grams:
        whole: sa.ColumnClause[Any] = sa.column(name)
        query = query.where(whole.op("MATCH")(" AND ".join(grams)))
    return query


def _grams(part: str) -> list[str]:
    """Runs of three characters that cover the part, quoted for FTS5."""
    places = [*range(0, len(part) - GRAM, GRAM), len(part) - GRAM] if len(part) >= GRAM else []
    found = dict.fromkeys(part[at : at + GRAM] for at in places[:_MAX_GRAMS])
    return ['"' + gram.replace('"', '""') + '"' for gram in found]
