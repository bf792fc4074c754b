"""Storages of local files and of S3 with both clients: tasks come from them, annotations go to them."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from label_studio_sdk._legacy import Client
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat import buckets
from tests.compat.conftest import Address, choice

SHOWN = {
    "region_name": "eu-west-1",
    "aws_access_key_id": buckets.KEY,
    "aws_secret_access_key": buckets.SECRET,
}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with buckets.emulator() as url:
        yield url


@pytest.fixture
def bucket(s3: str) -> str:
    """The name of a bucket with two tasks under `in/`."""
    name = f"b{uuid.uuid4().hex[:12]}"
    buckets.put(s3, name)
    for number in range(2):
        buckets.put(s3, f"{name}/in/{number}.json", json.dumps({"text": f"object {number}"}).encode())
    return name


@pytest.fixture
def folders(address: Address) -> tuple[Path, Path]:
    """A directory with two tasks that the server may read, and an empty one that it may write."""
    if address.files is None:
        pytest.skip("the files of that server are not here")
    home = address.files / uuid.uuid4().hex[:8]
    source, target = home / "in", home / "out"
    source.mkdir(parents=True)
    target.mkdir()
    for number in range(2):
        (source / f"{number}.json").write_text(json.dumps({"text": f"file {number}"}))
    return source, target


def texts(ls: LabelStudio, project: int) -> list[str]:
    return sorted(task.data["text"] for task in ls.tasks.list(project=project))


def eventually(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def gone(call: Callable[[], object]) -> None:
    with pytest.raises(ApiError) as error:
        call()
    assert error.value.status_code == 404


def test_what_there_is(ls: LabelStudio) -> None:
    kinds = {each.name for each in ls.import_storage.list_types()}
    assert {"s3", "localfiles"} <= kinds
    assert {"s3", "localfiles"} <= {each.name for each in ls.export_storage.list_types()}


def test_tasks_come_from_local_files(ls: LabelStudio, project: Any, folders: tuple[Path, Path]) -> None:
    source, _ = folders
    storages = ls.import_storage.local
    storages.validate(project=project.id, path=str(source))
    with pytest.raises(ApiError) as refused:
        storages.validate(project=project.id, path="/etc")
    assert refused.value.status_code == 400
    made = storages.create(project=project.id, path=str(source), title="files", regex_filter=r".*\.json")
    assert (made.title, made.path, made.project) == ("files", str(source), project.id)
    assert [each.id for each in storages.list(project=project.id)] == [made.id]
    assert storages.update(id=made.id, title="Files").title == "Files"
    synced = storages.sync(id=made.id)
    assert (synced.status, synced.last_sync_count) == ("completed", 2)
    assert texts(ls, project.id) == ["file 0", "file 1"]
    assert storages.get(id=made.id).title == "Files"
    storages.delete(id=made.id)
    gone(lambda: storages.get(id=made.id))
    assert texts(ls, project.id) == ["file 0", "file 1"]


def test_annotations_go_to_local_files(
    ls: LabelStudio, project: Any, tasks: list[int], folders: tuple[Path, Path]
) -> None:
    _, target = folders
    storages = ls.export_storage.local
    storages.validate(project=project.id, path=str(target))
    first = ls.annotations.create(id=tasks[0], result=choice("good"))
    made = storages.create(project=project.id, path=str(target), title="files")
    assert [each.id for each in storages.list(project=project.id)] == [made.id]
    assert storages.update(id=made.id, title="Files").title == "Files"
    assert storages.sync(id=made.id).status == "completed"
    assert json.loads((target / str(first.id)).read_text())["result"] == choice("good")
    second = ls.annotations.create(id=tasks[1], result=choice("bad"))
    assert eventually((target / str(second.id)).exists)
    assert storages.get(id=made.id).title == "Files"
    storages.delete(id=made.id)
    gone(lambda: storages.get(id=made.id))


def test_tasks_come_from_a_bucket(ls: LabelStudio, project: Any, s3: str, bucket: str) -> None:
    place: dict[str, Any] = {"bucket": bucket, "prefix": "in/", "s3endpoint": s3, **SHOWN}
    storages = ls.import_storage.s3
    storages.validate(project=project.id, **place)
    with pytest.raises(ApiError) as refused:
        storages.validate(project=project.id, **{**place, "bucket": "there-is-none"})
    assert refused.value.status_code == 400
    made = storages.create(project=project.id, title="objects", use_blob_urls=False, **place)
    assert (made.bucket, made.prefix, made.s3endpoint) == (bucket, "in/", s3)
    # Keys are not told again.
    assert buckets.SECRET not in str(made) and buckets.KEY not in str(made)
    assert [each.id for each in storages.list(project=project.id)] == [made.id]
    assert storages.update(id=made.id, title="Objects").title == "Objects"
    assert storages.sync(id=made.id).last_sync_count == 2
    assert texts(ls, project.id) == ["object 0", "object 1"]
    assert storages.get(id=made.id).title == "Objects"
    storages.delete(id=made.id)
    gone(lambda: storages.get(id=made.id))


def test_annotations_go_to_a_bucket(
    ls: LabelStudio, project: Any, tasks: list[int], s3: str, bucket: str
) -> None:
    place: dict[str, Any] = {"bucket": bucket, "prefix": "out", "s3endpoint": s3, **SHOWN}
    storages = ls.export_storage.s3
    storages.validate(project=project.id, **place)
    first = ls.annotations.create(id=tasks[0], result=choice("good"))
    made = storages.create(project=project.id, title="objects", **place)
    assert [each.id for each in storages.list(project=project.id)] == [made.id]
    assert storages.update(id=made.id, title="Objects").title == "Objects"
    assert storages.sync(id=made.id).status == "completed"
    stored = buckets.read(s3, f"{bucket}/out/{first.id}")
    assert stored is not None and json.loads(stored)["result"] == choice("good")
    assert storages.get(id=made.id).title == "Objects"
    storages.delete(id=made.id)
    gone(lambda: storages.get(id=made.id))


def test_the_older_client_connects_them(
    old: Client,
    ls: LabelStudio,
    project: Any,
    tasks: list[int],
    s3: str,
    bucket: str,
    folders: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = old.get_project(project.id)
    place = {"bucket": bucket, "s3_endpoint": s3, **SHOWN}
    source = mine.connect_s3_import_storage(prefix="in/", use_blob_urls=False, title="objects", **place)
    synced = mine.sync_import_storage("s3", source["id"])
    assert (synced["status"], synced["last_sync_count"]) == ("completed", 2)
    first = ls.annotations.create(id=tasks[0], result=choice("good"))
    target = mine.connect_s3_export_storage(prefix="out", title="answers", **place)
    assert mine.sync_export_storage("s3", target["id"])["status"] == "completed"
    assert buckets.read(s3, f"{bucket}/out/{first.id}") is not None
    # The client looks for the variable of the server.
    monkeypatch.setenv("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT", str(folders[0].parent.parent))
    files = mine.connect_local_import_storage(str(folders[0]), use_blob_urls=False, title="files")
    assert {each["id"] for each in mine.get_import_storages()} >= {source["id"]}
    assert [each["id"] for each in mine.get_export_storages()] == [target["id"]]
    assert old.sync_storage("localfiles", files["id"])["last_sync_count"] == 2
    assert {"file 0", "file 1", "object 0", "object 1"} <= set(texts(ls, project.id))
