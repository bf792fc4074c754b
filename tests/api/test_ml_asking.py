"""Predictions where people and scripts do not name a backend: tasks that are opened, the action of lists, and 0.x."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.conftest import ENGINES
from tests.support.ml import ML, connect, make_project, ml_server, predictions, task_ids
from tests.support.model_server import Asked, ModelServer, model_server, prediction, send
from tests.support.server import Server

MODELS = "/api/models"


@pytest.fixture(scope="module", params=ENGINES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ml_server(request, tmp_path_factory.mktemp("ml") / "data") as made:
        yield made


@pytest.fixture(scope="module")
def owner(server: Server) -> TestClient:
    return server.add_user()


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


def slowly(seconds: float) -> Any:
    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        time.sleep(seconds)
        send(handler, 200, json.dumps({"results": [prediction() for _ in asked.json["tasks"]]}).encode())

    return answer


# --- tasks that are opened ----------------------------------------------------------------------------------------


def test_an_opened_task_comes_with_a_prediction(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3, evaluate_predictions_automatically=True)
    connect(owner, project, model)
    first = owner.get(f"/api/projects/{project}/next").json()
    assert first["predictions"][0]["result"] == prediction()["result"]
    assert first["predictions"][0]["model_version"] == "v1"
    asked = len(model.of("/predict"))
    assert (
        owner.get(f"/api/projects/{project}/next").json()["predictions"][0]["id"]
        == first["predictions"][0]["id"]
    )
    last = task_ids(owner, project)[-1]
    assert owner.get(f"/api/tasks/{last}").json()["predictions"][0]["score"] == 0.5
    assert len(model.of("/predict")) == asked + 1
    assert len(predictions(owner, project)) == 2
    in_list = owner.post(
        f"/api/dm/actions?project={project}&id=next_task", json={"ordering": ["tasks:id"]}
    ).json()
    assert in_list["predictions"]


def test_nobody_is_asked_where_the_project_does_not_want_it(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 1)
    connect(owner, project, model)
    assert owner.get(f"/api/projects/{project}/next").json()["predictions"] == []
    assert owner.get(f"/api/tasks/{task_ids(owner, project)[0]}").json()["predictions"] == []
    assert model.of("/predict") == []


def test_a_slow_model_keeps_nobody_waiting(owner: TestClient, model: ModelServer) -> None:
    """What it says later is there when the task is opened again."""
    project = make_project(owner, 1, evaluate_predictions_automatically=True)
    connect(owner, project, model)
    model.odd["/predict"] = slowly(1.5)
    began = time.monotonic()
    answer = owner.get(f"/api/projects/{project}/next").json()
    assert time.monotonic() - began < 1.3 and answer["predictions"] == []
    ends = time.monotonic() + 10
    while not predictions(owner, project) and time.monotonic() < ends:
        time.sleep(0.05)
    assert owner.get(f"/api/projects/{project}/next").json()["predictions"]


def test_a_model_that_fails_is_left_alone_for_a_while(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3, evaluate_predictions_automatically=True)
    backend = connect(owner, project, model)
    model.odd["/predict"] = lambda handler, _: send(handler, 500, b"SECRET-MARK")
    for task in task_ids(owner, project):
        answer = owner.get(f"/api/tasks/{task}")
        assert answer.status_code == 200 and answer.json()["predictions"] == []
    assert len(model.of("/predict")) == 1
    assert owner.get("/api/ml", params={"project": project}).json()[0]["id"] == backend["id"]


# --- the action of lists ------------------------------------------------------------------------------------------


def act(client: TestClient, project: int, **body: Any) -> Any:
    return client.post(f"/api/dm/actions?project={project}&id=retrieve_tasks_predictions", json=body)


def test_predictions_are_retrieved_for_selected_tasks(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 12)
    connect(owner, project, model)
    ids = task_ids(owner, project)
    answer = act(owner, project, selectedItems={"all": False, "included": ids[:2]})
    assert answer.json() == {"processed_items": 2, "detail": "Retrieved predictions of 2 tasks"}
    assert {each["task"] for each in predictions(owner, project)} == set(ids[:2])
    text = {"filter": "filter:tasks:data.text", "operator": "equal", "type": "String", "value": "text 5"}
    filters = {"conjunction": "and", "items": [text]}
    assert (
        act(owner, project, filters=filters, selectedItems={"all": True, "excluded": []}).json()[
            "processed_items"
        ]
        == 1
    )
    model.predict = lambda task: prediction("good" if task["id"] != ids[7] else "ugly")
    everything = act(owner, project, selectedItems={"all": True, "excluded": [ids[0]]}).json()
    assert everything == {
        "processed_items": 10,
        "detail": "Retrieved predictions of 10 tasks, 1 could not be predicted",
    }
    assert len(predictions(owner, project)) == 11


def test_retrieving_says_what_is_wrong(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 1)
    everything = {"all": True, "excluded": []}
    assert "no ML backend" in act(owner, project, selectedItems=everything).json()["detail"]
    backend = connect(owner, project, model)
    wrong = {"conjunction": "and", "items": [{"filter": "odd"}]}
    assert act(owner, project, filters=wrong, selectedItems=everything).status_code == 400
    assert owner.get(f"{ML}/{backend['id']}/runs").json()["count"] == 0
    model.odd["/predict"] = lambda handler, _: send(handler, 302, b"", location="http://169.254.169.254/")
    done = act(owner, project, selectedItems=everything)
    assert done.status_code == 200 and "1 could not be predicted" in done.json()["detail"]


# --- 0.x ----------------------------------------------------------------------------------------------------------


def test_models_of_0x(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3)
    here = {"project": project}
    assert owner.get(MODELS, params=here).json() == {"models": []}
    assert owner.post(f"{MODELS}/train", params=here).json()["detail"] == "No ML backend"
    added = owner.patch("/api/project", params=here, json={"ml_backend": f"my={model.url}"})
    assert added.status_code == 201, added.text
    assert added.json()["config"]["ml_backends"] == [{"url": model.url, "name": "my"}]
    assert owner.get(MODELS, params=here).json() == {"models": ["my"]}
    again = owner.patch("/api/project", params=here, json={"ml_backend": f"my={model.url}"})
    assert again.status_code == 400 and "ml_backend" in again.json()["validation_errors"]
    assert owner.post(f"{MODELS}/train", params=here).json() == {"details": "Training started"}
    assert "START_TRAINING" in [each.json["action"] for each in model.of("/webhook")]
    assert owner.request("DELETE", MODELS, params=here, json={"name": "other"}).status_code == 404
    assert owner.request("DELETE", MODELS, params=here, json={"name": "my"}).status_code == 204
    assert owner.get(MODELS, params=here).json() == {"models": []}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_predictions_for_data_of_0x(owner: TestClient, model: ModelServer, method: str) -> None:
    project = make_project(owner, 1)
    connect(owner, project, model, title="my")
    path = f"{MODELS}/predictions"
    here: dict[str, Any] = {"project": project, "mode": "data"}
    for sent in ({"data": {"text": "a"}}, {"text": "a"}):
        answer = owner.request(method, path, params=here, json=sent)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["data"] == {"text": "a"} and found["predictions"][0]["created_by"] == "my"
        assert found["predictions"][0]["result"] == prediction()["result"]
        assert model.of("/predict")[-1].json["tasks"][0]["data"] == {"text": "a"}
    assert predictions(owner, project) == []
    assert owner.request(method, path, params=here).status_code == 422
    assert owner.request(method, path, params={**here, "mode": "odd"}).status_code == 422


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_predictions_for_tasks_of_0x(owner: TestClient, model: ModelServer, method: str) -> None:
    project, foreign = make_project(owner, 4), make_project(owner, 1)
    connect(owner, project, model)
    path, ids = f"{MODELS}/predictions", task_ids(owner, project)
    some: dict[str, Any] = {"project": project, "mode": "specific_tasks"}
    by_query = owner.request(method, path, params={**some, "task_ids": f"{ids[0]},{ids[1]}"})
    assert by_query.status_code == 200 and by_query.json() == {"details": "predictions are ready"}
    assert owner.request(method, path, params=some, json={"task_ids": [ids[2]]}).status_code == 200
    assert owner.request(method, path, params=some, json={"task_ids": f"{ids[2]}"}).status_code == 200
    assert [each["task"] for each in predictions(owner, project)] == [ids[0], ids[1], ids[2]]
    assert owner.request(method, path, params=some).status_code == 400
    for wrong in ("one", f"{ids[0]},x", "1.5", "-1", "9" * 30, "1;2"):
        refused = owner.request(method, path, params={**some, "task_ids": wrong})
        assert refused.status_code == 400, (wrong, refused.text)
    for wrong_body in ([1.5], [-1], [[1]], {"1": 2}, True):
        refused = owner.request(method, path, params=some, json={"task_ids": wrong_body})
        assert refused.status_code == 400, (wrong_body, refused.text)
    strange = task_ids(owner, foreign)[0]
    refused = owner.request(method, path, params=some, json={"task_ids": [strange]})
    assert refused.status_code == 400 and str(strange) in refused.text
    assert owner.request(method, path, params={**some, "mode": "all_tasks"}).status_code == 200
    assert len(predictions(owner, project)) == 4


def test_predicting_by_get_is_guarded_as_a_change(server: Server, model: ModelServer) -> None:
    server.add_account("gert@example.org")
    session = server.sign_in("gert@example.org")
    project = make_project(session, 1)
    connect(session, project, model)
    where: dict[str, Any] = {"project": project, "mode": "all_tasks"}
    strange = {"Sec-Fetch-Site": "cross-site", "X-CSRFToken": ""}
    assert session.get(f"{MODELS}/predictions", params=where, headers=strange).status_code == 403
    assert model.of("/predict") == []


def test_the_next_task_of_0x_comes_with_predictions(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 1)
    connect(owner, project, model)
    found = owner.get("/api/project/next", params={"project": project}).json()
    assert found["predictions"][0]["result"] == prediction()["result"]
