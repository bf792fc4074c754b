"""Tasks that the data manager deleted are kept for a while and come back as they were."""

import json

import pytest
from tests.api.test_history import history, kinds
from tests.api.test_next import RESULT, ids, make, submit
from tests.support.labeling import check_books

from labelyard.db import schema
from labelyard.kit.clock import DAY, now_us
from labelyard.tasks import trash_jobs, trash_queries


@pytest.fixture
def project(client, monkeypatch):
    monkeypatch.setattr(trash_jobs, "BATCH", 2)
    return make(client, 6)


def act(client, project, **selected):
    chosen = {"selectedItems": {"all": False, "included": [], "excluded": []} | selected}
    answer = client.post("/api/dm/actions", params={"project": project, "id": "delete_tasks"}, json=chosen)
    assert answer.status_code == 200, answer.text
    return answer.json()


def restore(client, project, deletion, status=200):
    answer = client.post(f"/api/projects/{project}/deletions/{deletion}/restore")
    assert answer.status_code == status, answer.text
    return answer.json()


def fill(client, project):
    """Answers, a ground truth, a skip, a draft and a prediction; everything that the API shows of the tasks."""
    tasks = ids(client, project)
    first = submit(client, tasks[0], lead_time=1.25)
    client.patch(f"/api/annotations/{first['id']}", json={"ground_truth": True})
    submit(client, tasks[1], was_cancelled=True)
    client.post(
        f"/api/tasks/{tasks[0]}/annotations/{first['id']}/drafts", json={"result": RESULT, "lead_time": 2}
    )
    client.post(f"/api/tasks/{tasks[2]}/drafts", json={"result": RESULT})
    client.post("/api/predictions", json={"task": tasks[2], "result": RESULT, "score": 0.1 + 0.2})
    return tasks, first


def everything(client, project):
    page = client.get("/api/tasks", params={"project": project, "page_size": 100, "fields": "all"}).json()
    shown = [client.get(f"/api/tasks/{each['id']}").json() for each in page["tasks"]]
    counts = client.get(f"/api/projects/{project}").json()
    return shown, counts


def test_tasks_come_back_as_they_were(client, server, project):
    tasks, first = fill(client, project)
    before = everything(client, project)
    answer = act(client, project, all=True, excluded=[tasks[5]])
    assert answer["processed_items"] == 5
    deletion = answer["undo"]["deletion"]
    server.context.db.read_sync(check_books, project)
    (shown,) = client.get(f"/api/projects/{project}/deletions").json()
    assert (shown["id"], shown["tasks"]) == (deletion, 5)
    assert client.get(f"/api/tasks/{tasks[0]}").status_code == 404
    assert restore(client, project, deletion) == {"restored": 5}
    assert everything(client, project) == before
    server.context.db.read_sync(check_books, project)
    # The history goes on, nothing is kept any more, and the ids of what is new are new.
    assert kinds(history(client, first["id"]))[0] == "restored"
    assert client.get(f"/api/projects/{project}/deletions").json() == []
    restore(client, project, deletion, 404)
    new = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "new"}]).json()
    assert new["task_ids"][0] > tasks[5]


def test_named_tasks_come_back_into_lists_searches_and_the_queue(client, server, project):
    tasks, _ = fill(client, project)
    text = client.get(f"/api/tasks/{tasks[3]}").json()["data"]["text"]
    found = {"filters": {"conjunction": "and", "items": [
        {"filter": "filter:tasks:data.text", "operator": "equal", "type": "String", "value": text}]}}  # fmt: skip

    def look():
        page = client.get("/api/tasks", params={"project": project, "query": json.dumps(found)})
        return [each["id"] for each in page.json()["tasks"]]

    assert tasks[3] in look()
    deletion = act(client, project, included=[tasks[3], tasks[4]])["undo"]["deletion"]
    assert tasks[3] not in look()
    assert restore(client, project, deletion) == {"restored": 2}
    assert tasks[3] in look()
    open_tasks = {client.get(f"/api/tasks/{each}").json()["is_labeled"] for each in (tasks[3], tasks[4])}
    assert open_tasks == {False}
    server.context.db.read_sync(check_books, project)


def test_a_task_that_was_leased_is_free_when_it_is_back(client, server, project):
    taken = client.get(f"/api/projects/{project}/next").json()["id"]
    deletion = act(client, project, included=[taken])["undo"]["deletion"]
    restore(client, project, deletion)
    server.context.db.read_sync(check_books, project)
    assert client.get(f"/api/projects/{project}/next").json()["id"] == taken


def test_what_is_forgotten_or_too_old_is_gone(client, server, project):
    tasks, _ = fill(client, project)
    forgotten = act(client, project, included=tasks[:3])["undo"]["deletion"]
    assert client.delete(f"/api/projects/{project}/deletions/{forgotten}").status_code == 204
    restore(client, project, forgotten, 404)
    kept = act(client, project, included=tasks[3:5])["undo"]["deletion"]
    assert trash_jobs.sweep(server.context) == 0
    late = now_us() - 8 * DAY

    def age(conn):
        table = schema.deletion
        conn.execute(table.update().where(table.c.id == kept).values(created_at=late))

    server.context.db.write_sync(age)
    assert client.get(f"/api/projects/{project}/deletions").json() == []
    assert trash_jobs.sweep(server.context) == 1
    restore(client, project, kept, 404)
    assert server.context.db.read_sync(trash_queries.tasks, kept, 10) == []
    server.context.db.read_sync(check_books, project)


def test_deleting_the_project_takes_what_is_kept_along(client, server, project):
    tasks, _ = fill(client, project)
    deletion = act(client, project, included=tasks[:2])["undo"]["deletion"]
    other = make(client, 1)
    restore(client, other, deletion, 404)
    assert client.delete(f"/api/projects/{project}").status_code == 204
    restore(client, project, deletion, 404)


def test_drafts_and_names_that_are_taken_do_not_hinder_the_rest(client, server, project):
    tasks = ids(client, project)
    unique = "00000000-0000-4000-8000-000000000001"
    made = submit(client, tasks[0], unique_id=unique)
    deletion = act(client, project, included=[tasks[0]])["undo"]["deletion"]
    submit(client, tasks[1], unique_id=unique)
    restore(client, project, deletion)
    back = client.get(f"/api/annotations/{made['id']}").json()
    assert back["result"] == RESULT


def test_nothing_deleted_is_nothing_to_undo(client, project):
    assert act(client, project, included=[10**9])["undo"] is None
    assert client.get(f"/api/projects/{project}/deletions").json() == []
