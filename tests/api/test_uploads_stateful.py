"""Any play of pieces, wrong requests, crashes and sweeps: an upload holds exactly what was acknowledged of it."""

import random
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from tests.support.server import Server
from tests.support.world import CONFIG

from labelyard.uploads import service

KIND = {"Content-Type": "application/offset+octet-stream"}
DATA = random.Random(5).randbytes(5000)


class Uploads(RuleBasedStateMachine):
    """Plays one client against a model: path → (size of the whole, bytes acknowledged)."""

    server: Server
    project: int

    def __init__(self) -> None:
        super().__init__()
        self.client = self.server.client()
        self.known: dict[str, tuple[int, int]] = {}

    paths = Bundle("paths")

    def _file(self, path: str) -> Path:
        return self.server.settings.uploads_dir / path.rpartition("/")[2]

    def _send(self, path: str, body: Any, offset: int) -> Any:
        return self.client.patch(path, content=body, headers={**KIND, "Upload-Offset": str(offset)})

    @rule(target=paths, size=st.integers(0, len(DATA)), first=st.integers(0, len(DATA) // 2))
    def create(self, size: int, first: int) -> Any:
        body = DATA[:first]
        answer = self.client.post(
            f"/api/projects/{self.project}/uploads",
            content=body or None,
            headers={"Upload-Length": str(size), **(KIND if body else {})},
        )
        if first > size:
            assert answer.status_code == 413
            return multiple()
        assert answer.status_code == 201
        path = str(answer.headers["location"])
        self.known[path] = (size, first)
        return path

    @rule(path=paths, length=st.integers(0, len(DATA) // 2), chunked=st.booleans())
    def send(self, path: str, length: int, chunked: bool) -> None:
        size, offset = self.known[path]
        piece = DATA[offset : offset + length]
        answer = self._send(path, iter([piece[:7], piece[7:]]) if chunked else piece, offset)
        if offset + len(piece) > size:
            assert answer.status_code == 413
            return
        assert answer.status_code == 204
        assert answer.headers["upload-offset"] == str(offset + len(piece))
        self.known[path] = (size, offset + len(piece))

    @rule(path=paths)
    def finish(self, path: str) -> None:
        size, offset = self.known[path]
        assert self._send(path, DATA[offset:size], offset).status_code == 204
        self.known[path] = (size, size)

    @rule(path=paths, offset=st.integers(0, 2 * len(DATA)))
    def send_elsewhere(self, path: str, offset: int) -> None:
        _size, here = self.known[path]
        expected = 204 if offset == here else 409
        assert self._send(path, b"", offset).status_code == expected

    @rule(path=paths, garbage=st.integers(1, 2 * len(DATA)))
    def crash_in_a_piece(self, path: str, garbage: int) -> None:
        """Bytes that came to the disk and were never acknowledged."""
        if self._file(path).exists() and self.known[path][1] < self.known[path][0]:
            with self._file(path).open("ab") as file:
                file.write(bytes(garbage))

    @rule(path=consumes(paths))
    def delete(self, path: str) -> None:
        assert self.client.delete(path).status_code == 204
        del self.known[path]
        assert self.client.head(path).status_code == 404 and not self._file(path).exists()

    @rule()
    def sweep(self) -> None:
        assert service.sweep(self.server.context) == 0

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        listed = self.client.get(f"/api/projects/{self.project}/uploads").json()
        assert {each["id"]: (each["size"], each["offset"]) for each in listed} == {
            path.rpartition("/")[2]: state for path, state in self.known.items()
        }
        for path, (size, offset) in self.known.items():
            content = self._file(path).read_bytes() if self._file(path).exists() else b""
            assert content[:offset] == DATA[:offset]
            if offset == size:
                assert len(content) == size

    def teardown(self) -> None:
        for path in self.known:
            self.client.delete(path)


def test_any_play_of_requests(server: Server) -> None:
    client = server.client()
    made = client.post("/api/projects", json={"title": "Play", "label_config": CONFIG}).json()

    class Here(Uploads):
        pass

    Here.server, Here.project = server, made["id"]
    play = Here.TestCase
    play.settings = settings(
        max_examples=10, stateful_step_count=25, deadline=None, derandomize=True, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    play("runTest").debug()
