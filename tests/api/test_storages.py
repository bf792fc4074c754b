"""Storages: tasks that come from buckets and directories, and results that go there."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.s3 import KEY, SECRET, Emulator
from tests.support.server import Server
from tests.support.world import RESULT

from labelyard.files import service as files
from labelyard.kit.objects.s3 import S3

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices></View>'
)
SETTINGS = "/api/project/storage-settings"
Make = Callable[..., Server]


def eventually(look: Callable[[], Any], seconds: float = 30) -> Any:
    """What `look` gives when it is something."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.03)
    return found


def project_of(client: TestClient, config: str = CONFIG) -> int:
    made = client.post("/api/projects", json={"title": "Moods", "label_config": config})
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def texts(client: TestClient, project: int) -> list[str]:
    found = client.get(f"/api/tasks?project={project}&page_size=-1&resolve_uri=false").json()
    return [task["data"]["text"] for task in found["tasks"]]


def keys_of(bucket: S3, prefix: str = "") -> list[str]:
    return [each.key for page in bucket.pages(prefix, recursive=True) for each in page]


def idle(server: Server) -> bool:
    """Whether no job of storages is under way, and nothing waits to be written."""
    context = server.context

    def left(conn: Any) -> int:
        live = sum(n for (kind, _), n in context.deliveries.live_counts(conn).items() if "storages" in kind)
        return live + int(conn.exec_driver_sql("SELECT count(*) FROM storage_outbox").scalar())

    return not context.db.read_sync(left)


@pytest.fixture
def allowing(make_server: Make) -> Server:
    return make_server(outbound_allow="127.0.0.1")


def write(directory: Path, objects: dict[str, Any]) -> Path:
    for name, value in objects.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return directory


# --- 0.x: settings ------------------------------------------------------------------------------------------------


def test_settings_show_every_type_with_its_form(client: TestClient) -> None:
    project_of(client)
    found = client.get(SETTINGS).json()
    assert {"s3", "gcs", "azure-blob", "redis", "tasks-json"} <= found["source"].keys()
    assert {"s3-completions", "gcs-completions", "completions-dir"} <= found["target"].keys()
    form = found["source"]["s3"]["fields"]
    assert [each["name"] for each in form] == [
        "path",
        "prefix",
        "regex",
        "data_key",
        "use_blob_urls",
        "region",
    ]
    assert next(each["data"] for each in form if each["name"] == "data_key") == "text"
    assert found["source"]["tasks-json"]["current"] and not found["source"]["s3"]["current"]
    assert found["target"]["completions-dir"] | {"path": ""} == {
        "type": "completions-dir", "description": "Completions of the project", "current": True, "path": "",
        "fields": [],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["gcs", "azure-blob", "redis"])
def test_other_clouds_are_told_apart_from_unknown_types(client: TestClient, kind: str) -> None:
    project_of(client)
    answer = client.post(f"{SETTINGS}?storage_for=source", json={"type": kind, "path": "b"})
    assert answer.status_code == 501 and kind in answer.text
    answer = client.post(f"{SETTINGS}?storage_for=source", json={"type": "ftp", "path": "b"})
    assert answer.status_code == 400 and "type" in answer.json()["validation_errors"]


def test_wrong_fields_are_named_as_in_the_form(client: TestClient) -> None:
    project_of(client)
    for body, field in (
        ({"type": "s3"}, "path"),
        ({"type": "s3", "path": "b", "regex": "("}, "regex"),
        ({"type": "s3", "path": "b", "aws_access_key_id": "A"}, "aws_secret_access_key"),
        ({"type": "localfiles", "path": "relative"}, "path"),
    ):
        answer = client.post(f"{SETTINGS}?storage_for=source", json=body)
        assert answer.status_code == 400 and field in answer.json()["errors"], answer.text
    assert client.get(SETTINGS).json()["source"]["tasks-json"]["current"]


# --- 0.x: a directory ---------------------------------------------------------------------------------------------


def test_a_directory_is_read_once_and_again_when_there_is_more(server: Server, tmp_path: Path) -> None:
    client, folder = (
        server.client(),
        write(tmp_path / "in", {"b.json": {"text": "b"}, "a.json": [{"text": "a"}]}),
    )
    project = project_of(client)
    body = {"type": "localfiles", "path": str(folder), "use_blob_urls": False, "regex": r".*\.json"}
    refused = client.post(f"{SETTINGS}?storage_for=source", json=body)
    assert refused.status_code == 400 and "LABELYARD_LOCAL_FILES_DOCUMENT_ROOT" in refused.text
    server.context.db.write_sync(files.register_directory, project, folder)
    assert client.post(f"{SETTINGS}?storage_for=source", json=body).json() == {"result": "ok"}
    assert eventually(lambda: idle(server)) and texts(client, project) == ["a", "b"]
    write(folder, {"c.json": {"data": {"text": "c"}}, ".hidden.json": {"text": "no"}, "d.txt": b"no"})
    assert client.post(f"{SETTINGS}?storage_for=source", json=body).status_code == 201
    assert eventually(lambda: idle(server)) and texts(client, project) == ["a", "b", "c"]
    shown = client.get(SETTINGS).json()["source"]["localfiles"]
    assert shown["current"] and shown["path"] == f"{folder}/"
    assert client.get("/api/project").json()["source_storage"]["readable_path"] == f"{folder}/"


def test_an_object_that_is_no_task_is_named_and_does_not_stop_the_others(
    server: Server, tmp_path: Path
) -> None:
    folder = write(
        tmp_path / "in", {"1.json": b"{broken", "2.json": {"text": "fine"}, "3.json": {"other": "x"}}
    )
    client = server.client()
    project = project_of(client)
    server.context.db.write_sync(files.register_directory, project, folder)
    body = {"type": "localfiles", "path": str(folder), "use_blob_urls": False}
    client.post(f"{SETTINGS}?storage_for=source", json=body)
    assert eventually(lambda: idle(server)) and texts(client, project) == ["fine"]
    row = server.context.db.read_sync(
        lambda conn: conn.exec_driver_sql("SELECT status, error FROM storage").one()
    )
    assert row.status == "completed_with_errors"
    assert "1.json: Not a task in JSON" in row.error and "3.json" in row.error and '"text"' in row.error


def test_completions_are_written_into_a_directory_and_deleted_there(server: Server, tmp_path: Path) -> None:
    client, folder = server.client(), tmp_path / "out"
    folder.mkdir()
    project = project_of(client)
    first, second = client.post(
        f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "one"}, {"text": "two"}]
    ).json()["task_ids"]
    early = client.post(f"/api/tasks/{first}/annotations", json={"result": RESULT, "lead_time": 2.5}).json()[
        "id"
    ]
    body = {"type": "completions-dir", "path": str(folder), "can_delete_objects": True}
    # A directory that was opened for reading is not written to.
    server.context.db.write_sync(files.register_directory, project, folder)
    assert client.post(f"{SETTINGS}?storage_for=target", json=body).status_code == 400
    server.context.db.write_sync(lambda conn: files.register_directory(conn, project, folder, writable=True))
    assert client.post(f"{SETTINGS}?storage_for=target", json=body).status_code == 201
    # What was there before is written too.
    eventually(lambda: (folder / f"{first}.json").exists())
    late = client.post(
        f"/api/tasks/{second}/completions", json={"result": RESULT, "was_cancelled": True}
    ).json()
    eventually(lambda: (folder / f"{second}.json").exists())
    said = json.loads((folder / f"{first}.json").read_text())
    assert said["id"] == first and said["data"] == {"text": "one"} and said["predictions"] == []
    [completion] = said["completions"]
    assert (completion["id"], completion["result"], completion["lead_time"]) == (early, RESULT, 2.5)
    assert isinstance(completion["created_at"], int)
    assert json.loads((folder / f"{second}.json").read_text())["completions"][0]["was_cancelled"] is True
    client.delete(f"/api/tasks/{second}/completions/{late['id']}")
    eventually(lambda: not (folder / f"{second}.json").exists())
    client.delete(f"/api/tasks/{first}")
    eventually(lambda: not (folder / f"{first}.json").exists())
    assert eventually(lambda: idle(server)) and list(folder.iterdir()) == []


# --- 0.x: a bucket ------------------------------------------------------------------------------------------------


def bucket_body(s3: Emulator, name: str, **more: Any) -> dict[str, Any]:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return {"type": "s3", "path": name, "endpoint": s3.url, **keys, **more}


def test_a_bucket_is_read_and_written_as_0x_does(allowing: Server, s3: Emulator, engine: str) -> None:
    name = f"moods-{engine}"
    bucket = s3.bucket(name, {f"in/{n}.json": json.dumps({"text": f"t{n}"}).encode() for n in range(3)})
    bucket.put("in/deeper/x.json", b'{"text": "deeper"}')
    client = allowing.client()
    project = project_of(client)
    body = bucket_body(s3, name, prefix="in", use_blob_urls=False)
    assert client.post(f"{SETTINGS}?storage_for=source", json=body).status_code == 201
    assert eventually(lambda: idle(allowing)) and texts(client, project) == ["t0", "t1", "t2"]
    for _ in range(2):
        client.post(f"{SETTINGS}?storage_for=source", json=body)
        assert eventually(lambda: idle(allowing)) and len(texts(client, project)) == 3
    shown = client.get(SETTINGS)
    assert shown.json()["source"]["s3"]["path"] == f"s3://{name}/in/" and SECRET not in shown.text
    target = bucket_body(s3, name, prefix="out") | {"type": "s3-completions"}
    assert client.post(f"{SETTINGS}?storage_for=target", json=target).status_code == 201
    task = client.get(f"/api/tasks?project={project}").json()["tasks"][0]["id"]
    client.post(f"/api/tasks/{task}/completions", json={"result": RESULT})
    eventually(lambda: keys_of(bucket, "out/"))
    assert keys_of(bucket, "out/") == [f"out/{task}"]
    said = json.loads(bucket.get(f"out/{task}", 10_000))
    assert said["id"] == task and said["completions"][0]["result"] == RESULT
    copy = allowing.settings.data_dir / "completions" / f"{task}.json"
    assert json.loads(copy.read_text()) == said


def test_credentials_rest_encrypted_and_are_in_no_answer(allowing: Server, s3: Emulator, engine: str) -> None:
    s3.bucket(f"secret-{engine}")
    client = allowing.client()
    project_of(client)
    answer = client.post(f"{SETTINGS}?storage_for=source", json=bucket_body(s3, f"secret-{engine}"))
    assert answer.status_code == 201
    stored = allowing.context.db.read_sync(
        lambda conn: conn.exec_driver_sql("SELECT options, secrets FROM storage").one()
    )
    assert (
        SECRET not in f"{stored.options}{stored.secrets}" and KEY not in f"{stored.options}{stored.secrets}"
    )
    for path in (SETTINGS, "/api/project"):
        assert SECRET not in client.get(path).text


def test_a_bucket_that_is_not_there_changes_nothing(allowing: Server, s3: Emulator) -> None:
    client = allowing.client()
    project_of(client)
    answer = client.post(f"{SETTINGS}?storage_for=source", json=bucket_body(s3, "no-such-bucket"))
    assert answer.status_code == 400 and answer.json()["detail"] == "Cannot find bucket no-such-bucket in S3"
    assert SECRET not in answer.text
    assert client.get(SETTINGS).json()["source"]["tasks-json"]["current"]


def test_an_endpoint_in_the_operators_network_is_not_connected_to(client: TestClient, s3: Emulator) -> None:
    project_of(client)
    for endpoint in (
        s3.url,
        f"http://[::ffff:127.0.0.1]:{s3.port}",
        "http://169.254.169.254/",
        "file:///etc",
    ):
        body = bucket_body(s3, "anything") | {"endpoint": endpoint}
        answer = client.post(f"{SETTINGS}?storage_for=source", json=body)
        assert answer.status_code == 400 and "errors" not in answer.json(), answer.text


def test_the_servers_endpoint_and_credentials(make_server: Make, s3: Emulator, engine: str) -> None:
    s3.bucket(f"plain-{engine}", {"a.txt": b"x"})
    server = make_server(s3_endpoint=s3.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    client = server.client()
    project = project_of(client)
    body = {"type": "s3", "path": f"plain-{engine}"}
    assert client.post(f"{SETTINGS}?storage_for=source", json=body).status_code == 201
    assert eventually(lambda: idle(server)) and texts(client, project) == [f"s3://plain-{engine}/a.txt"]
