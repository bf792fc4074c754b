"""`start-multi-session`: a private project for everybody who comes."""

from pathlib import Path
from typing import Any

import click

from labelyard.cli.options import (
    Command,
    address_options,
    data_dir_option,
    output_options,
    project_options,
    root_dir_option,
)
from labelyard.cli.output import fail
from labelyard.cli.project_setup import ProjectSource, read_config
from labelyard.cli.serving import serve
from labelyard.cli.start import overrides_of
from labelyard.settings import SettingsError, load

_DIRECTORY = "labelyard-sessions"  # below --root-dir
# Nobody signs in here.
_NO_ACCOUNT = {"username": None, "password": None, "user_token": None, "enable_legacy_api_token": None}


@click.command("start-multi-session", cls=Command)
@root_dir_option
@address_options
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings file (TOML).",
)
@data_dir_option
@project_options
@output_options
def start_multi_session(*, root_dir: Path, settings_file: Path | None, **options: Any) -> None:
    """Start a server where everybody who comes gets a private project, without signing in.

    A browser is known by a cookie; without it its projects are out of reach, and they go 30 days after the last visit.
    Who is given the link of a project (`GET /api/project` has its UUID, `/api/project-switch?uuid=…` opens it) may use
    that one too. Webhooks, storages, ML backends, tokens and accounts are closed.
    """
    source = ProjectSource.of("", options)
    overrides = overrides_of({**options, **_NO_ACCOUNT})
    if overrides["data_dir"] is None:
        overrides["data_dir"] = (root_dir.expanduser() / _DIRECTORY).absolute()
    if source.label_config or source.template or source.base_config:
        overrides["initial_label_config"] = read_config(source)[0]
    overrides["initial_project_description"] = source.initial_project_description
    try:
        settings = load({**overrides, "multi_session": True}, file=settings_file)
    except SettingsError as error:
        fail(str(error))
    serve(settings, browser=not options["no_browser"], quiet=options["quiet"])
