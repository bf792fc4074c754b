"""Embedded databases as a first start makes them, without the migrations: copies of one."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from labelyard.db.migrate import prepare


def put_database(path: Path) -> None:
    """A migrated database without rows at `path`, unless there is one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """Migrated once for all tests of the process."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "labelyard.sqlite3"
        prepare("", path, path.parent / "backups")
        return path.read_bytes()
