"""`make bench`: how much the server costs, beside floors taken in the same run.

Costs are processor time of the server's process, and processor time of it over that of a floor: other programs on the
machine change these little. Only the start is measured on the wall. `docs/explanation/performance.md` explains each
figure.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx2
import psutil
from tests.support.process import ServerProcess

from benchmarks.floor import Cost, export_floor, import_floor

TASKS = 100_000
ROUNDS = 5
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
RESULT = [
    {"id": "abcdefghij", "from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}
]
SENTENCE = "a labeled sentence of about two hundred characters that stands for what people import every day,"
WORDS = SENTENCE.split()


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
    return json.dumps(
        [{"data": {"text": task_text(n)}, **extra} for n in range(TASKS)], separators=(",", ":")
    ).encode()


class Bench:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.figures: list[Figure] = []
        # As in an installed package, modules are compiled already when the server starts; here by the first start.
        self.environment = {"PYTHONPYCACHEPREFIX": str(directory / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def add_ratio(self, name: str, costs: list[Cost], floors: list[Cost], what: str) -> None:
        cpu, floor_cpu = median(cost.cpu for cost in costs), median(cost.cpu for cost in floors)
        wall, floor_wall = median(cost.wall for cost in costs), median(cost.wall for cost in floors)
        note = f"{what}: {cpu:.2f} s of processor over {floor_cpu:.2f} s; on the wall {wall:.2f} s over {floor_wall:.2f} s"
        self.add(Figure(name, cpu / floor_cpu, "× floor", 3, note))

    @contextmanager
    def server(self, name: str) -> Iterator[tuple[httpx2.Client, psutil.Process]]:
        server = ServerProcess(
            ["--data-dir", str(self.directory / name)], cwd=self.directory, env=self.environment
        )
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=600) as client:
                yield client, psutil.Process(server.process.pid)
        finally:
            server.stop()

    def start_up(self) -> None:
        with self.server("start"):
            pass  # the first start makes the database; measured are starts of an install
        costs = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            with self.server("start") as (_, process):
                costs.append(Cost(processor_seconds(process), time.perf_counter() - begin))
                time.sleep(1)
                memory = process.memory_info().rss / 1e6
        note = f"{median(cost.cpu for cost in costs):.2f} s of processor"
        self.add(Figure("cold start to first answer", median(cost.wall for cost in costs), "s", 2, note))
        self.add(Figure("idle memory", memory, "MB", 120, "resident set"))

    def imports(self) -> None:
        body = tasks_body(annotated=False)
        with self.server("import") as (client, process):
            costs: list[Cost] = []
            floors: list[Cost] = []
            for _ in range(ROUNDS):
                floors.append(import_floor(body, self.directory))
                project = self.project(client)
                with cost_of(process, costs):
                    self.post_tasks(client, project, body)
            self.add_ratio("import of 100k tasks", costs, floors, f"{len(body) / 1e6:.0f} MB")
            self.pages(client, process, project)
            self.labeling(client, process, project)

    def pages(self, client: httpx2.Client, process: psutil.Process, project: int) -> None:
        numbers = [1, 2, 250, 500, 777, 999, 1000] * 15

        def page(number: int) -> None:
            answer = client.get(
                "/api/tasks", params={"project": project, "page": number, "page_size": 100, "fields": "all"}
            )
            assert answer.status_code == 200 and len(answer.json()["tasks"]) == 100, answer.text

        cpu = cpu_per_call(process, page, numbers)
        self.add(Figure("page of 100 tasks in 100k, server CPU", cpu * 1000, "ms", 10))

    def labeling(self, client: httpx2.Client, process: psutil.Process, project: int) -> None:
        def pair(_: int) -> None:
            answer = client.get(f"/api/projects/{project}/next")
            assert answer.status_code == 200, answer.text
            saved = client.post(
                f"/api/tasks/{answer.json()['id']}/annotations", json={"result": RESULT, "lead_time": 1}
            )
            assert saved.status_code == 201, saved.text

        cpu = cpu_per_call(process, pair, range(500))
        self.add(Figure("next + submit, server CPU", cpu * 1000, "ms", 3))

    def exports(self) -> None:
        with self.server("export") as (client, process):
            project = self.project(client)
            self.post_tasks(client, project, tasks_body(annotated=True))
        with self.server("export") as (client, process):  # a fresh one, whose memory has held nothing yet
            before, peak = anonymous_mb(process), 0.0
            costs: list[Cost] = []
            floors: list[Cost] = []
            for _ in range(ROUNDS):
                floors.append(export_floor(self.directory / "export" / "labelyard.sqlite3", project))
                with cost_of(process, costs):
                    size, highest = self.read_export(client, process, project)
                peak = max(peak, highest)
            self.add_ratio("JSON export of 100k annotated tasks", costs, floors, f"{size / 1e6:.0f} MB")
            self.add(Figure("memory growth of that export", peak - before, "MB", 60, "anonymous memory"))

    @staticmethod
    def read_export(client: httpx2.Client, process: psutil.Process, project: int) -> tuple[int, float]:
        """Bytes of the export, and the most memory that the server was seen to have meanwhile."""
        size, looked, peak = 0, 0, 0.0
        with client.stream("GET", f"/api/projects/{project}/export", params={"exportType": "JSON"}) as answer:
            assert answer.status_code == 200
            for chunk in answer.iter_raw():
                size += len(chunk)
                if size - looked > 8_000_000:
                    looked, peak = size, max(peak, anonymous_mb(process))
        return size, peak

    @staticmethod
    def project(client: httpx2.Client) -> int:
        answer = client.post("/api/projects", json={"title": "Bench", "label_config": CONFIG})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    @staticmethod
    def post_tasks(client: httpx2.Client, project: int, body: bytes) -> None:
        answer = client.post(
            f"/api/projects/{project}/import", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201 and answer.json()["task_count"] == TASKS, answer.text[:500]


def processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def cost_of(process: psutil.Process, costs: list[Cost]) -> Iterator[None]:
    """Adds to `costs` what the process spends meanwhile."""
    cpu, wall = processor_seconds(process), time.perf_counter()
    yield
    costs.append(Cost(processor_seconds(process) - cpu, time.perf_counter() - wall))


def cpu_per_call(process: psutil.Process, call: Callable[[int], None], arguments: Iterable[int]) -> float:
    """Processor seconds of the process per call, after ten calls to warm up: the median of rounds."""
    values = list(arguments)
    for value in values[:10]:
        call(value)
    costs = []
    for start in range(0, len(values), len(values) // ROUNDS):
        some = values[start : start + len(values) // ROUNDS]
        before = processor_seconds(process)
        for value in some:
            call(value)
        costs.append((processor_seconds(process) - before) / len(some))
    return median(costs)


def anonymous_mb(process: psutil.Process) -> float:
    """Memory that the process itself has filled.

    The resident set would count the pages of the database file, which is mapped: they are the system's file cache,
    there for everybody and given back when something else needs them.
    """
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # not Linux
        return float(process.memory_info().rss) / 1e6
    found = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="labelyard-bench-") as directory:
        bench = Bench(Path(directory))
        bench.start_up()
        bench.imports()
        bench.exports()
    over = [figure.name for figure in bench.figures if not figure.good]
    print(
        f"\n{len(bench.figures) - len(over)} of {len(bench.figures)} within their goal"
        + (f"; over: {', '.join(over)}" if over else "")
    )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
