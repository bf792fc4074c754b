"""Columns, actions and rights that the data manager asks for, on both engines."""

from typing import Any

import pytest
from starlette.testclient import TestClient

CONFIG = (
    '<View><Image name="img" value="$image"/><Header value="$title"/><Text name="t" value="$text"/>'
    '<Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
)


@pytest.fixture
def project(client: TestClient) -> Any:
    return client.post("/api/projects", json={"label_config": CONFIG}).json()["id"]


def columns(client, project):
    answer = client.get(f"/api/dm/columns/?project={project}")
    assert answer.status_code == 200, answer.text
    return answer.json()["columns"]


def test_data_columns_come_first_then_those_of_every_task(client, project):
    data = {"image": "/a.png", "title": "x", "text": "y", "extra": 1}
    client.post("/api/tasks", json={"project": project, "data": data})
    found = columns(client, project)
    assert [each["id"] for each in found] == [
        "image", "title", "text", "extra", "id", "inner_id", "completed_at", "total_annotations",
        "cancelled_annotations", "total_predictions", "annotators", "annotations_results", "annotations_ids",
        "predictions_score", "predictions_model_versions", "predictions_results", "file_upload", "storage_filename",
        "created_at", "updated_at", "updated_by", "avg_lead_time", "draft_exists", "data",
    ]  # fmt: skip
    by_id = {each["id"]: each for each in found}
    assert [by_id[name]["type"] for name in ("image", "title", "text", "extra")] == [
        "Image", "String", "String", "Unknown",
    ]  # fmt: skip
    assert by_id["image"]["parent"] == "data"
    assert by_id["data"]["children"] == ["image", "title", "text", "extra"]
    me = client.get("/api/current-user/whoami").json()["id"]
    assert by_id["annotators"]["schema"] == {"items": [me]}
    for each in found:
        assert set(each["visibility_defaults"]) == {"explore", "labeling"}
        assert each["target"] == "tasks"


def test_a_key_that_no_task_has_any_more_is_no_column(client, project):
    data = {"image": "/a.png", "title": "x", "text": "y", "gone": 1}
    task = client.post("/api/tasks", json={"project": project, "data": data}).json()["id"]
    assert "gone" in [each["id"] for each in columns(client, project)]
    client.delete(f"/api/tasks/{task}")
    names = [each["id"] for each in columns(client, project)]
    assert "gone" not in names and "image" in names


def test_undefined_is_the_first_data_key(client):
    plain = client.post("/api/projects", json={}).json()["id"]
    client.post("/api/tasks", json={"project": plain, "data": {"$undefined$": "x"}})
    first = columns(client, plain)[0]
    assert (first["id"], first["title"]) == ("$undefined$", "data")
    client.patch(
        f"/api/projects/{plain}", json={"label_config": '<View><Text name="t" value="$line"/></View>'}
    )
    assert [each["id"] for each in columns(client, plain)][:2] == ["line", "id"]


def test_the_project_comes_with_rights_and_counts(client, project):
    found = client.get(f"/api/dm/project/?project={project}").json()
    assert found["id"] == project
    assert (found["can_delete_tasks"], found["task_count"], found["annotation_count"]) == (True, 0, 0)


def test_actions_are_listed_with_their_dialogs(client, project):
    actions = client.get(f"/api/dm/actions/?project={project}").json()
    assert [each["id"] for each in actions] == [
        "retrieve_tasks_predictions",
        "predictions_to_annotations",
        "remove_duplicates",
        "delete_tasks",
        "delete_tasks_annotations",
        "delete_tasks_predictions",
    ]
    assert all(each["dialog"]["type"] == "confirm" and each["dialog"]["text"] for each in actions)
    assert client.get(f"/api/dm/actions/delete_tasks/form/?project={project}").json() == []
    assert client.get(f"/api/dm/actions/nothing/form?project={project}").status_code == 400


@pytest.mark.parametrize("path", ["columns", "project", "actions"])
def test_a_project_has_to_be_named(client, path):
    assert client.get(f"/api/dm/{path}").status_code == 400
    assert client.get(f"/api/dm/{path}?project=x").status_code == 400
    assert client.get(f"/api/dm/{path}?project=77").status_code == 404
