"""`--source`, `--target` and what belongs to them, and the same in `config.json`."""

import json
import subprocess
import time
from pathlib import Path

import httpx2
import pytest
from tests.support.process import clean_environment, running_server
from tests.support.s3 import KEY, SECRET, Emulator
from tests.support.warm import run_warm

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="good"/></Choices></View>'
)
RESULT = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]


def init(cwd: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    (cwd / "config.xml").write_text(CONFIG)
    line = ["labelyard", "init", "moods", "-l", "config.xml", *arguments]
    return run_warm(line, cwd=cwd, env=clean_environment(**env), input=None, timeout=120)


def complete_one(url: str) -> int:
    """Wait for a task and complete it; its id."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        ends = time.monotonic() + 30
        while not (tasks := client.get("/api/tasks").json()):
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert (
            client.post(f"/api/tasks/{tasks[0]['id']}/completions", json={"result": RESULT}).status_code
            == 201
        )
        return int(tasks[0]["id"])


def there(path: Path) -> bytes:
    ends = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < ends, path
        time.sleep(0.05)
    return path.read_bytes()


@pytest.mark.timeout(120)
def test_directories_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "1.json").write_text('{"text": "one"}')
    params = json.dumps({"use_blob_urls": False, "regex": r".*\.json"})
    made = init(
        tmp_path, "--source", "tasks-json", "--source-path", "tasks", "--source-params", params,
        "--target", "completions-dir",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    said = json.loads((tmp_path / "moods" / "config.json").read_text())
    assert said["source"]["path"] == str(tmp_path / "tasks") and said["target"]["type"] == "completions-dir"
    with running_server(["moods"], cwd=tmp_path) as server:
        task = complete_one(server.url)
        written = json.loads(there(tmp_path / "moods" / "completions" / f"{task}.json"))
    assert written["data"] == {"text": "one"} and written["completions"][0]["result"] == RESULT


@pytest.mark.timeout(120)
def test_a_target_in_config_json_is_followed(tmp_path: Path) -> None:
    """As a folder of 0.x has it: whoever can write there may say where completions go within it."""
    (tmp_path / "tasks.json").write_text('[{"text": "one"}]')
    assert init(tmp_path, "-i", "tasks.json").returncode == 0
    path = tmp_path / "moods" / "config.json"
    said = json.loads(path.read_text())
    said |= {
        "source": {"name": "Tasks", "type": "tasks-json", "path": "tasks.json"},
        "target": {"name": "Completions", "type": "completions-dir", "path": "done"},
    }
    path.write_text(json.dumps(said))
    with running_server(["moods"], cwd=tmp_path) as server:
        there(tmp_path / "moods" / "done" / f"{complete_one(server.url)}.json")


@pytest.mark.timeout(120)
def test_a_bucket_with_credentials_of_the_command_line(tmp_path: Path, s3: Emulator) -> None:
    bucket = s3.bucket("cli-moods", {"in/a.json": b'{"text": "a"}'})
    env = {"LABELYARD_OUTBOUND_ALLOW": "127.0.0.1", "AWS_ENDPOINT_URL_S3": s3.url}
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    params = json.dumps({"prefix": "in", "use_blob_urls": False, **keys})
    arguments = ["--source", "s3", "--source-path", "cli-moods", "--source-params", params]
    arguments += ["--target", "s3-completions", "--target-path", "cli-moods"]
    arguments += ["--target-params", json.dumps({"prefix": "out", "create_local_copy": False, **keys})]
    made = init(tmp_path, *arguments, **env)
    assert made.returncode == 0, made.stderr
    for path in (tmp_path / "moods").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    with running_server(["moods"], cwd=tmp_path, env=env) as server:
        task = complete_one(server.url)
        ends = time.monotonic() + 30
        while not [each for page in bucket.pages("out/", recursive=True) for each in page]:
            assert time.monotonic() < ends
            time.sleep(0.05)
    assert json.loads(bucket.get(f"out/{task}", 10_000))["id"] == task
    assert not (tmp_path / "moods" / "completions").exists()


@pytest.mark.timeout(600)
def test_what_cannot_be_is_said_and_nothing_is_made(tmp_path: Path, s3: Emulator) -> None:
    wrong = (
        (["--source-path", "b"], "--source", 1),
        (["--source", "ftp"], "--source", 2),
        (["--source", "s3", "--source-params", "{"], "not JSON", 2),
        (["--source", "s3", "--source-path", "b", "--source-params", '{"presign": "perhaps"}'], "presign", 1),
        (["--source", "gcs", "--source-path", "b"], "gcs", 1),
        (["--source", "s3"], "source s3", 1),
        (["--source", "s3", "--source-path", "no-such-bucket"], "Cannot find bucket no-such-bucket in S3", 1),
        (["--source", "localfiles", "--source-path", "/etc"], "/etc cannot be served", 1),
    )  # fmt: skip
    for arguments, words, status in wrong:
        made = init(tmp_path, *arguments, AWS_ENDPOINT_URL_S3=s3.url)
        assert (made.returncode, words in made.stderr) == (status, True), (arguments, made.stderr)
        assert "Traceback" not in made.stderr and not (tmp_path / "moods").exists(), made.stderr
