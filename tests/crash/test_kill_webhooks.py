"""kill -9 between what happened and its delivery: everything that was acknowledged is told, in order."""

import random
import threading
import time
from pathlib import Path

import httpx2
import pytest
from tests.support.process import ServerProcess, free_port
from tests.support.receiver import receiver

ROUNDS = 4
CONFIG = '<View><Text name="text" value="$text"/></View>'


@pytest.mark.timeout(120)
def test_no_acknowledged_task_is_left_untold(tmp_path: Path) -> None:
    rng, port, project = random.Random(5), free_port(), 0
    acknowledged: list[int] = []
    environment = {"LABELYARD_OUTBOUND_ALLOW": "127.0.0.1"}
    with receiver() as other:
        for _ in range(ROUNDS):
            server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=environment)
            try:
                server.wait_ready()
                with httpx2.Client(base_url=server.url, timeout=30) as client:
                    if not project:
                        made = client.post("/api/projects", json={"title": "Crash", "label_config": CONFIG})
                        project = made.json()["id"]
                        client.post("/api/webhooks", json={"project": project, "url": other.url})
                    # Too soon for the first look at the outbox, or while it is being emptied.
                    killer = threading.Timer(rng.uniform(0.2, 2.0), server.kill)
                    killer.start()
                    try:
                        while True:
                            body = {"project": project, "data": {"text": str(len(acknowledged))}}
                            acknowledged.append(client.post("/api/tasks", json=body).json()["id"])
                    except httpx2.TransportError:
                        killer.join()
            finally:
                server.kill()
        server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port, env=environment)
        try:
            server.wait_ready()
            ends = time.monotonic() + 60
            told: dict[int, None] = {}
            while not told.keys() >= set(acknowledged) and time.monotonic() < ends:
                time.sleep(0.1)
                told = dict.fromkeys(
                    task["id"] for each in list(other.received) for task in each.json["tasks"]
                )
        finally:
            server.kill()
    assert len(acknowledged) > 10
    assert set(acknowledged) <= told.keys()
    assert list(told) == sorted(told)  # those repeated after a kill come where they first were
