"""Projects over HTTP, on both engines."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.server import Server

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)
OTHER = CONFIG.replace('name="mood"', 'name="tone"')


def make(client: TestClient, **fields: Any) -> Any:
    answer = client.post("/api/projects/", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def add_task(client: TestClient, project: int, **data: Any) -> Any:
    answer = client.post("/api/tasks/", json={"project": project, "data": data or {"text": "a"}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def annotate(client: TestClient, task: int, choice: str = "good", **fields: Any) -> Any:
    result = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": [choice]}}]
    answer = client.post(f"/api/tasks/{task}/annotations", json={"result": result, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def errors(answer: Any) -> Any:
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"] == "Validation error"
    return answer.json()["validation_errors"]


def test_an_empty_post_gives_the_documented_defaults(client):
    made = make(client)
    expected = {
        "title": "", "description": "", "label_config": "<View></View>", "color": "#FFFFFF",
        "maximum_annotations": 1, "show_skip_button": True, "enable_empty_annotation": True,
        "show_collab_predictions": True, "sampling": "Sequential sampling", "skip_queue": "REQUEUE_FOR_OTHERS",
        "overlap_cohort_percentage": 100, "model_version": "", "show_instruction": False, "is_published": False,
        "is_draft": False, "pinned_at": None, "parsed_label_config": {}, "control_weights": {},
        "config_has_control_tags": False, "task_number": None, "total_annotations_number": None,
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    assert set(made["created_by"]) == {"id", "first_name", "last_name", "email", "avatar"}
    assert client.get(f"/api/projects/{made['id']}").json()["task_number"] == 0


def test_a_project_says_what_its_config_asks(client):
    made = make(client, title="Moods", label_config=CONFIG)
    assert made["parsed_label_config"]["mood"]["type"] == "Choices"
    assert made["parsed_label_config"]["mood"]["to_name"] == ["text"]
    assert made["parsed_label_config"]["mood"]["labels"] == ["good", "bad"]
    assert made["control_weights"]["mood"] == {
        "overall": 1.0, "type": "Choices", "labels": {"good": 1.0, "bad": 1.0},
    }  # fmt: skip
    assert made["config_has_control_tags"] is True


def test_own_control_weights_replace_the_default_ones(client):
    made = make(client, label_config=CONFIG, control_weights={"mood": {"overall": 0.5}, "gone": {}})
    assert made["control_weights"] == {"mood": {"overall": 0.5}}


def test_forms_are_accepted(client):
    answer = client.post(
        "/api/projects/", data={"title": "From a form", "label_config": CONFIG, "show_instruction": "true"}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["show_instruction"] is True
    answer = client.patch(f"/api/projects/{answer.json()['id']}/", data={"show_skip_button": "false"})
    assert answer.json()["show_skip_button"] is False


@pytest.mark.parametrize("title", ["ab", "x" * 51])
def test_a_title_has_a_size(client, title):
    assert "title" in errors(client.post("/api/projects", json={"title": title}))


def test_wrong_values_are_named(client):
    found = errors(
        client.post(
            "/api/projects",
            json={"maximum_annotations": 0, "sampling": "Backwards", "color": "x" * 17, "pinned_at": "soon"},
        )
    )
    assert set(found) == {"maximum_annotations", "sampling", "color", "pinned_at"}


def test_every_fault_of_a_label_config_is_told_with_its_place(client):
    config = '<View>\n<Text name="t" value="$t"/>\n<Choices name="t" toName="x"/>\n</View>'
    found = errors(client.post("/api/projects", json={"label_config": config}))["label_config"]
    assert len(found) == 3
    assert all("line 3" in message and "Choices" in message for message in found)


@pytest.mark.parametrize(
    "config", ["<View><Text", "no xml", '<View><Text name="t"/></View>', "<View>\x00</View>", "&lt;" * 10]
)
def test_broken_configs_are_refused(client, config):
    assert errors(client.post("/api/projects", json={"label_config": config}))["label_config"]
    answer = client.post("/api/projects/validate/", json={"label_config": config})
    assert answer.status_code == 400
    assert list(answer.json()) == ["label_config"]


def test_a_good_config_validates_to_nothing(client):
    answer = client.post("/api/projects/validate/", json={"label_config": CONFIG})
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.post("/api/projects/validate/", json={}).status_code == 400


def test_lists_show_pinned_projects_first_and_then_the_newest(client):
    ids = [make(client, title=f"Project {n}")["id"] for n in range(3)]
    client.patch(f"/api/projects/{ids[0]}", json={"pinned_at": "2026-01-01T00:00:00Z"})
    listed = [each["id"] for each in client.get("/api/projects").json()["results"]]
    assert listed == [ids[0], ids[2], ids[1]]

    def shown(query: str) -> list[Any]:
        return [each["id"] for each in client.get(f"/api/projects?{query}").json()["results"]]

    assert shown("filter=pinned_only") == [ids[0]]
    assert shown("filter=exclude_pinned") == [ids[2], ids[1]]
    assert shown("ordering=id") == ids
    assert shown("ordering=-title") == ids[::-1]
    assert shown(f"ids={ids[1]},{ids[2]},{2**70}") == [ids[2], ids[1]]
    assert shown("title=JECT 2") == [ids[2]]
    assert shown("title=%25") == []


def test_titles_are_found_whatever_their_case(client):
    project = make(client, title="Тональность")
    for text in ("тональность", "ТОНАЛЬНОСТЬ", "Тонал"):
        assert client.get("/api/projects", params={"title": text}).json()["results"][0]["id"] == project["id"]


def test_pages_of_projects(client):
    for n in range(3):
        make(client, title=f"Project {n}")
    first = client.get("/api/projects?page_size=2&include=id,title").json()
    assert first["count"] == 3
    assert [set(each) for each in first["results"]] == [{"id", "title"}] * 2
    assert "page=2" in first["next"] and "include=id" in first["next"]
    second = client.get(first["next"]).json()
    assert len(second["results"]) == 1 and second["next"] is None and second["previous"]
    assert client.get("/api/projects?page=3&page_size=2").status_code == 404


@pytest.mark.parametrize("query", ["ordering=secret", "filter=some", "ids=a"])
def test_wrong_list_parameters_are_named(client, query):
    assert list(errors(client.get(f"/api/projects?{query}"))) == [query.split("=")[0]]


def test_methods_and_ids_that_are_not_there(client):
    assert client.put("/api/projects", json={}).status_code == 405
    for path in ("/api/projects/77", f"/api/projects/{2**64}", "/api/projects/none"):
        assert client.get(path).status_code == 404
    assert client.patch("/api/projects/77", json={"title": "Nobody"}).status_code == 404
    assert client.delete("/api/projects/77").status_code == 404


def test_counters_follow_the_work(client):
    project = make(client, label_config=CONFIG)["id"]
    tasks = [add_task(client, project)["id"] for _ in range(3)]
    annotate(client, tasks[0], ground_truth=True)
    annotate(client, tasks[1], was_cancelled=True)
    counts = client.get("/api/projects/counts/").json()["results"][0]
    assert counts == {
        "id": project, "task_number": 3, "finished_task_number": 1, "total_predictions_number": 0,
        "total_annotations_number": 1, "num_tasks_with_annotations": 1, "useful_annotation_number": 0,
        "ground_truth_number": 1, "skipped_annotations_number": 1,
    }  # fmt: skip
    shown = client.get(f"/api/projects/{project}").json()
    assert {name: shown[name] for name in counts} == counts
    client.delete(f"/api/tasks/{tasks[0]}")
    client.delete(f"/api/tasks/{tasks[1]}")
    counts = client.get("/api/projects/counts").json()["results"][0]
    assert {name: value for name, value in counts.items() if value} == {"id": project, "task_number": 1}


def test_a_control_with_annotations_cannot_be_taken_away(client):
    project = make(client, label_config=CONFIG)["id"]
    task = add_task(client, project)["id"]
    assert client.patch(f"/api/projects/{project}", json={"label_config": OTHER}).status_code == 200
    assert client.patch(f"/api/projects/{project}", json={"label_config": CONFIG}).status_code == 200
    annotate(client, task)
    annotate(client, task)
    found = errors(client.patch(f"/api/projects/{project}", json={"label_config": OTHER}))
    message = (
        "Created annotations are incompatible with provided labeling schema, we found:\n"
        "2 with from_name=mood, to_name=text, type=choices"
    )
    assert found == {"label_config": [message]}
    assert client.get(f"/api/projects/{project}").json()["label_config"] == CONFIG


def test_labels_in_use_are_told_by_validate_but_may_go(client):
    project = make(client, label_config=CONFIG)["id"]
    annotate(client, add_task(client, project)["id"], "bad")
    fewer = CONFIG.replace('<Choice value="bad"/>', "")
    found = errors(client.post(f"/api/projects/{project}/validate/", json={"label_config": fewer}))
    assert found == {
        "non_field_errors": [
            "These labels still exist in annotations or drafts:\nbad (1 annotation)\n"
            'Please add labels to tag with name="mood".'
        ]
    }
    more = CONFIG.replace("</Choices>", '<Choice value="mixed"/></Choices>')
    answer = client.post(f"/api/projects/{project}/validate", json={"label_config": more})
    assert answer.json() == {"config_essential_data_has_changed": False}
    assert client.patch(f"/api/projects/{project}", json={"label_config": fewer}).status_code == 200
    assert client.post(f"/api/projects/{project}/validate", json={}).status_code == 400


def test_changing_the_overlap_reopens_and_closes_tasks(client):
    project = make(client, label_config=CONFIG)["id"]
    task = add_task(client, project)["id"]
    annotate(client, task)
    assert client.get(f"/api/tasks/{task}").json()["is_labeled"] is True
    changed = client.patch(f"/api/projects/{project}", json={"maximum_annotations": 2}).json()
    assert (changed["maximum_annotations"], changed["finished_task_number"]) == (2, 0)
    shown = client.get(f"/api/tasks/{task}").json()
    assert (shown["overlap"], shown["is_labeled"]) == (2, False)
    changed = client.patch(f"/api/projects/{project}", json={"maximum_annotations": 1}).json()
    assert changed["finished_task_number"] == 1


def test_a_share_of_the_tasks_gets_the_overlap(client):
    project = make(client, label_config=CONFIG, maximum_annotations=3, overlap_cohort_percentage=50)["id"]
    overlaps = [add_task(client, project)["overlap"] for _ in range(6)]
    assert sorted(overlaps) == [1, 1, 1, 3, 3, 3]
    client.patch(f"/api/projects/{project}", json={"overlap_cohort_percentage": 20})
    tasks = client.get(f"/api/tasks?project={project}").json()["tasks"]
    assert sorted(each["overlap"] for each in tasks) == [1, 1, 1, 1, 1, 3]
    client.patch(f"/api/projects/{project}", json={"overlap_cohort_percentage": 50})
    tasks = client.get(f"/api/tasks?project={project}").json()["tasks"]
    assert [each["overlap"] for each in tasks] == overlaps


def test_the_summary_counts_data_keys_controls_and_labels(client):
    project = make(client, label_config=CONFIG)["id"]
    task = add_task(client, project, text="a", source="x")["id"]
    add_task(client, project, text="b")
    annotate(client, task, "good")
    annotate(client, task, "bad")
    draft = {
        "result": [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["bad"]}}]
    }
    client.post(f"/api/tasks/{task}/drafts", json=draft)
    summary = client.get(f"/api/projects/{project}/summary/").json()
    assert summary["all_data_columns"] == {"text": 2, "source": 1}
    assert summary["common_data_columns"] == ["text"]
    assert summary["created_annotations"] == {"mood|text|choices": 2}
    assert summary["created_labels"] == {"mood": {"good": 1, "bad": 1}}
    assert summary["created_labels_drafts"] == {"mood": {"bad": 1}}
    annotate(client, task, "good")
    assert client.get(f"/api/projects/{project}/summary").json()["created_labels"] == {
        "mood": {"good": 2, "bad": 1}
    }
    assert client.post(f"/api/projects/{project}/summary/reset").status_code == 200


def test_a_sample_task_can_be_imported(client):
    project = make(client, label_config=CONFIG)["id"]
    sample = client.post(f"/api/projects/{project}/sample-task/", json={"label_config": CONFIG}).json()[
        "sample_task"
    ]
    add_task(client, project, **sample)
    full = client.post(
        f"/api/projects/{project}/sample-task",
        json={"label_config": CONFIG, "include_annotation_and_prediction": True},
    ).json()["sample_task"]
    assert set(full) == {"data", "annotations", "predictions"}
    annotate_with = full["annotations"][0]["result"]
    assert annotate_with[0]["from_name"] == "mood"


def test_annotators_and_model_versions(client):
    project = make(client, label_config=CONFIG)["id"]
    task = add_task(client, project)["id"]
    assert client.get(f"/api/projects/{project}/annotators/").json() == []
    me = annotate(client, task)["completed_by"]
    assert [each["id"] for each in client.get(f"/api/projects/{project}/annotators").json()] == [me]
    result = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["bad"]}}]
    prediction = {"task": task, "result": result, "model_version": "v7", "score": 0.5}
    assert client.post("/api/predictions", json=prediction).status_code == 201
    assert client.get(f"/api/projects/{project}/model-versions/").json() == {"v7": 1}
    extended = client.get(f"/api/projects/{project}/model-versions?extended=true&limit=1").json()
    assert extended["live"] is None
    assert [(each["model_version"], each["count"]) for each in extended["static"]] == [("v7", 1)]


def test_deleting_takes_everything_along(client):
    project = make(client, label_config=CONFIG)["id"]
    task = add_task(client, project)["id"]
    annotation = annotate(client, task)["id"]
    assert client.delete(f"/api/projects/{project}/").status_code == 204
    for path in (f"/api/projects/{project}", f"/api/tasks/{task}", f"/api/annotations/{annotation}"):
        assert client.get(path).status_code == 404
    assert make(client)["id"] > project


def test_who_only_annotates_cannot_manage(accounts: Server):
    owner = accounts.add_user("owner@example.org", role="owner")
    annotator = accounts.add_user("ann@example.org", role="annotator")
    project = make(owner, label_config=CONFIG)["id"]
    task = add_task(owner, project)["id"]
    assert annotator.get(f"/api/projects/{project}").status_code == 200
    assert annotator.get(f"/api/tasks/{task}").status_code == 200
    for answer in (
        annotator.post("/api/projects", json={}),
        annotator.patch(f"/api/projects/{project}", json={"title": "Mine now"}),
        annotator.delete(f"/api/projects/{project}"),
        annotator.delete(f"/api/projects/{project}/tasks"),
        annotator.delete(f"/api/tasks/{task}"),
        annotator.patch(f"/api/tasks/{task}", json={"data": {}}),
        annotator.post("/api/tasks", json={"project": project, "data": {"text": "a"}}),
        annotator.post(
            f"/api/dm/actions?project={project}&id=delete_tasks",
            json={"selectedItems": {"all": True, "excluded": []}},
        ),
    ):
        assert answer.status_code == 403, answer.text
    assert owner.get(f"/api/tasks/{task}").status_code == 200
    assert accounts.client().get("/api/projects").status_code == 401


def test_a_deleted_project_leaves_no_upload_behind(client, server):
    project = make(client, label_config=CONFIG)["id"]
    upload = ("lines.csv", b"text\none\ntwo\n", "text/csv")
    assert client.post(f"/api/projects/{project}/import", files={"file": upload}).status_code == 201
    media = server.settings.media_dir
    assert [each for each in media.rglob("*") if each.is_file()]
    assert client.delete(f"/api/projects/{project}").status_code == 204
    assert not [each for each in media.rglob("*") if each.is_file()]
