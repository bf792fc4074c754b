"""The command line, under two names: `labelyard` and `label-studio`.

Exit status: 0 done; 1 the input or the surroundings are wrong and nothing was changed; 2 the command line is wrong;
130 interrupted.
"""

import gc
import importlib
from typing import Any

import click

from labelyard import __version__

# Command → where it lives. Each is imported only when it is called, so that `version` does not wait for the server.
COMMANDS = {
    "init": "labelyard.cli.init:init",
    "start": "labelyard.cli.start:start",
    "version": "labelyard.cli.version:version",
    "user": "labelyard.cli.user:user",
    "organization": "labelyard.cli.organization:organization",
    "import": "labelyard.cli.data:import_",
    "export": "labelyard.cli.data:export",
    "import-project": "labelyard.cli.takeover:import_project",
    "samples": "labelyard.cli.samples:samples",
    "migrate": "labelyard.cli.migrate:migrate",
    "settings": "labelyard.cli.settings:settings_",
}
_INTERRUPTED = 130


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        # Imports make objects that stay: looking for garbage among them again and again only delays the start.
        gc.disable()
        try:
            command = getattr(importlib.import_module(module), attribute)
        finally:
            gc.enable()
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Abort, KeyboardInterrupt):  # Ctrl+C, also at a prompt
            click.echo("interrupted", err=True)
            ctx.exit(_INTERRUPTED)
        except Exception as error:
            told = importlib.import_module("labelyard.cli.failures").explain(error)
            if told is None:
                raise
            raise importlib.import_module("labelyard.cli.output").failure(*told) from error


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit status: 0 done; 1 wrong input or surroundings, nothing was changed; 2 wrong command line.",
)
@click.version_option(__version__, prog_name="labelyard")
def main() -> None:
    """Labelyard: import data as tasks, label it in the browser, export it for training.

    Start here: `labelyard start` serves all projects of this user; `labelyard init my-project …` followed by
    `labelyard start my-project` keeps one project in a folder of its own.
    """
