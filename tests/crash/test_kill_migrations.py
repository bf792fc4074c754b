"""kill -9 while labels are renamed, merged, split and dropped: a migration and its undo are done wholly or not at all, a
large one goes on where it was, and annotations, drafts and predictions say the same.

The number of kills is LABELYARD_KILLS (default 8; `make crash` uses 100).
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.process import ServerProcess

KILLS = int(os.environ.get("LABELYARD_KILLS", "8"))
DRAFTS = 60
IN_A_ROW = 4  # kills of one migration: a job that takes its server down ten times is given up

Json = dict[str, Any]
OLD = """<View><Text name="text" value="$text"/>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/><Choice value="odd"/></Choices>
  <Labels name="span" toName="text"><Label value="Person"/><Label value="Firm"/><Label value="Thing"/><Label value="Town"/></Labels>
  <Rating name="stars" toName="text"/></View>"""
NEW = """<View><Text name="text" value="$text"/>
  <Choices name="tone" toName="text"><Choice value="great"/><Choice value="bad"/></Choices>
  <Labels name="span" toName="text"><Label value="Person"/><Label value="Firm"/><Label value="Thing"/><Label value="Gift"/></Labels>
  <Rating name="stars" toName="text"/></View>"""
MIGRATION = {
    "label_config": NEW,
    "controls": {"mood": "tone"},
    "labels": {
        "mood": {"good": "great", "odd": None},
        "span": {
            "Person": "Firm",  # two change places, which may not be done twice
            "Firm": "Person",
            "Town": "Person",
            "Thing": [{"label": "Gift", "where": {"control": "mood", "label": "good"}}],
        },
    },
}


def mood(value: str, name: str = "mood") -> Json:
    return {"id": "m", "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [value]}}


def span(value: str) -> Json:
    marked = {"start": 0, "end": 3, "text": "one", "labels": [value]}
    return {"id": "s", "from_name": "span", "to_name": "text", "type": "labels", "value": marked}


STARS = [{"id": "r", "from_name": "stars", "to_name": "text", "type": "rating", "value": {"rating": 3}}]
# What task n says with the old labels and with the new ones, by n modulo their number.
KINDS: Sequence[tuple[list[Json], list[Json]]] = (
    ([mood("good"), span("Thing")], [mood("great", "tone"), span("Gift")]),
    ([mood("bad"), span("Person")], [mood("bad", "tone"), span("Firm")]),
    ([mood("odd"), span("Firm")], [span("Person")]),
    ([span("Town")], [span("Person")]),
    ([mood("bad"), span("Thing")], [mood("bad", "tone"), span("Thing")]),
    (STARS, STARS),
)


@dataclass
class Project:
    """A project whose labels are changed and changed back, as it should be."""

    size: int
    id: int = 0
    noted: dict[int, int] = field(default_factory=dict)  # annotations that were added → task
    seconds: float = 0.0  # what one takes

    def touched(self, of: int) -> int:
        """How many of the first `of` tasks have something that the rules change."""
        return sum(before != after for before, after in (KINDS[n % len(KINDS)] for n in range(of)))

    def fill(self, client: httpx2.Client) -> None:
        made = client.post("/api/projects", json={"title": "Crash", "label_config": OLD})
        self.id = made.json()["id"]
        rows = [
            {
                "data": {"text": f"one {n}", "n": n},
                "annotations": [{"result": KINDS[n % len(KINDS)][0]}],
                "predictions": [{"result": KINDS[n % len(KINDS)][0]}],
            }
            for n in range(self.size)
        ]
        assert client.post(f"/api/projects/{self.id}/import", json=rows).status_code == 201
        for task in self.tasks(client, DRAFTS):
            body = {"result": KINDS[task["data"]["n"] % len(KINDS)][0]}
            assert client.post(f"/api/tasks/{task['id']}/drafts", json=body).status_code == 201

    def tasks(self, client: httpx2.Client, count: int) -> list[Json]:
        query: dict[str, str | int] = {"project": self.id, "page_size": count, "fields": "all"}
        found: list[Json] = client.get("/api/tasks", params=query).json()["tasks"]
        return found

    def migration(self, client: httpx2.Client) -> Json | None:
        """The newest one."""
        found = client.get(f"/api/projects/{self.id}/config-migrations").json()
        return found[0] if found else None

    def change(self, client: httpx2.Client) -> Json:
        """Migrate, or undo the migration; as far as it is when it is answered."""
        newest = self.migration(client)
        url = f"/api/projects/{self.id}/config-migrations"
        if newest is None or newest["status"] == "undone":
            answer = client.post(url, json=MIGRATION)
        else:
            answer = client.post(f"{url}/{newest['id']}/undo")
        assert answer.status_code in (200, 201), answer.text
        done: Json = answer.json()
        return done

    def settled(self, client: httpx2.Client) -> Json | None:
        """The newest migration when nothing is under way any more."""
        ends = time.monotonic() + 60
        while (newest := self.migration(client)) and newest["status"] in ("in_progress", "undoing"):
            assert time.monotonic() < ends, newest
            time.sleep(0.02)
        return newest

    def check(self, client: httpx2.Client) -> None:
        """Everything is as before, or everything is as after; each change is in the history once."""
        newest = self.settled(client)
        assert newest is None or newest["status"] in ("completed", "undone"), newest
        migrated = newest is not None and newest["status"] == "completed"
        assert client.get(f"/api/projects/{self.id}").json()["label_config"] == (NEW if migrated else OLD)
        tasks = self.tasks(client, self.size + 1)
        assert len(tasks) == self.size
        for n, task in enumerate(tasks):
            wanted = KINDS[n % len(KINDS)][migrated]
            first, *added = task["annotations"]
            assert first["result"] == wanted, (n, newest)
            assert [each["result"] for each in task["predictions"]] == [wanted], (n, newest)
            assert [each["result"] for each in task["drafts"]] == [wanted] * (n < DRAFTS), (n, newest)
            assert all(each["result"] == STARS for each in added)
            there = {each["id"] for each in added}
            assert {note for note, where in self.noted.items() if where == task["id"]} <= there
        self._check_counts(newest)
        self._check_history(client)

    def _check_counts(self, newest: Json | None) -> None:
        if newest is None:
            return
        count, drafts = self.touched(self.size), self.touched(DRAFTS)
        wanted = {"annotations": count, "drafts": drafts, "predictions": count}
        if newest["status"] == "undone":
            wanted |= {f"{name}_put_back": number for name, number in wanted.items()}
        assert newest["counts"] == wanted

    def _check_history(self, client: httpx2.Client) -> None:
        """Each annotation that the rules touch has an event of each migration and each undo."""
        done = client.get(f"/api/projects/{self.id}/config-migrations").json()
        times = sum(2 if each["status"] == "undone" else 1 for each in done)
        told: Counter[int] = Counter()
        before: int | None = None
        while True:
            query = {"limit": 500} | ({"before": before} if before else {})
            events = client.get(f"/api/projects/{self.id}/history", params=query).json()
            if not events:
                break
            told.update(each["annotation"] for each in events if each["kind"] == "migrated")
            before = events[-1]["id"]
        assert set(told.values()) <= {times}
        assert len(told) == (self.touched(self.size) if times else 0)


class Annotator(threading.Thread):
    """Says what both configs know, and stars what is there, as long as the server is."""

    def __init__(self, url: str, project: Project, tasks: Sequence[int]) -> None:
        super().__init__()
        self.url, self.project, self.tasks = url, project, tasks

    def run(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=60) as client:
            for task in self.tasks:
                try:
                    first = client.get(f"/api/tasks/{task}/annotations").json()[0]
                    client.patch(f"/api/annotations/{first['id']}", json={"ground_truth": True})
                    made = client.post(f"/api/tasks/{task}/annotations", json={"result": STARS})
                except httpx2.TransportError:
                    return
                if made.status_code == 201:
                    self.project.noted[made.json()["id"]] = task
                time.sleep(0.01)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("size", [900, 3_000], ids=["at once", "by a job"])
def test_labels_are_changed_wholly_or_not_at_all(tmp_path: Path, size: int) -> None:
    rng, project = random.Random(20261128), Project(size)
    interrupted = in_a_row = 0
    statuses: Counter[str] = Counter()
    for _ in range(KILLS):
        server = ServerProcess(["--data-dir", "data"], cwd=tmp_path)
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=60) as client:
                if not project.id:
                    project.fill(client)
                    began = time.monotonic()
                    project.change(client)
                    project.seconds = time.monotonic() - began
                newest = project.migration(client)
                statuses[newest["status"] if newest else "none"] += 1
                under_way = newest is not None and newest["status"] in ("in_progress", "undoing")
                in_a_row = in_a_row + 1 if under_way else 0
                if not under_way or in_a_row >= IN_A_ROW:
                    project.check(client)
                    tasks = [each["id"] for each in project.tasks(client, size)]
                    annotator = Annotator(server.url, project, rng.sample(tasks, 100))
                    killer = threading.Timer(rng.uniform(0, 1.2 * project.seconds), server.kill)
                    annotator.start()
                    killer.start()
                    try:
                        project.change(client)
                    except httpx2.TransportError:
                        interrupted += 1
                    killer.join()
                    annotator.join()
                else:
                    time.sleep(rng.uniform(0, project.seconds))
        finally:
            server.kill()
    server = ServerProcess(["--data-dir", "data"], cwd=tmp_path)
    try:
        server.wait_ready()
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            project.check(client)
            newest = project.migration(client)
            if newest and newest["status"] == "completed":
                assert project.change(client)["status"] == "undone"
                project.check(client)
    finally:
        server.kill()
    assert interrupted, statuses
