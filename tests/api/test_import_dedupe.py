"""Imports that know tasks again: nothing twice, known tasks changed, annotations kept."""

import json
import threading

import pytest
from tests.support.importing import (
    GOOD,
    exported,
    made,
    new_project,
    post,
    post_files,
    status_of,
    texts,
    wait_for,
)

from labelyard.imports import service as imports


@pytest.fixture
def project(client):
    return new_project(client)


@pytest.fixture(params=["at once", "by the job"])
def way(request, monkeypatch):
    if request.param == "by the job":
        monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
        monkeypatch.setattr("labelyard.imports.spool.FRAME_TASKS", 2)
        monkeypatch.setattr("labelyard.imports.streaming._FIRST_FRAME", 1)
    return request.param


def counts(body):
    names = ("task_count", "duplicate_count", "updated_count", "rows_unmatched", "rows_rejected")
    return tuple(body[name] for name in names)


def items(*names, **more):
    return [{"data": {"text": name, **more}} for name in names]


def test_the_same_import_three_times_is_there_once(client, project, way):
    for number in range(3):
        body = made(post(client, project, items("a", "b", "c", "a"), dedupe="content"))
        assert counts(body) == ((3, 1, 0, 0, 0) if number == 0 else (0, 4, 0, 0, 0))
    assert texts(client, project) == ["a", "b", "c"]
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 3


def test_tasks_that_came_without_keys_are_known_too(client, project, way, monkeypatch):
    monkeypatch.setattr("labelyard.dedupe.service.BATCH", 2)
    post(client, project, items("a", "b", "c", "d", "e"))
    client.post("/api/tasks", json={"project": project, "data": {"text": "f", "n": 1}})
    body = made(post(client, project, items("e", "f", "g"), dedupe="text"))
    assert counts(body) == (1, 2, 0, 0, 0)
    post(client, project, items("h"))
    assert counts(made(post(client, project, items("h", "g"), dedupe="text"))) == (0, 2, 0, 0, 0)
    assert texts(client, project) == ["a", "b", "c", "d", "e", "f", "g", "h"]


def test_files_are_known_again_whatever_their_kind(client, project):
    made(post_files(client, project, ("a.csv", b"text,n\none,1\ntwo,2\n"), dedupe="text,n"))
    again = post_files(
        client, project, ("a.json", b'[{"text": "two", "n": "2"}, {"text": "two", "n": 3}]'), dedupe="n,text"
    )
    assert counts(made(again)) == (1, 1, 0, 0, 0)


def test_insert_adds_all_and_remembers_them(client, project, way):
    for _ in range(2):
        assert counts(made(post(client, project, items("a", "b"), dedupe="content", mode="insert"))) == (
            2,
            0,
            0,
            0,
            0,
        )
    assert counts(made(post(client, project, items("a"), dedupe="content"))) == (0, 1, 0, 0, 0)
    assert texts(client, project) == ["a", "b", "a", "b"]


def test_update_changes_known_tasks_only(client, project, way):
    given = [
        {"id": 7, "data": {"text": "old", "size": 1}, "annotations": [{"result": GOOD}], "meta": {"k": 1}}
    ]
    made(post(client, project, given, dedupe="external_id"))
    before = exported(client, project)[0]
    new = [
        {"external_id": "7", "data": {"text": "new"}, "annotations": [{"result": []}], "predictions": [{"result": GOOD, "score": 0.5}]},
        {"id": 8, "data": {"text": "unknown"}},
    ]  # fmt: skip
    body = made(post(client, project, new, dedupe="external_id", mode="update"))
    assert counts(body) == (0, 0, 1, 1, 0)
    assert "1 annotations" in body["notes"][0] and body["prediction_count"] == 1
    [task] = exported(client, project)
    assert task["data"] == {"text": "new"} and task["meta"] == {"k": 1}
    assert task["annotations"] == before["annotations"] and task["total_predictions"] == 1
    assert task["updated_at"] > before["updated_at"] and task["created_at"] == before["created_at"]
    summary = client.get(f"/api/projects/{project}/summary").json()
    assert summary["all_data_columns"] == {"text": 1}
    # The same once more changes nothing but adds the prediction again.
    same = [{"id": 7, "data": {"text": "new"}}]
    assert counts(made(post(client, project, same, dedupe="external_id", mode="update"))) == (0, 1, 0, 0, 0)


def test_upsert_changes_known_tasks_and_adds_the_others(client, project, way):
    made(post(client, project, [{"text": "a", "id": 1}, {"text": "b", "id": 2}], dedupe="id"))
    new = [{"text": "B", "id": 2}, {"text": "c", "id": 3}, {"text": "C", "id": 3}, {"text": "a", "id": 1}]
    body = made(post(client, project, new, dedupe="id", mode="upsert"))
    assert (body["task_count"], body["rows_rejected"]) == (1, 0)
    assert body["duplicate_count"] + body["updated_count"] == 3
    assert texts(client, project) == ["a", "B", "C"]
    assert counts(made(post(client, project, new, dedupe="id", mode="upsert")))[0] == 0
    assert texts(client, project) == ["a", "B", "C"]


def test_an_update_can_be_undone(client, project, way):
    made(post(client, project, [{"text": "a", "id": 1}, {"text": "b", "id": 2}], dedupe="id"))
    new = [{"text": "A", "id": 1, "x": 1}, {"text": "B", "id": 2}, {"text": "c", "id": 3}]
    body = made(post(client, project, new, dedupe="id", mode="upsert"))
    second = exported(client, project)[1]["id"]
    client.patch(f"/api/tasks/{second}", json={"data": {"text": "by hand", "id": 2}})
    expected = {"deleted": 1, "kept": 1, "kept_tasks": [second], "updated": 1}
    path = f"/api/projects/{project}/imports/{body['import_id']}/undo"
    assert made(client.post(path, params={"dry_run": "1"}), 200) == expected
    assert made(client.post(path), 200) == expected
    assert texts(client, project) == ["a", "by hand"]
    assert client.get(f"/api/projects/{project}/summary").json()["all_data_columns"] == {"text": 2, "id": 2}
    assert counts(made(post(client, project, [{"text": "x", "id": 1}], dedupe="id"))) == (0, 1, 0, 0, 0)


def test_keys_follow_the_data_of_a_task(client, project):
    made(post(client, project, items("a", "b"), dedupe="content"))
    first = exported(client, project)[0]["id"]
    assert client.patch(f"/api/tasks/{first}", json={"data": {"text": "z"}}).status_code == 200
    assert counts(made(post(client, project, items("z", "b", "a"), dedupe="content"))) == (1, 2, 0, 0, 0)
    client.delete(f"/api/tasks/{first}")
    assert counts(made(post(client, project, items("z"), dedupe="content"))) == (1, 0, 0, 0, 0)


def test_an_id_beside_the_data_outlives_a_change_of_the_data(client, project):
    made(post(client, project, [{"id": 5, "data": {"text": "a", "id": 50}}], dedupe="external_id"))
    task = exported(client, project)[0]["id"]
    client.patch(f"/api/tasks/{task}", json={"data": {"text": "b", "id": 51}})
    again = [{"id": 5, "data": {"text": "c"}}]
    assert counts(made(post(client, project, again, dedupe="external_id"))) == (0, 1, 0, 0, 0)


def test_rows_without_an_id_are_wrong_rows(client, project, way):
    rows = [{"text": "a", "id": 1}, {"text": "b"}]
    refused = post(client, project, rows, dedupe="external_id")
    assert (
        refused.status_code == 400
        and "external_id" in refused.json()["validation_errors"]["rows"][0]["column"]
    )
    assert counts(made(post(client, project, rows, dedupe="external_id", on_error="skip"))) == (1, 0, 0, 0, 1)


def test_specs_do_not_mix_and_projects_do_not_either(client, project):
    made(post(client, project, [{"text": "a", "n": 1}], dedupe="content"))
    assert counts(made(post(client, project, [{"text": "a", "n": 2}], dedupe="content")))[0] == 1
    assert counts(made(post(client, project, [{"text": "a", "n": 3}], dedupe="text"))) == (0, 1, 0, 0, 0)
    other = new_project(client)
    assert counts(made(post(client, other, [{"text": "a", "n": 1}], dedupe="content")))[0] == 1


def test_a_field_may_be_called_content(client):
    project = new_project(client, "<View></View>")
    made(post(client, project, [{"content": "a", "n": 1}], dedupe="content,"))
    assert counts(made(post(client, project, [{"content": "a", "n": 2}], dedupe="content,"))) == (
        0,
        1,
        0,
        0,
        0,
    )


@pytest.mark.parametrize("mode", ["insert", "skip", "update", "upsert"])
def test_a_dry_run_counts_what_the_import_then_does(client, project, mode, way):
    made(post(client, project, [{"text": "a", "id": 1}, {"text": "b", "id": 2}]))
    rows = [
        {"text": "b", "id": 2}, {"text": "A", "id": 1}, {"text": "c", "id": 3}, {"text": "d", "id": 3},
        {"text": "A", "id": 1}, {"text": "e", "id": 4}, {"text": "d", "id": 3},
    ]  # fmt: skip
    before = exported(client, project)
    dry = made(post(client, project, rows, dedupe="id", mode=mode, dry_run="1"), 200)
    assert exported(client, project) == before
    assert counts(made(post(client, project, rows, dedupe="id", mode=mode))) == counts(dry)


def test_two_imports_at_the_same_time_find_each_other(server, project, client, monkeypatch):
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr("labelyard.imports.spool.FRAME_TASKS", 20)
    body = json.dumps(items(*(f"t{n}" for n in range(300)))).encode()
    answers = []

    def send(dedupe):
        with_body = {"Content-Type": "application/json"}
        answer = server.client().post(
            f"/api/projects/{project}/import", params={"dedupe": dedupe}, content=body, headers=with_body
        )
        answers.append(answer)

    threads = [threading.Thread(target=send, args=("text",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = [made(answer) for answer in answers]
    assert sum(each["task_count"] for each in bodies) == 300
    assert sum(each["duplicate_count"] for each in bodies) == 900
    assert sorted(texts(client, project)) == sorted(f"t{n}" for n in range(300))
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 300


def test_the_status_tells_of_duplicates(client, project):
    made(post(client, project, items("a"), dedupe="content"))
    answer = post(client, project, items("a", "b"), dedupe="content", headers={"Prefer": "respond-async"})
    status = wait_for(client, project, answer.json()["import"])
    assert (status["rows_duplicate"], status["duplicate_count"], status["task_count"]) == (1, 1, 1)
    assert (status["dedupe"], status["mode"]) == ("content", "skip")
    assert status_of(client, project, status["id"]) == status


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"dedupe": ","}, "dedupe"),
        ({"dedupe": ",".join(f"f{n}" for n in range(40))}, "dedupe"),
        ({"dedupe": "content", "mode": "replace"}, "mode"),
        ({"mode": "upsert"}, "mode"),
        ({"on_error": "ignore"}, "on_error"),
        ({"dry_run": "maybe"}, "dry_run"),
        ({"encoding": "utf-99"}, "encoding"),
        ({"encoding": "zip"}, "encoding"),
        ({"delimiter": "ab"}, "delimiter"),
        ({"csv_types": "x"}, "csv_types"),
        ({"files_as_tasks_list": "x"}, "files_as_tasks_list"),
    ],
)
def test_wrong_options_are_named(client, project, params, field):
    answer = post(client, project, items("a"), **params)
    assert answer.status_code == 400 and list(answer.json()["validation_errors"]) == [field]
