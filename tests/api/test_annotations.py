"""Annotations over HTTP: shapes, counters, history, conflicts, bad input."""

import uuid

import pytest
import sqlalchemy as sa
from tests.api.test_next import RESULT, ids, make, submit
from tests.support.labeling import add_tasks, check_books, make_actors, make_project

from labelyard.annotations import service
from labelyard.db import schema

FIELDS = [
    "id",
    "result",
    "created_username",
    "created_ago",
    "completed_by",
    "was_cancelled",
    "ground_truth",
    "created_at",
    "updated_at",
    "draft_created_at",
    "lead_time",
    "import_id",
    "last_action",
    "bulk_created",
    "task",
    "project",
    "updated_by",
    "parent_prediction",
    "parent_annotation",
    "last_created_by",
]


@pytest.fixture
def project(client):
    return make(client, 2)


@pytest.fixture
def task(client, project):
    return ids(client, project)[0]


def events(server):
    return server.context.db.read_sync(
        lambda conn: conn.execute(
            sa.select(schema.annotation_event).order_by(schema.annotation_event.c.seq)
        ).all()
    )


def test_create_answers_the_documented_fields_in_order(client, task, project):
    made = submit(client, task, lead_time=4.5)
    assert list(made) == FIELDS
    assert made["result"] == RESULT
    assert made["lead_time"] == 4.5
    assert (made["task"], made["project"]) == (task, project)
    assert made["created_ago"] == "0 minutes"
    assert made["created_username"].endswith(f", {made['completed_by']}")
    assert client.get(f"/api/annotations/{made['id']}/").json() == made
    assert client.get(f"/api/tasks/{task}/annotations/").json() == [made]


def test_a_result_comes_back_byte_for_byte(client, task):
    result = b'[{"value": {"x":1.50,"b":1,"a":1e2}, "id":"r",  "type":"rectangle", "note":"\\u00e9"}]'
    answer = client.post(
        f"/api/tasks/{task}/annotations",
        content=b'{"result":' + result + b"}",
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 201, answer.text
    assert result in answer.content
    assert result in client.get(f"/api/annotations/{answer.json()['id']}").content


def test_a_result_may_be_json_in_a_string_or_come_in_a_form(client, task):
    assert submit(client, task, result='[{"id":"r","type":"choices"}]')["result"] == [
        {"id": "r", "type": "choices"}
    ]
    form = client.post(f"/api/tasks/{task}/annotations", data={"result": '[{"id":"f"}]', "lead_time": "2.5"})
    assert form.status_code == 201, form.text
    assert form.json()["result"] == [{"id": "f"}]
    assert form.json()["lead_time"] == 2.5


def test_an_empty_body_is_an_annotation_without_result(client, task):
    answer = client.post(f"/api/tasks/{task}/annotations", json={})
    assert answer.status_code == 201
    assert answer.json()["result"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"result": {"choices": ["x"]}}, "result"),
        ({"result": "no json"}, "result"),
        ({"result": ["x"]}, "result"),
        ({"result": [{"value": 3}]}, "result"),
        ({"result": [{"value": {"text": "a\u0000b"}}]}, "result"),
        ({"lead_time": "soon"}, "lead_time"),
        ({"completed_by": 4711}, "completed_by"),
        ({"completed_by": 2**70}, "completed_by"),
        ({"unique_id": "not a uuid"}, "unique_id"),
        ({"parent_prediction": 99}, "parent_prediction"),
        ({"parent_annotation": 99}, "parent_annotation"),
        ({"was_cancelled": "perhaps"}, "was_cancelled"),
    ],
)
def test_bad_input_names_the_field_and_saves_nothing(client, server, task, body, field):
    answer = client.post(f"/api/tasks/{task}/annotations", json=body)
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["validation_errors"]
    assert client.get(f"/api/tasks/{task}").json()["total_annotations"] == 0
    assert events(server) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"result": [}',
        b'{"result": NaN}',
        b"\xff",
        b'{"result": ["\\ud800"]}',
        b'{"result":"\\ud800"}',
        b'{"result":' + b"[" * 5000,
    ],
)
def test_a_broken_body_is_a_400(client, task, body):
    answer = client.post(
        f"/api/tasks/{task}/annotations", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400, answer.text


def test_text_is_no_media_type_for_it(client, task):
    answer = client.post(
        f"/api/tasks/{task}/annotations", content="x", headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415


def test_unknown_ids_are_404(client):
    for one in ("999", "99999999999999999999"):
        assert client.post(f"/api/tasks/{one}/annotations", json={}).status_code == 404
        assert client.get(f"/api/tasks/{one}/annotations").status_code == 404
        for method in ("get", "patch", "put", "delete"):
            assert getattr(client, method)(f"/api/annotations/{one}").status_code == 404
        assert client.post(f"/api/annotations/{one}/convert-to-draft").status_code == 404


def test_skipped_ones_are_counted_apart_and_not_listed(client, task, project):
    submit(client, task)
    assert submit(client, task, was_cancelled=True)["was_cancelled"] is True
    answer = client.post(f"/api/tasks/{task}/annotations?was_cancelled=1", json={"was_cancelled": False})
    assert answer.json()["was_cancelled"] is True
    assert len(client.get(f"/api/tasks/{task}/annotations").json()) == 1
    shown = client.get(f"/api/tasks/{task}").json()
    assert (shown["total_annotations"], shown["cancelled_annotations"]) == (1, 2)


def test_change_keeps_author_sets_changer_and_counts_again(accounts):
    author, other = accounts.add_user("a@example.org"), accounts.add_user("b@example.org")
    project = make(author, 1)
    task = ids(author, project)[0]
    made = submit(author, task)
    changed = other.patch(
        f"/api/annotations/{made['id']}/", json={"result": [], "was_cancelled": True}
    ).json()
    assert changed["result"] == []
    assert changed["completed_by"] == made["completed_by"]
    assert changed["updated_by"] != made["updated_by"]
    assert changed["lead_time"] == made["lead_time"]
    shown = author.get(f"/api/tasks/{task}").json()
    assert (shown["total_annotations"], shown["cancelled_annotations"], shown["is_labeled"]) == (0, 1, False)
    accounts.context.db.read_sync(check_books, project)


def test_a_second_save_with_the_same_unique_id_is_refused(client, task, project):
    unique = str(uuid.uuid4())
    made = submit(client, task, unique_id=unique)
    again = client.post(
        f"/api/tasks/{task}/annotations", json={"result": RESULT, "unique_id": unique.upper()}
    )
    assert again.status_code == 409
    assert str(made["id"]) in again.json()["detail"]
    elsewhere = client.post(f"/api/tasks/{ids(client, project)[1]}/annotations", json={"unique_id": unique})
    assert elsewhere.status_code == 409
    assert client.get(f"/api/tasks/{task}").json()["total_annotations"] == 1


def test_only_one_ground_truth_a_task(client, task, server, project):
    first = submit(client, task, ground_truth=True)
    second = submit(client, task, ground_truth=True)
    assert client.get(f"/api/annotations/{first['id']}").json()["ground_truth"] is False
    client.patch(f"/api/annotations/{first['id']}", json={"ground_truth": True})
    assert client.get(f"/api/annotations/{second['id']}").json()["ground_truth"] is False
    server.context.db.read_sync(check_books, project)


def test_a_change_over_somebody_elses_is_refused_and_shows_it(client, task):
    made = submit(client, task)
    url = f"/api/annotations/{made['id']}"
    etag = client.get(url).headers["etag"]
    assert client.patch(url, json={"lead_time": 1.0}, headers={"If-Match": etag}).status_code == 200
    stale = client.patch(url, json={"lead_time": 9.0}, headers={"If-Match": etag})
    assert stale.status_code == 409
    assert stale.json()["current"]["lead_time"] == 1.0
    assert stale.json()["status_code"] == 409
    assert stale.headers["etag"] != etag
    stale = client.patch(url, json={"lead_time": 9.0}, headers={"If-Match": f'"{made["updated_at"]}"'})
    assert stale.status_code == 409
    seen = stale.json()["current"]["updated_at"]
    assert client.put(url, json={"lead_time": 9.0}, headers={"If-Match": f'"{seen}"'}).status_code == 200
    assert client.patch(url, json={"lead_time": 3.0}).status_code == 200


def test_every_change_is_in_the_history(client, task, server):
    made = submit(client, task)
    client.patch(f"/api/annotations/{made['id']}", json={"result": [{"id": "new"}]})
    client.patch(f"/api/annotations/{made['id']}", json={"ground_truth": True})
    assert client.delete(f"/api/annotations/{made['id']}/").status_code == 204
    assert client.get(f"/api/annotations/{made['id']}").status_code == 404
    told = [(event.kind, event.result) for event in events(server)]
    assert [kind for kind, _ in told] == ["created", "updated", "updated", "deleted"]
    assert told[1][1] == told[3][1]
    assert told[2][1] is None
    assert '"ground_truth":true' in events(server)[2].fields


def test_deleting_opens_the_task_again(client, task, server, project):
    made = submit(client, task)
    assert client.get(f"/api/tasks/{task}").json()["is_labeled"] is True
    client.delete(f"/api/annotations/{made['id']}")
    assert client.get(f"/api/tasks/{task}").json()["is_labeled"] is False
    server.context.db.read_sync(check_books, project)


def test_reading_a_task_shows_who_annotated(client, task):
    made = submit(client, task)
    shown = client.get(f"/api/tasks/{task}").json()["annotations"]
    assert [each["id"] for each in shown] == [made["id"]]


def test_another_organization_sees_nothing(server, client, task):
    """Rows of a second organization, made straight in the store: the API has no way to make one."""

    def foreign(conn):
        actor = make_actors(conn, 1)[0]
        project = make_project(conn, actor)
        task_id = add_tasks(conn, actor, project, [1])[0]

        shown, _ = service.create(conn, actor, task_id, {"result": "[]"})
        draft = service.create_draft(conn, actor, task_id, {})
        return actor.user_id, task_id, shown["id"], draft["id"]

    user, foreign_task, annotation, draft = server.context.db.write_sync(foreign)
    assert client.get(f"/api/tasks/{foreign_task}/annotations").status_code == 404
    assert client.post(f"/api/tasks/{foreign_task}/annotations", json={}).status_code == 404
    assert client.post(f"/api/tasks/{foreign_task}/lease").status_code == 404
    for method in ("get", "patch", "put", "delete"):
        assert getattr(client, method)(f"/api/annotations/{annotation}").status_code == 404
        if method != "put":
            assert getattr(client, method)(f"/api/drafts/{draft}").status_code == 404
    for body in ({"completed_by": user}, {"parent_annotation": annotation}):
        assert client.post(f"/api/tasks/{task}/annotations", json=body).status_code == 400
    # A draft id of elsewhere is as good as none.
    assert client.post(f"/api/tasks/{task}/annotations", json={"draft_id": draft}).status_code == 201
    assert client.post("/api/predictions", json={"task": foreign_task, "result": []}).status_code == 400
