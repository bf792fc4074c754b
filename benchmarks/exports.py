"""Exports of 250,000 annotated tasks, beside reading the rows and writing the bytes.

`LABELYARD_BENCH_SCALE=0.1` makes the project a tenth as large.
"""

import json

import httpx2

from benchmarks.common import RESULT, ROUNDS, Bench, Figure, Memory, cost_of, new_project, post_tasks
from benchmarks.floor import Cost, export_floor
from benchmarks.imports import TASKS, data_of

FORMATS = ("JSON", "JSON_MIN", "CSV")


def run(bench: Bench) -> None:
    with bench.server("export") as (client, _):
        project = new_project(client)
        tasks = [
            {"data": data_of(n), "annotations": [{"result": RESULT, "lead_time": 2.5}]} for n in range(TASKS)
        ]
        post_tasks(client, project, json.dumps(tasks, separators=(",", ":")).encode(), TASKS)
        del tasks
    with bench.server("export") as (client, process):  # a fresh one, whose memory has held nothing yet
        growth = []
        for kind in FORMATS:
            costs: list[Cost] = []
            floors: list[Cost] = []
            size = read_export(client, project, kind)  # to warm up, and for the size
            for _ in range(ROUNDS):
                floors.append(
                    export_floor(
                        bench.directory / "export" / "labelyard.sqlite3", project, size, bench.directory
                    )
                )
                with Memory(process) as memory, cost_of(process, costs):
                    read_export(client, project, kind)
                growth.append(memory.growth)
            bench.add_ratio(
                f"{kind} export of {TASKS:,} annotated tasks", costs, floors, 2, f"{size / 1e6:.0f} MB"
            )
        bench.add(
            Figure("memory growth of these exports", max(growth), "MB", 60, "anonymous memory, the most")
        )


def read_export(client: httpx2.Client, project: int, kind: str) -> int:
    """Bytes of the export."""
    size = 0
    with client.stream("GET", f"/api/projects/{project}/export", params={"exportType": kind}) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_raw():
            size += len(chunk)
    return size
