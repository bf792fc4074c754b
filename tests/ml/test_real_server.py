"""Connecting, predicting, hearing of annotations and training with the server that model authors really use."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from labelyard.ml import jobs
from tests.ml.real_server import real_model_server
from tests.support.ml import ML, finished, make_project, predictions, task_ids
from tests.support.model_server import prediction
from tests.support.server import Server, settings_for


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with real_model_server(home) as made:
        yield made


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = settings_for(tmp_path_factory.mktemp("server") / "data", ml_block_local_ip=False)
    with Server(settings) as made:
        yield made.add_user()


def connect(client: TestClient, project: int, url: str, **more: Any) -> dict[str, Any]:
    answer = client.post(ML, json={"project": project, "url": url, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert found["state"] == "CO" and found["model_version"]
    return found


def until(found: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < ends
        time.sleep(0.1)


def choices(found: list[dict[str, Any]]) -> set[str]:
    return {each["result"][0]["value"]["choices"][0] for each in found}


def test_all_tasks_are_predicted(owner: TestClient, url: str) -> None:
    project = make_project(owner, 40)
    backend = connect(owner, project, url)
    run = finished(owner, owner.post(f"{ML}/{backend['id']}/predict", json={}).json())
    assert (run["status"], run["predicted"], run["failed"]) == ("completed", 40, 0)
    found = predictions(owner, project)
    assert len(found) == 40 and choices(found) == {"good"}
    assert {each["model_version"] for each in found} == {backend["model_version"]}
    assert owner.get(f"/api/projects/{project}").json()["model_version"] == backend["model_version"]
    owner.patch(f"/api/projects/{project}", json={"sampling": "Uncertainty sampling"})
    scores = {each["task"]: each["score"] for each in found}
    handed = owner.get(f"/api/projects/{project}/next").json()["id"]
    assert scores[handed] == min(scores.values())


def test_it_is_tried_asked_while_labeling_and_by_the_dialect_of_0x(owner: TestClient, url: str) -> None:
    project = make_project(owner, 2)
    backend = connect(owner, project, url, is_interactive=True, title="moods")
    path, task = f"{ML}/{backend['id']}", task_ids(owner, project)[0]
    tried = owner.post(f"{path}/predict/test?random=true").json()
    assert tried["status"] == 200 and tried["error_message"] is None
    said = owner.post(f"{path}/interactive-annotating", json={"task": task, "context": {"result": []}}).json()
    assert said["data"]["result"] == prediction()["result"]
    assert owner.get(f"{path}/versions").json()["versions"] == [backend["model_version"]]
    made = owner.post(f"/api/models/predictions?project={project}", json={"text": "a"}).json()
    assert made["predictions"][0]["created_by"] == "moods"


def test_it_learns_from_annotations_and_is_another_version_then(owner: TestClient, url: str) -> None:
    project = make_project(owner, 3)
    backend = connect(owner, project, url)
    path, before = f"{ML}/{backend['id']}", backend["model_version"]
    # This release takes the signal and trains with what its webhook told of, as with servers of 1.x.
    assert owner.post(f"{path}/train", json={}).status_code == 200
    # It names versions by the second: two trainings of one second would be in each other's way.
    time.sleep(1.1)
    task = task_ids(owner, project)[0]
    owner.post(f"/api/tasks/{task}/annotations", json={"result": prediction("bad")["result"]})
    hook = owner.get(f"/api/webhooks?project={project}").json()[0]
    log = f"/api/webhooks/{hook['id']}/deliveries"
    until(lambda: any(each["state"] == "delivered" for each in owner.get(log).json()["results"]))
    assert [each["action"] for each in owner.get(log).json()["results"]] == ["ANNOTATION_CREATED"]
    until(lambda: owner.get(path).json()["model_version"] != before)
    run = finished(owner, owner.post(f"{path}/predict", json={}).json())
    assert run["predicted"] == 3 and choices(predictions(owner, project)) == {"bad"}


def test_it_is_trained_when_enough_tasks_are_annotated(owner: TestClient, url: str, home: Path) -> None:
    def taken() -> int:
        """How many events it took, as its own log says."""
        return len(re.findall(r'"\S*POST /webhook HTTP/1.1\S*" 201', (home / "model.log").read_text()))

    project = make_project(owner, 3, min_annotations_to_start_training=2)
    backend = connect(owner, project, url)
    path, before = f"{ML}/{backend['id']}", taken()
    # Without its webhook it hears of nothing but that it is to train.
    [hook] = owner.get(f"/api/webhooks?project={project}").json()
    paused = {"is_active": False, "actions": hook["actions"]}
    assert owner.patch(f"/api/webhooks/{hook['id']}", json=paused).status_code == 200
    first, second, _ = task_ids(owner, project)
    owner.post(f"/api/tasks/{first}/annotations", json={"result": prediction("bad")["result"]})
    time.sleep(2 * jobs.SWEEP_SECONDS + 0.5)
    assert taken() == before
    owner.post(f"/api/tasks/{second}/annotations", json={"result": prediction("bad")["result"]})
    until(lambda: taken() == before + 1)
    until(lambda: owner.get(path).json()["state"] == "CO")
    assert owner.get(path).json()["error_message"] is None
    time.sleep(2 * jobs.SWEEP_SECONDS + 0.5)
    assert taken() == before + 1
