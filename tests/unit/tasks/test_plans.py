"""Pages of a large project are read through the index, in its order."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from labelyard.annotations import queries as annotation_queries
from labelyard.db import schema
from labelyard.kit.db.dialect import without_index
from labelyard.predictions import queries as prediction_queries
from labelyard.queue import queries as queue_queries
from labelyard.tasks import queries
from labelyard.views import queries as view_queries
from labelyard.views.conditions import Tasks
from labelyard.views.filters import EVERYTHING


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


def test_tasks_are_looked_up_by_their_ids_and_not_along_the_project(conn):
    """SQLite would rather walk all of a project than look up some of its tasks."""
    some = [2, 3, 5, 8, 13]
    for column in (schema.task.c.project_id, without_index(schema.task.c.project_id)):
        found = plan(conn, sa.select(schema.task).where(column == 1, schema.task.c.id.in_(some)))
        assert ("INTEGER PRIMARY KEY" in found) == (column is not schema.task.c.project_id)


def test_no_query_leaves_the_way_open_that_walks_the_project(conn):
    """Statements by ids as they are run: none uses an index on the project."""
    seen = []

    def note(_conn, _cursor, text, values, _context, many):
        if "FROM task" in text or text.startswith("UPDATE task"):
            seen.append((text, values[0] if many else values))

    sa.event.listen(conn.engine, "before_cursor_execute", note)
    ids = [2, 3, 5, 8, 13]
    queries.by_ids(conn, 1, ids)
    queries.existing(conn, 1, ids)
    queries.lock_many(conn, 1, ids)
    view_queries.copies(conn, 1, ids)
    view_queries.matching(conn, Tasks("sqlite", 1, ""), EVERYTHING, (), included=ids)
    queue_queries.recount_many(conn, 1, queue_queries.ids_within(ids))
    annotation_queries.recount_tasks(conn, 1, ids)
    prediction_queries.lock_tasks(conn, 1, ids)
    prediction_queries.scores(conn, ids)
    prediction_queries.set_scores(
        conn, [{"task": each, "total": 1, "lowest": 0.5, "mean": 0.5} for each in ids]
    )
    sa.event.remove(conn.engine, "before_cursor_execute", note)
    assert len(seen) > 10
    for text, values in seen:
        found = " ".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))
        assert "project_id" not in found.replace("ix_annotation_project_id", ""), (text, found)
