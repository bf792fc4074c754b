"""Brings a database to the schema of this release.

One chain of migrations serves both engines. The embedded database is migrated at start, after a copy of it went to
`backups/`; PostgreSQL, which several servers may share, only by `labelyard migrate`.
"""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from labelyard.kit.clock import iso, now_us
from labelyard.kit.db.open import is_embedded, open_migration_engine
from labelyard.kit.db.sqlite import copy_database

HEAD = "0021"  # the newest revision; a test holds it against the chain


class SchemaError(RuntimeError):
    """A database that this release cannot work with; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Migrated:
    before: str | None  # None: the database was empty
    backup: Path | None


def prepare(url: str, path: Path, backups: Path) -> Migrated:
    """Make the database fit for this release. SchemaError when it is of a later one, or needs `labelyard migrate`."""
    engine = open_migration_engine(url, path)
    try:
        revision = current_revision(engine)
        if revision == HEAD:
            return Migrated(revision, None)
        _refuse_unknown(revision)
        if revision is not None and not is_embedded(url):
            raise SchemaError(
                f"The database is at revision {revision}, this release needs {HEAD}: run `labelyard migrate`."
            )
        backup = _back_up(path, backups, revision) if revision is not None else None
        upgrade(engine)
        return Migrated(revision, backup)
    finally:
        engine.dispose()


def current_revision(engine: Engine) -> str | None:
    """The revision of a database, None when it is empty. SchemaError when it holds tables of somebody else."""
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if "alembic_version" in tables:
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if tables:
            raise SchemaError("The database holds tables that are not Labelyard's. Give an empty one.")
        return None


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction."""
    # Alembic is a quarter of a second of imports that a start without a migration does not need.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _refuse_unknown(revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise SchemaError(
            f"The database was written by a later release (revision {revision}, this one knows {HEAD}). "
            "Install that release, or restore a backup."
        )


def _back_up(path: Path, backups: Path, revision: str) -> Path:
    stamp = (iso(now_us()) or "")[:19].replace(":", "-")
    target = backups / f"{path.stem}-{revision}-{stamp}.sqlite3"
    copy_database(path, target)
    return target
