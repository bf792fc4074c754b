"""`import` and `export`: tasks in and labels out, on the machine the server runs on."""

import sys
from pathlib import Path

import click

from labelyard.app import close_context
from labelyard.cli.importing import import_paths, tell
from labelyard.cli.options import ExistingPath, data_dir_option
from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.cli.serving import open_existing
from labelyard.exports import service as exports
from labelyard.projects import service as projects
from labelyard.users import service as users


@click.command("import")
@click.argument("project", type=int)
@click.argument("files", nargs=-1, required=True, type=ExistingPath())
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def import_(project: int, files: tuple[Path, ...], *, quiet: bool, data_dir: Path | None) -> None:
    """Import FILES (JSON, CSV, TSV, TXT, HTML, XML, media) into the project with id PROJECT.

    Either all tasks of all files are imported or none. A server may be running on the same data directory.
    """
    directories = [path for path in files if path.is_dir()]
    if directories:
        fail(f"{directories[0]}: a directory.", "Name the files, e.g. folder/*.json")
    context = open_existing(data_dir)
    try:
        with problems_as_failures():
            actor = context.db.read_sync(users.cli_actor)
            context.db.read_sync(projects.get, actor, project)
            tell(import_paths(context, actor, project, files, quiet=quiet), quiet=quiet)
    finally:
        close_context(context)


@click.command()
@click.argument("project", type=int)
@click.option("-f", "--format", "name", default="JSON", show_default=True, help="JSON, JSON_MIN, CSV or TSV.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. Default: standard output.",
)
@click.option("--all-tasks", is_flag=True, help="Also tasks without annotations.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def export(
    project: int, *, name: str, output: Path | None, all_tasks: bool, quiet: bool, data_dir: Path | None
) -> None:
    """Export the project with id PROJECT."""
    context = open_existing(data_dir)
    try:
        with problems_as_failures():
            actor = context.db.read_sync(users.cli_actor)
            kind = exports.format_named(name)
            plan = context.db.read_sync(exports.plan, actor, project, kind, everything=all_tasks)
            if output is None:
                for chunk in exports.write(context.db, plan):
                    sys.stdout.buffer.write(chunk)
                return
            if not output.parent.is_dir():
                fail(f"{output}: there is no directory {output.parent}.", "Make it first.")
            partial = output.with_name(f".{output.name}.part")
            try:
                with partial.open("wb") as file:
                    size = sum(file.write(chunk) for chunk in exports.write(context.db, plan))
                partial.replace(output)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
            say(f"{size:,} bytes in {output}", quiet=quiet)
    finally:
        close_context(context)
