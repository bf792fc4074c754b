"""Pages of a large project are read through the index, in its order."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from labelyard.db import schema
from labelyard.tasks import queries


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        schema.metadata.create_all(connection)
        yield connection
    engine.dispose()


def plan(conn: sa.Connection, statement: sa.Select) -> str:
    text = str(statement.compile(conn, compile_kwargs={"literal_binds": True}))
    return " ".join(row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (queries._PAGE, {"project_id": 1, "after": 7, "size": 100}),
        (queries._KEY_AT, {"project_id": 1, "after": 7, "skip": 5000}),
        (queries._KEYS, {"project_id": 1, "after": 7, "size": 100}),
    ],
)
def test_pages_walk_the_index(conn, statement, values):
    found = plan(conn, statement.params(values))
    assert "uq_task_project_id_inner_id" in found
    assert "TEMP B-TREE" not in found
    if statement is not queries._PAGE:
        assert "COVERING INDEX" in found


def test_a_page_s_drafts_are_one_range_of_an_index(conn):
    assert "ix_draft_task_id" in plan(conn, queries._DRAFTED.params(first=1, last=100))
