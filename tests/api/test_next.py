"""The labeling stream over HTTP: who gets which task, and how long they hold it."""

import pytest
from starlette.testclient import TestClient
from tests.support.labeling import CONFIG
from tests.support.server import Server

RESULT = [
    {
        "id": "r1",
        "from_name": "topic",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["Weather"]},
    }
]


@pytest.fixture
def people(accounts: Server) -> list[TestClient]:
    return [accounts.add_user(f"user{n}@example.org") for n in range(3)]


def make(client: TestClient, tasks: int = 3, **fields: object) -> int:
    answer = client.post("/api/projects", json={"title": "Topics", "label_config": CONFIG, **fields})
    assert answer.status_code == 201, answer.text
    project = answer.json()["id"]
    items = [{"data": {"text": f"number {n}"}} for n in range(tasks)]
    for item in items:
        made = client.post("/api/tasks", json={"project": project, **item})
        assert made.status_code == 201, made.text
    return int(project)


def ask(client: TestClient, project: int, query: str = "") -> int | None:
    answer = client.get(f"/api/projects/{project}/next{query}")
    if answer.status_code == 404:
        assert answer.json()["detail"]
        return None
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def submit(client: TestClient, task: int | None, **body: object) -> dict:
    answer = client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ids(client: TestClient, project: int) -> list[int]:
    return [each["id"] for each in client.get(f"/api/tasks?project={project}").json()["tasks"]]


def test_the_answer_is_the_task_with_everything_the_page_needs(client):
    project = make(client, 1)
    task = ids(client, project)[0]
    client.post("/api/predictions", json={"task": task, "result": RESULT, "score": 0.5})
    draft = client.post(f"/api/tasks/{task}/drafts", json={"result": RESULT}).json()
    body = client.get(f"/api/projects/{project}/next/").json()
    assert body["id"] == task
    assert body["data"] == {"text": "number 0"}
    assert body["queue"] == "Sequence queue"
    assert len(body["unique_lock_id"]) == 36
    assert body["predictions"][0]["score"] == 0.5
    assert body["annotations"] == []
    assert [each["id"] for each in body["drafts"]] == [draft["id"]]
    assert body["allow_skip"] is True
    assert body["is_labeled"] is False


def test_label_everything_in_order_then_404(client):
    project = make(client, 3)
    seen = []
    while (task := ask(client, project)) is not None:
        assert ask(client, project) == task, "asking again gives the same task"
        submit(client, task)
        seen.append(task)
    assert seen == ids(client, project)
    counts = client.get(f"/api/projects/{project}").json()
    assert counts["finished_task_number"] == 3
    assert counts["total_annotations_number"] == 3


def test_two_people_never_hold_the_same_task(people):
    project = make(people[0], 2)
    first, second = ask(people[0], project), ask(people[1], project)
    assert {first, second} == set(ids(people[0], project))
    assert ask(people[2], project) is None
    submit(people[0], first)
    assert ask(people[2], project) is None


def test_fetching_ahead_gives_another_task_than_those_open(client):
    project = make(client, 3)
    open_task = ask(client, project)
    ahead = ask(client, project, f"?exclude={open_task}")
    assert ahead != open_task
    submit(client, open_task)
    assert ask(client, project) == ahead
    third = ask(client, project, f"?exclude={ahead}")
    assert third not in (open_task, ahead)
    assert ask(client, project, f"?exclude={ahead},{third}") is None


@pytest.mark.parametrize(
    "text", ["x", "1,,-2", "1 or 1=1", ",".join("1" * 1 for _ in range(11)), "9" * 19, "²"]
)
def test_a_wrong_exclude_is_a_400_that_names_it(client, text):
    project = make(client, 1)
    answer = client.get(f"/api/projects/{project}/next", params={"exclude": text})
    assert answer.status_code == 400
    assert "exclude" in answer.json()["validation_errors"]


def test_a_released_task_goes_to_somebody_else(people):
    project = make(people[0], 1)
    task = ask(people[0], project)
    assert ask(people[1], project) is None
    assert people[0].delete(f"/api/tasks/{task}/lease").status_code == 204
    assert people[0].delete(f"/api/tasks/{task}/lease").status_code == 204
    assert ask(people[1], project) == task
    refused = people[0].post(f"/api/tasks/{task}/lease")
    assert refused.status_code == 409
    assert str(task) in refused.json()["detail"]


def test_renewing_keeps_the_task_and_tells_until_when(people):
    project = make(people[0], 1)
    task = ask(people[0], project)
    renewed = people[0].post(f"/api/tasks/{task}/lease")
    assert renewed.status_code == 200
    assert renewed.json()["task"] == task
    assert renewed.json()["expires_at"].endswith("Z")


def test_a_lease_that_ran_out_is_taken_back_and_late_work_is_saved(make_server):
    server = make_server(local_mode=False, task_lock_ttl_seconds=0)
    slow, other = server.add_user("slow@example.org"), server.add_user("other@example.org")
    project = make(slow, 1)
    task = ask(slow, project)
    assert ask(other, project) == task
    submit(other, task)
    submit(slow, task)
    shown = other.get(f"/api/tasks/{task}").json()
    assert shown["total_annotations"] == 2
    assert shown["is_labeled"] is True
    assert ask(other, project) is None


def test_overlap_two_wants_two_people(people):
    project = make(people[0], 2, maximum_annotations=2)
    first = ask(people[0], project)
    assert ask(people[1], project) == first
    assert ask(people[2], project) != first
    submit(people[0], first)
    assert ask(people[0], project) != first
    assert people[0].get(f"/api/tasks/{first}").json()["is_labeled"] is False
    submit(people[1], first)
    assert people[0].get(f"/api/tasks/{first}").json()["is_labeled"] is True


def test_a_skipped_task_stays_open_for_others_only(people):
    project = make(people[0], 1, skip_queue="REQUEUE_FOR_OTHERS")
    task = ask(people[0], project)
    submit(people[0], task, was_cancelled=True)
    assert ask(people[0], project) is None
    assert ask(people[1], project) == task


def test_a_skipped_task_comes_back_to_the_skipper_last(client):
    project = make(client, 3, skip_queue="REQUEUE_FOR_ME")
    order = ids(client, project)
    submit(client, ask(client, project), was_cancelled=True)
    submit(client, ask(client, project), was_cancelled=True)
    submit(client, ask(client, project))
    answer = client.get(f"/api/projects/{project}/next").json()
    assert (answer["id"], answer["queue"]) == (order[0], "Skipped queue")
    assert [each["was_cancelled"] for each in answer["annotations"]] == [True]
    submit(client, order[0])
    assert ask(client, project) == order[1]


def test_a_skip_can_count_as_done(client):
    project = make(client, 1, skip_queue="IGNORE_SKIPPED")
    answer = client.post(f"/api/tasks/{ask(client, project)}/annotations?was_cancelled=1", json={})
    assert answer.json()["was_cancelled"] is True
    assert ask(client, project) is None
    assert client.get(f"/api/projects/{project}").json()["finished_task_number"] == 1


def test_a_postponed_task_comes_back_when_nothing_else_is_left(client):
    project = make(client, 2)
    first = ask(client, project)
    client.post(f"/api/tasks/{first}/drafts", json={"result": RESULT, "was_postponed": True})
    second = ask(client, project)
    assert second != first
    submit(client, second)
    answer = client.get(f"/api/projects/{project}/next").json()
    assert (answer["id"], answer["queue"]) == (first, "Postponed draft queue")
    assert answer["drafts"][0]["was_postponed"] is True


def test_uncertainty_asks_for_the_least_certain_first(client):
    project = make(client, 4, sampling="Uncertainty sampling")
    order = ids(client, project)
    for task, score in ((order[0], 0.9), (order[1], 0.1), (order[3], 0.5)):
        answer = client.post("/api/predictions", json={"task": task, "result": RESULT, "score": score})
        assert answer.status_code == 201
    seen = []
    while (given := ask(client, project)) is not None:
        submit(client, given)
        seen.append(given)
    assert seen == [order[1], order[3], order[0], order[2]]


@pytest.mark.parametrize(
    ("sampling", "expected"), [("Lowest score sampling", [3, 0, 1, 4, 2]), ("Highest score sampling", [1, 4, 0, 3, 2])]
)  # fmt: skip
def test_by_the_mean_score_of_all_predictions_ties_by_id_tasks_without_one_last(client, sampling, expected):
    project = make(client, 5, sampling=sampling)
    order = ids(client, project)
    for place, scores in ((0, [0.2, 0.5, 0.2]), (1, [0.1, 0.6, 0.8]), (3, [0.1, 0.3]), (4, [0.8, 0.1, 0.6])):
        for number, score in enumerate(scores):
            body = {"task": order[place], "result": RESULT, "score": score, "model_version": f"v{number}"}
            assert client.post("/api/predictions", json=body).status_code == 201
    unscored = {"task": order[2], "result": RESULT}
    assert client.post("/api/predictions", json=unscored).status_code == 201
    seen = []
    while (given := ask(client, project)) is not None:
        submit(client, given)
        seen.append(given)
    assert seen == [order[place] for place in expected]


def test_uniform_sampling_gives_each_once(client):
    project = make(client, 8, sampling="Uniform sampling")
    seen = []
    while (given := ask(client, project)) is not None:
        submit(client, given)
        seen.append(given)
    assert sorted(seen) == ids(client, project)


@pytest.mark.parametrize("count", [40, 1_100])
def test_a_project_that_becomes_uniform_gives_all_in_another_order(client, count):
    project = make(client, 0)
    url = f"/api/projects/{project}"
    listed = [{"data": {"text": f"number {n}"}} for n in range(count)]
    assert client.post(f"{url}/import", json=listed).status_code == 201
    of_all = f"/api/dm/actions?id=delete_tasks&project={project}"
    first = ids(client, project)[0]
    chosen = {"selectedItems": {"all": False, "included": [first]}}
    deletion = client.post(of_all, json=chosen).json()["undo"]["deletion"]
    assert client.patch(url, json={"sampling": "Uniform sampling"}).json()["sampling"] == "Uniform sampling"
    assert client.post(f"{url}/import", json=listed[:10]).status_code == 201
    assert client.post(f"{url}/deletions/{deletion}/restore").status_code == 200
    assert client.get(f"{url}/next").json()["queue"] == "Uniform random queue"
    seen = []
    while (given := ask(client, project)) is not None:
        submit(client, given)
        seen.append(given)
    assert first in seen and len(set(seen)) == len(seen) == count + 10
    assert seen != sorted(seen) and seen[:10] != sorted(seen[:10])


def test_unknown_projects_and_tasks_are_404(client):
    for path in ("/api/projects/999/next", "/api/projects/99999999999999999999/next"):
        assert client.get(path).status_code == 404
    for task in ("999", "99999999999999999999", "-1"):
        assert client.post(f"/api/tasks/{task}/lease").status_code == 404
        assert client.delete(f"/api/tasks/{task}/lease").status_code == 404


def test_history_of_the_label_stream(accounts):
    owner = accounts.add_user()
    project = make(owner, 3)
    url = f"/api/projects/{project}/label-stream-history/"
    assert owner.get(url).json() == []
    first = owner.get(f"/api/projects/{project}/next").json()["id"]
    assert owner.get(url).json() == [{"taskId": first, "annotationId": None}]
    made = owner.post(f"/api/tasks/{first}/annotations", json={"result": RESULT}).json()["id"]
    second = owner.get(f"/api/projects/{project}/next").json()["id"]
    shown = [{"taskId": first, "annotationId": made}, {"taskId": second, "annotationId": None}]
    assert owner.get(url).json() == shown
    assert accounts.add_user("eve@example.org").get(url).json() == []
    assert owner.get("/api/projects/99/label-stream-history").status_code == 404


def test_history_of_the_label_stream_has_a_limit(make_server):
    client = make_server(label_stream_history_limit=2).client()
    project = make(client, 4)
    for task in ids(client, project)[:3]:
        client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT})
    assert len(client.get(f"/api/projects/{project}/label-stream-history").json()) == 2
