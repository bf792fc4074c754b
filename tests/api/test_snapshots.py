"""Snapshots: made by a job, kept as files, converted, downloaded, deleted with all that belongs to them."""

import csv
import hashlib
import io
import time

import pytest
from tests.api.test_export import CONFIG, GOOD, annotated, fill


@pytest.fixture
def project(client):
    return client.post("/api/projects", json={"title": "Snapshots", "label_config": CONFIG}).json()["id"]


def snapshot(client, project, **options):
    answer = client.post(f"/api/projects/{project}/exports", json=options)
    assert answer.status_code == 201, answer.text
    return done(client, project, answer.json()["id"])


def done(client, project, export_id):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        shown = client.get(f"/api/projects/{project}/exports/{export_id}").json()
        if shown["status"] in ("completed", "failed"):
            return shown
        time.sleep(0.02)
    raise AssertionError(shown)


def content(client, project, export_id, **query):
    answer = client.get(f"/api/projects/{project}/exports/{export_id}/download", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def texts(client, project, **options):
    made = snapshot(client, project, **options)
    tasks = content(client, project, made["id"]).json()
    assert made["counters"]["task_number"] == len(tasks)
    return [task["data"]["text"] for task in tasks]


def test_a_snapshot_is_the_json_export_of_all_tasks(client, project):
    fill(client, project, {"text": "open"}, annotated("done", {}))
    asked = client.post(f"/api/projects/{project}/exports", json={}).json()
    assert asked["status"] == "completed"  # a small one is made while the request waits
    assert asked["title"].startswith("Snapshots-at-")
    assert asked["created_by"]["email"] == "owner@localhost"
    assert asked["task_filter_options"] is None
    made = done(client, project, asked["id"])
    file = content(client, project, made["id"])
    exported = client.get(f"/api/projects/{project}/export", params={"download_all_tasks": "true"})
    assert file.content == exported.content
    assert made["md5"] == hashlib.md5(file.content).hexdigest()
    assert (made["progress"], made["total"]) == (2, 2)
    assert "task_filter_options" not in made
    assert [each["id"] for each in client.get(f"/api/projects/{project}/exports/").json()] == [made["id"]]


def test_tasks_are_chosen(client, project):
    fill(
        client,
        project,
        {"text": "open"},
        annotated("done", {}),
        annotated("skipped", {"was_cancelled": True}),
        annotated("both", {}, {"was_cancelled": True}),
    )
    every = ["open", "done", "skipped", "both"]
    assert texts(client, project) == every
    for option, wanted in (("annotated", {"done", "both"}), ("skipped", {"skipped", "both"})):
        only = texts(client, project, task_filter_options={option: "only"})
        assert only == [each for each in every if each in wanted]
        rest = texts(client, project, task_filter_options={option: "exclude"})
        assert rest == [each for each in every if each not in wanted]
    finished = texts(client, project, task_filter_options={"finished": "only"})
    open_ = texts(client, project, task_filter_options={"finished": "exclude"})
    assert sorted(finished + open_) == sorted(every)
    assert "done" in finished and "open" in open_
    assert texts(client, project, task_filter_options={"only_with_annotations": True}) == every[1:]


def test_annotations_are_chosen_by_kind(client, project):
    fill(
        client,
        project,
        annotated(
            "a",
            {"ground_truth": False},
            {"ground_truth": True},
            {"was_cancelled": True, "ground_truth": False},
        ),
    )

    def kinds(**keep):
        made = snapshot(client, project, annotation_filter_options=keep)
        found = content(client, project, made["id"]).json()[0]["annotations"]
        return [
            ("skipped" if each["was_cancelled"] else "truth" if each["ground_truth"] else "usual")
            for each in found
        ]

    assert kinds() == ["usual"]
    assert kinds(usual=False, ground_truth=True) == ["truth"]
    assert kinds(usual=True, skipped=True) == ["usual", "skipped"]
    assert kinds(usual=True, skipped=True, ground_truth=True) == ["usual", "truth", "skipped"]
    kept = {"usual": False, "skipped": False}
    assert (
        texts(
            client,
            project,
            annotation_filter_options=kept,
            task_filter_options={"only_with_annotations": True},
        )
        == []
    )


def test_related_objects_in_full(client, project):
    item = annotated("a", {})
    item["predictions"] = [{"result": GOOD, "score": 0.5, "model_version": "m"}]
    task = fill(client, project, item)[0]
    client.post(f"/api/tasks/{task}/drafts", json={"result": GOOD})
    plain = content(client, project, snapshot(client, project)["id"]).json()[0]
    assert isinstance(plain["drafts"][0], int) and isinstance(plain["predictions"][0], int)
    full = {name: {"only_id": False} for name in ("drafts", "predictions", "annotations__completed_by")}
    made = snapshot(client, project, serialization_options=full)
    shown = content(client, project, made["id"]).json()[0]
    assert shown["annotations"][0]["completed_by"] == {
        "id": plain["annotations"][0]["completed_by"], "email": "owner@localhost", "first_name": "", "last_name": "",
    }  # fmt: skip
    assert shown["predictions"][0]["score"] == 0.5 and shown["predictions"][0]["result"] == GOOD
    assert shown["drafts"][0]["result"] == GOOD
    client.post(f"/api/projects/{project}/exports/{made['id']}/convert", json={"export_type": "CSV"})
    done_csv(client, project, made["id"])
    row = next(csv.DictReader(io.StringIO(content(client, project, made["id"], exportType="CSV").text)))
    assert row["annotator"] == "owner@localhost"


def done_csv(client, project, export_id):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        formats = client.get(f"/api/projects/{project}/exports/{export_id}").json()["converted_formats"]
        if all(each["status"] in ("completed", "failed") for each in formats):
            return formats
        time.sleep(0.02)
    raise AssertionError(formats)


def test_a_conversion_shows_the_tasks_as_they_were(client, project):
    ids = fill(client, project, annotated("one", {}), annotated("two", {}))
    made = snapshot(client, project)
    then = {
        kind: client.get(f"/api/projects/{project}/export", params={"exportType": kind}).content
        for kind in ("JSON_MIN", "CSV", "TSV")
    }
    path = f"/api/projects/{project}/exports/{made['id']}"
    assert client.get(f"{path}/download", params={"exportType": "CSV"}).status_code == 404
    client.delete(f"/api/tasks/{ids[0]}")
    for kind, expected in then.items():
        answer = client.post(f"{path}/convert", json={"export_type": kind})
        assert answer.status_code == 200
        assert answer.json()["export_type"] == kind
        formats = done_csv(client, project, made["id"])
        assert answer.json()["converted_format"] in [each["id"] for each in formats]
        assert content(client, project, made["id"], exportType=kind).content == expected
    again = client.post(f"{path}/convert", json={"export_type": "CSV"})
    assert again.status_code == 400 and "export_type" in again.json()["validation_errors"]
    for wrong in ("COCO", "NONE"):
        refused = client.post(f"{path}/convert", json={"export_type": wrong})
        assert refused.status_code == 400 and "export_type" in refused.json()["validation_errors"]


def test_a_broken_download_goes_on(client, project):
    fill(client, project, annotated("one", {}))
    made = snapshot(client, project)
    whole = content(client, project, made["id"]).content
    path = f"/api/projects/{project}/exports/{made['id']}/download"
    rest = client.get(path, headers={"Range": "bytes=10-"})
    assert rest.status_code == 206 and rest.content == whole[10:]


def test_deleting_leaves_no_file(client, project, server):
    fill(client, project, annotated("one", {}))
    folder = server.settings.media_dir / "export" / str(project)
    gone, kept = snapshot(client, project), snapshot(client, project)
    client.post(f"/api/projects/{project}/exports/{gone['id']}/convert", json={"export_type": "CSV"})
    done_csv(client, project, gone["id"])
    assert len(list(folder.iterdir())) == 3
    assert client.delete(f"/api/projects/{project}/exports/{gone['id']}").status_code == 204
    assert client.get(f"/api/projects/{project}/exports/{gone['id']}").status_code == 404
    assert [each.name.split("-")[0] for each in folder.iterdir()] == [str(kept["id"])]
    assert client.delete(f"/api/projects/{project}").status_code == 204
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        {"task_filter_options": {"skipped": "sometimes"}},
        {"task_filter_options": []},
        {"annotation_filter_options": {"usual": "maybe"}},
        {"serialization_options": {"drafts": 7}},
        {"title": "x" * 3000},
    ],
)
def test_wrong_options_are_named(client, project, body):
    answer = client.post(f"/api/projects/{project}/exports", json=body)
    assert answer.status_code == 400
    assert next(iter(body)) in answer.json()["validation_errors"]
    assert client.get(f"/api/projects/{project}/exports").json() == []


def test_a_snapshot_is_seen_in_its_project_only(client, project):
    fill(client, project, {"text": "a"})
    made = snapshot(client, project)
    other = client.post("/api/projects", json={"title": "Other", "label_config": CONFIG}).json()["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/download"), ("POST", "/convert")):
        body = {"json": {"export_type": "CSV"}} if method == "POST" else {}
        answer = client.request(method, f"/api/projects/{other}/exports/{made['id']}{path}", **body)
        assert answer.status_code == 404
    assert client.get(f"/api/projects/{project}/exports/{made['id']}").status_code == 200


def test_tasks_of_a_view(client, project):
    fill(client, project, *({"text": f"text {n}"} for n in range(5)))
    data = {
        "filters": {
            "conjunction": "or",
            "items": [
                {
                    "filter": "filter:tasks:data.text",
                    "operator": "equal",
                    "type": "String",
                    "value": "text 3",
                },
                {
                    "filter": "filter:tasks:data.text",
                    "operator": "regex",
                    "type": "String",
                    "value": "^text [12]$",
                },
            ],
        },
        "ordering": ["-tasks:id"],
        "selectedItems": {"all": False, "included": []},
    }
    view = client.post("/api/dm/views", json={"project": project, "data": data}).json()["id"]
    assert texts(client, project, task_filter_options={"view": view}) == ["text 1", "text 2", "text 3"]
    assert texts(client, project, task_filter_options={"view": view, "annotated": "only"}) == []
    other = client.post("/api/projects", json={"title": "Other"}).json()["id"]
    for project_id, view_id in ((other, view), (project, 10**6), (project, -1)):
        answer = client.post(
            f"/api/projects/{project_id}/exports", json={"task_filter_options": {"view": view_id}}
        )
        assert answer.status_code == 400, answer.text
        assert list(answer.json()["validation_errors"]["task_filter_options"]) == ["view"]
