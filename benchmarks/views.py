"""The data manager at a million tasks on the embedded engine: pages, views, orders, search, and actions on many tasks.

`python -m benchmarks views` runs it, with `LABELYARD_BENCH_TASKS` for another number of tasks. Lists are judged
by the 95th percentile on the wall, as the people who wait for them do; run it on a machine that has nothing else to do.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx2
import psutil

from benchmarks.common import (
    ANNOTATORS,
    RESULT,
    Bench,
    Figure,
    annotators,
    new_project,
    p95,
    processor_seconds,
    task_text,
    wait_until_idle,
)

TASKS = int(os.environ.get("LABELYARD_BENCH_TASKS", "1000000"))
PART = 50_000  # tasks of one import
CALLS = 120
GOAL_MS = 50.0
COPIES, DELETED, GOAL_SECONDS = 100_000, 50_000, 5.0
LABELED = 20_000  # tasks that others label meanwhile
SENTENCE = [
    "a",
    "labeled",
    "sentence",
    "of",
    "about",
    "two",
    "hundred",
    "characters",
    "that",
    "stands",
    "for",
    "what",
    "people",
    "import",
    "every",
    "day",
]
KINDS = [f"kind {number}" for number in range(20)]


def data(chance: random.Random, number: int) -> dict[str, object]:
    words = chance.choices(SENTENCE, k=24)
    return {
        "text": " ".join(words) + f" {number}",
        "kind": chance.choice(KINDS),
        "price": chance.random() * 1000,
    }


def fill(client: httpx2.Client, tasks: int) -> int:
    """A project with so many tasks; its id."""
    chance = random.Random(1)
    project = int(client.post("/api/projects", json={"title": "Large"}).raise_for_status().json()["id"])
    for start in range(0, tasks, PART):
        rows = [data(chance, number) for number in range(start, min(start + PART, tasks))]
        client.post(f"/api/projects/{project}/import", json=rows).raise_for_status()
    return project


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took: the 95th percentile on the wall, and the server's processor time of one, in milliseconds."""

    p95: float
    processor: float


def spent(process: psutil.Process, call: Callable[[int], object], arguments: list[int]) -> Spent:
    times, before = [], processor_seconds(process)
    for argument in arguments:
        begun = time.perf_counter()
        call(argument)
        times.append((time.perf_counter() - begun) * 1000)
    used = (processor_seconds(process) - before) / len(arguments) * 1000
    return Spent(p95(times), used)


def lists(client: httpx2.Client, process: psutil.Process, project: int, tasks: int) -> Iterator[Figure]:
    """Pages of 100 tasks anywhere in lists of a large project."""
    test = {"filter": "filter:tasks:data.kind", "operator": "equal", "type": "String", "value": KINDS[7]}
    views = {
        "page by number": {},
        "page of a view with a filter on a data key": {"filters": {"conjunction": "and", "items": [test]}},
        "page in the order of a data key": {
            "ordering": ["tasks:data.price"],
            "columnsDisplayType": {"tasks:data.price": "Number"},
        },
    }
    for name, content in views.items():
        made = client.post("/api/dm/views", json={"project": project, "data": content}).raise_for_status()
        view = made.json()["id"]

        def page(number: int, view: int = view) -> int:
            answer = client.get("/api/tasks", params={"view": view, "page": number, "page_size": 100})
            return int(answer.raise_for_status().json()["total"])

        total = page(1)
        wait_until_idle(process)
        chance = random.Random(2)
        numbers = [chance.randint(1, total // 100) for _ in range(CALLS)]
        found = spent(process, page, numbers)
        note = f"{found.processor:.1f} ms of processor each; {total:,} tasks"
        yield Figure(f"{name}, p95", found.p95, "ms", GOAL_MS, note)

    def search(number: int) -> None:
        client.get("/api/tasks", params={"project": project, "search": f"day {number}"}).raise_for_status()

    search(1)
    wait_until_idle(process)
    chance = random.Random(3)
    numbers = [chance.randrange(tasks // 10, tasks) for _ in range(CALLS)]
    found = spent(process, search, numbers)
    note = f"{found.processor:.1f} ms of processor each"
    yield Figure("search for a rare text, p95", found.p95, "ms", GOAL_MS, note)


def actions(client: httpx2.Client, address: str) -> Iterator[Figure]:
    """Actions on tens of thousands of tasks while others work."""
    labeled = new_project(client, "Labeled")
    bodies = [{"text": task_text(number)} for number in range(LABELED)]
    client.post(f"/api/projects/{labeled}/import", json=bodies).raise_for_status()
    project = fill(client, COPIES // 2)
    chance = random.Random(1)
    again = [data(chance, number) for number in range(COPIES // 2)]
    client.post(f"/api/projects/{project}/import", json=again).raise_for_status()
    annotated = new_project(client, "Annotated")
    items = [
        {"data": {"text": task_text(number)}, "annotations": [{"result": RESULT}]}
        for number in range(DELETED)
    ]
    client.post(f"/api/projects/{annotated}/import", json=items).raise_for_status()
    for name, action, of, expected in (
        (f"remove duplicates among {COPIES:,} tasks", "remove_duplicates", project, COPIES // 2),
        (f"delete {DELETED:,} tasks", "delete_tasks", project, DELETED),
        (f"delete {DELETED:,} annotated tasks", "delete_tasks", annotated, DELETED),
    ):
        with annotators(address, labeled) as pairs:
            time.sleep(3)
            alone = len(pairs)
            begun = time.perf_counter()
            path = f"/api/dm/actions?project={of}&id={action}"
            answer = client.post(path, json={"selectedItems": {"all": True, "excluded": []}})
            seconds = time.perf_counter() - begun
            done = answer.raise_for_status().json()["processed_items"]
        if done != expected:
            raise RuntimeError(f"{action}: {done} tasks, not {expected}")
        busy = [each * 1000 for each in pairs[alone:]]
        yield Figure(name, seconds, "s", GOAL_SECONDS)
        note = f"the slowest {max(busy):.0f} ms; before it p95 {p95(pairs[:alone]) * 1000:.0f} ms"
        yield Figure(f"next + submit of {ANNOTATORS} annotators meanwhile, p95", p95(busy), "ms", 100, note)


def figures(
    client: httpx2.Client, process: psutil.Process, address: str, tasks: int = TASKS
) -> Iterator[Figure]:
    project = fill(client, tasks)
    yield from lists(client, process, project, tasks)
    yield from actions(client, address)


def run(bench: Bench) -> None:
    with bench.server("views") as (client, process):
        for figure in figures(client, process, str(client.base_url)):
            bench.add(figure)
