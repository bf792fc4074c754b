"""Migrations: one chain for both engines, a backup before a change, no surprise with a foreign or newer database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import labelyard.db.migrate as migrate
from labelyard.db.schema import metadata
from labelyard.kit.db.open import open_migration_engine


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_the_chain_leads_to_the_schema_in_the_code(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "labelyard.sqlite3"
    migrate.prepare(database_url, path, tmp_path / "backups")
    engine = open_migration_engine(database_url, path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_a_fresh_database_needs_no_backup_and_a_second_start_changes_nothing(tmp_path: Path) -> None:
    path, backups = tmp_path / "x.sqlite3", tmp_path / "backups"
    assert migrate.prepare("", path, backups) == migrate.Migrated(None, None)
    assert migrate.prepare("", path, backups) == migrate.Migrated(migrate.HEAD, None)
    assert not backups.exists()


def test_an_older_database_is_copied_before_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, backups = tmp_path / "x.sqlite3", tmp_path / "backups"
    migrate.prepare("", path, backups)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO organization (title, invite_token, created_at, updated_at) VALUES ('o', 't', 1, 1)"
        )
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    upgraded: list[sa.Engine] = []
    monkeypatch.setattr(migrate, "upgrade", upgraded.append)
    done = migrate.prepare("", path, backups)
    assert upgraded and done.before == "0000" and done.backup is not None
    with closing(sqlite3.connect(done.backup)) as copy:
        assert copy.execute("SELECT title FROM organization").fetchall() == [("o",)]


def test_a_later_or_foreign_database_is_refused_untouched(tmp_path: Path) -> None:
    later = tmp_path / "later.sqlite3"
    migrate.prepare("", later, tmp_path)
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(migrate.SchemaError, match="later release"):
        migrate.prepare("", later, tmp_path)

    foreign = tmp_path / "foreign.sqlite3"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE cats (name TEXT)")
        connection.commit()
    with pytest.raises(migrate.SchemaError, match="not Labelyard"):
        migrate.prepare("", foreign, tmp_path)


def test_mean_scores_are_made_from_the_predictions_that_are_there(database_url: str, tmp_path: Path) -> None:
    engine = open_migration_engine(database_url, tmp_path / "labelyard.sqlite3")
    if database_url:  # comes migrated
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    migrate.upgrade(engine, "0011")
    scores: dict[int, list[float | None]] = {
        1: [0.25, 0.75, None],
        2: [],
        3: [None],
        4: [0.1, 0.7, 0.3],
        50_000: [0.3, 0.1, 0.7],
    }
    with engine.begin() as connection:
        for text in (
            "INSERT INTO organization (id, title, invite_token, created_at, updated_at) VALUES (1, 'o', 't', 1, 1)",
            "INSERT INTO project (id, organization_id, label_config, created_at, updated_at) VALUES (1, 1, '<View/>', 1, 1)",
        ):
            connection.exec_driver_sql(text)
        for place, (task, found) in enumerate(scores.items()):
            connection.execute(
                sa.text(
                    "INSERT INTO task (id, project_id, inner_id, data, rnd, created_at, updated_at)"
                    " VALUES (:task, 1, :place, '{}', 1, 1, 1)"
                ),
                {"task": task, "place": place},
            )
            for score in found:
                connection.execute(
                    sa.text(
                        "INSERT INTO prediction (task_id, project_id, result, score, created_at, updated_at)"
                        " VALUES (:task, 1, '[]', :score, 1, 1)"
                    ),
                    {"task": task, "score": score},
                )
    migrate.upgrade(engine)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, mean_score FROM task ORDER BY id")).all()
    engine.dispose()
    means = {row.id: row.mean_score for row in rows}
    assert means == {1: 0.5, 2: None, 3: None, 4: pytest.approx(1.1 / 3), 50_000: means[4]}
