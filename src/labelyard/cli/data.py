"""`import` and `export`: tasks in and labels out, on the machine the server runs on."""

import sys
from pathlib import Path
from typing import Any

import click

from labelyard.app import close_context
from labelyard.cli.importing import import_paths, tell
from labelyard.cli.options import ExistingPath, data_dir_option
from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.cli.serving import open_existing
from labelyard.exports import service as exports
from labelyard.imports.options import Options, options_of
from labelyard.projects import service as projects
from labelyard.users import service as users

REFUSED_ROWS = 3  # exit status when some rows were refused


@click.command("import")
@click.argument("project", type=int)
@click.argument("files", nargs=-1, required=True, type=ExistingPath())
@click.option("--format", "format_", help="Format of the files. Default: by content and name.")
@click.option("--encoding", help="Encoding of the files, e.g. cp1252. Default: found out.")
@click.option("--delimiter", help="Between the cells of tables: a character, or comma, semicolon, tab, pipe.")
@click.option(
    "--csv-types",
    type=click.Choice(["lossless", "string", "exact_ls"]),
    default="lossless",
    show_default=True,
    help="What becomes of cells that look like numbers.",
)
@click.option("--dedupe", help="How a task is known again: content, external_id, or data fields (a,b).")
@click.option(
    "--mode",
    type=click.Choice(["insert", "skip", "update", "upsert"]),
    help="With --dedupe: what to do about known tasks. Default: skip.",
)
@click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="skip: import the good rows, write the others to a reject file.",
)
@click.option("--dry-run", is_flag=True, help="Check and count only.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def import_(
    project: int, files: tuple[Path, ...], *, quiet: bool, data_dir: Path | None, **given: Any
) -> None:
    """Import FILES into the project with id PROJECT.

    Files are JSON, JSON Lines, CSV, TSV, TXT, Parquet, Excel, HTML, XML or media, also in gzip, Zstandard and zip archives.
    Either all tasks of all files are imported or none, unless --on-error=skip. A server may be running on the same data
    directory. Exit status: 0 everything was imported, 1 nothing was, 2 wrong usage, 3 some rows were refused.
    """
    directories = [path for path in files if path.is_dir()]
    if directories:
        fail(f"{directories[0]}: a directory.", "Name the files, e.g. folder/*.json")
    with problems_as_failures():
        options = _options(given)
    context = open_existing(data_dir)
    try:
        with problems_as_failures():
            actor = context.db.read_sync(users.cli_actor)
            context.db.read_sync(projects.get, actor, project)
            imported = import_paths(context, actor, project, files, options, quiet=quiet)
            tell(imported, options, quiet=quiet)
    finally:
        close_context(context)
    if imported.rejected:
        sys.exit(REFUSED_ROWS if options.skips else 1)


def _options(given: dict[str, Any]) -> Options:
    """The options of the command as those of a request."""
    given["format"] = given.pop("format_")
    query = {name: [str(value)] for name, value in given.items() if value is not None}
    options = options_of(query)
    options.is_local = True
    return options


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
                for chunk in exports.write(context.db, plan, context.settings.spool_dir):
                    sys.stdout.buffer.write(chunk)
                return
            if not output.parent.is_dir():
                fail(f"{output}: there is no directory {output.parent}.", "Make it first.")
            partial = output.with_name(f".{output.name}.part")
            try:
                with partial.open("wb") as file:
                    size = sum(
                        file.write(chunk)
                        for chunk in exports.write(context.db, plan, context.settings.spool_dir)
                    )
                partial.replace(output)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
            say(f"{size:,} bytes in {output}", quiet=quiet)
    finally:
        close_context(context)
