"""The command line in a new process that need not import it first.

Importing the program takes a second of CPU, what a test then asks of it a tenth of that. A server process imports it
once; each call is a fork of that with its own directory, environment, arguments, standard streams and exit status.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from labelyard.cli import COMMANDS, main

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "pytest",
        "labelyard.app",
        *(place.module for place in COMMANDS.values()),
        *("uvloop", "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on"),
        *("alembic.command", "sqlalchemy.dialects.sqlite", "labelyard.cli.failures", "labelyard.cli.output"),
        "tests.support.warm",
    ]
)
_STREAMS = ("stdin", "stdout", "stderr")


class WarmProcess:
    """What `subprocess.Popen` is of a cold one. It leads a session of its own; its streams are files."""

    def __init__(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: Sequence[Path]
    ) -> None:
        self._arguments = list(arguments)
        # A daemon: when the tests are broken off, it ends with them.
        self._process = _context.Process(
            target=_call, args=(self._arguments, str(cwd), dict(env), list(map(str, streams))), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._arguments, timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has ended, and only the word of that is on its way
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run_warm(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: str | None, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """`subprocess.run` of the program named first in `arguments`, output captured. TimeoutExpired after `timeout` s."""
    with TemporaryDirectory(prefix="labelyard-run-") as directory:
        streams = [Path(directory) / name for name in _STREAMS]
        streams[0].write_text(input or "")
        process = WarmProcess(arguments, cwd=cwd, env=env, streams=streams)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        said = [path.read_text() if path.exists() else "" for path in streams[1:]]
    return subprocess.CompletedProcess(list(arguments), status, *said)


def _call(arguments: list[str], cwd: str, env: dict[str, str], streams: list[str]) -> None:
    """Become the program: in the forked process, which ends with the status that the program ends with."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    sys.argv = arguments
    main(prog_name=Path(arguments[0]).name)
