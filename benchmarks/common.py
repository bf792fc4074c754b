"""What the benchmarks of all capabilities share: servers, figures, costs and memory."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx2
import psutil
from tests.support.process import ServerProcess

from benchmarks.floor import Cost

ROUNDS = 5
ANNOTATORS = 20
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
RESULT = [
    {"id": "abcdefghij", "from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}
]
SENTENCE = "a labeled sentence of about two hundred characters that stands for what people import every day,"
WORDS = SENTENCE.split()


@dataclass(frozen=True, slots=True)
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
        return f"{mark}  {self.name:<58} {self.value:>9.2f} {self.unit:<8} goal ≤ {self.goal:g} {self.unit}  {self.note}"


@dataclass
class Bench:
    """Starts servers in a directory of its own and gathers figures."""

    directory: Path
    figures: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def add_ratio(
        self, name: str, costs: Sequence[Cost], floors: Sequence[Cost], goal: float, what: str
    ) -> None:
        """The median time on the wall over that of the floor; processor seconds stand beside."""
        wall, floor_wall = median(cost.wall for cost in costs), median(cost.wall for cost in floors)
        cpu, floor_cpu = median(cost.cpu for cost in costs), median(cost.cpu for cost in floors)
        note = (
            f"{what}: {wall:.2f} s over {floor_wall:.2f} s; of processor {cpu:.2f} s over {floor_cpu:.2f} s"
        )
        self.add(Figure(name, wall / floor_wall, "× floor", goal, note))

    @contextmanager
    def server(self, name: str, **settings: str) -> Iterator[tuple[httpx2.Client, psutil.Process]]:
        """A server on the data directory `name`. It has the settings of an install."""
        # As in an installed package, modules are compiled already when the server starts; here by the first start.
        compiled = {"PYTHONPYCACHEPREFIX": str(self.directory / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
        server = ServerProcess(
            ["--data-dir", str(self.directory / name)],
            cwd=self.directory,
            env={**compiled, **settings},
            cold=True,
        )
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=600) as client:
                yield client, psutil.Process(server.process.pid)
        finally:
            server.stop()


def task_text(number: int) -> str:
    """About 200 characters, other ones for each number."""
    turn = number % len(WORDS)
    return " ".join(WORDS[turn:] + WORDS[:turn]) * 2 + str(number)


def new_project(client: httpx2.Client, title: str = "Bench") -> int:
    answer = client.post("/api/projects", json={"title": title, "label_config": CONFIG})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def post_tasks(
    client: httpx2.Client, project: int, body: bytes | Path, tasks: int, kind: str = "application/json"
) -> None:
    """Import a JSON body of so many tasks and wait for the answer."""
    content = body if isinstance(body, bytes) else _chunks(body)
    answer = client.post(f"/api/projects/{project}/import", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 201 and answer.json()["task_count"] == tasks, answer.text[:500]


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


# --- costs --------------------------------------------------------------------------------------------------------


def processor_seconds(process: psutil.Process) -> float:
    """Seconds on the processor of the process and of those it started and waited for."""
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


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def wait_until_idle(process: psutil.Process) -> None:
    """Until the server's jobs are done: it uses next to no processor time."""
    deadline, idle = time.monotonic() + 1200, 0
    while idle < 3 and time.monotonic() < deadline:
        before = processor_seconds(process)
        time.sleep(1)
        idle = idle + 1 if processor_seconds(process) - before < 0.05 else 0


# --- others meanwhile ---------------------------------------------------------------------------------------------


@contextmanager
def annotators(url: str, project: int) -> Iterator[list[float]]:
    """People who ask for a task and submit it, twice a second each; seconds of each pair."""
    times: list[float] = []
    over = threading.Event()

    def work(number: int) -> None:
        with httpx2.Client(base_url=url, timeout=60) as client:
            over.wait(number / ANNOTATORS / 2)
            while not over.is_set():
                begin = time.perf_counter()
                label_one(client, project)
                times.append(time.perf_counter() - begin)
                over.wait(max(0.0, 0.5 - times[-1]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(ANNOTATORS)]
    for thread in threads:
        thread.start()
    try:
        yield times
    finally:
        over.set()
        for thread in threads:
            thread.join()


def label_one(client: httpx2.Client, project: int) -> None:
    task = client.get(f"/api/projects/{project}/next").raise_for_status().json()["id"]
    body = {"result": RESULT, "lead_time": 1}
    client.post(f"/api/tasks/{task}/annotations", json=body).raise_for_status()


# --- memory -------------------------------------------------------------------------------------------------------

_LOOK_EVERY = 0.05  # seconds


class Memory:
    """The anonymous memory of a process in MB: when watching began, and the most that was seen since."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.before = self.peak = anonymous_mb(process)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def growth(self) -> float:
        return self.peak - self.before

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            self.peak = max(self.peak, anonymous_mb(self._process))


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
