"""Annotations and predictions with the current client, and what the server counts of them."""

import uuid

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.label_interface.objects import PredictionValue

from tests.compat.conftest import choice


def test_annotation_is_made_read_changed_and_deleted(ls: LabelStudio, project, tasks) -> None:
    task, me = tasks[0], ls.users.whoami()
    made = ls.annotations.create(id=task, result=choice("good"), lead_time=1.5, ground_truth=True)
    assert (made.task, made.project, made.completed_by, made.ground_truth) == (task, project.id, me.id, True)
    read = ls.annotations.get(id=made.id)
    assert (read.result, read.lead_time) == (choice("good"), 1.5)
    assert ls.tasks.get(id=str(task)).is_labeled is True
    changed = ls.annotations.update(id=made.id, result=choice("bad"), ground_truth=False)
    assert (changed.result, changed.ground_truth, changed.updated_by) == (choice("bad"), False, me.id)
    skipped = ls.annotations.create(id=task, result=[], was_cancelled=True)
    assert [each.id for each in ls.annotations.list(id=task)] == [made.id]
    counts = ls.projects.get(id=project.id)
    assert (counts.total_annotations_number, counts.skipped_annotations_number) == (1, 1)
    ls.annotations.delete(id=made.id)
    ls.annotations.delete(id=skipped.id)
    with pytest.raises(ApiError) as error:
        ls.annotations.get(id=made.id)
    assert error.value.status_code == 404


def test_many_tasks_are_annotated_alike(ls: LabelStudio, project, tasks) -> None:
    made = ls.annotations.create_bulk(tasks=tasks[:2], result=choice("good"), lead_time=2.5)
    assert [ls.annotations.get(id=each.id).task for each in made] == tasks[:2]
    rest = ls.annotations.create_bulk(
        project=project.id, selected_items={"all": True, "excluded": tasks[:2]}, result=choice("bad")
    )
    assert [ls.annotations.get(id=each.id).task for each in rest] == tasks[2:]
    ids = [each.id for each in (*made, *rest)]
    assert ls.annotations.delete_bulk(ids=ids[1:], project=project.id).deleted_count == 4
    assert ls.projects.get(id=project.id).total_annotations_number == 1


def test_unique_id_is_taken_once(ls: LabelStudio, project, tasks) -> None:
    name = str(uuid.uuid4())
    ls.annotations.create(id=tasks[0], result=choice("good"), unique_id=name)
    with pytest.raises(ApiError) as error:  # the client tries again after a 409 unless told not to
        ls.annotations.create(
            id=tasks[0], result=choice("good"), unique_id=name, request_options={"max_retries": 0}
        )
    assert error.value.status_code == 409


def test_prediction_is_made_read_changed_and_deleted(ls: LabelStudio, project, tasks) -> None:
    task = tasks[0]
    made = ls.predictions.create(task=task, result=choice("good"), score=0.9, model_version="v1")
    read = ls.predictions.get(id=made.id)
    assert (read.result, read.score, read.model_version, read.task) == (choice("good"), 0.9, "v1", task)
    assert ls.predictions.update(id=made.id, score=0.1).score == 0.1
    assert [each.id for each in ls.predictions.list(task=task)] == [made.id]
    assert [each.id for each in ls.predictions.list(project=project.id)] == [made.id]
    ls.predictions.delete(id=made.id)
    assert ls.predictions.list(project=project.id) == []
    with pytest.raises(ApiError) as error:
        ls.predictions.create(task=task, result=choice("neither"))
    assert error.value.status_code == 400


def test_predictions_that_the_client_builds(ls: LabelStudio, project, tasks) -> None:
    interface = ls.projects.get(id=project.id).get_label_interface()
    regions = [
        interface.get_control("mood").label("good"),
        interface.get_control("span").label(labels=["Person"], start=0, end=4, text="text"),
    ]
    value = PredictionValue(model_version="built", score=0.5, result=regions)
    made = ls.predictions.create(task=tasks[0], **value.model_dump())
    assert [region["type"] for region in made.result] == ["choices", "labels"]
