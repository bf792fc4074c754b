"""What everything stands on: the start, memory at rest, pages of tasks, and the round of labeling.

Costs of a call are processor time of the server's process, which other programs on the machine change little.
"""

import json
import time
from statistics import median

import httpx2
import psutil

from benchmarks.common import (
    RESULT,
    ROUNDS,
    Bench,
    Figure,
    cpu_per_call,
    new_project,
    post_tasks,
    processor_seconds,
    task_text,
)
from benchmarks.floor import Cost

TASKS = 100_000


def run(bench: Bench) -> None:
    start_up(bench)
    body = json.dumps([{"data": {"text": task_text(n)}} for n in range(TASKS)], separators=(",", ":"))
    with bench.server("foundation") as (client, process):
        project = new_project(client)
        post_tasks(client, project, body.encode(), TASKS)
        pages(bench, client, process, project)
        labeling(bench, client, process, project)


def start_up(bench: Bench) -> None:
    with bench.server("start"):
        pass  # the first start makes the database; measured are starts of an install
    costs = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        with bench.server("start") as (_, process):
            costs.append(Cost(processor_seconds(process), time.perf_counter() - begin))
            time.sleep(1)
            memory = process.memory_info().rss / 1e6
    note = f"{median(cost.cpu for cost in costs):.2f} s of processor"
    bench.add(Figure("cold start to first answer", median(cost.wall for cost in costs), "s", 2, note))
    bench.add(Figure("idle memory", memory, "MB", 120, "resident set"))


def pages(bench: Bench, client: httpx2.Client, process: psutil.Process, project: int) -> None:
    numbers = [1, 2, 250, 500, 777, 999, 1000] * 15

    def page(number: int) -> None:
        answer = client.get(
            "/api/tasks", params={"project": project, "page": number, "page_size": 100, "fields": "all"}
        )
        assert answer.status_code == 200 and len(answer.json()["tasks"]) == 100, answer.text

    cpu = cpu_per_call(process, page, numbers)
    bench.add(Figure("page of 100 tasks in 100k, server CPU", cpu * 1000, "ms", 10))


def labeling(bench: Bench, client: httpx2.Client, process: psutil.Process, project: int) -> None:
    def pair(_: int) -> None:
        answer = client.get(f"/api/projects/{project}/next")
        assert answer.status_code == 200, answer.text
        saved = client.post(
            f"/api/tasks/{answer.json()['id']}/annotations", json={"result": RESULT, "lead_time": 1}
        )
        assert saved.status_code == 201, saved.text

    cpu = cpu_per_call(process, pair, range(500))
    bench.add(Figure("next + submit, server CPU", cpu * 1000, "ms", 3))
