"""Imports that go on past wrong rows, imports that only look, and imports that stop or are taken back."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from tests.support.importing import (
    CONFIG,
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
from labelyard.imports import undo
from labelyard.imports.spool import read_frames

ROWS = [
    {"text": "one"},
    {"foo": "x"},
    {"data": {"text": "two"}, "annotations": [{"result": [], "completed_by": 999}]},
    {"data": {"text": "three"}, "predictions": [{"result": [{**GOOD[0], "value": {"choices": ["odd"]}}]}]},
    {"data": {"text": "four"}, "annotations": [{"result": GOOD}], "predictions": [{"result": GOOD}]},
    "five",
]


@pytest.fixture
def project(client):
    return new_project(client)


@pytest.fixture
def small_batches(monkeypatch):
    """Every import is a large one, in frames of two tasks."""
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr("labelyard.imports.spool.FRAME_TASKS", 2)
    monkeypatch.setattr("labelyard.imports.streaming._FIRST_FRAME", 1)


def check_skipped(client, project):
    body = made(post(client, project, ROWS, on_error="skip"))
    assert (body["task_count"], body["annotation_count"], body["prediction_count"]) == (2, 1, 1)
    assert (body["rows_read"], body["rows_accepted"], body["rows_rejected"]) == (6, 2, 4)
    assert [(each["row"], each["column"]) for each in body["errors"]["rows"]] == [
        (2, "text"),
        (3, "annotations"),
        (4, "predictions"),
        (6, None),
    ]
    assert "completed_by=999" in body["errors"]["rows"][1]["error"]
    assert "Region 0" in body["errors"]["rows"][2]["error"]
    assert texts(client, project) == ["one", "four"]
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 2
    status = status_of(client, project, body["import_id"])
    assert status["has_rejects"] and status["rows_rejected"] == 4 and status["can_undo"]
    assert status["errors"] == body["errors"] and status["error"] is None
    return body["import_id"]


def test_good_rows_are_imported_and_bad_ones_are_told(client, project):
    check_skipped(client, project)


def test_so_does_the_job_of_a_large_import(server, client, project, small_batches):
    check_skipped(client, project)
    assert list(server.settings.spool_dir.iterdir()) == []


def test_rows_of_files_are_named_by_file_and_line(client, project):
    files = [("a.csv", b"text,n\nok,1\n"), ("b.csv", b"foo,n\nx,1\n")]
    body = made(post_files(client, project, *files, on_error="skip"))
    assert (body["task_count"], body["rows_rejected"]) == (1, 1)
    [error] = body["errors"]["rows"]
    assert (error["file"], error["row"], error["column"]) == ("b.csv", 2, "text")
    refused = post_files(client, project, ("b.csv", b"text,n\nok,1\n"), ("a.json", b'[{"text":"a"},{"n":1}]'))
    assert refused.status_code == 400
    errors = refused.json()["validation_errors"]
    assert errors["rows"][0] | {"error": ""} == {"file": "a.json", "row": 2, "column": "text", "error": ""}
    assert "(a.json, row 2)" in errors["non_field_errors"][-1]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(client, project):
    body = made(
        post_files(client, project, ("a.json", b'[{"text": '), ("b.csv", b"text\nok\n"), on_error="skip")
    )
    assert body["task_count"] == 1
    [error] = body["errors"]["rows"]
    assert error["file"] == "a.json" and error["row"] is None
    nothing = post_files(client, project, ("a.json", b'[{"text": '), on_error="skip")
    assert nothing.status_code == 400 and "a.json" in nothing.text
    assert texts(client, project) == ["ok"]


def test_without_a_good_row_nothing_is_imported_but_the_rows_are_told(client, project):
    body = made(post(client, project, [{"foo": 1}], on_error="skip"))
    assert (body["task_count"], body["rows_rejected"]) == (0, 1)
    assert exported(client, project) == []


# --- looking only -------------------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_stores_nothing(server, client, project):
    body = made(post(client, project, ROWS[:1] + ROWS[4:5], dry_run="true"), 200)
    assert (body["task_count"], body["annotation_count"], body["prediction_count"]) == (2, 1, 1)
    assert body["errors"] is None
    body = made(post(client, project, ROWS, dry_run="1"), 200)
    assert (body["rows_read"], body["rows_rejected"], body["task_count"]) == (6, 4, 2) or body[
        "task_count"
    ] == 0
    assert body["errors"]["rows"] and body["errors"]["non_field_errors"]
    body = made(post(client, project, ROWS, dry_run="1", on_error="skip"), 200)
    assert (body["task_count"], body["rows_rejected"]) == (2, 4)
    files = post_files(client, project, ("a.csv", b"text\na\n"), dry_run="1")
    assert made(files, 200)["data_columns"] == ["text"]
    broken = made(post_files(client, project, ("a.json", b"[{]"), dry_run="1"), 200)
    assert broken["task_count"] == 0 and "a.json" in broken["errors"]["non_field_errors"][0]
    assert exported(client, project) == []
    assert client.get(f"/api/projects/{project}/imports").json() == []
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []
    assert list(server.settings.spool_dir.iterdir()) == []


# --- answering at once --------------------------------------------------------------------------------------------


def test_a_request_may_ask_not_to_be_kept_waiting(client, project):
    answer = post(client, project, [{"text": "a"}], headers={"Prefer": "wait=10, respond-async"})
    assert answer.status_code == 201 and list(answer.json()) == ["import"]
    assert answer.headers["preference-applied"] == "respond-async"
    assert wait_for(client, project, answer.json()["import"])["task_count"] == 1
    files = client.post(
        f"/api/projects/{project}/import",
        files=[("f", ("a.csv", b"text\nb\n"))],
        params={"on_error": "skip"},
        headers={"Prefer": "respond-async"},
    )
    status = wait_for(client, project, files.json()["import"])
    assert (status["task_count"], status["files"], status["found_formats"]) == (1, ["a.csv"], {".csv": 1})
    [upload] = status["file_upload_ids"]
    name = client.get(f"/api/import/file-upload/{upload}").json()["file"].rpartition("/")[2]
    assert exported(client, project)[1]["file_upload"] == name


def test_a_refused_import_keeps_no_upload(client, project):
    files = [("f", ("a.csv", b"foo\nb\n"))]
    answer = client.post(f"/api/projects/{project}/import", files=files, headers={"Prefer": "respond-async"})
    status = wait_for(client, project, answer.json()["import"])
    assert status["status"] == "failed" and status["errors"]["rows"][0]["file"] == "a.csv"
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_a_running_import_can_be_cancelled(server, client, project, small_batches, monkeypatch):
    """It is cancelled while its third frame is about to be stored."""
    post(client, project, [{"text": "before"}])
    asked: list[bool] = []

    def read_some(path, offset):
        for number, frame in enumerate(read_frames(path, offset)):
            if number == 2 and not asked:
                asked.append(True)
                [row] = [
                    each
                    for each in client.get(f"/api/projects/{project}/imports").json()
                    if each["status"] == "in_progress"
                ]
                assert row["task_count"] == 4
                server.context.db.write_sync(imports.cancel, actor_of(server), project, row["id"])
            yield frame

    monkeypatch.setattr("labelyard.imports.jobs.read_frames", read_some)
    answer = post(client, project, [{"text": f"t{n}"} for n in range(9)])
    assert answer.status_code == 409 and "cancelled" in answer.text, answer.text
    status = client.get(f"/api/projects/{project}/imports").json()[0]
    assert (status["status"], status["cancelled"], status["task_count"]) == ("failed", True, 0)
    assert status["undo"]["deleted"] == 4 and not status["can_undo"]
    assert texts(client, project) == ["before"]
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 1
    over = client.post(f"/api/projects/{project}/imports/{status['id']}/cancel")
    assert over.status_code == 409


def actor_of(server):
    from labelyard.users import service as users

    return server.context.db.read_sync(users.cli_actor)


# --- taking back --------------------------------------------------------------------------------------------------


def test_an_import_can_be_undone(client, project):
    post(client, project, [{"text": "stays"}])
    items = [{"data": {"text": f"t{n}"}, "annotations": [{"result": GOOD}]} for n in range(5)]
    body = made(post(client, project, items, return_task_ids="true", on_error="skip"))
    ids, import_id = body["task_ids"], body["import_id"]
    worked = client.post(f"/api/tasks/{ids[1]}/annotations", json={"result": GOOD})
    assert worked.status_code == 201
    drafted = client.post(f"/api/tasks/{ids[3]}/drafts", json={"result": GOOD})
    assert drafted.status_code == 201
    path = f"/api/projects/{project}/imports/{import_id}/undo"
    expected = {"deleted": 3, "kept": 2, "kept_tasks": [ids[1], ids[3]], "updated": 0}
    assert made(client.post(path, params={"dry_run": "true"}), 200) == expected
    assert len(exported(client, project)) == 6
    assert made(client.post(path), 200) == expected
    assert texts(client, project) == ["stays", "t1", "t3"]
    counted = client.get(f"/api/projects/{project}").json()
    assert counted["task_number"] == 3 and counted["total_annotations_number"] == 3
    status = status_of(client, project, import_id)
    assert status["undone_at"] and status["undo"] == expected and status["can_undo"]
    client.delete(f"/api/annotations/{worked.json()['id']}")
    again = made(client.post(path), 200)
    assert again == {"deleted": 1, "kept": 1, "kept_tasks": [ids[3]], "updated": 0}


def test_an_imported_annotation_that_was_changed_keeps_its_task(client, project):
    items = [{"data": {"text": f"t{n}"}, "annotations": [{"result": GOOD}]} for n in range(2)]
    body = made(post(client, project, items, on_error="skip"))
    annotation = exported(client, project)[0]["annotations"][0]["id"]
    assert client.patch(f"/api/annotations/{annotation}", json={"result": []}).status_code == 200
    undone = made(client.post(f"/api/projects/{project}/imports/{body['import_id']}/undo"), 200)
    assert (undone["deleted"], undone["kept"]) == (1, 1)


def test_an_undo_is_joined_until_its_very_end(server, client, project, monkeypatch):
    """Asked for again when all tasks are gone but the job has not ended, which a kill may make last: one undo, two answers."""
    reached, go_on = threading.Event(), threading.Event()
    take_back = undo.take_back

    def and_wait(*given):
        take_back(*given)
        reached.set()
        assert go_on.wait(30)

    monkeypatch.setattr(undo, "take_back", and_wait)
    path = f"/api/projects/{project}/imports/{made(post(client, project, ROWS[:1], on_error='skip'))['import_id']}/undo"
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(server.client().post, path)
        assert reached.wait(30)
        second = threads.submit(server.client().post, path)
        time.sleep(0.2)  # it is at the job by then
        go_on.set()
        answers = [made(each.result(), 200) for each in (first, second)]
    assert [each["deleted"] for each in answers] == [1, 1]


def test_the_undo_of_files_forgets_the_uploads(server, client, project):
    made(post_files(client, project, ("a.csv", b"text\na\nb\n"), on_error="skip"))
    [status] = client.get(f"/api/projects/{project}/imports").json()
    made(client.post(f"/api/projects/{project}/imports/{status['id']}/undo"), 200)
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []
    assert [each for each in server.settings.media_dir.rglob("*") if each.is_file()] == []
    assert not status_of(client, project, status["id"])["can_undo"]


def test_undo_and_cancel_are_for_managers_of_the_project(accounts):
    accounts.add_user("owner@example.org")
    annotator = accounts.add_user("ann@example.org", role="annotator")
    manager = accounts.add_user("man@example.org")
    project, other = new_project(manager, CONFIG), new_project(manager, CONFIG)
    post(manager, project, [{"text": "a"}])
    [status] = manager.get(f"/api/projects/{project}/imports").json()
    for action in ("undo", "undo?dry_run=1", "cancel"):
        path = f"imports/{status['id']}/{action}"
        assert annotator.post(f"/api/projects/{project}/{path}").status_code == 403
        assert manager.post(f"/api/projects/{other}/{path}").status_code == 404
        assert accounts.client().post(f"/api/projects/{project}/{path}").status_code == 401
    assert manager.get(f"/api/projects/{project}/imports/{status['id']}/rejects").status_code == 404
    assert texts(manager, project) == ["a"]


# --- mending ------------------------------------------------------------------------------------------------------


def mended(client, project, import_id, mend):
    """Download the reject file, mend it and import it; its name, and the answer."""
    answer = client.get(f"/api/projects/{project}/imports/{import_id}/rejects")
    assert answer.status_code == 200, answer.text
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    name = unquote(re.split(r"filename\*?=", disposition)[1].removeprefix("utf-8''").strip('"'))
    return name, post_files(client, project, (name, mend(answer.content)))


@pytest.mark.parametrize(
    ("name", "content", "mend", "expected"),
    [
        (
            "days.csv",
            b"text;n\none;1\ntwo;2;3\nthree;3\n",
            lambda text: text.replace(b"two;2;3", b"two;2"),
            "days-rejects.csv",
        ),
        (
            "days.json",
            b'[{"text": "one"}, {"txt": "two"}, {"text": "three"}]',
            lambda text: text.replace(b'"txt"', b'"text"'),
            "days-rejects.json",
        ),
        (
            "days.jsonl",
            b'{"text": "one"}\n{"txt": "two"}\n{"text": "three"}\n',
            lambda text: text.replace(b'"txt"', b'"text"'),
            "days-rejects.jsonl",
        ),
        (
            "my dáys.tsv",
            b"text\tn\none\t1\ntwo\t2\t3\nthree\t3\n",
            lambda text: text.replace(b"2\t3", b"2"),
            None,
        ),
    ],
)
def test_a_reject_file_can_be_mended_and_imported(client, project, name, content, mend, expected):
    body = made(post_files(client, project, (name, content), on_error="skip"))
    assert (body["task_count"], body["rows_rejected"]) == (2, 1)
    reject_name, answer = mended(client, project, body["import_id"], mend)
    assert expected in (None, reject_name)
    assert made(answer)["task_count"] == 1
    tasks = exported(client, project)
    assert [task["data"]["text"] for task in tasks] == ["one", "three", "two"]
    assert all("_error" not in task["data"] and "_row" not in task["data"] for task in tasks)


def test_the_reject_file_of_a_body_and_of_several_files(client, project):
    body = made(post(client, project, [{"text": "one"}, {"txt": "two"}], on_error="skip"))
    name, answer = mended(client, project, body["import_id"], lambda text: text.replace(b"txt", b"text"))
    assert name == "import-rejects.json" and made(answer)["task_count"] == 1
    files = [("a/x.csv", b"text\none\n"), ("x.csv", b"foo\ntwo\n"), ("y.json", b'[{"n": 1}]')]
    body = made(post_files(client, project, *files, on_error="skip"))
    answer = client.get(f"/api/projects/{project}/imports/{body['import_id']}/rejects")
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["x-rejects-2.csv", "y-rejects-3.json"]
        assert b"two" in archive.read("x-rejects-2.csv")
    other = new_project(client)
    assert client.get(f"/api/projects/{other}/imports/{body['import_id']}/rejects").status_code == 404


def test_the_reject_file_goes_with_the_undo_and_with_the_project(server, client, project):
    first = made(post(client, project, [{"text": "one"}, {"txt": "two"}], on_error="skip"))["import_id"]
    made(post(client, project, [{"text": "one"}, {"txt": "two"}], on_error="skip"))
    stored = server.settings.media_dir / "rejects"
    assert len([each for each in stored.rglob("*") if each.is_file()]) == 2
    made(client.post(f"/api/projects/{project}/imports/{first}/undo"), 200)
    assert not status_of(client, project, first)["has_rejects"]
    assert len([each for each in stored.rglob("*") if each.is_file()]) == 1
    assert client.delete(f"/api/projects/{project}").status_code == 204
    assert [each for each in stored.rglob("*") if each.is_file()] == []
