"""Fixtures of the two database engines. A test that asks for `database_url` or `database` runs on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labelyard.db.migrate import prepare
from labelyard.kit.db.database import Database
from labelyard.kit.db.open import open_database
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """What `Settings.database_url` is to be: empty for the embedded engine, else a fresh migrated database."""
    if request.param == "sqlite":
        yield ""
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as url:
            yield url


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "labelyard.sqlite3"
    prepare(database_url, path, tmp_path / "backups")
    db = open_database(database_url, path, synchronous="NORMAL")
    yield db
    db.close()
