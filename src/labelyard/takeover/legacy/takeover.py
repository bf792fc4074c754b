"""One takeover of a 0.x project: all of it is read and checked first, then stored in one transaction."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Forbidden
from labelyard.label.config import LabelConfigError, parse
from labelyard.ml import service as ml
from labelyard.projects import service as projects
from labelyard.takeover import before, queries
from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.legacy.notes import notes_of_tasks
from labelyard.takeover.legacy.numbering import Numbering
from labelyard.takeover.legacy.project import backends_of, notes_of, project_values
from labelyard.takeover.legacy.reading import Reader
from labelyard.takeover.legacy.storing import Storing
from labelyard.takeover.legacy.survey import survey
from labelyard.takeover.legacy.uploads import copy_uploads, store_uploads
from labelyard.takeover.model import Progress, ProjectCounts, Report, TakeoverError
from labelyard.takeover.staging import Staging


class LegacyTakeover:
    """`check` first, then `store` in a transaction, then `done` or `failed`."""

    def __init__(
        self,
        ctx: Context,
        source: Directory,
        actor: Actor,
        progress: Progress,
        *,
        skip_broken: bool = False,
        again: bool = False,
    ) -> None:
        self._ctx, self._source, self._actor, self._progress = ctx, source, actor, progress
        self._skip_broken, self._again = skip_broken, again
        self._staging = Staging(ctx)
        self.cancelled = False  # set from another thread: the transaction gives up at its next batch
        self.stored = False

    # --- before the transaction ----------------------------------------------------------------------------------

    def check(self) -> None:
        """Read all of it, and copy the files beside ours. TakeoverError names what cannot be taken."""
        source = self._source
        self._identity = source.identity()
        if not self._again:
            found = self._ctx.db.read_sync(self._known)
            before.refuse(
                found, str(source.root), "Take it over once more, beside the one that is here: --again"
            )
        try:
            parse(source.label_config)
        except LabelConfigError as error:
            raise TakeoverError(
                f"{source.root}: the label config cannot be used: {error.messages[0]}",
                "Name a mended copy of it: --label-config FILE",
            ) from None
        self._time = min((source.tasks_file or source.root).stat().st_mtime_ns // 1000, now_us())
        self._reader = Reader(source)
        self._survey = survey(self._reader, self._progress)
        self._refuse_faults()
        copy_uploads(source, self._staging, self._progress)

    def _known(self, conn: Connection) -> Sequence[Row[Any]]:
        found = queries.by_identities(conn, [self._identity])
        return found or queries.by_place(conn, before.place_of(self._source.root))

    def _refuse_faults(self) -> None:
        tally = self._reader.tally
        if not tally.broken or self._skip_broken:
            return
        shown = "\n  ".join(tally.faults)
        if more := tally.broken - len(tally.faults):
            shown += f"\n  … and {more} more"
        raise TakeoverError(shown, "Mend them, or leave them out: labelyard import-project DIR --skip-broken")

    # --- the transaction -----------------------------------------------------------------------------------------

    def store(self, conn: Connection) -> Report:
        """Store all of it. May be called again when the transaction was given up."""
        source, actor = self._source, self._actor
        numbering = Numbering(conn, self._reader, self._survey)
        made = projects.take_over(
            conn, project_values(source, actor.organization_id, actor.user_id, self._time)
        )
        before.remember(conn, made.id, self._identity, source.root)
        counts = ProjectCounts(made.id, made.title)
        store_uploads(conn, self._staging, made.id, actor.user_id, counts)
        self._tasks(conn, made, numbering, counts)
        self._register(conn, made.id)
        self._models(conn, made, counts)
        numbering.use_up(conn)
        notes = [*notes_of(source), *notes_of_tasks(source, self._reader, self._survey, numbering)]
        self._go_on()
        self.stored = True
        return Report(projects=[counts], notes=notes)

    def _go_on(self) -> None:
        if self.cancelled:
            raise TakeoverError("Interrupted.", "Run the command again.")

    def failed(self) -> None:
        """Take back the files."""
        self._staging.take_back()
        self.done()

    def done(self) -> None:
        """Remove what was needed on the way."""
        self._staging.clear()

    def _tasks(
        self, conn: Connection, project: Row[Any], numbering: Numbering, counts: ProjectCounts
    ) -> None:
        def stored() -> None:
            self._go_on()
            self._progress("storing tasks", counts.tasks, self._survey.tasks)

        Storing(project, self._actor.user_id, self._time, numbering, counts, stored).run(conn, self._reader)
        now = projects.counts(conn, project.id)
        if (now.tasks, now.annotations + now.cancelled, now.predictions) != (
            self._survey.tasks, self._survey.completions, self._survey.predictions,
        ):  # fmt: skip
            raise TakeoverError(
                f"{self._source.root}: the project changed while it was read.",
                "Stop the old server, and try again.",
            )

    def _register(self, conn: Connection, project_id: int) -> None:
        """Let the tasks show the directories that they name, where the old server served them."""
        if not self._source.config.get("allow_serving_local_files"):
            return
        for each in sorted(self._survey.directories):
            try:
                files.register_directory(conn, project_id, Path(each))
            except Forbidden:
                continue

    def _models(self, conn: Connection, project: Row[Any], counts: ProjectCounts) -> None:
        """The ML backends in `config.json`. None is called: whether it answers is seen when it is looked at."""
        for url, name in backends_of(self._source):
            values = {"project_id": project.id, "url": url, "title": name, "protocol": 0}
            ml.take_over(conn, self._ctx.secrets, project, values, None, tell=False)
            counts.models += 1
