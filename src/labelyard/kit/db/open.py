"""Opens the engine that an address names."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from labelyard.kit.db.database import Database
from labelyard.kit.db.sqlite import SqliteDatabase, migration_engine


class DatabaseUrlError(ValueError):
    """An address that names no engine we have."""


def open_database(url: str, path: Path, *, readers: int = 4, synchronous: str = "FULL") -> Database:
    """The embedded engine at `path` when `url` is empty, else the PostgreSQL that `url` names."""
    if not url:
        return SqliteDatabase(path, readers=readers, synchronous=synchronous)
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        # The driver is an extra: importing it must not be needed to run the embedded engine.
        try:
            from labelyard.kit.db.postgres import PostgresDatabase
        except ModuleNotFoundError as error:
            raise DatabaseUrlError("PostgreSQL needs its driver: install `labelyard[postgres]`.") from error
        return PostgresDatabase(url.replace("postgres://", "postgresql://", 1), connections=readers)
    raise DatabaseUrlError(
        "LABELYARD_DATABASE_URL must start with postgresql://; leave it empty for the embedded database."
    )


def is_embedded(url: str) -> bool:
    return not url


def open_migration_engine(url: str, path: Path) -> Engine:
    """A plain engine for schema changes."""
    if is_embedded(url):
        return migration_engine(path)
    return sa.create_engine(
        sa.make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
    )
