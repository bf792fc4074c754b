"""Results go out with the current client: at once, in every listed format, and as snapshots."""

import csv
import io
import json
import time
from typing import Any

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import choice


@pytest.fixture
def labeled(ls: LabelStudio, project, tasks) -> list[int]:
    """The tasks, three of them annotated."""
    for task in tasks[:3]:
        ls.annotations.create(id=task, result=choice("good"))
    return tasks


def usable_formats(ls: LabelStudio, project_id: int) -> list[str]:
    listed: Any = ls.projects.exports.list_formats(id=project_id)
    return [each["name"] for each in listed if not each.get("disabled")]


def test_every_listed_format_is_written(ls: LabelStudio, project, labeled) -> None:
    names = usable_formats(ls, project.id)
    assert {"JSON", "JSON_MIN", "CSV", "TSV"} <= set(names)
    for name in names:
        direct = b"".join(ls.projects.exports.download_sync(id=project.id, export_type=name))
        assert direct, name
        assert ls.projects.exports.as_binary(project.id, export_type=name), name
        assert ls.projects.exports.as_file(project.id, export_type=name).read(), name


def test_json_holds_tasks_with_annotations(ls: LabelStudio, project, labeled) -> None:
    everything: Any = ls.projects.exports.as_json(project.id)
    assert [each["id"] for each in everything] == labeled
    assert everything[0]["annotations"][0]["result"] == choice("good")
    annotated = json.loads(b"".join(ls.projects.exports.download_sync(id=project.id)))
    assert [each["id"] for each in annotated] == labeled[:3]
    some = json.loads(b"".join(ls.projects.exports.download_sync(id=project.id, ids=[str(labeled[1])])))
    assert [each["id"] for each in some] == [labeled[1]]


def test_tables_hold_a_row_each(ls: LabelStudio, project, labeled) -> None:
    frame = ls.projects.exports.as_pandas(project.id)
    assert list(frame["mood"][:3]) == ["good"] * 3
    table = ls.projects.exports.as_binary(project.id, export_type="TSV").decode()
    assert next(csv.DictReader(io.StringIO(table), delimiter="\t"))["text"] == "text 0"


def test_snapshot_is_made_converted_downloaded_and_deleted(ls: LabelStudio, project, labeled) -> None:
    options: Any = {"only_with_annotations": True}
    made = ls.projects.exports.create(id=project.id, title="First", task_filter_options=options)
    deadline = time.monotonic() + 20
    while ls.projects.exports.get(id=project.id, export_pk=made.id).status != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [(each.id, each.title) for each in ls.projects.exports.list(id=project.id)] == [(made.id, "First")]
    stored = json.loads(b"".join(ls.projects.exports.download(id=project.id, export_pk=made.id)))
    assert [each["id"] for each in stored] == labeled[:3]
    converted = ls.projects.exports.convert(id=project.id, export_pk=made.id, export_type="CSV")
    assert converted.export_type == "CSV"
    while True:
        formats = ls.projects.exports.get(id=project.id, export_pk=made.id).converted_formats
        if formats[0].status == "completed":
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    table = b"".join(ls.projects.exports.download(id=project.id, export_pk=made.id, export_type="CSV"))
    assert len(list(csv.DictReader(io.StringIO(table.decode())))) == 3
    ls.projects.exports.delete(id=project.id, export_pk=made.id)
    with pytest.raises(ApiError) as error:
        ls.projects.exports.get(id=project.id, export_pk=made.id)
    assert error.value.status_code == 404
