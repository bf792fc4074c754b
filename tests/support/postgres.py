"""A private PostgreSQL server for the tests: its own cluster in a temporary directory, gone afterwards.

`make setup` installs the server's programs. Where they are missing the tests that need them fail; they never skip.
"""

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from labelyard.db.migrate import upgrade
from labelyard.kit.db.open import open_migration_engine

_TEMPLATE = "labelyard_template"
_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30  # bytes; two servers, each with its write-ahead log and the few databases of one test


def _programs() -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError(
            "PostgreSQL's server programs are missing: run `make setup`, or apt-get install postgresql."
        )
    return found[-1].parent


def quickest_directory() -> str | None:
    """Where a cluster is best put: in memory where there is room, else (None) among the other temporary files.

    Each test makes and drops a database, which is some 450 files: 15 ms in memory, up to a second on a busy disk.
    """
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        return str(_MEMORY)
    return None


def _as_user(command: list[str]) -> list[str]:
    """The server refuses to run as root; the packages make the user postgres for that."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        programs = _programs()
        data = self.directory / "data"
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres")
            for parent in self.directory.parents:
                if not parent.stat().st_mode & 0o001 and parent.owner() == "root":
                    parent.chmod(parent.stat().st_mode | 0o011)
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ]
        subprocess.run(_as_user(initdb), check=True, capture_output=True, cwd="/")
        server = [
            str(programs / "postgres"), "-D", str(data), "-p", str(self.port), "-k", str(self.directory),
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "synchronous_commit=off",
            "-c", "full_page_writes=off", "-c", "max_connections=200",
        ]  # fmt: skip
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(_as_user(server), stdout=log, stderr=log, cwd="/")
        self._wait()
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        engine = open_migration_engine(self.url(_TEMPLATE), Path())
        upgrade(engine)
        engine.dispose()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or (
                    self._process is not None and self._process.poll() is not None
                ):
                    raise RuntimeError((self.directory / "log").read_text(errors="replace")) from None
                time.sleep(0.05)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a fresh database, dropped afterwards."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            # Copying the files is twice as fast as writing each page to the log; before release 15 it was the only way.
            copying = " STRATEGY FILE_COPY" if connection.info.server_version >= 15_00_00 else ""
            template = f" TEMPLATE {_TEMPLATE}{copying}" if migrated else ""
            connection.execute(f"CREATE DATABASE {name}{template}")
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        if self._process is not None:
            subprocess.run(
                _as_user([str(_programs() / "pg_ctl"), "-D", str(self.directory / "data"), "-m", "immediate", "stop"]),
                check=False, capture_output=True, cwd="/",
            )  # fmt: skip
            self._process.wait(timeout=30)
