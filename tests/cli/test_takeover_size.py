"""A takeover holds a batch at a time, however many tasks and files there are."""

import sqlite3
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.support import install, legacy_directory
from tests.support.server import settings_for

from labelyard.app import build_context, close_context
from labelyard.cli.taking_over import Takeover
from labelyard.context import Context
from labelyard.kit.db.foreign import ForeignDatabase
from labelyard.settings import Settings
from labelyard.takeover.install import InstallTakeover
from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.legacy.takeover import LegacyTakeover
from labelyard.takeover.model import ProjectCounts
from labelyard.users import service as users

FEW, MANY = 2_500, 10_000


def _with_files(directory: Path, tasks: int) -> Path:
    """An install in which every task shows an uploaded file of its own."""
    database = install.make(directory, tasks=tasks)
    with closing(sqlite3.connect(database)) as conn, conn:
        names = [f"upload/3/{number:08x}-a.txt" for number in range(tasks)]
        for name in names:
            (directory / "media" / name).write_bytes(b"a")
        rows = ((10 + number, name) for number, name in enumerate(names))
        conn.executemany("INSERT INTO data_import_fileupload VALUES (?, 3, 4, ?)", rows)
        conn.execute("UPDATE task SET file_upload_id = 9 + id / 10")
        conn.execute("CREATE INDEX of_task ON task_completion (task_id)")
        conn.execute("CREATE INDEX of_task_too ON prediction (task_id)")
    return database


def _install_peak(tmp_path: Path, tasks: int) -> int:
    """Bytes that Python held at most while it was taken over."""
    database = _with_files(tmp_path / f"old-{tasks}", tasks)
    with closing(ForeignDatabase(database)) as source:

        def make(context: Context) -> InstallTakeover:
            return InstallTakeover(context, source, database.parent / "media", lambda *_: None)

        settings = settings_for(tmp_path / f"new-{tasks}", local_mode=False)
        [counts], peak = _taken_over(settings, make)
    assert (counts.tasks, counts.files) == (tasks, tasks + 1)
    return peak


def _legacy_peak(tmp_path: Path, tasks: int) -> int:
    """The same for the directory of a 0.x project, in which a third of the tasks has completions, a tenth a file."""
    directory = legacy_directory.make(tmp_path / f"old-{tasks}", tasks=tasks)
    for number in range(tasks // 10):
        legacy_directory.upload(directory, "a.txt", str(number).encode())

    def make(context: Context) -> LegacyTakeover:
        actor = context.db.read_sync(users.cli_actor)
        return LegacyTakeover(context, Directory(directory), actor, lambda *_: None)

    [counts], peak = _taken_over(settings_for(tmp_path / f"new-{tasks}"), make)
    assert (counts.tasks, counts.annotations, counts.files) == (tasks, -(-tasks // 3), tasks // 10 + 1)
    return peak


def _taken_over(settings: Settings, make: Callable[[Context], Takeover]) -> tuple[list[ProjectCounts], int]:
    context = build_context(settings)
    try:
        tracemalloc.start()
        takeover = make(context)
        takeover.check()
        report = context.db.write_sync(takeover.store)
        _, peak = tracemalloc.get_traced_memory()
        takeover.done()
    finally:
        tracemalloc.stop()
        close_context(context)
    return report.projects, peak


@pytest.mark.parametrize("peak", [_install_peak, _legacy_peak])
def test_memory_does_not_grow_with_what_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peak: Callable[[Path, int], int]
) -> None:
    # Parts of paths are interned, and the interpreter renews its table of megabytes after some ten thousands of them,
    # whether or not anybody still holds them.
    monkeypatch.setattr(sys, "intern", str)
    few = peak(tmp_path, FEW)
    assert peak(tmp_path, MANY) < few * 1.25 + 1_000_000
