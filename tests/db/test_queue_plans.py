"""Asking for the next task is a look into an index, however large the project is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from tests.support.database import put_database
from tests.support.labeling import make_actors, make_project

from labelyard.db import schema
from labelyard.kit.db.database import Database
from labelyard.kit.db.open import open_database
from labelyard.queue import queries, walk

TASKS = 100_000


@pytest.fixture
def large(database_url: str, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "labelyard.sqlite3"
    if not database_url:
        put_database(path)
    db = open_database(database_url, path, synchronous="NORMAL")
    try:
        db.write_sync(_fill)
        yield db
    finally:
        db.close()


def _fill(conn: Connection) -> None:
    """Two projects of 100k tasks; the first user of the second did the first 99,990 of its tasks, with overlap 2."""
    actor = make_actors(conn, 1)[0]
    for _ in range(2):
        project = make_project(conn, actor)
        numbers = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            if conn.dialect.name == "sqlite"
            else "WITH n AS (SELECT generate_series(1, 100000) AS i) "
        )
        score = "CASE WHEN mod(i, 2) = 0 THEN mod(i, 100) / 100.0 END"
        conn.exec_driver_sql(
            "INSERT INTO task (project_id, inner_id, data, overlap, free_slots, total_annotations, rnd, score, mean_score,"
            f" created_at, updated_at) {numbers}"
            f"SELECT {project}, i, '{{}}', 2, 1, 1, mod(i * 7919, 100003), {score}, {score}, 0, 0 FROM n"
        )
    conn.execute(
        sa.insert(schema.annotation).from_select(
            ["task_id", "project_id", "completed_by", "created_at", "updated_at"],
            sa.select(
                schema.task.c.id, schema.task.c.project_id, *map(sa.literal, (actor.user_id, 0, 0))
            ).where(schema.task.c.project_id == project, schema.task.c.inner_id <= TASKS - 10),
        )
    )
    conn.exec_driver_sql("ANALYZE")


def explain(conn: Connection, statement: sa.Select[Any] | sa.Update, values: dict[str, object]) -> str:
    compiled = statement.compile(dialect=conn.dialect)
    values = {**compiled.params, **values}
    keyword = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    bound = tuple(values[name] for name in compiled.positiontup) if compiled.positiontup else values
    return "\n".join(str(row) for row in conn.exec_driver_sql(keyword + str(compiled), bound))


STRETCHES = {
    "sequential": (walk.Stretch("id"), (150_000,), "ix_task_open_id"),
    "uniform": (walk.Stretch("rnd", low=500), (50_000, 7), "ix_task_open_rnd"),
    "uniform, wrapped": (walk.Stretch("rnd", high=90_000), (50_000, 7), "ix_task_open_rnd"),
    "by lowest score": (walk.Stretch("score"), (0.5, 120_000), "ix_task_open_score"),
    "by mean score": (walk.Stretch("mean_score"), (0.5, 120_000), "ix_task_open_mean_score"),
    "by mean score, from above": (
        walk.Stretch("mean_score", falling=True),
        (0.5, 120_000),
        "ix_task_open_mean_score",
    ),
    "without a score": (walk.Stretch("id", without="mean_score"), (150_000,), "ix_task_open_id"),
    "overlap first": (walk.Stretch("id", overlap_only=True), (150_000,), "ix_task_open_id"),
}


@pytest.mark.parametrize("database_url", [""], ids=["sqlite"])
def test_a_walk_begins_where_it_stands(large: Database) -> None:
    """A plan names the index, but not where in it the search begins: that is seen by the steps it takes."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    def ask(conn: Connection) -> dict[str, int]:
        driver: Any = conn.connection.dbapi_connection
        taken = {}
        for name, (stretch, key, _) in STRETCHES.items():
            steps[0] = 0
            driver.set_progress_handler(count, 100)
            try:
                queries.candidate(conn, stretch, 2, 1_000_000, key)
                queries.candidate(conn, stretch, 2, 1_000_000, ())
            finally:
                driver.set_progress_handler(None, 0)
            taken[name] = steps[0]
        return taken

    taken = large.read_sync(ask)
    assert max(taken.values()) < 100, taken  # tasks with the same score are passed one by one


PARTS: list[queries.Part] = ["first", "after", "level"]


@pytest.mark.parametrize("part", PARTS)
def test_each_order_reads_its_partial_index_and_sorts_nothing(large: Database, part: queries.Part) -> None:
    def plans(conn: Connection) -> dict[str, str]:
        return {
            name: explain(
                conn,
                queries.candidate_select(stretch, part),
                queries.candidate_parameters(stretch, 2, 1, () if part == "first" else key),
            )
            for name, (stretch, key, _) in STRETCHES.items()
            if part != "level" or stretch.falling
        }

    for name, plan in large.read_sync(plans).items():
        index = STRETCHES[name][2]
        assert index in plan, f"{name}:\n{plan}"
        if large.dialect == "sqlite":
            assert "USE TEMP B-TREE" not in plan, f"{name}:\n{plan}"
            assert not re.search(r"SCAN (task|annotation|lease|draft)", plan), f"{name}:\n{plan}"
        else:
            assert "Seq Scan on task" not in plan, f"{name}:\n{plan}"
            assert not re.search(r"(?<!Incremental )Sort  \(cost", plan), f"{name}:\n{plan}"


def test_the_books_of_one_task_are_kept_by_key(large: Database) -> None:
    found = large.read_sync(explain, queries._RECOUNT_ONE, {"task_id": 150_000})
    assert "SCAN" not in found.replace("SCAN lease USING COVERING", "")
    assert "Seq Scan on task" not in found
