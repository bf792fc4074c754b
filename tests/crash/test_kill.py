"""kill -9 at random moments of a mixed load: no acknowledged write is missing, none is double, imports end complete.

The number of kills is LABELYARD_KILLS (default 12; `make crash` uses 100).
"""

import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from tests.support.process import ServerProcess, clean_environment
from tests.support.warm import run_warm

KILLS = int(os.environ.get("LABELYARD_KILLS", "12"))
MAX_LARGE = 10
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)


def authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


@dataclass
class Ledger:
    """What clients asked for and what the server said yes to."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    imports_sent: dict[str, int] = field(default_factory=dict)  # batch name → number of tasks
    imports_acknowledged: set[str] = field(default_factory=set)
    large: int = 0  # imports sent that are stored by a job, step by step
    annotations_sent: set[str] = field(default_factory=set)  # unique_id
    annotations_acknowledged: dict[str, int] = field(default_factory=dict)  # unique_id → task


class Load:
    """Clients that import and annotate until the server is gone."""

    def __init__(
        self,
        url: str,
        project: int,
        tokens: list[str],
        ledger: Ledger,
        names: "itertools.count[int]",
        rng: random.Random,
    ) -> None:
        self.url, self.project, self.ledger, self.names, self.rng = url, project, ledger, names, rng
        self.stopped = threading.Event()
        # Every annotator is a person of its own: who asks again is given the task that he holds.
        work = [(self._import, tokens[0]), *((self._annotate, token) for token in tokens)]
        self.threads = [threading.Thread(target=self._until_gone, args=each) for each in work]
        for thread in self.threads:
            thread.start()

    def _until_gone(self, work: Any, token: str) -> None:
        with httpx2.Client(base_url=self.url, timeout=60, headers=authorization(token)) as client:
            while not self.stopped.is_set():
                try:
                    work(client)
                except httpx2.TransportError:
                    return

    def _import(self, client: httpx2.Client) -> None:
        name = f"batch-{next(self.names)}"
        size, padding = self._shape()
        with self.ledger.lock:
            self.ledger.imports_sent[name] = size
        body = json.dumps([{"data": {"text": f"{name}/{n}/{padding}"}} for n in range(size)])
        answer = client.post(
            f"/api/projects/{self.project}/import", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["task_count"] == size
        with self.ledger.lock:
            self.ledger.imports_acknowledged.add(name)

    def _shape(self) -> tuple[int, str]:
        """Number of tasks and what fills them up. Some imports are so large that a job stores them in steps."""
        with self.ledger.lock:
            if self.ledger.large < MAX_LARGE and self.rng.random() < 0.3:
                self.ledger.large += 1
                return 25_000, "x" * 700
        return self.rng.choice([1, 30, 400, 5_000]), ""

    def _annotate(self, client: httpx2.Client) -> None:
        answer = client.get(f"/api/projects/{self.project}/next")
        if answer.status_code == 404:
            time.sleep(0.02)
            return
        assert answer.status_code == 200, answer.text
        task = answer.json()["id"]
        unique_id = f"{self.rng.getrandbits(32):08x}-0000-4000-8000-{next(self.names):012x}"
        with self.ledger.lock:
            self.ledger.annotations_sent.add(unique_id)
        result = [{"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}]
        answer = client.post(
            f"/api/tasks/{task}/annotations",
            json={"result": result, "unique_id": unique_id, "lead_time": 1.5},
        )
        assert answer.status_code == 201, answer.text
        with self.ledger.lock:
            self.ledger.annotations_acknowledged[unique_id] = task

    def join(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive()


def settle(client: httpx2.Client, project: int) -> None:
    """Wait until no import is under way."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        imports = client.get(f"/api/projects/{project}/imports").json()
        if all(each["status"] in {"completed", "failed"} for each in imports):
            return
        time.sleep(0.05)
    raise AssertionError("an interrupted import did not end")


class _Data(msgspec.Struct):
    text: str


class _Annotation(msgspec.Struct):
    unique_id: str


class _Task(msgspec.Struct):
    """What is looked at of an exported task; there may be a million of them."""

    data: _Data
    annotations: list[_Annotation]


def check(client: httpx2.Client, project: int, ledger: Ledger) -> None:
    answer = client.get(
        f"/api/projects/{project}/export", params={"exportType": "JSON", "download_all_tasks": "true"}
    )
    exported = msgspec.json.decode(answer.content, type=list[_Task])
    tasks = Counter(task.data.text.split("/")[0] for task in exported)
    texts = Counter(task.data.text for task in exported)
    assert max(texts.values(), default=1) == 1, "a task was imported twice"
    for name in ledger.imports_acknowledged:
        assert tasks[name] == ledger.imports_sent[name], f"{name} lost tasks"
    for name, number in tasks.items():
        assert number == ledger.imports_sent[name], (
            f"{name} was left half-done: {number} of {ledger.imports_sent[name]}"
        )

    stored = Counter(annotation.unique_id for task in exported for annotation in task.annotations)
    assert max(stored.values(), default=1) == 1, "an annotation was stored twice"
    missing = set(ledger.annotations_acknowledged) - set(stored)
    assert not missing, f"{len(missing)} acknowledged annotations are gone"
    assert set(stored) <= ledger.annotations_sent

    per_task = Counter(len(task.annotations) for task in exported)
    assert set(per_task) <= {0, 1}, "a task was served twice"
    counts = client.get(f"/api/projects/{project}").json()
    assert counts["task_number"] == len(exported)
    assert counts["total_annotations_number"] == sum(stored.values())
    assert counts["finished_task_number"] == per_task[1]


def make_annotator(data: Path, email: str) -> str:
    """An account with a legacy token."""
    environment = clean_environment(LABELYARD_ENABLE_LEGACY_API_TOKEN="1")
    said = ""
    for arguments in (["create", email, "--password", "crash-test-pass"], ["token", email]):
        line = ["labelyard", "user", *arguments, "--data-dir", str(data)]
        done = run_warm(line, cwd=data.parent, env=environment, input=None, timeout=60)
        assert done.returncode == 0, done.stderr
        said = done.stdout
    return said.strip()


@pytest.mark.timeout(3600)
def test_kill_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    ledger, names = Ledger(), itertools.count(1)
    data = tmp_path / "data"
    tokens = [make_annotator(data, f"annotator{n}@example.org") for n in range(3)]
    # A short lease, so that a task whose holder died with the server is handed out again.
    environment = {"LABELYARD_TASK_LOCK_TTL_SECONDS": "5", "LABELYARD_ENABLE_LEGACY_API_TOKEN": "1"}
    project = 0
    for round_number in range(KILLS + 1):
        server = ServerProcess(["--data-dir", str(data)], cwd=tmp_path, env=environment)
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=120, headers=authorization(tokens[0])) as client:
                if not project:
                    answer = client.post("/api/projects", json={"title": "Crash", "label_config": CONFIG})
                    assert answer.status_code == 201, answer.text
                    project = answer.json()["id"]
                # Every tenth round everything is compared; the others only go on from where the kill left off.
                if round_number % 10 == 0 or round_number == KILLS:
                    settle(client, project)
                    check(client, project, ledger)
            if round_number < KILLS:
                load = Load(server.url, project, tokens, ledger, names, rng)
                time.sleep(rng.uniform(0.02, 1.2) if rng.random() < 0.6 else rng.uniform(1, 3))
                server.kill()
                load.join()
        finally:
            server.kill()
    assert ledger.imports_acknowledged and ledger.annotations_acknowledged
