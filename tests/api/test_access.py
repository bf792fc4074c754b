"""What belongs to one organization does not exist for another: every operation, by path, query and body."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.answers import check_answer
from tests.support.operations import JSON, OPERATIONS, Operation, good_body
from tests.support.world import CONFIG, RESULT, Place, World, add_stranger, build_world, fingerprint

BY_ID = [each for each in OPERATIONS if "{" in each.path and each.path != "/data/{name}"]
LISTS = [
    each
    for each in OPERATIONS
    if each.method == "GET" and "{" not in each.path and each.path.startswith("/api/")
]

# Whoever asks for it has what it shows reserved; here a task of the stranger's own project.
RESERVING = {"/api/project/next"}
_NAME = re.compile(r'"(title|project_name)":"Moods"')


@pytest.fixture(scope="module")
def stranger(place: Place) -> Iterator[TestClient]:
    with add_stranger(place.server) as client:
        yield client


@pytest.fixture(scope="module")
def elsewhere(stranger: TestClient) -> World:
    """The stranger's own objects, to name beside the foreign ones."""
    return build_world(stranger)


def _body(operation: Operation, world: World) -> Any:
    return good_body(operation, world) if JSON in operation.media else None


@pytest.mark.parametrize("operation", BY_ID, ids=str)
def test_a_foreign_id_in_the_path_is_404(place: Place, stranger: TestClient, operation: Operation) -> None:
    place.refresh()
    before = fingerprint(place.server)
    answer = stranger.request(
        operation.method, operation.url(place.world), json=_body(operation, place.world)
    )
    check_answer(answer, place.directory)
    assert answer.status_code == 404, f"{operation} → {answer.status_code} {answer.text[:300]}"
    assert fingerprint(place.server) == before
    missing = dict.fromkeys(place.world.ids, 2**40)
    same = stranger.request(
        operation.method,
        operation.url(place.world, project=2**40, **missing),
        json=_body(operation, place.world),
    )
    assert same.status_code == 404
    # Nothing tells a foreign object from one that never was.
    assert _without_numbers(same.json()["detail"]) == _without_numbers(answer.json()["detail"])


def _without_numbers(text: str) -> str:
    return "".join(each for each in text if not each.isdigit())


@pytest.mark.parametrize("operation", BY_ID, ids=str)
def test_an_own_parent_does_not_open_a_foreign_child(
    place: Place, stranger: TestClient, elsewhere: World, operation: Operation
) -> None:
    """`/api/tasks/{own}/annotations/{foreign}` and the like."""
    names = [
        part[1:-1]
        for part in operation.path.split("/")
        if part.startswith("{") and part[1:-1] in elsewhere.ids
    ]
    if len(names) < 2:
        return
    before = fingerprint(place.server)
    for foreign in names:
        ids = {**elsewhere.ids, foreign: place.world.ids[foreign]}
        answer = stranger.request(
            operation.method, operation.url(elsewhere, **ids), json=_body(operation, elsewhere)
        )
        assert answer.status_code == 404, f"{operation} {foreign} → {answer.status_code} {answer.text[:300]}"
    assert fingerprint(place.server) == before


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_lists_show_nothing_foreign(
    place: Place, stranger: TestClient, elsewhere: World, operation: Operation
) -> None:
    place.refresh()
    world = place.world
    queries = [
        "",
        f"?project={world.project}",
        f"?task={world.ids['task_id']}",
        f"?ids={world.project}",
        f"?project={elsewhere.project}",
    ]
    before = fingerprint(place.server)
    for query in queries:
        answer = stranger.get(operation.path + query)
        check_answer(answer, place.directory)
        assert "ada@example.org" not in answer.text
        assert '"Moods"' not in _NAME.sub(_own(answer, elsewhere), answer.text)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json"):
            for found in _ids(answer.json()):
                assert found not in _foreign_ids(operation.path, world), (
                    f"{operation.path}{query} {answer.text[:300]}"
                )
    if operation.path not in RESERVING:
        assert fingerprint(place.server) == before


def _own(answer: Any, elsewhere: World) -> str:
    return "" if f'"id":{elsewhere.project}' in answer.text else '"Moods"'


def _ids(value: Any) -> list[int]:
    items: list[Any] = (
        (value.get("results") or value.get("tasks") or []) if isinstance(value, dict) else value
    )
    return [each["id"] for each in items if isinstance(each, dict) and "id" in each]


def _foreign_ids(path: str, world: World) -> set[int]:
    kinds = {"projects": "project_id", "counts": "project_id", "tasks": "task_id", "predictions": "prediction_id",
             "users": "user_id", "organizations": "organization_id", "views": "view_id"}  # fmt: skip
    name = kinds.get(path.rpartition("/")[2])
    return {world.ids[name]} if name else set()


def bodies(own: World, foreign: World) -> list[tuple[str, str, Any]]:
    """Requests of the stranger on their own objects that name a foreign one in the body or the query."""
    project, task, annotation = own.project, own.ids["task_id"], own.ids["annotation_id"]
    made = {"result": RESULT}
    return [
        ("POST", "/api/tasks", {"project": foreign.project, "data": {"text": "a"}}),
        ("PATCH", f"/api/tasks/{task}", {"project": foreign.project}),
        ("POST", "/api/predictions", {"task": foreign.ids["task_id"], **made}),
        ("PATCH", f"/api/predictions/{own.ids['prediction_id']}", {"task": foreign.ids["task_id"]}),
        ("POST", f"/api/tasks/{task}/annotations", {**made, "completed_by": foreign.owner}),
        ("POST", f"/api/tasks/{task}/annotations", {**made, "parent_annotation": foreign.ids["annotation_id"]}),
        ("POST", f"/api/tasks/{task}/annotations", {**made, "parent_prediction": foreign.ids["prediction_id"]}),
        ("POST", f"/api/tasks/{task}/annotations", {**made, "draft_id": foreign.ids["draft_id"]}),
        ("PATCH", f"/api/annotations/{annotation}", {"completed_by": foreign.owner}),
        ("PATCH", f"/api/annotations/{annotation}", {"parent_annotation": foreign.ids["annotation_id"]}),
        ("PATCH", f"/api/annotations/{annotation}", {"task": foreign.ids["task_id"], "project": foreign.project}),
        ("POST", f"/api/tasks/{task}/annotations/{foreign.ids['annotation_id']}/drafts", made),
        ("POST", f"/api/projects/{project}/reimport", {"file_upload_ids": [foreign.ids["upload_id"]]}),
        ("DELETE", f"/api/projects/{project}/file-uploads", {"file_upload_ids": [foreign.ids["upload_id"]]}),
        ("POST", f"/api/dm/actions?project={project}&id=delete_tasks", {"selectedItems": {"all": False, "included": [foreign.ids["task_id"]]}}),
        ("POST", f"/api/dm/actions?project={foreign.project}&id=delete_tasks", {"selectedItems": {"all": True}}),
        ("POST", f"/api/dm/actions?project={project}&id=delete_tasks_annotations",
         {"selectedItems": {"all": False, "included": [foreign.ids["task_id"]]}}),
        ("POST", f"/api/dm/actions?project={project}&id=delete_tasks&view={foreign.ids['view_id']}", {}),
        ("POST", f"/api/dm/actions?project={project}&id=delete_tasks", {"view": foreign.ids["view_id"]}),
        ("POST", f"/api/dm/actions?project={foreign.project}&id=next_task", {"view": foreign.ids["view_id"]}),
        ("POST", f"/api/dm/actions?project={project}&id=next_task", {"selectedItems": {"all": False, "included": [foreign.ids["task_id"]]}}),
        ("POST", "/api/dm/views", {"project": foreign.project, "data": {}}),
        ("PATCH", f"/api/dm/views/{own.ids['view_id']}", {"project": foreign.project}),
        ("POST", "/api/dm/views/order", {"project": project, "ids": [foreign.ids["view_id"]]}),
        ("POST", "/api/dm/views/order", {"project": foreign.project, "ids": [foreign.ids["view_id"]]}),
        ("DELETE", "/api/dm/views/reset", {"project": foreign.project}),
        ("GET", f"/api/tasks?view={foreign.ids['view_id']}", None),
        ("GET", f"/api/tasks?project={project}&view={foreign.ids['view_id']}", None),
        ("POST", f"/api/projects/{project}/import", [{"data": {"text": "a"}, "annotations": [{**made, "completed_by": foreign.owner}]}]),
        ("POST", f"/api/projects/{project}/import", [{"data": {"text": "a"}, "project": foreign.project, "id": foreign.ids["task_id"]}]),
        ("POST", f"/api/projects/{project}/import", [{"data": {"text": "a"}, "file_upload": foreign.ids["upload_id"]}]),
        ("POST", "/api/projects", {"title": "Taken", "organization": foreign.organization, "created_by": foreign.owner}),
        ("PATCH", f"/api/projects/{project}", {"organization": foreign.organization, "id": foreign.project}),
        ("POST", "/api/users", {"email": "ada@example.org", "active_organization": foreign.organization}),
        ("POST", "/api/users", {"email": "mole@elsewhere.example", "active_organization": foreign.organization, "is_superuser": True}),
        ("GET", f"/api/projects/{project}/export?ids={foreign.ids['task_id']}&download_all_tasks=1", None),
        ("GET", f"/api/projects/{project}/file-uploads?ids=[{foreign.ids['upload_id']}]", None),
        ("GET", f"/api/tasks?project={project}&query=%7B%22selectedItems%22%3A%7B%22all%22%3Afalse%2C%22included%22%3A%5B{foreign.ids['task_id']}%5D%7D%7D", None),
        ("GET", f"/data/upload/{project}/{foreign.upload_name}", None),
        ("GET", f"/data/upload/{foreign.upload_name}", None),
    ]  # fmt: skip


def _belongings(place: Place, world: World) -> list[Any]:
    """Everything that the owner sees of the own objects."""
    paths = [f"/api/{name}/{world.ids[key]}" for name, key in
             (("projects", "project_id"), ("tasks", "task_id"), ("annotations", "annotation_id"), ("drafts", "draft_id"),
              ("predictions", "prediction_id"), ("organizations", "organization_id"), ("dm/views", "view_id"))]  # fmt: skip
    paths += [f"/api/projects/{world.project}/export?download_all_tasks=1", "/api/users", "/api/projects",
              f"/api/import/file-upload/{world.ids['upload_id']}", f"/data/upload/{world.project}/{world.upload_name}"]  # fmt: skip
    answers = map(place.client.get, paths)
    # When somebody was last active moves with every minute.
    return [(each.status_code, re.sub(r'"last_activity":"[^"]*"', "", each.text)) for each in answers]


def test_a_foreign_id_in_a_body_reaches_nothing(place: Place, stranger: TestClient, elsewhere: World) -> None:
    place.refresh()
    mine = _belongings(place, place.world)
    assert {status for status, _ in mine} == {200}
    for method, url, body in bodies(elsewhere, place.world):
        answer = stranger.request(method, url, json=body)
        check_answer(answer, place.directory)
        assert "ada@example.org" not in answer.text.replace(str(body), ""), (
            f"{method} {url} {answer.text[:300]}"
        )
        assert _belongings(place, place.world) == mine, (
            f"{method} {url} {body} → {answer.status_code} changed what is foreign"
        )
        if method == "GET":
            assert answer.status_code in {200, 400, 404}
            assert '"text":"one"' not in answer.text and answer.text != "text\nthree\n", (
                f"{url} {answer.text[:300]}"
            )


# A draft that is gone, or another's, is no reason to lose an annotation: it is left alone and the work saved.
REFERENCES = ("completed_by", "parent_annotation", "parent_prediction")


@pytest.mark.parametrize("field", REFERENCES)
def test_a_foreign_reference_is_refused_by_name(
    place: Place, stranger: TestClient, elsewhere: World, field: str
) -> None:
    place.refresh()
    known = {"completed_by": place.world.owner}
    foreign = known.get(field) or place.world.ids[f"{field.removeprefix('parent_')}_id"]
    before = fingerprint(place.server)
    url = f"/api/tasks/{elsewhere.ids['task_id']}/annotations"
    answer = stranger.post(url, json={"result": RESULT, field: foreign})
    assert answer.status_code in {400, 404} and fingerprint(place.server) == before, answer.text
    assert field in answer.text or answer.status_code == 404
    assert stranger.post(url, json={"result": RESULT, field: 2**40}).status_code == answer.status_code


def test_fields_of_the_server_cannot_be_set(place: Place) -> None:
    """Mass assignment: what is not documented as writable is ignored."""
    place.refresh()
    client, world = place.client, place.world
    evil = {"id": 999_999, "created_by": 999, "organization": 2, "organization_id": 2, "created_at": "2000-01-01T00:00:00Z",
            "is_superuser": True, "role": "owner", "password": "x" * 20, "task_number": 7, "project_id": 2, "version": 9}  # fmt: skip
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/projects", {"title": "Mass"}),
        ("PATCH", f"/api/projects/{world.project}", {"title": "Moods"}),
        ("POST", "/api/tasks", {"project": world.project, "data": {"text": "a"}}),
        ("PATCH", f"/api/tasks/{world.ids['task_id']}", {}),
        ("PATCH", f"/api/annotations/{world.ids['annotation_id']}", {"result": RESULT}),
        ("PATCH", f"/api/users/{world.owner}", {"first_name": "Ada"}),
    ]
    for method, url, body in calls:
        answer = client.request(method, url, json={**body, **evil, "label_config": CONFIG})
        assert answer.status_code in {200, 201}, answer.text
        shown = answer.json()
        assert shown["id"] != 999_999 and "2000-01-01" not in answer.text
        assert shown.get("organization", world.organization) == world.organization
    assert place.server.sign_in("ada@example.org").get("/api/current-user/whoami").status_code == 200
