"""Predictions over HTTP."""

import pytest
from tests.api.test_next import RESULT, ids, make

from labelyard.predictions import service
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.users import service as users

FIELDS = [
    "id",
    "result",
    "model_version",
    "created_ago",
    "score",
    "cluster",
    "neighbors",
    "mislabeling",
    "created_at",
    "updated_at",
    "model",
    "model_run",
    "task",
    "project",
]


@pytest.fixture
def project(client):
    return make(client, 2)


@pytest.fixture
def task(client, project):
    return ids(client, project)[0]


def test_create_read_change_delete(client, task, project):
    body = {"task": task, "result": RESULT, "score": 0.25, "model_version": "v1"}
    answer = client.post("/api/predictions/", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert list(made) == FIELDS
    assert (made["result"], made["score"], made["model_version"]) == (RESULT, 0.25, "v1")
    assert (made["task"], made["project"], made["mislabeling"]) == (task, project, 0.0)
    url = f"/api/predictions/{made['id']}"
    assert client.get(url).json() == made
    changed = client.patch(url, json={"score": 1, "task": 99}).json()
    assert (changed["score"], changed["result"], changed["task"]) == (1.0, RESULT, task)
    assert client.get(f"/api/tasks/{task}").json()["total_predictions"] == 1
    assert client.get(f"/api/projects/{project}").json()["total_predictions_number"] == 1
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(f"/api/tasks/{task}").json()["total_predictions"] == 0


def test_list_by_task_and_by_project(client, project):
    first, second = ids(client, project)
    made = [
        client.post("/api/predictions", json={"task": task, "result": RESULT}).json()
        for task in (first, second)
    ]
    assert client.get(f"/api/predictions?task={second}").json() == [made[1]]
    assert client.get(f"/api/predictions?project={project}").json() == made
    assert client.get("/api/predictions").json() == made
    assert client.get("/api/predictions?project=99").json() == []
    assert client.get("/api/predictions?task=x").status_code == 400


def test_a_long_list_streams_whole(client, server, project, task):
    def many(conn):
        row = projects.get(conn, server_actor(server), project)
        service.insert_many(conn, row, [(task, NewPrediction(result="[]", score=0.5))] * 1203)

    server.context.db.write_sync(many)
    listed = client.get(f"/api/predictions?task={task}").json()
    assert len({each["id"] for each in listed}) == 1203
    assert client.get(f"/api/tasks/{task}").json()["total_predictions"] == 1203


def server_actor(server):
    return server.context.db.read_sync(users.local_actor)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"task": None}, "task"),
        ({"task": 999}, "task"),
        ({"result": None}, "result"),
        ({"result": "Snow"}, "non_field_errors"),
        ({"result": {"choices": ["Snow"]}}, "non_field_errors"),
        ({"result": {"Weather": True}}, "non_field_errors"),
        (
            {"result": [{"from_name": "nope", "to_name": "text", "type": "choices", "value": {}}]},
            "non_field_errors",
        ),
        ({"result": [{**RESULT[0], "value": {"choices": ["Snow"]}}]}, "non_field_errors"),
        ({"score": 1.5}, "non_field_errors"),
        ({"score": "high"}, "score"),
    ],
)
def test_what_does_not_fit_is_refused(client, task, change, field):
    answer = client.post("/api/predictions", json={"task": task, "result": RESULT, **change})
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["validation_errors"]
    assert client.get("/api/predictions").json() == []


@pytest.mark.parametrize("short", ["Weather", {"choices": ["Weather"]}])
def test_short_forms_of_one_region(client, task, short):
    region = {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["Weather"]}}
    made = client.post("/api/predictions", json={"task": task, "result": short})
    assert made.status_code == 201, made.text
    assert made.json()["result"] == [region]
    changed = client.patch(f"/api/predictions/{made.json()['id']}", json={"result": short})
    assert changed.json()["result"] == [region]


def test_unknown_ids_are_404(client):
    for one in ("999", "99999999999999999999"):
        for method in ("get", "patch", "put", "delete"):
            assert getattr(client, method)(f"/api/predictions/{one}").status_code == 404


def test_predictions_of_a_version_are_deleted(client, project):
    for task in ids(client, project):
        for version in ("v1", "v2"):
            body = {"task": task, "result": RESULT, "model_version": version, "score": 0.5}
            assert client.post("/api/predictions", json=body).status_code == 201
    url = f"/api/projects/{project}/model-versions/"
    assert client.request("DELETE", url, json={"model_version": "v1"}).json() == {"deleted_predictions": 2}
    assert client.get(url).json() == {"v2": 2}
    assert client.get(f"/api/projects/{project}").json()["total_predictions_number"] == 2
    assert client.request("DELETE", url, json={}).status_code == 400
    assert client.request("DELETE", url, json={"model_version": "v1"}).json() == {"deleted_predictions": 0}
