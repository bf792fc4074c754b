"""A server that speaks S3, as a process of its own on loopback."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labelyard.kit.net import Policy
from labelyard.kit.objects.s3 import S3, Bucket
from labelyard.kit.objects.signing import Credentials
from tests.support.process import free_port

PROGRAM = Path(__file__).resolve().parents[2] / ".venv-s3" / "bin" / "moto_server"
KEY, SECRET = "AKIAEXAMPLEEXAMPLE12", "not/a/real+secret/but/as/long/as/one/1234"


class Emulator:
    """`url` is its address; `bucket` makes a bucket and is a client for it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def bucket(self, name: str, objects: Mapping[str, bytes] | None = None, *, make: bool = True) -> S3:
        store = S3(
            Bucket(
                name=name,
                endpoint=self.url,
                credentials=Credentials(KEY, SECRET),
                policy=Policy.of("127.0.0.1"),
            )
        )
        if make:
            store._send("PUT", "", {})
        for key, data in (objects or {}).items():
            store.put(key, data)
        return store


@contextmanager
def emulator() -> Iterator[Emulator]:
    """The server until the end of the block."""
    port = free_port()
    process = subprocess.Popen(
        [str(PROGRAM), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the S3 server did not start") from None
                time.sleep(0.05)
        yield Emulator(port)
    finally:
        process.kill()
        process.wait(timeout=30)
