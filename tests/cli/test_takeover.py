"""`import-project`: a 1.x install is taken over whole or not at all, and left as it was."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from tests.cli.conftest import Run
from tests.support import install
from tests.support.process import running_server

from labelyard.db import schema

SAMPLES = Path(
    os.environ.get("LABELYARD_SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples")
)
needs_samples = pytest.mark.skipif(
    not (SAMPLES / "label-studio-1.23").is_dir(), reason="the samples of real servers are not here"
)


def state_of(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """The directory of an install, which is as it was after the test."""
    directory = tmp_path / "old"
    install.make(directory)
    before = state_of(directory)
    yield directory
    assert state_of(directory) == before


def token_client(url: str, token: str) -> httpx2.Client:
    return httpx2.Client(base_url=url, timeout=60, headers={"Authorization": f"Token {token}"})


def test_everything_comes_along(run: Run, tmp_path: Path, old: Path) -> None:
    done = run("labelyard", "import-project", old, "--data-dir", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert "5 tasks, 3 annotations (1 skipped), 3 predictions" in done.stderr
    assert "1 passwords are kept in a way that cannot be verified" in done.stderr
    with (
        running_server(["--data-dir", str(tmp_path / "new")], cwd=tmp_path) as server,
        token_client(server.url, install.TOKEN) as client,
    ):
        assert client.get("/api/projects/3/").json()["sampling"] == "Uniform sampling"
        params = {"exportType": "JSON", "download_all_tasks": "true"}
        answer = client.get("/api/projects/3/export", params=params)
        assert hashlib.sha256(answer.content).hexdigest() in done.stderr
        tasks = answer.json()
        assert [task["id"] for task in tasks] == [10, 20, 30, 40, 50]
        assert tasks[0]["data"] == {"text": "größe 1 😀"}
        assert tasks[0]["file_upload"] == "ab12cd34-größe.txt"
        made = tasks[0]["annotations"][0]
        assert (made["id"], made["completed_by"], made["lead_time"]) == (11, 6, 1.5)
        assert made["created_at"] == "2022-03-04T05:06:07.000008Z"
        assert client.get("/data/upload/3/ab12cd34-größe.txt").text == "a file"
        new = client.post("/api/tasks", json={"project": 3, "data": {"text": "later"}}).json()
        assert new["id"] == 51
        assert [user["email"] for user in client.get("/api/users").json()] == [
            "ann@example.org",
            "bob@example.org",
        ]


def test_ids_are_moved_where_there_are_projects_already(run: Run, tmp_path: Path, old: Path) -> None:
    new = tmp_path / "new"
    assert run("labelyard", "samples", "--data-dir", new).returncode == 0
    done = run("labelyard", "import-project", old, "--data-dir", new)
    assert done.returncode == 0, done.stderr
    again = run("labelyard", "import-project", old, "--data-dir", new)
    assert again.returncode == 1
    assert "a project of this install was taken over before, as project" in again.stderr
    with (
        running_server(["--data-dir", str(new)], cwd=tmp_path) as server,
        token_client(server.url, install.TOKEN) as client,
    ):
        found = {each["title"]: each for each in client.get("/api/projects").json()["results"]}
        assert found["Old project"]["task_number"] == 5
        assert found["Old project"]["id"] > 3
        assert len(found) > 1


def test_what_later_releases_have_comes_along_or_is_named(
    run: Run, tmp_path: Path, database_url: str
) -> None:
    old, env = tmp_path / "old", {"LABELYARD_DATABASE_URL": database_url} if database_url else {}
    install.add_the_rest(install.make(old))
    done = run("labelyard", "import-project", old, "--data-dir", tmp_path / "new", **env)
    assert done.returncode == 0, done.stderr
    assert "1 labels of the label manager, 1 webhooks of whole organizations" in done.stderr
    assert "5 tasks, 3 annotations (1 skipped), 3 predictions" in done.stderr
    assert "1 views, 2 webhooks, 1 ML backends, 2 storages, 1 files" in done.stderr
    for left in (
        "1 storages of Google Cloud",
        "An ML backend of project 3 has an address that cannot be used: 'model.local'",
        "2 personal access tokens, which only the SECRET_KEY",
    ):
        assert left in done.stderr
    with (
        running_server(["--data-dir", str(tmp_path / "new")], cwd=tmp_path, env=env) as server,
        token_client(server.url, install.TOKEN) as client,
    ):
        answer = client.get(
            "/api/projects/3/export", params={"exportType": "JSON", "download_all_tasks": "true"}
        )
        assert hashlib.sha256(answer.content).hexdigest() in done.stderr
        assert f'"prediction":{install.SHOWN}' in answer.text
        [label] = client.get("/api/labels", params={"project": 3}).json()["results"]
        assert (label["id"], label["title"], label["value"], label["created_by"]) == (
            7,
            "Cheese",
            ["Cheese"],
            6,
        )
        hooks = {hook["id"]: hook["project"] for hook in client.get("/api/webhooks").json()}
        assert hooks == {5: 3, 6: None, 8: 3}
        new = client.post("/api/tasks", json={"project": 3, "data": {"text": "later"}})
        assert new.json()["id"] == 51
    # The next sync knows which objects are tasks already.
    engine = sa.create_engine(
        database_url.replace("postgresql:", "postgresql+psycopg:")
        or f"sqlite:///{tmp_path}/new/labelyard.sqlite3"
    )
    with engine.connect() as conn:
        rows = conn.execute(sa.select(schema.storage).order_by(schema.storage.c.id)).all()
        assert [(row.role, row.kind, row.project_id, row.dialect) for row in rows] == [
            ("source", "s3", 3, "1.x"),
            ("target", "localfiles", 3, "1.x"),
        ]
        assert json.loads(rows[0].options) == {
            "bucket": "post", "prefix": "in/", "use_blob_urls": True, "presign_ttl": 15,
        }  # fmt: skip
        assert "key" not in rows[0].secrets
        links = conn.execute(sa.select(schema.storage_link).order_by(schema.storage_link.c.task_id)).all()
        assert [(link.task_id, link.storage_id, link.key) for link in links] == [
            (10, rows[0].id, "in/a.txt"),
            (20, rows[0].id, "in/b.txt"),
        ]
        assert not conn.execute(sa.select(schema.storage_outbox)).all()
    engine.dispose()


def _truncated(directory: Path) -> None:
    path = directory / "label_studio.sqlite3"
    path.write_bytes(path.read_bytes()[:20_000])


def _no_database(directory: Path) -> None:
    (directory / "label_studio.sqlite3").write_text("not a database")


def _other_program(directory: Path) -> None:
    (directory / "label_studio.sqlite3").unlink()
    with closing(sqlite3.connect(directory / "label_studio.sqlite3")) as conn, conn:
        conn.execute("CREATE TABLE songs (id integer)")


def _nothing(directory: Path) -> None:
    (directory / "label_studio.sqlite3").unlink()


def _media_missing(directory: Path) -> None:
    (directory / "media" / "upload" / "3" / "ab12cd34-größe.txt").unlink()


def _broken(sql: str) -> Any:
    def change(directory: Path) -> None:
        with closing(sqlite3.connect(directory / "label_studio.sqlite3")) as conn, conn:
            conn.execute(sql)

    return change


def _rest(sql: str) -> Any:
    def change(directory: Path) -> None:
        install.add_the_rest(directory / "label_studio.sqlite3")
        _broken(sql)(directory)

    return change


@pytest.mark.parametrize(
    ("damage", "message", "cure"),
    [
        (_truncated, "label_studio.sqlite3: ", "Restore it from a backup"),
        (_no_database, "this is no SQLite database", "Restore it from a backup"),
        (_other_program, "not the database of a Label Studio 1.x install", "Name the file label_studio.sqlite3"),
        (_nothing, "no label_studio.sqlite3 in this directory", "Name the data directory"),
        (_media_missing, "ab12cd34-größe.txt: this uploaded file of project 3 is missing", "--allow-missing-media"),
        (_broken("UPDATE task SET data = '{\"text\": ' WHERE id = 30"), "data of task 30: Not valid JSON", "Mend that value"),
        (_broken("UPDATE task_completion SET result = '{\"a\": 1}'"), "result of annotation 11: must be a list", "Mend that"),
        (_broken("UPDATE project SET label_config = '<View>'"), "the label config of project 3", "--without-project 3"),
        (_rest("UPDATE webhook SET headers = '{' WHERE id = 6"), "headers of webhook 6: ", "Mend that value"),
        (_rest("UPDATE webhook SET headers = '[1]' WHERE id = 5"), "headers of webhook 5: must be an object", "Mend that"),
        (_rest("UPDATE data_manager_view SET data = 'x'"), "data of view 9: ", "Mend that value"),
        (_rest("UPDATE data_manager_view SET ordering = '['"), "ordering of view 9: ", "Mend that value"),
        (_rest("UPDATE labels_manager_label SET value = '['"), "value of label 7: ", "Mend that value"),
        (_rest("UPDATE task_completion SET prediction = '[1]'"), "prediction of annotation 11: must be", "Mend that"),
        (_broken("UPDATE data_import_fileupload SET file = '../../x'"), "lies outside of", "Move the file"),
        (_broken("UPDATE htx_user SET email = 'none' WHERE id = 6"), "user 6 has no valid email", "Give them one"),
    ],
)  # fmt: skip
def test_wrong_input_leaves_nothing(run: Run, tmp_path: Path, damage: Any, message: str, cure: str) -> None:
    directory = tmp_path / "old"
    install.make(directory)
    damage(directory)
    done = run("labelyard", "import-project", directory, "--data-dir", tmp_path / "new")
    assert done.returncode == 1, done.stderr
    assert message in done.stderr
    assert cure in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, names) for key, each in value.items() if key not in names}
    return value


LEFT_OUT = frozenset({"created_ago"})


@needs_samples
def test_install_of_a_real_server(run: Run, tmp_path: Path) -> None:
    expected = SAMPLES / "expected-label-studio-1.23"
    done = run("labelyard", "import-project", SAMPLES / "label-studio-1.23", "--data-dir", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(SAMPLES / "label-studio-1.23" / "label_studio.sqlite3")) as conn:
        token = conn.execute("SELECT key FROM authtoken_token WHERE user_id = 1").fetchone()[0]
    with (
        running_server(["--data-dir", str(tmp_path / "new")], cwd=tmp_path) as server,
        token_client(server.url, token) as client,
    ):
        for project in (1, 2, 3):
            for kind in ("JSON", "JSON_MIN"):
                params = {"exportType": kind, "download_all_tasks": str(kind == "JSON").lower()}
                answer = client.get(f"/api/projects/{project}/export", params=params).json()
                wanted = json.loads((expected / f"project-{project}-{kind}.json").read_text())
                if kind == "JSON":
                    for task in wanted:
                        task.setdefault("file_upload", None)
                        task["drafts"] = [draft["id"] for draft in task["drafts"]]  # ours are ids here
                assert _without(answer, LEFT_OUT) == _without(wanted, LEFT_OUT), (project, kind)
            shown = client.get("/api/dm/views", params={"project": project}).json()
            assert shown == json.loads((expected / "views.json").read_text())[str(project)]
            known = json.loads((expected / f"project-{project}.json").read_text())
            now = client.get(f"/api/projects/{project}/").json()
            assert {name: now[name] for name in known} | _VARYING == known | _VARYING
        hooks = client.get("/api/webhooks").json()
        wanted = json.loads((expected / "webhooks.json").read_text())
        hidden = frozenset({"headers"})
        assert _without(hooks, hidden) == _without(wanted, hidden)
        people = json.loads((expected / "users.json").read_text())
        assert _without(client.get("/api/users").json(), _WHEN) == _without(people, _WHEN)


# Queues are counted for the project here, for the caller there; `num_tasks_with_annotations` has ground truth here.
_VARYING = dict.fromkeys(
    (
        "queue_done",
        "queue_total",
        "state",
        "config_suitable_for_bulk_annotation",
        "num_tasks_with_annotations",
    )
)
_WHEN = frozenset({"last_activity"})
