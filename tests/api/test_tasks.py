"""Tasks over HTTP, on both engines."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.server import Server

from labelyard.projects import service as projects
from labelyard.tasks import service as tasks
from labelyard.tasks.service import NewAnnotation, NewPrediction, NewTask
from labelyard.users import service as users

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)
RESULT = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]
SHORT = [
    "id", "data", "meta", "created_at", "updated_at", "allow_skip", "is_labeled", "overlap", "inner_id",
    "total_annotations", "cancelled_annotations", "total_predictions", "comment_count", "unresolved_comment_count",
    "last_comment_updated_at", "project", "updated_by", "file_upload", "comment_authors",
]  # fmt: skip


@pytest.fixture
def project(client: TestClient) -> Any:
    answer = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def add(client: TestClient, project: int, **fields: Any) -> Any:
    answer = client.post("/api/tasks", json={"project": project, "data": {"text": "a"}, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def fill(server: Server, project: int, new: list[NewTask]) -> range:
    """Insert tasks the way imports do."""

    def insert(conn: Any) -> range:
        actor = users.local_actor(conn)
        row = projects.get(conn, actor, project)
        columns = Counter(key for each in new for key in json.loads(each.data))
        return tasks.insert_tasks(conn, row, actor.user_id, new, columns=columns)

    return server.context.db.write_sync(insert)


def texts(n: int) -> list[NewTask]:
    return [NewTask(json.dumps({"text": f"text {i}"})) for i in range(n)]


def ids_of(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [each["id"] for each in (found if isinstance(found, list) else found["tasks"])]


def errors(answer: Any) -> Any:
    assert answer.status_code == 400, answer.text
    return answer.json()["validation_errors"]


# --- one task -----------------------------------------------------------------------------------------------------


def test_a_new_task_has_the_documented_shape(client, project):
    made = add(client, project, meta={"n": 1}, annotations=[{"result": []}])
    assert list(made) == SHORT
    assert (made["inner_id"], made["overlap"], made["is_labeled"], made["total_annotations"]) == (
        1,
        1,
        False,
        0,
    )
    assert (made["data"], made["meta"], made["project"]) == ({"text": "a"}, {"n": 1}, project)
    assert add(client, project)["inner_id"] == 2


def test_data_is_kept_as_it_was_written(client, project):
    text = '{"text":  "é😀",  "n": 1.0, "big": 12345678901234567890, "b": 1, "a": 2}'
    body = f'{{"project": {project}, "data": {text}}}'
    made = client.post("/api/tasks", content=body, headers={"Content-Type": "application/json"})
    assert made.status_code == 201
    assert text in made.text
    assert text in client.get(f"/api/tasks/{made.json()['id']}").text
    assert text in client.get(f"/api/tasks?project={project}").text


def test_a_form_makes_a_task_too(client, project):
    made = client.post("/api/tasks", data={"project": str(project), "data": '{"text": "from a form"}'})
    assert made.status_code == 201, made.text
    assert made.json()["data"] == {"text": "from a form"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"data": {"text": "a"}}, "project"),
        ({"project": None, "data": {"text": "a"}}, "project"),
        ({"project": "x", "data": {"text": "a"}}, "project"),
        ({"project": 0}, "data"),
        ({"project": 0, "data": "text"}, "data"),
        ({"project": 0, "data": None}, "data"),
        ({"project": 0, "data": {"other": "a"}}, "non_field_errors"),
        ({"project": 0, "data": {"text": "a\x00b"}}, "non_field_errors"),
        ({"project": 0, "data": {"text": "a"}, "meta": "m"}, "meta"),
        ({"project": 0, "data": {"text": "a"}, "overlap": 0}, "overlap"),
        ({"project": 0, "data": {"text": "a"}, "overlap": 2**40}, "overlap"),
    ],
)
def test_wrong_tasks_are_refused_and_name_the_field(client, project, body, field):
    if body.get("project") == 0:
        body = {**body, "project": project}
    assert list(errors(client.post("/api/tasks", json=body))) == [field]
    assert client.get(f"/api/tasks?project={project}").json()["total"] == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"a"', b"null", b'{"project": NaN}', b'{"data": "\xff"}'])
def test_bodies_that_are_no_task_are_refused(client, body):
    answer = client.post("/api/tasks", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert client.post("/api/tasks", content=body, headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_missing_key_is_named(client, project):
    found = errors(client.post("/api/tasks", json={"project": project, "data": {"txet": "a"}}))
    assert '"text" key is expected in task data' in found["non_field_errors"][0]


def test_unknown_projects_and_tasks_are_not_found(client):
    assert client.post("/api/tasks", json={"project": 77, "data": {}}).status_code == 404
    for path in (
        "/api/tasks/77",
        f"/api/tasks/{2**63}",
        f"/api/tasks/{2**200}",
        "/api/tasks/x",
        "/api/tasks/-1",
    ):
        assert client.get(path).status_code == 404, path
    assert client.delete("/api/tasks/77").status_code == 404
    assert client.patch("/api/tasks/77", json={"data": {}}).status_code == 404
    for query in ("", "project=77", "view=1", "project=1&view=1", f"project={2**64}"):
        assert client.get(f"/api/tasks?{query}").status_code in {400, 404}, query
    assert client.get("/api/tasks").status_code == 404


def test_reading_a_task_shows_everything_on_it(client, project):
    task = add(client, project)["id"]
    annotation = client.post(
        f"/api/tasks/{task}/annotations", json={"result": RESULT, "lead_time": 4.0}
    ).json()
    client.post(
        "/api/predictions", json={"task": task, "result": RESULT, "score": 0.5, "model_version": "v1"}
    )
    client.post(f"/api/tasks/{task}/drafts", json={"result": RESULT})
    shown = client.get(f"/api/tasks/{task}/").json()
    person = shown["annotations"][0]["completed_by"]
    assert set(person) == {"id", "first_name", "last_name", "avatar", "email", "initials"}
    assert shown["annotators"] == [person["id"]]
    assert shown["annotations"][0]["result"] == RESULT
    assert [each["model_version"] for each in shown["predictions"]] == ["v1"]
    assert len(shown["drafts"]) == 1 and shown["draft_exists"] is True
    assert shown["annotations_ids"] == str(annotation["id"])
    assert json.loads(shown["annotations_results"]) == [RESULT]
    assert json.loads(shown["predictions_results"]) == [RESULT]
    assert (shown["predictions_score"], shown["predictions_model_versions"]) == (0.5, "v1")
    assert (shown["avg_lead_time"], shown["is_labeled"]) == (4.0, True)
    assert shown["completed_at"] == annotation["created_at"]
    assert shown["updated_by"] == [{"user_id": person["id"]}]


def test_changing_a_task(client, project):
    task = add(client, project, meta={"a": 1})
    changed = client.patch(f"/api/tasks/{task['id']}/", json={"data": {"anything": [1]}, "overlap": 2})
    assert changed.status_code == 200, changed.text
    shown = changed.json()
    assert (shown["data"], shown["meta"], shown["overlap"]) == ({"anything": [1]}, {"a": 1}, 2)
    assert shown["annotations"] == [] and shown["predictions"] == []
    assert shown["updated_at"] > task["updated_at"]
    assert client.put(f"/api/tasks/{task['id']}", json={"meta": {"b": 2}}).json()["meta"] == {"b": 2}
    columns = client.get(f"/api/projects/{project}/summary").json()["all_data_columns"]
    assert columns == {"anything": 1}
    for body in ({"data": "x"}, {"data": {"text": "\x00"}}, {"meta": 3}, {"overlap": -1}):
        assert client.patch(f"/api/tasks/{task['id']}", json=body).status_code == 400
    assert client.get(f"/api/tasks/{task['id']}").json()["data"] == {"anything": [1]}


def test_raising_a_task_s_overlap_opens_it_again(client, project):
    task = add(client, project)["id"]
    client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT})
    assert client.get(f"/api/tasks/{task}").json()["is_labeled"] is True
    assert client.patch(f"/api/tasks/{task}", json={"overlap": 2}).json()["is_labeled"] is False
    assert client.get(f"/api/projects/{project}").json()["finished_task_number"] == 0


def test_deleting_a_task(client, project):
    task = add(client, project)["id"]
    assert client.delete(f"/api/tasks/{task}/").status_code == 204
    assert client.get(f"/api/tasks/{task}").status_code == 404
    assert add(client, project)["id"] > task


def test_undefined_reads_as_the_first_data_key(client, server, project):
    task = fill(server, project, [NewTask('{"$undefined$": "line", "n": 1}')])[0]
    assert client.get(f"/api/tasks/{task}").json()["data"] == {"text": "line", "n": 1}
    assert client.get(f"/api/tasks?project={project}").json()["tasks"][0]["data"] == {"text": "line", "n": 1}
    plain = client.post("/api/projects", json={}).json()["id"]
    task = fill(server, plain, [NewTask('{"$undefined$": "line"}')])[0]
    assert client.get(f"/api/tasks/{task}").json()["data"] == {"$undefined$": "line"}


# --- lists --------------------------------------------------------------------------------------------------------


def test_the_list_has_the_documented_shape(client, server, project):
    fill(server, project, texts(3))
    answer = client.get(f"/api/tasks/?project={project}").json()
    assert (answer["total"], answer["total_annotations"], answer["total_predictions"]) == (3, 0, 0)
    assert list(answer["tasks"][0]) == [
        "id", "drafts", "annotators", "inner_id", "cancelled_annotations", "total_annotations", "total_predictions",
        "annotations_results", "predictions_results", "file_upload", "storage_filename", "annotations_ids",
        "predictions_model_versions", "updated_by", "data", "meta", "created_at", "updated_at", "is_labeled",
        "overlap", "comment_count", "unresolved_comment_count", "last_comment_updated_at", "project",
        "comment_authors",
    ]  # fmt: skip
    full = client.get(f"/api/tasks?project={project}&fields=all").json()["tasks"][0]
    assert {"annotations", "predictions", "completed_at", "avg_lead_time", "draft_exists"} <= set(full)
    only = client.get(f"/api/tasks?project={project}&include=data,inner_id").json()["tasks"]
    assert only[0] == {"id": only[0]["id"], "inner_id": 1, "data": {"text": "text 0"}}


def test_the_list_shows_annotators_as_ids(client, project):
    task = add(client, project)["id"]
    me = client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).json()["completed_by"]
    listed = client.get(f"/api/tasks?project={project}&fields=all").json()
    assert listed["total_annotations"] == 1
    assert listed["tasks"][0]["annotations"][0]["completed_by"] == me
    assert listed["tasks"][0]["annotators"] == [me]


def test_pages_stay_exact_after_deletions(client, server, project):
    ids = list(fill(server, project, texts(60)))
    path = f"/api/tasks?project={project}&page_size=7"
    assert ids_of(client.get(f"{path}&page=3")) == ids[14:21]
    for gone in (ids[0], ids[13], ids[14], ids[40]):
        client.delete(f"/api/tasks/{gone}")
        ids.remove(gone)
    for page in (5, 3, 4, 1, 2, 8, 3):
        assert ids_of(client.get(f"{path}&page={page}")) == ids[7 * (page - 1) : 7 * page]
    more = add(client, project)["id"]
    ids.append(more)
    assert ids_of(client.get(f"{path}&page=9")) == ids[56:]
    assert client.get(f"{path}&page=10").status_code == 404
    assert client.get(f"{path}&page=0").status_code == 404
    assert client.get(f"{path}&page=x").status_code == 404


def test_an_empty_project_has_an_empty_first_page(client, project):
    assert client.get(f"/api/tasks?project={project}").json() == {
        "total": 0, "total_annotations": 0, "total_predictions": 0, "tasks": [], "next": None,
    }  # fmt: skip
    assert client.get(f"/api/tasks?project={project}&page=2").status_code == 404


def test_walking_by_key_sees_each_task_once(client, server, project):
    ids = list(fill(server, project, texts(25)))
    client.delete(f"/api/tasks/{ids.pop(9)}")
    seen: list[int] = []
    after: Any = 0
    while after is not None:
        page = client.get(f"/api/tasks?project={project}&page_size=10&after={after}").json()
        seen += [each["id"] for each in page["tasks"]]
        after = page["next"]
    assert seen == ids
    assert client.get(f"/api/tasks?project={project}&after=25").json()["tasks"] == []


def test_orders(client, server, project):
    data = [{"text": "b", "n": 2}, {"text": "a"}, {"text": "c", "n": 1}]
    ids = list(fill(server, project, [NewTask(json.dumps(each)) for each in data]))
    client.post(f"/api/tasks/{ids[1]}/annotations", json={"result": RESULT})

    def order(by: str, **more: Any) -> list[int]:
        found = ids_of(client.get("/api/tasks", params={"project": project, "ordering": by, **more}))
        return [ids.index(each) for each in found]

    assert order("-id") == [2, 1, 0]
    assert order("-id", page_size=2, page=2) == [0]
    assert order("data.text") == [1, 0, 2]
    assert order("-tasks:data.text") == [2, 0, 1]
    assert order("data.n") == [2, 0, 1]
    assert order("-data.n") == [0, 2, 1]
    assert order("-total_annotations") == [1, 2, 0]
    assert order("tasks:is_labeled") == [0, 2, 1]
    assert order("", query='{"ordering": ["-tasks:inner_id"]}') == [2, 1, 0]
    assert order("", only_annotated="true") == [1]
    for wrong in ("data", "rnd", 'data.a"b', "data."):
        answer = client.get("/api/tasks", params={"project": project, "ordering": wrong})
        assert list(errors(answer)) == ["ordering"]


def test_the_query_parameter_chooses_tasks(client, server, project):
    ids = list(fill(server, project, texts(4)))

    def chosen(**query: Any) -> Any:
        return client.get("/api/tasks", params={"project": project, "query": json.dumps(query)})

    assert ids_of(chosen(selectedItems={"all": False, "included": [ids[2], ids[0], 10**9]})) == [
        ids[0],
        ids[2],
    ]
    assert ids_of(chosen(selectedItems={"all": False, "included": []})) == []
    rest = chosen(selectedItems={"all": True, "excluded": [ids[0]]})
    assert ids_of(rest) == ids[1:] and rest.json()["total"] == 3
    assert chosen(filters={"conjunction": "and", "items": []}).status_code == 200
    assert chosen(filters={"conjunction": "and", "items": [{"filter": "x"}]}).status_code == 400
    assert client.get("/api/tasks", params={"project": project, "query": "{"}).status_code == 400


def test_the_project_s_list_is_newest_first(client, server, project):
    ids = list(fill(server, project, texts(12)))[::-1]
    path = f"/api/projects/{project}/tasks/"
    assert ids_of(client.get(f"{path}?page_size=5")) == ids[:5]
    assert ids_of(client.get(f"{path}?page=3&page_size=5")) == ids[10:]
    assert ids_of(client.get(f"{path}?start=3&page_size=4")) == ids[3:7]
    assert ids_of(client.get(f"{path}?page_size=-1")) == ids
    first = client.get(path).json()[0]
    assert list(first) == [*SHORT, "annotations", "predictions"]
    for query in ("page_size=0", "page=4&page_size=5", "page=0"):
        assert client.get(f"{path}?{query}").status_code == 404
    assert client.get("/api/projects/77/tasks").status_code == 404
    assert client.get("/api/projects/77/tasks?page_size=-1").status_code == 404
    empty = client.post("/api/projects", json={}).json()["id"]
    assert client.get(f"/api/projects/{empty}/tasks?page_size=-1").json() == []
    assert client.get(f"/api/projects/{empty}/tasks").json() == []


def test_all_tasks_of_a_project_come_in_one_list_of_any_length(client, server, project):
    ids = list(fill(server, project, texts(1203)))
    assert ids_of(client.get(f"/api/projects/{project}/tasks?page_size=-1")) == ids[::-1]


# --- bulk ---------------------------------------------------------------------------------------------------------


def test_bulk_insert_keeps_counters_and_nested_results(client, server, project):
    result = json.dumps(RESULT)
    me = client.get("/api/current-user/whoami").json()["id"]
    new = texts(3)
    new[1].annotations = [
        NewAnnotation(result, completed_by=me),
        NewAnnotation(result, me, was_cancelled=True),
    ]
    new[2].predictions = [NewPrediction(result, 0.25, "v1"), NewPrediction(result, None, "v2")]
    new[2].overlap, new[2].meta = 4, '{"m": 1}'
    ids = fill(server, project, new)
    shown = client.get(f"/api/projects/{project}").json()
    assert (shown["task_number"], shown["finished_task_number"]) == (3, 1)
    assert (shown["total_annotations_number"], shown["skipped_annotations_number"]) == (1, 1)
    assert shown["total_predictions_number"] == 2
    task = client.get(f"/api/tasks/{ids[2]}").json()
    assert (task["overlap"], task["meta"], task["total_predictions"]) == (4, {"m": 1}, 2)
    assert len(client.get(f"/api/tasks/{ids[1]}").json()["annotations"]) == 2
    client.delete(f"/api/projects/{project}/tasks")
    shown = client.get(f"/api/projects/{project}").json()
    for counter in (
        "task_number",
        "finished_task_number",
        "total_annotations_number",
        "total_predictions_number",
    ):
        assert shown[counter] == 0
    assert client.get(f"/api/projects/{project}/summary").json()["all_data_columns"] == {}


def test_writers_at_the_same_time_share_the_numbers(client, server, project):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: fill(server, project, texts(7)), range(20)))
    assert len({each for ids in made for each in ids}) == 140
    listed = client.get(f"/api/tasks?project={project}&page_size=200").json()
    assert [each["inner_id"] for each in listed["tasks"]] == list(range(1, 141))
    ids = [each["id"] for each in listed["tasks"]]
    assert ids == sorted(ids) and listed["total"] == 140
    assert client.get(f"/api/projects/{project}/summary").json()["all_data_columns"] == {"text": 140}


def act(client: TestClient, project: int, action: str, **selected: Any) -> Any:
    return client.post(f"/api/dm/actions/?project={project}&id={action}", json={"selectedItems": selected})


def test_deleting_selected_tasks(client, server, project):
    ids = list(fill(server, project, texts(5)))
    nothing = act(client, project, "delete_tasks", all=False, included=[])
    assert (nothing.status_code, nothing.json()["processed_items"]) == (200, 0)
    other = client.post("/api/projects", json={}).json()["id"]
    foreign = fill(server, other, [NewTask("{}")])[0]
    answer = act(client, project, "delete_tasks", all=False, included=[ids[0], ids[2], foreign, 2**70]).json()
    assert answer.pop("undo")["deletion"] > 0
    assert answer == {"processed_items": 2, "detail": "Deleted 2 tasks", "reload": False}
    assert client.get(f"/api/tasks/{foreign}").status_code == 200
    answer = act(client, project, "delete_tasks", all=True, excluded=[ids[4]]).json()
    assert answer["processed_items"] == 2
    assert ids_of(client.get(f"/api/tasks?project={project}")) == [ids[4]]
    answer = act(client, project, "delete_tasks", all=True).json()
    assert answer.pop("undo")["deletion"] > 0
    assert answer == {"processed_items": 1, "detail": "Deleted 1 tasks", "reload": True}


def test_deleting_results_of_selected_tasks_keeps_the_tasks(client, project):
    task = add(client, project)["id"]
    client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT})
    client.post("/api/predictions", json={"task": task, "result": RESULT})
    answer = act(client, project, "delete_tasks_annotations", all=False, included=[task]).json()
    assert (answer["processed_items"], answer["detail"]) == (1, "Deleted 1 annotations")
    answer = act(client, project, "delete_tasks_predictions", all=True).json()
    assert answer["processed_items"] == 1
    shown = client.get(f"/api/tasks/{task}").json()
    assert (shown["annotations"], shown["predictions"], shown["is_labeled"]) == ([], [], False)
    counts = client.get(f"/api/projects/{project}").json()
    assert (counts["total_annotations_number"], counts["total_predictions_number"]) == (0, 0)


def test_wrong_actions_are_refused(client, project):
    task = add(client, project)["id"]
    assert client.post(f"/api/dm/actions?project={project}", json={}).status_code == 422
    assert act(client, project, "explode", all=True).status_code == 400
    assert act(client, 77, "delete_tasks", all=True).status_code == 404
    path = f"/api/dm/actions?project={project}&id=delete_tasks"
    bodies: list[Any] = [{}, {"selectedItems": {}}, {"selectedItems": {"all": False, "included": ["x"]}}, []]
    for body in bodies:
        assert client.post(path, json=body).status_code == 400
    filtered = {"selectedItems": {"all": True}, "filters": {"items": [{"filter": "filter:tasks:id"}]}}
    assert client.post(path, json=filtered).status_code == 400
    assert client.get(f"/api/tasks/{task}").status_code == 200


def test_many_tasks_are_deleted_in_steps(client, server, project):
    ids = fill(server, project, texts(1200))
    answer = act(client, project, "delete_tasks", all=True, excluded=[ids[3], ids[700]]).json()
    assert answer.pop("undo")["deletion"] > 0
    assert answer == {"processed_items": 1198, "detail": "Deleted 1198 tasks", "reload": False}
    assert ids_of(client.get(f"/api/tasks?project={project}")) == [ids[3], ids[700]]


def test_large_projects_follow_and_go_in_steps(server, client, project):
    fill(server, project, texts(1100))
    shown = client.patch(f"/api/projects/{project}", json={"maximum_annotations": 2}).json()
    assert shown["maximum_annotations"] == 2
    overlaps = {
        each["overlap"] for each in client.get(f"/api/tasks?project={project}&page_size=1100").json()["tasks"]
    }
    assert overlaps == {2}
    assert client.delete(f"/api/projects/{project}").status_code == 204
    assert client.get(f"/api/projects/{project}").status_code == 404


# --- odd requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "page=1e9", f"page={10**30}", "page_size=-5", "page_size=0", f"page_size={10**30}", "after=-1", "after=x",
        f"after={2**63}", "fields=%00", "include=%00", "ordering=data.%00", "ordering=%ff", "ordering=data.%ed%a0%80",
        "query=%7B%22selectedItems%22%3A1%7D", "query=%00", "query=[]", "query=%7B%22ordering%22%3A%5B1%5D%7D",
        "only_annotated=maybe", "ordering=data.a.b", "ordering=data.%24", "ordering=data.'", "ordering=--id",
    ],
)  # fmt: skip
def test_odd_parameters_never_break_the_list(client, server, project, query):
    fill(server, project, texts(2))
    for path in (f"/api/tasks?project={project}&{query}", f"/api/projects/{project}/tasks?{query}"):
        assert client.get(path).status_code in {200, 400, 404}, path


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\u0000"', '"a" "b"', '{"a":' * 3000, "1" * 5000])
def test_texts_that_no_database_holds_are_refused(client, project, text):
    body = f'{{"project": {project}, "data": {{"text": {text}}}}}'
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/tasks", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    task = add(client, project)["id"]
    assert client.patch(f"/api/tasks/{task}", content=body, headers=headers).status_code == 400
    answer = client.post(
        "/api/projects", content=f'{{"title": {text}, "description": {text}}}', headers=headers
    )
    assert answer.status_code == 400, answer.text
