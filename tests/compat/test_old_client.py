"""The older client (`Client`, `Project`) through a project's life."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from label_studio_sdk._legacy import Client, Project
from label_studio_sdk._legacy.client import ClientCredentials
from label_studio_sdk._legacy.project import ProjectSampling
from label_studio_sdk._legacy.users import User
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

from tests.compat.conftest import CONFIG, EMAIL, PASSWORD, Address, choice


@pytest.fixture
def moods(old: Client) -> Project:
    """A project with four tasks, two of them annotated."""
    made = old.start_project(title="Old moods", label_config=CONFIG)
    for task in made.import_tasks([{"text": f"text {n}", "n": n} for n in range(4)])[:2]:
        made.create_annotation(task, result=choice("good"))
    return made


def test_server_answers(old: Client, address: Address) -> None:
    assert old.check_connection() == {"status": "UP"}
    assert "release" in old.get_versions()
    assert old.get_url("/api/projects") == f"{address.url}/api/projects"
    assert old.get_session()
    assert old.make_request("GET", "/api/version").status_code == 200


def test_key_is_got_by_signing_in(old_classes: None, address: Address) -> None:
    credentials = ClientCredentials(email=EMAIL, password=PASSWORD)
    assert Client(url=address.url, credentials=credentials).get_api_key(credentials) == address.token


def test_projects_are_listed_read_and_deleted(old: Client) -> None:
    made = old.create_project(title="Old", label_config=CONFIG)
    assert made.title == "Old"
    assert made.id in {each.id for each in old.get_projects(title="Old")}
    assert made.id in {each.id for each in old.list_projects(page_size=100)}
    assert old.get_project(made.id).get_params()["title"] == "Old"
    answer = old.delete_project(made.id)
    assert answer.status_code == 204
    with pytest.raises(requests.HTTPError):
        old.get_project(made.id)


def test_settings_of_a_project(old: Client) -> None:
    made = old.start_project(title="Old settings", label_config=CONFIG)
    made.set_params(description="Changed")
    made.set_sampling(ProjectSampling.RANDOM)
    made.set_published(True)
    made.set_model_version("v1")
    made.update_params()
    assert made.description == "Changed"
    assert made.sampling == ProjectSampling.RANDOM.value
    assert (made.is_published, made.model_version) == (True, "v1")
    assert made.parsed_label_config["mood"]["labels"] == ["good", "bad"]


def test_tasks_are_imported_read_and_changed(old: Client, tmp_path: Path) -> None:
    made = old.start_project(title="Old tasks", label_config=CONFIG)
    ids = made.import_tasks([{"text": "one", "mood": "good"}], preannotated_from_fields=["mood"])
    table = tmp_path / "tasks.csv"
    table.write_text("text\ntwo\nthree\n")
    ids += made.import_tasks(str(table))
    assert len(ids) == 3
    assert made.get_task(ids[0])["data"]["text"] == "one"
    assert made.get_task(ids[0])["predictions"][0]["result"][0]["value"] == {"choices": ["good"]}
    made.update_task(ids[0], data={"text": "changed"})
    assert made.get_task(ids[0])["data"]["text"] == "changed"
    made.delete_task(ids[0])
    assert made.get_tasks_ids() == ids[1:]
    made.delete_tasks(ids[1:2])
    assert made.get_tasks_ids() == ids[2:]
    made.delete_all_tasks()
    assert made.get_tasks() == []


def test_tasks_are_paged_and_filtered(moods: Project) -> None:
    ids = moods.get_tasks_ids()
    first = moods.get_paginated_tasks(page=1, page_size=3)
    assert [each["id"] for each in first["tasks"]] == ids[:3]
    assert first["total"] == 4
    assert moods.get_paginated_tasks_ids(page=2, page_size=3)["tasks"] == ids[3:]
    assert moods.get_labeled_tasks_ids() == ids[:2]
    assert [each["id"] for each in moods.get_labeled_tasks()] == ids[:2]
    assert moods.get_unlabeled_tasks_ids() == ids[2:]
    assert [each["id"] for each in moods.get_unlabeled_tasks()] == ids[2:]
    filters = Filters.create(
        Filters.AND,
        [
            Filters.item(Column.id, Operator.GREATER_OR_EQUAL, Type.Number, Filters.value(ids[1])),
            Filters.item(Column.data("n"), Operator.LESS, Type.Number, Filters.value(3)),
        ],
    )
    assert [each["id"] for each in moods.get_tasks(filters=filters, ordering=["-tasks:id"])] == [
        ids[2],
        ids[1],
    ]
    assert moods.get_tasks(selected_ids=ids[3:], only_ids=True) == ids[3:]
    view = moods.create_view(filters=filters, title="Some")
    assert {each["id"] for each in moods.get_tasks(view_id=view["id"])} == {ids[1], ids[2]}
    assert view["id"] in {each["id"] for each in moods.get_views()}
    moods.delete_view(view["id"])
    assert view["id"] not in {each["id"] for each in moods.get_views()}


def test_annotations_are_read_changed_and_deleted(moods: Project) -> None:
    task = moods.get_tasks_ids()[2]
    made = moods.create_annotation(task, result=choice("good"), ground_truth=True)
    assert moods.get_annotation(made["id"])["ground_truth"] is True
    assert moods.update_annotation(made["id"], result=choice("bad"))["result"] == choice("bad")
    assert [each["id"] for each in moods.list_annotations(task)] == [made["id"]]
    assert moods.delete_annotation(made["id"]) == 204
    assert moods.list_annotations(task) == []


def test_predictions_become_annotations(moods: Project) -> None:
    ids = moods.get_tasks_ids()
    made = moods.create_prediction(ids[2], result=choice("good"), score=0.5, model_version="v1")
    assert made["model_version"] == "v1"
    short = moods.create_prediction(ids[3], result="bad", model_version="v2")
    assert short["result"][0]["value"] == {"choices": ["bad"]}
    answer = moods.create_predictions(
        [{"task": ids[0], "result": choice("good"), "model_version": "v1", "score": 1}]
    )
    assert answer["created"] == 1
    assert moods.get_model_versions() == {"v1": 2, "v2": 1}
    assert moods.get_predictions_coverage()
    moods.create_annotations_from_predictions(model_versions=["v1"])
    assert set(moods.get_labeled_tasks_ids()) >= {ids[0], ids[2]}


def test_export(moods: Project, tmp_path: Path) -> None:
    ids = moods.get_tasks_ids()
    assert [each["id"] for each in moods.export_tasks()] == ids[:2]
    assert [each["id"] for each in moods.export_tasks(download_all_tasks=True)] == ids
    assert [each["id"] for each in moods.export_tasks(ids=ids[1:2])] == ids[1:2]
    table = tmp_path / "out.csv"
    assert Path(moods.export_tasks(export_type="CSV", export_location=str(table))) == table
    assert table.read_text().count("good") == 2


def test_files_of_tasks_are_fetched(old: Client, address: Address, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = old.start_project(
        title="Old sounds",
        label_config='<View><Audio name="audio" value="$audio"/><TextArea name="words" toName="audio"/></View>',
    )
    sound = tmp_path / "beep.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    made.import_tasks(str(sound))
    (name,) = made.get_files_from_tasks({}, get_tasks=True)
    assert Path(name).read_bytes() == sound.read_bytes()


def test_snapshots(moods: Project, tmp_path: Path) -> None:
    ids = moods.get_tasks_ids()
    made = moods.export_snapshot_create(title="Old", task_filter_options={"annotated": "only"})
    while not moods.export_snapshot_status(made["id"]).is_completed():
        pass
    assert made["id"] in {each["id"] for each in moods.export_snapshot_list()}
    status, name = moods.export_snapshot_download(made["id"], path=str(tmp_path))
    assert status == 200
    assert [each["id"] for each in json.loads((tmp_path / name).read_text())] == ids[:2]
    assert moods.export_snapshot_delete(made["id"]) == 204
    filters = Filters.create(
        Filters.AND, [Filters.item(Column.data("n"), Operator.EQUAL, Type.Number, Filters.value(1))]
    )
    answer: dict[str, Any] = moods.export(filters=filters, output_dir=str(tmp_path))
    assert answer["status"] == 200
    assert [each["id"] for each in json.loads((tmp_path / answer["filename"]).read_text())] == ids[1:2]


def test_users_and_organization(old: Client, new_email: Callable[[], str]) -> None:
    email = new_email()
    user = old.create_user({"email": email, "username": email, "first_name": "Grace", "last_name": "Hopper"})
    assert isinstance(user, User)
    assert (user.email, user.first_name) == (email, "Grace")
    # The client recognizes by the message that there is one.
    assert old.create_user({"email": email, "username": email}) is None
    assert user.id in {each.id for each in old.get_users()}
    assert old.get_organization()["title"]


def test_wrong_requests_raise(old: Client, moods: Project) -> None:
    with pytest.raises(requests.HTTPError) as error:
        moods.import_tasks([{"wrong": "key"}])
    assert error.value.response.status_code == 400
    with pytest.raises(requests.HTTPError) as error:
        moods.get_task(10**9)
    assert error.value.response.status_code == 404
