"""One run at work: which tasks are sent together, what is stored of the answers, and when to give up.

A batch that is not answered well is sent again in smaller ones, down to a single task, so that one task that a model
chokes on costs the others nothing. When several single tasks in a row fail, the model is what is broken.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.context import Context
from labelyard.ml import answers, calling, queries, service
from labelyard.ml.answers import Checked
from labelyard.ml.protocol import BackendError
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks
from labelyard.users import service as users

BATCH_BYTES = 4 * 1024 * 1024  # of data in one request; a single task may have more
_ALONE = 5  # single tasks that fail in a row before the run is given up
_PAUSES = (1.0, 3.0, 9.0)  # seconds before a backend that is not there is tried again


class Fatal(Exception):
    """The run cannot go on; the message says why, in our words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message: Final = message


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks to send: the request's body, and the tasks that have a prediction of the version already."""

    backend: Row[Any]
    asked: calling.Asked | None  # None: there is none to ask for
    ids: Sequence[int]
    to_ask: Sequence[int]

    @property
    def last(self) -> int:
        return self.ids[-1]


class Predicting:
    """The state of a run that a restart may lose."""

    def __init__(self, ctx: Context, args: Mapping[str, Any]) -> None:
        self.ctx, self.args = ctx, args
        self.size = ctx.settings.ml_batch_tasks
        self.version: str | None = None
        self._failures = 0  # single tasks in a row
        self._missed = 0  # connections in a row

    def next_batch(self, conn: Connection, after: int) -> Batch | None:
        """The tasks to deal with next; None when none is left, or the backend is gone."""
        backend = service.row_of(conn, self.args["backend_id"])
        project_row = projects.row_of(conn, self.args["project_id"])
        run = queries.run_row(conn, self.args["run_id"])
        if backend is None or project_row is None or run is None:
            return None
        limit = 1 if backend.protocol == 0 else max(self.size, 1)
        rows = _within(queries.waiting(conn, run.id, after, limit))
        if not rows:
            return None
        ids = [row.id for row in rows]
        to_ask = ids
        if backend.model_version and not msgspec.json.decode(run.options)["again"]:
            have = queries.versions_of(conn, ids)
            to_ask = [each for each in ids if (each, backend.model_version) not in have]
        asked = calling.asked_of(project_row, self._tasks(conn, project_row, to_ask)) if to_ask else None
        return Batch(backend, asked, ids, to_ask)

    def _tasks(self, conn: Connection, project_row: Row[Any], ids: Sequence[int]) -> list[dict[str, Any]]:
        """Tasks as a model is sent them, with their annotations, which it may want to learn from."""
        actor = users.worker(conn, self.args["actor_id"], self.args["project_id"])
        made = annotations.for_tasks(conn, actor, list(ids))
        return [
            {**each, "annotations": made.get(each["id"], []), "predictions": []}
            for each in tasks.short_by_ids(conn, project_row, ids)
        ]

    def ask(self, batch: Batch) -> dict[int, Checked] | None:
        """What the backend says of each task; None when they are to be sent again, fewer at a time. Fatal."""
        if batch.asked is None:
            return {}
        try:
            said = calling.ask(self.ctx, batch.backend, batch.asked)
        except BackendError as error:
            return self._failed(batch, error)
        self._failures = self._missed = 0
        self.size = min(self.size * 2, self.ctx.settings.ml_batch_tasks)
        return dict(zip(batch.to_ask, said, strict=True))

    def _failed(self, batch: Batch, error: BackendError) -> dict[int, Checked] | None:
        if error.kind == "address":
            raise Fatal(error.message)
        if error.kind == "unreachable":
            if self._missed >= len(_PAUSES):
                raise Fatal(error.message)
            time.sleep(_PAUSES[self._missed])
            self._missed += 1
            return None
        if len(batch.to_ask) > 1:
            self.size = max(len(batch.ids) // 4, 1)
            return None
        self._failures += 1
        if self._failures >= _ALONE:
            raise Fatal(f"{error.message} Given up after {_ALONE} tasks in a row.")
        return {batch.to_ask[0]: Checked((), error.message)}

    def store(self, conn: Connection, *, batch: Batch, checked: Mapping[int, Checked]) -> None:
        """Keep what came, in the transaction that says so."""
        run = queries.run_row(conn, self.args["run_id"])
        project_row = projects.row_of(conn, self.args["project_id"])
        if run is None or project_row is None:
            return
        there = queries.hold_tasks(conn, project_row.id, batch.ids)
        if batch.asked is not None and project_row.label_config != batch.asked.label_config:
            checked = {each: _again(project_row.label_config, found) for each, found in checked.items()}
        kept = {each: found for each, found in checked.items() if each in there}
        states: dict[int, tuple[str, str | None]] = {
            each: (queries.SKIPPED, None) for each in batch.ids if each in there and each not in checked
        }
        stored, skipped = store_new(
            conn, project_row, kept, again=bool(msgspec.json.decode(run.options)["again"])
        )
        for each, found in kept.items():
            state = (
                queries.FAILED if found.failed else queries.SKIPPED if each in skipped else queries.PREDICTED
            )
            states[each] = (state, found.note or None)
        queries.set_tasks(conn, run.id, states)
        self._count(conn, run.id, states, stored)
        self._learn(conn, batch.backend.id, run.id, kept)

    def _count(
        self, conn: Connection, run_id: int, states: Mapping[int, tuple[str, str | None]], stored: int
    ) -> None:
        said = [state for state, _ in states.values()]
        queries.count_up(
            conn,
            run_id,
            predictions=stored,
            predicted=said.count(queries.PREDICTED),
            skipped=said.count(queries.SKIPPED),
            failed=said.count(queries.FAILED),
        )

    def _learn(self, conn: Connection, backend_id: int, run_id: int, kept: Mapping[int, Checked]) -> None:
        """Remember the version that the answers name."""
        version = version_of(kept.values())
        if version and version != self.version:
            self.version = version
            queries.update_run(conn, run_id, {"model_version": version})
            learn_version(conn, backend_id, version)


def _within(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """As many of the tasks as one request may carry, at least one."""
    taken: list[Row[Any]] = []
    size = 0
    for row in rows:
        size += len(row.data)
        if taken and size > BATCH_BYTES:
            break
        taken.append(row)
    return taken


def _again(label_config: str, found: Checked) -> Checked:
    """Hold predictions against a config that was changed while the backend was at work."""
    parts = [
        {
            "result": msgspec.Raw(each.result.encode()),
            "score": each.score,
            "model_version": each.model_version,
        }
        for each in found.predictions
    ]
    return answers.check(label_config, msgspec.json.encode(parts), "") if parts else found


def version_of(found: Any) -> str | None:
    """The version that the last of these predictions names."""
    named = [each.model_version for one in found for each in one.predictions if each.model_version]
    return named[-1] if named else None


def learn_version(conn: Connection, backend_id: int, version: str) -> None:
    """A backend's predictions are of this version now."""
    row = service.row_of(conn, backend_id)
    if row is None:
        return
    values: dict[str, Any] = {"versions": service.with_version(row.versions, version)}
    if row.auto_update:
        values["model_version"] = version
    if any(getattr(row, name) != value for name, value in values.items()):
        service.note(conn, backend_id, **values)


def store_new(
    conn: Connection, project_row: Row[Any], found: Mapping[int, Checked], *, again: bool
) -> tuple[int, set[int]]:
    """Store the predictions of tasks that are held: (how many, tasks that had all of these versions already).

    A task keeps the predictions of a version that it has; with `again` they are replaced.
    """
    ids = [each for each, one in found.items() if one.predictions]
    have = queries.versions_of(conn, ids) if ids else set()
    if again:
        new_versions = {each.model_version or "" for one in found.values() for each in one.predictions}
        for version in new_versions & {name for _, name in have}:
            predictions.delete_for_tasks(conn, project_row, ids, model_version=version)
        have = set()
    rows = [
        (task_id, each)
        for task_id, one in sorted(found.items())
        for each in one.predictions
        if (task_id, each.model_version or "") not in have
    ]
    predictions.insert_many(conn, project_row, rows)
    return len(rows), set(ids) - {task_id for task_id, _ in rows}
