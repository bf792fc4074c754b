"""Exports hold every task and answer, in the documented shapes, however many there are."""

import csv
import io
import json
import re

import pytest

from labelyard.exports import batching, queries, reading, records

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices>
</View>"""
GOOD = [
    {"id": "r1", "from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}
]


@pytest.fixture
def project(client):
    return client.post("/api/projects", json={"title": "Exports", "label_config": CONFIG}).json()["id"]


def fill(client, project, *items):
    answer = client.post(
        f"/api/projects/{project}/import", json=list(items), params={"return_task_ids": "true"}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["task_ids"]


def export(client, project, kind="JSON", **params):
    answer = client.get(f"/api/projects/{project}/export", params={"exportType": kind, **params})
    assert answer.status_code == 200, answer.text
    return answer


def annotated(text, *annotations):
    return {"data": {"text": text}, "annotations": [{"result": GOOD, **each} for each in annotations]}


def test_only_tasks_with_an_annotation_a_skipped_one_included(client, project):
    fill(
        client,
        project,
        {"text": "none"},
        annotated("done", {}),
        annotated("skipped", {"was_cancelled": True}),
    )
    assert [task["data"]["text"] for task in export(client, project).json()] == ["done", "skipped"]
    everything = export(client, project, download_all_tasks="true").json()
    assert [task["data"]["text"] for task in everything] == ["none", "done", "skipped"]


def test_some_tasks_by_id_in_any_spelling(client, project):
    ids = fill(client, project, *(annotated(f"t{n}", {}) for n in range(4)))
    for spelled in (f"[{ids[0]},{ids[2]}]", f"{ids[0]},{ids[2]}", [ids[0], ids[2]]):
        assert [task["id"] for task in export(client, project, ids=spelled).json()] == [ids[0], ids[2]]
    assert [task["id"] for task in export(client, project, **{"ids[]": ids[1]}).json()] == [ids[1]]
    assert export(client, project, ids="999999").json() == []
    assert client.get(f"/api/projects/{project}/export", params={"ids": "x"}).status_code == 400


def test_the_name_and_type_of_the_file(client, project):
    fill(client, project, annotated("a", {}))
    for kind, content_type, extension in (
        ("JSON", "application/json", "json"),
        ("JSON_MIN", "application/json", "json"),
        ("CSV", "application/.csv", "csv"),
        ("TSV", "application/.csv", "csv"),
    ):
        answer = export(client, project, kind)
        name = answer.headers["filename"]
        assert re.fullmatch(
            rf"project-{project}-at-\d{{4}}-\d\d-\d\d-\d\d-\d\d-[0-9a-f]{{8}}\.{extension}", name
        )
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["content-type"].partition(";")[0] == content_type
    answer = client.get(f"/api/projects/{project}/export", params={"export_type": "CSV"})
    assert answer.headers["filename"].endswith(".csv")
    assert client.get(f"/api/projects/{project}/export/").json()[0]["data"] == {"text": "a"}


def test_results_come_out_as_they_went_in(client, project):
    [task_id] = fill(
        client, project, {"data": {"text": "a"}, "predictions": [{"result": GOOD, "score": 0.5}]}
    )
    odd = [
        {**GOOD[0], "meta": {"note": "né"}, "extra": [1, None, {"deep": 1e-7}]},
        {"type": "relation", "x": 1},
    ]
    saved = client.post(f"/api/tasks/{task_id}/annotations", json={"result": odd, "lead_time": 2.5})
    assert saved.status_code == 201, saved.text
    draft = client.post(f"/api/tasks/{task_id}/drafts", json={"result": GOOD}).json()
    [task] = export(client, project).json()
    assert task["annotations"][0]["result"] == odd
    assert task["annotations"][0]["id"] == saved.json()["id"]
    assert task["annotations"][0]["lead_time"] == 2.5
    assert task["annotations"][0]["created_at"] == saved.json()["created_at"]
    assert task["drafts"] == [draft["id"]]
    predictions = client.get("/api/predictions", params={"task": task_id}).json()
    assert task["predictions"] == [each["id"] for each in predictions]
    shown = client.get(f"/api/tasks/{task_id}").json()
    assert task["created_at"] == shown["created_at"] and task["updated_at"] == shown["updated_at"]


def test_an_export_can_be_imported_again(client, project):
    fill(client, project, annotated("a", {"lead_time": 1.5, "ground_truth": False}), annotated("b", {}, {}))
    first = export(client, project).json()
    other = client.post("/api/projects", json={"title": "Copy", "label_config": CONFIG}).json()["id"]
    for task in first:
        task["predictions"] = []
    fill(client, other, *first)
    second = export(client, other).json()
    kept = ("result", "was_cancelled", "ground_truth", "lead_time", "completed_by", "created_at")

    def facts(tasks):
        return [
            (task["data"], [[each[key] for key in kept] for each in task["annotations"]]) for task in tasks
        ]

    assert facts(second) == facts(first)
    assert [each["import_id"] for task in second for each in task["annotations"]] == [
        each["id"] for task in first for each in task["annotations"]
    ]


def test_short_json_and_tables(client, project):
    [first, _] = fill(
        client, project, annotated("a\nb", {"created_at": "2026-01-02T03:04:05Z"}), annotated("c", {})
    )
    [record, _] = export(client, project, "JSON_MIN").json()
    assert record["text"] == "a\nb" and record["id"] == first and record["mood"] == "good"
    assert record["created_at"] == "2026-01-02T03:04:05.000000Z"
    for kind, separator in (("CSV", ","), ("TSV", "\t")):
        text = export(client, project, kind).content.decode()
        assert text.splitlines()[0] == separator.join(
            f'"{name}"'
            for name in (
                "annotation_id",
                "annotator",
                "created_at",
                "id",
                "lead_time",
                "mood",
                "text",
                "updated_at",
            )
        )
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
        assert [(row["text"], row["mood"]) for row in rows] == [("a\nb", "good"), ("c", "good")]


def test_an_empty_project_gives_empty_files(client, project):
    assert export(client, project).json() == []
    assert export(client, project, "JSON_MIN").json() == []
    assert len(export(client, project, "CSV").content.splitlines()) == 1


def test_many_batches_are_one_file(client, project, monkeypatch):
    for module in (reading, records):
        monkeypatch.setattr(module, "BATCH", 3)
    ids = fill(client, project, *(annotated(f"t{n}", *[{}] * (n % 3)) for n in range(20)))
    client.delete(f"/api/tasks/{ids[4]}")
    tasks = export(client, project, download_all_tasks="true").json()
    assert [task["id"] for task in tasks] == [each for each in ids if each != ids[4]]
    assert [len(task["annotations"]) for task in tasks] == [n % 3 for n in range(20) if n != 4]
    some = export(client, project, ids=json.dumps(ids[::7] + ids[1:2]), download_all_tasks="true").json()
    assert [task["id"] for task in some] == sorted(ids[::7] + ids[1:2])
    assert all(each["task"] == task["id"] for task in tasks for each in task["annotations"])
    rows = list(csv.DictReader(io.StringIO(export(client, project, "CSV").text)))
    assert len(rows) == sum(n % 3 for n in range(20) if n != 4)


@pytest.mark.parametrize("kind", ["JSON", "CSV"])
def test_large_tasks_come_in_small_batches(client, project, monkeypatch, kind):
    monkeypatch.setattr(batching, "CHARACTERS", 5_000)
    sizes = []
    page = queries.page

    def counted(*args, **kwargs):
        sizes.append(args[4])
        return page(*args, **kwargs)

    monkeypatch.setattr(queries, "page", counted)
    ids = fill(client, project, *(annotated("long " * 400 + str(n), {}) for n in range(110)))
    exported = export(client, project, kind)
    tasks = exported.json() if kind == "JSON" else csv.DictReader(io.StringIO(exported.text))
    assert [int(task["id"]) for task in tasks] == ids
    assert sizes[0] == 100
    assert set(sizes[1:]) == {2}


def test_tasks_of_other_projects_stay_out(client, project):
    other = client.post("/api/projects", json={"title": "Other", "label_config": CONFIG}).json()["id"]
    for n in range(3):
        fill(client, project, annotated(f"mine {n}", {}))
        fill(client, other, annotated(f"theirs {n}", {}))
    assert [task["data"]["text"] for task in export(client, project).json()] == ["mine 0", "mine 1", "mine 2"]
    foreign = export(client, other).json()[0]["id"]
    assert export(client, project, ids=str(foreign)).json() == []


def test_the_list_of_formats(client, project):
    entries = client.get(f"/api/projects/{project}/export/formats").json()
    assert [each["name"] for each in entries if not each.get("disabled")] == [
        "JSON",
        "JSON_MIN",
        "CSV",
        "TSV",
    ]
    assert len(entries) == 17
    for name in ("COCO", "NOPE", "json "):
        answer = client.get(f"/api/projects/{project}/export", params={"exportType": name})
        assert answer.status_code == 400
        assert "Available: JSON, JSON_MIN, CSV, TSV" in answer.json()["detail"]


def test_who_may_export(accounts):
    owner = accounts.add_user("owner@example.org")
    project = owner.post("/api/projects", json={"title": "Mine", "label_config": CONFIG}).json()["id"]
    annotator = accounts.add_user("ann@example.org", role="annotator")
    path = f"/api/projects/{project}/export"
    assert owner.get(path).status_code == 200
    assert annotator.get(path).status_code == 403
    assert accounts.client().get(path).status_code == 401
    assert owner.get("/api/projects/4711/export").status_code == 404
    assert owner.get("/api/projects/4711/export/formats").status_code == 404
