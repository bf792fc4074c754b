"""The floors: the least work that any implementation has to do, measured in the same run on the same machine.

A floor is what one simple Python function needs. It is run between the rounds of what is measured against it, so
that both meet the same machine.
"""

import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the processor and on the wall."""

    cpu: float
    wall: float


def measured(work: Callable[[], Any]) -> Cost:
    """What a function costs. The garbage collector is off, as it would only look at what is still needed."""
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        work()
    finally:
        gc.enable()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def import_floor(body: bytes, directory: Path) -> Cost:
    """`_import_floor` in a process of its own, whose memory is as fresh each time."""
    path = directory / "floor.body"
    path.write_bytes(body)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        cost = pool.submit(_import_floor, path, directory).result()
    path.unlink()
    return cost


def _import_floor(source: Path, directory: Path) -> Cost:
    """Parse the body with orjson, dump each task's data again, insert them in one transaction into a table with one index.

    What else the tasks bring is parsed and not stored.
    """
    place = Path(tempfile.mkdtemp(dir=directory))
    body = source.read_bytes()

    def work() -> None:
        with closing(sqlite3.connect(place / "floor.sqlite3")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE task (id INTEGER PRIMARY KEY, project_id INTEGER, inner_id INTEGER, data TEXT)"
            )
            connection.execute("CREATE UNIQUE INDEX u ON task (project_id, inner_id)")
            rows = [
                (1, number, orjson.dumps(task["data"]).decode())
                for number, task in enumerate(orjson.loads(body))
            ]
            with connection:
                connection.executemany("INSERT INTO task (project_id, inner_id, data) VALUES (?, ?, ?)", rows)

    cost = measured(work)
    rmtree(place)
    return cost


def export_floor(database: Path, project: int, size: int, directory: Path) -> Cost:
    """Read every task and annotation of the project, all columns, in batches by key, and write so many bytes to a file."""
    target = directory / "floor.json"

    def work() -> None:
        with (
            closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection,
            target.open("wb") as file,
        ):
            last = 0
            while True:
                tasks = connection.execute(
                    "SELECT * FROM task WHERE project_id = ? AND inner_id > ? ORDER BY inner_id LIMIT 1000",
                    (project, last),
                ).fetchall()
                if not tasks:
                    break
                connection.execute(
                    "SELECT * FROM annotation WHERE task_id BETWEEN ? AND ? ORDER BY task_id",
                    (tasks[0][0], tasks[-1][0]),
                ).fetchall()
                last = tasks[-1][2]
            chunk = bytes(1 << 16)
            for _ in range(size // len(chunk)):
                file.write(chunk)

    cost = measured(work)
    target.unlink()
    return cost
