"""The command line, under two names: `labelyard` and `label-studio`.

Exit status: 0 done; 1 the input or the surroundings are wrong and nothing was changed; 2 the command line is wrong;
130 interrupted.
"""

import gc
import importlib
from typing import Any, NamedTuple

import click

from labelyard import __version__


class Place(NamedTuple):
    """Where a command lives, and the first sentence of its help."""

    module: str
    name: str
    help: str


# Each command is imported only when it is called, so that neither `version` nor `--help` waits for the server.
COMMANDS = {
    "init": Place(
        "labelyard.cli.init",
        "init",
        "Make the project folder PROJECT_NAME (default: my_project) that holds everything of one project.",
    ),
    "start": Place("labelyard.cli.start", "start", "Start the server."),
    "start-multi-session": Place(
        "labelyard.cli.multi_session",
        "start_multi_session",
        "Start a server where everybody who comes gets a private project, without signing in.",
    ),
    "version": Place("labelyard.cli.version", "version", "Print the version and the Python it runs on."),
    "user": Place("labelyard.cli.user", "user", "Make and manage accounts."),
    "organization": Place("labelyard.cli.organization", "organization", "Make and list organizations."),
    "import": Place("labelyard.cli.data", "import_", "Import FILES into the project with id PROJECT."),
    "export": Place("labelyard.cli.data", "export", "Export the project with id PROJECT."),
    "import-project": Place(
        "labelyard.cli.takeover",
        "import_project",
        "Take over a Label Studio 1.x install, or the project directory of a 0.x release.",
    ),
    "samples": Place(
        "labelyard.cli.samples",
        "samples",
        "Add the sample projects: texts, named entities, image boxes, sounds.",
    ),
    "migrate": Place("labelyard.cli.migrate", "migrate", "Bring the database to the schema of this release."),
    "settings": Place(
        "labelyard.cli.settings",
        "settings_",
        "List every setting with its value, its environment variables and its meaning.",
    ),
}
_INTERRUPTED = 130


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        place = COMMANDS[cmd_name]
        # Imports make objects that stay: looking for garbage among them again and again only delays the start.
        gc.disable()
        try:
            command = getattr(importlib.import_module(place.module), place.name)
        finally:
            gc.enable()
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])

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
