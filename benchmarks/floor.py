"""The floors: the least work that any implementation has to do, measured in the same run on the same machine.

A floor is what one simple Python function needs. It is run between the rounds of what is measured against it, so
that both meet the same machine.
"""

import gc
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the processor and on the wall."""

    cpu: float
    wall: float


def measured(work: Callable[[], Any]) -> Cost:
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
    gc.enable()
    return cost


def import_floor(body: bytes, directory: Path) -> Cost:
    """Parse the body with the standard library and insert it in one transaction into a table with one index."""

    def work() -> None:
        path = Path(tempfile.mkdtemp(dir=directory)) / "floor.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE task (id INTEGER PRIMARY KEY, project_id INTEGER, inner_id INTEGER, data TEXT)"
            )
            connection.execute("CREATE UNIQUE INDEX u ON task (project_id, inner_id)")
            rows = [
                (1, number, json.dumps(task["data"], separators=(",", ":")))
                for number, task in enumerate(json.loads(body))
            ]
            with connection:
                connection.executemany("INSERT INTO task (project_id, inner_id, data) VALUES (?, ?, ?)", rows)

    return measured(work)


def export_floor(database: Path, project: int) -> Cost:
    """Read every task and annotation of the project, all columns, in batches by key, and do nothing with them."""

    def work() -> None:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            last = 0
            while True:
                tasks = connection.execute(
                    "SELECT * FROM task WHERE project_id = ? AND inner_id > ? ORDER BY inner_id LIMIT 1000",
                    (project, last),
                ).fetchall()
                if not tasks:
                    return
                connection.execute(
                    "SELECT * FROM annotation WHERE task_id BETWEEN ? AND ? ORDER BY task_id",
                    (tasks[0][0], tasks[-1][0]),
                ).fetchall()
                last = tasks[-1][2]

    return measured(work)
