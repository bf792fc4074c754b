"""A real server in its own process, started through the command line as a user would."""

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2

from tests.support.warm import WarmProcess


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> dict[str, str]:
    """This environment without settings of another Labelyard or Label Studio. A start keeps what it compiled for the next
    ones, or each takes twice as long."""
    others = ("LABELYARD_", "LABEL_STUDIO_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {**kept, **extra}


class ServerProcess:
    """`labelyard start …` until `stop` or `kill`. Answers are waited for on `/health`."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: dict[str, str] | None = None,
        port: int | None = None,
        free: bool = False,
        verify: ssl.SSLContext | None = None,
        command: str = "start",
        cold: bool = False,
    ) -> None:
        """`free`: the server may take another port than `port`. `verify`: it speaks HTTPS, and this trusts it. `cold`: the
        process imports the program as that of a user does; without, it is a fork of one that has (`warm.py`)."""
        self.port = port or free_port()
        self._free = free
        self._verify = verify
        self.log = cwd / "server.log"
        line = [command, *arguments, "--port", str(self.port), "--no-browser"]
        environment = clean_environment(**(env or {}))
        self.process: subprocess.Popen[bytes] | WarmProcess
        if cold:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "labelyard", *line],
                    cwd=cwd, env=environment, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
        else:
            streams = [Path(os.devnull), self.log, self.log]
            self.process = WarmProcess(["labelyard", *line], cwd=cwd, env=environment, streams=streams)

    @property
    def url(self) -> str:
        return f"{'https' if self._verify else 'http'}://localhost:{self.port}"

    def wait_ready(self, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        # Whoever takes plain HTTP needs no certificates, and reading those that the machine has takes longer than asking.
        with httpx2.Client(timeout=5, verify=self._verify or False) as client:
            while not self._is_ready(client):
                if self.process.poll() is not None:
                    raise RuntimeError(
                        f"the server ended with status {self.process.returncode}:\n{self.output()}"
                    )
                if time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"the server did not answer in {timeout} s:\n{self.output()}")
                time.sleep(0.01)

    def _is_ready(self, client: httpx2.Client) -> bool:
        if self._free and (taken := re.search(r"taking (\d+) instead", self.output())):
            self.port, self._free = int(taken[1]), False
        try:
            return client.get(f"{self.url}/health").status_code == 200 and not self._free
        except httpx2.TransportError:
            return False

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-5000:]

    def kill(self) -> None:
        """kill -9: nothing is said goodbye to."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextlib.contextmanager
def running_server(
    arguments: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None, **more: Any
) -> Iterator[ServerProcess]:
    """A server that answers, stopped at the end. `more`: what else `ServerProcess` takes."""
    server = ServerProcess(arguments, cwd=cwd, env=env, **more)
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()
