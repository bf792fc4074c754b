"""ML backends with the official client, and the server that model authors use."""

from collections.abc import Iterator
from typing import Any

import pytest
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.ml.real_server import real_model_server


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_model_server(tmp_path_factory.mktemp("model")) as url:
        yield url


def test_backends(ls: LabelStudio, project: Any, tasks: list[int], model: str) -> None:
    made = ls.ml.create(url=model, project=project.id, title="moods", is_interactive=True, timeout=30)
    assert (made.state, made.readable_state, made.url, made.title) == ("CO", "Connected", model, "moods")
    assert made.project == project.id and made.basic_auth_pass_is_set is False and made.timeout == 30
    assert [each.id for each in ls.ml.list(project=project.id)] == [made.id]
    assert ls.ml.list(project=project.id, is_interactive=False) == []
    changed = ls.ml.update(id=made.id, title="Moods", description="ours")
    assert (changed.title, changed.description) == ("Moods", "ours")
    assert ls.ml.get(id=made.id).title == "Moods"
    assert ls.ml.list_model_versions(id=made.id).versions == [made.model_version]
    ls.ml.predict_interactive(id=made.id, task=tasks[0], context={"result": []})
    ls.ml.train(id=made.id, use_ground_truth=False)
    ls.actions.create(
        id="retrieve_tasks_predictions",
        project=project.id,
        selected_items={"all": True, "excluded": []},
    )
    assert {each.task for each in ls.predictions.list(project=project.id)} == set(tasks)
    ls.ml.delete(id=made.id)
    with pytest.raises(ApiError) as gone:
        ls.ml.get(id=made.id)
    assert gone.value.status_code == 404


def test_all_tasks(ls: LabelStudio, project: Any, tasks: list[int], model: str) -> None:
    """The paid edition's call for all tasks begins a run here."""
    made = ls.ml.create(url=model, project=project.id)
    ls.ml.predict_all_tasks(id=made.id)


def test_a_backend_that_is_not_there(ls: LabelStudio, project: Any) -> None:
    with pytest.raises(ApiError) as refused:
        ls.ml.create(url="http://127.0.0.1:9", project=project.id)
    assert refused.value.status_code == 400
