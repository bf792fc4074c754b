"""Options that several commands share, spelled as people already use them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from labelyard.cli.inputs import FORMATS

F = TypeVar("F", bound=Callable[..., Any])

SAMPLINGS = {
    "sequential": "Sequential sampling",
    "uniform": "Uniform sampling",
    "prediction-score-min": "Uncertainty sampling",
}


class ExistingPath(click.Path):
    """A path that must exist; `~` is expanded."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return Path(str(super().convert(Path(str(value)).expanduser(), param, ctx))).absolute()


def project_options(command: F) -> F:
    """What a new project is made from."""
    for option in reversed(
        [
            click.option("-l", "--label-config", type=ExistingPath(), help="XML file with the label config."),
            click.option("-i", "--input-path", type=ExistingPath(), help="File or directory with the tasks."),
            click.option(
                "--input-format",
                type=click.Choice(FORMATS),
                default="json",
                show_default=True,
                help="What --input-path holds.",
            ),
            click.option(
                "--sampling",
                type=click.Choice(list(SAMPLINGS)),
                default=None,
                help="Order in which tasks are handed out. Default: sequential.",
            ),
            click.option(
                "--allow-serving-local-files",
                is_flag=True,
                help="Serve the media directory given with --input-path. Only for a server on your own machine.",
            ),
            click.option("--force", is_flag=True, help="Replace a project folder that exists already."),
            click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
        ]
    ):
        command = option(command)
    return command


def account_options(command: F) -> F:
    """The first user of a server."""
    for option in reversed(
        [
            click.option("--username", help="E-mail of the first user, made when there is none yet."),
            click.option("--password", help="Password of the first user (better: LABELYARD_PASSWORD)."),
            click.option("--user-token", help="Legacy API token of the first user."),
            click.option(
                "--enable-legacy-api-token", is_flag=True, default=None, help="Let legacy API tokens work."
            ),
        ]
    ):
        command = option(command)
    return command


def data_dir_option(command: F) -> F:
    return click.option(
        "--data-dir", type=click.Path(path_type=Path), help="Data directory. Default: that of this user."
    )(command)
