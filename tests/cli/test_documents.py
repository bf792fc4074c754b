"""The command lines of three documents about Label Studio 0.x, as they are written, in a shell against a real server.

Substituted are host and port, the names of files (which the test makes), and what a document leaves out with `...` or
`[...]`; nothing else. One table for each document, in its order. Lines of `init` have nothing for a shell to do, and are
run without.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from tests.support import media
from tests.support.legacy_documents import CONFIG, ENDPOINTS, TASK
from tests.support.model_server import ModelServer, model_server
from tests.support.process import ServerProcess, clean_environment, running_server
from tests.support.warm import run_warm

IMAGES = (
    '<View><Image name="i" value="$image"/><Choices name="c" toName="i"><Choice value="a"/></Choices></View>'
)
SOUNDS = (
    '<View><Audio name="a" value="$audio"/><Choices name="c" toName="a"><Choice value="a"/></Choices></View>'
)
KEYED = '<View><Text name="text" value="$my_key"/><Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices></View>'
TASKS = [TASK]


def shell(line: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run a line as somebody types it; `curl` writes the status of an answer on a line after it."""
    (directory / ".curlrc").write_text('write-out = "\\n%{http_code}"\nsilent\n')
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = clean_environment(HOME=str(directory), PATH=path)
    return subprocess.run(
        ["bash", "-c", line], cwd=directory, env=environment, capture_output=True, text=True, timeout=120
    )


def init_line(line: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run an `init` line, divided into words as a shell does it where nothing but words is in it."""
    assert not set(line) & set("\"'$`|&;<>*?(){}~#\\\n"), line
    environment = clean_environment(HOME=str(directory))
    return run_warm(line.split(), cwd=directory, env=environment, input=None, timeout=120)


def curl(line: str, directory: Path) -> tuple[int, str]:
    """Status and body of what a `curl` line got."""
    done = shell(line, directory)
    assert done.returncode == 0, (line, done.stderr)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


# --- `init`, of the guides "Import tasks" (0.5) and "Tasks" (0.8) -------------------------------------------------------


@dataclass(frozen=True)
class Init:
    line: str
    config: str
    folder: str
    tasks: list[Any]  # the data of the tasks, or their addresses


def _media_task(directory: Path, key: str, name: str) -> dict[str, str]:
    return {key: f"/data/{name}?d={quote(str(directory), safe='')}"}


LINES = [{"my_text": "this is a first task"}, {"my_text": "this is a second task"}]
JSON = [TASKS[0]["data"]]
GUIDE_05 = [
    Init("label-studio init --input-path my_tasks.json --input-format json", CONFIG, "my_project", JSON),
    Init("label-studio init --input-path=my_tasks.json", CONFIG, "my_project", JSON),
    Init("label-studio init --input-path=dir/with/json/files --input-format=json-dir", CONFIG, "my_project", JSON * 2),
    Init("label-studio init --input-path=my_tasks.txt --input-format=text --label-config=config.xml", CONFIG, "my_project", LINES),
    Init("label-studio init --input-path=dir/with/text/files --input-format=text-dir --label-config=config.xml", CONFIG, "my_project", LINES * 2),
    Init("label-studio init --input-path=dir/with/images --input-format=image-dir --label-config=config.xml", IMAGES, "my_project", ["image"]),
    Init("label-studio init --input-path=my/audios/dir --input-format=audio-dir --label-config=config.xml", SOUNDS, "my_project", ["audio"]),
]  # fmt: skip
GUIDE_08 = [
    Init("label-studio init --input-path=my_tasks.json", CONFIG, "my_project", JSON),
    Init("label-studio init --input-path=dir/with/json/files --input-format=json-dir", CONFIG, "my_project", JSON * 2),
    Init("label-studio init my-project --input-path=my_tasks.txt --input-format=text --label-config=config.xml", CONFIG, "my-project", LINES),
    Init("label-studio init my-project --input-path=dir/with/text/files --input-format=text-dir --label-config=config.xml", CONFIG, "my-project", LINES * 2),
    Init("label-studio init my-project --input-path=dir/with/images --input-format=image-dir --label-config=config.xml --allow-serving-local-files", IMAGES, "my-project", ["image"]),
    Init("label-studio init my-project --input-path=my/audios/dir --input-format=audio-dir --label-config=config.xml --allow-serving-local-files", SOUNDS, "my-project", ["audio"]),
]  # fmt: skip
IMAGE_NAMES = ["a.png", "b.jpg", "c.jpeg", "d.tiff", "e.bmp", "f.gif"]
AUDIO_NAMES = ["a.wav", "b.aiff", "c.mp3", "d.au", "e.flac"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files that the documents name."""
    (tmp_path / "my_tasks.json").write_text(json.dumps(TASKS))
    (tmp_path / "my_tasks.txt").write_text("this is a first task\nthis is a second task\n")
    for place in ("dir/with/json/files", "dir/with/text/files", "dir/with/images", "my/audios/dir"):
        (tmp_path / place / "below").mkdir(parents=True)
    for name in ("one.json", "below/two.json"):
        (tmp_path / "dir/with/json/files" / name).write_text(json.dumps(TASKS))
    for name in ("one.txt", "below/two.txt"):
        (tmp_path / "dir/with/text/files" / name).write_text("this is a first task\nthis is a second task\n")
    for name in IMAGE_NAMES:
        kind = {"jpg": "JPEG", "jpeg": "JPEG"}.get(name[2:], name[2:].upper())
        (tmp_path / "dir/with/images" / name).write_bytes(media.image(kind))
    for name in AUDIO_NAMES:
        (tmp_path / "my/audios/dir" / name).write_bytes(media.tone())
    (tmp_path / "test.jpg").write_bytes(media.image("JPEG"))
    return tmp_path


@pytest.mark.parametrize(
    "init", [*GUIDE_05, *GUIDE_08], ids=[f"0.5 {n}" for n in range(7)] + [f"0.8 {n}" for n in range(6)]
)
def test_init_lines_of_the_guides(files: Path, init: Init) -> None:
    (files / "config.xml").write_text(init.config)
    done = init_line(init.line, files)
    assert done.returncode == 0, done.stderr
    with running_server([init.folder], cwd=files) as server:
        status, body = curl(f"curl '{server.url}/api/tasks?page=1&page_size=100&order=id'", files)
        shown = [each["data"] for each in json.loads(body)]
        assert status == 200
        if init.tasks not in (["image"], ["audio"]):
            assert shown == init.tasks
            if init.tasks == JSON:
                check_annotated(json.loads(body)[0])
            return
        names = IMAGE_NAMES if init.tasks == ["image"] else AUDIO_NAMES
        place = files / ("dir/with/images" if init.tasks == ["image"] else "my/audios/dir")
        assert shown == [_media_task(place, init.tasks[0], name) for name in names]
        allowed = "--allow-serving-local-files" in init.line
        assert ("WARNING" in done.stderr) == allowed
        for name in names:  # the link as the documents spell it, of 0.8 and of 0.5
            for prefix in ("data", "static"):
                link = f"{server.url}/{prefix}/{name}?d={place}"
                status, _ = curl(f"curl -L -o got.bin '{link}'", files)
                assert (status == 200) == allowed, link
                if allowed:
                    assert (files / "got.bin").read_bytes() == (place / name).read_bytes()


def check_annotated(task: dict[str, Any]) -> None:
    """What came along with the example: a completion and a prediction."""
    (completion,), (prediction,) = task["completions"], task["predictions"]
    assert completion["result"] == TASKS[0]["completions"][0]["result"]
    assert prediction["score"] == 0.95 and task["completed_at"]


def test_start_without_an_input_and_import_in_the_browser(files: Path) -> None:
    """ "Start Label Studio without specifying input path and then import through the web": its page is there."""
    with running_server(["--data-dir", "d", "--init"], cwd=files) as server:
        answer = httpx2.get(f"{server.url}/import")
        assert answer.status_code == 302 and answer.headers["location"].endswith("/import")


TABLES = {"my.csv": "my_text,optional_field\nthis is a first task,123\nthis is a second task,456\n"}
TABLES["my.tsv"] = TABLES["my.csv"].replace(",", "\t")


def test_tables_and_resource_files(files: Path) -> None:
    """CSV and TSV over the import page, which sends what this sends; one table for a TimeSeries; media for one key."""
    (files / "config.xml").write_text(CONFIG)
    assert init_line("label-studio init --label-config=config.xml", files).returncode == 0
    with running_server(["my_project"], cwd=files) as server:
        for name, text in TABLES.items():
            (files / name).write_text(text)
            status, body = curl(f'curl -X POST -F "{name}=@{name}" {server.url}/api/project/import', files)
            assert status == 201 and json.loads(body)["task_count"] == 2, body
        rows = [each["data"] for each in httpx2.get(f"{server.url}/api/tasks").json()]
        assert (
            rows[:2]
            == [
                {"my_text": "this is a first task", "optional_field": 123},
                {"my_text": "this is a second task", "optional_field": 456},
            ]
            and rows[2:] == rows[:2]
        )
        series = '<View><TimeSeries name="ts" value="$csv" valueType="url"><Channel column="my_text"/></TimeSeries></View>'
        for config, name, key in ((series, "my.csv", "csv"), (IMAGES, "test.jpg", "image")):
            made = httpx2.post(f"{server.url}/api/project?new=1&desc=Other")
            cookie = made.headers["set-cookie"].partition(";")[0]
            for line in (
                f"curl -b {cookie} -X POST {server.url}/api/project/config --form-string 'label_config={config}'",
                f'curl -b {cookie} -X POST -F "FileUpload=@{name}" {server.url}/api/project/import',
            ):
                assert curl(line, files)[0] == 201
            _, body = curl(f"curl -b {cookie} {server.url}/api/tasks", files)
            (task,) = json.loads(body)
            assert list(task["data"]) == [key] and "/data/upload/" in task["data"][key]
            link = f"{server.url}{task['data'][key]}"
            assert httpx2.get(link).content == (files / name).read_bytes()


@pytest.mark.parametrize(
    ("option", "first"),
    [
        ("sequential", {0}),
        ("uniform", {0, 1, 2}),
        ("prediction-score-min", {1}),
        ("prediction-score-max", {2}),
    ],
)
def test_sampling_lines_of_the_guide(files: Path, option: str, first: set[int]) -> None:
    """`--sampling=<option>`: which task `next` gives."""
    scores = ((0.5, 0.7), (0.1, 0.2), (0.9, 0.8))  # the average counts
    (files / "config.xml").write_text(CONFIG)
    result = TASKS[0]["predictions"][0]["result"]
    (files / "my_tasks.json").write_text(
        json.dumps(
            [
                {"data": {"my_text": str(n)}, "predictions": [{"result": result, "score": s} for s in each]}
                for n, each in enumerate(scores)
            ]
        )
    )
    line = f"label-studio init --input-path=my_tasks.json --label-config=config.xml --sampling={option}"
    assert init_line(line, files).returncode == 0
    with running_server(["my_project"], cwd=files) as server:
        status, body = curl(f"curl {server.url}/api/project/next", files)
        assert status == 200 and int(json.loads(body)["data"]["my_text"]) in first
        _, body = curl(f"curl {server.url}/api/project", files)
        assert json.loads(body)["config"]["sampling"] == option


# --- the `curl` lines ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curl:
    line: str
    status: int
    says: str = ""


ADDED = r"""--data "[{\"my_key\": \"my_value_1\"}, {\"my_key\": \"my_value_2\"}]" """.strip()
CURLS_05 = [
    Curl("curl -X POST -H Content-Type:application/json http://localhost:8200/api/import \\\n" + ADDED, 201, '"task_count":2'),
]  # fmt: skip
CURLS_08 = [
    Curl("curl -X POST -H Content-Type:application/json http://localhost:8080/api/import \\\n" + ADDED, 201, '"task_count":2'),
    Curl("curl http://localhost:8080/api/project", 200, '"task_count":4'),
    *(
        Curl(f"curl 'http://localhost:8080/api/tasks?page=1&page_size=10&order={order}'", 200, '[{"id":')
        for order in ("id", "-id", "completed_at", "-completed_at")
    ),
]  # fmt: skip
CURLS_09 = [
    # What is left out in the document is left out: `[...]` is the text of a label config without tags.
    Curl("curl -X POST -H Content-Type:application/json http://localhost:8080/api/project/config \\\n" r"""--data "{\"label_config\": \"<View>[...]</View>\"}" """, 201),
    Curl("curl -X POST -H Content-Type:application/json http://localhost:8080/api/project/config \\\n" r"""--data "{\"label_config\": \"<View><Text name='t' value='\$my_key'/></View>\"}" """, 201),
    Curl("curl -X POST -H Content-Type:application/xml http://localhost:8080/api/project/config \\\n--data @config.xml", 201),
    Curl("curl -X POST -H Content-Type:application/json http://localhost:8080/api/project/import \\\n" + ADDED, 201, '"new_task_ids":['),
    Curl('curl -X POST -F "FileUpload=@test.jpg" http://localhost:8080/api/project/import', 201, '".jpg":1'),
    Curl("curl http://localhost:8080/api/project/", 200, '"task_count":'),
    # Without quotes the shell runs this in the background and sends `page` only: a list all the same.
    Curl("curl http://localhost:8080/api/tasks?page=1&page_size=10&order=-completed_at", 200, '[{"id":'),
    Curl("curl http://localhost:8080/api/project/export?format=JSON > exported_results.json", 200, '"completions":'),
]  # fmt: skip
# The table of endpoints: each row, each method. {task}, {completion} and {uuid} are those of the project.
ROWS = [
    Curl("curl $LS/api/project", 200, '"completion_count":'),
    Curl("curl -X POST '$LS/api/project?new=1&desc=Second%20project' -c jar", 201, '"project_name":"Second project"'),
    Curl("""curl -X PATCH $LS/api/project -H Content-Type:application/json -d '{"title": "Third"}' -b jar""", 201, '"project_name":"Third"'),
    Curl("curl '$LS/api/project-switch?uuid={uuid}' -b jar -c jar", 302),
    Curl("curl $LS/api/project -b jar", 200, '"uuid":"{uuid}"'),
    Curl("""curl -X POST $LS/api/project/config -H Content-Type:application/json -d '{"label_config": "<View>"}'""", 400, '{"label_config":["line 1'),
    Curl("curl -X POST $LS/api/project/config -F 'label_config=<config.xml'", 201),
    Curl("""curl -X POST $LS/api/project/import -H Content-Type:application/json -d '[{"data": {"my_key": "a"}, "completions": [{"result": []}]}]'""", 201, '"completion_count":1'),
    Curl("curl '$LS/api/project/export?format=JSON_MIN'", 200, '"my_key": "two"'),
    Curl("curl '$LS/api/project/export?format=CSV'", 200, "my_key"),
    Curl("curl $LS/api/project/next", 200, '"data":{"my_key":'),
    Curl("curl $LS/api/project/storage-settings", 200, '"tasks-json":{'),
    Curl("""curl -X POST '$LS/api/project/storage-settings?storage_for=source' -H Content-Type:application/json -d '{"type": "tasks-json"}'""", 201, '"result":"ok"'),
    Curl("""curl -X POST '$LS/api/project/storage-settings?storage_for=target' -H Content-Type:application/json -d '{"type": "completions-dir"}'""", 201, '"result":"ok"'),
    Curl("curl $LS/api/tasks", 200, '[{"id":{task},'),
    Curl("curl $LS/api/tasks/{task}", 200, '"id":{task}'),
    Curl("""curl -X PATCH $LS/api/tasks/{task} -H Content-Type:application/json -d '{"data": {"my_key": "new"}, "predictions": []}'""", 200, '"my_key":"new"'),
    Curl("""curl -X POST $LS/api/tasks/{task} -H Content-Type:application/json -d '{"data": {"my_key": "newer"}, "completions": [], "predictions": []}'""", 200, '"my_key":"newer"'),
    Curl("""curl -X POST $LS/api/tasks/{task}/completions -H Content-Type:application/json -d '{"result": []}'""", 201, '{"id":'),
    Curl("""curl -X PATCH $LS/api/tasks/{task}/completions/{completion} -H Content-Type:application/json -d '{"lead_time": 4.0}'""", 201, "ok"),
    Curl("curl $LS/api/completions", 200, '{"ids":['),
    Curl("curl -X DELETE $LS/api/tasks/{task}/completions/{completion}", 204),
    Curl("curl -X DELETE $LS/api/tasks/{task}/completions", 204),
    Curl("curl -X DELETE $LS/api/completions", 201, "done"),
    Curl("curl $LS/api/completions", 200, '{"ids":[]}'),
    # machine learning models
    Curl("""curl -X PATCH $LS/api/project -H Content-Type:application/json -d '{"ml_backend": "my=$ML"}'""", 201, '"name":"my"'),
    Curl("curl $LS/api/models", 200, '{"models":["my"]}'),
    Curl("""curl -X POST '$LS/api/models/predictions?mode=data' -H Content-Type:application/json -d '{"data": {"my_key": "x"}}'""", 200, '"predictions":[{'),
    Curl("curl '$LS/api/models/predictions?mode=all_tasks'", 200, "predictions are ready"),
    Curl("curl '$LS/api/models/predictions?mode=specific_tasks&task_ids={task}'", 200, "predictions are ready"),
    Curl("""curl -X POST '$LS/api/models/predictions?mode=specific_tasks' -H Content-Type:application/json -d '{"task_ids": [{task}]}'""", 200, "predictions are ready"),
    Curl("curl -X POST $LS/api/models/train", 200, "Training started"),
    Curl("""curl -X DELETE $LS/api/models -H Content-Type:application/json -d '{"name": "my"}'""", 204),
    # the rest
    Curl("curl -X POST $LS/api/validate-config -F 'label_config=<config.xml'", 204),
    Curl("curl -X POST $LS/api/validate-config -d 'label_config=<View>'", 400, '{"label_config":['),
    Curl("curl -G $LS/api/import-example --data-urlencode label_config@config.xml", 200, '{"my_key":'),
    Curl("curl -X POST $LS/api/import-example --data-urlencode label_config@config.xml", 200, '{"my_key":'),
    Curl("curl $LS/api/import-example-file", 200, '"my_key"'),
    Curl("curl $LS/api/health", 200, "{"),
    Curl("curl $LS/version", 200, '"label-studio-backend":'),
    Curl("curl -X DELETE $LS/api/tasks/{task}", 204),
    Curl("curl -X DELETE $LS/api/tasks", 204),
    Curl("curl $LS/api/tasks", 200, "[]"),
]  # fmt: skip


@contextmanager
def served(directory: Path, config: str = "") -> Iterator[ServerProcess]:
    """`label-studio init` and `start` in a directory."""
    option = ""
    if config:
        (directory / "config.xml").write_text(config)
        option = " --label-config=config.xml"
    done = init_line(f"label-studio init my-project{option}", directory)
    assert done.returncode == 0, done.stderr
    allowed = {"LABELYARD_ML_BLOCK_LOCAL_IP": "false"}  # the backend of the test is on this machine
    with running_server(["my-project"], cwd=directory, env=allowed) as server:
        yield server


def check(line: Curl, server: ServerProcess, directory: Path, **names: Any) -> str:
    """Run a line with its address and names put in; the body of the answer."""

    def filled(text: str) -> str:
        for port in (8080, 8200):
            text = text.replace(f"http://localhost:{port}", server.url)
        for name, value in names.items():
            text = text.replace(f"{{{name}}}" if name.islower() else f"${name}", str(value))
        return text

    exported = directory / "exported_results.json"
    done = shell(filled(line.line), directory)
    assert done.returncode == 0, (line.line, done.stderr)
    said = done.stdout or exported.read_text()
    body, _, status = said.rpartition("\n")
    assert int(status) == line.status, (line.line, said)
    assert _close(filled(line.says)) in _close(body), (line.line, said)
    return body


def _close(text: str) -> str:
    """JSON without the blanks between its parts."""
    return text.replace('": ', '":').replace(", ", ",")


def test_curl_lines_of_the_guides(files: Path) -> None:
    with served(files) as server:
        for line in (*CURLS_05, *CURLS_08):
            body = check(line, server, files)
        assert [set(each) for each in json.loads(body)] == [{"id", "data"}] * 4
        # and the response of the example, of a task with a completion
        task = json.loads(body)[0]["id"]
        made = '{"result": [], "lead_time": 4.0}'
        check(
            Curl(f"curl $LS/api/tasks/{task}/completions -H Content-Type:application/json -d '{made}'", 201),
            server,
            files,
            LS=server.url,
        )
        (first, *_) = json.loads(check(CURLS_08[-1], server, files))
        assert set(first) >= {"completed_at", "completions", "data", "id", "predictions"}
        assert set(first["completions"][0]) == {"created_at", "id", "lead_time", "result"}


def test_curl_lines_of_the_backend_api(files: Path) -> None:
    (files / "config.xml").write_text(
        '<View><Text name="t" value="$my_key"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
    )
    with served(files) as server:
        for line in CURLS_09[:-1]:
            check(line, server, files)
        tasks = httpx2.get(f"{server.url}/api/tasks").json()
        assert len(tasks) == 3
        made = httpx2.post(f"{server.url}/api/tasks/{tasks[0]['id']}/completions", json={"result": []})
        assert made.status_code == 201
        exported = json.loads(check(CURLS_09[-1], server, files))
        assert [each["id"] for each in exported] == [tasks[0]["id"]]


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def test_rows_of_the_table_of_endpoints(files: Path, model: ModelServer) -> None:
    with served(files, KEYED) as server:
        names: dict[str, Any] = {"LS": server.url, "ML": model.url, "completion": 0}
        tasks = [{"my_key": "one"}, {"data": {"my_key": "two"}, "completions": [{"result": []}]}]
        ids = httpx2.post(f"{server.url}/api/project/import", json=tasks).json()["new_task_ids"]
        names |= {"task": ids[0], "uuid": httpx2.get(f"{server.url}/api/project").json()["uuid"]}
        for line in ROWS:
            body = check(line, server, files, **names)
            if line.line.startswith("curl -X POST $LS/api/tasks/{task}/completions"):
                names["completion"] = json.loads(body)["id"]


def test_every_row_of_the_document_is_walked() -> None:
    """Method and path of each row of the table, as the document lists them."""
    walked = {
        (method, path.partition("?")[0].rstrip("/")) for line in ROWS for method, path in [_asked(line.line)]
    }
    for row in ENDPOINTS.strip().splitlines():
        path, *methods = row.split()
        assert {(method, path) for method in methods} <= walked, row


def _asked(line: str) -> tuple[str, str]:
    words = line.replace("'", " ").split()
    path = next(word for word in words if word.startswith("$LS")).removeprefix("$LS")
    for name in ("task", "completion"):
        path = path.replace(f"{{{name}}}", f"<{name}_id>")
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    return method, path
