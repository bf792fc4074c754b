"""Webhooks: the contract of 1.x, what is delivered when, signatures, tries, the log."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.support.receiver import Received, Receiver, receiver
from tests.support.server import Server
from tests.support.world import CONFIG, RESULT

from labelyard.db import schema
from labelyard.webhooks import delivery, payloads

HOOKS = "/api/webhooks"
URL = "https://hooks.example.org/labels"


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def open_server(make_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that may call this machine, looks often, and does not wait long between tries."""
    monkeypatch.setattr(delivery, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(delivery, "PAUSES", (0, 0))
    return make_server(outbound_allow="127.0.0.1")


def make_project(client: TestClient) -> int:
    made = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG})
    project: int = made.json()["id"]
    return project


def hook(client: TestClient, project: int | None, url: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(HOOKS, json={"project": project, "url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_form_with_one_action_is_a_list_of_one(client: TestClient) -> None:
    form = {
        "project": make_project(client),
        "url": URL,
        "actions": "TASKS_CREATED",
        "send_for_all_actions": "0",
    }
    made = client.post(HOOKS, data=form)
    assert made.status_code == 201, made.text
    assert (made.json()["actions"], made.json()["send_for_all_actions"]) == (["TASKS_CREATED"], False)
    both = client.patch(f"{HOOKS}/{made.json()['id']}", data={"actions": ["TASKS_CREATED", "TASKS_DELETED"]})
    assert both.json()["actions"] == ["TASKS_CREATED", "TASKS_DELETED"]


def log_of(client: TestClient, webhook: int, state: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{HOOKS}/{webhook}/deliveries", params={"state": state}).json()[
        "results"
    ]
    return found


def wait_for(client: TestClient, webhook: int, state: str, count: int = 1) -> list[dict[str, Any]]:
    ends = time.monotonic() + 60
    while len(found := log_of(client, webhook, state)) < count and time.monotonic() < ends:
        time.sleep(0.05)
    assert len(found) >= count, log_of(client, webhook)
    return found


# --- the contract -------------------------------------------------------------------------------------------------


def test_the_life_of_a_webhook(client: TestClient) -> None:
    project, elsewhere = make_project(client), make_project(client)
    body = {"project": project, "url": URL, "send_for_all_actions": False, "actions": ["TASKS_CREATED"]}
    made = client.post(f"{HOOKS}/", json=body)
    assert made.status_code == 201
    shown = made.json()
    assert len(shown.pop("secret")) > 40
    assert list(shown) == [
        "id", "organization", "project", "url", "send_payload", "send_for_all_actions", "headers", "is_active",
        "actions", "created_at", "updated_at",
    ]  # fmt: skip
    assert shown["actions"] == ["TASKS_CREATED"] and shown["send_payload"] is True and shown["headers"] == {}
    path = f"{HOOKS}/{shown['id']}"
    assert client.get(f"{path}/").json() == shown
    assert client.get(HOOKS, params={"project": project}).json() == [shown]
    assert client.get(HOOKS, params={"project": elsewhere}).json() == []
    assert client.get(HOOKS).json() == [shown]
    changed = client.patch(path, json={"project": elsewhere, "is_active": False}).json()
    assert changed["project"] == project and changed["is_active"] is False and changed["actions"] == []
    put = client.put(
        path, json={"url": f"{URL}/2", "actions": ["TASKS_DELETED"], "send_for_all_actions": False}
    )
    assert put.json()["url"] == f"{URL}/2" and put.json()["is_active"] is True
    assert put.json()["actions"] == ["TASKS_DELETED"]
    everything = client.patch(path, json={"send_for_all_actions": True, "actions": ["TASKS_DELETED"]}).json()
    assert everything["actions"] == []
    assert client.put(path, json={}).status_code == 400
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"project": ...}, 404, None),
        ({"project": 99}, 404, None),
        ({"url": ...}, 400, "url"),
        ({"url": "ftp://hooks.example.org"}, 400, "url"),
        ({"url": "hooks"}, 400, "url"),
        ({"url": "http://user:secret@hooks.example.org/"}, 400, "url"),
        ({"url": "http://127.0.0.1:9/"}, 400, "url"),
        ({"url": "http://169.254.169.254/latest"}, 400, "url"),
        ({"url": "http://2130706433/"}, 400, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, 400, "url"),
        ({"url": "https://hooks.example.org/" + "a" * 2048}, 400, "url"),
        ({"actions": ["NOTHING"]}, 400, "actions"),
        ({"actions": ["PROJECT_CREATED"]}, 400, "actions"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, 400, "headers"),
        ({"headers": {"Content-Length": "1"}}, 400, "headers"),
        ({"headers": {"Host": "a"}}, 400, "headers"),
        ({"headers": {"X-Labelyard-Signature": "a"}}, 400, "headers"),
        ({"headers": {"a b": "a"}}, 400, "headers"),
        ({"headers": {"A": {"b": 1}}}, 400, "headers"),
        ({"headers": {f"X-{n}": "a" for n in range(51)}}, 400, "headers"),
        ({"secret": "short"}, 400, "secret"),
    ],
)
def test_wrong_webhooks(client: TestClient, change: dict[str, Any], status: int, field: str | None) -> None:
    body = {"project": make_project(client), "url": URL, **change}
    sent = {name: value for name, value in body.items() if value is not ...}
    answer = client.post(HOOKS, json=sent)
    assert answer.status_code == status, answer.text
    assert field is None or field in answer.json()["validation_errors"]
    assert client.get(HOOKS).json() == []


def test_the_list_of_actions(client: TestClient) -> None:
    every = client.get(f"{HOOKS}/info/").json()
    assert every["ANNOTATION_CREATED"].keys() == {"name", "description", "key", "organization-only"}
    assert every["TASKS_CREATED"]["key"] == "tasks" and len(every) == 12
    only = client.get(f"{HOOKS}/info", params={"organization-only": "true"}).json()
    assert set(only) == {"PROJECT_CREATED", "PROJECT_DELETED"}
    assert set(client.get(f"{HOOKS}/info?organization-only=false").json()) == set(every) - set(only)


def test_secrets_are_write_only(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    made = hook(client, project, other.url, headers={"Authorization": "Bearer hush-hush"}, is_active=False)
    path = f"{HOOKS}/{made['id']}"
    shown = client.get(path)
    assert shown.json()["headers"] == {"Authorization": "••••••••"}
    assert "secret" not in shown.json() and "hush" not in shown.text

    def dump(conn: sa.Connection) -> str:
        return repr(conn.execute(sa.select(schema.webhook)).all())

    stored = open_server.context.db.read_sync(dump)
    assert "hush" not in stored and made["secret"] not in stored
    # What was read can be sent back: the mask keeps the value.
    client.patch(path, json={"headers": {**shown.json()["headers"], "X-More": "1"}, "is_active": True})
    client.post(f"{path}/test")
    (came,) = other.wait(1)
    assert came.headers["authorization"] == "Bearer hush-hush" and came.headers["x-more"] == "1"


def test_webhooks_of_the_organization_are_for_administrators(accounts: Server) -> None:
    ada, sam = accounts.add_user(), accounts.add_user("sam@example.org", role="manager")
    assert sam.post(HOOKS, json={"project": None, "url": URL}).status_code == 403
    whole = hook(ada, None, URL, actions=["PROJECT_CREATED"], send_for_all_actions=False, is_active=False)
    own = hook(sam, make_project(sam), URL, is_active=False)
    assert sam.get(f"{HOOKS}/{whole['id']}").status_code == 403
    assert [each["id"] for each in sam.get(HOOKS).json()] == [own["id"]]
    assert [each["id"] for each in ada.get(HOOKS).json()] == [whole["id"], own["id"]]


# --- what is delivered --------------------------------------------------------------------------------------------


def check_signature(came: Received, secret: str) -> None:
    said = dict(each.split("=") for each in came.headers["x-labelyard-signature"].split(","))
    assert abs(int(said["t"]) - time.time()) < 300
    digest = hmac.new(secret.encode(), f"{said['t']}.".encode() + came.body, hashlib.sha256)
    assert hmac.compare_digest(said["v1"], digest.hexdigest())


def test_everything_that_happens_is_told_in_order(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    secret = hook(client, None, other.url)["secret"]
    project = make_project(client)
    ids = client.post(
        f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "a"}, {"text": "b"}]
    )
    first, second = ids.json()["task_ids"]
    annotation = client.post(f"/api/tasks/{first}/annotations", json={"result": RESULT}).json()["id"]
    client.patch(f"/api/annotations/{annotation}", json={"was_cancelled": True})
    client.delete(f"/api/annotations/{annotation}")
    assert client.post(f"/api/annotations/{annotation}/restore", json={}).status_code == 200
    client.delete(f"/api/tasks/{second}")
    client.patch(f"/api/projects/{project}", json={"title": "Tempers"})
    item = {"data": {"text": "c"}, "annotations": [{"result": RESULT}, {"result": RESULT}]}
    client.post(f"/api/projects/{project}/import", json=[item])
    client.delete(f"/api/projects/{project}")
    came = other.wait(11)
    assert other.actions == [
        "PROJECT_CREATED", "TASKS_CREATED", "ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED",
        "ANNOTATION_CREATED", "TASKS_DELETED", "PROJECT_UPDATED", "TASKS_CREATED", "ANNOTATIONS_CREATED", "PROJECT_DELETED",
    ]  # fmt: skip
    by_action = {each.json["action"]: each.json for each in reversed(came)}
    assert by_action["PROJECT_DELETED"] == {"action": "PROJECT_DELETED", "project": {"id": project}}
    assert by_action["TASKS_DELETED"]["tasks"] == [{"id": second}]
    assert by_action["ANNOTATIONS_DELETED"]["annotations"] == [{"id": annotation, "task": first}]
    for each in came:
        check_signature(each, secret)
        assert each.headers["content-type"] == "application/json"
        assert each.headers["x-labelyard-event"] == each.json["action"]
    assert len({each.headers["x-labelyard-delivery"] for each in came}) == 11


def test_what_a_payload_holds(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    hook(
        client,
        project,
        other.url,
        actions=["ANNOTATION_CREATED", "TASKS_CREATED"],
        send_for_all_actions=False,
    )
    client.patch(f"/api/projects/{project}", json={"title": "Tempers"})  # not asked for
    task = client.post("/api/tasks", json={"project": project, "data": {"text": "é"}}).json()["id"]
    (created,) = other.wait(1)
    assert created.json["project"] == client.get(f"/api/projects/{project}").json()
    assert [each["id"] for each in created.json["tasks"]] == [task]
    assert created.json["tasks"][0]["data"] == {"text": "é"}
    annotation = client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).json()
    told = other.wait(2)[1].json
    assert told["annotation"]["id"] == annotation["id"] and told["annotation"]["result"] == RESULT
    assert told["annotation"]["completed_by"] == annotation["completed_by"] and told["task"]["id"] == task
    exported = client.get(f"/api/projects/{project}/export").json()[0]["annotations"][0]
    assert told["annotation"].keys() == exported.keys()


def test_only_the_action_without_payload(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    hook(client, project, other.url, send_payload=False)
    client.patch(f"/api/projects/{project}", json={"title": "Tempers"})
    assert other.wait(1)[0].json == {"action": "PROJECT_UPDATED"}


def test_others_are_not_told(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project, elsewhere = make_project(client), make_project(client)
    hook(client, project, other.url, is_active=False)
    second = hook(client, project, other.url)
    client.patch(f"/api/projects/{elsewhere}", json={"title": "Tempers"})
    made = client.post(f"/api/projects/{elsewhere}/import?return_task_ids=1", json=[{"text": "a"}])
    client.post(f"/api/tasks/{made.json()['task_ids'][0]}/annotations", json={"result": RESULT})
    assert log_of(client, second["id"]) == []
    client.patch(f"/api/projects/{project}", json={"title": "Tempers"})
    wait_for(client, second["id"], "delivered")
    assert other.actions == ["PROJECT_UPDATED"]


def test_what_did_not_happen_is_not_told(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    made = hook(client, project, other.url, is_active=False)
    task = client.post("/api/tasks", json={"project": project, "data": {"text": "a"}}).json()["id"]
    client.patch(f"{HOOKS}/{made['id']}", json={"is_active": True})
    body = {"result": RESULT, "unique_id": "0d7e4d6e-6a0f-4d0a-9f43-5f0f4c9a6a0e"}
    assert client.post(f"/api/tasks/{task}/annotations", json=body).status_code == 201
    assert client.post(f"/api/tasks/{task}/annotations", json=body).status_code == 409
    assert client.patch(f"/api/projects/{project}", json={"label_config": "<broken"}).status_code == 400
    wait_for(client, made["id"], "delivered")
    assert [each["action"] for each in log_of(client, made["id"])] == ["ANNOTATION_CREATED"]


def test_many_objects_are_told_in_parts(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    hook(client, project, other.url)
    client.post(f"/api/projects/{project}/import", json=[{"text": str(n)} for n in range(1200)])
    came = other.wait(3)
    assert [len(each.json["tasks"]) for each in came] == [500, 500, 200]
    assert len({task["id"] for each in came for task in each.json["tasks"]}) == 1200


# --- tries --------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    other.statuses[:] = [500, 302]
    made = hook(client, make_project(client), other.url)
    client.post(f"{HOOKS}/{made['id']}/test")
    came = other.wait(3)
    assert len({each.headers["x-labelyard-delivery"] for each in came}) == 1
    (entry,) = wait_for(client, made["id"], "delivered")
    assert entry["attempts"] == 3 and entry["status_code"] == 200 and entry["next_attempt_at"] is None
    assert entry["duration"] >= 0 and "SECRET-MARK" not in client.get(f"{HOOKS}/{made['id']}/deliveries").text


def test_it_is_given_up_in_the_end_and_can_be_delivered_again(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    other.statuses[:] = [500, 500, 500]
    made = hook(client, make_project(client), other.url)
    path = f"{HOOKS}/{made['id']}"
    client.post(f"{path}/test")
    (entry,) = wait_for(client, made["id"], "failed")
    assert entry["attempts"] == 3 and entry["status_code"] == 500
    one = client.get(f"{path}/deliveries/{entry['id']}").json()
    assert one == {**entry, "objects": [], "payload": {"action": "TEST"}}
    again = client.post(f"{path}/deliveries/{entry['id']}/replay")
    assert again.status_code == 201 and again.json()["state"] == "queued"
    (delivered,) = wait_for(client, made["id"], "delivered")
    assert delivered["id"] == again.json()["id"] != entry["id"]
    assert client.get(f"{path}/deliveries/99").status_code == 404
    assert client.get(f"{path}/deliveries?state=odd").status_code == 400
    assert client.get(f"{path}/deliveries?page_size=1").json()["count"] == 2


def test_nobody_there(open_server: Server) -> None:
    client = open_server.client()
    with receiver() as gone:
        url = gone.url
    made = hook(client, make_project(client), url)
    client.post(f"{HOOKS}/{made['id']}/test")
    client.post(f"{HOOKS}/{made['id']}/test")
    ends = time.monotonic() + 30
    while not any(each["attempts"] for each in log_of(client, made["id"])) and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(0.5)
    second, first = log_of(client, made["id"])
    assert first["attempts"] == 1 and first["status_code"] is None and first["error"]
    # The others wait too, instead of running against the same wall.
    assert second["attempts"] == 0 and second["state"] == "queued"


def test_a_name_that_leads_inside_is_not_called(
    make_server: Callable[..., Server], other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SWEEP_SECONDS", 0.1)
    client = make_server().client()
    made = hook(client, make_project(client), other.url.replace("127.0.0.1", "localhost"))
    client.post(f"{HOOKS}/{made['id']}/test")
    ends = time.monotonic() + 30
    while not log_of(client, made["id"])[0]["attempts"] and time.monotonic() < ends:
        time.sleep(0.05)
    (entry,) = log_of(client, made["id"])
    assert entry["attempts"] == 1 and "private" in entry["error"] and other.received == []


def test_those_who_hang_hold_up_nobody(
    make_server: Callable[..., Server], other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More receivers that never answer than there are threads; an import, a job and another webhook go on."""
    monkeypatch.setattr(delivery, "SWEEP_SECONDS", 0.1)
    server = make_server(outbound_allow="127.0.0.1", webhook_threads=2, webhook_timeout_seconds=1)
    client = server.client()
    project = make_project(client)
    with receiver() as hung:
        hung.open.clear()
        hooks = [hook(client, project, f"{hung.url}/{n}") for n in range(3)]
        began = time.monotonic()
        client.post(f"/api/projects/{project}/import", json=[{"text": str(n)} for n in range(20)])
        hung.wait(2)
        hook(client, project, other.url)
        everything = {"selectedItems": {"all": True, "excluded": []}}
        done = client.post(f"/api/dm/actions?id=delete_tasks&project={project}", json=everything)
        assert done.json()["processed_items"] == 20
        assert time.monotonic() - began < 10
        assert [len(each.json["tasks"]) for each in other.wait(1)] == [20]
        assert time.monotonic() - began < 20
        # Nothing of theirs is lost: when they are back, all is delivered, in order.
        hung.open.set()
        client.patch(f"{HOOKS}/{hooks[0]['id']}", json={"is_active": True})
        delivered = wait_for(client, hooks[0]["id"], "delivered", 2)
        assert [each["action"] for each in reversed(delivered)] == ["TASKS_CREATED", "TASKS_DELETED"]


def test_one_that_cannot_be_told_holds_up_none(
    open_server: Server, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_server.client()
    made = hook(client, make_project(client), other.url)
    whole = payloads.body_of

    def broken(conn: sa.Connection, row: sa.Row[Any], **options: Any) -> bytes:
        if row.id == first["id"]:
            raise ZeroDivisionError
        return whole(conn, row, **options)

    monkeypatch.setattr(delivery, "body_of", broken)
    client.patch(f"{HOOKS}/{made['id']}", json={"is_active": False})
    first = client.post(f"{HOOKS}/{made['id']}/test").json()
    client.post(f"{HOOKS}/{made['id']}/test")
    client.patch(f"{HOOKS}/{made['id']}", json={"is_active": True})
    wait_for(client, made["id"], "delivered")
    (failed,) = wait_for(client, made["id"], "failed")
    assert failed["id"] == first["id"] and failed["error"].startswith("internal error")


def test_actions_of_the_data_manager_are_told(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    project = make_project(client)
    predicted = {"predictions": [{"result": RESULT, "model_version": "a"}]}
    items = [{"data": {"text": "a"}, **predicted}, {"data": {"text": "a"}}, {"data": {"text": "b"}}]
    ids = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=items).json()["task_ids"]
    hook(client, project, other.url)
    every = {"selectedItems": {"all": True, "excluded": []}}

    def act(name: str) -> dict[str, Any]:
        answer = client.post(f"/api/dm/actions?id={name}&project={project}", json=every)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = other.wait(len(told) + 1)[-1].json
        told.append(found["action"])
        return found

    told: list[str] = []
    made = act("predictions_to_annotations")["annotations"]
    assert [each["task"] for each in made] == [ids[0]] and made[0]["result"] == RESULT
    assert act("remove_duplicates")["tasks"] == [{"id": ids[1]}]
    assert act("delete_tasks_annotations")["annotations"] == [{"id": made[0]["id"], "task": ids[0]}]
    assert act("delete_tasks")["tasks"] == [{"id": ids[0]}, {"id": ids[2]}]
    assert told == ["ANNOTATIONS_CREATED", "TASKS_DELETED", "ANNOTATIONS_DELETED", "TASKS_DELETED"]


def test_large_payloads_are_cut_to_ids(
    open_server: Server, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "MAX_BYTES", 1_000)
    client = open_server.client()
    project = make_project(client)
    hook(client, project, other.url)
    client.post(f"/api/projects/{project}/import", json=[{"text": "a" * 200}] * 30)
    (came,) = other.wait(1)
    assert ["data" in each for each in came.json["tasks"]] == [True] * 20 + [False] * 10
    assert all(each["id"] for each in came.json["tasks"])


def test_old_entries_are_forgotten(open_server: Server, other: Receiver) -> None:
    client = open_server.client()
    made = hook(client, make_project(client), other.url)
    client.post(f"{HOOKS}/{made['id']}/test")
    wait_for(client, made["id"], "delivered")
    context = open_server.context
    delivery.clean(context)
    assert len(log_of(client, made["id"])) == 1
    old = sa.update(schema.webhook_delivery).values(created_at=0)
    context.db.write_sync(lambda conn: conn.execute(old) and None)
    delivery.clean(context)
    assert log_of(client, made["id"]) == []
