"""Predictions for a task that somebody opens and that has none yet, without keeping them waiting.

The backends of the project are asked while the answer waits a moment (`ml_next_seconds`). What comes later is stored
all the same and is there when the task is opened again. A backend that failed is left alone for a while.
"""

import asyncio
import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Row

from labelyard.context import Context
from labelyard.kit.db.database import Database
from labelyard.kit.errors import Problem
from labelyard.kit.log import Logger
from labelyard.ml import calling, queries, service
from labelyard.ml.answers import Checked
from labelyard.ml.predicting import learn_version, store_new, version_of
from labelyard.ml.protocol import BackendError
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.tasks import reading as tasks

log = Logger("labelyard.ml")
_AT_ONCE = 8  # tasks that backends are asked about at the same time; for others there is no prediction now
_PAUSE = 30.0  # seconds for which a backend that failed is left alone


class _Going:
    """What goes on in this process: tasks that are asked about, and backends that are left alone."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tasks: set[int] = set()
        self.paused: dict[int, float] = {}
        self.limiter = CapacityLimiter(_AT_ONCE)
        self.running: set[asyncio.Task[None]] = set()

    def is_paused(self, backend_id: int) -> bool:
        return self.paused.get(backend_id, 0.0) > time.monotonic()

    def pause(self, backend_id: int) -> None:
        self.paused[backend_id] = time.monotonic() + _PAUSE


_going: WeakKeyDictionary[Database, _Going] = WeakKeyDictionary()


async def predict(ctx: Context, project_id: int, task_id: int) -> list[dict[str, Any]]:
    """Predictions of a task that had none: those that came within `ml_next_seconds`, as the API shows them."""
    going = _going.setdefault(ctx.db, _Going())
    with going.lock:
        if len(going.tasks) >= _AT_ONCE or task_id in going.tasks:
            return []
        going.tasks.add(task_id)
    work = asyncio.create_task(_work(ctx, going, project_id, task_id))
    going.running.add(work)
    work.add_done_callback(going.running.discard)
    await asyncio.wait({work}, timeout=ctx.settings.ml_next_seconds)
    return await ctx.db.read(_shown, task_id) if work.done() else []


async def _work(ctx: Context, going: _Going, project_id: int, task_id: int) -> None:
    try:
        await to_thread.run_sync(_ask_all, ctx, going, project_id, task_id, limiter=going.limiter)
    except Problem as problem:  # the project went meanwhile
        log.info("no prediction for an opened task", reason=str(problem))
    finally:
        with going.lock:
            going.tasks.discard(task_id)


def _shown(conn: Connection, task_id: int) -> list[dict[str, Any]]:
    return predictions.for_tasks(conn, [task_id]).get(task_id, [])


def _ask_all(ctx: Context, going: _Going, project_id: int, task_id: int) -> None:
    backends, asked = ctx.db.read_sync(_question, project_id, task_id)
    for row in backends:
        if asked is None or going.is_paused(row.id):
            continue
        try:
            found = calling.ask(ctx, row, asked, ctx.settings.ml_interactive_seconds)[0]
        except BackendError as error:
            going.pause(row.id)
            calling.write_down(ctx, row, error)
            continue
        if found.failed:
            log.info("a prediction does not fit", backend=row.id, task=task_id, note=found.note)
            continue
        ctx.db.write_sync(_store, row.id, project_id, task_id, found)


def _question(conn: Connection, project_id: int, task_id: int) -> tuple[list[Row[Any]], calling.Asked | None]:
    project_row = projects.row_of(conn, project_id)
    backends = list(queries.of_project(conn, project_id)) if project_row is not None else []
    if project_row is None or not backends:
        return [], None
    shown = tasks.short_by_ids(conn, project_row, [task_id])
    made = [{**each, "annotations": [], "predictions": []} for each in shown]
    return backends, calling.asked_of(project_row, made) if made else None


def _store(conn: Connection, backend_id: int, project_id: int, task_id: int, found: Checked) -> None:
    project_row = projects.row_of(conn, project_id)
    if project_row is None or not queries.hold_tasks(conn, project_id, [task_id]):
        return
    store_new(conn, project_row, {task_id: found}, again=False)
    version = version_of([found])
    if version:
        learn_version(conn, backend_id, version)


def wanted(conn: Connection, project_id: int) -> bool:
    """Whether tasks of the project are to be predicted for when they are opened, and somebody can be asked."""
    row = projects.row_of(conn, project_id)
    return (
        row is not None and projects.predicts_when_opened(row) and bool(service.of_project(conn, project_id))
    )
