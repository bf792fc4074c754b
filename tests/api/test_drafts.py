"""Drafts over HTTP: one's own, and nobody else's."""

import pytest
from tests.api.test_next import RESULT, ids, make, submit

FIELDS = [
    "id",
    "user",
    "created_username",
    "created_ago",
    "result",
    "lead_time",
    "was_postponed",
    "import_id",
    "created_at",
    "updated_at",
    "task",
    "annotation",
]


@pytest.fixture
def task(client):
    return ids(client, make(client, 2))[0]


def test_a_draft_is_kept_changed_listed_and_thrown_away(client, task):
    answer = client.post(f"/api/tasks/{task}/drafts/", json={"result": RESULT, "lead_time": 3})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert list(made) == FIELDS
    assert (made["result"], made["lead_time"], made["task"], made["annotation"]) == (RESULT, 3.0, task, None)
    assert client.get(f"/api/tasks/{task}/drafts").json() == [made]
    changed = client.patch(f"/api/drafts/{made['id']}/", json={"result": []}).json()
    assert (changed["result"], changed["lead_time"]) == ([], 3.0)
    assert client.get(f"/api/drafts/{made['id']}").json() == changed
    assert client.delete(f"/api/drafts/{made['id']}").status_code == 204
    assert client.get(f"/api/tasks/{task}/drafts").json() == []


def test_drafts_of_an_annotation_go_when_it_is_changed(client, task):
    made = submit(client, task)
    url = f"/api/tasks/{task}/annotations/{made['id']}/drafts"
    draft = client.post(url, json={"result": []}).json()
    assert draft["annotation"] == made["id"]
    assert [each["id"] for each in client.get(url).json()] == [draft["id"]]
    client.patch(f"/api/annotations/{made['id']}", json={"result": []})
    assert client.get(url).json() == []


def test_submitting_a_draft_consumes_it_and_remembers_when_it_was_begun(client, task):
    draft = client.post(f"/api/tasks/{task}/drafts", json={"result": RESULT}).json()
    other = client.post(f"/api/tasks/{task}/drafts", json={"result": []}).json()
    made = submit(client, task, draft_id=draft["id"])
    assert made["draft_created_at"] == draft["created_at"]
    assert [each["id"] for each in client.get(f"/api/tasks/{task}/drafts").json()] == [other["id"]]
    # A repeated submit whose draft is gone already still saves the work.
    assert submit(client, task, draft_id=draft["id"])["draft_created_at"] is None


def test_an_annotation_can_be_taken_back(client, task):
    made = submit(client, task, lead_time=2.0)
    answer = client.post(f"/api/annotations/{made['id']}/convert-to-draft/")
    assert answer.status_code == 201
    assert (answer.json()["result"], answer.json()["lead_time"]) == (RESULT, 2.0)
    assert client.get(f"/api/annotations/{made['id']}").status_code == 404
    assert client.get(f"/api/tasks/{task}").json()["total_annotations"] == 0


def test_nobody_reaches_the_drafts_of_another(accounts):
    owner, other = accounts.add_user("a@example.org"), accounts.add_user("b@example.org")
    task = ids(owner, make(owner, 1))[0]
    draft = owner.post(f"/api/tasks/{task}/drafts", json={"result": RESULT}).json()
    assert other.get(f"/api/tasks/{task}/drafts").json() == []
    url = f"/api/drafts/{draft['id']}"
    assert other.get(url).status_code == 404
    assert other.patch(url, json={"result": []}).status_code == 404
    assert other.delete(url).status_code == 404
    answer = other.post(f"/api/tasks/{task}/annotations", json={"result": RESULT, "draft_id": draft["id"]})
    assert answer.status_code == 403
    assert owner.get(f"/api/tasks/{task}").json()["total_annotations"] == 0
    assert owner.get(url).json() == draft


@pytest.mark.parametrize("body", [{"result": 3}, {"result": "x"}, {"lead_time": "x"}, {"was_postponed": []}])
def test_bad_drafts_are_refused(client, task, body):
    answer = client.post(f"/api/tasks/{task}/drafts", json=body)
    assert answer.status_code == 400
    assert next(iter(body)) in answer.json()["validation_errors"]
    assert client.get(f"/api/tasks/{task}/drafts").json() == []


def test_unknown_ids_are_404(client, task):
    for one in ("999", "99999999999999999999"):
        assert client.get(f"/api/drafts/{one}").status_code == 404
        assert client.get(f"/api/tasks/{one}/drafts").status_code == 404
        assert client.post(f"/api/tasks/{task}/annotations/{one}/drafts", json={}).status_code == 404
