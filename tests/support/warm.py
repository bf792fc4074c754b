"""The command line in a new process that need not import it first.

Importing the program takes a second of CPU, what a test then asks of it a tenth of that. A server process imports it
once; each call is a fork of that with its own directory, environment, arguments, standard streams and exit status.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from labelyard.cli import main

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "pytest",
        "labelyard.app",
        *(f"labelyard.cli.{name}" for name in ("init", "start", "user", "organization", "data", "migrate")),
        "tests.support.warm",
    ]
)
_STREAMS = ("stdin", "stdout", "stderr")


def run_warm(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: str | None, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """`subprocess.run` of the program named first in `arguments`, output captured. TimeoutExpired after `timeout` s."""
    with TemporaryDirectory(prefix="labelyard-run-") as directory:
        streams = [Path(directory) / name for name in _STREAMS]
        streams[0].write_text(input or "")
        process = _context.Process(
            target=_call, args=(list(arguments), str(cwd), dict(env), list(map(str, streams)))
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        said = [path.read_text() if path.exists() else "" for path in streams[1:]]
        status = process.exitcode
        process.close()
    return subprocess.CompletedProcess(list(arguments), status, *said)


def _call(arguments: list[str], cwd: str, env: dict[str, str], streams: list[str]) -> None:
    """Become the program: in the forked process, which ends with the status that the program ends with."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    sys.argv = arguments
    main(prog_name=Path(arguments[0]).name)
