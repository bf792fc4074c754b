"""200 annotators, some of whom vanish, dawdle or give up, and a server that is killed: no task has too many holders.

What clients were handed is held against the rule at every answer, and the database while it is written and at the end.
LABELYARD_CLAIMS is how often a task is asked for (default 2,000; `make crash` uses 100,000).
"""

import heapq
import itertools
import json
import os
import random
import selectors
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
import pytest
from tests.support.labeling import CONFIG, RESULT, check_books
from tests.support.process import ServerProcess, free_port
from tests.support.wire import Answer, Gone, Wire, sign_in

from labelyard.kit.db.open import open_database

CLAIMS = int(os.environ.get("LABELYARD_CLAIMS", "2000"))
PEOPLE = 200
TTL = 5  # seconds that a task is held
KILL_EVERY = 2_000  # claims, about; more often in a short run
ANSWER = f'{{"result": {RESULT}}}'.encode()
SKIP = f'{{"result": {RESULT}, "was_cancelled": true}}'.encode()


@dataclass
class Ledger:
    """What the server said to its clients. Times are those of this process."""

    overlap: dict[int, int]
    holders: dict[int, dict[int, float]] = field(default_factory=dict)  # task → person → held for sure until
    answered: Counter[int] = field(
        default_factory=Counter
    )  # answers from within a hold, which fill slots for good
    saved: Counter[tuple[int, int]] = field(
        default_factory=Counter
    )  # (task, person) → acknowledged answers and skips
    late: set[int] = field(
        default_factory=set
    )  # tasks that somebody may have answered after their hold had run out
    claims: int = 0
    happened: Counter[str] = field(default_factory=Counter)

    def held(self, task: int, person: int, until: float) -> None:
        """The server said that this person holds the task; everybody else who surely does must leave them room."""
        now = time.monotonic()
        here = self.holders.setdefault(task, {})
        here[person] = until
        for each in [each for each, end in here.items() if end <= now]:
            del here[each]
        holders = len(here) + self.answered[task]
        assert holders <= self.overlap[task], (
            f"task {task} with overlap {self.overlap[task]} is held by {sorted(here)} and answered {self.answered[task]} times"
        )

    def ends(self, task: int, person: int) -> float:
        """The hold is over, or will be as soon as the server has read what is sent; until when it lasts for sure."""
        return self.holders.get(task, {}).pop(person, 0.0)


@dataclass
class Client:
    """One person at one browser: what they wait for, and the task they hold."""

    number: int
    wire: Wire | None = None
    waits: str = ""
    task: int = 0
    sent: float = 0.0
    until: float = 0.0  # what they hold while they submit it

    @property
    def may_be_late(self) -> bool:
        return self.waits in ("submit", "skip") and self.until <= time.monotonic()


class Crowd:
    """Everybody at once, in one thread: answers come from the selector, what is to be done later from a heap."""

    def __init__(
        self, port: int, project: int, cookies: list[str], ledger: Ledger, rng: random.Random
    ) -> None:
        self.port, self.project, self.cookies, self.ledger, self.rng = port, project, cookies, ledger, rng
        self.selector = selectors.DefaultSelector()
        self.clients = [Client(number) for number in range(len(cookies))]
        self.order = itertools.count()
        self.later: list[tuple[float, int, Callable[[], None]]] = []
        for client in self.clients:
            self.after(rng.random(), partial(self.ask, client))

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self.later, (time.monotonic() + seconds, next(self.order), what))

    def turn(self) -> None:
        while self.later and self.later[0][0] <= time.monotonic():
            heapq.heappop(self.later)[2]()
        for key, _ in self.selector.select(0.02):
            client: Client = key.data
            if client.wire is None or client.wire.socket is not key.fileobj:
                continue
            try:
                answer = client.wire.read()
            except Gone:
                waited = client.waits
                self.leave(client)
                if waited:  # who thinks about a task goes on when they are done with that
                    self.after(self.rng.uniform(0, 1), partial(self.ask, client))
            else:
                if answer is not None:
                    self.answered(client, answer)

    def close(self) -> None:
        for client in self.clients:
            self.leave(client)
        self.selector.close()

    def late(self) -> set[int]:
        """Tasks that somebody may have answered after their hold had run out."""
        return self.ledger.late | {client.task for client in self.clients if client.may_be_late}

    def leave(self, client: Client) -> None:
        if client.may_be_late:
            self.ledger.late.add(client.task)
        client.waits = ""
        if client.wire is not None:
            self.selector.unregister(client.wire.socket)
            client.wire.close()
            client.wire = None

    def send(self, client: Client, waits: str, method: str, path: str, body: bytes = b"") -> None:
        client.waits, client.sent = waits, time.monotonic()
        try:
            if client.wire is None:
                client.wire = Wire(self.port, self.cookies[client.number])
                self.selector.register(client.wire.socket, selectors.EVENT_READ, client)
            if method == "GET":
                client.wire.get(path)
            else:
                client.wire.change(method, path, body)
        except Gone:
            self.leave(client)
            self.after(self.rng.uniform(0.1, 1), partial(self.ask, client))

    # --- what people do ----------------------------------------------------------------------------------------

    def ask(self, client: Client) -> None:
        self.send(client, "next", "GET", f"/api/projects/{self.project}/next")
        if client.wire is not None and self.rng.random() < 0.02:
            self.vanish(client, "vanished while asking")

    def vanish(self, client: Client, how: str) -> None:
        """They come back some time later, before or after what they hold runs out."""
        self.ledger.happened[how] += 1
        self.leave(client)
        self.after(self.rng.uniform(0, 1.5 * TTL), partial(self.ask, client))

    def answered(self, client: Client, answer: Answer) -> None:
        waited, late = client.waits, client.may_be_late
        client.waits = ""
        if waited == "next":
            self.handed(client, answer)
        elif waited == "renew":
            assert answer.status in (200, 409), answer
            if answer.status == 200:
                self.ledger.held(client.task, client.number, client.sent + TTL)
            self.submit(client)
        elif waited == "release":
            assert answer.status == 204, answer
            self.ask(client)
        else:
            assert answer.status == 201, answer
            self.ledger.saved[client.task, client.number] += 1
            if late:
                self.ledger.late.add(client.task)
            elif waited == "submit":
                self.ledger.answered[client.task] += 1
            self.ask(client)

    def handed(self, client: Client, answer: Answer) -> None:
        if answer.status == 404:
            self.ledger.happened["nothing left"] += 1
            self.after(0.5, partial(self.ask, client))
            return
        assert answer.status == 200, answer
        client.task = int(json.loads(answer.body)["id"])
        self.ledger.claims += 1
        self.ledger.held(client.task, client.number, client.sent + TTL)
        chance = self.rng.random()
        task = f"/api/tasks/{client.task}"
        if chance < 0.06:
            self.vanish(client, "vanished with a task")
        elif chance < 0.11:
            self.ledger.happened["gave it back"] += 1
            self.ledger.ends(client.task, client.number)
            self.send(client, "release", "DELETE", f"{task}/lease")
        elif chance < 0.16:
            self.ledger.happened["held it longer"] += 1
            self.after(
                self.rng.uniform(0, 1.2 * TTL), lambda: self.send(client, "renew", "POST", f"{task}/lease")
            )
        elif chance < 0.19:
            self.ledger.happened["dawdled"] += 1
            self.after(self.rng.uniform(0.9, 1.5) * TTL, partial(self.submit, client))
        else:
            self.submit(client)

    def submit(self, client: Client) -> None:
        skips = self.rng.random() < 0.1
        client.until = self.ledger.ends(client.task, client.number)
        what = "skip" if skips else "submit"
        self.send(client, what, "POST", f"/api/tasks/{client.task}/annotations", SKIP if skips else ANSWER)


# --- what the database says ---------------------------------------------------------------------------------------

_HELD = (
    "SELECT id, overlap, total_annotations, (SELECT count(*) FROM lease WHERE task_id = task.id) AS leases, free_slots"
    " FROM task WHERE total_annotations + leases > overlap"
    " OR free_slots != max(0, overlap - total_annotations - leases)"
)


def look(database: Path, late: Callable[[], set[int]]) -> None:
    """No task has more leases and answers than slots, but those that were answered after a hold had run out."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        rows = connection.execute(_HELD).fetchall()
        allowed = late()  # asked after the database: who is in time now was in time then
        for task, overlap, answers, leases, free in rows:
            assert free == max(0, overlap - answers - leases), f"the slots of task {task} are wrong"
            assert task in allowed, f"task {task}: {answers} answers and {leases} leases for {overlap} slots"


def check_end(data: Path, project: int, ledger: Ledger) -> None:
    look(data / "labelyard.sqlite3", lambda: ledger.late)
    with closing(sqlite3.connect(data / "labelyard.sqlite3")) as connection:
        people = {
            row[1]: int(row[0][6:].partition("@")[0])
            for row in connection.execute("SELECT email, id FROM user_account WHERE email LIKE 'person%'")
        }
        stored: Counter[tuple[int, int]] = Counter(
            (task, people[by])
            for task, by in connection.execute("SELECT task_id, completed_by FROM annotation")
        )
    lost = ledger.saved - stored
    assert not lost, f"{lost.total()} acknowledged answers are gone"
    db = open_database("", data / "labelyard.sqlite3")
    try:
        db.read_sync(check_books, project)
    finally:
        db.close()


# --- the play -----------------------------------------------------------------------------------------------------


@contextmanager
def serving(data: Path, port: int, cwd: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(
        ["--data-dir", str(data)], cwd=cwd, port=port, env={"LABELYARD_TASK_LOCK_TTL_SECONDS": str(TTL)}
    )
    try:
        server.wait_ready()
        yield server
    finally:
        server.kill()


def make_project(server: ServerProcess, tasks: int) -> tuple[int, dict[int, int]]:
    """A project, half of whose tasks are for two people; overlap by task."""
    fields = {
        "title": "Claims", "label_config": CONFIG, "maximum_annotations": 2, "overlap_cohort_percentage": 50,
        "sampling": "Uniform sampling",
    }  # fmt: skip
    with httpx2.Client(base_url=server.url, timeout=120) as client:
        project = int(client.post("/api/projects", json=fields).raise_for_status().json()["id"])
        body = [{"data": {"text": f"number {number}"}} for number in range(tasks)]
        client.post(f"/api/projects/{project}/import", json=body).raise_for_status()
    with closing(sqlite3.connect(server.log.parent / "data" / "labelyard.sqlite3")) as connection:
        return project, dict(connection.execute("SELECT id, overlap FROM task"))


@pytest.mark.timeout(300 + CLAIMS // 20)
def test_no_task_has_more_holders_than_overlap(tmp_path: Path) -> None:
    data, port, rng = tmp_path / "data", free_port(), random.Random(20261127)
    with serving(data, port, tmp_path) as server:
        project, overlap = make_project(server, CLAIMS * 6 // 10 + PEOPLE)
        assert set(overlap.values()) == {1, 2}
    ledger = Ledger(overlap)
    cookies = sign_in(data, PEOPLE)
    crowd = Crowd(port, project, cookies, ledger, rng)
    kills, looks = 0, 0
    try:
        while ledger.claims < CLAIMS:
            with serving(data, port, tmp_path) as server:
                until = min(CLAIMS, ledger.claims + rng.randint(1, 2 * min(KILL_EVERY, CLAIMS // 4)))
                look_at = time.monotonic()
                while ledger.claims < until:
                    assert server.process.poll() is None, server.output()
                    crowd.turn()
                    if time.monotonic() > look_at:
                        look(data / "labelyard.sqlite3", crowd.late)
                        looks, look_at = looks + 1, time.monotonic() + max(1.0, CLAIMS / 20_000)
            kills += 1
    finally:
        crowd.close()
    check_end(data, project, ledger)
    print(f"{ledger.claims} claims, {kills} kills, {looks} looks at the database, {dict(ledger.happened)}")
    assert {"vanished with a task", "gave it back", "held it longer", "dawdled"} <= ledger.happened.keys()
