"""Prepared statements answer what SQLAlchemy answers, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.support.database import put_database
from tests.support.labeling import make_actors, make_project

from labelyard.db import schema
from labelyard.kit.db.database import Database
from labelyard.kit.db.open import open_database
from labelyard.kit.db.prepared import Prepared

project = schema.project


@pytest.fixture
def db(database_url: str, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "labelyard.sqlite3"
    if not database_url:
        put_database(path)
    database = open_database(database_url, path, synchronous="NORMAL")
    try:
        yield database
    finally:
        database.close()


def _project(conn: sa.Connection) -> int:
    return make_project(conn, make_actors(conn, 1)[0])


def test_rows_are_those_of_the_usual_way_booleans_and_nulls_included(db: Database) -> None:
    project_id = db.write_sync(_project)
    statement = sa.select(project).where(project.c.id == sa.bindparam("id"))
    prepared = Prepared(statement)
    usual = db.read_sync(lambda conn: conn.execute(statement, {"id": project_id}).one())
    for _ in range(2):  # compiled, then compiled already
        row = db.read_sync(prepared.one, {"id": project_id})
        assert tuple(row) == tuple(usual)
        assert row.show_skip_button is True
        assert row.is_draft is False
        assert row.pinned_at is None
    assert db.read_sync(prepared.first, {"id": 0}) is None
    assert db.read_sync(prepared.all, {"id": 0}) == []
    with pytest.raises(ValueError, match="not enough values"):
        db.read_sync(prepared.one, {"id": 0})


def test_changes_are_part_of_the_transaction(db: Database) -> None:
    project_id = db.write_sync(_project)
    change = Prepared(
        sa.update(project)
        .where(project.c.id == sa.bindparam("which"))
        .values(title=sa.bindparam("name"), is_draft=True)
        .returning(project.c.title, project.c.is_draft)
    )
    column = schema.data_column
    insert = Prepared(sa.insert(column), columns=("project_id", "name", "tasks"))
    count = Prepared(
        sa.select(sa.func.count()).select_from(column).where(column.c.tasks == sa.bindparam("tasks"))
    )

    def work(conn: sa.Connection, fails: bool) -> tuple[object, ...]:
        insert.run(conn, {"project_id": project_id, "name": "a", "tasks": 7})
        row = change.one(conn, {"which": project_id, "name": "after"})
        if fails:
            raise RuntimeError("stop")
        return tuple(row)

    with pytest.raises(RuntimeError, match="stop"):
        db.write_sync(work, True)
    assert db.read_sync(count.scalar, {"tasks": 7}) == 0
    assert db.write_sync(work, False) == ("after", True)
    assert db.read_sync(count.scalar, {"tasks": 7}) == 1


def test_a_statement_whose_text_depends_on_values_is_refused(db: Database) -> None:
    prepared = Prepared(sa.select(project.c.id).where(project.c.id.in_(sa.bindparam("ids", expanding=True))))
    if db.dialect == "sqlite":
        with pytest.raises(TypeError, match="change its text"):
            db.read_sync(prepared.all, {"ids": [1]})
    else:
        assert db.read_sync(prepared.all, {"ids": [1]}) == []
