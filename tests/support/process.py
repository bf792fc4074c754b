"""A real server in its own process, started through the command line as a user would."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> dict[str, str]:
    """This environment without settings of another Labelyard or Label Studio."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LABELYARD_", "LABEL_STUDIO_"))
    }
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
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = cwd / "server.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "labelyard",
                    "start",
                    *arguments,
                    "--port",
                    str(self.port),
                    "--no-browser",
                ],
                cwd=cwd,
                env=clean_environment(**(env or {})),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the server ended with status {self.process.returncode}:\n{self.output()}"
                )
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not answer in {timeout} s:\n{self.output()}")
            time.sleep(0.02)

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-5000:]

    def kill(self) -> None:
        """kill -9: nothing is said goodbye to."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
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
    arguments: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None
) -> Iterator[ServerProcess]:
    server = ServerProcess(arguments, cwd=cwd, env=env)
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()
