"""`make bench`: how much the server costs, beside a floor taken in the same run.

Every figure is a ratio to a floor or a cost per request in server CPU time, so that a busy machine changes it little.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx2
import psutil

from benchmarks.floor import ROUNDS, export_floor, import_floor
from tests.support.process import ServerProcess

TASKS = 100_000
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
RESULT = [{"id": "abcdefghij", "from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}]
WORDS = "a labeled sentence of about two hundred characters that stands for what people import every day, ".split()


@dataclass
class Figure:
    name: str
    value: float
    unit: str
    goal: float
    note: str = ""

    @property
    def good(self) -> bool:
        return self.value <= self.goal

    def line(self) -> str:
        mark = "ok  " if self.good else "OVER"
        return f"{mark}  {self.name:<52} {self.value:>9.2f} {self.unit:<8} goal ≤ {self.goal:g} {self.unit}  {self.note}"


def task_text(number: int) -> str:
    turn = number % len(WORDS)
    return " ".join(WORDS[turn:] + WORDS[:turn]) * 2 + str(number)


def tasks_body(*, annotated: bool) -> bytes:
    extra = {"annotations": [{"result": RESULT, "lead_time": 2.5}]} if annotated else {}
    return json.dumps([{"data": {"text": task_text(n)}, **extra} for n in range(TASKS)], separators=(",", ":")).encode()


class Bench:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.figures: list[Figure] = []

    def add(self, *args: object, **kwargs: object) -> None:
        figure = Figure(*args, **kwargs)  # type: ignore[arg-type]
        self.figures.append(figure)
        print(figure.line(), flush=True)

    @contextmanager
    def server(self, name: str) -> Iterator[tuple[httpx2.Client, psutil.Process]]:
        server = ServerProcess(["--data-dir", str(self.directory / name)], cwd=self.directory)
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=600) as client:
                yield client, psutil.Process(server.process.pid)
        finally:
            server.stop()

    def start_up(self) -> None:
        with self.server("start"):
            pass  # the first start makes the database; measured are starts of an install
        times = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            with self.server("start") as (_, process):
                times.append(time.perf_counter() - begin)
                time.sleep(1)
                memory = process.memory_info().rss / 1e6
        self.add("cold start to first answer", median(times), "s", 2)
        self.add("idle memory", memory, "MB", 120)

    def imports(self) -> None:
        body = tasks_body(annotated=False)
        floor = import_floor(body, self.directory)
        with self.server("import") as (client, process):
            times = []
            for _ in range(ROUNDS):
                project = self.project(client)
                begin = time.perf_counter()
                self.post_tasks(client, project, body)
                times.append(time.perf_counter() - begin)
            wall = median(times)
            self.add("import of 100k tasks", wall / floor, "× floor", 3, f"{wall:.2f} s, floor {floor:.2f} s")
            self.pages(client, process, project)
            self.labeling(client, process, project)

    def pages(self, client: httpx2.Client, process: psutil.Process, project: int) -> None:
        numbers = [1, 2, 250, 500, 777, 999, 1000] * 15

        def page(number: int) -> None:
            answer = client.get("/api/tasks", params={"project": project, "page": number, "page_size": 100, "fields": "all"})
            assert answer.status_code == 200 and len(answer.json()["tasks"]) == 100, answer.text

        cpu = self.cpu_per_call(process, page, numbers)
        self.add("page of 100 tasks in 100k, server CPU", cpu * 1000, "ms", 10)

    def labeling(self, client: httpx2.Client, process: psutil.Process, project: int) -> None:
        def pair(_: int) -> None:
            answer = client.get(f"/api/projects/{project}/next")
            assert answer.status_code == 200, answer.text
            saved = client.post(f"/api/tasks/{answer.json()['id']}/annotations", json={"result": RESULT, "lead_time": 1})
            assert saved.status_code == 201, saved.text

        cpu = self.cpu_per_call(process, pair, range(400))
        self.add("next + submit, server CPU", cpu * 1000, "ms", 3)

    def exports(self) -> None:
        with self.server("export") as (client, process):
            project = self.project(client)
            self.post_tasks(client, project, tasks_body(annotated=True))
            before = process.memory_info().rss / 1e6
            times, peak = [], before
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                with client.stream("GET", f"/api/projects/{project}/export", params={"exportType": "JSON"}) as answer:
                    size = sum(len(chunk) for chunk in answer.iter_bytes())
                times.append(time.perf_counter() - begin)
                peak = max(peak, process.memory_info().rss / 1e6)
            floor = export_floor(self.directory / "export" / "labelyard.sqlite3", project)
            wall = median(times)
            note = f"{wall:.2f} s for {size / 1e6:.0f} MB, floor {floor:.2f} s"
            self.add("JSON export of 100k annotated tasks", wall / floor, "× floor", 3, note)
            self.add("memory growth of that export", peak - before, "MB", 60)

    @staticmethod
    def cpu_per_call(process: psutil.Process, call: object, arguments: object) -> float:
        values = list(arguments)  # type: ignore[call-overload]
        for value in values[:10]:
            call(value)  # type: ignore[operator]
        before = sum(process.cpu_times()[:2])
        for value in values:
            call(value)  # type: ignore[operator]
        return (sum(process.cpu_times()[:2]) - before) / len(values)

    @staticmethod
    def project(client: httpx2.Client) -> int:
        answer = client.post("/api/projects", json={"title": "Bench", "label_config": CONFIG})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    @staticmethod
    def post_tasks(client: httpx2.Client, project: int, body: bytes) -> None:
        answer = client.post(f"/api/projects/{project}/import", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201 and answer.json()["task_count"] == TASKS, answer.text[:500]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="labelyard-bench-") as directory:
        bench = Bench(Path(directory))
        bench.start_up()
        bench.imports()
        bench.exports()
    over = [figure.name for figure in bench.figures if not figure.good]
    print(f"\n{len(bench.figures) - len(over)} of {len(bench.figures)} within their goal" + (f"; over: {', '.join(over)}" if over else ""))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
