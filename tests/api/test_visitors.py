"""A server of many sessions: everybody who comes has a private project, and what is private stays so."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.support.operations import JSON, OPERATIONS, good_body
from tests.support.server import Server
from tests.support.world import CONFIG, PNG, RESULT, VIEW, World, fingerprint

from labelyard.db import schema
from labelyard.kit.clock import DAY, now_us
from labelyard.visitors import limits, service

SECRET = "what only one of them knows"
Make = Callable[..., Server]


@pytest.fixture
def server(make_server: Make) -> Server:
    return make_server(multi_session=True, initial_label_config=CONFIG, initial_project_description="Moods")


def _ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_everybody_has_a_project_of_their_own(server: Server) -> None:
    one, other = server.client(), server.client()
    mine = _ok(one.get("/api/project"))
    theirs = _ok(other.get("/api/project"))
    assert mine["multi_session_mode"] is True
    assert mine["config"]["description"] == mine["project_name"] == "Moods"
    assert mine["data_types"] == {"text": "Text"}
    assert (mine["id"], mine["uuid"]) != (theirs["id"], theirs["uuid"])
    assert _ok(one.post("/api/project/import", json=[{"text": SECRET}]))["task_count"] == 1
    assert SECRET not in other.get("/api/tasks").text
    assert [each["data"]["text"] for each in _ok(one.get("/api/tasks"))] == [SECRET]
    # The cookie is what counts: the same one another time is the same visitor, also in a browser.
    again = server.client(Cookie=f"labelyard_visitor={one.cookies['labelyard_visitor']}")
    assert _ok(again.get("/api/project"))["task_count"] == 1
    assert again.get("/").status_code == 200


def test_more_projects_and_the_way_between_them(server: Server) -> None:
    client = server.client()
    first = _ok(client.get("/api/project"))
    made = client.post("/api/project", params={"new": "1", "desc": "Second thoughts"})
    assert made.status_code == 201
    assert made.json()["config"]["description"] == "Second thoughts"
    assert _ok(client.get("/api/project"))["uuid"] == made.json()["uuid"]
    back = client.get("/api/project-switch", params={"uuid": first["uuid"]})
    assert back.status_code == 302
    assert _ok(client.get("/api/project"))["uuid"] == first["uuid"]
    assert len(_ok(client.get("/api/projects"))["results"]) == 2


def test_a_link_lets_into_one_project_and_nothing_else(server: Server) -> None:
    host, guest = server.client(), server.client()
    shared = _ok(host.get("/api/project"))
    _ok(host.post("/api/project/import", json=[{"text": "for both"}]))
    hidden = _ok(host.post("/api/project", params={"new": "1", "desc": "Hidden"}))
    _ok(host.post("/api/project/import", json=[{"text": SECRET}]))
    own = _ok(guest.get("/api/project"))
    assert guest.get(f"/api/projects/{shared['id']}").status_code == 404
    near = shared["uuid"][:-1] + ("1" if shared["uuid"].endswith("0") else "0")
    assert guest.get("/api/project-switch", params={"uuid": near}).status_code == 404
    opened = _ok(guest.post("/api/project-switch", params={"uuid": shared["uuid"]}))
    assert opened["id"] == shared["id"]
    [task] = _ok(guest.get("/api/tasks"))
    assert task["data"] == {"text": "for both"}
    assert guest.post(f"/api/tasks/{task['id']}/completions", json={"result": RESULT}).status_code == 201
    assert guest.get(f"/api/projects/{hidden['id']}").status_code == 404
    assert [each["id"] for each in _ok(guest.get("/api/projects"))["results"]] == [shared["id"]]
    assert guest.get(f"/api/project?project={hidden['id']}").status_code == 404
    # Home again, also by making a project, and the host sees nothing of what the guest has.
    assert host.get(f"/api/projects/{own['id']}").status_code == 404
    mine = guest.post("/api/project", params={"new": "1", "desc": "Mine again"})
    assert mine.status_code == 201
    assert shared["id"] not in [each["id"] for each in _ok(guest.get("/api/projects"))["results"]]
    assert _ok(guest.post("/api/project-switch", params={"uuid": own["uuid"]}))["id"] == own["id"]


@pytest.mark.parametrize("uuid", ["", "x", "00000000-0000-0000-0000-000000000000", "1"])
def test_a_uuid_cannot_be_made_up(server: Server, uuid: str) -> None:
    client = server.client()
    _ok(client.get("/api/project"))
    before = fingerprint(server)
    for call in (client.get, client.post):
        assert call("/api/project-switch", params={"uuid": uuid}).status_code in (400, 404)
    assert fingerprint(server) == before
    _ok(client.get("/api/project"))


def _world(client: TestClient) -> World:
    """One object of each kind that a visitor can have; of the others an id that nothing has."""
    world = World()
    project = _ok(client.get("/api/project"))
    number = project["id"]
    first, _, gone = _ok(
        client.post(f"/api/projects/{number}/import?return_task_ids=1", json=[{"text": SECRET}] * 3)
    )["task_ids"]
    chosen = {"selectedItems": {"all": False, "included": [gone]}}
    deleted = _ok(client.post(f"/api/dm/actions?project={number}&id=delete_tasks", json=chosen))
    files = {"file": ("a.png", PNG, "image/png")}
    upload = _ok(client.post(f"/api/projects/{number}/import?commit_to_project=false", files=files))[
        "file_upload_ids"
    ][0]
    world.upload_name = _ok(client.get(f"/api/import/file-upload/{upload}"))["file"].rpartition("/")[2]
    annotation = _ok(client.post(f"/api/tasks/{first}/annotations", json={"result": RESULT}))["id"]
    draft = _ok(client.post(f"/api/tasks/{first}/drafts", json={"result": RESULT}))["id"]
    prediction = _ok(client.post("/api/predictions", json={"task": first, "result": RESULT}))["id"]
    snapshot = _ok(client.post(f"/api/projects/{number}/exports", json={"title": SECRET}))["id"]
    view = _ok(client.post("/api/dm/views", json={"project": number, "data": VIEW | {"title": SECRET}}))["id"]
    made = {"title": SECRET, "value": [SECRET], "from_name": "mood", "project": number}
    label = _ok(client.post("/api/labels", json=[made]))[0]
    piece = {"Upload-Length": "9", "Content-Type": "application/offset+octet-stream"}
    unfinished = _ok(client.post(f"/api/projects/{number}/uploads", content=b"text\n", headers=piece))
    me = _ok(client.get("/api/current-user/whoami"))
    world.owner, world.organization = me["id"], me["active_organization"]
    world.ids = {
        "project_id": number, "task_id": first, "entity_id": first, "annotation_id": annotation, "completion_id": annotation,
        "uuid": "00000000-0000-8000-8000-000000000000", "draft_id": draft, "prediction_id": prediction,
        "upload_id": upload, "resumable_id": unfinished["id"], "export_id": snapshot, "view_id": view,
        "event_id": _ok(client.get(f"/api/annotations/{annotation}/history"))[0]["id"],
        "import_id": _ok(client.get(f"/api/projects/{number}/imports"))[0]["id"], "user_id": me["id"],
        "label_id": label["id"], "link_id": _ok(client.get(f"/api/labels/{label['id']}"))["links"][0],
        "organization_id": world.organization, "migration_id": 1, "webhook_id": 1, "delivery_id": 1,
        "s3_storage_id": 1, "local_storage_id": 1, "s3_export_storage_id": 1, "local_export_storage_id": 1,
        "deletion_id": deleted["undo"]["deletion"],
        "backend_id": 1, "run_id": 1,
    }  # fmt: skip
    return world


def test_no_operation_reaches_what_another_visitor_has(server: Server) -> None:
    world, stranger = _world(server.client()), server.client()
    own = _ok(stranger.get("/api/project"))["id"]
    walked = 0
    for operation in OPERATIONS:
        if not operation.path.startswith(("/api/", "/data/")):
            continue
        body = good_body(operation, world) if JSON in operation.media else None
        before = fingerprint(server)
        answer = stranger.request(operation.method, operation.url(world), json=body)
        walked += 1
        assert SECRET not in answer.text, operation
        assert f'"id":{world.project},' not in answer.text or world.project == own, operation
        if "{" in operation.path and operation.path != "/data/{name}":
            assert answer.status_code in (404, 403), f"{operation} → {answer.status_code} {answer.text[:300]}"
            assert answer.status_code == 404 or operation.path.startswith(
                ("/api/webhooks", "/api/ml", "/api/users", "/api/storages")
            ), operation
            assert fingerprint(server) == before, operation
    assert walked > 150


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/webhooks", {"url": "https://example.org/x"}),
        ("POST", "/api/ml", {"project": 1, "url": "https://example.org/x"}),
        ("PATCH", "/api/project", {"ml_backend": "my=https://example.org"}),
        ("POST", "/api/train", None),
        ("POST", "/api/users", {"email": "robot@example.org"}),
        ("POST", "/api/token", None),
        ("POST", "/api/current-user/reset-token", None),
        ("POST", "/api/invite/reset-token", None),
    ],
)
def test_what_is_not_for_people_nobody_knows(server: Server, method: str, path: str, body: Any) -> None:
    client = server.client()
    _ok(client.get("/api/project"))
    before = fingerprint(server)
    assert client.request(method, path, json=body).status_code == 403
    assert fingerprint(server) == before
    assert client.post(
        "/user/signup", data={"email": "a@example.org", "password": "long enough 1"}
    ).status_code in (400, 403)


def test_nobody_is_the_owner_of_the_machine(make_server: Make) -> None:
    """Local mode is off, whatever the settings say; another server's credentials are worth nothing."""
    server = make_server(multi_session=True, local_mode=True)
    client = server.client(Authorization="Token 0123456789abcdef0123456789abcdef01234567")
    assert _ok(client.get("/api/current-user/whoami"))["email"].endswith("@visitors.invalid")
    assert server.client().get("/health").status_code == 200
    count = sa.select(sa.func.count()).select_from(schema.visitor)
    assert server.context.db.read_sync(lambda conn: conn.scalar(count)) == 1


def test_a_robot_cannot_fill_the_disk(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROJECTS", 3)
    client = server.client()
    for number in range(2):
        assert client.post("/api/project", params={"new": "1", "desc": f"No {number}"}).status_code == 201
    before = fingerprint(server)
    assert client.post("/api/project", params={"new": "1"}).status_code == 429
    assert client.post("/api/projects", json={"title": "One more"}).status_code == 429
    assert fingerprint(server) == before
    # Without the cookie it is slowed down, and then there is an end to it for the address.
    codes = [server.client().get("/api/project").status_code for _ in range(40)]
    assert codes.count(200) < 35
    assert codes[-1] == 429
    assert client.get("/api/project").status_code == 200
    monkeypatch.setattr(limits, "PER_ADDRESS", 1)
    server.app.state.authenticate._arrivals.forgive("testclient")
    assert "Too many sessions" in server.client().get("/api/project").text


def test_who_does_not_come_again_is_forgotten(server: Server) -> None:
    stays, idle, empty, host = (server.client() for _ in range(4))
    for client in (stays, idle, host):
        _ok(client.get("/api/project"))
        _ok(client.post("/api/project/import", json=[{"text": SECRET}]))
    users = [_ok(each.get("/api/current-user/whoami"))["id"] for each in (idle, empty)]
    # A guest of somebody who goes is at home again.
    _ok(stays.post("/api/project-switch", params={"uuid": _ok(idle.get("/api/project"))["uuid"]}))
    ages = zip(users, (31 * DAY, 2 * DAY), strict=True)

    def age(conn: Any) -> None:
        for user, passed in ages:
            conn.execute(
                sa.update(schema.user).where(schema.user.c.id == user).values(last_activity=now_us() - passed)
            )

    server.context.db.write_sync(age)
    assert service.sweep(server.context) == 2
    assert service.sweep(server.context) == 0
    assert len(_ok(stays.get("/api/tasks"))) == 1
    assert _ok(idle.get("/api/project"))["task_count"] == 0
    assert len(_ok(host.get("/api/tasks"))) == 1
