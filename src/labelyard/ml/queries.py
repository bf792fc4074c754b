"""All SQL of ML backends and what they were asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import ml_backend as backend
from labelyard.db.schema import ml_run as run
from labelyard.db.schema import ml_run_task as run_task
from labelyard.db.schema import prediction, project, task
from labelyard.db.schema import project_counts as counts

# States of a run, and of a task in it.
CREATED, IN_PROGRESS, COMPLETED, FAILED, CANCELLED = (
    "created",
    "in_progress",
    "completed",
    "failed",
    "cancelled",
)
WAITING, PREDICTED, SKIPPED = "waiting", "predicted", "skipped"
TASK_STATES = (WAITING, PREDICTED, SKIPPED, FAILED)
LIVE = (CREATED, IN_PROGRESS)
CHUNK = 500

# --- backends -----------------------------------------------------------------------------------------------------

_SEEN = sa.select(backend, MEMBER_ROLE).join(project, project.c.id == backend.c.project_id).where(VISIBLE)


def by_id(conn: Connection, actor: Actor, backend_id: int) -> Row[Any] | None:
    """A backend of a project that the caller sees."""
    return conn.execute(_SEEN.where(backend.c.id == backend_id), binds(actor)).first()


def any_by_id(conn: Connection, backend_id: int) -> Row[Any] | None:
    """A backend of any project, for the server's own work."""
    return conn.execute(sa.select(backend).where(backend.c.id == backend_id)).first()


def of_project(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    statement = sa.select(backend).where(backend.c.project_id == project_id)
    return conn.execute(statement.order_by(backend.c.id)).all()


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    return int(conn.execute(sa.insert(backend).values(**values).returning(backend.c.id)).scalar_one())


def update(conn: Connection, backend_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(backend).where(backend.c.id == backend_id).values(**values))


def to_train(conn: Connection) -> Sequence[Row[Any]]:
    """Backends whose projects have as many more annotated tasks as they wait for: id, project_id, set_by,
    trained_tasks, annotated."""
    columns: list[sa.Column[Any]] = [
        *(backend.c[name] for name in ("id", "project_id", "set_by", "trained_tasks")),
        counts.c.annotated,
    ]
    enough = backend.c.trained_tasks + project.c.min_annotations_to_start_training
    statement = (
        sa.select(*columns)
        .join(project, project.c.id == backend.c.project_id)
        .join(counts, counts.c.project_id == backend.c.project_id)
        .where(project.c.min_annotations_to_start_training > 0, counts.c.annotated >= enough)
        .order_by(backend.c.id)
    )
    return conn.execute(statement).all()


def claim_training(conn: Connection, row: Row[Any]) -> bool:
    """Note that a backend of `to_train` is told to train; False when another process did."""
    statement = (
        sa.update(backend)
        .where(backend.c.id == row.id, backend.c.trained_tasks == row.trained_tasks)
        .values(trained_tasks=row.annotated)
    )
    return conn.execute(statement).rowcount == 1


def delete(conn: Connection, backend_id: int) -> None:
    conn.execute(sa.delete(backend).where(backend.c.id == backend_id))


# --- runs ---------------------------------------------------------------------------------------------------------


def insert_run(conn: Connection, values: Mapping[str, Any]) -> int:
    return int(conn.execute(sa.insert(run).values(**values).returning(run.c.id)).scalar_one())


def update_run(conn: Connection, run_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def run_row(conn: Connection, run_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(run).where(run.c.id == run_id)).first()


def run_of(conn: Connection, backend_id: int, run_id: int) -> Row[Any] | None:
    statement = sa.select(run).where(run.c.id == run_id, run.c.backend_id == backend_id)
    return conn.execute(statement).first()


def runs(conn: Connection, backend_id: int, offset: int, limit: int | None) -> tuple[Sequence[Row[Any]], int]:
    """A page of the runs of a backend, the newest first, and how many there are."""
    mine = run.c.backend_id == backend_id
    statement = sa.select(run).where(mine).order_by(run.c.id.desc()).offset(offset)
    rows = conn.execute(statement if limit is None else statement.limit(limit)).all()
    return rows, int(conn.execute(sa.select(sa.func.count()).select_from(run).where(mine)).scalar_one())


def live_runs(conn: Connection, backend_id: int) -> Sequence[Row[Any]]:
    statement = sa.select(run).where(run.c.backend_id == backend_id, run.c.status.in_(LIVE))
    return conn.execute(statement).all()


def give_up_unstarted(conn: Connection, backend_id: int, before: int) -> None:
    """Runs of a backend that were made before that time and never started are none."""
    stale = sa.and_(run.c.backend_id == backend_id, run.c.status == CREATED, run.c.created_at < before)
    conn.execute(sa.delete(run).where(stale))


def count_up(conn: Connection, run_id: int, **added: int) -> None:
    """Add to the counters of a run."""
    values = {name: run.c[name] + number for name, number in added.items() if number}
    if values:
        conn.execute(sa.update(run).where(run.c.id == run_id).values(**values))


# --- tasks of runs ------------------------------------------------------------------------------------------------


def tasks_of_project(conn: Connection, project_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the ids that are tasks of the project."""
    found: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        part = list(ids[start : start + CHUNK])
        statement = sa.select(task.c.id).where(task.c.id.in_(part), task.c.project_id == project_id)
        found.update(conn.execute(statement).scalars())
    return found


def add_tasks(conn: Connection, run_id: int, ids: Sequence[int]) -> None:
    """Let tasks, which are not in the run yet, wait for their predictions."""
    for start in range(0, len(ids), CHUNK):
        rows = [{"run_id": run_id, "task_id": each, "state": WAITING} for each in ids[start : start + CHUNK]]
        conn.execute(sa.insert(run_task), rows)


def add_tasks_after(
    conn: Connection, run_id: int, project_id: int, after: int, last: int, limit: int
) -> tuple[int, int | None]:
    """Add up to `limit` tasks of the project with an inner id above `after`, up to `last`: (how many, the highest)."""
    statement = (
        sa.select(task.c.id, task.c.inner_id)
        .where(task.c.project_id == project_id, task.c.inner_id > after, task.c.inner_id <= last)
        .order_by(task.c.inner_id)
        .limit(limit)
    )
    found = conn.execute(statement).all()
    add_tasks(conn, run_id, [row.id for row in found])
    return len(found), found[-1].inner_id if found else None


def waiting(conn: Connection, run_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """Rows of the next tasks of a run, by id."""
    statement = (
        sa.select(task)
        .join(run_task, run_task.c.task_id == task.c.id)
        .where(run_task.c.run_id == run_id, run_task.c.task_id > after, run_task.c.state == WAITING)
        .order_by(run_task.c.task_id)
        .limit(limit)
    )
    return conn.execute(statement).all()


def set_tasks(conn: Connection, run_id: int, states: Mapping[int, tuple[str, str | None]]) -> None:
    """Task → (state, note)."""
    if not states:
        return
    statement = (
        sa.update(run_task)
        .where(run_task.c.run_id == run_id, run_task.c.task_id == sa.bindparam("of_task"))
        .values(state=sa.bindparam("new_state"), note=sa.bindparam("new_note"))
    )
    conn.execute(
        statement,
        [{"of_task": each, "new_state": state, "new_note": note} for each, (state, note) in states.items()],
    )


def tasks_of_run(
    conn: Connection, run_id: int, state: str | None, offset: int, limit: int | None
) -> Sequence[Row[Any]]:
    """A page of the tasks of a run, by id."""
    statement = sa.select(run_task).where(run_task.c.run_id == run_id)
    if state is not None:
        # A literal, so that the partial index of failures is used.
        statement = statement.where(run_task.c.state == sa.literal_column(f"'{state}'"))
    statement = statement.order_by(run_task.c.task_id).offset(offset)
    return conn.execute(statement if limit is None else statement.limit(limit)).all()


def hold_tasks(conn: Connection, project_id: int, ids: Sequence[int]) -> set[int]:
    """Lock tasks of the project until the transaction ends; those that are (still) there."""
    statement = (
        sa.select(task.c.id)
        .where(task.c.id.in_(list(ids)), task.c.project_id == project_id)
        .order_by(task.c.id)
        .with_for_update()
    )
    return set(conn.execute(statement).scalars())


def versions_of(conn: Connection, ids: Sequence[int]) -> set[tuple[int, str]]:
    """(task, version) of the predictions that tasks have."""
    statement = (
        sa.select(prediction.c.task_id, prediction.c.model_version)
        .where(prediction.c.task_id.in_(list(ids)))
        .distinct()
    )
    return {(row.task_id, row.model_version or "") for row in conn.execute(statement)}


def old_runs(conn: Connection, backend_id: int, kept: int) -> list[int]:
    """Finished runs beyond the newest `kept`."""
    statement = sa.select(run.c.id).where(run.c.backend_id == backend_id, run.c.status.not_in(LIVE))
    return list(conn.execute(statement.order_by(run.c.id.desc()).offset(kept).limit(100)).scalars())


def forget_tasks(conn: Connection, run_id: int, limit: int) -> int:
    """Forget how up to `limit` tasks of a run went; how many were forgotten."""
    some = sa.select(run_task.c.task_id).where(run_task.c.run_id == run_id).limit(limit).subquery()
    statement = sa.delete(run_task).where(
        run_task.c.run_id == run_id, run_task.c.task_id.in_(sa.select(some.c.task_id))
    )
    return conn.execute(statement).rowcount


def delete_run(conn: Connection, run_id: int) -> None:
    conn.execute(sa.delete(run).where(run.c.id == run_id))
