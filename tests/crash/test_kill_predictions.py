"""kill -9 in the middle of a run over all tasks, with the server that model authors use: the run goes on where it was,
no task has two predictions of one version, and what was predicted stays, also when the run is cancelled."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.ml.real_server import real_model_server
from tests.support.ml import ML, finished
from tests.support.process import ServerProcess, free_port
from tests.support.world import CONFIG

TASKS, KILLS = 1_600, 5
SETTINGS = {"LABELYARD_ML_BLOCK_LOCAL_IP": "false", "LABELYARD_ML_BATCH_TASKS": "4"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_model_server(tmp_path_factory.mktemp("model")) as url:
        yield url


class Place:
    """A data directory; `server` runs on it until the end of the block, and is killed then."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()

    @contextmanager
    def server(self) -> Iterator[httpx2.Client]:
        made = ServerProcess(["--data-dir", "data"], cwd=self.directory, port=self.port, env=SETTINGS)
        try:
            made.wait_ready()
            with httpx2.Client(base_url=made.url, timeout=60) as client:
                yield client
        finally:
            made.kill()


def begin(client: httpx2.Client, model: str) -> dict[str, Any]:
    """A run for all tasks of a new project."""
    project = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG}).json()["id"]
    rows = [{"text": f"text {n}"} for n in range(TASKS)]
    assert client.post(f"/api/projects/{project}/import", json=rows).status_code == 201
    backend = client.post(ML, json={"project": project, "url": model})
    assert backend.status_code == 201, backend.text
    run: dict[str, Any] = client.post(f"{ML}/{backend.json()['id']}/predict", json={}).json()
    assert (run["status"], run["total"]) == ("in_progress", 0) or run["total"] == TASKS
    return run


def fresh(client: httpx2.Client, run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{ML}/{run['backend']}/runs/{run['id']}").json()
    return found


def reaching(client: httpx2.Client, run: dict[str, Any], predicted: int) -> dict[str, Any]:
    """The run when it has predicted so many tasks, or is done."""
    ends = time.monotonic() + 60
    while (run := fresh(client, run))["predicted"] < predicted and run["finished_at"] is None:
        assert time.monotonic() < ends, run
        time.sleep(0.01)
    return run


def stored(client: httpx2.Client, project: int) -> Counter[tuple[int, str]]:
    """How many predictions each task has of each version."""
    found = client.get("/api/predictions", params={"project": project}).json()
    return Counter((each["task"], each["model_version"]) for each in found)


@pytest.mark.timeout(300)
def test_a_run_that_is_killed_again_and_again_ends_exact(tmp_path: Path, model: str) -> None:
    rng, place = random.Random(3), Place(tmp_path)
    with place.server() as client:
        run = reaching(client, begin(client, model), 1)
    for _ in range(KILLS):
        with place.server() as client:
            before = fresh(client, run)
            kept = stored(client, run["project"])
            assert before["predicted"] >= run["predicted"], "what was predicted is forgotten"
            assert len(kept) >= before["predicted"] and set(kept.values()) == {1}
            run = reaching(client, before, before["predicted"] + rng.randrange(1, TASKS // (KILLS + 2)))
            time.sleep(rng.uniform(0, 0.05))
        assert run["status"] == "in_progress", "there were too few tasks to be killed among them"
    with place.server() as client:
        run = finished(client, run, 120)
        found = stored(client, run["project"])
        assert (run["status"], run["predicted"], run["predictions"], run["total"]) == (
            ("completed", TASKS, TASKS, TASKS)
        )
        assert len(found) == TASKS and set(found.values()) == {1}
        assert len({version for _, version in found}) == 1
        project = client.get(f"/api/projects/{run['project']}").json()
        assert project["model_version"] == run["model_version"]
        assert project["total_predictions_number"] == TASKS
        assert client.get(f"{ML}/{run['backend']}").json()["state"] == "CO"


@pytest.mark.timeout(300)
def test_a_cancelled_run_keeps_what_it_has_whenever_the_server_dies(tmp_path: Path, model: str) -> None:
    place = Place(tmp_path)
    with place.server() as client:
        run = reaching(client, begin(client, model), 100)
    with place.server() as client:
        path = f"{ML}/{run['backend']}/runs/{run['id']}"
        run = reaching(client, run, run["predicted"] + 100)
        assert client.post(f"{path}/cancel").status_code == 200
    # Killed before or after the job saw it: the run ends, and is not taken up again.
    with place.server() as client:
        run = finished(client, run)
        assert run["status"] == "cancelled" and 200 <= run["predicted"] < TASKS
        assert run["waiting"] == TASKS - run["predicted"] and run["error"] is None
        time.sleep(1)
        kept = stored(client, run["project"])
        assert len(kept) == run["predicted"] == run["predictions"] and set(kept.values()) == {1}
        assert client.get(f"{ML}/{run['backend']}").json()["state"] == "CO"
        # The next one does the rest, and nothing twice.
        rest = finished(client, client.post(f"{ML}/{run['backend']}/predict", json={}).json(), 120)
        assert (rest["status"], rest["skipped"], rest["predicted"]) == (
            "completed",
            len(kept),
            TASKS - len(kept),
        )
        found = stored(client, run["project"])
        assert len(found) == TASKS and set(found.values()) == {1} and kept.keys() <= found.keys()
