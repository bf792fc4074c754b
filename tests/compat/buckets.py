"""A server that speaks S3, as a process of its own on loopback, for the tests of storages."""

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / ".venv-s3" / "bin" / "moto_server"
KEY, SECRET = "AKIAEXAMPLEEXAMPLE12", "not/a/real+secret/but/as/long/as/one/1234"


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """Its address until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [str(PROGRAM), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the S3 server did not start")
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait(timeout=30)


def _request(url: str, method: str, data: bytes | None = None) -> urllib.request.Request:
    # That server looks for a signature, but does not check it.
    scope = f"{KEY}/20261127/us-east-1/s3/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/octet-stream",
    }
    return urllib.request.Request(url, data, method=method, headers=headers)


def put(url: str, path: str, data: bytes = b"") -> None:
    """Make a bucket (`name`), or an object in it (`name/key`)."""
    with urllib.request.urlopen(_request(f"{url}/{path}", "PUT", data), timeout=30):
        pass


def read(url: str, path: str) -> bytes | None:
    """An object; None where there is none."""
    try:
        with urllib.request.urlopen(_request(f"{url}/{path}", "GET"), timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return None
