"""Positions to keys: whatever was deleted and in whatever order pages are asked for, a page is that part of the list."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from labelyard.db import schema
from labelyard.tasks import paging


@contextmanager
def tasks_in_memory(inner_ids: list[int]) -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as conn:
        schema.task.create(conn, checkfirst=False)
        for each in inner_ids:
            insert(conn, each)
        yield conn
    engine.dispose()


def insert(conn: sa.Connection, inner_id: int) -> None:
    conn.execute(
        schema.task.insert().values(
            project_id=1, inner_id=inner_id, data="{}", rnd=0, created_at=0, updated_at=0
        )
    )


def counts(tasks: int, last: int) -> Any:
    return SimpleNamespace(project_id=1, tasks=tasks, last_inner_id=last)


_STEP = st.one_of(
    st.tuples(st.just("page"), st.integers(0, 45), st.integers(1, 12)),
    st.tuples(st.just("last"), st.integers(0, 45), st.integers(1, 12)),
    st.tuples(st.just("delete"), st.integers(0, 40), st.just(0)),
    st.tuples(st.just("add"), st.just(0), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.lists(_STEP, max_size=40))
def test_pages_are_slices_of_the_list(size, steps):
    alive, last = list(range(1, size + 1)), size
    with tasks_in_memory(alive) as conn:
        for kind, at, limit in steps:
            if kind == "delete" and alive:
                gone = alive.pop(at % len(alive))
                conn.execute(schema.task.delete().where(schema.task.c.inner_id == gone))
            elif kind == "add":
                last += 1
                alive.append(last)
                insert(conn, last)
            elif kind == "page":
                rows = paging.rows_at(conn, counts(len(alive), last), at, limit)
                assert [row.inner_id for row in rows] == alive[at : at + limit]
            elif kind == "last":
                rows = paging.rows_from_end(conn, counts(len(alive), last), at, limit)
                assert [row.inner_id for row in rows] == alive[::-1][at : at + limit]
