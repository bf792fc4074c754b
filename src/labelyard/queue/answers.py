"""The answer to "next task": the task with everything the labeling page needs of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.kit.clock import iso
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.queue import service
from labelyard.queue.service import Lease, NextTask
from labelyard.storages import resolving
from labelyard.tasks import service as tasks


@dataclass(frozen=True, slots=True)
class Answer:
    """A task that was taken, as `next` shows it. `unpredicted`: its project wants predictions and it has none yet."""

    task: dict[str, Any]
    unpredicted: bool


def next_answer(
    conn: Connection, actor: Actor, project_id: int, exclude: Sequence[int], ttl_seconds: int
) -> Answer | None:
    """Take the next task for the caller; short task, predictions, own annotations and drafts. None: nothing is left."""
    project = projects.get(conn, actor, project_id)
    found = service.next_task(conn, actor, project, exclude=exclude, ttl_seconds=ttl_seconds)
    return None if found is None else answer_of(conn, actor, project, found)


def answer_of(conn: Connection, actor: Actor, project: Row[Any], found: NextTask) -> Answer:
    """A task that was taken for the caller, as `next` shows it."""
    row = tasks.get_row(conn, actor, found.task_id)
    ids = [row.id]
    guessed = row.total_predictions and project.show_collab_predictions
    shown = {
        "predictions": predictions.for_tasks(conn, ids, model_version=project.model_version)
        if guessed
        else {},
        "annotations": annotations.for_tasks(conn, actor, ids, own=True)
        if row.total_annotations or row.cancelled_annotations
        else {},
        "drafts": annotations.drafts_for_tasks(conn, actor, ids),
    }
    short = tasks.short_json(conn, row, project)
    sources = resolving.sources(conn, project.id)
    if sources is not None:
        short["data"] = resolving.resolved(short["data"], row.id, sources)
    task = {
        **short,
        **{name: made.get(row.id, []) for name, made in shown.items()},
        "updated_by": [] if row.updated_by is None else [{"user_id": row.updated_by}],
        "unique_lock_id": found.lease.token,
        "queue": found.queue,
        "allow_skip": row.allow_skip,
    }
    return Answer(task, unpredicted=not row.total_predictions and projects.predicts_when_opened(project))


def lease_json(lease: Lease) -> dict[str, Any]:
    """A lease as the API shows it."""
    return {"task": lease.task_id, "unique_lock_id": lease.token, "expires_at": iso(lease.expires_at)}
