"""The label library: labels added to controls of projects, and their links."""

from typing import Any

import pytest
from tests.support.world import CONFIG, RESULT


@pytest.fixture
def project(client):
    return client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG}).json()["id"]


def add(client, project, title="odd", value=("odd",), **more):
    body = [{"title": title, "value": value, "from_name": "mood", "project": project, **more}]
    return client.post("/api/labels/", json=body)


def test_labels_are_added_read_changed_and_deleted(client, project):
    answer = add(client, project)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()
    assert (made["project"], made["projects"], made["from_name"], made["value"]) == (
        project,
        [project],
        "mood",
        ["odd"],
    )
    assert (made["approved"], made["approved_by"], made["created_by"]) == (False, None, 1)
    url = f"/api/labels/{made['id']}/"
    read = client.get(url).json()
    (link,) = read["links"]
    expanded = client.get(url, params={"expand": "links"}).json()["links"]
    assert expanded == [{"id": link, "from_name": "mood", "project": project, "label": made["id"]}]
    changed = client.patch(url, json={"approved": True, "value": "strange"}).json()
    assert (changed["approved"], changed["approved_by"], changed["value"]) == (True, 1, "strange")
    assert changed["title"] == "odd"
    page = client.get("/api/labels/").json()
    assert (page["count"], page["results"]) == (1, [client.get(url).json()])
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(f"/api/label_links/{link}").status_code == 404


def test_a_title_is_used_again(client, project):
    other = client.post("/api/projects", json={"title": "Other", "label_config": CONFIG}).json()["id"]
    (first,) = add(client, project).json()
    (second,) = add(client, other, value=["ignored"]).json()
    assert (second["id"], second["value"], second["projects"]) == (first["id"], ["odd"], [project, other])
    assert add(client, other).json()[0]["id"] == first["id"]
    assert client.get("/api/label_links/").json()["count"] == 2


def test_links_are_listed_newest_first_with_counts(client, project):
    task = client.post("/api/tasks", json={"project": project, "data": {"text": "one"}}).json()["id"]
    assert client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).status_code == 201
    add(client, project, "good", ["good"])
    add(client, project)
    page = client.get("/api/label_links/", params={"project": project, "expand": "label"}).json()
    found = [(each["label"]["title"], each["annotations_count"]) for each in page["results"]]
    assert found == [("odd", 0), ("good", 1)]
    link = page["results"][0]["id"]
    assert (
        client.patch(f"/api/label_links/{link}/", json={"from_name": "other"}).json()["from_name"] == "other"
    )
    assert client.delete(f"/api/label_links/{link}/").status_code == 204
    label = page["results"][0]["label"]["id"]
    assert client.get(f"/api/labels/{label}/").json()["links"] == []
    body = {"project": project, "label": label, "from_name": "mood"}
    assert client.post("/api/label_links/", json=body).status_code == 201
    assert client.post("/api/label_links/", json=body).status_code == 400
    assert client.get("/api/labels/", params={"page": 2}).status_code == 404


def test_wrong_labels_are_refused_whole(client, project):
    good = {"title": "a", "value": ["a"], "from_name": "mood", "project": project}
    for wrong, field in (
        ({**good, "project": 10**6}, "project"),
        ({**good, "value": None}, "value"),
        ({**good, "title": ""}, "title"),
        ({**good, "title": "\x00"}, "title"),
        ({key: value for key, value in good.items() if key != "value"}, "value"),
        ({**good, "value": "a" * 20_000}, "value"),
        (5, "non_field_errors"),
    ):
        answer = client.post("/api/labels/", json=[good, wrong])
        assert answer.status_code == 400, wrong
        first, second = answer.json()["validation_errors"]["non_field_errors"]
        assert (first, list(second)) == ({}, [field]), answer.text
    for body in ([], good, {}, [good] * 1001):
        assert client.post("/api/labels/", json=body).status_code == 400
    assert client.get("/api/labels/").json()["count"] == 0
    for body in (
        {"project": project, "label": 99, "from_name": "x"},
        {"project": 99, "label": 1, "from_name": "x"},
    ):
        assert client.post("/api/label_links/", json=body).status_code == 400


def test_labels_of_closed_projects_are_not_for_others(accounts):
    owner = accounts.add_user()
    project = owner.post("/api/projects", json={"title": "Closed", "label_config": CONFIG}).json()["id"]
    assert owner.patch(f"/api/projects/{project}", json={"members_only": True}).status_code == 200
    (made,) = add(owner, project).json()
    eve = accounts.add_user("eve@example.org")
    assert eve.get("/api/labels/").json()["count"] == 0
    for method in ("GET", "PATCH", "DELETE"):
        assert eve.request(method, f"/api/labels/{made['id']}", json={}).status_code == 404
    mine = eve.post("/api/projects", json={"title": "Mine", "label_config": CONFIG}).json()["id"]
    (own,) = add(eve, mine).json()
    assert own["id"] != made["id"]
    # Linked to a project that she does not see as well: hers to use, not to change for the others.
    body = {"project": project, "label": own["id"], "from_name": "mood"}
    assert owner.post("/api/label_links", json=body).status_code == 201
    assert eve.get(f"/api/labels/{own['id']}").json()["projects"] == [mine]
    assert eve.patch(f"/api/labels/{own['id']}", json={"title": "b"}).status_code == 403
    assert owner.delete(f"/api/projects/{project}").status_code == 204


def test_webhooks_are_told_of_links(client, project, server):
    hook = {"project": project, "url": "https://hooks.example.org/x", "is_active": True}
    hook_id = client.post("/api/webhooks", json=hook).json()["id"]
    (made,) = add(client, project).json()
    log = client.get(f"/api/webhooks/{hook_id}/deliveries").json()["results"]
    assert [each["action"] for each in log] == ["LABEL_LINK_CREATED"]
    shown = client.get(f"/api/webhooks/{hook_id}/deliveries/{log[0]['id']}").json()
    assert shown["payload"]["label_link"]["label"] == made["id"]


def test_a_label_takes_the_place_of_another(client, project):
    other = client.post("/api/projects", json={"title": "Other", "label_config": CONFIG}).json()["id"]
    odd = [
        {
            "from_name": "mood",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["bad", "good"]},
            "x": 1.0,
        }
    ]
    made = []
    for where, result in ((project, RESULT), (project, odd), (project, []), (other, RESULT)):
        task = client.post("/api/tasks", json={"project": where, "data": {"text": "one"}}).json()["id"]
        made.append(client.post(f"/api/tasks/{task}/annotations", json={"result": result}).json()["id"])
    body = {"old_label": ["good"], "new_label": ["fine"], "project": project}
    assert client.post("/api/labels/bulk", json=body).json() == {"annotations_updated": 2}
    values = [client.get(f"/api/annotations/{each}").json()["result"] for each in made]
    assert values[0] == [{**RESULT[0], "value": {"choices": ["fine"]}}]
    assert values[1] == [{**odd[0], "value": {"choices": ["bad", "fine"]}}]
    assert values[2:] == [[], RESULT]
    history = client.get(f"/api/annotations/{made[0]}/history").json()
    assert [each["kind"] for each in history][-2:] in (["created", "updated"], ["updated", "created"])
    assert client.get(f"/api/projects/{project}/summary").json()["created_labels"] == {
        "mood": {"bad": 1, "fine": 2}
    }
    assert client.post("/api/labels/bulk", json=body).json() == {"annotations_updated": 0}
    everywhere = {"old_label": "good", "new_label": "fine"}
    assert client.post("/api/labels/bulk", json=everywhere).json() == {"annotations_updated": 1}
    for wrong in ({}, {**body, "new_label": None}, {**body, "old_label": [1]}, {**body, "old_label": []}):
        assert client.post("/api/labels/bulk", json=wrong).status_code == 400
    assert client.post("/api/labels/bulk", json={**body, "project": 10**6}).status_code == 404


def test_an_added_label_may_leave_the_config(client, project):
    task = client.post("/api/tasks", json={"project": project, "data": {"text": "one"}}).json()["id"]
    client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT})
    body = {"label_config": CONFIG.replace('<Choice value="good"/>', "")}
    refused = client.post(f"/api/projects/{project}/validate/", json=body)
    assert "good (1 annotation)" in refused.text
    add(client, project, "good", ["good"])
    assert client.post(f"/api/projects/{project}/validate/", json=body).status_code == 200


def test_objects_have_no_states(client, project):
    task = client.post("/api/tasks", json={"project": project, "data": {"text": "one"}}).json()["id"]
    empty: dict[str, Any] = {"count": 0, "next": None, "previous": None, "results": []}
    for name, number in (("task", task), ("project", project)):
        assert client.get(f"/api/fsm/entities/{name}/{number}/history/").json() == empty
    for name, number in (("task", 99), ("annotation", 99), ("person", 1), ("task", 10**30), ("task", 0)):
        assert client.get(f"/api/fsm/entities/{name}/{number}/history").status_code == 404
    answer = client.post(f"/api/fsm/entities/task/{task}/transition/", json={"transition_name": "complete"})
    assert list(answer.json()["validation_errors"]) == ["transition_name"]
    assert client.get(f"/api/tasks/{task}/agreement/").status_code == 403
