"""Imports at 250,000 tasks and a million rows: their time, their memory, and what others feel of them.

`LABELYARD_BENCH_SCALE=0.1` makes everything a tenth as large.
"""

import json
import os
import threading
import time
from pathlib import Path

import httpx2

from benchmarks.common import (
    ANNOTATORS,
    RESULT,
    ROUNDS,
    Bench,
    Figure,
    Memory,
    annotators,
    cost_of,
    new_project,
    p95,
    post_tasks,
    task_text,
)
from benchmarks.floor import Cost, import_floor

SCALE = float(os.environ.get("LABELYARD_BENCH_SCALE", "1"))
TASKS = int(250_000 * SCALE)
ROWS = int(1_000_000 * SCALE)
MEMORY_MB = 150
SINGLE_TASKS = 200
IMPORTS = 3  # beside annotators: one is over after some dozen pairs


def run(bench: Bench) -> None:
    bodies(bench)
    meanwhile(bench)
    table(bench)


def data_of(number: int) -> dict[str, object]:
    return {"text": task_text(number), "id": number, "source": f"s3://bucket/import/{number % 1000:04d}.txt"}


def tasks_body(tasks: int, *, nested: bool) -> bytes:
    """A JSON list of tasks. `nested`: each with a prediction and an annotation."""
    guess = [{**RESULT[0], "score": 0.75, "origin": "prediction"}]
    answer = [{**RESULT[0], "origin": "manual"}]
    extra = {
        "predictions": [{"model_version": "v1", "score": 0.75, "result": guess}],
        "annotations": [{"lead_time": 2.5, "was_cancelled": False, "ground_truth": False, "result": answer}],
    }
    return json.dumps(
        [{"data": data_of(n), **(extra if nested else {})} for n in range(tasks)], separators=(",", ":")
    ).encode()


def bodies(bench: Bench) -> None:
    """From POST to answer, beside the floor."""
    growth = []
    for name, nested in (("", False), (" with a prediction and an annotation each", True)):
        body = tasks_body(TASKS, nested=nested)
        costs: list[Cost] = []
        floors: list[Cost] = []
        with bench.server(f"import-{nested}") as (client, process):
            for _ in range(ROUNDS):
                floors.append(import_floor(body, bench.directory))
                project = new_project(client)
                with Memory(process) as memory, cost_of(process, costs):
                    post_tasks(client, project, body, TASKS)
                growth.append(memory.growth)
        bench.add_ratio(f"import of {TASKS:,} tasks{name}", costs, floors, 2, f"{len(body) / 1e6:.0f} MB")
    bench.add(
        Figure("memory growth of these imports", max(growth), "MB", MEMORY_MB, "anonymous memory, the most")
    )


# --- others meanwhile ---------------------------------------------------------------------------------------------


def meanwhile(bench: Bench) -> None:
    """Annotators of one project while large imports run into others."""
    body = tasks_body(TASKS, nested=False)
    with bench.server("meanwhile") as (client, _):
        labeled = new_project(client, "Labeled")
        post_tasks(client, labeled, tasks_body(20_000, nested=False), 20_000)
        url = str(client.base_url)
        with annotators(url, labeled) as pairs:
            time.sleep(3)
            alone = len(pairs)
            begin = time.perf_counter()
            for _ in range(IMPORTS):
                post_tasks(client, new_project(client), body, TASKS)
            seconds = (time.perf_counter() - begin) / IMPORTS
            time.sleep(0.5)
    quiet, busy = pairs[:alone], pairs[alone:]
    note = (
        f"each with 2 pairs a second; {len(busy)} pairs around {IMPORTS} imports of {seconds:.1f} s, the slowest "
        f"{max(busy) * 1000:.0f} ms; without an import p95 {p95(quiet) * 1000:.0f} ms"
    )
    name = f"next + submit of {ANNOTATORS} annotators during an import, p95"
    bench.add(Figure(name, p95(busy) * 1000, "ms", 100, note))


# --- a million rows -----------------------------------------------------------------------------------------------


def write_table(path: Path, rows: int, bad: int | None = None) -> None:
    """A CSV file; row `bad` (from 0) has a field too many."""
    with path.open("w", encoding="utf-8") as file:
        file.write("text,id,source\n")
        for n in range(rows):
            more = ",one too many" if n == bad else ""
            file.write(f'"{task_text(n)}",{n},s3://bucket/{n % 1000:04d}{more}\n')


def table(bench: Bench) -> None:
    """A CSV of a million rows, and single tasks into the project that it makes."""
    path = bench.directory / "million.csv"
    write_table(path, ROWS)
    with bench.server("table", **LARGE) as (client, _):
        project = new_project(client)
        first: list[float] = []
        begin = time.perf_counter()
        over = threading.Event()
        watch = threading.Thread(target=first_task, args=(str(client.base_url), project, first, over))
        watch.start()
        with path.open("rb") as file:
            answer = client.post(
                f"/api/projects/{project}/import",
                params=FIRST_TASK_OPTIONS,
                files={"file": (path.name, file)},
            )
        seconds = time.perf_counter() - begin
        over.set()
        watch.join()
        assert answer.status_code == 201 and answer.json()["task_count"] == ROWS, answer.text[:500]
        note = f"{path.stat().st_size / 1e6:.0f} MB; {ROWS / seconds:,.0f} rows a second"
        bench.add(Figure(f"CSV of {ROWS:,} rows", seconds, "s", 25, note))
        path.unlink()
        note = "on_error=skip, from the beginning of the request"
        bench.add(Figure("first task of it can be labeled after", first[0] - begin, "s", 1, note))
        single(bench, client, project)


# More than a request may bring by default.
LARGE = {"LABELYARD_MAX_IMPORT_TASKS": "2000000", "LABELYARD_MAX_IMPORT_BYTES": "1000000000"}
FIRST_TASK_OPTIONS = {"on_error": "skip"}


def first_task(url: str, project: int, found: list[float], over: threading.Event) -> None:
    """When the project has a task to label, unless it has none when the import is over."""
    with httpx2.Client(base_url=url, timeout=60) as client:
        while not over.is_set():
            if client.get(f"/api/projects/{project}/next").status_code == 200:
                found.append(time.perf_counter())
                return
            over.wait(0.01)


def single(bench: Bench, client: httpx2.Client, large: int) -> None:
    """One task a request into a large and into an empty project, in turns."""
    empty = new_project(client, "Empty")
    times: dict[int, list[float]] = {large: [], empty: []}
    for number in range(SINGLE_TASKS + 10):
        for project, taken in times.items():
            begin = time.perf_counter()
            post_tasks(client, project, json.dumps([{"data": data_of(number)}]).encode(), 1)
            taken.append(time.perf_counter() - begin)
    large_ms, empty_ms = (p95(taken[10:]) * 1000 for taken in times.values())
    note = f"into an empty project {empty_ms:.1f} ms"
    bench.add(Figure(f"one task into a project of {ROWS:,}, p95", large_ms, "ms", 20, note))
    note = "a tenth is noise"
    bench.add(Figure("the same over that of an empty project", large_ms / empty_ms, "×", 1.1, note))
