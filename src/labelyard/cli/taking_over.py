"""Carries a takeover out: into a data directory that no server uses, whole or not at all, and tells what came along."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from labelyard.app import close_context
from labelyard.cli.output import Reporter, fail, say
from labelyard.cli.serving import open_context
from labelyard.context import Context
from labelyard.exports import service as exports
from labelyard.kit.lockfile import AlreadyLocked, LockFile
from labelyard.settings import Settings
from labelyard.takeover.model import Progress, Report
from labelyard.users import service as users


class Takeover(Protocol):
    """What both kinds of takeover are."""

    cancelled: bool
    stored: bool

    def check(self) -> None: ...
    def store(self, conn: Connection) -> Report: ...
    def done(self) -> None: ...
    def failed(self) -> None: ...


def into(settings: Settings, make: Callable[[Context, Progress], Takeover], *, quiet: bool) -> Report:
    """Carry it out in this data directory, which is made unless it is there; a new one goes again when it fails."""
    new = not settings.data_dir.exists()
    try:
        lock = LockFile(settings.data_dir / "labelyard.lock")
    except AlreadyLocked as error:
        fail(f"{settings.data_dir} is served by process {error.pid or 'unknown'}.", "Stop that server first.")
    try:
        context = open_context(settings)
        try:
            report = carry_out(context, make, quiet=quiet)
            new = False  # from here on it is all there, whatever happens
            tell(context, report, quiet=quiet)
        finally:
            close_context(context)
    except BaseException:
        if new:
            shutil.rmtree(settings.data_dir, ignore_errors=True)
        raise
    finally:
        lock.release()
    return report


def carry_out(context: Context, make: Callable[[Context, Progress], Takeover], *, quiet: bool) -> Report:
    """Check, then store in one transaction. An interrupt leaves nothing."""
    reporters: dict[str, Reporter] = {}

    def progress(what: str, done: int, total: int) -> None:
        reporter = reporters.get(what)
        if reporter is None:
            unit = "files" if "files" in what else "tasks"
            reporter = reporters[what] = Reporter(what, quiet=quiet, unit=unit)
            reporter.__enter__()
        reporter.update(done, total)
        if done >= total:
            reporter.__exit__(None, None, None)

    takeover = make(context, progress)
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
    finally:
        for reporter in reporters.values():
            reporter.__exit__(None, None, None)
    takeover.done()
    return report


def tell(context: Context, report: Report, *, quiet: bool) -> None:
    """The counts of each project and the SHA-256 of its JSON export with all tasks."""
    if report.users:
        say(
            f"{report.users:,} users, {report.tokens:,} personal access tokens, {report.organizations:,} organizations, "
            f"{report.labels:,} labels of the label manager, "
            f"{report.webhooks:,} webhooks of whole organizations",
            quiet=quiet,
        )
    for each in report.projects:
        say(
            f"project {each.id} {each.title!r}: {each.tasks:,} tasks, {each.annotations:,} annotations "
            f"({each.skipped:,} skipped), {each.predictions:,} predictions, {each.drafts:,} drafts, {each.views:,} views, "
            f"{each.webhooks:,} webhooks, {each.models:,} ML backends, {each.storages:,} storages, {each.files:,} files; JSON export SHA-256 {_digest(context, each.id)}",
            quiet=quiet,
        )
    for note in report.notes:
        say(f"note: {note}")


def _digest(context: Context, project_id: int) -> str:
    digest = hashlib.sha256()
    actor = context.db.read_sync(users.cli_actor_for, project_id)
    plan = context.db.read_sync(
        exports.plan, actor, project_id, exports.format_named("JSON"), everything=True
    )
    for chunk in exports.write(context.db, plan, context.settings.spool_dir):
        digest.update(chunk)
    return digest.hexdigest()


def staging_of(path: Path) -> Path:
    """Where a directory is made before it is put in its place: beside it, hidden."""
    return path.with_name(f".{path.name}.partial")
