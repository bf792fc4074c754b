"""Runs the installed program as a user does: a new process in an empty directory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.process import clean_environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def program(name: str) -> Path:
    return Path(sys.executable).parent / name


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("label-studio", "init", …)` in `tmp_path`; the home directory is there too."""

    def call(
        name: str, *arguments: str | Path, input: str | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(program(name)), *map(str, arguments)],
            cwd=tmp_path,
            env=clean_environment(HOME=str(tmp_path), **env),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call
