"""The same annotation on many tasks, and many annotations deleted."""

from typing import Any

import pytest
from tests.api.test_next import RESULT, ids, make


@pytest.fixture
def project(client):
    return make(client, 4)


def many(client, **body):
    return client.post("/api/annotations/bulk/", json={"result": RESULT, **body})


def annotated(client, project):
    return client.get(f"/api/projects/{project}").json()["total_annotations_number"]


def test_all_get_the_annotation(client, project):
    tasks = ids(client, project)
    answer = many(client, tasks=[tasks[2], tasks[0], tasks[2]], lead_time=1.5)
    assert answer.status_code == 201, answer.text
    made = [client.get(f"/api/annotations/{each['id']}").json() for each in answer.json()]
    assert [each["task"] for each in made] == [tasks[2], tasks[0]]
    assert {(each["lead_time"], each["bulk_created"]) for each in made} == {(1.5, True)}
    assert made[0]["result"] == RESULT
    assert annotated(client, project) == 2
    selected = many(client, selected_items={"all": False, "included": tasks[:1]})
    everything = many(client, project=project, selected_items={"all": True, "excluded": tasks[:1]})
    assert (len(selected.json()), len(everything.json())) == (1, 3)
    assert annotated(client, project) == 6


def test_all_or_none(client, project):
    tasks, other = ids(client, project), make(client, 1)
    foreign = ids(client, other)
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"tasks": []}, "tasks"),
        ({}, "tasks"),
        ({"tasks": [*tasks, 10**9]}, "tasks"),
        ({"tasks": [*tasks, *foreign], "project": project}, "tasks"),
        ({"tasks": list(range(1, 502))}, "tasks"),
        ({"selected_items": {"all": True}}, "project"),
        ({"tasks": tasks, "result": [1]}, "result"),
        ({"tasks": tasks, "completed_by": 10**6}, "completed_by"),
    )
    for body, field in wrong:
        answer = many(client, **body)
        assert answer.status_code == 400, body
        assert field in answer.json()["validation_errors"], body
    assert many(client, tasks=tasks, project=10**6).status_code == 404
    assert annotated(client, project) == 0


def test_many_are_deleted_or_none(client, project):
    tasks = ids(client, project)
    made = [each["id"] for each in many(client, tasks=tasks).json()]
    foreign = [each["id"] for each in many(client, tasks=ids(client, make(client, 1))).json()]

    def delete(**body):
        return client.post("/api/annotations/bulk-delete/", json=body)

    for wrong in ([], [*made, *foreign], [*made, 10**9], list(range(1, 502))):
        answer = delete(ids=wrong, project=project)
        assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["ids"])
    assert annotated(client, project) == 4
    assert delete(ids=made[1:], project=project).json() == {"deleted_count": 3}
    assert annotated(client, project) == 1


def test_who_labels_deletes_only_the_own(accounts):
    owner = accounts.add_user()
    project = make(owner, 2)
    annotator = accounts.add_user("eve@example.org", role="annotator")
    tasks = ids(owner, project)
    (theirs,), (own,) = (many(each, tasks=tasks[:1]).json() for each in (owner, annotator))
    body = {"ids": [own["id"], theirs["id"]], "project": project}
    assert annotator.post("/api/annotations/bulk-delete", json=body).status_code == 403
    body["ids"] = [own["id"]]
    assert annotator.post("/api/annotations/bulk-delete", json=body).json() == {"deleted_count": 1}
    assert many(annotator, tasks=tasks[:1], ground_truth=True).status_code == 403
