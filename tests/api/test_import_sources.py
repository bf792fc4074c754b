"""Where tasks come from: archives, addresses, resumable uploads; and requests that are sent twice."""

import base64
import gzip
import io
import threading
import zipfile

import pytest
from tests.support.importing import (
    CONFIG,
    EMPTY,
    exported,
    made,
    new_project,
    post,
    post_files,
    status_of,
    texts,
    wait_for,
)
from tests.support.media import image
from tests.support.odd_servers import odd_server, says

from labelyard.imports import service as imports

IMAGE = '<View><Image name="i" value="$image"/></View>'


def zipped(**files):
    """A zip of files, `__` in a name standing for the point."""
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return made_of.getvalue()


@pytest.fixture
def project(client):
    return new_project(client)


@pytest.fixture
def web_server(make_server):
    """A server that may fetch from this machine."""
    return make_server(outbound_allow="127.0.0.0/8")


# --- archives -----------------------------------------------------------------------------------------------------


def test_archives_are_the_files_in_them(client, project):
    inside = zipped(a__csv="text\none\n", b__json='[{"text": "two"}]', c__jsonl='{"text": "three"}\n')
    files = [("all.zip", inside), ("d.csv.gz", gzip.compress(b"text\nfour\n"))]
    body = made(post_files(client, project, *files))
    assert body["found_formats"] == {".csv": 2, ".json": 1, ".jsonl": 1}
    assert body["task_count"] == 4 and body["data_columns"] == ["text"]
    assert texts(client, project) == ["one", "two", "three", "four"]
    names = [
        client.get(f"/api/import/file-upload/{each}").json()["file"].partition("-")[2]
        for each in body["file_upload_ids"]
    ]
    assert names == ["a.csv", "b.json", "c.jsonl", "d.csv"]
    again = client.post(
        f"/api/projects/{project}/reimport", json={"file_upload_ids": body["file_upload_ids"]}
    )
    assert made(again)["task_count"] == 4 and len(exported(client, project)) == 4


def test_pictures_in_an_archive_are_served(client):
    project = new_project(client, IMAGE)
    body = made(post_files(client, project, ("pics.zip", zipped(a__png=image(), b__png=image(color="red")))))
    assert body["task_count"] == 2
    first, second = (task["data"]["image"] for task in exported(client, project))
    assert client.get(first).content == image() and client.get(second).content == image(color="red")


def test_an_error_in_an_archive_names_the_file_in_it(client, project):
    answer = post_files(client, project, ("all.zip", zipped(**{"day/a__csv": "foo\none\n"})))
    assert answer.json()["validation_errors"]["rows"][0]["file"] == "day/a.csv"
    bad = post_files(client, project, ("all.zip", b"PK\x03\x04 no more"))
    assert bad.status_code == 400 and "all.zip" in bad.text
    assert exported(client, project) == []


def test_options_of_single_files(client, project):
    files = [("file", ("a.csv", "text|n\ncaf\xe9|007\n".encode("cp1252"))), ("file", ("b.csv", b"text\nb\n"))]
    options = (
        '{"a.csv": {"encoding": "cp1252", "delimiter": "|", "csv_types": "string", "columns": {"n": "size"}}}'
    )
    answer = client.post(f"/api/projects/{project}/import", files=files, data={"options": options})
    assert made(answer)["task_count"] == 2
    assert [task["data"] for task in exported(client, project)] == [
        {"text": "café", "size": "007"},
        {"text": "b"},
    ]
    for wrong in (
        "[]",
        '{"a.csv": {"colour": "red"}}',
        '{"a.csv": {"delimiter": "ab"}}',
        '{"a.csv": {"encoding": "x"}}',
    ):
        answer = client.post(f"/api/projects/{project}/import", files=files, data={"options": wrong})
        assert answer.status_code == 400 and answer.json()["validation_errors"], wrong


def test_options_of_all_files(client, project):
    made(
        post_files(
            client, project, ("x.data", b"text|1\nb|2\n"), format="csv", delimiter="pipe", header="true"
        )
    )
    assert [task["data"] for task in exported(client, project)] == [{"text": "b", "1": 2}]


# --- addresses ----------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_from_an_address(web_server):
    client = web_server.client()
    project = new_project(client)
    with odd_server(says(body=b"text,n\none,1\n")) as site:
        address = f"http://127.0.0.1:{site.port}/days/tasks.csv?x=1"
        body = made(client.post(f"/api/projects/{project}/import", data={"url": address}))
        assert (body["task_count"], body["found_formats"]) == (1, {".csv": 1})
        both = [{"url": address}, {"url": address}]
        assert made(post(client, project, both))["found_formats"] == {".csv": 2}
        answer = post(client, project, both[:1], headers={"Prefer": "respond-async"})
        status = wait_for(client, project, answer.json()["import"])
        assert (status["task_count"], status["url"], status["files"]) == (1, address, ["tasks.csv"])
        mixed = post(client, project, [{"url": address, "n": 1}])
        assert mixed.status_code == 400 and "text" in mixed.text
    assert texts(client, project) == ["one"] * 4
    assert list(web_server.settings.spool_dir.glob("import-*")) == []


def test_an_archive_may_be_fetched(web_server):
    client = web_server.client()
    project = new_project(client)
    with odd_server(says(body=gzip.compress(b'[{"text": "a"}]'))) as site:
        url = f"http://127.0.0.1:{site.port}/tasks.json.gz"
        assert made(client.post(f"/api/projects/{project}/import", data={"url": url}))["task_count"] == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_failed_fetch_is_told_without_what_the_other_side_said(web_server, at_once):
    client = web_server.client()
    project = new_project(client)
    headers = {} if at_once else {"Prefer": "respond-async"}
    with odd_server(says("404 Not Found", body=b"SECRET-MARK")) as site:
        answer = post(client, project, [{"url": f"http://127.0.0.1:{site.port}/x.csv"}], headers=headers)
        if at_once:
            assert answer.status_code == 400 and "404" in answer.text
            told = answer.text
        else:
            status = wait_for(client, project, answer.json()["import"])
            assert status["status"] == "failed"
            told = str(status)
    assert "SECRET-MARK" not in told and f"{site.port}/x.csv" in told


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/a.csv", "http://localhost/a.csv", "http://[::1]/a.csv", "http://169.254.169.254/a",
     "http://2130706433/a.csv", "file:///etc/passwd", "ftp://example.org/a.csv", "gopher://example.org", "data:,a", "a.csv"],
)  # fmt: skip
def test_addresses_of_this_machine_and_its_network_are_refused(client, project, address):
    answer = client.post(f"/api/projects/{project}/import", data={"url": address})
    assert answer.status_code == 400 and address in answer.json()["validation_errors"]["non_field_errors"][0]
    if address.startswith("http"):
        assert post(client, project, [{"url": address}]).status_code == 400
    assert exported(client, project) == []


# --- resumable uploads --------------------------------------------------------------------------------------------


def upload(client, project, name, content, *, sent=None):
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    answer = client.post(f"/api/projects/{project}/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    place = answer.headers["location"]
    piece = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = client.patch(place, headers=piece, content=content[:sent])
    assert answer.status_code == 204, answer.text
    return place.rpartition("/")[2]


def listed(client, project):
    return [each["id"] for each in client.get(f"/api/projects/{project}/uploads").json()]


def test_finished_uploads_are_imported_as_files(client, project):
    first = upload(client, project, "a.csv", b"text|n\none|1\n")
    second = upload(client, project, "b.zip", zipped(b__csv="text\ntwo\n"))
    form = {"upload": [first, second], "options": f'{{"{first}": {{"delimiter": "|"}}}}'}
    body = made(client.post(f"/api/projects/{project}/import", data=form))
    assert (body["task_count"], body["found_formats"]) == (2, {".csv": 2})
    assert [task["data"] for task in exported(client, project)] == [{"text": "one", "n": 1}, {"text": "two"}]
    assert listed(client, project) == []
    again = client.post(f"/api/projects/{project}/import", data=form)
    assert again.status_code == 404


def test_a_folder_of_pictures_is_one_import(client, make_server):
    images = new_project(client, IMAGE)
    ids = [upload(client, images, f"{n}.png", image()) for n in range(150)]
    body = made(client.post(f"/api/projects/{images}/import", data={"upload": ids}))
    assert body["task_count"] == 150 and listed(client, images) == []
    few = make_server(max_import_files=3).client()
    project = new_project(few, IMAGE)
    path = f"/api/projects/{project}/import"
    assert few.post(path, data={"upload": ids[:4]}).status_code == 400
    assert few.post(path, data={"upload": ids}).status_code == 413


def test_an_upload_stays_when_the_import_is_refused(client, project):
    bad = upload(client, project, "a.csv", b"foo\none\n")
    path = f"/api/projects/{project}/import"
    assert client.post(path, data={"upload": bad}).status_code == 400
    answer = client.post(path, data={"upload": bad}, headers={"Prefer": "respond-async"})
    assert wait_for(client, project, answer.json()["import"])["status"] == "failed"
    assert made(client.post(path, data={"upload": bad}, params={"dry_run": "1"}), 200)["errors"]
    assert listed(client, project) == [bad]
    mapped = {"upload": bad, "options": f'{{"{bad}": {{"columns": {{"foo": "text"}}}}}}'}
    assert made(client.post(path, data=mapped))["task_count"] == 1
    assert texts(client, project) == ["one"] and listed(client, project) == []


def test_unfinished_and_foreign_uploads_are_not_imported(client, project):
    half = upload(client, project, "a.csv", b"text\none\n", sent=4)
    other = new_project(client)
    path = f"/api/projects/{project}/import"
    assert client.post(path, data={"upload": half}).status_code == 409
    assert client.post(f"/api/projects/{other}/import", data={"upload": half}).status_code == 404
    whole = upload(client, project, "a.csv", b"text\none\n")
    assert client.post(path, data={"upload": [whole, whole]}).status_code == 409
    assert listed(client, project) == [half, whole]


def test_a_cancelled_import_gives_its_upload_back(server, client, project, monkeypatch):
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr("labelyard.imports.spool.FRAME_TASKS", 2)
    monkeypatch.setattr("labelyard.imports.streaming._FIRST_FRAME", 2)
    upload_id = upload(client, project, "a.csv", b"text\n" + b"one\n" * 9)
    from labelyard.imports import storing
    from labelyard.users import service as users

    stored = storing.store
    actor = server.context.db.read_sync(users.cli_actor)
    seen = []

    def store_some(conn, actor_, project_row, import_id, *rest):
        seen.append(import_id)
        if len(seen) == 3:
            imports.cancel(conn, actor, project, import_id)
        return stored(conn, actor_, project_row, import_id, *rest)

    monkeypatch.setattr(storing, "store", store_some)
    answer = client.post(
        f"/api/projects/{project}/import", data={"upload": upload_id}, params={"on_error": "skip"}
    )
    assert answer.status_code == 409, answer.text
    assert exported(client, project) == [] and listed(client, project) == [upload_id]
    assert client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json() == []
    monkeypatch.undo()
    assert made(client.post(f"/api/projects/{project}/import", data={"upload": upload_id}))["task_count"] == 9


# --- the same request twice ---------------------------------------------------------------------------------------

KEY = {"Idempotency-Key": "order-17"}


@pytest.mark.parametrize("large", [False, True])
def test_a_repeated_request_gets_the_first_answer(client, project, monkeypatch, large):
    if large:
        monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    first = post(client, project, [{"text": "a"}], headers=KEY)
    again = post(client, project, [{"text": "a"}], headers=KEY)
    assert made(again) == made(first)
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    assert texts(client, project) == ["a"]
    assert post(client, project, [{"text": "b"}], headers=KEY).status_code == 422
    assert post(client, project, [{"text": "a"}], headers=KEY, return_task_ids="1").status_code == 422
    other = new_project(client)
    assert made(post(client, other, [{"text": "b"}], headers=KEY))["task_count"] == 1
    assert texts(client, project) == ["a"]


def test_a_repeated_form_is_known_whatever_its_boundary(client, project):
    path = f"/api/projects/{project}/import"
    send = [
        client.post(path, files=[("f", ("a.csv", b"text\na\n"))], data={"note": "x"}, headers=KEY)
        for _ in range(2)
    ]
    assert send[0].request.headers["content-type"] != send[1].request.headers["content-type"]
    assert made(send[0]) == made(send[1])
    assert client.post(path, files=[("f", ("a.csv", b"text\nb\n"))], headers=KEY).status_code == 422
    assert (
        client.post(path, files=[("f", ("b.csv", b"text\na\n"))], data={"note": "x"}, headers=KEY).status_code
        == 422
    )
    assert texts(client, project) == ["a"]


def test_a_repeated_upload_needs_no_upload(client, project):
    form = {"upload": upload(client, project, "a.csv", b"text\na\n")}
    path = f"/api/projects/{project}/import"
    assert made(client.post(path, data=form, headers=KEY)) == made(client.post(path, data=form, headers=KEY))
    assert texts(client, project) == ["a"]


def test_a_refused_request_leaves_its_key_free(client, project):
    assert post(client, project, [{"x": "a"}], headers=KEY).status_code == 400
    assert made(post(client, project, [{"text": "a"}], headers=KEY))["task_count"] == 1


def test_a_request_answered_at_once_is_repeated_as_that(client, project):
    headers = {**KEY, "Prefer": "respond-async"}
    first = post(client, project, [{"text": "a"}], headers=headers)
    wait_for(client, project, first.json()["import"])
    assert made(post(client, project, [{"text": "a"}], headers=headers)) == made(first)
    assert texts(client, project) == ["a"]


def test_kept_files_are_repeated_too(client, project):
    path = f"/api/projects/{project}/import"
    answers = [
        client.post(
            path, files=[("f", ("a.csv", b"text\na\n"))], params={"commit_to_project": "0"}, headers=KEY
        )
        for _ in range(2)
    ]
    assert made(answers[0]) == made(answers[1])
    assert len(client.get(f"/api/projects/{project}/file-uploads", params={"all": "true"}).json()) == 1


def test_a_request_that_is_still_carried_out_is_a_conflict(server, client, project, monkeypatch):
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    object.__setattr__(server.context.settings, "import_wait_seconds", 0.2)
    going_on = threading.Event()
    from labelyard.imports import storing

    stored = storing.store

    def slow(*given):
        going_on.wait(20)
        return stored(*given)

    monkeypatch.setattr(storing, "store", slow)
    first = post(client, project, [{"text": "a"}], headers=KEY)
    assert list(first.json()) == ["import"]
    assert post(client, project, [{"text": "a"}], headers=KEY).status_code == 409
    going_on.set()
    wait_for(client, project, first.json()["import"])
    assert made(post(client, project, [{"text": "a"}], headers=KEY))["task_count"] == 1
    assert texts(client, project) == ["a"]


def test_many_of_the_same_at_once_are_one(server, client, project):
    answers = []

    def send():
        answers.append(post(server.client(), project, [{"text": "a"}] * 50, headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409} and 201 in {
        a.status_code for a in answers
    }
    assert len(exported(client, project)) == 50


def test_a_key_belongs_to_its_user_and_is_checked(accounts):
    accounts.add_user("owner@example.org")
    one, two = accounts.add_user("one@example.org"), accounts.add_user("two@example.org")
    project = new_project(one, CONFIG)
    made(post(one, project, [{"text": "a"}], headers=KEY))
    made(post(two, project, [{"text": "b"}], headers=KEY))
    assert texts(one, project) == ["a", "b"]
    for wrong in ("", " ", "x" * 256, "\xe9"):
        answer = post(one, project, [{"text": "a"}], headers={"Idempotency-Key": wrong.encode("latin-1")})
        assert answer.status_code == 400, wrong


def test_a_failed_job_is_repeated_as_its_error(client, project):
    headers = {**KEY, "Prefer": "respond-async"}
    first = post(client, project, [{"x": "a"}], headers=headers)
    status = wait_for(client, project, first.json()["import"])
    assert status["status"] == "failed" and status_of(client, project, status["id"]) == status
    assert made(post(client, project, [{"x": "a"}], headers=headers)) == made(first)


def test_an_empty_config_takes_addresses_for_files(client):
    project = new_project(client, EMPTY)
    assert post(client, project, [{"url": "http://127.0.0.1:1/a.csv"}]).status_code == 400
