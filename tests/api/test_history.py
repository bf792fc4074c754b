"""The history of annotations: every way of changing them is in it, and what is in it can come back."""

import uuid

import pytest
from tests.api.test_next import RESULT, ids, make, submit
from tests.api.test_snapshots import content, snapshot
from tests.support.labeling import check_books

SPORT = [{**RESULT[0], "value": {"choices": ["Sport"]}}]


@pytest.fixture
def project(client):
    return make(client, 2)


@pytest.fixture
def task(client, project):
    return ids(client, project)[0]


def history(client, annotation, **query):
    answer = client.get(f"/api/annotations/{annotation}/history", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(events):
    return [each["kind"] for each in events]


def restore(client, annotation, event=None, status=200, **headers):
    body = {} if event is None else {"event": event}
    answer = client.post(f"/api/annotations/{annotation}/restore", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_history_tells_who_did_what_when(client, task):
    made = submit(client, task, lead_time=2.0)
    more = [*SPORT, {**RESULT[0], "id": "r2"}]
    changed = client.patch(f"/api/annotations/{made['id']}", json={"result": more, "lead_time": 3.5}).json()
    client.patch(f"/api/annotations/{made['id']}", json={"ground_truth": True})
    truth, second, first = history(client, made["id"])
    assert kinds([first, second, truth]) == ["created", "updated", "updated"]
    assert first["result"] == RESULT
    assert first["items"] == {"added": 1, "changed": 0, "removed": 0}
    assert second["result"] == more
    assert second["items"] == {"added": 1, "changed": 1, "removed": 0}
    assert second["fields"] == {"lead_time": 3.5}
    assert second["created_at"] <= changed["updated_at"]
    assert second["created_by"]["email"] == "owner@localhost"
    assert (truth["result"], truth["fields"]) == (None, {"ground_truth": True})
    assert history(client, made["id"], limit=1) == [truth]
    assert history(client, made["id"], before=truth["id"], limit=1) == [second]
    assert history(client, made["id"], before=first["id"]) == []


def test_going_back_is_a_change_of_its_own(client, task, server, project):
    made = submit(client, task, lead_time=2.0)
    url = f"/api/annotations/{made['id']}"
    client.patch(url, json={"result": SPORT, "was_cancelled": True})
    client.patch(url, json={"result": None})
    first = history(client, made["id"])[-1]["id"]
    etag = client.get(url).headers["etag"]
    back = restore(client, made["id"], first, **{"If-Match": etag})
    assert (back["result"], back["was_cancelled"], back["lead_time"]) == (RESULT, False, 2.0)
    assert restore(client, made["id"], first, 409, **{"If-Match": etag})["current"]["result"] == RESULT
    events = history(client, made["id"])
    assert kinds(events) == ["restored", "updated", "updated", "created"]
    assert events[0]["fields"]["restored_from"] == first
    assert restore(client, made["id"], events[1]["id"])["result"] is None
    assert restore(client, made["id"], events[2]["id"])["result"] == SPORT
    assert restore(client, made["id"], events[1]["id"])["result"] is None
    server.context.db.read_sync(check_books, project)


def test_a_deleted_annotation_comes_back_with_all_it_had(client, task, server, project):
    unique = str(uuid.uuid4())
    made = submit(client, task, unique_id=unique, ground_truth=True, lead_time=7.5)
    client.patch(f"/api/annotations/{made['id']}", json={"result": SPORT})
    before = client.get(f"/api/annotations/{made['id']}").json()
    client.delete(f"/api/annotations/{made['id']}")
    gone = history(client, made["id"])[0]
    assert gone["kind"] == "deleted"
    assert gone["result"] == SPORT
    back = restore(client, made["id"])
    for moving in ("updated_at", "created_ago"):
        before.pop(moving), back.pop(moving)
    assert back == before
    assert history(client, made["id"])[0]["fields"]["unique_id"] == unique
    again = client.post(f"/api/tasks/{task}/annotations", json={"unique_id": unique})
    assert again.status_code == 409
    server.context.db.read_sync(check_books, project)
    new = submit(client, task)  # ids go on behind it
    assert new["id"] > made["id"]
    restore(client, made["id"], None, 400)


def test_what_took_its_place_stays(client, task, server, project):
    unique = str(uuid.uuid4())
    made = submit(client, task, unique_id=unique, ground_truth=True)
    client.delete(f"/api/annotations/{made['id']}")
    other = submit(client, task, unique_id=unique, ground_truth=True)
    assert restore(client, made["id"])["ground_truth"] is False
    assert client.get(f"/api/annotations/{other['id']}").json()["ground_truth"] is True
    assert history(client, made["id"])[0]["fields"]["unique_id"] is None
    server.context.db.read_sync(check_books, project)


def test_converting_to_a_draft_can_be_taken_back(client, task):
    made = submit(client, task)
    assert client.post(f"/api/annotations/{made['id']}/convert-to-draft").status_code == 201
    assert restore(client, made["id"])["result"] == RESULT


def test_every_way_of_writing_is_in_the_history(client, server):
    project = make(client, 0)
    items = [
        {"data": {"text": f"{n}"}, "annotations": [{"result": RESULT, "lead_time": 1.5}]} for n in range(3)
    ]
    items.append({"data": {"text": "guessed"}, "predictions": [{"result": SPORT}]})
    imported = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=items).json()["task_ids"]

    def run(name, included):
        body = {"selectedItems": {"all": False, "included": included}}
        answer = client.post(f"/api/dm/actions?id={name}&project={project}", json=body)
        assert answer.status_code == 200, answer.text

    run("predictions_to_annotations", [imported[3]])
    run("delete_tasks_annotations", [imported[0], imported[3]])
    run("delete_tasks", [imported[1]])
    told: dict[int, list[str]] = {}
    for each in client.get(f"/api/projects/{project}/history").json():
        assert "result" not in each
        told.setdefault(each["task"], []).insert(0, each["kind"])
    assert told == {
        imported[0]: ["imported", "deleted"],
        imported[1]: ["imported", "deleted"],
        imported[2]: ["imported"],
        imported[3]: ["created", "deleted"],
    }
    deleted = client.get(f"/api/projects/{project}/history?deleted=1").json()
    assert [each["task"] for each in deleted] == [imported[1], imported[3], imported[0]]
    for task, result in ((imported[0], RESULT), (imported[3], SPORT)):
        of_task = client.get(f"/api/tasks/{task}/history").json()
        assert kinds(of_task)[0] == "deleted"
        back = restore(client, of_task[0]["annotation"])
        assert (back["result"], back["task"]) == (result, task)
    assert client.get(f"/api/tasks/{imported[1]}/history").status_code == 404
    assert "deleted" in restore(client, deleted[0]["annotation"], None, 409)["detail"]
    server.context.db.read_sync(check_books, project)
    nobody = client.get(f"/api/projects/{project}/history?user=99").json()
    assert nobody == []


def test_who_may_go_back(accounts):
    manager = accounts.add_user("m@example.org", role="manager")
    author = accounts.add_user("a@example.org", role="annotator")
    other = accounts.add_user("o@example.org", role="annotator")
    task = ids(manager, make(manager, 1))[0]
    made = submit(author, task)
    author.patch(f"/api/annotations/{made['id']}", json={"result": SPORT})
    first = history(other, made["id"])[-1]["id"]
    restore(other, made["id"], first, 403)
    assert restore(author, made["id"], first)["result"] == RESULT
    author.delete(f"/api/annotations/{made['id']}")
    restore(author, made["id"], None, 403)
    back = restore(manager, made["id"])
    assert back["completed_by"] == made["completed_by"]
    assert history(manager, made["id"])[0]["created_by"]["email"] == "m@example.org"


def test_wrong_input(client, task):
    first, second = submit(client, task), submit(client, task)
    foreign = history(client, second["id"])[0]["id"]
    assert "event" in restore(client, first["id"], foreign, 400)["validation_errors"]
    restore(client, first["id"], 2**70, 400)
    restore(client, 999, 1, 404)
    for path in ("annotations/999", "tasks/999", "projects/999", f"annotations/{10**20}"):
        assert client.get(f"/api/{path}/history").status_code == 404
    for query in ("limit=0", "limit=501", "before=0", "before=x", "limit=x"):
        assert client.get(f"/api/annotations/{first['id']}/history?{query}").status_code == 400
    assert client.get(f"/api/projects/{first['project']}/history?deleted=perhaps").status_code == 400


def test_a_stale_change_shows_both_sides(client, task):
    made = submit(client, task)
    url = f"/api/annotations/{made['id']}"
    etag = client.get(url).headers["etag"]
    client.patch(url, json={"result": SPORT})
    body = client.patch(url, json={"result": [], "lead_time": 2.0}, headers={"If-Match": etag}).json()
    assert body["current"]["result"] == SPORT
    assert body["yours"] == {"result": [], "lead_time": 2.0}


def test_a_snapshot_can_have_the_history(client, project, task):
    made = submit(client, task)
    client.patch(f"/api/annotations/{made['id']}", json={"result": SPORT})
    wanted = snapshot(client, project, serialization_options={"include_annotation_history": True})
    exported = content(client, project, wanted["id"]).json()
    told = next(each for each in exported if each["id"] == task)["annotations"][0]["history"]
    assert kinds(told) == ["created", "updated"]
    assert [each["result"] for each in told] == [RESULT, SPORT]
    assert "history" not in content(client, project, snapshot(client, project)["id"]).text
    url = f"/api/projects/{project}/exports/{wanted['id']}"
    assert client.post(f"{url}/convert", json={"export_type": "CSV"}).status_code == 200


def test_many_deleted_annotations_come_back_at_once(client, server, project):
    first, second = ids(client, project)
    kept = submit(client, second)
    client.delete(f"/api/annotations/{kept['id']}")  # before, and by itself
    made = [submit(client, task, lead_time=1.0) for task in (first, first, second)]
    before = [client.get(f"/api/annotations/{each['id']}").json()["result"] for each in made]
    answer = client.post(
        f"/api/dm/actions?id=delete_tasks_annotations&project={project}",
        json={"selectedItems": {"all": True, "excluded": []}},
    ).json()
    assert answer["processed_items"] == 3
    url = f"/api/projects/{project}/history/undelete"
    assert client.post(url, json={**answer["undo"], "user": 4711}).json() == {"restored": 0, "left": 0}
    assert client.post(url, json=answer["undo"]).json() == {"restored": 3, "left": 0}
    assert [client.get(f"/api/annotations/{each['id']}").json()["result"] for each in made] == before
    assert client.get(f"/api/annotations/{kept['id']}").status_code == 404
    assert client.post(url, json=answer["undo"]).json() == {"restored": 0, "left": 3}
    server.context.db.read_sync(check_books, project)
    for body in ({}, {"first": 0, "last": 1}, {"first": 1}, {"first": 1, "last": 2**70}):
        assert client.post(url, json=body).status_code == 400
    assert client.post("/api/projects/999/history/undelete", json=answer["undo"]).status_code == 404
    gone = client.post(
        f"/api/dm/actions?id=delete_tasks_annotations&project={project}",
        json={"selectedItems": {"all": False, "included": [first]}},
    ).json()
    client.delete(f"/api/tasks/{first}")
    assert client.post(url, json=gone["undo"]).json() == {"restored": 0, "left": 2}
