"""kill -9 in the middle of imports of every kind: each task is there once or, where the import was refused or taken
back, not at all.

The number of kills is LABELYARD_KILLS (default 8; `make crash` uses 100).
"""

import base64
import gzip
import io
import itertools
import json
import os
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
from tests.support.process import ServerProcess

KILLS = int(os.environ.get("LABELYARD_KILLS", "8"))
CONFIG = '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/></Choices></View>'
ASYNC = {"Prefer": "respond-async"}
SIZES = (40, 2_500, 12_000)


class Site(BaseHTTPRequestHandler):
    """Serves what imports fetch."""

    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.pages[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def site() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


class Scenario:
    """Something that a client wants done. `step` is repeated, after a kill too, until it is `done`."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self.name = name
        self.size = rng.choice(SIZES)
        self.rng = rng
        self.done = False
        self.import_id: int | None = None

    def step(self, client: "Client") -> None:
        raise NotImplementedError

    def allowed(self, name: str) -> set[int]:
        """How many tasks of a name there may be when everything is over."""
        return {self.size}

    def names(self) -> list[str]:
        return [self.name]

    def rows(self, name: str) -> list[dict[str, str]]:
        return [{"text": f"{name}/{n}"} for n in range(self.size)]

    def table(self, name: str) -> bytes:
        return ("text\n" + "".join(f"{name}/{n}\n" for n in range(self.size))).encode()

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} of {self.size}"


class Client:
    """Speaks to the server of the moment about one project."""

    def __init__(self, http: httpx2.Client, project: int) -> None:
        self.http = http
        self.path = f"/api/projects/{project}"

    def send(self, path: str, **request: Any) -> Any:
        return self.http.post(f"{self.path}/{path}", **request)

    def over(self, import_id: int) -> dict[str, Any]:
        """The status of an import when it is over."""
        deadline = time.monotonic() + 90
        while True:
            status: dict[str, Any] = self.http.get(f"{self.path}/imports/{import_id}").json()
            if status["status"] in ("completed", "failed"):
                return status
            assert time.monotonic() < deadline, status
            time.sleep(0.03)


class Deduped(Scenario):
    """The same file again and again, by two clients: once there."""

    def step(self, client: Client) -> None:
        files = [("file", ("days.csv", self.table(self.name)))]
        headers = ASYNC if self.rng.random() < 0.7 else {}
        on_error = self.rng.choice(["fail", "skip"])
        answer = client.send(
            "import", files=files, params={"dedupe": "text", "on_error": on_error}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        if "import" in answer.json():
            assert client.over(answer.json()["import"])["status"] == "completed"
        self.done = True


class Keyed(Scenario):
    """The same request with an Idempotency-Key until it is answered."""

    def step(self, client: Client) -> None:
        answer = client.send("import", json=self.rows(self.name), headers={"Idempotency-Key": self.name})
        if answer.status_code == 409:  # the one that was interrupted goes on
            time.sleep(0.05)
            return
        assert answer.status_code == 201, answer.text
        if list(answer.json()) != ["import"]:
            assert answer.json()["task_count"] == self.size
            self.done = True


class Attempts(Scenario):
    """Requests without a key, answered at once: each is done whole or was never there."""

    def __init__(self, name: str, rng: random.Random) -> None:
        super().__init__(name, rng)
        self.attempts: dict[str, bool] = {}  # name → whether the server said yes
        self.good = self.size

    def names(self) -> list[str]:
        return list(self.attempts)

    def allowed(self, name: str) -> set[int]:
        return {self.good} if self.attempts[name] else {0, self.good}

    def step(self, client: Client) -> None:
        if self.import_id is None:
            name = f"{self.name}.{len(self.attempts)}"
            self.attempts[name] = False
            answer = self.attempt(client, name)
            assert answer.status_code == 201, answer.text
            self.import_id, self.attempts[name] = answer.json()["import"], True
        self.finish(client, client.over(self.import_id))
        self.done = True

    def attempt(self, client: Client, name: str) -> Any:
        raise NotImplementedError

    def finish(self, client: Client, status: dict[str, Any]) -> None:
        assert (status["status"], status["task_count"]) == ("completed", self.good), status


class Skipping(Attempts):
    """Every tenth row is wrong."""

    def __init__(self, name: str, rng: random.Random) -> None:
        super().__init__(name, rng)
        self.good = self.size - len(range(0, self.size, 10))

    def attempt(self, client: Client, name: str) -> Any:
        lines = (
            json.dumps({"wrong" if n % 10 == 0 else "text": f"{name}/{n}"}) + "\n" for n in range(self.size)
        )
        files = [("file", ("days.jsonl", "".join(lines).encode()))]
        return client.send("import", files=files, params={"on_error": "skip"}, headers=ASYNC)

    def finish(self, client: Client, status: dict[str, Any]) -> None:
        super().finish(client, status)
        assert (status["rows_read"], status["rows_rejected"]) == (self.size, self.size - self.good)
        refused = client.http.get(f"{client.path}/imports/{self.import_id}/rejects").text.splitlines()
        assert [json.loads(line)["_row"] for line in refused] == list(range(1, self.size + 1, 10))


class Packed(Attempts):
    """Two files in a zip, one of them compressed once more."""

    def attempt(self, client: Client, name: str) -> Any:
        half = self.size // 2
        rows = self.rows(name)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.json", json.dumps(rows[:half]))
            archive.writestr("b.json.gz", gzip.compress(json.dumps(rows[half:]).encode(), 1))
        return client.send("import", files=[("file", ("days.zip", made.getvalue()))], headers=ASYNC)


class Fetched(Attempts):
    """A file that the server fetches."""

    port = 0

    def attempt(self, client: Client, name: str) -> Any:
        Site.pages[f"/{name}.csv"] = self.table(name)
        body = [{"url": f"http://127.0.0.1:{self.port}/{name}.csv"}]
        return client.send("import", json=body, headers=ASYNC)


class Uploaded(Scenario):
    """A resumable upload is imported once, however often one asks."""

    upload: str | None = None

    def step(self, client: Client) -> None:
        if self.upload is None:
            self.upload = self._resumed(client) or self._send(client)
        headers = ASYNC if self.rng.random() < 0.5 else {}
        answer = client.send("import", data={"upload": self.upload}, headers=headers)
        if answer.status_code == 201 and "import" in answer.json():
            self.done = client.over(answer.json()["import"])["status"] == "completed"
            return
        # 404 and 409: an import of before the kill took it, or is taking it.
        assert answer.status_code in (201, 404, 409), answer.text
        self.done = True

    def _resumed(self, client: Client) -> str | None:
        """The upload whose creation was answered to nobody, since the server was killed: sent to its end."""
        for upload in client.http.get(f"{client.path}/uploads").json():
            if upload["name"] == f"{self.name}.csv":
                rest = self.table(self.name)[upload["offset"] :]
                headers = {**TUS, "Upload-Offset": str(upload["offset"])}
                answer = client.http.patch(
                    f"{client.path}/uploads/{upload['id']}", content=rest, headers=headers
                )
                assert answer.status_code == 204, answer.text
                return str(upload["id"])
        return None

    def _send(self, client: Client) -> str:
        body = self.table(self.name)
        metadata = f"filename {base64.b64encode(f'{self.name}.csv'.encode()).decode()}"
        headers = {**TUS, "Upload-Length": str(len(body)), "Upload-Metadata": metadata}
        answer = client.send("uploads", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"].rpartition("/")[2])


class Undone(Keyed):
    """Imported and taken back."""

    def step(self, client: Client) -> None:
        if self.import_id is None:
            headers = {"Idempotency-Key": self.name, **ASYNC}
            answer = client.send("import", json=self.rows(self.name), headers=headers)
            if answer.status_code == 201:
                self.import_id = answer.json()["import"]
            return
        assert client.over(self.import_id)["status"] == "completed"
        answer = client.send(f"imports/{self.import_id}/undo")
        assert answer.status_code == 200, answer.text
        # What a killed one had deleted already is not counted again when its answer is lost.
        assert answer.json()["kept"] == 0 and answer.json()["deleted"] in (0, self.size), answer.json()
        self.done = True

    def allowed(self, name: str) -> set[int]:
        return {0}


class Cancelled(Undone):
    """Cancelled while it runs, or too late for that."""

    expected: int | None = None

    def step(self, client: Client) -> None:
        if self.import_id is None:
            super().step(client)
            return
        time.sleep(self.rng.uniform(0, 0.1))
        answer = client.send(f"imports/{self.import_id}/cancel")
        status = client.over(self.import_id)
        assert answer.status_code in (200, 409), answer.text
        self.expected = 0 if status["cancelled"] else self.size
        assert status["status"] == ("failed" if status["cancelled"] else "completed")
        assert status["task_count"] == self.expected
        self.done = True

    def allowed(self, name: str) -> set[int]:
        assert self.expected is not None
        return {self.expected}


class Upserted(Scenario):
    """Known tasks are changed, each once; no second task comes of it."""

    version = 0

    def step(self, client: Client) -> None:
        rows = [
            {"id": f"{self.name}-{n}", "text": f"{self.name}/{n}", "v": self.version}
            for n in range(self.size)
        ]
        answer = client.send(
            "import", json=rows, params={"dedupe": "external_id", "mode": "upsert"}, headers=ASYNC
        )
        assert answer.status_code == 201, answer.text
        assert client.over(answer.json()["import"])["status"] == "completed"
        self.version += 1
        self.done = self.version == 3


KINDS: list[type[Scenario]] = [
    Deduped,
    Keyed,
    Skipping,
    Packed,
    Fetched,
    Uploaded,
    Undone,
    Cancelled,
    Upserted,
]


class Load:
    """Two clients that work through scenarios, one of each pair of twins at a time, until the server is gone."""

    def __init__(self, url: str, project: int, scenarios: "Scenarios") -> None:
        self.stopped = threading.Event()
        self.failures: list[BaseException] = []
        self.threads = [
            threading.Thread(target=self._work, args=(url, project, scenarios, number)) for number in range(2)
        ]
        for thread in self.threads:
            thread.start()

    def _work(self, url: str, project: int, scenarios: "Scenarios", number: int) -> None:
        try:
            with httpx2.Client(base_url=url, timeout=90) as http:
                while not self.stopped.is_set():
                    scenarios.next(number).step(Client(http, project))
        except httpx2.TransportError:
            return
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self.failures.append(error)

    def join(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(timeout=120)
            assert not thread.is_alive()
        if self.failures:
            raise self.failures[0]


class Scenarios:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.all: list[Scenario] = []
        self._open: list[list[Scenario]] = [[], []]
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def next(self, number: int) -> Scenario:
        """What a client goes on with."""
        with self._lock:
            mine = self._open[number]
            mine[:] = [each for each in mine if not each.done]
            if not mine:
                self._add(number)
            return mine[0]

    def _add(self, number: int) -> None:
        kind = KINDS[(len(self.all) + self.rng.randrange(2)) % len(KINDS)]
        name = f"s{next(self._numbers)}"
        scenario = kind(name, random.Random(self.rng.random()))
        self.all.append(scenario)
        self._open[number].append(scenario)
        if kind is Deduped:  # the other client sends the very same at about the same time
            twin = Deduped(name, random.Random(self.rng.random()))
            twin.size = scenario.size
            self.all.append(twin)
            self._open[1 - number].append(twin)

    def finish(self, client: Client) -> None:
        for scenario in self.all:
            while not scenario.done:
                scenario.step(client)


def check(client: Client, scenarios: Scenarios) -> None:
    """Nothing twice, nothing missing, nothing left over, and every counter right."""
    for status in client.http.get(f"{client.path}/imports").json():
        client.over(status["id"])
    exported = client.http.get(f"{client.path}/export", params={"download_all_tasks": "true"}).json()
    texts = Counter(task["data"]["text"] for task in exported)
    assert max(texts.values(), default=1) == 1, texts.most_common(3)
    found = Counter(text.partition("/")[0] for text in texts.elements())
    for scenario in scenarios.all:
        for name in scenario.names():
            assert found[name] in scenario.allowed(name), f"{scenario}: {found[name]} of {name}"
        if isinstance(scenario, Upserted):
            versions = {
                task["data"]["v"] for task in exported if task["data"]["text"].startswith(f"{scenario.name}/")
            }
            assert versions == {2}, scenario
    counted = client.http.get(client.path).json()
    assert counted["task_number"] == len(exported)
    columns = client.http.get(f"{client.path}/summary").json()["all_data_columns"]
    assert columns == dict(Counter(key for task in exported for key in task["data"]))
    assert client.http.get(f"{client.path}/uploads").json() == []


@pytest.mark.timeout(3600)
def test_imports_of_every_kind_survive_kills(tmp_path: Path) -> None:
    scenarios = Scenarios(random.Random(20261127))
    data = tmp_path / "data"
    environment = {"LABELYARD_OUTBOUND_ALLOW": "127.0.0.1"}
    project = 0
    with site() as port:
        Fetched.port = port
        for round_number in range(KILLS + 1):
            server = ServerProcess(["--data-dir", str(data)], cwd=tmp_path, env=environment)
            try:
                server.wait_ready()
                if not project:
                    answer = httpx2.post(
                        f"{server.url}/api/projects", json={"title": "Crash", "label_config": CONFIG}
                    )
                    project = answer.json()["id"]
                if round_number == KILLS:
                    with httpx2.Client(base_url=server.url, timeout=120) as http:
                        scenarios.finish(Client(http, project))
                        check(Client(http, project), scenarios)
                    break
                load = Load(server.url, project, scenarios)
                time.sleep(scenarios.rng.uniform(0.05, 2.5))
                server.kill()
                load.join()
            finally:
                server.kill()
    # Of requests that were killed before they were a job; swept when they are old.
    assert len(list((data / "spool").glob("import-*"))) <= 2 * KILLS
    kinds = {type(each) for each in scenarios.all}
    assert len(kinds) >= min(len(KINDS), KILLS // 3), kinds
