"""Storages over the API of 1.x, and the bytes of objects that tasks show."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.api.test_storages import CONFIG, eventually, idle, keys_of, project_of, texts, write
from tests.support.s3 import KEY, SECRET, Emulator
from tests.support.server import Server, settings_for
from tests.support.world import PNG, RESULT

from labelyard.kit.objects.s3 import S3

Make = Callable[..., Server]
PICTURES = '<View><Image name="image" value="$image"/></View>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "root"
    found.mkdir()
    return found


@pytest.fixture
def serving(make_server: Make, root: Path) -> Server:
    """A server whose operator opened a directory, and the S3 server of the tests."""
    return make_server(
        allow_serving_local_files=True, local_files_document_root=str(root), outbound_allow="127.0.0.1"
    )


@pytest.fixture
def bucket(s3: Emulator, request: pytest.FixtureRequest) -> Iterator[tuple[str, S3]]:
    name = f"b{abs(hash(request.node.nodeid)) % 10**12:012d}"
    yield name, s3.bucket(name)


def s3_body(s3: Emulator, name: str, project: int, **more: Any) -> dict[str, Any]:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return {"project": project, "bucket": name, "s3_endpoint": s3.url, **keys, **more}


def made(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/api/storages/{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- local directories --------------------------------------------------------------------------------------------


def test_a_local_storage_from_its_making_to_its_end(serving: Server, root: Path) -> None:
    client, folder = (
        serving.client(),
        write(root / "in", {"1.json": {"text": "one"}, "sub/2.json": {"text": "two"}}),
    )
    project = project_of(client)
    storage = made(client, "localfiles", {"project": project, "path": str(folder), "title": "Letters"})
    assert (storage["status"], storage["type"], storage["title"]) == ("initialized", "localfiles", "Letters")
    one = f"/api/storages/localfiles/{storage['id']}"
    synced = client.post(f"{one}/sync").json()
    assert (synced["status"], synced["last_sync_count"]) == ("completed", 1) and texts(client, project) == [
        "one"
    ]
    changed = client.patch(one, json={"recursive_scan": True, "title": "All letters"})
    assert changed.status_code == 200 and changed.json()["path"] == str(folder)
    synced = client.post(f"{one}/sync").json()
    assert synced["last_sync_count"] == 1 and synced["meta"]["tasks_existed"] == 1
    assert texts(client, project) == ["one", "two"]
    tasks = client.get(f"/api/tasks?project={project}").json()["tasks"]
    assert [each["storage_filename"] for each in tasks] == ["1.json", "sub/2.json"]
    # A task that is deleted comes back, once.
    client.delete(f"/api/tasks/{tasks[0]['id']}")
    assert client.post(f"{one}/sync").json()["last_sync_count"] == 1
    for path in ("/api/storages", "/api/storages/localfiles"):
        assert [each["id"] for each in client.get(f"{path}?project={project}").json()] == [storage["id"]]
    assert client.get("/api/storages/s3").json() == [] == client.get("/api/storages/export").json()
    assert client.delete(one).status_code == 204 and client.get(one).status_code == 404
    assert texts(client, project) == ["two", "one"]


def test_where_a_local_storage_may_be(serving: Server, root: Path, tmp_path: Path) -> None:
    client = serving.client()
    project = project_of(client)
    (root / "fine").mkdir()
    (tmp_path / "outside").mkdir()
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "data").symlink_to(serving.settings.data_dir)
    for path in (
        str(root), "/", "/etc", "/proc", f"{root}/fine/../..", f"{root}/none", f"{root}/out", f"{root}/data",
        str(serving.settings.data_dir), str(serving.settings.media_dir), "relative", "", f"{root}/fi\x00ne",
    ):  # fmt: skip
        for kind in ("localfiles", "export/localfiles"):
            for verb in ("", "/validate"):
                answer = client.post(f"/api/storages/{kind}{verb}", json={"project": project, "path": path})
                assert answer.status_code == 400, (path, answer.text)
    for kind in ("localfiles", "export/localfiles"):
        body = {"project": project, "path": str(root / "fine")}
        assert client.post(f"/api/storages/{kind}/validate", json=body).json() == {}
    assert client.get("/api/storages").json() == []


def test_without_an_opened_directory_there_is_no_local_storage(client: TestClient, tmp_path: Path) -> None:
    project = project_of(client)
    answer = client.post("/api/storages/localfiles", json={"project": project, "path": str(tmp_path)})
    assert answer.status_code == 400 and "LABELYARD_LOCAL_FILES_DOCUMENT_ROOT" in answer.text
    assert client.get("/data/local-files/?d=a.png").status_code == 403


def test_local_media_is_served_where_a_storage_has_it(serving: Server, root: Path) -> None:
    client = serving.client()
    write(
        root,
        {"in/a b.png": PNG, "in/x.svg": SVG, "in/x.html": HTML, "other/c.png": PNG, "in/.key": b"secret"},
    )
    project = project_of(client, PICTURES)
    body = {"project": project, "path": str(root / "in"), "use_blob_urls": True, "regex_filter": r".*\.png"}
    storage = made(client, "localfiles", body)
    client.post(f"/api/storages/localfiles/{storage['id']}/sync")
    [task] = client.get(f"/api/tasks?project={project}").json()["tasks"]
    address = task["data"]["image"]
    assert address == "/data/local-files/?d=in/a%20b.png"
    shown = client.get(address)
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, PNG, "image/png")
    assert client.get(address, headers={"Range": "bytes=1-3"}).content == b"PNG"
    assert client.get(address, headers={"If-None-Match": shown.headers["etag"]}).status_code == 304
    for name in ("x.svg", "x.html"):
        answer = client.get(f"/data/local-files/?d=in/{name}")
        assert answer.status_code == 200 and answer.headers["content-disposition"].startswith("attachment")
        assert "text/html" not in answer.headers["content-type"]
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    for path in ("other/c.png", "in/.key", "in/none.png", "in", "/etc/passwd"):
        assert client.get("/data/local-files/", params={"d": path}).status_code == 404, path
    client.delete(f"/api/storages/localfiles/{storage['id']}")
    assert client.get(address).status_code == 404


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    directory = tmp_path_factory.mktemp("serving")
    root = write(directory / "root", {"in/a.png": PNG, "in/deep/b.png": PNG, "secret.txt": b"SECRET-MARK"})
    (root / "in" / "link.txt").symlink_to(root / "secret.txt")
    (root / "in" / "up").symlink_to(root)
    places: dict[str, Any] = {"allow_serving_local_files": True, "local_files_document_root": str(root)}
    with Server(settings_for(directory / "data", **places)) as server:
        client = server.client()
        made(client, "localfiles", {"project": project_of(client), "path": str(root / "in")})
        yield client, root


PARTS = st.sampled_from(
    ["in", "..", ".", "", "secret.txt", "link.txt", "up", "a.png", "deep", "b.png", "%2e%2e", "%2f", "..%2f", "..\\", "\\",
     "%5c", "%00", "...", "..;", "/", "%252e%252e", "etc", "passwd", "\u2025", "\uff0e\uff0e", "~"]
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PARTS, min_size=1, max_size=7),
    slash=st.sampled_from(["/", "\\", "%2f", "//"]),
    raw=st.booleans(),
)
@example(parts=["in", "..", "secret.txt"], slash="/", raw=True)
@example(parts=["in", "link.txt"], slash="/", raw=True)
@example(parts=["in", "up", "secret.txt"], slash="/", raw=True)
def test_no_spelling_leads_out_of_a_storage(
    opened: tuple[TestClient, Path], parts: list[str], slash: str, raw: bool
) -> None:
    client, _ = opened
    path = slash.join(parts)
    answer = (
        client.get(f"/data/local-files/?d={path}")
        if raw
        else client.get("/data/local-files", params={"d": path})
    )
    assert answer.status_code in (200, 400, 404), answer.text
    assert b"SECRET-MARK" not in answer.content and b"root:" not in answer.content
    if answer.status_code == 200:
        assert answer.content == PNG


# --- targets ------------------------------------------------------------------------------------------------------


def test_each_annotation_is_an_object_named_by_its_id(
    serving: Server, s3: Emulator, bucket: tuple[str, S3], root: Path
) -> None:
    client, (name, store), folder = serving.client(), bucket, root / "out"
    folder.mkdir()
    project = project_of(client)
    [task] = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "one"}]).json()[
        "task_ids"
    ]
    early = client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).json()["id"]
    made(client, "export/s3", s3_body(s3, name, project, prefix="labels", can_delete_objects=True))
    local = made(client, "export/localfiles", {"project": project, "path": str(folder)})
    eventually(lambda: keys_of(store) == [f"labels/{early}"] and (folder / str(early)).exists())
    late = client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT, "lead_time": 3.5}).json()[
        "id"
    ]
    eventually(lambda: len(keys_of(store)) == 2 and (folder / str(late)).exists())
    said = json.loads(store.get(f"labels/{late}", 100_000))
    assert said == json.loads((folder / str(late)).read_text())
    assert said["result"] == RESULT and said["lead_time"] == 3.5 and said["task"]["data"] == {"text": "one"}
    assert said["completed_by"].keys() == {"id", "email", "first_name", "last_name"}
    client.patch(f"/api/annotations/{late}", json={"result": [], "ground_truth": False})
    eventually(lambda: json.loads(store.get(f"labels/{late}", 100_000))["result"] == [])
    client.delete(f"/api/annotations/{late}")
    eventually(lambda: keys_of(store) == [f"labels/{early}"])
    # Where deleting was not asked for, the object stays.
    assert eventually(lambda: idle(serving)) and (folder / str(late)).exists()
    (folder / str(early)).unlink()
    client.post(f"/api/storages/export/localfiles/{local['id']}/sync")
    eventually(lambda: (folder / str(early)).exists())


def test_a_sync_of_a_target_ends_when_all_is_written(serving: Server, root: Path) -> None:
    client, folder = serving.client(), root / "out"
    folder.mkdir()
    project = project_of(client)
    tasks = [{"data": {"text": str(n)}, "annotations": [{"result": RESULT}]} for n in range(600)]
    client.post(f"/api/projects/{project}/import", json=tasks)
    storage = made(client, "export/localfiles", {"project": project, "path": str(folder)})
    synced = client.post(f"/api/storages/export/localfiles/{storage['id']}/sync").json()
    assert synced["status"] == "completed" and len(list(folder.iterdir())) == 600


def test_imported_and_bulk_changes_are_written_too(serving: Server, root: Path) -> None:
    client, folder = serving.client(), root / "out"
    folder.mkdir()
    project = project_of(client)
    made(client, "export/localfiles", {"project": project, "path": str(folder), "can_delete_objects": True})
    tasks = [{"data": {"text": str(n)}, "annotations": [{"result": RESULT}]} for n in range(30)]
    client.post(f"/api/projects/{project}/import", json=tasks)
    eventually(lambda: len(list(folder.iterdir())) == 30)
    client.post(
        f"/api/dm/actions?project={project}&id=delete_tasks",
        json={"selectedItems": {"all": True, "excluded": []}},
    )
    eventually(lambda: list(folder.iterdir()) == [])


def test_a_target_that_is_gone_for_a_while_gets_everything(serving: Server, root: Path) -> None:
    client, folder = serving.client(), root / "out"
    folder.mkdir()
    project = project_of(client)
    storage = made(client, "export/localfiles", {"project": project, "path": str(folder)})
    assert eventually(lambda: idle(serving))
    folder.rmdir()
    ids = client.post(
        f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "a"}, {"text": "b"}]
    ).json()
    saved = [
        client.post(f"/api/tasks/{each}/annotations", json={"result": RESULT}).json()["id"]
        for each in ids["task_ids"]
    ]
    one = f"/api/storages/export/localfiles/{storage['id']}"
    failed = eventually(lambda: (found := client.get(one).json())["status"] == "failed" and found)
    assert "no such directory" in failed["traceback"]
    folder.mkdir()
    client.post(f"{one}/sync")
    eventually(lambda: sorted(each.name for each in folder.iterdir()) == [str(each) for each in saved])
    eventually(lambda: client.get(one).json()["status"] == "completed")


# --- buckets ------------------------------------------------------------------------------------------------------


def test_what_a_bucket_refuses_is_a_400_without_credentials(
    serving: Server, s3: Emulator, bucket: tuple[str, S3]
) -> None:
    client, (name, store) = serving.client(), bucket
    project = project_of(client)
    for body, words in (
        (s3_body(s3, "no-such-bucket", project), "Cannot find bucket no-such-bucket in S3"),
        (s3_body(s3, "No_Bucket", project), "no name of a bucket"),
        (s3_body(s3, name, project, region_name="eu west"), "region"),
        (s3_body(s3, name, project, s3_endpoint="http://127.0.0.1:9"), "No connection"),
        (s3_body(s3, name, project, s3_endpoint="http://10.0.0.1"), "private"),
        (s3_body(s3, name, project, regex_filter="("), "regex_filter"),
        (s3_body(s3, name, project, prefix="a/../b"), "prefix"),
        ({"bucket": name}, "project"),
        ({"project": project}, "is required"),
        ({"project": project, "bucket": " \x1c"}, "may not be blank"),
    ):
        for path in ("", "/validate", "/files"):
            answer = client.post(f"/api/storages/s3{path}", json=body)
            assert answer.status_code == 400 and words in answer.text, answer.text
            assert SECRET not in answer.text and KEY not in answer.text
    storage = made(client, "s3", s3_body(s3, name, project))
    one = f"/api/storages/s3/{storage['id']}"
    assert SECRET not in json.dumps(storage) and "aws_secret_access_key" not in client.get(one).json()
    # Credentials that are stored go to no other server.
    answer = client.patch(one, json={"s3_endpoint": "http://127.0.0.1:9"})
    assert answer.status_code == 400 and "aws_secret_access_key" in answer.json()["validation_errors"]
    assert client.patch(one, json={"title": "Same"}).json()["title"] == "Same"
    store.put("a.json", b'{"text": "a"}')
    assert [
        each["key"]
        for each in client.post("/api/storages/s3/files", json={"id": storage["id"]}).json()["files"]
    ] == ["a.json"]
    store.delete("a.json")
    store._send("DELETE", "", {})
    assert client.post(f"{one}/sync").status_code == 400
    now = client.get(one).json()
    assert now["status"] == "failed" and "Cannot find bucket" in now["traceback"]


def test_ten_thousand_files_are_synced_once_and_quickly(serving: Server, root: Path) -> None:
    """The bound is wide; what is held is that a second sync costs a listing, and that nothing is made twice."""
    client, folder = serving.client(), root / "in"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05}.json").write_text(f'{{"text": "{number}"}}')
    project = project_of(client)
    storage = made(client, "localfiles", {"project": project, "path": str(folder)})
    one, began = f"/api/storages/localfiles/{storage['id']}", time.monotonic()
    synced = client.post(f"{one}/sync").json()
    took = time.monotonic() - began
    assert (synced["status"], synced["last_sync_count"]) == ("completed", 10_000)
    write(folder, {"05000b.json": {"text": "new"}})
    synced = client.post(f"{one}/sync").json()
    assert (synced["last_sync_count"], synced["meta"]["tasks_existed"]) == (1, 10_000)
    assert client.get(f"/api/projects/{project}").json()["task_number"] == 10_001
    assert took < 60, took


def test_a_bucket_of_more_than_one_page(serving: Server, s3: Emulator, bucket: tuple[str, S3]) -> None:
    client, (name, store) = serving.client(), bucket
    with httpx2.Client(base_url=s3.url, timeout=60) as other, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: other.put(f"/{name}/{n:05}.jpg", content=b"x"), range(1_200)))
    project = project_of(client, PICTURES)
    storage = made(client, "s3", s3_body(s3, name, project, use_blob_urls=True))
    one = f"/api/storages/s3/{storage['id']}"
    synced = client.post(f"{one}/sync").json()
    assert (synced["status"], synced["last_sync_count"]) == ("completed", 1_200)
    store.put("00500b.jpg", b"x")
    synced = client.post(f"{one}/sync").json()
    assert (synced["last_sync_count"], synced["meta"]["tasks_existed"]) == (1, 1_200)


# --- what tasks show of buckets -----------------------------------------------------------------------------------


def shown_in(client: TestClient, project: int) -> str:
    [task] = client.get(f"/api/tasks?project={project}").json()["tasks"]
    found: str = task["data"]["image"]
    assert client.get(f"/api/tasks/{task['id']}").json()["data"]["image"] == found
    assert client.get(f"/api/projects/{project}/next").json()["data"]["image"] == found
    raw = client.get(f"/api/tasks?project={project}&resolve_uri=false").json()["tasks"][0]["data"]["image"]
    assert raw.startswith("s3://")
    return found


def test_objects_come_through_the_server_or_from_the_bucket(
    serving: Server, s3: Emulator, bucket: tuple[str, S3]
) -> None:
    client, (name, store) = serving.client(), bucket
    store.put("in/ä b.png", PNG)
    store.put("out/c.png", PNG)
    project = project_of(client, PICTURES)
    body = s3_body(s3, name, project, prefix="in", use_blob_urls=True, presign=False)
    storage = made(client, "s3", body)
    client.post(f"/api/storages/s3/{storage['id']}/sync")
    address = shown_in(client, project)
    answer = client.get(address)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PNG, "image/png")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    part = client.get(address, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, PNG[4:8])
    assert (
        part.headers["content-range"] == f"bytes 4-7/{len(PNG)}"
        and part.headers["content-type"] == "image/png"
    )
    task = address.split("/")[2]
    for uri, status in (
        ("", 400), ("!!", 400), (encoded("https://x.example/a"), 400), (encoded(f"s3://{name}/out/c.png"), 404),
        (encoded(f"s3://{name}/in/other.png"), 404), (encoded("s3://elsewhere/in/x.png"), 404),
        (f"s3%3A%2F%2F{name}%2Fin%2F%C3%A4%20b.png", 200),
    ):  # fmt: skip
        assert client.get(f"/tasks/{task}/resolve/?fileuri={uri}").status_code == status, uri
    assert (
        client.get(f"/projects/{project}/resolve/?fileuri={encoded(f's3://{name}/in/ä b.png')}").content
        == PNG
    )
    assert (
        client.get(f"/projects/{project}/resolve/?fileuri={encoded(f's3://{name}/out/c.png')}").status_code
        == 404
    )
    client.patch(f"/api/storages/s3/{storage['id']}", json={"presign": True, "presign_ttl": 5})
    answer = client.get(address, follow_redirects=False)
    assert answer.status_code == 303 and "X-Amz-Expires=300" in answer.headers["location"]
    assert SECRET not in answer.headers["location"]
    assert httpx2.get(answer.headers["location"]).content == PNG


def test_what_a_bucket_holds_is_no_markup_of_ours(
    serving: Server, s3: Emulator, bucket: tuple[str, S3]
) -> None:
    client, (name, store) = serving.client(), bucket
    store.put("x.png", HTML)
    project = project_of(client, PICTURES)
    storage = made(client, "s3", s3_body(s3, name, project, use_blob_urls=True, presign=False))
    client.post(f"/api/storages/s3/{storage['id']}/sync")
    answer = client.get(shown_in(client, project))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def encoded(uri: str) -> str:
    return base64.urlsafe_b64encode(uri.encode()).decode()


def test_who_sees_no_project_sees_no_object_of_it(
    make_server: Make, s3: Emulator, bucket: tuple[str, S3]
) -> None:
    server, (name, store) = make_server(local_mode=False, outbound_allow="127.0.0.1"), bucket
    owner = server.add_user("ada@example.org")
    store.put("a.png", PNG)
    project = project_of(owner, PICTURES)
    storage = made(owner, "s3", s3_body(s3, name, project, use_blob_urls=True, presign=False))
    owner.post(f"/api/storages/s3/{storage['id']}/sync")
    address = shown_in(owner, project)
    mo = server.add_user("mo@example.org", role="annotator")
    assert mo.get(address).content == PNG
    assert mo.get(f"/api/storages/s3/{storage['id']}").status_code == 403
    assert mo.get("/api/storages").json() == []
    owner.patch(f"/api/projects/{project}", json={"members_only": True})
    assert owner.get(address).content == PNG and server.client().get(address).status_code == 401


def test_only_administrators_use_the_credentials_of_the_server(
    make_server: Make, s3: Emulator, bucket: tuple[str, S3]
) -> None:
    name, _ = bucket
    server = make_server(
        local_mode=False, s3_endpoint=s3.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    owner = server.add_user("ada@example.org")
    manager = server.add_user("max@example.org", role="manager")
    project = project_of(owner)
    assert made(owner, "s3", {"project": project, "bucket": name})["bucket"] == name
    answer = manager.post("/api/storages/s3", json={"project": project, "bucket": name})
    assert answer.status_code == 403 and "administrator" in answer.text


def test_kinds(client: TestClient) -> None:
    for path in ("types", "export/types"):
        assert {each["name"] for each in client.get(f"/api/storages/{path}").json()} == {"s3", "localfiles"}
    for kind in ("gcs", "azure", "redis"):
        for path in (f"{kind}", f"export/{kind}/3/sync"):
            answer = client.post(f"/api/storages/{path}", json={})
            assert answer.status_code == 501 and kind in answer.json()["detail"]
    assert client.get("/api/storages/ftp").status_code == 404
    assert CONFIG
