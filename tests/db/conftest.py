"""The database port on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.database import put_database

from labelyard.kit.db.database import Database
from labelyard.kit.db.open import open_database


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "labelyard.sqlite3"
    if not database_url:
        put_database(path)
    db = open_database(database_url, path, synchronous="NORMAL")
    yield db
    db.close()
