"""`import-project`: take over what another labeling server stored."""

import hashlib
import shutil
from contextlib import closing
from pathlib import Path

import click

from labelyard.app import close_context
from labelyard.cli.options import ExistingPath, data_dir_option
from labelyard.cli.output import Reporter, fail, say
from labelyard.cli.serving import open_context
from labelyard.context import Context
from labelyard.exports import service as exports
from labelyard.kit.db.foreign import ForeignDatabase, ForeignError
from labelyard.kit.lockfile import AlreadyLocked, LockFile
from labelyard.settings import load
from labelyard.takeover.install import InstallTakeover, is_install
from labelyard.takeover.model import Report, TakeoverError
from labelyard.users import service as users

DATABASE = "label_studio.sqlite3"


@click.command("import-project")
@click.argument("path", type=ExistingPath())
@click.option(
    "--media", type=ExistingPath(), help="Directory of the media. Default: `media` beside the database."
)
@click.option("--allow-missing-media", is_flag=True, help="Go on where uploaded files are missing.")
@click.option(
    "--without-project", "without", type=int, multiple=True, metavar="ID", help="Leave this project out."
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def import_project(
    path: Path,
    *,
    media: Path | None,
    allow_missing_media: bool,
    without: tuple[int, ...],
    quiet: bool,
    data_dir: Path | None,
) -> None:
    """Take over a Label Studio 1.x install. PATH is its label_studio.sqlite3, or the directory with it.

    Users with their passwords and legacy tokens, organizations, projects, tasks, annotations, predictions, drafts, views,
    webhooks and uploaded files come along; PATH is only read. All of it is taken over or nothing. Stop both servers first.
    In a new data directory all ids stay; in one with projects, a fixed number is added to them.
    """
    database = path / DATABASE if path.is_dir() else path
    if not database.is_file():
        fail(
            f"{path}: no {DATABASE} in this directory.",
            "Name the data directory of the install, or the database itself.",
        )
    try:
        with closing(ForeignDatabase(database)) as source:
            if not is_install(source):
                fail(
                    f"{database}: not the database of a Label Studio 1.x install.",
                    "Its tables are missing. Name the file label_studio.sqlite3 of the install.",
                )
            say(f"{database}: reading it through", quiet=quiet)
            source.check(lambda: None)
            _into(data_dir, source, media or database.parent / "media", without, allow_missing_media, quiet)
    except ForeignError as error:
        fail(
            f"{database}: {error}.",
            "The database is damaged. Restore it from a backup, or repair it with sqlite3 .recover",
        )
    except TakeoverError as error:
        fail(error.message, f"{error.cure}\n  Nothing was taken over.")


def _into(
    data_dir: Path | None,
    source: ForeignDatabase,
    media: Path,
    without: tuple[int, ...],
    allow_missing: bool,
    quiet: bool,
) -> None:
    settings = load({"data_dir": data_dir})
    new = not settings.data_dir.exists()
    if new:  # without the owner of local mode, so that all ids stay
        settings = load({"data_dir": data_dir, "local_mode": False})
    try:
        lock = LockFile(settings.data_dir / "labelyard.lock")
    except AlreadyLocked as error:
        fail(f"{settings.data_dir} is served by process {error.pid or 'unknown'}.", "Stop that server first.")
    try:
        context = open_context(settings)
        try:
            report = _carry_out(context, source, media, without, allow_missing, quiet)
            _tell(context, report, quiet=quiet)
        finally:
            close_context(context)
    except BaseException:
        if new:
            shutil.rmtree(settings.data_dir, ignore_errors=True)
        raise
    finally:
        lock.release()


def _carry_out(
    context: Context,
    source: ForeignDatabase,
    media: Path,
    without: tuple[int, ...],
    allow_missing: bool,
    quiet: bool,
) -> Report:
    reporters: dict[str, Reporter] = {}

    def progress(what: str, done: int, total: int) -> None:
        reporter = reporters.get(what)
        if reporter is None:
            reporter = reporters[what] = Reporter(
                what, quiet=quiet, unit="files" if "files" in what else "tasks"
            )
        reporter.update(done, total)

    takeover = InstallTakeover(
        context, source, media, progress, without=without, allow_missing_media=allow_missing
    )
    try:
        takeover.check()
        report = context.db.write_sync(takeover.store)
    except BaseException:
        # An interrupt ends the waiting, not the transaction: that is told to give up, and waited for by a next one.
        takeover.cancelled = True
        context.db.write_sync(lambda conn: None)
        if not takeover.stored:
            takeover.failed()
        raise
    takeover.done()
    return report


def _tell(context: Context, report: Report, *, quiet: bool) -> None:
    """The counts of each project and the SHA-256 of its JSON export with all tasks."""
    say(f"{report.users:,} users, {report.organizations:,} organizations", quiet=quiet)
    for each in report.projects:
        digest = hashlib.sha256()
        actor = context.db.read_sync(users.cli_actor_for, each.id)
        plan = context.db.read_sync(
            exports.plan, actor, each.id, exports.format_named("JSON"), everything=True
        )
        for chunk in exports.write(context.db, plan, context.settings.spool_dir):
            digest.update(chunk)
        say(
            f"project {each.id} {each.title!r}: {each.tasks:,} tasks, {each.annotations:,} annotations "
            f"({each.skipped:,} skipped), {each.predictions:,} predictions, {each.drafts:,} drafts, {each.views:,} views, "
            f"{each.webhooks:,} webhooks, {each.files:,} files; JSON export SHA-256 {digest.hexdigest()}",
            quiet=quiet,
        )
    for note in report.notes:
        say(f"note: {note}")
