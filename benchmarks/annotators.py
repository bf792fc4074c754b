"""Many annotators, as cheap as they can be: one thread, prepared requests, sockets that wait in one epoll.

`python -m benchmarks.annotators` reads what to do as JSON from its input and writes what it saw as JSON. Each annotator asks
for the next task, submits it and asks again, without a pause, over a connection of their own that is kept. It is a process
of its own, so that its work is not the server's; `cpu` says how much that was.
"""

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.support.wire import Wire

from benchmarks.common import RESULT

_SUBMIT = json.dumps({"result": RESULT, "lead_time": 4.2}).encode()


@dataclass
class Seen:
    """Seconds of each call, tasks in the order in which they were handed out, and the seconds on the processor."""

    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0


def annotate(port: int, project: int, cookies: Sequence[str], *, seconds: float, warm: float = 1.0) -> Seen:
    """Let the owners of these session cookies label for some seconds, after `warm` seconds that are not counted."""
    asked = {"port": port, "project": project, "cookies": list(cookies), "seconds": seconds, "warm": warm}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.annotators"],
        input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + warm + 60,
        cwd=Path(__file__).resolve().parent.parent,
    )  # fmt: skip
    return Seen(**json.loads(done.stdout))


class Annotator:
    def __init__(self, port: int, project: int, cookie: str) -> None:
        self.wire = Wire(port, cookie)
        self.task = 0
        self.asks = True  # for the next task; else it submits
        self._next = f"/api/projects/{project}/next"

    def send(self) -> None:
        self.began = time.perf_counter()
        if self.asks:
            self.wire.get(self._next)
        else:
            self.wire.change("POST", f"/api/tasks/{self.task}/annotations", _SUBMIT)


def _run(asked: dict[str, Any]) -> Seen:
    people = [Annotator(asked["port"], asked["project"], cookie) for cookie in asked["cookies"]]
    seen = Seen()
    with selectors.DefaultSelector() as selector:
        for each in people:
            selector.register(each.wire.socket, selectors.EVENT_READ, each)
            each.send()
        begin = time.perf_counter() + asked["warm"]
        end = begin + asked["seconds"]
        cpu: float | None = None
        while (now := time.perf_counter()) < end:
            if cpu is None and now >= begin:
                cpu = time.process_time()
            for key, _ in selector.select(1):
                _step(key.data, seen, begin)
        seen.wall, seen.cpu = asked["seconds"], time.process_time() - (cpu or 0.0)
    return seen


def _step(person: Annotator, seen: Seen, begin: float) -> None:
    answer = person.wire.read()
    if answer is None:
        return
    now = time.perf_counter()
    if answer.status != (200 if person.asks else 201):
        raise SystemExit(answer.body.decode())
    if person.began >= begin:
        (seen.next if person.asks else seen.submit).append(now - person.began)
    if person.asks:
        # The answer begins with the id: cheaper than to read all of it.
        person.task = int(answer.body[6 : answer.body.index(b",")])
        seen.tasks.append(person.task)
    person.asks = not person.asks
    person.send()


if __name__ == "__main__":
    print(json.dumps(asdict(_run(json.load(sys.stdin)))))
