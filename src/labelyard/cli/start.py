"""`start`: serve the data directory with all its projects, or one project folder."""

from pathlib import Path
from typing import Any

import click

from labelyard.cli.accounts import ensure_first_account
from labelyard.cli.options import account_options, data_dir_option, project_options
from labelyard.cli.output import fail
from labelyard.cli.project_dir import FolderConfig, is_project_dir
from labelyard.cli.project_setup import (
    ProjectSource,
    add_project,
    create_folder,
    follow_config_file,
    require_project,
    write_config_file,
)
from labelyard.cli.serving import check_port, serve
from labelyard.context import Context
from labelyard.settings import Settings, SettingsError, load


@click.command()
@click.argument("project_name", required=False)
@click.option("--init", "init_first", is_flag=True, help="Make the project first, then serve it.")
@click.option("-p", "--port", type=click.IntRange(1, 65535), help="Port to listen on. Default: 8080.")
@click.option("--host", help="Address to listen on. Default: 127.0.0.1, this machine only.")
@click.option("-b", "--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--root-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Parent of project folders.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings file (TOML).",
)
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    help="How much to log.",
)
@data_dir_option
@account_options
@project_options
def start(
    project_name: str | None,
    *,
    init_first: bool,
    no_browser: bool,
    root_dir: Path,
    settings_file: Path | None,
    label_config: Path | None,
    input_path: Path | None,
    input_format: str,
    sampling: str | None,
    force: bool,
    quiet: bool,
    allow_serving_local_files: bool,
    **overrides: Any,
) -> None:
    """Start the server.

    Without PROJECT_NAME it serves the data directory with all its projects. With the name of a project folder (made
    by `init`) it serves that project. With --init it makes the project first. With --data-dir, PROJECT_NAME is the
    title of a project in that directory; --init makes it unless it is there.
    """
    source = ProjectSource(
        title=Path(project_name).name if project_name else "",
        label_config=label_config,
        input_path=input_path,
        input_format=input_format,
        sampling=sampling,
        allow_serving_local_files=allow_serving_local_files,
        quiet=quiet,
    )
    in_data_dir = overrides.get("data_dir") is not None
    folder = (root_dir / project_name).absolute() if project_name and not in_data_dir else None
    overrides["allow_serving_local_files"] = allow_serving_local_files or None
    if folder is not None:
        if init_first:
            # What would stop the server stops it before anything is made.
            check_port(_load(overrides, settings_file))
            create_folder(folder, source, force=force)
        elif not is_project_dir(folder):
            fail(
                f"{folder}: no project folder.",
                f"Make one first: labelyard init {project_name}, or add --init to this command.",
            )
        overrides = _folder_overrides(folder, overrides)
    settings = _load(overrides, settings_file)

    def prepare(context: Context) -> None:
        ensure_first_account(context, settings)
        if folder is not None:
            follow_config_file(context, folder)
        elif init_first or label_config is not None or input_path is not None:
            add_project(context, source)
        elif project_name:
            require_project(context, project_name)

    def finish(context: Context) -> None:
        if folder is not None:
            write_config_file(context, folder)

    serve(settings, browser=not no_browser, prepare=prepare, finish=finish)


def _folder_overrides(folder: Path, overrides: dict[str, Any]) -> dict[str, Any]:
    """Options win over the folder's own `config.json`."""
    config = FolderConfig.read(folder)
    own = {
        "data_dir": folder,
        "host": config.host,
        "port": config.port,
        "allow_serving_local_files": config.allow_serving_local_files or None,
    }
    return {**own, **{name: value for name, value in overrides.items() if value is not None}}


def _load(overrides: dict[str, Any], file: Path | None) -> Settings:
    try:
        return load(overrides, file=file)
    except SettingsError as error:
        fail(str(error))
