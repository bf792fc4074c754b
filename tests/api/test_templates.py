"""The gallery of label configs."""

import pytest


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_template_makes_a_project_that_takes_its_sample(client):
    found = client.get("/api/templates/").json()
    assert len(found["templates"]) >= 14
    assert {each["group"] for each in found["templates"]} == set(found["groups"])
    for each in found["templates"]:
        assert {"title", "type", "group", "image", "details", "config"} <= set(each)
        project = client.post(
            "/api/projects", json={"title": each["title"][:50], "label_config": each["config"]}
        )
        assert project.status_code == 201, project.text
        path = f"/api/projects/{project.json()['id']}/sample-task"
        sample = client.post(path, json={"label_config": each["config"]}).json()["sample_task"]
        task = client.post("/api/tasks", json={"project": project.json()["id"], "data": sample})
        assert task.status_code == 201, (each["title"], task.text)
