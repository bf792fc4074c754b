"""`start`: serve the data directory with all its projects, or one project folder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from labelyard.cli import storages
from labelyard.cli.accounts import ensure_first_account
from labelyard.cli.folder_files import EVERY, FolderFiles
from labelyard.cli.legacy_project import folder_of, is_taken_over
from labelyard.cli.options import (
    Command,
    account_options,
    address_options,
    data_dir_option,
    output_options,
    project_options,
    root_dir_option,
)
from labelyard.cli.output import fail
from labelyard.cli.project_dir import CONFIG_JSON, FolderConfig, is_project_dir
from labelyard.cli.project_setup import ProjectSource, add_project, create_folder, require_project
from labelyard.cli.serving import address, check_port, on_free_port, serve
from labelyard.context import Context
from labelyard.projects.schemas import title_from
from labelyard.settings import Settings, SettingsError, load

_USER = "ls"  # who signs in with the password of a project folder when no name is given, as in 0.x


@click.command(cls=Command)
@click.argument("project_name", required=False)
@click.option("--init", "init_first", is_flag=True, help="Make the project first, then serve it.")
@click.option("--next-port", is_flag=True, help="When the port is busy, take the next free one and say so.")
@root_dir_option
@address_options
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings file (TOML).",
)
@data_dir_option
@account_options
@project_options
@output_options
def start(
    project_name: str | None,
    *,
    init_first: bool,
    next_port: bool,
    root_dir: Path,
    settings_file: Path | None,
    **options: Any,
) -> None:
    """Start the server.

    Without PROJECT_NAME it serves the data directory with all its projects. With the name of a project folder (made
    by `init`) it serves that project. With --init it makes the project first. With --data-dir, PROJECT_NAME is the
    title of a project in that directory; --init makes it unless it is there. The directory of a Label Studio 0.x
    project is taken over into a folder beside it, PROJECT_NAME-labelyard, and left as it is.
    """
    source = ProjectSource.of(Path(project_name).name if project_name else "", options)
    overrides = overrides_of(options)
    in_data_dir = options["data_dir"] is not None
    folder = (root_dir / project_name).expanduser().absolute() if project_name and not in_data_dir else None
    if project_name and in_data_dir:
        overrides["current_project"] = title_from(project_name)
    if folder is not None and not init_first and is_taken_over(folder):
        folder = folder_of(folder, options["label_config"], quiet=options["quiet"])
    if folder is not None and not init_first and not is_project_dir(folder):
        fail(
            f"{folder}: no project folder.",
            f"Make one first: labelyard init {project_name}, or add --init to this command.",
        )
    if folder is not None and init_first:
        # What would stop the server stops it before anything is made.
        said = _settings(overrides, settings_file, source.folder_config(), options["protocol"])
        if not next_port:
            check_port(said)
        create_folder(folder, source)
    config = FolderConfig()
    if folder is not None:
        overrides["data_dir"] = folder
        config = FolderConfig.read(folder / CONFIG_JSON)
    settings = _settings(overrides, settings_file, config, options["protocol"])
    if folder is not None and settings.password:
        settings = replace(settings, basic_auth=True, username=settings.username or _USER)
    if next_port:
        settings = on_free_port(settings)
    files: list[FolderFiles] = []

    def prepare(context: Context) -> None:
        ensure_first_account(context, settings)
        if folder is not None:
            kept = FolderFiles(context, folder)
            kept.take_over()
            storages.follow(context, folder)
            context.periodic.add("files of the project folder", EVERY, kept.keep)
            files.append(kept)
        elif init_first or source.makes_something:
            add_project(context, source)
        elif project_name:
            require_project(context, project_name)

    def finish(_context: Context) -> None:
        for each in files:
            each.keep()

    serve(settings, browser=not options["no_browser"], quiet=options["quiet"], prepare=prepare, finish=finish)


def overrides_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say of the settings; None where they say nothing."""
    debug = options["debug"]
    return {
        **{
            name: options[name] for name in ("data_dir", "host", "port", "username", "password", "user_token")
        },
        "enable_legacy_api_token": options["enable_legacy_api_token"],
        "allow_serving_local_files": options["allow_serving_local_files"] or None,
        "cert_file": str(options["cert_file"]) if options["cert_file"] else None,
        "key_file": str(options["key_file"]) if options["key_file"] else None,
        "log_level": options["log_level"] or ("DEBUG" if debug else None),
        "log_requests": options["verbose"] or None,
        "debug_modal_exceptions": debug or None,
    }


def _settings(
    overrides: Mapping[str, Any], file: Path | None, config: FolderConfig, protocol: str | None
) -> Settings:
    """Settings with what a folder says of them in place of the defaults. Ends the program when one is wrong."""
    try:
        settings = load(overrides, file=file, base=config.settings())
    except SettingsError as error:
        fail(str(error))
    scheme = protocol or config["protocol"]
    if settings.public_url or settings.cert_file or scheme == "http://":
        return settings
    # A proxy speaks HTTPS for this server: links have to say so.
    return replace(settings, public_url=scheme + address(settings).partition("://")[2])
