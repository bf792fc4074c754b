"""Tasks come in with the current client: as JSON, one by one, with predictions and annotations, as files."""

import time
from typing import Any

import httpx
import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import Address, choice


def upload(address: Address, project_id: int, name: str, content: bytes) -> dict[str, Any]:
    """A file into a project's import, kept as an upload. The client has no method for it: its users post the form."""
    answer = httpx.post(
        f"{address.url}/api/projects/{project_id}/import",
        params={"commit_to_project": "false"},
        headers={"Authorization": f"Token {address.token}"},
        files={"file": (name, content)},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_plain_and_whole_tasks_are_imported(ls: LabelStudio, project) -> None:
    plain = ls.projects.import_tasks(
        id=project.id, request=[{"text": "one"}, {"text": "two"}], return_task_ids=True
    )
    assert plain.task_count == 2
    assert len(plain.task_ids) == 2
    whole = ls.projects.import_tasks(
        id=project.id,
        request=[
            {
                "data": {"text": "three"},
                "annotations": [{"result": choice("good"), "ground_truth": True}],
                "predictions": [{"result": choice("bad"), "score": 0.25, "model_version": "v1"}],
            }
        ],
    )
    assert (whole.task_count, whole.annotation_count) == (1, 1)
    counts = ls.projects.get(id=project.id)
    assert (counts.task_number, counts.total_annotations_number, counts.total_predictions_number) == (3, 1, 1)
    assert counts.ground_truth_number == 1


def test_tasks_are_preannotated_from_their_fields(ls: LabelStudio, project) -> None:
    ls.projects.import_tasks(
        id=project.id, request=[{"text": "one", "mood": "good"}], preannotated_from_fields=["mood"]
    )
    prediction = ls.predictions.list(project=project.id)[0]
    assert prediction.result[0]["value"] == {"choices": ["good"]}
    assert (prediction.score, prediction.model_version) == (1.0, "preannotated")


def test_wrong_tasks_are_refused_whole(ls: LabelStudio, project) -> None:
    with pytest.raises(ApiError) as error:
        ls.projects.import_tasks(id=project.id, request=[{"text": "one"}, {"wrong": "two"}])
    assert error.value.status_code == 400
    assert '"text" key is expected in task data' in str(error.value.body)
    assert ls.projects.get(id=project.id).task_number == 0


def test_nothing_is_committed_on_request(ls: LabelStudio, project) -> None:
    answer = ls.projects.import_tasks(id=project.id, request=[{"text": "one"}], commit_to_project=False)
    assert answer.task_count == 1
    assert ls.projects.get(id=project.id).task_number == 0


def test_predictions_are_imported_for_tasks(ls: LabelStudio, project, tasks) -> None:
    request: Any = [
        {"task": task, "result": choice("good"), "score": 0.5, "model_version": "bulk"} for task in tasks
    ]
    assert ls.projects.import_predictions(id=project.id, request=request).created == 5
    request[3]["task"] = 10**9
    with pytest.raises(ApiError) as error:
        ls.projects.import_predictions(id=project.id, request=request)
    assert error.value.status_code == 400
    assert len(ls.predictions.list(project=project.id)) == 5


def test_import_goes_on_behind_the_answer(ls: LabelStudio, project) -> None:
    answer = ls.projects.import_tasks(
        id=project.id,
        request=[{"text": "one"}, {"text": "two"}],
        request_options={"additional_headers": {"Prefer": "respond-async"}},
    )
    deadline = time.monotonic() + 20
    while (
        status := ls.tasks.create_many_status(id=project.id, import_pk=answer.import_)
    ).status != "completed":
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    assert (status.project, status.task_count) == (project.id, 2)
    assert ls.projects.get(id=project.id).task_number == 2


def test_uploaded_files(ls: LabelStudio, address: Address, project) -> None:
    answer = upload(address, project.id, "moods.csv", b"text\none\ntwo\n")
    (file_id,) = answer["file_upload_ids"]
    (listed,) = ls.files.list(id=project.id, ids=[str(file_id)])
    assert (listed.id, listed.size) == (file_id, 13)
    assert ls.files.get(id=file_id).file == listed.file
    ls.files.download(filename=listed.file.removeprefix("upload/"))
    assert ls.files.update(id=file_id, file=("moods.csv", b"text\nthree\n")).id == file_id
    assert ls.files.get(id=file_id).size == 11
    ls.files.delete(id=file_id)
    assert ls.files.list(id=project.id, all_=True) == []
    upload(address, project.id, "more.csv", b"text\none\n")
    assert len(ls.files.list(id=project.id, all_=True)) == 1
    ls.files.delete_many(id=project.id)
    assert ls.files.list(id=project.id, all_=True) == []
