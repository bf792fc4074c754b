"""Looking at files before they are imported, tables that are one task, and predictions for tasks that are there."""

import json
import time

import pytest
from tests.api.test_import_sources import listed, upload, zipped
from tests.support.importing import CONFIG, EMPTY, GOOD, exported, made, new_project, post, post_files

from labelyard.imports import predictions

SERIES = """<View>
  <TimeSeries name="ts" value="$csv" timeColumn="time"><Channel column="a"/></TimeSeries>
  <TimeSeriesLabels name="l" toName="ts"><Label value="x"/></TimeSeriesLabels>
</View>"""
TABLE = b"time,a\n1,0.5\n2,0.75\n"


@pytest.fixture
def project(client):
    return new_project(client)


def preview(client, project, *files, data=None, **params):
    parts = [("file", each) for each in files]
    answer = client.post(f"/api/projects/{project}/import/preview", files=parts, data=data, params=params)
    return made(answer, 200)


# --- previews -----------------------------------------------------------------------------------------------------


def test_a_preview_says_how_a_file_would_be_read(server, client, project):
    table = "text;größe;on\n" + "".join(f"t{n};{n};True\n" for n in range(50))
    shown, other = preview(client, project, ("a.csv", table.encode("utf-16")), ("b.json", b'[{"foo": [1]}]'))
    assert shown["name"] == "a.csv" and shown["size"] == 2 * len(table) + 2 and shown["format"] == "CSV"
    assert shown["options"]["delimiter"] == ";" and shown["options"]["header"] is True
    assert shown["options"]["encoding"].lower().startswith("utf-16")
    assert shown["columns"] == ["text", "größe", "on"]
    assert shown["types"] == {"text": "string", "größe": "number", "on": "boolean"}
    assert shown["rows"][0] == {"text": "t0", "größe": 0, "on": True} and len(shown["rows"]) == 20
    assert (shown["missing"], shown["error"], shown["files_as_tasks_list"]) == ([], None, True)
    assert (other["columns"], other["types"], other["missing"]) == (["foo"], {"foo": "list"}, ["text"])
    assert exported(client, project) == []
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []
    assert list(server.settings.spool_dir.glob("import-*")) == []


def test_the_options_shown_are_those_that_an_import_takes(client, project):
    content = ("a.csv", "text|n\ncafé|007\n".encode("utf-16"))
    [shown] = preview(client, project, content)
    options = json.dumps({"a.csv": shown["options"]})
    answer = client.post(f"/api/projects/{project}/import", files=[("f", content)], data={"options": options})
    assert made(answer)["task_count"] == 1
    assert [task["data"] for task in exported(client, project)] == shown["rows"]


def test_a_mapping_of_columns_is_shown(client, project):
    options = json.dumps({"a.csv": {"columns": {"sentence": "text", "n": ""}}})
    [shown] = preview(client, project, ("a.csv", b"sentence,n\none,1\n"), data={"options": options})
    assert (
        shown["rows"] == [{"text": "one"}]
        and shown["missing"] == []
        and shown["columns"] == ["sentence", "n"]
    )


def test_wrong_rows_and_unreadable_files_are_told(client, project):
    files = [("a.csv", b"text,n\none,1,2\ntwo,2\n"), ("b.json", b"[{"), ("c.doc", b"x"), ("d.csv", b"")]
    first, second, third, fourth = preview(client, project, *files)
    assert (
        first["error"] is None
        and "2" in first["notes"][0]
        and [row["text"] for row in first["rows"]] == ["two"]
    )
    assert second["error"] and "extension is not supported" in third["error"] and fourth["error"]


def test_bodies_archives_and_uploads_are_previewed_too(client, project):
    path = f"/api/projects/{project}/import/preview"
    [shown] = made(client.post(path, json=[{"data": {"text": "a"}}, {"text": "b"}]), 200)
    assert shown["format"] == "JSON" and shown["rows"] == [{"text": "a"}, {"text": "b"}]
    names = [
        each["name"]
        for each in preview(client, project, ("x.zip", zipped(a__csv="text\na\n", b__tsv="text\nb\n")))
    ]
    assert names == ["a.csv", "b.tsv"]
    upload_id = upload(client, project, "a.csv", b"text\na\n")
    [shown] = made(client.post(path, data={"upload": upload_id}), 200)
    assert (shown["upload"], shown["name"]) == (upload_id, "a.csv") and listed(client, project) == [upload_id]


def test_media_and_pages_need_a_config_with_one_key(client, project):
    [shown] = preview(client, project, ("a.html", b"<p>x</p>"))
    assert shown["error"] is None and shown["rows"] == [{"text": "<p>x</p>"}]
    two = new_project(client, '<View><Text name="a" value="$a"/><Text name="b" value="$b"/></View>')
    assert "more than one data key" in preview(client, two, ("a.html", b"<p>x</p>"))[0]["error"]


def test_annotators_do_not_preview(accounts):
    accounts.add_user("owner@example.org")
    annotator = accounts.add_user("ann@example.org", role="annotator")
    project = new_project(accounts.add_user("man@example.org"), CONFIG)
    assert annotator.post(f"/api/projects/{project}/import/preview", json=[{"text": "a"}]).status_code == 403


# --- a table that is a series -------------------------------------------------------------------------------------


def test_a_table_for_a_time_series_is_one_task(client):
    project = new_project(client, SERIES)
    [shown] = preview(client, project, ("day.csv", TABLE))
    assert shown["files_as_tasks_list"] is False and shown["missing"] == [] and shown["error"] is None
    body = made(post_files(client, project, ("day.csv", TABLE), dry_run="1"), 200)
    assert body["files_as_tasks_list"] is False and body["task_count"] == 1
    body = made(post_files(client, project, ("day.csv", TABLE), ("night.tsv", TABLE.replace(b",", b"\t"))))
    assert body["task_count"] == 2 and body["could_be_tasks_list"] is True
    first, second = exported(client, project)
    assert client.get(first["data"]["csv"]).content == TABLE and first["data"]["csv"].endswith("-day.csv")
    assert second["data"]["csv"].endswith("-night.tsv")
    [status] = client.get(f"/api/projects/{project}/imports").json()
    assert status["files_as_tasks_list"] is False


def test_the_choice_can_be_switched(client):
    project = new_project(client, SERIES)
    refused = post_files(client, project, ("day.csv", TABLE), files_as_tasks_list="true")
    assert (
        refused.status_code == 400
        and '"csv" key is expected' in refused.json()["validation_errors"]["rows"][0]["error"]
    )
    other = new_project(client, EMPTY)
    assert made(post_files(client, other, ("day.csv", TABLE)))["task_count"] == 2
    body = made(
        post_files(client, other, ("day.csv", TABLE), ("a.txt", b"x\ny\n"), files_as_tasks_list="false")
    )
    assert body["task_count"] == 2


def test_a_table_with_the_key_as_a_column_is_a_list_of_series(client):
    project = new_project(client, SERIES)
    assert made(post_files(client, project, ("all.csv", b"csv,id\n/a.csv,1\n/b.csv,2\n")))["task_count"] == 2
    assert made(post(client, project, [{"csv": {"time": [1], "a": [2]}}]))["task_count"] == 1
    inline = SERIES.replace('value="$csv"', 'value="$csv" valueType="json"')
    refused = post_files(client, new_project(client, inline), ("day.csv", TABLE))
    assert refused.status_code == 400


# --- predictions --------------------------------------------------------------------------------------------------


def send(client, project, body):
    return client.post(f"/api/projects/{project}/import/predictions", json=body)


@pytest.fixture
def tasks(client, project):
    return made(post(client, project, [{"text": "a"}, {"text": "b"}], return_task_ids="1"))["task_ids"]


@pytest.fixture(params=["at once", "by the job"])
def way(request, monkeypatch):
    if request.param == "by the job":
        monkeypatch.setattr(predictions, "AT_ONCE", 1)


def test_predictions_are_added_to_tasks(server, client, project, tasks, way):
    body = [
        {"task": tasks[0], "result": GOOD, "score": 0.5, "model_version": "v1"},
        {"task": tasks[1], "result": []},
        {"task": str(tasks[1]), "result": GOOD, "score": "0.25"},
    ]
    assert made(send(client, project, body)) == {"created": 3}
    assert [task["total_predictions"] for task in exported(client, project)] == [1, 2]
    stored = client.get("/api/predictions", params={"project": project}).json()
    assert [(each["task"], each["score"], each["model_version"]) for each in stored] == [
        (tasks[0], 0.5, "v1"),
        (tasks[1], None, "undefined"),
        (tasks[1], 0.25, "undefined"),
    ]
    found = client.get(f"/api/projects/{project}").json()
    assert found["model_version"] == "v1" and found["total_predictions_number"] == 3
    assert list(server.settings.spool_dir.glob("import-*")) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"task": 10**6}, "no task with id 1000000"),
        ({"task": None}, "task must be the id"),
        ({"task": 2**80}, "task must be the id"),
        ({"task": True}, "task must be the id"),
        ({"result": {"choices": ["good"]}}, "result"),
        ({"result": None}, "result"),
        ({"result": [{**GOOD[0], "value": {"choices": ["odd"]}}]}, "Region 0"),
        ({"score": 2}, "core"),
        ("none", "must be an object"),
    ],
)
def test_nothing_is_added_when_one_is_wrong(client, project, tasks, spoil, words, way):
    good = {"task": tasks[0], "result": GOOD}
    bad = spoil if isinstance(spoil, str) else {**good, **spoil}
    answer = send(client, project, [good, bad])
    assert answer.status_code == 400
    [message] = answer.json()["validation_errors"]["non_field_errors"]
    assert message.startswith("Prediction 1: ") and words in message
    assert client.get("/api/predictions", params={"project": project}).json() == []


def test_tasks_of_other_projects_are_not_reached(client, project, tasks):
    other = new_project(client)
    assert "no task with id" in send(client, other, [{"task": tasks[0], "result": []}]).text
    assert send(client, 4711, [{"task": tasks[0], "result": []}]).status_code == 404


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'"x"', b"[", b"[" * 100_000, b'[{"task": 1e999}]'])
def test_bodies_that_are_no_lists(client, project, body):
    headers = {"Content-Type": "application/json"}
    began = time.monotonic()
    answer = client.post(f"/api/projects/{project}/import/predictions", content=body, headers=headers)
    assert answer.status_code == 400 and time.monotonic() - began < 2
    assert made(send(client, project, [])) == {"created": 0}
    form = client.post(f"/api/projects/{project}/import/predictions", data={"task": "1"})
    assert form.status_code == 415
