"""kill -9 while annotations are made, changed and deleted: what targets hold at the end is what was acknowledged, an
object an annotation, and nothing beside."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.crash.test_kill_storages import CONFIG, environment
from tests.support.process import ServerProcess, free_port
from tests.support.s3 import KEY, SECRET, Emulator

from labelyard.kit.objects.s3 import S3

ROUNDS, ANNOTATORS = 6, 3
Objects = Mapping[str, dict[str, Any]]  # key → what it says


def result(choices: list[str]) -> list[dict[str, Any]]:
    """A region of the annotator's whose choices are told apart by their number."""
    return [{"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": choices}}]


class Annotator(threading.Thread):
    """Makes, changes and deletes annotations until the server is gone.

    `lead_times`: annotation → the lead times that it may have: one, or two where the answer to a change never came.
    `gone`: those whose deletion was acknowledged; `unsure`: those whose deletion was asked for.
    """

    def __init__(self, url: str, project: int, seed: int) -> None:
        super().__init__()
        self.url, self.project, self.rng = url, project, random.Random(seed)
        self.lead_times: dict[int, list[float]] = {}
        self.gone: set[int] = set()
        self.unsure: set[int] = set()

    def run(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=30) as client:
            try:
                while True:
                    self._one(client)
            except httpx2.TransportError:
                return

    def _one(self, client: httpx2.Client) -> None:
        body = {"project": self.project, "data": {"text": f"naïve {self.rng.random()}"}}
        task = client.post("/api/tasks", json=body).json()["id"]
        first, second = (round(self.rng.uniform(1, 99), 3) for _ in range(2))
        answer = client.post(
            f"/api/tasks/{task}/annotations", json={"result": result(["a"]), "lead_time": first}
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()["id"]
        self.lead_times[made] = [first]
        fate = self.rng.random()
        if fate < 0.4:
            self.lead_times[made].append(second)
            assert client.patch(f"/api/annotations/{made}", json={"lead_time": second}).status_code == 200
            self.lead_times[made] = [second]
        elif fate < 0.6:
            self.unsure.add(made)
            assert client.delete(f"/api/annotations/{made}").status_code == 204
            self.gone.add(made)


def in_directory(folder: Path) -> Objects:
    """Everything that lies in a directory, hidden or not. The writer may be at it still."""
    found: dict[str, dict[str, Any]] = {}
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            found[each.name] = {} if each.name.endswith(".part") else json.loads(each.read_bytes())
    return found


def in_bucket(bucket: S3) -> Objects:
    keys = [each.key for page in bucket.pages("", recursive=True) for each in page]
    return {key.removeprefix("labels/"): json.loads(bucket.get(key, 1_000_000)) for key in keys}


def wanted(client: httpx2.Client, project: int) -> Objects:
    """What 1.x writes of each annotation that there is: the annotation, with its task and with who made it."""
    found: dict[str, dict[str, Any]] = {}
    exported = client.get(
        f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true&interpolate_key_frames=false"
    ).json()
    for task in exported:
        for each in task["annotations"]:
            found[str(each["id"])] = client.get(f"/api/annotations/{each['id']}").json()
    return found


def check(objects: Objects, expected: Objects, client: httpx2.Client) -> None:
    assert objects.keys() == expected.keys()
    people = {each["id"]: each for each in client.get("/api/users").json()}
    for key, said in objects.items():
        task = client.get(f"/api/tasks/{said['task']['id']}").json()
        assert said["id"] == int(key) and said["task"]["id"] == expected[key]["task"]
        assert said["task"]["data"] == task["data"] and said["task"]["project"] == task["project"]
        assert said["completed_by"] == {
            name: people[expected[key]["completed_by"]][name]
            for name in ("id", "email", "first_name", "last_name")
        }
        same = expected[key].keys() - {"task", "completed_by", "created_username", "created_ago"}
        assert {name: said[name] for name in same} == {name: expected[key][name] for name in same}


def until_they_are(look: Callable[[], Objects], expected: Objects, seconds: float = 60) -> Objects:
    """What there is, when it has the keys and lead times that are expected, or when time is up."""
    ends = time.monotonic() + seconds
    lead_times = {key: each["lead_time"] for key, each in expected.items()}
    while True:
        found = look()
        if {
            key: each.get("lead_time") for key, each in found.items()
        } == lead_times or time.monotonic() > ends:
            return found
        time.sleep(0.2)


@pytest.mark.timeout(300)
def test_targets_hold_what_was_acknowledged_and_nothing_else(
    tmp_path: Path, s3: Emulator, engine: str, database_url: str
) -> None:
    rng, port, root, project = random.Random(12), free_port(), tmp_path / "root", 0
    out, name = root / "out", f"crash-targets-{engine}"
    out.mkdir(parents=True)
    bucket = s3.bucket(name)
    settings = {**environment(root), "LABELYARD_OUTBOUND_ALLOW": "127.0.0.1"}
    if database_url:
        settings["LABELYARD_DATABASE_URL"] = database_url
    lead_times: dict[int, list[float]] = {}
    gone: set[int] = set()
    unsure: set[int] = set()
    for round_number in range(ROUNDS):
        server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=settings)
        try:
            server.wait_ready()
            if not project:
                project = make_project(server.url, out, s3, name)
            annotators = [Annotator(server.url, project, 100 * round_number + n) for n in range(ANNOTATORS)]
            for each in annotators:
                each.start()
            time.sleep(rng.uniform(0.3, 2.5))
            server.kill()
            for each in annotators:
                each.join(60)
                lead_times |= each.lead_times
                gone |= each.gone
                unsure |= each.unsure - each.gone
        finally:
            server.kill()
    assert len(lead_times) > 30 and gone
    server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=settings)
    try:
        server.wait_ready()
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            expected = wanted(client, project)
            assert {int(key) for key in expected} >= lead_times.keys() - gone - unsure
            assert not {int(key) for key in expected} & gone
            for made, possible in lead_times.items():
                assert str(made) not in expected or expected[str(made)]["lead_time"] in possible
            for look in (lambda: in_directory(out), lambda: in_bucket(bucket)):
                check(until_they_are(look, expected), expected, client)
    finally:
        server.kill()


def make_project(url: str, out: Path, s3: Emulator, bucket: str) -> int:
    """A project that writes to a directory and to a bucket."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        body = {"title": "Crash", "label_config": CONFIG, "maximum_annotations": 1}
        project: int = client.post("/api/projects", json=body).json()["id"]
        usual = {"project": project, "can_delete_objects": True}
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        place = {"bucket": bucket, "prefix": "labels", "s3_endpoint": s3.url}
        made = client.post("/api/storages/export/localfiles", json={**usual, "path": str(out)})
        assert made.status_code == 201, made.text
        made = client.post("/api/storages/export/s3", json={**usual, **place, **keys})
        assert made.status_code == 201, made.text
    return project
