"""A project's life with the current client: made, checked, changed, listed, deleted."""

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import CONFIG, choice

OTHER = '<View><Text name="text" value="$text"/><Choices name="mood" toName="text"><Choice value="good"/></Choices></View>'


def test_project_is_made_read_changed_and_deleted(ls: LabelStudio) -> None:
    made = ls.projects.create(
        title="Reviews", description="What people say", label_config=CONFIG, color="#FF0000"
    )
    assert made.id
    assert made.title == "Reviews"
    read = ls.projects.get(id=made.id)
    assert (read.title, read.description, read.color) == ("Reviews", "What people say", "#FF0000")
    assert read.label_config == CONFIG
    assert read.get_label_interface().get_control("mood").labels == ["good", "bad"]
    changed = ls.projects.update(
        id=made.id,
        title="Opinions",
        sampling="Uniform sampling",
        maximum_annotations=2,
        expert_instruction="Read on",
    )
    assert changed.title == "Opinions"
    read = ls.projects.get(id=made.id)
    assert (read.sampling, read.maximum_annotations, read.expert_instruction) == (
        "Uniform sampling",
        2,
        "Read on",
    )
    ls.projects.delete(id=made.id)
    with pytest.raises(ApiError) as error:
        ls.projects.get(id=made.id)
    assert error.value.status_code == 404


def test_lists_are_paged_to_their_end(ls: LabelStudio) -> None:
    made = {ls.projects.create(title=f"Paged {n}").id for n in range(5)}
    pager = ls.projects.list(page_size=2, title="Paged")
    assert len(pager.items or []) == 2
    assert {each.id for each in pager} == made
    ids = ",".join(map(str, made))
    assert {each.id for each in ls.projects.list(ids=ids)} == made
    counts = ls.projects.list_counts(ids=ids, page_size=2)
    assert counts.count == 5
    assert counts.results[0].task_number == 0


def test_label_config_is_checked(ls: LabelStudio, project, tasks) -> None:
    ls.annotations.create(id=tasks[0], result=choice("bad"))
    ls.projects.validate_label_config(id=project.id, label_config=CONFIG)
    with pytest.raises(ApiError) as error:
        ls.projects.validate_label_config(id=project.id, label_config=OTHER)
    assert error.value.status_code == 400
    (message,) = error.value.body["validation_errors"]["non_field_errors"]
    assert message.startswith("These labels still exist in annotations or drafts:\nbad (1 annotation)\n")
    with pytest.raises(ApiError) as error:
        ls.projects.update(id=project.id, label_config="<View>")
    assert error.value.status_code == 400
    with pytest.raises(ApiError) as error:
        ls.projects.create(title="Broken", label_config='<View><Choices name="a" toName="nothing"/></View>')
    assert error.value.status_code == 400
    assert "label_config" in error.value.body["validation_errors"]


def test_annotators_of_a_project(ls: LabelStudio, project, tasks) -> None:
    assert ls.projects.list_unique_annotators(id=project.id) == []
    ls.annotations.create(id=tasks[0], result=choice("good"))
    me = ls.users.whoami()
    assert [(each.id, each.email) for each in ls.projects.list_unique_annotators(id=project.id)] == [
        (me.id, me.email)
    ]


def test_server_says_what_it_is(ls: LabelStudio) -> None:
    version = ls.versions.get()
    assert version.release
    assert version.edition == "Community"
