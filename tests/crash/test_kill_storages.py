"""kill -9 in the middle of a sync and of writing: each object is one task, and no annotation is left unwritten."""

import json
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.process import ServerProcess, free_port

OBJECTS, ROUNDS = 6_000, 5
CONFIG = '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/></Choices></View>'
RESULT = [{"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}]


def environment(root: Path) -> dict[str, str]:
    return {
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(root),
    }


@pytest.mark.timeout(240)
def test_a_sync_that_is_killed_again_and_again_ends_exact(tmp_path: Path) -> None:
    rng, port, root = random.Random(11), free_port(), tmp_path / "root"
    (root / "in").mkdir(parents=True)
    for number in range(OBJECTS):
        # One object in ten holds several tasks.
        tasks = [{"text": f"{number}.{part}"} for part in range(3 if number % 10 == 0 else 1)]
        (root / "in" / f"{number:05}.json").write_text(json.dumps(tasks))
    wanted = Counter(f"{n}.{part}" for n in range(OBJECTS) for part in range(3 if n % 10 == 0 else 1))
    project = storage = killed_within = 0
    for round_ in range(ROUNDS):
        server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=environment(root))
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=30) as client:
                if not project:
                    project = client.post(
                        "/api/projects", json={"title": "Crash", "label_config": CONFIG}
                    ).json()["id"]
                    body = {"project": project, "path": str(root / "in")}
                    storage = client.post("/api/storages/localfiles", json=body).json()["id"]
                # Soon at first: where a whole sync is quick, the later ones have nothing left to do.
                killer = threading.Timer(rng.uniform(0.02, 0.1 + 0.1 * round_), server.kill)
                killer.start()
                try:
                    client.post(f"/api/storages/localfiles/{storage}/sync")
                except httpx2.TransportError:
                    killed_within += 1
                killer.join()
        finally:
            server.kill()
    server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=environment(root))
    try:
        server.wait_ready()
        with httpx2.Client(base_url=server.url, timeout=120) as client:
            done = client.post(f"/api/storages/localfiles/{storage}/sync").json()
            assert done["status"] == "completed"
            shown: list[dict[str, Any]] = client.get(f"/api/tasks?project={project}&page_size=10000").json()[
                "tasks"
            ]
    finally:
        server.kill()
    assert killed_within
    assert Counter(each["data"]["text"] for each in shown) == wanted
    assert Counter(each["storage_filename"] for each in shown).keys() == {
        f"{n:05}.json" for n in range(OBJECTS)
    }
