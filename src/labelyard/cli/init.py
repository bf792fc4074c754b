"""`init`: make a project folder from a label config and task files."""

from pathlib import Path
from typing import Any

import click

from labelyard.cli.options import (
    Command,
    address_options,
    output_options,
    project_options,
    root_dir_option,
)
from labelyard.cli.output import say
from labelyard.cli.project_setup import ProjectSource, create_folder

DEFAULT_NAME = "my_project"


@click.command(cls=Command)
@click.argument("project_name", default=DEFAULT_NAME)
@root_dir_option
@address_options
@project_options
@output_options
def init(project_name: str, *, root_dir: Path, quiet: bool, **options: Any) -> None:
    """Make the project folder PROJECT_NAME (default: my_project) that holds everything of one project.

    The tasks are checked against the label config before anything is made; when one of them is wrong, nothing is. What
    is said here about the server is written to the folder's config.json, for `start`.
    """
    source = ProjectSource.of(Path(project_name).name, {"quiet": quiet, **options})
    folder = (root_dir / project_name).expanduser().absolute()
    created = create_folder(folder, source)
    say(f"{created.tasks:,} tasks in {folder}", quiet=quiet)
    say(f"Start labeling: labelyard start {project_name}", quiet=quiet)
