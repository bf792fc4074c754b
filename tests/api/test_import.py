"""Imports: what comes in is stored once, whole and as it was, or refused with every reason."""

import json
import time

import pytest

from labelyard.imports import service as imports
from labelyard.imports.spool import read_frames

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices>
</View>"""
IMAGE_CONFIG = """<View>
  <Image name="img" value="$image"/>
  <RectangleLabels name="box" toName="img"><Label value="cat"/></RectangleLabels>
</View>"""
GOOD = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def make_project(client):
    def make(config=CONFIG, **fields):
        answer = client.post("/api/projects", json={"title": "Imports", "label_config": config, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return make


@pytest.fixture
def project(make_project):
    return make_project()


def post(client, project, body, **params):
    return client.post(f"/api/projects/{project}/import", json=body, params=params)


def post_files(client, project, *files, **params):
    """Each file: (field, (name, bytes))."""
    return client.post(f"/api/projects/{project}/import", files=list(files), params=params)


def exported(client, project):
    answer = client.get(f"/api/projects/{project}/export", params={"download_all_tasks": "true"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def data_of(client, project):
    return [task["data"] for task in exported(client, project)]


def errors_of(answer, field="non_field_errors", status=400):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["detail"] == "Validation error"
    return body["validation_errors"][field]


def test_a_json_list_becomes_tasks_in_order(client, project):
    answer = post(client, project, [{"text": "a", "n": 1.10}, {"data": {"text": "b"}, "meta": {"k": [1]}}])
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body.pop("duration") >= 0
    assert body == {
        "task_count": 2,
        "annotation_count": 0,
        "prediction_count": 0,
        "predictions_count": 0,
        "file_upload_ids": [],
        "could_be_tasks_list": False,
        "found_formats": [],
        "data_columns": [],
    }
    tasks = exported(client, project)
    assert [task["data"] for task in tasks] == [{"text": "a", "n": 1.1}, {"text": "b"}]
    assert [task["inner_id"] for task in tasks] == [1, 2]
    assert tasks[1]["meta"] == {"k": [1]}
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 2


def test_one_object_the_older_path_and_a_slash_work_too(client, project):
    body = json.dumps({"text": "only"}).encode()
    headers = {"Content-Type": "application/json"}
    for path in ("import", "import/", "tasks/bulk", "tasks/bulk/"):
        answer = client.post(f"/api/projects/{project}/{path}", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["task_count"] == 1
    assert data_of(client, project) == [{"text": "only"}] * 4


def test_task_ids_are_returned_when_asked_for(client, project):
    first = post(client, project, [{"text": "a"}]).json()
    assert "task_ids" not in first
    ids = post(client, project, [{"text": "b"}, {"text": "c"}], return_task_ids="1").json()["task_ids"]
    assert [task["id"] for task in exported(client, project)][1:] == ids


def test_without_commit_nothing_is_stored_and_the_tasks_are_counted(client, project):
    body = post(client, project, [{"text": "a"}], commit_to_project="false", return_task_ids="true").json()
    assert (body["task_count"], body["annotation_count"], body["prediction_count"]) == (1, None, None)
    assert "task_ids" not in body
    assert exported(client, project) == []
    assert post(client, project, [{"text": "a"}], commit_to_project="maybe").status_code == 400


def test_annotations_and_predictions_come_along(client, project):
    item = {
        "id": 99,
        "data": {"text": "a"},
        "annotations": [
            {
                "id": 77,
                "result": GOOD,
                "was_cancelled": True,
                "lead_time": 3.5,
                "created_at": "2026-01-02T03:04:05Z",
            },
            {"result": [{"from_name": "unknown", "odd": 1}], "ground_truth": False},
        ],
        "predictions": [{"result": GOOD, "score": 0.5, "model_version": "v1"}, {"result": []}],
    }
    answer = post(client, project, [item])
    assert answer.status_code == 201, answer.text
    assert answer.json()["annotation_count"] == 2
    assert answer.json()["prediction_count"] == answer.json()["predictions_count"] == 2
    [task] = exported(client, project)
    assert (task["total_annotations"], task["cancelled_annotations"], task["total_predictions"]) == (1, 1, 2)
    first, second = task["annotations"]
    assert (
        first["import_id"] == 77
        and first["was_cancelled"]
        and first["ground_truth"]
        and first["lead_time"] == 3.5
    )
    assert first["created_at"] == "2026-01-02T03:04:05.000000Z"
    assert first["result"] == GOOD
    assert second["result"] == [{"from_name": "unknown", "odd": 1}] and second["ground_truth"] is False
    me = client.get("/api/current-user/whoami").json()["id"]
    assert {first["completed_by"], second["completed_by"]} == {me}
    stored = client.get("/api/predictions", params={"task": task["id"]}).json()
    assert [(each["score"], each["model_version"]) for each in stored] == [(0.5, "v1"), (None, "undefined")]


def test_the_older_name_completions_is_read(client, project):
    assert (
        post(client, project, [{"data": {"text": "a"}, "completions": [{"result": GOOD}]}]).status_code == 201
    )
    assert exported(client, project)[0]["annotations"][0]["result"] == GOOD


def test_people_are_known_by_id_and_email(server, project):
    ada = server.add_account("ada@example.org")
    client = server.sign_in("ada@example.org")
    answer = client.post("/api/projects", json={"title": "Hers", "label_config": CONFIG})
    project = answer.json()["id"]
    by = [ada, {"email": "Ada@example.org"}, {"id": ada, "email": "ada@example.org"}, {"id": ada}, None]
    item = {"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": each} for each in by]}
    answer = post(client, project, [item])
    assert answer.status_code == 201, answer.text
    assert {each["completed_by"] for each in exported(client, project)[0]["annotations"]} == {ada}


@pytest.mark.parametrize(
    ("completed_by", "message"),
    [
        (999, "Import data contains completed_by=999 which is not a valid annotator's email or ID"),
        ({"email": "no@x.co"}, "Unknown annotator's email no@x.co"),
        (True, "Import data contains completed_by=True which is not a valid annotator's email or ID"),
        (2**70, f"Import data contains completed_by={2**70} which is not a valid annotator's email or ID"),
    ],
)
def test_unknown_people_are_refused_in_the_documented_words(client, project, completed_by, message):
    item = {"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": completed_by}]}
    assert errors_of(post(client, project, [{"text": "ok"}, item])) == [message]
    assert exported(client, project) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"text": "ok"}, {"foo": "b"}], 'Error at item 1: "text" key is expected in task data'),
        ([{"data": "a"}], "Error at item 0: Task[data] must be dict or list"),
        (["a"], "Error at item 0: Task root must be dict"),
        ([None], "Error at item 0: "),
        ([{"data": {"text": "a"}, "annotations": {}}], "Error at item 0: Task[annotations] must be list"),
        ([{"data": {"text": "a"}, "predictions": 5}], "Error at item 0: Task[predictions] must be list"),
        ([{"data": {"text": "a"}, "annotations": [{}]}], 'must have "result" fields'),
        (
            [{"data": {"text": "a"}, "annotations": [{"result": {}}]}],
            '"result" field in annotation must be list',
        ),
        (
            [{"data": {"text": "a"}, "annotations": [{"result": [], "lead_time": "x"}]}],
            '"lead_time" in annotation',
        ),
        (
            [{"data": {"text": "a"}, "annotations": [{"result": [], "created_at": "x"}]}],
            '"created_at" in annotation',
        ),
        ([{"data": {"text": "a"}, "annotations": [{"result": [5]}]}], "Region 0"),
        ([{"data": {"text": "a"}, "overlap": 0}], "Task[overlap]"),
        ([], "No tasks added"),
        (None, "No data found"),
        ("text", "expected a JSON list or object"),
        (5, "expected a JSON list or object"),
    ],
)
def test_a_bad_item_refuses_the_whole_import_and_is_named(client, project, body, words):
    listed = errors_of(post(client, project, body))
    assert words in listed[-1]
    assert all(each == {} for each in listed[:-1])
    assert exported(client, project) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'[{"text": NaN}]', "not valid JSON"),
        (b'[{"text": "a"},]', "byte"),
        (b'[{"text": "\xff"}]', "UTF-8"),
        (b'[{"text": "\\u0000"}]', "NUL"),
        (b'[{"text": "\\ud800"}]', "surrogate"),
        (b'[{"text": "x", "n": 1e999}]', "out of range"),
        (b"[" * 100_000, "nested"),
        (b"", "No data found"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_its_place(client, project, body, words):
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/api/projects/{project}/import", content=body, headers=headers)
    [message] = errors_of(answer)
    assert words in message


def test_at_most_a_hundred_problems_are_told(client, project):
    assert len(errors_of(post(client, project, [{"x": 1}] * 500))) == 100
    listed = errors_of(post(client, project, [{"text": "ok"}] * 400 + [{"x": 1}]))
    assert "Error at item 400" in listed[-1]


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        ({"result": [{**GOOD[0], "from_name": "none"}]}, "Task 1, prediction 0: Region 0: 'none' not found"),
        ({"result": [{**GOOD[0], "to_name": "none"}]}, "Region 0"),
        ({"result": [{**GOOD[0], "type": "labels"}]}, "Region 0"),
        ({"result": [{**GOOD[0], "value": {"choices": ["great"]}}]}, "Region 0"),
        ({"result": GOOD, "score": 1.5}, "Score"),
        ({"result": GOOD, "score": "much"}, "score"),
        ({"result": {"choices": ["good"]}}, "Task 1, prediction 0"),
    ],
)
def test_a_prediction_that_does_not_fit_is_refused(client, project, prediction, words):
    body = [{"text": "ok"}, {"data": {"text": "a"}, "predictions": [prediction]}]
    [message] = errors_of(post(client, project, body), "predictions")
    assert message.startswith("Prediction validation failed (")
    assert words in message
    assert exported(client, project) == []


def test_a_prediction_without_a_result_is_named_with_its_item(client, project):
    [message] = errors_of(post(client, project, [{"data": {"text": "a"}, "predictions": [{"score": 1}]}]))
    assert "Error at item 0" in message


def test_fields_become_predictions(client, project):
    body = [
        {"text": "a", "mood": "good"},
        {"data": {"text": "b", "mood": None}, "annotations": [{"result": []}]},
    ]
    answer = post(client, project, body, preannotated_from_fields="mood")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["prediction_count"], answer.json()["annotation_count"]) == (1, 0)
    tasks = exported(client, project)
    assert [task["total_predictions"] for task in tasks] == [1, 0]
    [prediction] = client.get("/api/predictions", params={"task": tasks[0]["id"]}).json()
    assert (prediction["score"], prediction["model_version"]) == (1.0, "preannotated")
    assert prediction["result"] == GOOD
    assert tasks[0]["data"] == {"text": "a", "mood": "good"}
    listed = errors_of(
        post(client, project, [{"text": "a"}], preannotated_from_fields="mood"), "preannotated_fields"
    )
    assert listed[0].startswith("Task 0: ")


def test_fields_of_the_task_that_the_server_owns_are_not_taken(client, project):
    other = {
        "id": 5,
        "project": 9,
        "created_by": 9,
        "updated_by": 9,
        "file_upload": 9,
        "inner_id": 77,
        "is_labeled": True,
    }
    assert (
        post(client, project, [{"data": {"text": "a"}, **other, "comment_authors": [9]}]).status_code == 201
    )
    [task] = exported(client, project)
    assert (task["project"], task["inner_id"], task["file_upload"], task["comment_authors"]) == (
        project,
        1,
        None,
        [],
    )


def test_who_may_not_see_or_manage_a_project_cannot_import(accounts):
    accounts.add_user("owner@example.org")
    annotator = accounts.add_user("ann@example.org", role="annotator")
    manager = accounts.add_user("man@example.org", role="manager")
    project = manager.post("/api/projects", json={"title": "Mine", "label_config": CONFIG}).json()["id"]
    assert post(annotator, project, [{"text": "a"}]).status_code == 403
    assert post(accounts.client(), project, [{"text": "a"}]).status_code == 401
    assert post(manager, 4711, [{"text": "a"}]).status_code == 404


# --- files --------------------------------------------------------------------------------------------------------


def test_a_csv_file_is_a_task_a_row(client, project):
    table = b'text,n,zip\n"hello, you",1,00123\nNA,,10115\n'
    answer = post_files(client, project, ("anything", ("my table.csv", table)))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["task_count"] == 2 and body["could_be_tasks_list"] is True
    assert body["found_formats"] == {".csv": 1} and body["data_columns"] == ["text", "n", "zip"]
    tasks = exported(client, project)
    assert [task["data"] for task in tasks] == [
        {"text": "hello, you", "n": 1, "zip": "00123"},
        {"text": "NA", "n": "", "zip": "10115"},
    ]
    [upload_id] = body["file_upload_ids"]
    upload = client.get(f"/api/import/file-upload/{upload_id}").json()
    assert upload["file"].endswith("-my_table.csv") and upload["size"] == len(table)
    assert {task["file_upload"] for task in tasks} == {upload["file"].rpartition("/")[2]}


def test_files_of_many_kinds_at_once(client, project):
    answer = post_files(
        client,
        project,
        ("a", ("a.json", b'\xef\xbb\xbf[{"text": "one"}, {"data": {"text": "two"}}]')),
        ("a", ("B.CSV", b"text;n\nthree;3\n")),
        ("c", ("c.tsv", b"text\tn\nfour\t4\n")),
        ("d", ("d.json", b'{"text": "five"}')),
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["found_formats"] == {".json": 2, ".csv": 1, ".tsv": 1}
    assert answer.json()["data_columns"] == ["text"]
    assert len(answer.json()["file_upload_ids"]) == 4
    assert [data["text"] for data in data_of(client, project)] == ["one", "two", "three", "four", "five"]


def test_lines_of_text_and_pages_go_under_the_only_data_key(client, project):
    answer = post_files(client, project, ("f", ("notes.txt", "eins\n\nüber\n".encode())))
    assert answer.json()["data_columns"] == ["$undefined$"]
    assert post_files(client, project, ("f", ("page.html", b"<b>hi</b>"))).status_code == 201
    assert [data["text"] for data in data_of(client, project)] == ["eins", "", "über", "<b>hi</b>"]


def test_a_media_file_becomes_a_task_with_its_address(client, make_project):
    project = make_project(IMAGE_CONFIG)
    answer = post_files(client, project, ("FileUpload", ("my cät.PNG", PNG)))
    assert answer.status_code == 201, answer.text
    assert answer.json()["found_formats"] == {".png": 1}
    [data] = data_of(client, project)
    assert data["image"].startswith(f"/data/upload/{project}/") and data["image"].endswith("-my_c%C3%A4t.PNG")
    assert client.get(data["image"]).content == PNG


def test_text_without_a_config_waits_for_its_key(client, make_project):
    project = make_project("<View></View>")
    assert post_files(client, project, ("f", ("notes.txt", b"one\n"))).status_code == 201
    assert data_of(client, project) == [{"$undefined$": "one"}]
    client.patch(f"/api/projects/{project}", json={"label_config": CONFIG})
    assert data_of(client, project) == [{"text": "one"}]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonx", b"[]", ".jsonx extension is not supported"),
        ("noext", b"[]", " extension is not supported"),
        ("a.json", b"[{]", "Failed to parse input file a.json: "),
        ("a.csv", b"", "Failed to parse input file a.csv: "),
        ("a.csv", b"text\n", "No tasks added"),
        ("a.csv", b"text,n\na,1,2\n", "line 2: expected 2 fields, saw 3"),
        ("a.csv", b'text,n\n"a,1\n', "line 2"),
        ("a.csv", b"text,text\na,1\n", 'same name "text"'),
        ("a.csv", b"foo,n\na,1\n", 'Error at item 0: "text" key is expected in task data'),
        ("a.csv", b"text\nx\x00y\n", 'line 2: "text" has a NUL character'),
    ],
)
def test_a_file_that_cannot_be_read_is_named(client, project, name, content, words):
    listed = errors_of(post_files(client, project, ("f", (name, content))))
    assert words in listed[-1]
    assert exported(client, project) == []
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []


def test_media_needs_a_config_with_one_data_key(client, make_project):
    two = '<View><Text name="t" value="$text"/><Image name="i" value="$image"/></View>'
    [message] = errors_of(post_files(client, make_project(two), ("f", ("a.png", PNG))))
    assert "more than one data key" in message


def test_files_without_a_common_column_are_refused(client, make_project):
    project = make_project("<View></View>")
    [message] = errors_of(
        post_files(client, project, ("f", ("a.csv", b"text,k\na,1\n")), ("f", ("b.csv", b"foo,z\nb,2\n")))
    )
    assert "inconsistent data" in message and "foo,z" in message and "text,k" in message
    assert exported(client, project) == []


def test_files_can_be_kept_without_tasks_and_imported_later(client, project):
    answer = post_files(client, project, ("f", ("a.csv", b"text\na\nb\n")), commit_to_project="false")
    body = answer.json()
    assert (body["task_count"], body["annotation_count"]) == (2, None)
    assert exported(client, project) == []
    again = client.post(
        f"/api/projects/{project}/reimport", json={"file_upload_ids": body["file_upload_ids"]}
    )
    assert again.status_code == 201, again.text
    assert (again.json()["task_count"], again.json()["found_formats"]) == (2, {".csv": 1})
    assert [data["text"] for data in data_of(client, project)] == ["a", "b"]


def test_reimport_replaces_the_tasks_made_before(client, project):
    [upload] = post_files(client, project, ("f", ("a.csv", b"text\na\nb\n"))).json()["file_upload_ids"]
    post(client, project, [{"text": "stays"}])
    path = f"/api/projects/{project}/reimport"
    assert client.post(path, json={"file_upload_ids": [upload]}).status_code == 201
    assert [data["text"] for data in data_of(client, project)] == ["stays", "a", "b"]
    whole = client.post(path, json={"file_upload_ids": [upload], "files_as_tasks_list": False})
    assert whole.json()["task_count"] == 1
    assert [data["text"] for data in data_of(client, project)][1].startswith("/data/upload/")
    assert client.post(path, json={"file_upload_ids": [999]}).status_code == 404
    nothing = client.post(path, json={})
    assert (nothing.status_code, nothing.json()["task_count"]) == (200, 0)


def test_a_form_may_hold_tasks_as_text(client, project):
    path = f"/api/projects/{project}/import"
    body = client.post(path, data={"url": '[{"text": "a"}]'}).json()
    assert (body["task_count"], body["found_formats"], body["data_columns"]) == (1, {".json": 1}, ["text"])
    assert (
        client.get(f"/api/import/file-upload/{body['file_upload_ids'][0]}")
        .json()["file"]
        .endswith("-inplace.json")
    )
    assert client.post(path, data={"url": "{'text': 'b'}"}).status_code == 201
    assert [data["text"] for data in data_of(client, project)] == ["a", "b"]
    for form in ({"url": "tasks.json"}, {"url": ""}, {"other": "x"}):
        assert client.post(path, data=form).status_code == 400


def test_urls_are_data_where_the_config_reads_them(client, make_project):
    project = make_project('<View><Image name="i" value="$url"/></View>')
    assert post(client, project, [{"url": "http://example.org/a.png"}]).status_code == 201
    assert data_of(client, project) == [{"url": "http://example.org/a.png"}]


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/xml", b"<a/>", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=b", b"no parts here", 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\nte',
            400,
        ),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 400),
    ],
)
def test_a_malformed_request_is_refused(client, project, content_type, content, status):
    answer = client.post(
        f"/api/projects/{project}/import", content=content, headers={"Content-Type": content_type}
    )
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text


def test_limits_are_named(make_server):
    server = make_server(max_import_tasks=3, max_import_bytes=2_000, max_import_files=2)
    client = server.client()
    project = client.post("/api/projects", json={"title": "Small", "label_config": CONFIG}).json()["id"]
    assert post(client, project, [{"text": "a"}] * 3).status_code == 201
    too_many = post(client, project, [{"text": "a"}] * 4)
    assert too_many.status_code == 413 and "3 tasks" in too_many.text
    too_large = post(client, project, [{"text": "a" * 3_000}])
    assert too_large.status_code == 413 and "2000" in too_large.text
    files = [("f", (f"{number}.csv", b"text\na\n")) for number in range(3)]
    too_many_files = client.post(f"/api/projects/{project}/import", files=files)
    assert too_many_files.status_code == 400 and "2 files" in too_many_files.text
    assert len(exported(client, project)) == 3


def test_the_spool_is_empty_after_every_kind_of_request(server, client, project):
    post(client, project, [{"text": "a"}])
    post(client, project, [{"x": "a"}])
    post_files(client, project, ("f", ("a.csv", b"text\na\n")))
    post_files(client, project, ("f", ("a.nope", b"text\na\n")))
    assert list(server.settings.spool_dir.iterdir()) == []


# --- the job of a large import ------------------------------------------------------------------------------------


@pytest.fixture
def small_batches(monkeypatch):
    """Every import is a large one, in frames of two tasks."""
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr("labelyard.imports.spool.FRAME_TASKS", 2)


def test_a_large_import_is_stored_by_a_job(server, client, project, small_batches):
    items = [{"data": {"text": f"t{n}"}, "annotations": [{"result": GOOD}]} for n in range(7)]
    answer = post(client, project, items, return_task_ids="true")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["task_count"], body["annotation_count"]) == (7, 7)
    tasks = exported(client, project)
    assert [task["id"] for task in tasks] == body["task_ids"]
    assert [task["data"]["text"] for task in tasks] == [f"t{n}" for n in range(7)]
    [status] = client.get(f"/api/projects/{project}/imports").json()
    status = client.get(f"/api/projects/{project}/imports/{status['id']}").json()
    assert (status["status"], status["task_count"], status["rows_read"], status["rows_rejected"]) == (
        "completed",
        7,
        7,
        0,
    )
    assert status["task_ids"] == body["task_ids"] and status["eta"] == 0 and status["finished_at"]
    assert status["bytes_read"] == status["bytes_total"] > 0
    assert list(server.settings.spool_dir.iterdir()) == []
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 7


def test_files_of_a_large_import_keep_their_uploads(client, project, small_batches):
    files = [("f", ("a.csv", b"text\na\nb\nc\n")), ("f", ("b.csv", b"text\nd\n"))]
    body = post_files(client, project, *files).json()
    names = [
        client.get(f"/api/import/file-upload/{each}").json()["file"].rpartition("/")[2]
        for each in body["file_upload_ids"]
    ]
    assert [task["file_upload"] for task in exported(client, project)] == [names[0]] * 3 + [names[1]]


def test_an_interrupted_job_goes_on_at_its_cursor(server, client, project, small_batches, monkeypatch):
    """What a kill -9 leaves: a running job with a cursor, its lease run out, and the spool."""
    stopped_at = 2

    def read_some(path, offset):
        for number, frame in enumerate(read_frames(path, offset)):
            if number == stopped_at and offset == 0:
                raise SystemExit
            yield frame

    monkeypatch.setattr("labelyard.imports.jobs.read_frames", read_some)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    context = server.context
    object.__setattr__(context.settings, "import_wait_seconds", 0.3)
    answer = post(client, project, [{"text": f"t{n}"} for n in range(7)])
    assert answer.status_code == 201 and list(answer.json()) == ["import"]
    import_id = answer.json()["import"]
    deadline = time.monotonic() + 20
    while (half := client.get(f"/api/projects/{project}/imports/{import_id}").json())["task_count"] < 4:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (half["status"], half["task_count"]) == ("in_progress", 4)
    assert [data["text"] for data in data_of(client, project)] == ["t0", "t1", "t2", "t3"]

    job = context.jobs.table

    def lose_lease(conn):
        conn.execute(job.update().where(job.c.kind == "import").values(lease_expires_at=0))

    context.jobs._running.clear()
    context.db.write_sync(lose_lease)
    context.jobs.run_pending()
    deadline = time.monotonic() + 20
    while client.get(f"/api/projects/{project}/imports/{import_id}").json()["status"] != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [data["text"] for data in data_of(client, project)] == [f"t{n}" for n in range(7)]
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 7


def wait_for(client, project, import_id):
    deadline = time.monotonic() + 20
    while True:
        status = client.get(f"/api/projects/{project}/imports/{import_id}").json()
        if status["status"] in ("completed", "failed"):
            return status
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_imports_can_be_answered_before_they_are_looked_at(make_server):
    server = make_server(async_import=True)
    client = server.client()
    project = client.post("/api/projects", json={"title": "Async", "label_config": CONFIG}).json()["id"]
    answer = post(client, project, [{"text": "a"}, {"text": "b"}])
    assert answer.status_code == 201 and list(answer.json()) == ["import"]
    assert wait_for(client, project, answer.json()["import"])["task_count"] == 2
    files = post_files(client, project, ("f", ("c.csv", b"text\nc\n")))
    assert wait_for(client, project, files.json()["import"])["found_formats"] == {".csv": 1}
    assert [data["text"] for data in data_of(client, project)] == ["a", "b", "c"]
    bad = wait_for(client, project, post(client, project, [{"text": "ok"}, {"foo": "d"}]).json()["import"])
    assert bad["status"] == "failed" and bad["task_count"] == 0
    assert bad["errors"]["non_field_errors"][1].startswith('Error at item 1: "text" key')
    assert len(data_of(client, project)) == 3
    assert list(server.settings.spool_dir.iterdir()) == []


def test_an_import_of_another_project_is_not_found(client, make_project):
    one, other = make_project(), make_project()
    post(client, one, [{"text": "a"}])
    [status] = client.get(f"/api/projects/{one}/imports").json()
    found = client.get(f"/api/projects/{one}/imports/{status['id']}/")
    me = client.get("/api/current-user/whoami").json()
    assert found.status_code == 200
    assert status["created_by"]["email"] == found.json()["created_by"]["email"] == me["email"]
    assert client.get(f"/api/projects/{other}/imports/{status['id']}").status_code == 404
    assert client.get(f"/api/projects/{one}/reimports/4711").status_code == 404
    assert client.get(f"/api/projects/{one}/imports/{2**70}").status_code in (400, 404)
