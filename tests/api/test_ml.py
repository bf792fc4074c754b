"""ML backends: connecting, what they are asked, what of their answers is kept, and what they cannot break."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.conftest import ENGINES
from tests.support.ml import ML, connect, finished, make_project, ml_server, predict, predictions, task_ids
from tests.support.model_server import Asked, ModelServer, model_server, prediction, send
from tests.support.server import Server, settings_for
from tests.support.world import CONFIG

from labelyard.ml import jobs


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


# --- connecting ---------------------------------------------------------------------------------------------------


def test_a_backend_is_asked_before_it_is_stored(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner)
    made = connect(owner, project, model, title="Moods", extra_params={"lr": 0.1})
    assert (made["state"], made["readable_state"]) == ("CO", "Connected")
    assert made["model_version"] == "v1" and made["timeout"] == 100.0 and made["auto_update"] is True
    health, setup = model.asked[0], model.of("/setup")[0].json
    assert (health.method, health.path) == ("GET", "/health")
    assert health.headers["user-agent"].startswith("heartex/")
    number, _, since = setup["project"].partition(".")
    assert number == str(project) and abs(int(since) - time.time()) < 60
    assert setup["schema"] == CONFIG and setup["extra_params"] == {"lr": 0.1}
    assert setup["access_token"] == ""  # nobody said that it may act for them
    listed = owner.get(ML, params={"project": project}).json()
    assert [each["id"] for each in listed] == [made["id"]]
    assert owner.get(ML).status_code == 404
    assert owner.get(ML, params={"project": 10**9}).status_code == 404


def test_what_is_not_there_is_not_connected(owner: TestClient, server: Server) -> None:
    project = make_project(owner)
    with model_server() as gone:
        url = gone.url
    answer = owner.post(ML, json={"project": project, "url": url})
    assert answer.status_code == 400
    assert "cannot be connected" in answer.json()["validation_errors"]["non_field_errors"][0]
    for bad in ("ftp://models.example", "http://169.254.169.254/latest", "http://user:pw@example.org"):
        refused = owner.post(ML, json={"project": project, "url": bad})
        assert refused.status_code == 403, bad
    assert owner.post(ML, json={"url": url}).json()["validation_errors"]["project"]
    assert owner.get(ML, params={"project": project}).json() == []


def test_private_addresses_are_for_the_operator_to_open(tmp_path: Path, model: ModelServer) -> None:
    with Server(settings_for(tmp_path / "closed")) as closed:
        client = closed.add_user()
        answer = client.post(ML, json={"project": make_project(client), "url": model.url})
        assert answer.status_code == 403 and "LABELYARD_OUTBOUND_ALLOW" in answer.json()["detail"]
    with Server(settings_for(tmp_path / "open", outbound_allow="127.0.0.1")) as opened:
        client = opened.add_user()
        connect(client, make_project(client), model)
    assert len(model.asked) == 2


def test_a_redirect_does_not_lead_inside(tmp_path: Path, model: ModelServer) -> None:
    """The public address may be called, the one that it redirects to may not."""
    with model_server() as inside:
        model.odd["/health"] = lambda handler, _: send(handler, 302, b"", location=f"{inside.url}/health")
        port = model.url.rpartition(":")[2]
        settings = settings_for(tmp_path / "data", outbound_allow=f"127.0.0.1:{port}")
        with Server(settings) as made:
            client = made.add_user()
            answer = client.post(ML, json={"project": make_project(client), "url": model.url})
        assert answer.status_code == 403
        assert inside.asked == []


def test_the_password_goes_to_the_backend_and_nowhere_else(owner: TestClient, model: ModelServer) -> None:
    model.login = "Basic " + base64.b64encode(b"ml:opensesame").decode()
    project = make_project(owner)
    body = {"project": project, "url": model.url, "auth_method": "BASIC_AUTH", "basic_auth_user": "ml"}
    assert "basic_auth_pass" in owner.post(ML, json=body).json()["validation_errors"]
    assert owner.post(ML, json={**body, "basic_auth_pass": "wrong"}).status_code == 400
    made = owner.post(ML, json={**body, "basic_auth_pass": "opensesame"})
    assert made.status_code == 201
    path = f"{ML}/{made.json()['id']}"
    assert (
        made.json()["basic_auth_pass_is_set"] is True and "opensesame" not in made.text + owner.get(path).text
    )
    hooks = owner.get(f"/api/webhooks?project={project}").text
    assert f"{model.url}/webhook" in hooks and model.login not in hooks
    # Whoever points it elsewhere does not take the password along.
    with model_server() as other:
        moved = owner.patch(path, json={"url": other.url})
        assert moved.status_code == 200, moved.text
        assert moved.json()["basic_auth_pass_is_set"] is False and moved.json()["auth_method"] == "NONE"
        assert not any("authorization" in each.headers for each in other.asked)


def test_only_the_operator_hands_out_tokens(tmp_path: Path, model: ModelServer) -> None:
    with Server(settings_for(tmp_path / "data", ml_block_local_ip=False, ml_send_token=True)) as made:
        client = made.add_user()
        connect(client, make_project(client), model)
        assert f"Token {model.of('/setup')[0].json['access_token']}" == client.headers["Authorization"]


def test_changes_and_states(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner)
    made = connect(owner, project, model)
    path = f"{ML}/{made['id']}"
    assert made["title"] == model.url.removeprefix("http://")
    changed = owner.patch(path, json={"title": "Moods", "timeout": 7.5, "is_interactive": True}).json()
    assert (changed["title"], changed["timeout"], changed["is_interactive"]) == ("Moods", 7.5, True)
    other = make_project(owner, 0)
    assert "project" in owner.patch(path, json={"project": other}).json()["validation_errors"]
    assert owner.patch(path, json={"timeout": 0}).status_code == 400
    assert owner.patch(path, json={"auth_method": "OAUTH"}).status_code == 400
    model.odd["/health"] = lambda handler, _: send(handler, 500, b"SECRET-MARK traceback")
    answer = owner.get(path)
    assert answer.json()["state"] == "ER" and "SECRET-MARK" not in answer.text
    assert "status 500" in answer.json()["error_message"]
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert owner.get(f"/api/webhooks?project={project}").json() == []


def test_versions(owner: TestClient, model: ModelServer) -> None:
    made = connect(owner, make_project(owner), model)
    path = f"{ML}/{made['id']}/versions"
    assert owner.get(path).json() == {"versions": ["v0", "v1"]}
    model.odd["/versions"] = lambda handler, _: send(handler, 405, b"")
    found = owner.get(path).json()
    assert found["versions"] == ["v1"] and "Upgrade" in found["message"]
    model.odd["/versions"] = lambda handler, _: send(handler, 200, b"[1, 2")
    assert owner.get(path).status_code == 503


# --- predicting for tasks -----------------------------------------------------------------------------------------


def test_all_tasks_are_predicted_in_batches(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 20)
    backend = connect(owner, project, model)
    model.predict = lambda task: prediction(score=task["inner_id"] / 100)
    run = predict(owner, backend)
    assert (run["status"], run["total"], run["predicted"]) == ("completed", 20, 20)
    assert (run["waiting"], run["failed"], run["predictions"], run["model_version"]) == (0, 0, 20, "v1")
    sizes = [len(each.json["tasks"]) for each in model.of("/predict")]
    assert sum(sizes) == 20 and max(sizes) <= 8
    asked = model.of("/predict")[0].json
    assert asked["label_config"] == CONFIG and asked["params"] == {
        "login": None,
        "password": None,
        "context": None,
    }
    assert asked["tasks"][0]["data"] == {"text": "text 0"} and asked["tasks"][0]["annotations"] == []
    found = predictions(owner, project)
    assert len(found) == 20 and {each["model_version"] for each in found} == {"v1"}
    # The queue knows the scores: the least certain task comes first.
    owner.patch(f"/api/projects/{project}", json={"sampling": "Uncertainty sampling"})
    assert owner.get(f"/api/projects/{project}/next").json()["inner_id"] == 1
    again = predict(owner, backend)
    assert (again["skipped"], again["predictions"]) == (20, 0) and len(predictions(owner, project)) == 20
    replaced = predict(owner, backend, again=True)
    assert (replaced["predicted"], replaced["predictions"]) == (20, 20)
    assert len(predictions(owner, project)) == 20
    assert owner.get(f"/api/projects/{project}").json()["total_predictions_number"] == 20


def test_named_tasks_only(owner: TestClient, model: ModelServer) -> None:
    project, foreign = make_project(owner, 4), make_project(owner, 1)
    backend, ids = connect(owner, project, model), task_ids(owner, project)
    run = predict(owner, backend, tasks=ids[1:3])
    assert run["total"] == 2 and {each["task"] for each in predictions(owner, project)} == set(ids[1:3])
    strange = task_ids(owner, foreign)[0]
    refused = owner.post(f"{ML}/{backend['id']}/predict", json={"tasks": [ids[0], strange]})
    assert refused.status_code == 400 and str(strange) in refused.text
    assert owner.get(f"{ML}/{backend['id']}/runs").json()["count"] == 1
    assert predict(owner, backend, tasks=[])["total"] == 0


def test_annotations_go_along(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 1)
    backend, (task,) = connect(owner, project, model), task_ids(owner, project)
    owner.post(f"/api/tasks/{task}/annotations", json={"result": prediction("bad")["result"]})
    predict(owner, backend)
    sent = model.of("/predict")[0].json["tasks"][0]["annotations"]
    assert sent[0]["result"][0]["value"] == {"choices": ["bad"]}


def test_what_does_not_fit_is_said_of_its_task_and_the_rest_is_kept(
    owner: TestClient, model: ModelServer
) -> None:
    project = make_project(owner, 7)
    backend, ids = connect(owner, project, model), task_ids(owner, project)
    odd = {
        ids[0]: {
            "result": [
                {"from_name": "moood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}
            ]
        },
        ids[1]: {"score": 0.4},
        ids[2]: [prediction("good"), prediction("ugly")],
        ids[3]: None,
        ids[4]: prediction(score=17),
        ids[5]: prediction(model_version="v9", score=None),
    }
    model.predict = lambda task: odd.get(task["id"], prediction())
    run = predict(owner, backend)
    assert (run["status"], run["predicted"], run["failed"], run["predictions"]) == ("completed", 4, 3, 4)
    path = f"{ML}/{backend['id']}/runs/{run['id']}/tasks"
    said = {each["task"]: each for each in owner.get(path).json()["results"]}
    assert (
        said[ids[0]]["state"] == "failed"
        and "Region 0" in said[ids[0]]["note"]
        and "moood" in said[ids[0]]["note"]
    )
    assert said[ids[1]]["state"] == "failed" and "result" in said[ids[1]]["note"]
    assert said[ids[2]]["state"] == "predicted" and said[ids[2]]["note"].startswith("Prediction 2: Region 0")
    assert said[ids[3]]["state"] == "failed"
    assert said[ids[4]]["state"] == "predicted" and "score 17" in said[ids[4]]["note"]
    assert said[ids[6]] == {"task": ids[6], "state": "predicted", "note": None}
    failed = owner.get(path, params={"state": "failed", "page_size": 2}).json()
    assert failed["count"] == 3 and [each["task"] for each in failed["results"]] == ids[:2]
    assert owner.get(path, params={"state": "odd"}).status_code == 400
    stored = {each["task"]: each for each in predictions(owner, project)}
    assert stored[ids[4]]["score"] is None and stored[ids[5]]["model_version"] == "v9"


def test_one_task_that_a_model_chokes_on_costs_the_others_nothing(
    owner: TestClient, model: ModelServer
) -> None:
    project = make_project(owner, 12)
    backend, ids = connect(owner, project, model), task_ids(owner, project)

    def choke(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        tasks = asked.json["tasks"]
        if any(each["id"] == ids[5] for each in tasks):
            send(handler, 500, b"SECRET-MARK Traceback (most recent call last)")
        else:
            send(handler, 200, json.dumps({"results": [prediction() for _ in tasks]}).encode())

    model.odd["/predict"] = choke
    run = predict(owner, backend)
    assert (run["status"], run["predicted"], run["failed"]) == ("completed", 11, 1)
    failed = owner.get(f"{ML}/{backend['id']}/runs/{run['id']}/tasks?state=failed")
    assert failed.json()["results"] == [
        {"task": ids[5], "state": "failed", "note": "The backend answered /predict with the status 500."}
    ]


BROKEN = {
    "no JSON": lambda handler, _: send(handler, 200, b"<html>SECRET-MARK</html>"),
    "other JSON": lambda handler, _: send(handler, 200, b'{"predictions": []}'),
    "too few": lambda handler, _: send(handler, 200, b'{"results": []}'),
    "deep": lambda handler, _: send(handler, 200, b'{"results": ' + b"[" * 100_000),
    "status": lambda handler, _: send(handler, 500, b"SECRET-MARK"),
    "redirect": lambda handler, _: send(handler, 302, b"", location="http://169.254.169.254/"),
    "cut off": lambda handler, _: _die_midway(handler),
    "not UTF-8": lambda handler, _: send(handler, 200, b'{"results": [{"result": [{"id": "\xff"}]}]}'),
}


def _die_midway(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [{"result"')
    handler.wfile.flush()
    handler.connection.close()


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_model_ends_the_run_and_nothing_else(
    owner: TestClient, model: ModelServer, way: str
) -> None:
    project = make_project(owner, 9)
    backend = connect(owner, project, model)
    model.odd["/predict"] = BROKEN[way]
    run = predict(owner, backend)
    assert run["status"] == "failed" or (way == "not UTF-8" and run["failed"] == 9)
    shown = json.dumps(run) + owner.get(f"{ML}/{backend['id']}").text
    assert "SECRET-MARK" not in shown and "169.254" not in shown and "Traceback" not in shown
    assert predictions(owner, project) == []
    del model.odd["/predict"]
    again = predict(owner, backend)
    assert (again["status"], again["predicted"]) == ("completed", 9)


def test_a_huge_answer_is_not_read(owner: TestClient, server: Server, model: ModelServer) -> None:
    project = make_project(owner, 1)
    backend = connect(owner, project, model)

    def flood(handler: BaseHTTPRequestHandler, _: Asked) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(10**12))
        handler.end_headers()

    model.odd["/predict"] = flood
    run = predict(owner, backend)
    assert run["failed"] == 1
    note = owner.get(f"{ML}/{backend['id']}/runs/{run['id']}/tasks").json()["results"][0]["note"]
    assert "larger" in note or "limit" in note, note


def test_a_slow_model_gets_fewer_tasks_at_a_time(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 8)
    backend = connect(owner, project, model, timeout=0.6)

    def slow(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        tasks = asked.json["tasks"]
        time.sleep(0.2 * len(tasks))
        send(handler, 200, json.dumps({"results": [prediction() for _ in tasks]}).encode())

    model.odd["/predict"] = slow
    run = predict(owner, backend)
    assert (run["status"], run["predicted"]) == ("completed", 8)


def test_a_run_is_cancelled_while_the_model_thinks(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 20)
    backend = connect(owner, project, model)
    asked, go_on = threading.Event(), threading.Event()

    def think(handler: BaseHTTPRequestHandler, said: Asked) -> None:
        tasks = said.json["tasks"]
        if len(model.of("/predict")) > 1:
            asked.set()
            go_on.wait(20)
        send(handler, 200, json.dumps({"results": [prediction() for _ in tasks]}).encode())

    model.odd["/predict"] = think
    path = f"{ML}/{backend['id']}"
    run = owner.post(f"{path}/predict", json={}).json()
    assert asked.wait(10)
    assert owner.get(path).json()["state"] == "PR"
    assert owner.post(f"{path}/predict", json={}).status_code == 409
    began = time.monotonic()
    assert owner.post(f"{path}/runs/{run['id']}/cancel").status_code == 200
    run = finished(owner, run, 5)
    assert time.monotonic() - began < 3
    go_on.set()
    assert (run["status"], run["predicted"], run["waiting"]) == ("cancelled", 8, 12)
    assert len(predictions(owner, project)) == 8  # what came before stays
    assert owner.get(path).json()["state"] == "CO"
    assert owner.post(f"{path}/runs/{run['id']}/cancel").json()["status"] == "cancelled"


def test_a_backend_that_goes_away_in_the_middle_leaves_what_it_gave(owner: TestClient) -> None:
    project = make_project(owner, 20)
    with model_server() as model:
        backend = connect(owner, project, model)
        first = threading.Event()

        def stay_for_one(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
            send(handler, 200, json.dumps({"results": [prediction() for _ in asked.json["tasks"]]}).encode())
            first.set()
            time.sleep(0.3)

        model.odd["/predict"] = stay_for_one
        run = owner.post(f"{ML}/{backend['id']}/predict", json={}).json()
        assert first.wait(10)
    owner.delete(f"{ML}/{backend['id']}")
    ends = time.monotonic() + 10
    while not (kept := predictions(owner, project)) and time.monotonic() < ends:
        time.sleep(0.05)
    assert len(kept) >= 8 and owner.get(f"{ML}/{backend['id']}/runs/{run['id']}").status_code == 404


def test_a_project_follows_the_version_of_its_model(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3)
    backend = connect(owner, project, model)
    predict(owner, backend)
    assert owner.get(f"/api/projects/{project}").json()["model_version"] == "v1"
    model.version = "v2"
    predict(owner, backend)
    assert owner.get(f"/api/projects/{project}").json()["model_version"] == "v2"
    owner.patch(f"/api/projects/{project}", json={"model_version": "imported"})
    model.version = "v3"
    predict(owner, backend)
    # Somebody chose another model: that stays.
    assert owner.get(f"/api/projects/{project}").json()["model_version"] == "imported"


# --- training -----------------------------------------------------------------------------------------------------


def test_training_is_a_webhook_and_brings_the_new_version(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner)
    backend = connect(owner, project, model)

    def learn(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        model.version = "v2"
        send(handler, 201, b'{"status": "ok"}')

    model.odd["/webhook"] = learn
    answer = owner.post(f"{ML}/{backend['id']}/train", json={"use_ground_truth": False})
    assert answer.status_code == 200 and answer.content == b""
    said = model.of("/webhook")[0].json
    assert said["action"] == "START_TRAINING" and said["project"]["label_config"] == CONFIG
    found = owner.get(f"{ML}/{backend['id']}").json()
    assert (found["state"], found["model_version"]) == ("CO", "v2")


def test_training_starts_by_itself_after_so_many_annotated_tasks(
    owner: TestClient, model: ModelServer
) -> None:
    project = make_project(owner, 7, min_annotations_to_start_training=3)
    waits = make_project(owner, 3)  # one that waits to be told
    backend = connect(owner, project, model)
    connect(owner, waits, model)
    for each in task_ids(owner, waits):
        owner.post(f"/api/tasks/{each}/annotations", json={"result": prediction()["result"]})

    def trained() -> list[int]:
        told = [each.json for each in model.of("/webhook") if each.json["action"] == "START_TRAINING"]
        assert all(each["project"]["id"] == project for each in told)
        return [each["project"]["num_tasks_with_annotations"] for each in told]

    ids = task_ids(owner, project)

    def annotate(number: int) -> None:
        owner.post(f"/api/tasks/{ids[number]}/annotations", json={"result": prediction()["result"]})

    annotate(0)
    annotate(0)  # a task counts once
    annotate(1)
    # Two looks pass in which nothing is due.
    time.sleep(2 * jobs.SWEEP_SECONDS + 0.5)
    assert trained() == []
    model.version = "v2"
    annotate(2)
    eventually(lambda: trained() == [3])
    eventually(lambda: owner.get(f"{ML}/{backend['id']}").json()["model_version"] == "v2")
    annotate(3)
    annotate(4)
    time.sleep(2 * jobs.SWEEP_SECONDS + 0.5)
    assert trained() == [3]
    # Who tells it by hand begins to count anew.
    assert owner.post(f"{ML}/{backend['id']}/train").status_code == 200
    annotate(5)
    time.sleep(2 * jobs.SWEEP_SECONDS + 0.5)
    assert trained() == [3, 5]
    # A smaller number counts from where it was; a model that comes later finds enough at once.
    owner.patch(f"/api/projects/{project}", json={"min_annotations_to_start_training": 1})
    eventually(lambda: trained() == [3, 5, 6])
    connect(owner, project, model)
    eventually(lambda: trained() == [3, 5, 6, 6])


def eventually(look: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_training_that_fails_is_said(owner: TestClient, model: ModelServer) -> None:
    backend = connect(owner, make_project(owner), model)
    model.odd["/webhook"] = lambda handler, _: send(handler, 500, b"SECRET-MARK")
    answer = owner.post(f"{ML}/{backend['id']}/train")
    assert (
        answer.status_code == 503 and "status 500" in answer.json()["detail"] and "SECRET" not in answer.text
    )


def test_a_backend_of_0x_is_sent_everything(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3)
    model.odd["/health"] = lambda handler, _: send(handler, 200, b'{"status": "UP", "model_dir": "/models"}')
    model.odd["/train"] = lambda handler, _: send(handler, 201, b'{"job": "17"}')
    backend = connect(owner, project, model)
    assert owner.get(f"/api/webhooks?project={project}").json() == []  # it knows none
    task = task_ids(owner, project)[1]
    owner.post(f"/api/tasks/{task}/annotations", json={"result": prediction("bad")["result"]})
    assert predict(owner, backend)["predicted"] == 3
    asked = [each.json for each in model.of("/predict")]
    assert [len(each["tasks"]) for each in asked] == [1, 1, 1]
    assert asked[0]["model_version"] == "v1" and asked[0]["params"]["force_load"] is True
    assert owner.post(f"{ML}/{backend['id']}/train").status_code == 200
    said = model.of("/train")[0].json
    assert [each["id"] for each in said["completions"]] == [task]
    assert said["completions"][0]["completions"][0]["result"][0]["value"] == {"choices": ["bad"]}


def test_a_backend_hears_of_annotations(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 1)
    connect(owner, project, model)
    (task,) = task_ids(owner, project)
    owner.post(f"/api/tasks/{task}/annotations", json={"result": prediction("bad")["result"]})
    ends = time.monotonic() + 20
    while not model.of("/webhook") and time.monotonic() < ends:
        time.sleep(0.05)
    said = model.of("/webhook")[0].json
    assert said["action"] == "ANNOTATION_CREATED" and said["task"]["id"] == task
    assert said["project"]["label_config"] == CONFIG and said["annotation"]["result"]


# --- while somebody waits -----------------------------------------------------------------------------------------


def test_interactive_predictions_are_for_annotators_too(
    server: Server, owner: TestClient, model: ModelServer
) -> None:
    project, foreign = make_project(owner, 1), make_project(owner, 1)
    backend = connect(owner, project, model, is_interactive=True)
    (task,), (strange,) = task_ids(owner, project), task_ids(owner, foreign)
    annotator = server.add_user(f"anna{project}@example.org", role="annotator")
    path = f"{ML}/{backend['id']}/interactive-annotating"
    drawn = {"result": [{"type": "labels", "value": {"start": 0, "end": 3}}]}
    answer = annotator.post(path, json={"task": task, "context": drawn})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == {**prediction(), "model_version": "v1"}
    asked = model.of("/predict")[0].json
    assert asked["params"]["context"] == drawn and [each["id"] for each in asked["tasks"]] == [task]
    assert predictions(owner, project) == []
    assert annotator.post(path, json={"task": strange}).status_code == 404
    assert annotator.post(path, json={}).status_code == 400
    listed = annotator.get(ML, params={"project": project})
    assert listed.json()[0]["id"] == backend["id"] and model.url not in listed.text
    assert annotator.get(f"{ML}/{backend['id']}").status_code == 403
    # What is wrong with the server is not for annotators.
    model.odd["/predict"] = lambda handler, _: send(handler, 500, b"SECRET-MARK")
    said = annotator.post(path, json={"task": task})
    assert "errors" in said.json() and "500" not in said.text and model.url not in said.text
    assert "status 500" in owner.post(path, json={"task": task}).json()["errors"][0]
    del model.odd["/predict"]
    model.predict = lambda _: prediction("ugly")
    assert "Region 0" in annotator.post(path, json={"task": task}).json()["errors"][0]
    owner.patch(f"{ML}/{backend['id']}", json={"is_interactive": False})
    assert "errors" in annotator.post(path, json={"task": task}).json()
    assert annotator.get(ML, params={"project": project}).json() == []


def test_a_backend_that_is_gone_says_so_as_soon_as_it_is_tried(owner: TestClient) -> None:
    project = make_project(owner, 1)
    with model_server() as model:
        backend = connect(owner, project, model)
    one = f"{ML}/{backend['id']}"
    said = owner.post(f"{one}/predict/test", params={"random": "true"}).json()
    assert said["status"] is None and said["response"] is None
    now = owner.get(one).json()
    assert (now["state"], now["error_message"]) == ("DI", said["error_message"])


def test_trying_a_backend_stores_nothing(owner: TestClient, model: ModelServer) -> None:
    project = make_project(owner, 3)
    backend = connect(owner, project, model)
    path = f"{ML}/{backend['id']}/predict/test"
    assert owner.post(path).status_code == 501
    said = owner.post(path, params={"random": "true"}).json()
    assert said["status"] == 200 and said["error_message"] is None and said["url"] == f"{model.url}/predict"
    assert said["response"]["results"] == [prediction()] and said["task"] == said["request"]["tasks"][0]
    model.predict = lambda _: prediction("ugly")
    assert "Region 0" in owner.post(path, params={"random": "true"}).json()["error_message"]
    model.odd["/predict"] = lambda handler, _: send(handler, 418, b"SECRET-MARK")
    said = owner.post(path, params={"random": "true"}).json()
    assert said["status"] == 418 and said["response"] is None
    assert predictions(owner, project) == []
    empty = connect(owner, make_project(owner, 0), model)
    assert owner.post(f"{ML}/{empty['id']}/predict/test?random=true").status_code == 404
