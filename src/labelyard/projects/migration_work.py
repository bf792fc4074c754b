"""The rewriting of results by a migration of a label config, and its undo, in steps of a request or of a job."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations.rewriting import (
    Back,
    Rewritten,
    put_back_annotations,
    put_back_drafts,
    rewrite_annotations,
    rewrite_drafts,
    was_said_since,
)
from labelyard.kit.clock import now_us
from labelyard.kit.errors import NotFound
from labelyard.kit.jobs.runner import JobRun
from labelyard.label.mapping import Mapper, Rules, Target
from labelyard.label.results import ResultValidator
from labelyard.predictions.rewriting import put_back_predictions, rewrite_predictions
from labelyard.projects import migration_queries as migrations
from labelyard.projects import service, version_queries
from labelyard.projects.schemas import MigrationBody
from labelyard.users import service as users
from labelyard.webhooks import outbox

KIND = "project.migrate"
PHASES = ("annotations", "drafts", "predictions")
BATCH = 500
Json = dict[str, Any]


def rules_of(body: MigrationBody) -> Rules:
    """The rules as they were sent."""
    labels = {
        control: {
            label: tuple(
                Target(
                    each.label, each.control, (each.where.control, each.where.label) if each.where else None
                )
                for each in targets
            )
            for label, targets in renamed.items()
        }
        for control, renamed in body.targets().items()
    }
    return Rules(dict(body.controls), dict(body.objects), labels)


class Work:
    """The rewriting of one migration, or its undo, in steps."""

    def __init__(self, found: Row[Any], label_config: str) -> None:
        self.found = found
        self.undoing = found.status == "undoing"
        body = MigrationBody.model_validate_json(found.rules)
        config = service.checked_config(label_config)
        self.mapper = Mapper(rules_of(body), config)
        self._new = ResultValidator(config)

    def step(self, conn: Connection, actor: Actor, phase: str, after: int) -> int | None:
        """Deal with the next BATCH rows of a kind; the last one's id, None when there are no more."""
        if self.undoing:
            return self._put_back(conn, actor, phase, after)
        found, project_id = self.found, self.found.project_id
        made: Rewritten
        if phase == "annotations":
            note = {"migration": found.id}

            def new_result(row: Any) -> str | None:
                said = row.updated_at > found.created_at and was_said_since(conn, row.id, found.created_at)
                return self._result(row, said)

            made = rewrite_annotations(conn, actor, project_id, after, BATCH, new_result, note)
        elif phase == "drafts":
            made = rewrite_drafts(conn, project_id, after, BATCH, self._later)
        else:
            made = rewrite_predictions(conn, project_id, after, BATCH, self._later)
        migrations.add_changes(conn, found.id, phase, made.changes)
        if phase == "annotations":
            self._tell(conn, [each.row_id for each in made.changes])
        self._add(conn, phase, len(made.changes))
        return made.last

    def _later(self, row: Any) -> str | None:
        return self._result(row, row.updated_at > self.found.created_at)

    def _result(self, row: Any, said_since: bool) -> str | None:
        text: str | None = row.result
        if said_since and text is not None and not self._new.validate_prediction(text.encode()):
            return None  # made with the new config
        return self.mapper.rewrite(text)

    def _put_back(self, conn: Connection, actor: Actor, phase: str, after: int) -> int | None:
        rows = migrations.changes_after(conn, self.found.id, phase, after, BATCH)
        if not rows:
            return None
        changes = [Back(row.row_id, row.before, self.mapper.rewrite(row.before), row.mark) for row in rows]
        if phase == "annotations":
            note = {"migration": self.found.id, "undone": True}
            back = put_back_annotations(conn, actor, changes, note)
            self._tell(conn, back)
            done = len(back)
        elif phase == "drafts":
            done = put_back_drafts(conn, changes)
        else:
            done = put_back_predictions(conn, changes)
        self._add(conn, f"{phase}_put_back", done)
        return changes[-1].row_id

    def _tell(self, conn: Connection, annotations: list[int]) -> None:
        if annotations:
            outbox.note(conn, self.found.project_id, "ANNOTATION_UPDATED", annotations)

    def _add(self, conn: Connection, name: str, count: int) -> None:
        found = migrations.one(conn, self.found.id)
        counts = msgspec.json.decode(found.counts) if found is not None else {}
        counts[name] = counts.get(name, 0) + count
        migrations.update(conn, self.found.id, counts=msgspec.json.encode(counts).decode())

    def finish(self, conn: Connection) -> None:
        """Mark it done, or undone."""
        now = now_us()
        if self.undoing:
            migrations.update(conn, self.found.id, status="undone", undone_at=now)
        else:
            migrations.update(conn, self.found.id, status="completed", finished_at=now)


def work_of(conn: Connection, migration_id: int) -> Work:
    """The work of a migration that is being done or undone."""
    found = migrations.one(conn, migration_id)
    if found is None:
        raise NotFound(f"No migration with id {migration_id}.")
    version = version_queries.one(conn, found.project_id, found.to_version)
    assert version is not None  # noqa: S101 - versions are never deleted
    return Work(found, version.label_config)


def run(job: JobRun) -> None:
    """The job: phase after phase, its cursor the last row that was dealt with."""
    args = job.args
    work = job.runner.db.read_sync(work_of, args["migration_id"])
    place, after, done = job.cursor.get("phase", 0), job.cursor.get("after", 0), job.progress
    while place < len(PHASES):
        phase = PHASES[place]

        def step(conn: Connection, phase: str = phase, after: int = after) -> int | None:
            actor = users.worker(conn, args["actor_id"], args["project_id"])
            return work.step(conn, actor, phase, after)

        def cursor(last: int | None, place: int = place) -> Json:
            return {"phase": place + 1, "after": 0} if last is None else {"phase": place, "after": last}

        last = job.commit(step, cursor=cursor, progress=done)
        place, after = (place + 1, 0) if last is None else (place, last)
        done += 0 if last is None else BATCH
    job.complete(work.finish, None)


def failed(conn: Connection, args: Mapping[str, Any], error: str) -> None:
    """A job that was given up: what it changed can be undone."""
    migrations.update(conn, args["migration_id"], status="failed", error=error, finished_at=now_us())
