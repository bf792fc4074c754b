"""Annotators in a project of a million tasks: how many pairs of "next" and "submit" a second, how long each call takes.

Everybody has an account and a session. The load is made by `benchmarks/annotators.py`, which says what it cost itself.
"""

import os
import time
from collections.abc import Sequence

import httpx2
import psutil
from tests.support.wire import sign_in

from benchmarks.annotators import Seen, annotate
from benchmarks.common import (
    Bench,
    Figure,
    new_project,
    p95,
    post_tasks,
    processor_seconds,
    task_text,
)
from labelyard.queue.walk import QUEUE_TEXTS
from labelyard.sampling import BY_WORD, UNCERTAINTY, UNIFORM

TASKS = int(1_000_000 * float(os.environ.get("LABELYARD_BENCH_SCALE", "1")))
BLOCK = 100_000
MANY, FEW = 50, 8
SECONDS = 10.0


def run(bench: Bench) -> None:
    with bench.server("labeling") as (client, _):
        project = new_project(client)
        fill(client, project)
    cookies = sign_in(bench.directory / "labeling", MANY)
    with bench.server("labeling") as (client, process):
        owner = {"Cookie": f"sessionid={cookies[0]}"}
        many(bench, process, client.base_url.port or 0, project, cookies)
        for name in (*BY_WORD.values(), UNCERTAINTY):
            url = f"/api/projects/{project}"
            client.patch(
                url, json={"sampling": name}, headers={**owner, "Sec-Fetch-Site": "same-origin"}
            ).raise_for_status()
            if name == UNIFORM:
                wait_for_places(client, url, owner)
            few(bench, process, client.base_url.port or 0, project, cookies[:FEW], name)


def wait_for_places(client: httpx2.Client, url: str, headers: dict[str, str]) -> None:
    """Until every task has its random place: before that the project is walked in sequence."""
    while True:
        given = client.get(f"{url}/next", headers=headers).raise_for_status().json()
        if given["queue"] == QUEUE_TEXTS[UNIFORM]:
            return
        release = {**headers, "Sec-Fetch-Site": "same-origin"}
        client.delete(f"/api/tasks/{given['id']}/lease", headers=release).raise_for_status()
        time.sleep(0.5)


def fill(client: httpx2.Client, project: int) -> None:
    """Tasks with one to three predictions of different scores, one in ten without."""
    for first in range(0, TASKS, BLOCK):
        rows = ",".join(task_json(number) for number in range(first, min(first + BLOCK, TASKS)))
        post_tasks(client, project, f"[{rows}]".encode(), min(BLOCK, TASKS - first))


def task_json(number: int) -> str:
    guess = '{"result":[],"model_version":"v%d","score":%.4f}'
    made = ",".join(
        guess % (each, number * (each + 7) * 7919 % 10_000 / 10_000)
        for each in range(number % 10 and 1 + number % 3)
    )
    return f'{{"data":{{"text":"{task_text(number)}"}},"predictions":[{made}]}}'


def many(bench: Bench, process: psutil.Process, port: int, project: int, cookies: Sequence[str]) -> None:
    seen, note = measured(process, port, project, cookies)
    pairs = len(seen.submit) / seen.wall
    bench.add(
        Figure(
            f"time of a pair, {MANY} annotators at once ({pairs:.0f} pairs a second)",
            1000 / pairs,
            "ms",
            2,
            note,
        )
    )
    for name, times in (("next", seen.next), ("submit", seen.submit)):
        bench.add(Figure(f"{name} with {MANY} annotators, p95", p95(times) * 1000, "ms", 100, slowest(times)))


def few(
    bench: Bench, process: psutil.Process, port: int, project: int, cookies: Sequence[str], sampling: str
) -> None:
    seen, note = measured(process, port, project, cookies)
    for name, times in (("next", seen.next), ("submit", seen.submit)):
        what = f"{name} with {FEW} annotators, {sampling.lower()}, p95"
        bench.add(Figure(what, p95(times) * 1000, "ms", 20, f"{slowest(times)}; {note}"))


def slowest(times: Sequence[float]) -> str:
    return f"the slowest {max(times) * 1000:.0f} ms"


def measured(process: psutil.Process, port: int, project: int, cookies: Sequence[str]) -> tuple[Seen, str]:
    before = processor_seconds(process)
    seen = annotate(port, project, cookies, seconds=SECONDS)
    cpu = processor_seconds(process) - before
    assert len(seen.tasks) == len(set(seen.tasks)), "a task was handed out twice"
    pairs = len(seen.tasks)
    note = (
        f"{len(seen.submit) / seen.wall:.0f} pairs a second; of processor the server {cpu / pairs * 1000:.2f} ms a pair, "
        f"the annotators {seen.cpu / len(seen.submit) * 1000:.2f} ms"
    )
    return seen, note
