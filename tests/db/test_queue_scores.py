"""The next task by score while models predict: the one that is first at that moment, on both engines."""

import random
import statistics
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from tests.support.database import put_database
from tests.support.labeling import RESULT, add_tasks, check_books, make_actors, make_project

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.db import schema
from labelyard.kit.db.database import Database
from labelyard.kit.db.open import open_database
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.sampling import HIGHEST_SCORE, LOWEST_SCORE, UNCERTAINTY

TASKS, ASKERS, MODELS, CHANGES = 40, 3, 3, 60
SCORES = (None, 0.0, 0.1, 0.25, 0.5, 0.7, 1.0)


@pytest.fixture
def db(database_url: str, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "labelyard.sqlite3"
    if not database_url:
        put_database(path)
    database = open_database(database_url, path, synchronous="NORMAL", readers=ASKERS + MODELS)
    yield database
    database.close()


def order(conn: Connection, project: int, sampling: str) -> list[int]:
    """Open tasks in the order in which they are to be handed out, from the predictions themselves."""
    row = conn.execute(sa.select(schema.project).where(schema.project.c.id == project)).one()
    found: dict[int, list[float]] = {}
    for each in conn.execute(sa.select(schema.prediction).where(schema.prediction.c.project_id == project)):
        counts = sampling != UNCERTAINTY or row.model_version in ("", each.model_version)
        if each.score is not None and counts:
            found.setdefault(each.task_id, []).append(each.score)

    def place(task: int) -> tuple[bool, float, int]:
        scores = found.get(task)
        if scores is None:
            return True, 0.0, task
        if sampling == UNCERTAINTY:
            return False, min(scores), task
        mean = statistics.fmean(scores)
        return False, -mean if sampling == HIGHEST_SCORE else mean, task

    is_open = sa.and_(schema.task.c.project_id == project, schema.task.c.free_slots > 0)
    return sorted(conn.scalars(sa.select(schema.task.c.id).where(is_open)), key=place)


class InChange:
    """Which tasks were touched since somebody began to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Counter[int] = Counter()
        self._since: list[set[int]] = []

    def begin(self, task: int) -> None:
        with self._lock:
            self._now[task] += 1
            for each in self._since:
                each.add(task)

    def end(self, task: int) -> None:
        with self._lock:
            self._now[task] -= 1

    def watch(self) -> set[int]:
        with self._lock:
            seen = {task for task, count in self._now.items() if count}
            self._since.append(seen)
            return seen


@pytest.mark.parametrize("sampling", [UNCERTAINTY, LOWEST_SCORE, HIGHEST_SCORE])
def test_it_is_the_first_of_that_moment(db: Database, sampling: str) -> None:
    actors = db.write_sync(make_actors, ASKERS + 1)
    owner = actors[0]
    project = db.write_sync(lambda conn: make_project(conn, owner, sampling=sampling, model_version="v0"))
    tasks = db.write_sync(add_tasks, owner, project, [1] * TASKS)
    changing = InChange()
    over = threading.Event()
    # On PostgreSQL one asks after the other, since what others have just taken cannot be known from outside.
    turn = nullcontext() if db.dialect == "sqlite" else threading.Lock()

    def model(number: int) -> None:
        rng = random.Random(number)
        mine: dict[int, list[int]] = {}
        for _ in range(CHANGES):
            task = rng.choice(tasks)
            score, version = rng.choice(SCORES), f"v{rng.randrange(2)}"
            given = {"result": RESULT, "score": score, "model_version": version}
            made = mine.setdefault(task, [])
            changing.begin(task)
            if made and rng.random() < 0.3:
                db.write_sync(predictions.delete, owner, made.pop())
            elif made and rng.random() < 0.5:
                db.write_sync(predictions.update, owner, made[-1], {"score": score})
            elif rng.random() < 0.5:
                made.append(int(db.write_sync(predictions.create, owner, task, given)["id"]))
            else:
                row = db.read_sync(projects.get, owner, project)
                new = NewPrediction(RESULT, score, version)
                made += db.write_sync(predictions.insert_many, row, [(task, new)])
            changing.end(task)

    def asker(number: int) -> int:
        actor, rng, handed = actors[number + 1], random.Random(number), 0
        while not over.is_set():
            row = db.read_sync(projects.get, actor, project)
            with turn:
                touched = changing.watch()
                found, better = db.write_sync(ask, actor, row)
                if found is None:
                    continue
                if db.dialect != "sqlite":
                    # What was changed in between, this task or a better one, may have been either before or after.
                    better = [] if found in touched else [each for each in better if each not in touched]
                changing.begin(found)
            handed += 1
            assert not better, f"task {found} was handed out before {better}"
            if rng.random() < 0.1:
                db.write_sync(annotations.create, actor, found, {"result": RESULT})
            else:
                db.write_sync(queue.release, actor, found)
            changing.end(found)
        return handed

    def ask(conn: Connection, actor: Actor, row: sa.Row) -> tuple[int | None, list[int]]:
        """The next task, and those that should have come before it."""
        before = order(conn, project, sampling)
        found = queue.next_task(conn, actor, row)
        if found is None:
            assert not before
            return None, []
        # Where others commit meanwhile, it may have been given back since.
        assert found.task_id in before or conn.dialect.name != "sqlite"
        place = before.index(found.task_id) if found.task_id in before else 0
        return found.task_id, before[:place]

    with ThreadPoolExecutor(ASKERS + MODELS) as pool:
        asking = [pool.submit(asker, number) for number in range(ASKERS)]
        try:
            for each in [pool.submit(model, number) for number in range(MODELS)]:
                each.result()
        finally:
            over.set()
        assert sum(each.result() for each in asking) > ASKERS

    # Afterwards all that is left comes in that order.
    expected = db.read_sync(order, project, sampling)
    row = db.read_sync(projects.get, owner, project)
    seen = []
    while (found := db.write_sync(queue.next_task, actors[1], row)) is not None:
        db.write_sync(annotations.create, actors[1], found.task_id, {"result": RESULT})
        seen.append(found.task_id)
    assert seen == expected
    db.read_sync(check_books, project)
