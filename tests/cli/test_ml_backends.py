"""ML backends given on the command line and in a project folder's config.json."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.support.model_server import ModelServer, model_server
from tests.support.process import running_server

from labelyard.settings import WITHOUT_EFFECT

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices></View>'
)
OPEN = {"ML_BLOCK_LOCAL_IP": "false"}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


def test_a_folder_is_made_with_its_backends(run, tmp_path: Path, model: ModelServer) -> None:
    (tmp_path / "c.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    given = ["init", "p", "-l", "c.xml", "-i", "t.txt", "--input-format=text"]
    made = run("label-studio", *given, "--ml-backends", f"my={model.url}", **OPEN)
    assert made.returncode == 0, made.stderr
    config = tmp_path / "p" / "config.json"
    assert json.loads(config.read_text())["ml_backends"] == [{"url": model.url, "name": "my"}]
    with running_server(["p"], cwd=tmp_path, env=OPEN) as server:
        assert httpx2.get(f"{server.url}/api/models").json() == {"models": ["my"]}
        answer = httpx2.post(f"{server.url}/api/models/predictions?mode=all_tasks", timeout=30)
        assert answer.json() == {"details": "predictions are ready"}
        tasks = httpx2.get(f"{server.url}/api/tasks").json()
        assert [each["predictions"][0]["score"] for each in tasks] == [0.5, 0.5]
        gone = httpx2.request("DELETE", f"{server.url}/api/models", json={"name": "my"})
        assert gone.status_code == 204
    assert json.loads(config.read_text())["ml_backends"] == []


def test_backends_of_config_json_are_connected_at_the_start(run, tmp_path: Path, model: ModelServer) -> None:
    (tmp_path / "c.xml").write_text(CONFIG)
    assert run("label-studio", "init", "p", "-l", "c.xml").returncode == 0
    path = tmp_path / "p" / "config.json"
    listed = [{"url": model.url, "name": "my"}, {"url": "http://127.0.0.1:9", "name": "gone"}]
    path.write_text(json.dumps({**json.loads(path.read_text()), "ml_backends": listed}))
    with running_server(["p"], cwd=tmp_path, env=OPEN) as server:
        assert httpx2.get(f"{server.url}/api/project").json()["config"]["ml_backends"] == listed[:1]
        said = server.output()
    assert "http://127.0.0.1:9 is not connected" in said
    # It is tried again at the next start.
    assert json.loads(path.read_text())["ml_backends"] == listed


def test_a_backend_that_is_not_there_is_told(run, tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text(CONFIG)
    for name, env, word in (("p", OPEN, "cannot be connected"), ("q", {}, "LABELYARD_OUTBOUND_ALLOW")):
        made = run(
            "label-studio", "init", name, "-l", "c.xml", "--ml-backends", "my=http://127.0.0.1:9", **env
        )
        assert made.returncode == 0 and word in made.stderr, made.stderr
        listed = json.loads((tmp_path / name / "config.json").read_text())["ml_backends"]
        assert listed == [{"url": "http://127.0.0.1:9", "name": "my"}]
    assert "ML_BLOCK_LOCAL_IP" not in WITHOUT_EFFECT
