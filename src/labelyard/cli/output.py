"""What the command line says: progress bars on a terminal, plain lines elsewhere, one shape for every error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

import click

from labelyard.kit.errors import Problem

if TYPE_CHECKING:
    from labelyard.cli.bar import Bar

_PLAIN_STEP = 0.1  # without a terminal, say where we are every tenth of the way


class CommandFailed(click.ClickException):
    """Ends the program with status 1: wrong input or surroundings, nothing changed."""

    exit_code = 1

    def show(self, file: object = None) -> None:
        click.echo(f"error: {self.message}", err=True)


def failure(message: str, cure: str = "") -> CommandFailed:
    return CommandFailed(f"{message}\n  {cure}" if cure else message)


def fail(message: str, cure: str = "") -> NoReturn:
    raise failure(message, cure)


@contextmanager
def problems_as_failures(what: str = "") -> Iterator[None]:
    """Turn a `Problem` of a service into a message of the command line."""
    try:
        yield
    except Problem as problem:
        prefix = f"{what}: " if what else ""
        fail(prefix + "\n  ".join(problem_lines(problem)))


def problem_lines(problem: Problem) -> list[str]:
    errors = problem.validation_errors
    if not errors:
        return [problem.detail]
    return [text for value in errors.values() for text in _flat(value)]


def _flat(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _flat(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _flat(each)]
    return [str(value)]


class Reporter:
    """Progress of one long piece of work."""

    def __init__(self, label: str, *, quiet: bool = False, unit: str = "tasks") -> None:
        self._label = label
        self._unit = unit
        self._quiet = quiet
        self._said = -1.0
        self._bar: Bar | None = None
        if not quiet and sys.stderr.isatty():
            from labelyard.cli import bar

            self._bar = bar.Bar(label, unit)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None) -> None:
        if self._bar is not None:
            self._bar.update(done, total)
        elif not self._quiet and total:
            share = done / total
            if share > self._said and share >= min(1.0, self._said + _PLAIN_STEP):
                self._said = share
                click.echo(f"{self._label}: {done:,} of {total:,} {self._unit}", err=True)


def say(text: str, *, quiet: bool = False) -> None:
    """A line for the person at the terminal, on standard error so that results can be piped."""
    if not quiet:
        click.echo(text, err=True)
