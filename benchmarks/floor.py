"""The floors: the least work that any implementation has to do, measured in the same run on the same machine."""

import gc
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 5


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Median wall seconds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        gc.enable()
    return median(times)


def import_floor(body: bytes, directory: Path) -> float:
    """Parse the body with the standard library and insert it in one transaction into a table with one index."""
    counter = iter(range(1_000_000))

    def work() -> None:
        path = directory / f"floor-{next(counter)}.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, project_id INTEGER, inner_id INTEGER, data TEXT)")
            connection.execute("CREATE UNIQUE INDEX u ON task (project_id, inner_id)")
            rows = [(1, number, json.dumps(task["data"], separators=(",", ":"))) for number, task in enumerate(json.loads(body))]
            with connection:
                connection.executemany("INSERT INTO task (project_id, inner_id, data) VALUES (?, ?, ?)", rows)

    return timed(work)


def export_floor(database: Path, project: int) -> float:
    """Read every task and annotation of the project, all columns, in keyset batches."""

    def work() -> None:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            last = 0
            while True:
                tasks = connection.execute(
                    "SELECT * FROM task WHERE project_id = ? AND inner_id > ? ORDER BY inner_id LIMIT 1000", (project, last)
                ).fetchall()
                if not tasks:
                    return
                connection.execute(
                    "SELECT * FROM annotation WHERE task_id BETWEEN ? AND ? ORDER BY task_id", (tasks[0][0], tasks[-1][0])
                ).fetchall()
                last = tasks[-1][2]

    return timed(work)
