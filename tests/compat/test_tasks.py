"""Tasks with the current client: one by one, page by page, through views with filters, and actions on many."""

import json
from typing import Any

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import choice


def filters(column: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    item = {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}
    return {"conjunction": "and", "items": [item]}


def test_task_is_made_read_changed_and_deleted(ls: LabelStudio, project) -> None:
    made = ls.tasks.create(project=project.id, data={"text": "one"}, meta={"source": "test"})
    read = ls.tasks.get(id=str(made.id))
    assert (read.data, read.meta, read.inner_id) == ({"text": "one"}, {"source": "test"}, 1)
    assert read.is_labeled is False
    changed = ls.tasks.update(id=str(made.id), data={"text": "two"})
    assert changed.data == {"text": "two"}
    ls.tasks.delete(id=str(made.id))
    with pytest.raises(ApiError) as error:
        ls.tasks.get(id=str(made.id))
    assert error.value.status_code == 404
    with pytest.raises(ApiError) as error:
        ls.tasks.create(project=project.id, data={"wrong": "one"})
    assert error.value.status_code == 400


def test_tasks_are_paged_to_their_end(ls: LabelStudio, project, tasks) -> None:
    assert [each.id for each in ls.tasks.list(project=project.id, page_size=2)] == tasks
    assert [each.id for each in ls.tasks.list(project=project.id, page=2, page_size=4)] == tasks[4:]
    (only,) = ls.tasks.list(project=project.id, page_size=1, include=["id"]).items[:1]
    assert only.id == tasks[0]


def test_tasks_are_filtered_and_ordered_by_a_query(ls: LabelStudio, project, tasks) -> None:
    query = {"filters": filters("data.text", "contains", "String", "text 3"), "ordering": ["-tasks:id"]}
    assert [each.id for each in ls.tasks.list(project=project.id, query=json.dumps(query))] == [tasks[3]]
    query = {"filters": filters("data.n", "greater", "Number", 2), "ordering": ["-tasks:data.n"]}
    found = [each.id for each in ls.tasks.list(project=project.id, query=json.dumps(query))]
    assert found == [tasks[4], tasks[3]]


def test_views_keep_filters(ls: LabelStudio, project, tasks) -> None:
    made: Any = ls.views.create(
        project=project.id,
        data={
            "title": "Big",
            "filters": filters("id", "greater", "Number", tasks[1]),
            "ordering": ["tasks:id"],
        },
    )
    assert [each.id for each in ls.tasks.list(view=made.id)] == tasks[2:]
    read = ls.views.get(id=str(made.id))
    assert read.project == project.id
    assert read.data["title"] == "Big"
    changed = ls.views.update(
        id=str(made.id), data={"title": "Small", "filters": filters("id", "less", "Number", tasks[1])}
    )
    assert changed.data["title"] == "Small"
    assert [each.id for each in ls.tasks.list(view=made.id)] == tasks[:1]
    other = ls.views.create(project=project.id, data={"title": "Other"})
    ls.views.update_order(project=project.id, ids=[other.id, made.id])
    assert [each.id for each in ls.views.list(project=project.id)] == [other.id, made.id]
    ls.views.delete(id=str(other.id))
    assert [each.id for each in ls.views.list(project=project.id)] == [made.id]
    ls.views.delete_all(project=project.id)
    assert ls.views.list(project=project.id) == []


def test_actions_are_listed_and_done(ls: LabelStudio, project, tasks) -> None:
    listed = {each.id for each in ls.actions.list(project=project.id)}
    assert {
        "retrieve_tasks_predictions", "predictions_to_annotations", "remove_duplicates", "delete_tasks",
        "delete_tasks_annotations", "delete_tasks_predictions",
    } <= listed  # fmt: skip
    for task in tasks:
        ls.predictions.create(task=task, result=choice("good"), model_version="v1", score=0.5)

    def act(action: str, **selection: Any) -> None:
        ls.actions.create(id=action, project=project.id, selected_items=selection)

    act("retrieve_tasks_predictions", all=True, excluded=[])
    act("predictions_to_annotations", all=False, included=tasks[:2])
    assert ls.projects.get(id=project.id).total_annotations_number == 2
    act("delete_tasks_predictions", all=True, excluded=tasks[:1])
    assert ls.projects.get(id=project.id).total_predictions_number == 1
    act("delete_tasks_annotations", all=False, included=tasks[:1])
    assert ls.projects.get(id=project.id).total_annotations_number == 1
    ls.projects.import_tasks(id=project.id, request=[{"text": "text 4", "n": 4}])
    act("remove_duplicates", all=True, excluded=[])
    assert ls.projects.get(id=project.id).task_number == 5
    act("delete_tasks", all=True, excluded=tasks[1:])
    assert [each.id for each in ls.tasks.list(project=project.id)] == tasks[1:]


def test_actions_follow_a_view(ls: LabelStudio, project, tasks) -> None:
    data: Any = {"title": "One", "filters": filters("data.text", "equal", "String", "text 2")}
    view = ls.views.create(project=project.id, data=data)
    ls.actions.create(
        id="delete_tasks", project=project.id, view=view.id, selected_items={"all": True, "excluded": []}
    )
    assert [each.id for each in ls.tasks.list(project=project.id)] == [*tasks[:2], *tasks[3:]]


def test_all_tasks_are_deleted(ls: LabelStudio, project, tasks) -> None:
    ls.tasks.delete_all_tasks(id=project.id)
    assert ls.projects.get(id=project.id).task_number == 0
    assert list(ls.tasks.list(project=project.id)) == []


def test_tasks_have_no_states(ls: LabelStudio, project, tasks) -> None:
    assert list(ls.states.state_history("task", tasks[0])) == []
