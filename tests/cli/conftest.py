"""Runs the program as a user does: a new process in an empty directory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.process import clean_environment
from tests.support.warm import run_warm

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def program(name: str) -> Path:
    return Path(sys.executable).parent / name


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("label-studio", "init", …)` in `tmp_path`; the home directory is there too."""

    def call(
        name: str, *arguments: str | Path, input: str | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        command = [str(program(name)), *map(str, arguments)]
        environment = clean_environment(HOME=str(tmp_path), **env)
        return run_warm(command, cwd=tmp_path, env=environment, input=input, timeout=120)

    return call
