"""What operations of Label Studio 0.x were called before 0.8.1, and what only those releases had."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.answers import check_answer
from tests.support.world import CONFIG, PNG, RESULT


@pytest.fixture
def ids(client: TestClient) -> list[int]:
    """Three tasks of a project that is not the first, the first of them completed."""
    for title in ("Elsewhere", "Moods"):
        made = client.post(f"/api/project?new=1&desc={title}")
        assert made.status_code == 201
    assert client.post("/api/project/config", json={"label_config": CONFIG}).status_code == 201
    sent = [{"text": "one"}, {"text": "two"}, {"text": "three"}]
    found: list[int] = client.post("/api/project/import", json=sent).json()["new_task_ids"]
    assert client.post(f"/api/tasks/{found[0]}/completions", json={"result": RESULT}).status_code == 201
    return found


def refused(answer: Any, status: int, *words: str) -> None:
    check_answer(answer)
    assert answer.status_code == status, answer.text
    assert all(word in answer.text for word in words), answer.text


def test_older_names_of_the_config_and_of_data(client: TestClient, ids: list[int]) -> None:
    wider = CONFIG.replace("</Choices>", '<Choice value="so so"/></Choices>')
    answer = client.post("/api/save-config", data={"label_config": wider})
    assert (answer.status_code, answer.content) == (201, b"")
    assert client.get("/api/project").json()["label_config_line"] == wider
    wrong = client.post("/api/save-config", data={"label_config": "<View>"})
    assert wrong.status_code == 400 and wrong.json()["label_config"][0].startswith("line 1")
    assert client.post("/api/import", json=[{"text": "four"}]).json()["task_count"] == 1
    exported = client.get("/api/export?format=JSON").json()
    assert [(each["id"], each["completions"][0]["result"]) for each in exported] == [(ids[0], RESULT)]
    assert "good" in client.get("/api/export?format=CSV").text
    refused(client.get("/api/export?format=PDF"), 400, "PDF")


def test_older_names_of_deleting(client: TestClient, ids: list[int]) -> None:
    answer = client.delete("/api/project/completions/")
    assert (answer.status_code, answer.text) == (201, "done")
    assert client.get("/api/completions").json() == {"ids": []}
    assert client.get("/api/project").json()["task_count"] == 3
    assert client.delete("/api/tasks/delete").status_code == 204
    assert client.get("/api/tasks").json() == []
    refused(client.delete("/api/tasks/delete?project=999"), 404)


def test_older_names_of_models(client: TestClient, ids: list[int]) -> None:
    refused(client.post("/api/train"), 400, "No ML backend")
    refused(client.post("/predict", json={"data": {"text": "five"}}), 400, "No ML backend")
    refused(client.post("/predict", content=b"{", headers={"content-type": "application/json"}), 400)
    refused(client.post("/api/remove-ml-backend", json={"name": "my"}), 404, "my")
    refused(client.post("/api/remove-ml-backend", json={}), 400, "name")


def test_the_project_called_1_is_the_current_one(client: TestClient, ids: list[int]) -> None:
    assert client.get("/api/projects/1/task_ids/").json() == ids
    assert client.get("/api/projects/1/completions_ids/").json() == ids[:1]
    text = "<b>Read.</b><script>alert(1)</script>"
    assert client.patch("/api/project", json={"instruction": text}).status_code == 201
    answer = client.get("/api/projects/1/expert_instruction")
    assert (answer.text, answer.headers["content-type"]) == (text, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("sandbox")  # it cannot act in our origin
    assert client.get("/api/states").json() == {"status": "done"}
    for path in ("task_ids", "completions_ids", "expert_instruction"):
        refused(client.get(f"/api/projects/1/{path}?project=999"), 404)


def test_cancel_skips_a_task(client: TestClient, ids: list[int]) -> None:
    made = client.post(f"/api/tasks/{ids[1]}/cancel", json={"result": [], "lead_time": 2.5})
    assert made.status_code == 201
    (found,) = client.get(f"/api/tasks/{ids[1]}").json()["completions"]
    assert (found["id"], found["was_cancelled"], found["lead_time"]) == (made.json()["id"], True, 2.5)
    assert client.post(f"/api/tasks/{ids[2]}/cancel", json={}).status_code == 201
    refused(client.post("/api/tasks/999999/cancel", json={}), 404)
    refused(client.post("/api/tasks/x/cancel", json={}), 404)
    refused(client.post(f"/api/tasks/{ids[1]}/cancel", json=[]), 400)
    refused(client.post(f"/api/tasks/{ids[1]}/cancel", json={"result": "no"}), 400, "result")


def test_a_post_changes_a_completion_as_in_09(client: TestClient, ids: list[int]) -> None:
    (before,) = client.get(f"/api/tasks/{ids[0]}").json()["completions"]
    path = f"/api/tasks/{ids[0]}/completions/{before['id']}"
    answer = client.post(path, json={"lead_time": 7.5})
    assert (answer.status_code, answer.json()) == (201, {"detail": "created"})
    (found,) = client.get(f"/api/tasks/{ids[0]}").json()["completions"]
    assert found == {**before, "lead_time": 7.5}
    assert client.post(f"{path}?was_cancelled=1", json={}).status_code == 201
    (found,) = client.get(f"/api/tasks/{ids[0]}").json()["completions"]
    assert found["was_cancelled"] is True
    refused(client.post(f"/api/tasks/{ids[1]}/completions/{before['id']}", json={}), 404)
    refused(client.post(path, json={"result": "no"}), 400, "result")


def test_uploaded_files_by_their_older_address(client: TestClient) -> None:
    client.post("/api/project?new=1&desc=Pictures")
    config = '<View><Image name="i" value="$image"/><Choices name="c" toName="i"><Choice value="a"/></Choices></View>'
    assert client.post("/api/project/config", json={"label_config": config}).status_code == 201
    assert client.post("/api/import", files={"FileUpload": ("test.png", PNG)}).status_code == 201
    name = client.get("/api/tasks").json()[0]["data"]["image"].rpartition("/")[2]
    assert client.get(f"/upload/{name}").content == PNG
    for wrong in ("no.png", "..%2f..%2flabelyard.sqlite3", "%2e%2e", f"{name}%00"):
        refused(client.get(f"/upload/{wrong}"), 404)


@pytest.mark.parametrize("path", ["/api/project/import", "/api/import"])
def test_the_name_of_a_field_tells_the_format_where_that_of_the_file_does_not(
    client: TestClient, ids: list[int], path: str
) -> None:
    def imported(field: str, name: str, content: bytes) -> Any:
        return client.post(path, files={field: (name, content)}).json().get("formats")

    # As 0.5 to 0.8: the field is called as the file was.
    assert imported("tasks.json", "blob", b'[{"text": "four"}]') == {".json": 1}
    assert imported("more.CSV", "upload.tmp", b"text\nfive\nsix\n") == {".csv": 1}
    # As 0.9, and as the documents have it: the file's own name, whatever the field is called.
    assert imported("FileUpload", "more.csv", b"text\nseven\n") == {".csv": 1}
    assert imported("picture.png", "more.csv", b"text\neight\n") == {".csv": 1}
    texts = [each["data"]["text"] for each in client.get("/api/tasks?page_size=20").json()]
    assert texts == ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    refused(client.post(path, files={"FileUpload": ("blob", b"\x01\x02")}), 400)
    refused(client.post(path, files={"a.json": ("b.json", b"[{")}), 400)


def test_a_field_does_not_rename_files_of_1x_imports(client: TestClient, ids: list[int]) -> None:
    project = client.get("/api/project").json()["id"]
    answer = client.post(f"/api/projects/{project}/import", files={"a.json": ("a.csv", b"text\nnine\n")})
    assert answer.json()["found_formats"] == {".csv": 1}
