"""Rows that are inserted a column at a time are the rows that were meant, on both engines."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from labelyard.kit.db.columns import (
    Column,
    Counting,
    Numbers,
    Same,
    Texts,
    insert_columns,
    listed,
    numbers,
    texts,
)
from labelyard.kit.db.database import Database

TABLE = sa.Table(
    "column_test",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("body", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("whole", sa.BigInteger),
    sa.Column("flag", sa.Boolean),
    sa.Column("real", sa.Float),
)
WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
WHOLE = st.none() | st.integers(-(2**63), 2**63 - 1)
REAL = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def table(database: Database) -> Database:
    database.write_sync(lambda conn: TABLE.create(conn))
    return database


def stored(conn: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(sa.select(TABLE).order_by(TABLE.c.id))]


def store(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Insert (body, note, whole, flag, real), read everything and empty the table."""
    body, note, whole, flag, real = zip(*rows, strict=True)
    columns = {
        "id": Counting(7),
        "body": texts(body),
        "note": texts(note),
        "whole": numbers(whole),
        "flag": numbers(flag),
        "real": numbers(real),
    }
    insert_columns(conn, TABLE, len(rows), columns)
    found = stored(conn)
    conn.execute(TABLE.delete())
    return found


ROW = st.tuples(st.none() | WORDS, st.none() | WORDS, WHOLE, st.none() | st.booleans(), REAL)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_what_goes_in_comes_out(table: Database, rows: list[tuple[Any, ...]]) -> None:
    found = table.write_sync(store, rows)
    assert found == [(7 + place, *row) for place, row in enumerate(rows)]


@pytest.mark.parametrize(
    "values",
    [
        [0.1 + 0.2, 1 / 3, 0.8731, 12.345, 1e-3],
        [1e-19, 5e-324, 1.7e308, -1e-30, 2.0**53 + 2],
        [0.00012345, 1.5, -0.25, 2.0**-70, None],
        [1.0, 2, 3.5, 0.0, 2**60],
    ],
)
def test_doubles_are_stored_to_the_last_bit(table: Database, values: list[float | None]) -> None:
    found = table.write_sync(store, [("", "", 0, True, value) for value in values])
    assert [row[-1] for row in found] == values
    assert all(isinstance(row[-1], float) for row in found if row[-1] is not None)


@given(st.floats(2.0**-71, 2.0**53))
def test_a_double_is_a_whole_number_over_a_power_of_two(value: float) -> None:
    from labelyard.kit.db.columns import _fraction

    made = _fraction(value)
    assert made is not None and made < 2**63
    assert math.ldexp(made >> 7, -(made & 127)) == value


def test_slices_of_one_buffer_are_stored_as_they_are(table: Database) -> None:
    parts = [b'{"a": 1}', '["ü", 2]'.encode(), b'"\\u00e9"', b"{}"]
    body = listed(parts)
    assert bytes(body.buffer) == b"[" + b",".join(parts) + b"]"
    picked = Texts(memoryview(body.buffer), [body.spans[2], -1, body.spans[1], body.spans[0]])

    def insert(conn: Connection) -> list[tuple[Any, ...]]:
        columns: dict[str, Column] = {
            "id": Counting(1),
            "body": body,
            "note": picked,
            "whole": Numbers([1, None, 3, 4]),
        }
        insert_columns(conn, TABLE, 4, columns)
        return stored(conn)

    found = table.write_sync(insert)
    assert [row[1].encode() for row in found] == parts
    assert [row[2] for row in found] == ['"\\u00e9"', None, '["ü", 2]', '{"a": 1}']
    assert [row[3] for row in found] == [1, None, 3, 4]


def test_rows_without_anything_of_their_own(table: Database) -> None:
    def insert(conn: Connection) -> list[tuple[Any, ...]]:
        insert_columns(conn, TABLE, 0, {"id": Counting(1), "body": Same("x")})
        insert_columns(
            conn, TABLE, 3, {"id": Counting(5), "body": Same("x"), "flag": Same(True), "real": Same(None)}
        )
        return stored(conn)

    assert table.write_sync(insert) == [(n, "x", None, None, True, None) for n in (5, 6, 7)]
