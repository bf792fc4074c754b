"""A 0.x project's directory: `start` and `import-project` take it over whole or not at all, and leave it as it is."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import Run
from tests.support import legacy_directory as old_project
from tests.support.process import clean_environment, running_server

SAMPLES = Path(
    os.environ.get("LABELYARD_SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples")
)
needs_samples = pytest.mark.skipif(
    not (SAMPLES / "legacy-0.8.2-project").is_dir(), reason="the samples of real servers are not here"
)


def state_of(directory: Path) -> dict[str, tuple[str, int]]:
    """What is in a directory: files with their content and time, links as links."""
    return {
        str(path.relative_to(directory)): (
            str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest(),
            path.lstat().st_mtime_ns,
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file() or path.is_symlink()
    }


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """The directory of a project, which is as it was after the test."""
    directory = old_project.make(tmp_path / "letters")
    before = state_of(directory)
    yield directory
    assert state_of(directory) == before


@contextmanager
def opened(directory: Path, *arguments: str) -> Iterator[httpx2.Client]:
    """A client of `labelyard start DIRECTORY`, which names no project as those of 0.x did."""
    with (
        running_server([*arguments, str(directory)], cwd=directory.parent) as server,
        httpx2.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


def tasks_of(client: httpx2.Client) -> dict[int, dict[str, Any]]:
    """Tasks by the id that they had."""
    shown = client.get("/api/tasks", params={"page_size": 1000}).json()
    return {each.get("meta", {}).get("legacy", {}).get("id", each["id"]): each for each in shown}


def test_start_takes_the_directory_over_and_goes_on_with_it(tmp_path: Path, old: Path) -> None:
    with opened(old) as client:
        tasks = tasks_of(client)
        assert sorted(tasks) == list(range(12))
        assert tasks[0]["id"] == 12
        assert tasks[5] == {"id": 5, "data": {"text": "größe 5 😀"}}
        [made] = tasks[6]["completions"]
        assert made == old_project.completion(6001)
        assert tasks[3]["completions"][0]["was_cancelled"] is True
        assert tasks[1]["predictions"][0]["model_version"] == "m1"
        project = client.get("/api/project").json()
        assert (project["project_name"], project["task_count"], project["completion_count"]) == (
            "Old letters",
            12,
            4,
        )
        assert project["instruction"] == "<b>Tone</b> first"
        # A skipped task is not handed out again, and the address of an upload goes on working.
        assert client.get("/api/project/next").json()["id"] == 1
        path = tasks[1]["data"]["text"].removeprefix("http://localhost:8080")
        assert client.get(path).content == b"a file"
        assert client.get("/data/upload/no-such-file").status_code == 404
        assert (
            client.post("/api/tasks/5/completions", json={"result": old_project.result("b")}).status_code
            == 201
        )
    folder = tmp_path / "letters-labelyard"
    assert json.loads((folder / "config.json").read_text())["editor"] == {"debug": False}
    with opened(old) as client:
        assert len(tasks_of(client)[5]["completions"]) == 1
    assert "going on with" in (tmp_path / "server.log").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters", "letters-labelyard", "server.log"]


def test_changes_that_come_later_are_told(run: Run, tmp_path: Path) -> None:
    directory = old_project.make(tmp_path / "letters")
    assert run("labelyard", "import-project", directory).returncode == 0
    old_project.write_completions(directory, 5, {"text": "new"}, [old_project.completion(5001)])
    with opened(directory) as client:
        assert "completions" not in tasks_of(client)[5]
    assert "was changed after" in (tmp_path / "server.log").read_text()


def test_into_a_data_directory_with_projects(run: Run, tmp_path: Path, old: Path, database_url: str) -> None:
    env = {"LABELYARD_DATABASE_URL": database_url} if database_url else {}
    new = tmp_path / "new"
    assert run("labelyard", "samples", "--data-dir", new, **env).returncode == 0
    assert run("labelyard", "import-project", old, "--data-dir", new, **env).returncode == 0
    assert run("labelyard", "import-project", old, "--data-dir", new, **env).returncode == 1  # known again
    done = run("labelyard", "import-project", old, "--data-dir", new, "--again", **env)
    assert done.returncode == 0, done.stderr
    assert "12 tasks, 4 annotations (1 skipped), 1 predictions" in done.stderr
    assert "was added to the ids of tasks" in done.stderr
    with (
        running_server(["--data-dir", str(new)], cwd=tmp_path, env=env) as server,
        httpx2.Client(base_url=server.url, timeout=60) as client,
    ):
        found = client.get("/api/projects").json()["results"]
        project = max(each["id"] for each in found if each["title"] == "Old letters")
        params = {"exportType": "JSON", "download_all_tasks": "true"}
        answer = client.get(f"/api/projects/{project}/export", params=params)
        assert hashlib.sha256(answer.content).hexdigest() in done.stderr
        made = {one["import_id"] for each in answer.json() for one in each["annotations"]}
        assert made == {1, 3001, 6001, 9001}
        assert client.get("/data/upload/" + next((old / "upload").iterdir()).name).content == b"a file"


# --- what is hard about real ones ---------------------------------------------------------------------------------


def test_hard_cases_lose_nothing(run: Run, tmp_path: Path) -> None:
    directory = old_project.make(
        tmp_path / "hard", source={"type": "tasks-json", "path": "/elsewhere/tasks.json"}
    )
    made = old_project.completion

    def change(tasks: dict[str, Any]) -> None:
        tasks["4"]["completions"] = [
            {"result": old_project.result("a")}
        ]  # from an import on the command line
        tasks["5"] |= {"task_path": "/abs/5.txt", "meta": {"own": 1}}
        tasks["x"] = {"data": {"text": "a key that is no number"}}
        tasks["7"]["completions"] = [{"result": old_project.result("b")}] * 2

    old_project.change_tasks(directory, change)
    text = (directory / "tasks.json").read_text()
    (directory / "tasks.json").write_text(text[:-1] + ', "8": {"id": 8, "data": {"text": "again"}}}')
    # Two with one id, one without a result, an older word for skipped, a key that nobody here knows.
    doubled = [
        made(8002),
        made(8002, "b"),
        {"id": 8001, "skipped": True, "created_at": 1},
        made(8003, honeypot=True),
    ]
    old_project.write_completions(directory, 8, {"text": "as it was labeled"}, doubled)
    old_project.write_completions(directory, 2, {"text": "größe 2 😀"}, [])
    old_project.write_completions(directory, 99, {"text": "its task was deleted"}, [made(99001)])
    old_project.write_completions(directory, 7, {"text": "größe 7 😀"}, [made(7001)])
    (directory / "completions" / "notes.txt").write_text("not ours")
    done = run("labelyard", "import-project", directory)
    assert done.returncode == 0, done.stderr
    assert "15 tasks, 11 annotations (2 skipped), 1 predictions" in done.stderr
    for said in (
        "1 tasks are only in completions/",
        "1 tasks have a file without completions (ids 2)",
        "1 completions in tasks.json were replaced",
        "1 tasks had other data when they were labeled",
        "1 files in completions/ are not named after a task",
        "1 ids stood on several completions",
        "3 tasks had the id 0",
    ):
        assert said in done.stderr
    with opened(directory) as client:
        shown = client.get("/api/tasks", params={"page_size": 100}).json()
        tasks = {each["id"]: each for each in shown}
        eight = tasks[8]["completions"]
        assert [each["id"] for each in eight] == [8001, 8002, 8003, 99003]
        assert [each["result"] for each in eight] == [[], *(old_project.result(each) for each in "aab")]
        legacy = tasks[8]["meta"]["legacy"]
        assert legacy["completions"] == {"8003": {"honeypot": True}}
        assert legacy["labeled_data"] == {"text": "as it was labeled"}
        assert client.get("/api/annotations/99003").json()["import_id"] == 8002
        assert tasks[99]["data"] == {"text": "its task was deleted"}
        assert tasks[4]["completions"][0]["result"] == old_project.result("a")
        assert len(tasks[7]["completions"]) == 1
        assert tasks[5]["meta"] == {"own": 1, "legacy": {"task_path": "/abs/5.txt"}}
        again = [each for each in shown if each["data"] == {"text": "again"}]
        assert again[0]["id"] > 99
        assert again[0]["meta"] == {"legacy": {"id": 8}}


def test_tasks_of_a_cloud_storage(run: Run, tmp_path: Path) -> None:
    """The old server kept only their addresses, and of labeled ones a copy."""
    source = {"type": "s3", "path": "bucket", "params": {"use_blob_urls": True, "data_key": "text"}}
    directory = old_project.make(tmp_path / "cloud", tasks=0, source=source)
    keys = {str(number): {"key": f"s3://bucket/{number}.txt", "exists": True} for number in range(1, 4)}
    (directory / "source.json").write_text(json.dumps(keys))
    (directory / "target.json").write_text(json.dumps({"3": {"key": "s3://out/3", "exists": True}}))
    old_project.write_completions(directory, 2, {"text": "s3://bucket/2.txt"}, [old_project.completion(2001)])
    done = run("labelyard", "import-project", directory, "--data-dir", tmp_path / "blobs")
    assert done.returncode == 0, done.stderr
    assert "3 tasks, 1 annotations" in done.stderr
    assert "1 tasks have their completions only in the cloud storage" in done.stderr
    (directory / "config.json").write_text(
        (directory / "config.json").read_text().replace('"use_blob_urls": true', '"use_blob_urls": false')
    )
    done = run("labelyard", "import-project", directory, "--data-dir", tmp_path / "objects")
    assert "1 tasks, 1 annotations" in done.stderr
    assert "2 tasks are only in the cloud storage" in done.stderr
    assert "The source storage (s3) is not connected" in done.stderr


def _broken_completions(directory: Path) -> None:
    (directory / "completions" / "6.json").write_text('{"id": 6, "completions": [')


def _no_list(directory: Path) -> None:
    old_project.write_completions(directory, 6, {"text": "t"}, [{"id": 1, "result": {"a": 1}}])


def _no_data(directory: Path) -> None:
    old_project.change_tasks(directory, lambda tasks: tasks["6"].pop("data"))


def _not_a_number(directory: Path) -> None:
    path = directory / "tasks.json"
    path.write_text(
        path.read_text().replace('"größe 5', 'NaN, "größe').replace('"gr\\u00f6\\u00dfe 5 ', 'NaN, "more": "')
    )


def _nowhere(directory: Path) -> None:
    (directory / "completions" / "99.json").write_text('{"id": 99, "completions": []}')


def _cut_off(directory: Path) -> None:
    path = directory / "tasks.json"
    path.write_bytes(path.read_bytes()[:-20])


def _bad_config(directory: Path) -> None:
    (directory / "config.xml").write_text("<View>")


def _bad_settings(directory: Path) -> None:
    (directory / "config.json").write_text("{")


def _link(name: str) -> Callable[[Path], None]:
    def make(directory: Path) -> None:
        path, away = directory / name, directory.parent / "away"
        if path.exists():
            shutil.move(path, away)
        else:
            away.write_text("{}")
        path.symlink_to(away)

    return make


LEADS_OUT = "a link that leads out of"


@pytest.mark.parametrize(
    ("damage", "message", "cure"),
    [
        (_broken_completions, "completions/6.json: Not valid JSON", "--skip-broken"),
        (_no_list, 'completions/6.json: "result" of completion 0 must be a list', "--skip-broken"),
        (_no_data, 'tasks.json: task 6: "data" is missing', "--skip-broken"),
        (_nowhere, "completions/99.json: its task is nowhere", "--skip-broken"),
        (_not_a_number, "tasks.json: not valid JSON", "Restore the file"),
        (_cut_off, "tasks.json: not valid JSON", "Restore the file"),
        (_bad_config, "the label config cannot be used", "--label-config FILE"),
        (_bad_settings, "config.json: not readable as JSON", "Mend the file"),
        (_link("tasks.json"), LEADS_OUT, "in the place of the link"),
        (_link("completions"), LEADS_OUT, "in the place of the link"),
        (_link("completions/5.json"), LEADS_OUT, "in the place of the link"),
        (_link("upload/linked"), LEADS_OUT, "in the place of the link"),
        (_link("upload"), LEADS_OUT, "in the place of the link"),
    ],
)  # fmt: skip
def test_wrong_input_leaves_nothing(run: Run, tmp_path: Path, damage: Any, message: str, cure: str) -> None:
    directory = old_project.make(tmp_path / "letters")
    damage(directory)
    before = {path.name for path in tmp_path.iterdir()}
    for into in ((), ("--data-dir", tmp_path / "new")):
        done = run("labelyard", "import-project", directory, *into)
        assert done.returncode == 1, done.stderr
        assert message in done.stderr
        assert cure in done.stderr
        assert "Traceback" not in done.stderr
        assert {path.name for path in tmp_path.iterdir()} == before
    done = run("labelyard", "start", directory)
    assert done.returncode == 1
    assert message in done.stderr


def test_broken_ones_are_left_out_when_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    directory = old_project.make(tmp_path / "letters")
    _broken_completions(directory)
    _nowhere(directory)
    old_project.change_tasks(directory, lambda tasks: tasks["5"].pop("data"))
    done = run("labelyard", "import-project", directory, "--skip-broken")
    assert done.returncode == 0, done.stderr
    assert "11 tasks, 3 annotations" in done.stderr
    for name in ("completions/6.json", "completions/99.json", "tasks.json: task 5"):
        assert f"left out: {directory}/{name}" in done.stderr


def test_another_label_config_may_be_named(run: Run, tmp_path: Path) -> None:
    directory = old_project.make(tmp_path / "letters")
    (tmp_path / "mended.xml").write_text(old_project.CONFIG)
    _bad_config(directory)
    with opened(directory, "--label-config", str(tmp_path / "mended.xml")) as client:
        assert len(tasks_of(client)) == 12


# --- however it ends ----------------------------------------------------------------------------------------------


def _exported(folder: Path) -> Any:
    with opened(folder) as client:
        params = {"exportType": "JSON", "download_all_tasks": "true"}
        return client.get("/api/projects/1/export", params=params).json()


def _timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [_timeless(each) for each in value]
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key != "created_ago"}
    return value


def test_killed_at_any_moment_it_is_exact_when_it_is_started_again(run: Run, tmp_path: Path) -> None:
    directory = old_project.make(tmp_path / "letters", tasks=3000)
    folder, whole = tmp_path / "letters-labelyard", tmp_path / "whole"
    command = [sys.executable, "-m", "labelyard", "import-project", str(directory)]
    began = time.monotonic()
    assert run("labelyard", "import-project", directory).returncode == 0
    lasts = time.monotonic() - began
    folder.rename(whole)
    wanted = _timeless(_exported(whole))
    assert len(wanted) == 3000
    ended = 0
    for share in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9):
        process = subprocess.Popen(
            command, env=clean_environment(HOME=str(tmp_path)), stderr=subprocess.DEVNULL
        )
        time.sleep(lasts * share)
        process.kill()
        ended += process.wait(timeout=30) == 0
        if folder.exists():
            break
    assert not ended
    assert _timeless(_exported(directory)) == wanted
    assert not [each.name for each in tmp_path.iterdir() if each.name.startswith(".letters")]


# --- a real one ---------------------------------------------------------------------------------------------------


@needs_samples
def test_project_of_a_real_server(run: Run, tmp_path: Path) -> None:
    directory = tmp_path / "postbag"
    shutil.copytree(SAMPLES / "legacy-0.8.2-project", directory)
    expected = json.loads((SAMPLES / "expected-legacy-0.8.2.json").read_text())
    counts = expected["counts"]
    done = run("labelyard", "import-project", directory)
    assert done.returncode == 0, done.stderr
    assert (
        f"{counts['tasks']} tasks, {counts['completions']} annotations ({counts['cancelled_completions']} skipped), "
        f"{counts['predictions']} predictions" in done.stderr
    )
    assert f"{counts['uploaded_files']} files" in done.stderr
    with opened(directory) as client:
        assert client.get("/api/project/next").json()["id"] == expected["next_task_id"]
        # Its file has the predictions of when the task was first labeled; the list has those of today.
        answer = client.get("/api/project/export", params={"format": "JSON"}).json()
        exported = [_as_0x(each) | {"predictions": []} for each in answer]
        # Task 14 has no completions left, so it has none to export.
        wanted = [
            _as_0x(each) | {"predictions": []} for each in expected["export_JSON"] if each["completions"]
        ]
        assert sorted(exported, key=_id) == sorted(wanted, key=_id)
        shown = [_as_0x(each) for each in client.get("/api/tasks", params={"page_size": 1000}).json()]
        assert sorted(shown, key=_id) == sorted(map(_as_0x, expected["tasks"]), key=_id)
        for task in expected["tasks"]:
            address = task["data"]["image"].removeprefix("http://localhost:8080")
            name = address.rpartition("/")[2]
            assert client.get(address).content == (directory / "upload" / name).read_bytes()
        short = client.get("/api/projects/1/export", params={"exportType": "JSON_MIN"}).json()
        for each in expected["export_JSON_MIN"]:
            # Texts are written in the way of 1.x, and task 0 has another id.
            wanted_one = {k: v for k, v in each.items() if k != "note"} | {"id": each["id"] or 30}
            assert any(one | wanted_one == one for one in short), wanted_one


def _id(task: dict[str, Any]) -> int:
    return int(task["id"])


def _as_0x(task: dict[str, Any]) -> dict[str, Any]:
    """A task as the old server shows it. What differs: the ids of task 0 and of the second completion 15002, which had
    to change; `false` in place of a key that is left out; keys that ours keeps in the meta; prediction ids."""
    legacy = task.get("meta", {}).get("legacy", {})
    more = legacy.get("completions", {})
    completions = [
        {
            name: value
            for name, value in {**each, **more.get(str(each["id"]), {})}.items()
            if value is not False
        }
        for each in task.get("completions", [])
    ]
    for each in completions:
        each["id"] = 15002 if each["id"] == 27003 else each["id"]
    predictions = [
        {name: value for name, value in each.items() if name != "id"} for each in task.get("predictions", [])
    ]
    return {
        "id": legacy.get("id", task["id"]),
        "data": task["data"],
        "completions": completions,
        "predictions": predictions,
    }
