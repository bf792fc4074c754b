"""Views, what is selected in them, and actions on their tasks, on both engines."""

import json
import random
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.support.labeling import check_books
from tests.support.server import Server

from labelyard.projects import service as projects
from labelyard.users import service as users
from labelyard.views import duplicates

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)
RESULT = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]
FILTERS = {
    "conjunction": "and",
    "items": [{"filter": "filter:tasks:data.n", "operator": "greater", "type": "Number", "value": 1}],
}


@pytest.fixture
def project(client: TestClient) -> Any:
    made = client.post("/api/projects", json={"title": "Views", "label_config": CONFIG}).json()["id"]
    rows = [{"text": f"text {n}", "n": n} for n in range(5)]
    assert client.post(f"/api/projects/{made}/import", json=rows).status_code == 201
    return made


def make(client: TestClient, project: int, **data: Any) -> Any:
    answer = client.post("/api/dm/views/", json={"project": project, "data": data})
    assert answer.status_code == 201, answer.text
    return answer.json()


def tasks(client: TestClient, **query: Any) -> list[Any]:
    answer = client.get("/api/tasks", params={"page_size": 1000, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["tasks"]


def ids(client: TestClient, **query: Any) -> list[int]:
    return [each["id"] for each in tasks(client, **query)]


def act(client: TestClient, project: int, action: str, extra: str = "", **body: Any) -> Any:
    return client.post(f"/api/dm/actions?project={project}&id={action}{extra}", json=body)


ALL = {"all": True, "excluded": []}


def test_a_view_keeps_what_it_is_sent(client: TestClient, project: int) -> None:
    data = {"title": "A", "odd": {"x": [1, None]}, "filters": FILTERS, "ordering": ["-tasks:id"]}
    view = make(client, project, **data)
    assert list(view) == ["id", "data", "order", "user", "project"]
    assert (view["data"], view["order"], view["project"]) == (data, 0, project)
    path = f"/api/dm/views/{view['id']}/"
    assert client.get(path).json() == view
    changed = client.patch(path, json={"data": {"title": "B"}}).json()
    assert changed["data"] == {"title": "B", "filters": FILTERS, "ordering": ["-tasks:id"]}
    cleared = client.put(path, json={"data": {"filters": {"conjunction": "or", "items": []}}}).json()
    assert cleared["data"]["filters"]["items"] == [] and cleared["data"]["ordering"] == ["-tasks:id"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.delete(path).status_code == 404


def test_views_are_put_in_order_and_reset(client: TestClient, project: int) -> None:
    made = [make(client, project, title=str(n))["id"] for n in range(3)]
    order = {"project": project, "ids": [made[2], made[0]]}
    assert client.post("/api/dm/views/order/", json=order).status_code == 200
    listed = client.get(f"/api/dm/views/?project={project}").json()
    assert [each["id"] for each in listed] == [made[2], made[0], made[1]]
    foreign = {"project": project, "ids": [made[1], 10**6]}
    assert client.post("/api/dm/views/order", json=foreign).status_code == 404
    assert client.get(f"/api/dm/views?project={project}").json() == listed
    assert client.request("DELETE", "/api/dm/views/reset/", json={"project": project}).status_code == 204
    assert client.get(f"/api/dm/views?project={project}").json() == []
    make(client, project)
    # The official client names the project in the query.
    assert client.delete(f"/api/dm/views/reset/?project={project}").status_code == 204
    assert client.get(f"/api/dm/views?project={project}").json() == []
    assert client.delete("/api/dm/views/reset/").status_code == 400
    assert client.post("/api/dm/views", json={}).status_code == 400
    assert client.post("/api/dm/views", json={"project": 10**6}).status_code == 404


def test_tasks_of_a_view(client: TestClient, project: int) -> None:
    everything = ids(client, project=project)
    view = make(client, project, filters=FILTERS, ordering=["-tasks:id"])["id"]
    assert ids(client, view=view) == everything[:1:-1]
    # The view goes before what is sent beside it.
    query = json.dumps({"filters": {"conjunction": "and", "items": []}, "ordering": ["tasks:id"]})
    assert ids(client, view=view, query=query) == everything[:1:-1]
    assert client.get(f"/api/tasks?view={view}&page=2").status_code == 404
    assert client.get("/api/tasks?view=77").status_code == 404
    chosen = json.dumps({"all": False, "included": everything[:3]})
    assert ids(client, project=project, selectedItems=chosen) == everything[:3]
    assert client.get("/api/tasks", params={"project": project, "selectedItems": "{"}).status_code == 400
    other = client.post("/api/projects", json={}).json()["id"]
    assert client.get(f"/api/tasks?view={view}&project={other}").status_code == 404


def test_what_is_selected_in_a_view(client: TestClient, project: int) -> None:
    view = make(client, project, title="S")["id"]
    path = f"/api/dm/views/{view}/selected-items"
    assert client.get(path).json() == {"all": False, "included": []}
    assert client.post(path, json={"all": False, "included": [1, 2]}).json()["included"] == [1, 2]
    assert client.patch(path, json={"all": False, "included": [2, 3]}).json()["included"] == [1, 2, 3]
    removed = client.request("DELETE", path, json={"all": False, "included": [1]})
    assert removed.json() == client.get(path).json() == {"all": False, "included": [2, 3]}
    assert client.patch(path, json={"all": True}).status_code == 400
    assert client.post(path, json={"included": [1]}).status_code == 400


def test_actions_follow_filters_views_and_selections(client: TestClient, project: int) -> None:
    everything = ids(client, project=project)
    nothing = {"all": False, "included": []}
    assert act(client, project, "delete_tasks", selectedItems=nothing).json()["processed_items"] == 0
    assert act(client, project, "delete_tasks").status_code == 400
    assert act(client, project, "delete_tasks", selectedItems=ALL, filters={"items": [1]}).status_code == 400
    assert ids(client, project=project) == everything
    selected = {"all": True, "excluded": [everything[4]]}
    done = act(client, project, "delete_tasks", selectedItems=selected, filters=FILTERS).json()
    assert done.pop("undo")["deletion"] > 0
    assert done == {"processed_items": 2, "detail": "Deleted 2 tasks", "reload": False}
    view = make(client, project, filters=FILTERS, selectedItems=ALL)["id"]
    assert act(client, project, "delete_tasks", f"&view={view}").json()["processed_items"] == 1
    assert ids(client, project=project) == everything[:2]


def test_without_ml_backends_no_predictions_are_retrieved(client: TestClient, project: int) -> None:
    answer = act(client, project, "retrieve_tasks_predictions", selectedItems=ALL)
    assert answer.status_code == 200, answer.text
    assert answer.json()["processed_items"] == 0
    assert "no ML backend is connected" in answer.json()["detail"]


def test_predictions_become_annotations_once(client: TestClient, project: int) -> None:
    one, two = ids(client, project=project)[:2]
    for task, version in ((one, "v1"), (one, "v2"), (two, "v1")):
        made = client.post(
            "/api/predictions", json={"task": task, "result": RESULT, "model_version": version}
        )
        assert made.status_code == 201
    answer = act(client, project, "predictions_to_annotations", selectedItems=ALL, model_version="v1")
    assert answer.json()["detail"] == "Created 2 annotations"
    again = act(client, project, "predictions_to_annotations", selectedItems=ALL, model_version="v1")
    assert again.json()["processed_items"] == 0
    assert (
        act(client, project, "predictions_to_annotations", selectedItems=ALL).json()["processed_items"] == 1
    )
    shown = client.get(f"/api/tasks/{one}").json()
    assert [each["result"] for each in shown["annotations"]] == [RESULT, RESULT]
    assert {each["parent_prediction"] for each in shown["annotations"]} == {
        each["id"] for each in shown["predictions"]
    }
    assert shown["total_annotations"] == 2 and shown["is_labeled"]
    assert client.get(f"/api/projects/{project}").json()["total_annotations_number"] == 3


def test_of_duplicates_the_annotated_one_stays(client: TestClient, project: int) -> None:
    rows = [{"text": "d", "n": 1}, {"n": 1.0, "text": "d"}, {"text": "d", "n": 1}, {"text": "d", "n": 2}]
    url = f"/api/projects/{project}/import?return_task_ids=1"
    made = client.post(url, json=rows).json()["task_ids"]
    client.post(f"/api/tasks/{made[1]}/annotations", json={"result": RESULT})
    before = ids(client, project=project)
    answer = act(client, project, "remove_duplicates", selectedItems=ALL)
    assert answer.json()["processed_items"] == 2, answer.text
    assert ids(client, project=project) == [each for each in before if each not in (made[0], made[2])]
    assert len(client.get(f"/api/tasks/{made[1]}").json()["annotations"]) == 1


def test_many_duplicates_go_as_comparing_each_with_each_says(client: TestClient, server: Server) -> None:
    project = client.post("/api/projects", json={"title": "Twice", "label_config": CONFIG}).json()["id"]
    chance = random.Random(4)
    rows: list[dict[str, Any]] = [
        {"data": {"text": f"t{chance.randrange(400)}", "n": chance.choice([1, 2.5])}} for _ in range(1300)
    ]
    for row in chance.sample(rows, 40):
        row["annotations"] = [{"result": RESULT, "was_cancelled": chance.random() < 0.3}]
    for row in chance.sample(rows, 200):
        row["predictions"] = [{"result": RESULT}]
    spelled = [
        json.dumps(row).replace(": 1}", ": 1.0}") if chance.random() < 0.5 else json.dumps(row)
        for row in rows
    ]
    made = client.post(
        f"/api/projects/{project}/import?return_task_ids=1",
        content=f"[{','.join(spelled)}]",
        headers={"Content-Type": "application/json"},
    ).json()["task_ids"]
    drafted = set(chance.sample(made, 20))
    for task in drafted:
        assert client.post(f"/api/tasks/{task}/drafts", json={"result": RESULT}).status_code == 201

    def rank(place: int) -> int:
        row = rows[place]
        if "annotations" in row:
            return 4 if not row["annotations"][0]["was_cancelled"] else 3
        return 2 if made[place] in drafted else 1 if "predictions" in row else 0

    stay = []
    for place, row in enumerate(rows):
        same = [other for other, each in enumerate(rows) if each["data"] == row["data"]]
        if rank(place) >= 2 or place == min(same, key=lambda other: (-rank(other), other)):
            stay.append(made[place])
    answer = act(client, project, "remove_duplicates", selectedItems=ALL)
    assert answer.json()["processed_items"] == len(rows) - len(stay) > 0, answer.text
    assert ids(client, project=project, page_size=2000) == stay
    server.context.db.read_sync(check_books, project)
    assert act(client, project, "remove_duplicates", selectedItems=ALL).json()["processed_items"] == 0


def test_what_was_changed_since_it_was_compared_is_no_duplicate(client: TestClient, server: Server) -> None:
    project = client.post("/api/projects", json={"title": "Twice"}).json()["id"]
    rows = [{"text": "same"}] * 4
    made = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=rows).json()["task_ids"]
    db = server.context.db
    compared = db.read_sync(projects.counts, project).data_changes

    def remove(conn: Connection, task: int) -> int:
        actor = users.worker(conn, 1, project)
        given = {"kept": [made[0]], "data_changes": compared}
        return duplicates.remove(conn, actor, projects.get(conn, actor, project), [task], given)

    assert db.write_sync(remove, made[3]) == 1
    assert client.patch(f"/api/tasks/{made[1]}", json={"data": {"text": "other"}}).status_code == 200
    assert db.write_sync(remove, made[1]) == 0
    assert db.write_sync(remove, made[2]) == 1
    assert ids(client, project=project) == made[:2]


def test_annotated_tasks_go_with_all_that_counts_them(client: TestClient, server: Server) -> None:
    project = client.post(
        "/api/projects", json={"title": "Gone", "label_config": CONFIG, "maximum_annotations": 2}
    ).json()["id"]
    one = {"result": RESULT}
    kinds: list[list[dict[str, Any]]] = [
        [], [one], [one, one], [{**one, "was_cancelled": True}], [one, {**one, "ground_truth": True}], [], [], [],
    ]  # fmt: skip
    rows = [
        {"data": {"text": str(n)}, "annotations": kinds[n % 8], "predictions": [{"result": RESULT}] * (n % 2)}
        for n in range(520)
    ]
    answer = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=rows)
    assert answer.status_code == 201, answer.text
    made = answer.json()["task_ids"]
    stay = [*made[:7], made[300]]
    selected = {"all": True, "excluded": stay}
    done = act(client, project, "delete_tasks", selectedItems=selected)
    assert done.json()["processed_items"] == 512, done.text
    assert ids(client, project=project) == stay
    server.context.db.read_sync(check_books, project)
    told = client.get(f"/api/projects/{project}/history?deleted=1&limit=500").json()
    deleted = [each["task"] for each in told]
    gone = [task for task, row in zip(made, rows, strict=True) for _ in row["annotations"]]
    assert sorted(deleted) == [task for task in gone if task not in stay]
    assert act(client, project, "delete_tasks", selectedItems=ALL).json()["processed_items"] == 8
    server.context.db.read_sync(check_books, project)


def test_labels_are_cached_in_the_data(client: TestClient, project: int) -> None:
    one = ids(client, project=project)[0]
    for _ in range(2):
        client.post(f"/api/tasks/{one}/annotations", json={"result": RESULT})
    chosen = {"all": False, "included": [one]}
    assert act(client, project, "cache_labels", selectedItems=chosen).status_code == 200
    act(client, project, "cache_labels", selectedItems=chosen, control_tag="mood", with_counters="No")
    data = client.get(f"/api/tasks/{one}").json()["data"]
    assert (data["cache_all"], data["cache_mood"], data["text"]) == ("good: 2", "good", "text 0")


def test_the_next_task_of_a_list(client: TestClient, project: int) -> None:
    everything = ids(client, project=project)
    first = act(client, project, "next_task", selectedItems=ALL, ordering=["-tasks:id"])
    assert first.status_code == 200, first.text
    assert (first.json()["id"], first.json()["queue"]) == (everything[4], "Data manager queue")
    again = act(client, project, "next_task", selectedItems=ALL, ordering=["-tasks:id"]).json()
    assert (again["id"], again["unique_lock_id"]) == (everything[4], first.json()["unique_lock_id"])
    body = {"selectedItems": ALL, "ordering": ["-tasks:id"]}
    ahead = act(client, project, "next_task", f"&exclude={everything[4]}", **body).json()
    assert ahead["id"] == everything[3]
    both = f"&exclude={everything[4]},{everything[3]}"
    assert act(client, project, "next_task", both, **body).json()["id"] == everything[2]
    assert act(client, project, "next_task", "&exclude=x", **body).status_code == 400
    for task in everything[2:4]:
        assert client.delete(f"/api/tasks/{task}/lease").status_code == 204
    seen = []
    view = make(client, project, filters=FILTERS, ordering=["-tasks:id"])["id"]
    while (answer := act(client, project, "next_task", f"&view={view}")).status_code == 200:
        seen.append(answer.json()["id"])
        saved = client.post(f"/api/tasks/{seen[-1]}/annotations", json={"result": RESULT})
        assert saved.status_code == 201
    assert answer.status_code == 404 and seen == everything[:1:-1]
