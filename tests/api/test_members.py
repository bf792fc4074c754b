"""Members of organizations and projects: roles, invitations, leaving, working in several organizations."""

from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.support.server import PASSWORD, Server
from tests.support.world import CONFIG, RESULT

from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.organizations import service as organizations
from labelyard.users import service as users
from labelyard.views import jobs
from labelyard.views.schemas import SelectedItems
from labelyard.views.selection import Wanted

WHOAMI = "/api/current-user/whoami"


def me(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(WHOAMI).json()
    return found


def make_project(client: TestClient, **fields: Any) -> int:
    answer = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG, **fields})
    assert answer.status_code == 201, answer.text
    project: int = answer.json()["id"]
    return project


def sign_up(server: Server, email: str, token: str) -> int:
    client = server.client()
    client.get("/user/signup/")
    form = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    return client.post(f"/user/signup/?token={token}", data=form).status_code


def organization_of(client: TestClient) -> str:
    return f"/api/organizations/{me(client)['active_organization']}"


# --- members of a project -----------------------------------------------------------------------------------------


def test_a_project_role_counts_before_the_role_in_the_organization(accounts: Server) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="annotator")
    project, other = make_project(ada), make_project(ada)
    members = f"/api/projects/{project}/members"
    task = {"project": project, "data": {"text": "a"}}
    assert sam.post("/api/tasks", json=task).status_code == 403
    added = ada.post(members, json={"user": me(sam)["id"], "role": "manager"})
    assert added.status_code == 201
    assert added.json()["role"] == "manager" and added.json()["user"]["email"] == "sam@example.org"
    assert sam.post("/api/tasks", json=task).status_code == 201
    assert sam.post("/api/tasks", json={**task, "project": other}).status_code == 403
    assert sam.patch(f"/api/projects/{other}", json={"title": "Mine"}).status_code == 403
    # The other way round: a manager of the organization who only labels here.
    mia = accounts.add_user("mia@example.org", role="manager")
    ada.post(members, json={"user": me(mia)["id"]})
    assert mia.post("/api/tasks", json=task).status_code == 403
    assert mia.post("/api/tasks", json={**task, "project": other}).status_code == 201
    assert [each["role"] for each in ada.get(members).json()] == ["manager", "annotator"]
    changed = ada.patch(f"{members}/{me(mia)['id']}", json={"role": "reviewer"})
    assert changed.json()["role"] == "reviewer"
    assert ada.delete(f"{members}/{me(mia)['id']}").status_code == 204
    assert ada.delete(f"{members}/{me(mia)['id']}").status_code == 404
    assert mia.post("/api/tasks", json=task).status_code == 201


def test_wrong_members(accounts: Server) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="annotator")
    members = f"/api/projects/{make_project(ada)}/members"
    assert "user" in ada.post(members, json={"user": 99}).json()["validation_errors"]
    assert "user" in ada.post(members, json={}).json()["validation_errors"]
    wrong = ada.post(members, json={"user": me(sam)["id"], "role": "owner"})
    assert "role" in wrong.json()["validation_errors"]
    assert "role" in ada.post(members, json={"user": 1, "role": "king"}).json()["validation_errors"]
    assert ada.post(members, json={"user": me(sam)["id"]}).status_code == 201
    assert ada.post(members, json={"user": me(sam)["id"]}).status_code == 409
    assert ada.patch(f"{members}/99", json={"role": "manager"}).status_code == 404
    assert len(ada.get(members).json()) == 1


def test_a_project_for_its_members_only(accounts: Server) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="manager")
    mia = accounts.add_user("mia@example.org", role="manager")
    project = make_project(sam)
    path = f"/api/projects/{project}"
    assert mia.get(path).json()["members_only"] is False
    assert sam.patch(path, json={"members_only": True}).json()["members_only"] is True
    # Whoever closes the door stays inside, with the key.
    assert [each["user"]["email"] for each in sam.get(f"{path}/members").json()] == ["sam@example.org"]
    assert sam.patch(path, json={"title": "Ours"}).status_code == 200
    assert mia.get(path).status_code == 404
    assert mia.get("/api/projects").json()["count"] == 0
    assert mia.get(f"/api/tasks?project={project}").status_code == 404
    assert ada.get(path).status_code == 200  # the owner, everywhere
    assert sam.post(f"{path}/members", json={"user": me(mia)["id"]}).status_code == 201
    assert mia.get(path).status_code == 200
    assert mia.patch(path, json={"title": "Mine"}).status_code == 403
    born_closed = make_project(mia, members_only=True)
    assert sam.get(f"/api/projects/{born_closed}").status_code == 404
    assert mia.patch(f"/api/projects/{born_closed}", json={"members_only": False}).status_code == 200
    assert sam.get(f"/api/projects/{born_closed}").status_code == 200


def test_who_labels_changes_only_the_own_annotations(accounts: Server) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="annotator")
    rev = accounts.add_user("rev@example.org", role="reviewer")
    project = make_project(ada, maximum_annotations=5)
    task = ada.post("/api/tasks", json={"project": project, "data": {"text": "a"}}).json()["id"]
    path = f"/api/tasks/{task}/annotations"
    theirs = ada.post(path, json={"result": RESULT}).json()["id"]
    own = sam.post(path, json={"result": RESULT}).json()["id"]
    assert sam.patch(f"/api/annotations/{theirs}", json={"result": []}).status_code == 403
    assert sam.delete(f"/api/annotations/{theirs}").status_code == 403
    assert sam.post(f"/api/annotations/{theirs}/convert-to-draft").status_code == 403
    assert sam.patch(f"/api/annotations/{own}", json={"ground_truth": True}).status_code == 403
    assert sam.patch(f"/api/annotations/{own}", json={"completed_by": me(ada)["id"]}).status_code == 403
    assert sam.post(path, json={"result": RESULT, "ground_truth": True}).status_code == 403
    assert sam.post(path, json={"result": RESULT, "completed_by": me(ada)["id"]}).status_code == 403
    # What the editor repeats unchanged is no change.
    same = {"result": [], "ground_truth": False, "completed_by": me(sam)["id"]}
    assert sam.patch(f"/api/annotations/{own}", json=same).status_code == 200
    assert rev.patch(f"/api/annotations/{own}", json={"ground_truth": True}).status_code == 200
    assert sam.delete(f"/api/annotations/{own}").status_code == 204
    assert rev.delete(f"/api/annotations/{theirs}").status_code == 204


# --- members of the organization ----------------------------------------------------------------------------------


def test_listing_members(accounts: Server) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="annotator")
    project = make_project(ada)
    task = ada.post("/api/tasks", json={"project": project, "data": {"text": "a"}}).json()["id"]
    sam.post(f"/api/tasks/{task}/annotations", json={"result": RESULT})
    path = f"{organization_of(ada)}/memberships"
    page = ada.get(f"{path}/").json()
    assert list(page) == ["count", "next", "previous", "results"] and page["count"] == 2
    first = page["results"][0]
    assert first["user"] == ada.get(f"/api/users/{first['user']['id']}").json()
    assert first["created_projects"] is None and first["contributed_to_projects"] is None
    listed = ada.get(path, params={"contributed_to_projects": "true", "page_size": -1}).json()["results"]
    assert listed[0]["created_projects"] == [{"id": project, "title": "Moods"}]
    assert listed[1]["contributed_to_projects"] == [{"id": project, "title": "Moods"}]
    short = ada.get(path, params={"page_size": 1}).json()
    assert short["next"].endswith("page_size=1&page=2") and len(short["results"]) == 1
    assert ada.get(path, params={"page": 3}).status_code == 404
    one = sam.get(f"{path}/{me(sam)['id']}/").json()
    assert one["annotations_count"] == 1 and one["contributed_projects_count"] == 1
    assert one["role"] == "annotator" and one["user"] == me(sam)["id"]
    assert sam.get(f"{path}/99").status_code == 404
    # A project that does not exist for the caller is not told of.
    ada.patch(f"/api/projects/{project}", json={"members_only": True})
    assert sam.get(f"{path}/{me(ada)['id']}").json()["created_projects"] == []


def test_changing_roles(accounts: Server) -> None:
    ada = accounts.add_user()
    admin = accounts.add_user("admin@example.org", role="administrator")
    sam = accounts.add_user("sam@example.org", role="annotator")
    path = f"{organization_of(ada)}/memberships"
    ada_id, admin_id, sam_id = (me(each)["id"] for each in (ada, admin, sam))
    assert sam.patch(f"{path}/{sam_id}", json={"role": "owner"}).status_code == 403
    assert admin.patch(f"{path}/{sam_id}", json={"role": "manager"}).json()["role"] == "manager"
    assert me(sam)["role"] == "manager" and "tasks.delete" in me(sam)["permissions"]
    for user_id, role in (
        (sam_id, "administrator"),
        (sam_id, "owner"),
        (ada_id, "annotator"),
        (admin_id, "owner"),
    ):
        assert admin.patch(f"{path}/{user_id}", json={"role": role}).status_code == 403
    assert "role" in admin.patch(f"{path}/{sam_id}", json={"role": "boss"}).json()["validation_errors"]
    assert ada.patch(f"{path}/{ada_id}", json={"role": "manager"}).status_code == 409
    assert ada.patch(f"{path}/{admin_id}", json={"role": "owner"}).status_code == 200
    assert ada.patch(f"{path}/{ada_id}", json={"role": "manager"}).status_code == 200
    assert ada.patch(f"{path}/{ada_id}", json={"role": "owner"}).status_code == 403
    assert ada.patch(f"{path}/99", json={"role": "owner"}).status_code == 403


@pytest.mark.parametrize("by_user", [True, False], ids=["users", "memberships"])
def test_removing_a_member(accounts: Server, by_user: bool) -> None:
    ada = accounts.add_user()
    sam = accounts.add_user("sam@example.org", role="annotator")
    browser = accounts.sign_in("sam@example.org")
    project = make_project(ada)
    task = ada.post("/api/tasks", json={"project": project, "data": {"text": "a"}}).json()["id"]
    annotation = sam.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).json()["id"]
    sam_id, ada_id = me(sam)["id"], me(ada)["id"]
    ada.post(f"/api/projects/{project}/members", json={"user": sam_id})
    path = "/api/users" if by_user else f"{organization_of(ada)}/memberships"
    assert sam.delete(f"{path}/{ada_id}").status_code == 403
    assert ada.delete(f"{path}/{ada_id}").status_code == 405
    assert ada.delete(f"{path}/99").status_code == 404
    assert ada.delete(f"{path}/{sam_id}/").status_code == 204
    assert ada.delete(f"{path}/{sam_id}").status_code == 404
    assert [client.get(WHOAMI).status_code for client in (sam, browser)] == [401, 401]
    assert ada.get(f"/api/projects/{project}/members").json() == []
    assert [each["id"] for each in ada.get("/api/users").json()] == [ada_id]
    kept = ada.get(f"/api/annotations/{annotation}").json()
    assert kept["completed_by"] == sam_id and kept["result"] == RESULT
    # The address is not free for a stranger, but an administrator can add it again.
    token = ada.get("/api/invite").json()["token"]
    assert sign_up(accounts, "sam@example.org", token) == 200
    again = ada.post("/api/users", json={"email": "sam@example.org", "first_name": "Sam"})
    assert again.status_code == 201 and again.json()["id"] == sam_id
    assert sam.get(WHOAMI).status_code == 401


# --- invitations --------------------------------------------------------------------------------------------------


def test_an_invitation_gives_the_role_it_says(accounts: Server) -> None:
    ada = accounts.add_user()
    link = ada.get("/api/invite").json()
    assert link["role"] == "manager" and link["expires_at"] is None
    made = ada.post("/api/invite/reset-token", json={"role": "annotator", "expires_in_days": 7}).json()
    assert made["role"] == "annotator" and made["expires_at"] > "2026"
    assert made["invite_url"].endswith(f"/user/signup/?token={made['token']}")
    assert sign_up(accounts, "old@example.org", link["token"]) == 403
    assert sign_up(accounts, "sam@example.org", made["token"]) == 302
    assert me(accounts.sign_in("sam@example.org"))["role"] == "annotator"
    assert ada.post("/api/invite/reset-token").json()["role"] == "manager"
    for wrong in ({"role": "owner"}, {"expires_in_days": 0}, {"expires_in_days": "soon"}):
        assert ada.post("/api/invite/reset-token", json=wrong).status_code == 400


def test_an_invitation_ends(accounts: Server) -> None:
    ada = accounts.add_user()
    token = ada.post("/api/invite/reset-token", json={"expires_in_days": 1}).json()["token"]
    past = sa.update(schema.organization).values(invite_expires_at=now_us() - 1)
    accounts.context.db.write_sync(lambda conn: conn.execute(past) and None)
    assert sign_up(accounts, "sam@example.org", token) == 403
    assert ada.post("/api/invite/accept", json={"token": token}).status_code == 400


# --- several organizations ----------------------------------------------------------------------------------------


@pytest.fixture
def two(accounts: Server) -> tuple[Server, TestClient, TestClient]:
    """Ada owns the first organization, Eve the second."""
    ada = accounts.add_user()

    def make(conn: sa.Connection) -> int:
        return organizations.create(conn, title="Elsewhere", legacy_tokens=True)

    second = accounts.context.db.write_sync(make)
    eve = accounts.add_user("eve@elsewhere.example", role="owner", organization_id=second)
    return accounts, ada, eve


def test_joining_and_switching(two: tuple[Server, TestClient, TestClient]) -> None:
    _, ada, eve = two
    theirs = make_project(eve)
    assert ada.get(f"/api/projects/{theirs}").status_code == 404
    token = eve.post("/api/invite/reset-token", json={"role": "reviewer"}).json()["token"]
    joined = ada.post("/api/invite/accept", json={"token": token})
    assert joined.status_code == 200 and joined.json()["title"] == "Elsewhere"
    first, second = (each["id"] for each in ada.get("/api/organizations").json())
    assert me(ada)["active_organization"] == first
    assert ada.get(f"/api/projects/{theirs}").status_code == 404
    # By its id another of the own organizations is open, with the role held there.
    assert ada.get(f"/api/organizations/{second}").json()["token"] is None
    assert ada.patch(f"/api/organizations/{second}", json={"title": "Mine"}).status_code == 403
    assert eve.get(f"/api/organizations/{first}").status_code == 404
    moved = ada.patch(f"/api/users/{me(ada)['id']}", json={"active_organization": second})
    assert moved.status_code == 200 and moved.json()["active_organization"] == second
    assert me(ada)["role"] == "reviewer"
    assert ada.get(f"/api/projects/{theirs}").status_code == 200
    assert ada.patch(f"/api/projects/{theirs}", json={"title": "Mine"}).status_code == 403
    nowhere = ada.patch(f"/api/users/{me(ada)['id']}", json={"active_organization": 99})
    assert nowhere.status_code == 400 and me(ada)["active_organization"] == second
    foreign = eve.patch(f"/api/users/{me(ada)['id']}", json={"active_organization": second, "phone": "1"})
    assert foreign.status_code == 200
    assert eve.patch(f"/api/users/{me(ada)['id']}", json={"active_organization": first}).status_code == 403
    # Removed here, Ada is at home in the first again, with account and token.
    assert eve.delete(f"/api/users/{me(ada)['id']}").status_code == 204
    assert me(ada)["active_organization"] == first and me(ada)["role"] == "owner"


def test_sign_up_goes_to_the_organization_that_invites(two: tuple[Server, TestClient, TestClient]) -> None:
    server, ada, eve = two
    token = eve.get("/api/invite").json()["token"]
    assert sign_up(server, "new@example.org", token) == 302
    assert [each["email"] for each in eve.get("/api/users").json()] == [
        "eve@elsewhere.example",
        "new@example.org",
    ]
    added = eve.post("/api/users", json={"email": "more@example.org"}).json()
    assert added["active_organization_meta"]["title"] == "Elsewhere"
    assert ada.get(f"/api/users/{added['id']}").status_code == 404
    assert len(ada.get("/api/users").json()) == 1


def test_work_goes_on_when_its_owner_moves(two: tuple[Server, TestClient, TestClient]) -> None:
    """A job asked for in one organization is done although its owner works in another meanwhile."""
    server, ada, eve = two
    project = make_project(ada)
    token = eve.get("/api/invite").json()["token"]
    second = ada.post("/api/invite/accept", json={"token": token}).json()["id"]
    ada.post(f"/api/projects/{project}/import", json=[{"text": str(n)} for n in range(600)])
    actor = server.context.db.read_sync(users.actor_of, me(ada)["id"])

    def submit(conn: sa.Connection) -> int:
        ada_moves = sa.update(schema.user).where(schema.user.c.id == actor.user_id)
        job = jobs.submit(
            conn,
            server.context.jobs,
            actor,
            project,
            "delete_tasks",
            Wanted(selected=SelectedItems(all=True)),
            {},
        )
        conn.execute(ada_moves.values(active_organization_id=second))
        return job

    job_id = server.context.db.write_sync(submit)
    assert ada.portal is not None
    state = ada.portal.call(server.context.jobs.wait, job_id, 60.0)
    assert state.state == "completed" and state.result == {"done": 600}
