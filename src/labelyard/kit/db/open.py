"""Opens the engine that an address names."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import URL, Engine
from sqlalchemy.exc import ArgumentError

from labelyard.kit.db.database import Database
from labelyard.kit.db.sqlite import SqliteDatabase, migration_engine


class DatabaseUrlError(ValueError):
    """An address that names no engine we have."""


def open_database(url: str, path: Path, *, readers: int = 4, synchronous: str = "FULL") -> Database:
    """The embedded engine at `path` when `url` is empty, else the PostgreSQL that `url` names."""
    if not url:
        return SqliteDatabase(path, readers=readers, synchronous=synchronous)
    address = postgres_url(url)
    # The driver is an extra: importing it must not be needed to run the embedded engine.
    try:
        from labelyard.kit.db.postgres import PostgresDatabase
    except ModuleNotFoundError as error:
        raise DatabaseUrlError("PostgreSQL needs its driver: install `labelyard[postgres]`.") from error
    return PostgresDatabase(address.render_as_string(hide_password=False), connections=readers)


def postgres_url(url: str) -> URL:
    """The address with the driver that we use. DatabaseUrlError, which tells no password, when it is none."""
    if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise DatabaseUrlError(
            "LABELYARD_DATABASE_URL must start with postgresql://; leave it empty for the embedded database."
        )
    try:
        return sa.make_url(url.replace("postgres://", "postgresql://", 1)).set(
            drivername="postgresql+psycopg"
        )
    except (ArgumentError, ValueError):
        raise DatabaseUrlError(
            "LABELYARD_DATABASE_URL is no address: write postgresql://user:password@host:5432/name."
        ) from None


def is_embedded(url: str) -> bool:
    return not url


def open_migration_engine(url: str, path: Path) -> Engine:
    """A plain engine for schema changes."""
    if is_embedded(url):
        return migration_engine(path)
    return sa.create_engine(postgres_url(url))
