"""`init`: make a project folder from a label config and task files."""

from pathlib import Path

import click

from labelyard.cli.options import project_options
from labelyard.cli.output import say
from labelyard.cli.project_setup import ProjectSource, create_folder

DEFAULT_NAME = "my_project"


@click.command()
@click.argument("project_name", default=DEFAULT_NAME)
@click.option(
    "--root-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Parent of project folders.",
)
@click.option(
    "-p", "--port", type=click.IntRange(1, 65535), help="Port that `start` will serve the project on."
)
@click.option("--host", help="Address that `start` will listen on.")
@project_options
def init(
    project_name: str,
    *,
    root_dir: Path,
    port: int | None,
    host: str | None,
    label_config: Path | None,
    input_path: Path | None,
    input_format: str,
    sampling: str | None,
    force: bool,
    quiet: bool,
    allow_serving_local_files: bool,
) -> None:
    """Make the project folder PROJECT_NAME (default: my_project) that holds everything of one project.

    The tasks are checked against the label config before anything is made; when one of them is wrong, nothing is.
    """
    source = ProjectSource(
        title=Path(project_name).name,
        label_config=label_config,
        input_path=input_path,
        input_format=input_format,
        sampling=sampling,
        allow_serving_local_files=allow_serving_local_files,
        quiet=quiet,
        host=host,
        port=port,
    )
    folder = (root_dir / project_name).absolute()
    created = create_folder(folder, source, force=force)
    say(f"{created.tasks:,} tasks in {folder}", quiet=quiet)
    say(f"Start labeling: labelyard start {project_name}", quiet=quiet)
