"""kill -9 in the middle of pieces of an upload: what was acknowledged is there, and the file ends up whole."""

import hashlib
import os
import random
import socket
import threading
import time
from pathlib import Path

import httpx2
import pytest
from tests.support.process import ServerProcess, free_port

KILLS = min(int(os.environ.get("LABELYARD_KILLS", "12")), 30) // 2
PIECE = 8 * 1024 * 1024
DATA = random.Random(3).randbytes(6 * PIECE + 12_345)
CONFIG = '<View><Text name="text" value="$text"/></View>'


class Sender:
    """Sends the rest of the file in pieces until all is there or the server is gone; remembers what it was told."""

    def __init__(self, server: ServerProcess, path: str) -> None:
        self.server, self.path = server, path
        self.acknowledged = 0
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with httpx2.Client(base_url=self.server.url, timeout=60) as client:
                while self.acknowledged < len(DATA):
                    offset = self.acknowledged
                    answer = client.patch(
                        self.path,
                        content=self._slowly(DATA[offset : offset + PIECE]),
                        headers={
                            "Content-Type": "application/offset+octet-stream",
                            "Upload-Offset": str(offset),
                        },
                    )
                    assert answer.status_code == 204, answer.text
                    self.acknowledged = int(answer.headers["upload-offset"])
        except httpx2.TransportError:
            return

    def _slowly(self, piece: bytes) -> "list[bytes]":
        return [piece[start : start + 65536] for start in range(0, len(piece), 65536)]


@pytest.mark.timeout(600)
def test_kill_in_the_middle_of_a_piece(tmp_path: Path) -> None:
    rng, port, path, told = random.Random(4), free_port(), "", 0
    for round_number in range(KILLS + 1):
        server = ServerProcess(["--data-dir", "data"], cwd=tmp_path, port=port)
        try:
            server.wait_ready()
            with httpx2.Client(base_url=server.url, timeout=60) as client:
                if not path:
                    made = client.post("/api/projects", json={"title": "Crash", "label_config": CONFIG})
                    announced = client.post(
                        f"/api/projects/{made.json()['id']}/uploads",
                        headers={"Upload-Length": str(len(DATA))},
                    )
                    path = announced.headers["location"]
                here = int(client.head(path).headers["upload-offset"])
                assert here >= told, "acknowledged bytes are gone"
                file = tmp_path / "data" / "spool" / "uploads" / path.rpartition("/")[2]
                if here:
                    assert file.read_bytes()[:here] == DATA[:here]
                sender = Sender(server, path)
                sender.acknowledged = here
                sender.thread.start()
                if round_number < KILLS:
                    time.sleep(rng.uniform(0.01, 0.25))
                    server.kill()
                sender.thread.join(timeout=120)
                told = sender.acknowledged
                if round_number == KILLS:
                    assert client.get(path).json()["is_finished"]
        finally:
            server.kill()
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(DATA).digest()


def test_bytes_of_a_connection_that_the_kill_cut_are_not_counted(tmp_path: Path) -> None:
    """What was received but not made safe is sent again."""
    with_header = "PATCH {} HTTP/1.1\r\nHost: localhost:{}\r\nUpload-Offset: 0\r\nContent-Length: {}\r\nContent-Type: {}\r\n\r\n"
    server = ServerProcess(["--data-dir", "data"], cwd=tmp_path)
    try:
        server.wait_ready()
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            made = client.post("/api/projects", json={"title": "Crash", "label_config": CONFIG})
            url = f"/api/projects/{made.json()['id']}/uploads"
            path = client.post(url, headers={"Upload-Length": str(PIECE)}).headers["location"]
        file = tmp_path / "data" / "spool" / "uploads" / path.rpartition("/")[2]
        with socket.create_connection(("localhost", server.port)) as sock:
            kind = "application/offset+octet-stream"
            sock.sendall(with_header.format(path, server.port, PIECE, kind).encode())
            sock.sendall(b"x" * (PIECE // 2))
            deadline = time.monotonic() + 30
            while not (file.exists() and file.stat().st_size >= PIECE // 4):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            server.kill()
    finally:
        server.kill()
    again = ServerProcess(["--data-dir", "data"], cwd=tmp_path)
    try:
        again.wait_ready()
        with httpx2.Client(base_url=again.url, timeout=60) as client:
            assert client.head(path).headers["upload-offset"] == "0"
            headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
            assert client.patch(path, content=DATA[:1000], headers=headers).status_code == 204
        assert file.read_bytes() == DATA[:1000]
    finally:
        again.kill()
