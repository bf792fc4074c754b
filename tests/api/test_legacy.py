"""The dialect of Label Studio 0.x: every row of its table of endpoints, method by method, right and wrong."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.answers import check_answer
from tests.support.legacy_documents import ENDPOINTS
from tests.support.operations import OPERATIONS
from tests.support.server import Server, http, live_server, settings_for
from tests.support.world import CONFIG, PNG, RESULT

BAD = [{**RESULT[0], "value": {"choices": ["bad"]}}]
XML = {"content-type": "application/xml; charset=utf-8"}


@pytest.fixture
def project(client: TestClient) -> int:
    """Three tasks: one completed, one skipped, one with a prediction only."""
    made = client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG})
    tasks = [
        {
            "id": 123,
            "data": {"text": "one", "ref_id": 456},
            "completions": [{"result": RESULT, "lead_time": 4.0, "created_at": 1590712275}],
            "predictions": [{"result": RESULT, "score": 0.95}],
        },
        {
            "data": {"text": "two"},
            "completions": [{"result": [], "was_cancelled": True, "created_at": 1590712276}],
        },
        {"data": {"text": "three"}, "predictions": [{"result": BAD, "score": 0.5}]},
    ]
    answer = client.post("/api/project/import", json=tasks)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body.pop("duration") > 0
    ids = body.pop("new_task_ids")
    assert len(ids) == 3 and ids == sorted(ids)
    assert body == {
        "task_count": 3, "completion_count": 2, "prediction_count": 2, "formats": {"request": 3},
    }  # fmt: skip
    return int(made.json()["id"])


@pytest.fixture
def ids(client: TestClient, project: int) -> list[int]:
    return [each["id"] for each in client.get("/api/tasks").json()]


def refused(answer: Any, status: int, *words: str) -> None:
    check_answer(answer)
    assert answer.status_code == status, answer.text
    for word in words:
        assert word in answer.text, answer.text


# --- the project --------------------------------------------------------------------------------------------------


def test_without_a_project_everything_says_so(client: TestClient) -> None:
    for path in (
        "/api/project",
        "/api/tasks",
        "/api/project/next",
        "/api/project/export",
        "/api/completions",
    ):
        refused(client.get(path), 404, "There is no project yet")
    refused(client.post("/api/project/import", json=[{"text": "a"}]), 404, "There is no project yet")


def test_get_project(client: TestClient, project: int) -> None:
    found = client.get("/api/project/").json()
    assert set(found) >= {
        "project_name", "task_count", "completion_count", "config", "instruction", "can_manage_tasks",
        "can_manage_completions", "can_delete_tasks", "source_storage", "target_storage", "available_storages",
        "source_syncing", "target_syncing", "data_types", "label_config_line", "multi_session_mode",
    }  # fmt: skip
    assert (found["task_count"], found["completion_count"]) == (3, 2)
    assert found["data_types"] == {"text": "Text"}
    assert found["config"]["sampling"] == "sequential"
    assert found["label_config_line"] == CONFIG
    refused(client.get("/api/project?project=999"), 404)


def test_post_project_makes_one_and_switches(client: TestClient, project: int) -> None:
    first = client.get("/api/project").json()
    assert client.post("/api/project").status_code == 200
    made = client.post("/api/project?new=1&desc=Other moods")
    assert made.status_code == 201
    assert (made.json()["project_name"], made.json()["task_count"]) == ("Other moods", 0)
    assert client.get("/api/project").json()["id"] == made.json()["id"]
    assert client.get("/api/tasks").json() == []
    # and back, by the UUID that only the server can make
    back = client.post(f"/api/project-switch?uuid={first['uuid']}")
    assert back.status_code == 200 and back.json()["project_name"] == "Moods"
    assert client.get("/api/project").json()["task_count"] == 3
    moved = client.get(f"/api/project-switch?uuid={made.json()['uuid']}")
    assert (moved.status_code, moved.headers["location"]) == (302, f"/projects/{made.json()['id']}/data")
    assert client.get("/api/project").json()["task_count"] == 0


def test_a_switch_needs_a_uuid_of_this_server(client: TestClient, project: int) -> None:
    uuid = client.get("/api/project").json()["uuid"]
    for method in ("GET", "POST"):
        refused(client.request(method, "/api/project-switch"), 400, "uuid")
        for wrong in (
            "x",
            str(project),
            "00000000-0000-0000-0000-000000000000",
            uuid[:-1] + ("0" if uuid[-1] != "0" else "1"),
        ):
            refused(client.request(method, f"/api/project-switch?uuid={wrong}"), 404)
    assert client.get("/api/project").json()["id"] == project


def test_a_session_whose_project_is_gone_falls_back(client: TestClient, project: int) -> None:
    made = client.post("/api/project?new=1&desc=Other").json()
    assert client.delete(f"/api/projects/{made['id']}").status_code == 204
    assert client.get("/api/project").json()["id"] == project


def test_patch_project(client: TestClient, project: int) -> None:
    change = {"title": "Letters", "instruction": "<b>Read.</b>", "sampling": "uniform", "unknown": 1}
    answer = client.patch("/api/project", json=change)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["project_name"], found["instruction"], found["config"]["sampling"]) == (
        "Letters", "<b>Read.</b>", "uniform",
    )  # fmt: skip
    assert client.get(f"/api/projects/{project}").json()["sampling"] == "Uniform sampling"
    refused(client.patch("/api/project", json={"sampling": "backwards"}), 400, "sampling")
    refused(client.patch("/api/project", json={"title": "x" * 51}), 400, "title")
    refused(client.patch("/api/project", content=b"{", headers={"content-type": "application/json"}), 400)
    assert client.get("/api/project").json()["project_name"] == "Letters"


def test_save_config(client: TestClient, project: int) -> None:
    wider = CONFIG.replace("</Choices>", '<Choice value="so so"/></Choices>')
    answer = client.post("/api/project/config", json={"label_config": wider})
    assert (answer.status_code, answer.content) == (201, b"")
    assert client.get("/api/project").json()["label_config_line"] == wider
    sent: dict[str, Any]
    for sent in (
        {"data": {"label_config": CONFIG}},
        {"content": CONFIG.encode(), "headers": XML},
        {"content": b'<?xml version="1.0" encoding="utf-8"?>\n' + wider.encode(), "headers": XML},
    ):
        assert client.post("/api/project/config", **sent).status_code == 201, sent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<View>", ["line 1"]),
        (
            '<View><Choices name="a" toName="b"/><Labels name="a" toName="c"/></View>',
            ['"a" is used already', '"b"'],
        ),
        ("<View></View>", ["from_name=mood"]),
        (CONFIG.replace('<Choice value="good"/>', ""), ["good"]),
    ],
)
def test_a_wrong_config_is_refused_with_all_that_is_wrong(
    client: TestClient, project: int, text: str, words: list[str]
) -> None:
    for path in ("/api/project/config", "/api/validate-config"):
        for field in ("json", "data"):
            sent: dict[str, Any] = {field: {"label_config": text}}
            answer = client.post(path, **sent)
            assert answer.status_code == 400
            assert set(answer.json()) == {"label_config"}
            assert all(word in " ".join(answer.json()["label_config"]) for word in words), answer.text
    assert client.post("/api/project/config", content=text.encode(), headers=XML).status_code == 400
    assert client.get("/api/project").json()["label_config_line"] == CONFIG


def test_a_config_has_to_fit_the_data(client: TestClient, project: int) -> None:
    """A key that a control labels must be in every task; what is only shown may be missing."""
    client.post("/api/project/import", json=[{"text": "four", "title": "t"}])
    shown = CONFIG.replace("<View>", '<View><Header value="$title"/>')
    for path in ("/api/project/config", "/api/validate-config"):
        for config in (CONFIG.replace("$text", "$body"), CONFIG.replace("$text", "$title")):
            answer = client.post(path, data={"label_config": config})
            assert answer.status_code == 400, answer.text
            (said,) = answer.json()["label_config"]
            assert "is missing in" in said and "of 4 tasks" in said and said.startswith("line 1, <Text>")
        assert client.post(path, data={"label_config": shown}).status_code in (201, 204)
    client.delete("/api/tasks")
    assert (
        client.post(
            "/api/project/config", json={"label_config": CONFIG.replace("$text", "$body")}
        ).status_code
        == 201
    )


def test_pages_of_0x_lead_to_those_of_the_project(client: TestClient) -> None:
    assert client.get("/import").headers["location"] == "/projects/new"
    made = client.post("/api/projects", json={"title": "Moods"}).json()["id"]
    for path, page in (
        ("/welcome", "data"),
        ("/tasks", "data"),
        ("/setup", "settings"),
        ("/import", "import"),
        ("/export", "export"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (302, f"/projects/{made}/{page}")


def test_a_config_that_is_none(client: TestClient, project: int) -> None:
    sent: dict[str, Any]
    for sent in ({"json": {}}, {"json": {"label_config": None}}, {"content": b"", "headers": XML}):
        answer = client.post("/api/project/config", **sent)
        assert (answer.status_code, set(answer.json())) == (400, {"label_config"})
    refused(client.post("/api/project/config", content=b"\xff<View/>", headers=XML), 400, "UTF-8")
    refused(client.post("/api/project/config", content=b"x", headers={"content-type": "image/png"}), 415)


def test_validate_config(client: TestClient, project: int) -> None:
    answer = client.post("/api/validate-config", data={"label_config": CONFIG})
    assert (answer.status_code, answer.content) == (204, b"")
    refused(client.post("/api/validate-config", data={"other": "a"}), 417, "label_config")


# --- import, export, next -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/project/import", "/api/import"])
def test_import(client: TestClient, project: int, path: str) -> None:
    for field, name, content in (
        ("FileUpload", "more.csv", b"text\nfour\nfive\n"),
        ("more.tsv", "more.tsv", b"text\tb\nsix\t1\n"),
        ("anything", "more.json", b'[{"text": "seven"}]'),
        ("f", "more.txt", b"eight\n"),
    ):
        answer = client.post(path, files={field: (name, content)})
        assert answer.status_code == 201, answer.text
        assert answer.json()["formats"] == {f".{name.rpartition('.')[2]}": 1}
        assert len(answer.json()["new_task_ids"]) == answer.json()["task_count"] > 0
    assert client.post(path, json={"text": "nine"}).json()["task_count"] == 1
    assert client.get("/api/project").json()["task_count"] == 9
    refused(client.post(path, json=[{"text": "a"}, {"other": 1}]), 400, "item 1", "text")
    refused(client.post(path, json=[{"data": {"text": "a"}, "completions": [{}]}]), 400, "result")
    refused(client.post(path, content=b"[", headers={"content-type": "application/json"}), 400)
    refused(client.post(path, content=b"x", headers={"content-type": "image/png"}), 415)
    refused(client.post(path, files={"f": ("a.json", b"[{")}), 400)
    assert client.get("/api/project").json()["task_count"] == 9


def test_a_media_file_becomes_a_task(client: TestClient) -> None:
    client.post("/api/project?new=1&desc=Pictures")
    config = '<View><Image name="i" value="$image"/><Choices name="c" toName="i"><Choice value="a"/></Choices></View>'
    assert client.post("/api/project/config", json={"label_config": config}).status_code == 201
    answer = client.post("/api/project/import", files={"FileUpload": ("test.png", PNG)})
    assert answer.json()["formats"] == {".png": 1}
    (task,) = client.get("/api/tasks").json()
    address = task["data"]["image"]
    assert address.startswith("/data/upload/") and address.endswith("test.png")
    assert client.get(address).content == PNG


def test_export(client: TestClient, project: int, ids: list[int]) -> None:
    answer = client.get("/api/project/export?format=JSON")
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    first, second = answer.json()
    assert (first["id"], first["data"]) == (ids[0], {"text": "one", "ref_id": 456})
    (completion,) = first["completions"]
    assert isinstance(completion.pop("id"), int)
    assert completion == {
        "created_at": 1590712275, "lead_time": 4.0, "result": RESULT, "ground_truth": True,
    }  # fmt: skip
    assert [each["score"] for each in first["predictions"]] == [0.95]
    assert second["completions"][0]["was_cancelled"] is True and second["predictions"] == []
    table = client.get("/api/project/export?format=CSV")
    assert table.status_code == 200 and "good" in table.text
    assert client.get("/api/project/export?format=JSON_MIN").json()[0]["mood"] == "good"
    refused(client.get("/api/project/export?format=PDF"), 400, "PDF")
    # and in again, into another project
    client.post("/api/project?new=1&desc=Copy")
    client.post("/api/project/config", json={"label_config": CONFIG})
    assert client.post("/api/project/import", json=answer.json()).json()["completion_count"] == 2
    again = client.get("/api/project/export").json()
    assert [_bare(each) for each in again] == [_bare(each) for each in answer.json()]


def _bare(task: dict[str, Any]) -> dict[str, Any]:
    """Without ids."""
    made = {name: [{**each, "id": 0} for each in task[name]] for name in ("completions", "predictions")}
    return {**task, "id": 0, **made}


def test_next(client: TestClient, project: int, ids: list[int]) -> None:
    found = client.get("/api/project/next").json()
    assert (found["id"], found["data"]["text"], found["predictions"][0]["score"]) == (
        ids[1],
        "two",
        None,
    ) or found["id"] in ids[1:]
    seen = set()
    while (answer := client.get("/api/project/next")).status_code == 200:
        task = answer.json()
        assert task["id"] not in seen
        seen.add(task["id"])
        assert client.post(f"/api/tasks/{task['id']}/completions", json={"result": RESULT}).status_code == 201
    refused(answer, 404)
    assert seen <= set(ids) and ids[2] in seen


# --- tasks --------------------------------------------------------------------------------------------------------


def test_list_tasks(client: TestClient, project: int, ids: list[int]) -> None:
    first, second, third = client.get("/api/tasks/").json()
    assert first["completed_at"] == "2020-05-29 00:31:15"
    assert first["completions"][0]["created_at"] == 1590712275
    assert first["predictions"][0]["score"] == 0.95
    assert (first["has_cancelled_completions"], second["has_cancelled_completions"]) == (0, 1)
    assert third == {"id": ids[2], "data": {"text": "three"}, "predictions": third["predictions"]}

    def listed(query: str) -> list[int]:
        return [each["id"] for each in client.get(f"/api/tasks?{query}").json()]

    assert listed("order=-id") == ids[::-1]
    assert listed("order=completed_at") == ids
    assert listed("order=-completed_at") == [ids[1], ids[0], ids[2]]
    assert listed("order=-has_cancelled_completions") == [ids[1], ids[0], ids[2]]
    for order in ("id", "-id", "completed_at", "-completed_at"):
        pages = [listed(f"order={order}&page={number}&page_size=1") for number in (1, 2, 3, 4)]
        assert [each for page in pages for each in page] == listed(f"order={order}&page_size=100000")
        assert pages[3] == []
    assert client.get("/api/tasks?fields=id,data").json()[0] == {"id": ids[0], "data": first["data"]}
    assert client.get("/api/tasks?fields=id").json()[2] == {"id": ids[2]}


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=a", "page_size=0", "page_size=-1", "page_size=x", "order=a", "order=-data"],
)
def test_a_wrong_page_is_422(client: TestClient, project: int, query: str) -> None:
    refused(client.get(f"/api/tasks?{query}"), 422)


def test_more_tasks_than_a_batch(client: TestClient, project: int) -> None:
    client.post("/api/project/import", json=[{"text": f"t{number}"} for number in range(1100)])
    for order in ("id", "-id", "completed_at"):
        found = client.get(f"/api/tasks?page_size=2000&order={order}").json()
        assert len({each["id"] for each in found}) == len(found) == 1103
    assert len(client.get("/api/tasks?page_size=600&page=2").json()) == 503


def test_whose_list_it_is(make_server: Callable[..., Server]) -> None:
    """With a token of 1.x, `GET /api/tasks` needs a project as in 1.x; with one, it is the list of 1.x for everybody."""
    server = make_server()
    local = server.client()
    made = local.post("/api/projects", json={"title": "Moods", "label_config": CONFIG}).json()["id"]
    assert local.get("/api/tasks").json() == []
    assert local.get(f"/api/tasks?project={made}").json()["tasks"] == []
    with_token = server.add_user()
    assert with_token.get("/api/tasks").status_code == 404
    assert with_token.get(f"/api/tasks?project={made}").json()["tasks"] == []
    assert server.client().get("/api/tasks").status_code == 401


def test_get_task(client: TestClient, project: int, ids: list[int]) -> None:
    found = client.get(f"/api/tasks/{ids[0]}").json()
    assert (found["id"], found["data"]["ref_id"]) == (ids[0], 456)
    assert found["completions"][0]["lead_time"] == 4.0
    assert found["annotations"][0]["id"] == found["completions"][0]["id"]
    pretty = client.get(f"/api/tasks/{ids[0]}?pretty=1")
    assert pretty.json() == found and pretty.text.startswith('{\n  "id": ')
    assert (
        "completions"
        not in client.get(f"/api/tasks/{ids[0]}", headers={"Sec-Fetch-Site": "same-origin"}).json()
    )
    for wrong in ("999999", "0", "-1", "x", "9" * 30):
        refused(client.get(f"/api/tasks/{wrong}"), 404)


def test_delete_task(client: TestClient, project: int, ids: list[int]) -> None:
    assert client.delete(f"/api/tasks/{ids[2]}").status_code == 204
    refused(client.delete(f"/api/tasks/{ids[2]}"), 404)
    new = client.post("/api/project/import", json=[{"text": "new"}]).json()["new_task_ids"]
    assert new[0] > ids[2]  # ids are not used again


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_rewrite_task(client: TestClient, project: int, ids: list[int], method: str) -> None:
    path = f"/api/tasks/{ids[0]}"
    before = client.get(path).json()["completions"][0]
    body = {
        "data": {"text": "changed"},
        "completions": [{"id": before["id"], "result": BAD, "lead_time": 5.5}, {"result": RESULT}],
        "predictions": [{"result": BAD, "score": 0.25}],
    }
    answer = client.request(method, path, json=body)
    assert answer.status_code == 200 and answer.json()["detail"] == "Task patched", answer.text
    shown = answer.json()["data"]
    assert shown["data"] == {"text": "changed"}
    assert [each["result"] for each in shown["completions"]] == [BAD, RESULT]
    assert (shown["completions"][0]["id"], shown["completions"][0]["lead_time"]) == (before["id"], 5.5)
    assert [each["score"] for each in shown["predictions"]] == [0.25]
    assert client.request(method, path, json={"completions": []}).status_code == 200
    assert "completions" not in client.get(path).json()
    assert client.get("/api/project").json()["completion_count"] == 1


def test_a_wrong_rewrite_changes_nothing(client: TestClient, project: int, ids: list[int]) -> None:
    path = f"/api/tasks/{ids[0]}"
    before = client.get(path).json()
    for body, word in (
        ({"data": {"other": 1}}, "text"),
        ({"data": []}, "data"),
        ({"data": {"text": "b"}, "completions": [{}]}, "result"),
        ({"data": {"text": "b"}, "completions": {}}, "completions"),
        ({"data": {"text": "b"}, "predictions": [{"result": 1}]}, "predictions"),
        ({"data": {"text": "b"}, "predictions": [{"result": [], "score": 7}]}, "Score"),
        ([1, 2], "Expected"),
    ):
        refused(client.post(path, json=body), 400, word)
    refused(client.post("/api/tasks/999999", json={"data": {"text": "a"}}), 404)
    after = client.get(path).json()
    for moving in ("created_ago",):
        before.pop(moving, None), after.pop(moving, None)
    assert json.dumps(before["completions"]) == json.dumps(after["completions"])
    assert (before["data"], before["updated_at"]) == (after["data"], after["updated_at"])


def test_a_client_of_1x_that_sends_a_task_back_keeps_its_predictions(
    client: TestClient, ids: list[int]
) -> None:
    task = client.get(f"/api/tasks/{ids[0]}").json()
    assert client.patch(f"/api/tasks/{ids[0]}", json={**task, "completions": []}).json()["id"] == ids[0]
    assert client.get(f"/api/tasks/{ids[0]}").json()["completions"]


def test_delete_all_tasks(client: TestClient, project: int) -> None:
    assert client.delete("/api/tasks").status_code == 204
    assert client.get("/api/tasks").json() == []
    assert client.get("/api/completions").json() == {"ids": []}
    assert client.delete("/api/tasks").status_code == 204
    refused(client.delete("/api/tasks?project=999"), 404)


def test_an_id_is_never_given_again(client: TestClient, project: int, ids: list[int]) -> None:
    """Of 0.x tasks counted from 0 again, and completions by how many a task had."""
    path = f"/api/tasks/{ids[2]}/completions"
    completions, tasks = [client.post(path, json={"result": RESULT}).json()["id"]], set(ids)
    for delete in (f"{path}/{completions[0]}", path, "/api/completions"):
        assert client.delete(delete).status_code in (201, 204)
        completions.append(client.post(path, json={"result": RESULT}).json()["id"])
    # Put away in a rewritten task, and named again: a new one all the same.
    assert client.post(f"/api/tasks/{ids[2]}", json={"completions": []}).status_code == 200
    completions.append(client.post(path, json={"id": completions[0], "result": RESULT}).json()["id"])
    assert completions == sorted(set(completions)), completions
    for delete in (f"/api/tasks/{ids[2]}", "/api/tasks", "/api/tasks/delete"):
        assert client.delete(delete).status_code == 204
        new = client.post("/api/project/import", json=[{"id": ids[0], "text": "new"}]).json()["new_task_ids"]
        assert min(new) > max(tasks)
        tasks |= set(new)


# --- completions --------------------------------------------------------------------------------------------------


def test_create_completion(client: TestClient, project: int, ids: list[int]) -> None:
    path = f"/api/tasks/{ids[2]}/completions"
    before = int(time.time())
    made = client.post(path, json={"result": RESULT, "lead_time": 2.5, "created_at": 1})
    assert made.status_code == 201
    (found,) = client.get(f"/api/tasks/{ids[2]}").json()["completions"]
    assert before <= found["created_at"] <= time.time()
    assert (found["id"], found["lead_time"], found["result"]) == (made.json()["id"], 2.5, RESULT)
    again = client.post(path, json={"id": made.json()["id"], "result": BAD})
    assert again.json() == made.json()
    (found,) = client.get(f"/api/tasks/{ids[2]}").json()["completions"]
    assert (found["result"], found["lead_time"]) == (BAD, 2.5)
    skipped = client.post(f"{path}?was_cancelled=1", json={"result": []})
    assert skipped.status_code == 201
    assert client.get(f"/api/tasks/{ids[2]}").json()["completions"][1]["was_cancelled"] is True


def test_wrong_completions(client: TestClient, project: int, ids: list[int]) -> None:
    path = f"/api/tasks/{ids[2]}/completions"
    refused(client.post(path, json={}), 400, "result")
    refused(client.post(path, json={"result": {}}), 400, "result")
    refused(client.post(path, json={"result": [], "lead_time": "long"}), 400, "lead_time")
    refused(client.post(path, content=b"{", headers={"content-type": "application/json"}), 400)
    refused(client.post("/api/tasks/999999/completions", json={"result": []}), 404)
    refused(client.get(path), 405)
    assert "completions" not in client.get(f"/api/tasks/{ids[2]}").json()


def test_change_and_delete_completion(client: TestClient, project: int, ids: list[int]) -> None:
    made = client.get(f"/api/tasks/{ids[0]}").json()["completions"][0]
    path = f"/api/tasks/{ids[0]}/completions/{made['id']}"
    answer = client.patch(path, json={"result": BAD})
    assert (answer.status_code, answer.text) == (201, "ok")
    (found,) = client.get(f"/api/tasks/{ids[0]}").json()["completions"]
    assert found == {**made, "result": BAD}
    elsewhere = f"/api/tasks/{ids[1]}/completions/{made['id']}"
    for method in ("PATCH", "DELETE"):
        for wrong in (
            elsewhere,
            f"/api/tasks/{ids[0]}/completions/999999",
            f"/api/tasks/999999/completions/{made['id']}",
            path + "x",
        ):
            refused(client.request(method, wrong, json={} if method == "PATCH" else None), 404)
    refused(client.patch(path, json={"result": "no"}), 400)
    assert client.delete(path).status_code == 204
    refused(client.delete(path), 404)


def test_delete_completions(client: TestClient, project: int, ids: list[int]) -> None:
    assert client.get("/api/completions").json() == {"ids": ids[:2]}
    assert client.delete(f"/api/tasks/{ids[0]}/completions").status_code == 204
    assert client.delete(f"/api/tasks/{ids[0]}/completions").status_code == 204
    refused(client.delete("/api/tasks/999999/completions"), 404)
    assert client.get("/api/completions").json() == {"ids": ids[1:2]}
    answer = client.delete("/api/completions")
    assert (answer.status_code, answer.text) == (201, "done")
    assert client.get("/api/completions").json() == {"ids": []}
    assert client.get("/api/project").json()["task_count"] == 3
    refused(client.delete("/api/completions?project=999"), 404)


# --- the rest -----------------------------------------------------------------------------------------------------


def test_import_examples(client: TestClient, project: int) -> None:
    assert set(client.get("/api/import-example", params={"label_config": CONFIG}).json()) == {"text"}
    assert set(client.post("/api/import-example", data={"label_config": CONFIG}).json()) == {"text"}
    assert set(client.get("/api/import-example").json()) == {"text"}
    refused(client.get("/api/import-example?label_config=<View>"), 400)
    refused(client.post("/api/import-example", data={"label_config": "<View>"}), 400)
    for kind in ("json", "csv", "tsv", "txt"):
        answer = client.get(f"/api/import-example-file?q={kind}")
        assert answer.headers["content-disposition"].endswith(f".{kind}")
        imported = client.post("/api/project/import", files={"f": (f"a.{kind}", answer.content)})
        assert imported.json()["task_count"] == 2, imported.text
    assert "content-disposition" not in client.get("/api/import-example-file?raw=1").headers
    refused(client.get("/api/import-example-file?q=pdf"), 400)


def test_models_without_a_backend(client: TestClient, project: int) -> None:
    assert client.get("/api/models").json() == {"models": []}
    refused(client.request("DELETE", "/api/models", json={"name": "my"}), 404, "my")
    refused(client.request("DELETE", "/api/models", json={}), 400, "name")
    refused(client.post("/api/models/train"), 400, "No ML backend")
    for method in ("GET", "POST"):
        for mode in ("data", "all_tasks", "specific_tasks&task_ids=1,2,3"):
            refused(client.request(method, f"/api/models/predictions?mode={mode}"), 400, "No ML backend")
        refused(client.request(method, "/api/models/predictions?mode=some"), 422, "unknown mode")
    refused(client.patch("/api/project", json={"ml_backend": "http://127.0.0.1:9090"}), 403)


def test_storage_settings(client: TestClient, project: int) -> None:
    found = client.get("/api/project/storage-settings").json()
    assert found["source"]["tasks-json"]["current"] and found["target"]["completions-dir"]["current"]
    path = "/api/project/storage-settings"
    assert client.post(f"{path}?storage_for=source", json={"type": "tasks-json"}).status_code == 201
    refused(client.post(f"{path}?storage_for=source", json={"type": "gcs", "path": "bucket"}), 501, "gcs")
    refused(client.post(f"{path}?storage_for=target", json={"type": "s3"}), 400, "type")
    refused(client.post(path, json={"type": "s3"}), 400, "storage_for")


def test_health_and_version(client: TestClient) -> None:
    assert client.get("/api/health").json()["status"].lower() == "up"
    assert {"label-studio-backend", "label-studio-frontend"} <= set(client.get("/version").json())


def test_every_row_of_the_table_is_there() -> None:
    there = {str(each) for each in OPERATIONS}
    for line in ENDPOINTS.strip().splitlines():
        path, *methods = line.split()
        for method in methods:
            assert f"{method} {path.replace('<', '{').replace('>', '}')}" in there


# --- the commands of the documents, as they are written -----------------------------------------------------------

CURLS = r"""
curl -X POST -H Content-Type:application/json http://localhost:8080/api/project/config \
--data "{\"label_config\": \"<View><Text name='t' value='\$my_key'/></View>\"}"
=> 201
curl -X POST -H Content-Type:application/xml http://localhost:8080/api/project/config \
--data @config.xml
=> 201
curl -X POST -H Content-Type:application/json http://localhost:8080/api/project/import \
--data "[{\"my_key\": \"my_value_1\"}, {\"my_key\": \"my_value_2\"}]"
=> 201 "task_count":2
curl -X POST -H Content-Type:application/json http://localhost:8080/api/import \
--data "[{\"my_key\": \"my_value_1\"}, {\"my_key\": \"my_value_2\"}]"
=> 201 "task_count":2
curl -X POST -F "FileUpload=@test.jpg" http://localhost:8080/api/project/import
=> 201 ".jpg":1
curl http://localhost:8080/api/project/
=> 200 "task_count":5
curl "http://localhost:8080/api/tasks?page=1&page_size=10&order=-completed_at"
=> 200 [{"id":
curl http://localhost:8080/api/project?new=1
=> 200
curl http://localhost:8080/api/project/export?format=JSON > exported_results.json
=> []
"""


@pytest.fixture
def one(tmp_path: Path, static_dir: Path) -> Iterator[str]:
    with live_server(settings_for(tmp_path / "data"), static_dir=static_dir) as address:
        with http(address) as client:
            client.post("/api/projects", json={"title": "Documents"})
        yield address


def test_the_curls_of_the_documents(one: str, tmp_path: Path) -> None:
    config = '<View><Text name="t" value="$my_key"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
    (tmp_path / "config.xml").write_text(config)
    (tmp_path / "test.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 40)
    (tmp_path / ".curlrc").write_text('write-out = "\\n%{http_code}"\nsilent\n')
    for part in CURLS.strip().split("\ncurl "):
        command, _, wanted = part.removeprefix("curl ").partition("\n=> ")
        command = "curl " + command.replace("http://localhost:8080", one)
        ran = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said = ran.stdout or (tmp_path / "exported_results.json").read_text()
        status, _, words = wanted.partition(" ")
        if status.isdigit():
            assert said.endswith(f"\n{status}"), (command, said)
            assert words in said, (command, said)
        else:
            assert said.startswith(wanted), (command, said)
