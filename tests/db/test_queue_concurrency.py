"""Many annotators at once, on both engines: nobody does a task twice, no task gets too many, none is forgotten."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from tests.support.database import put_database
from tests.support.labeling import RESULT, add_tasks, check_books, make_actors, make_project

from labelyard.annotations import service as annotations
from labelyard.db import schema
from labelyard.kit.db.open import open_database
from labelyard.projects import service as projects
from labelyard.queue import service as queue

PEOPLE = 6


@pytest.fixture
def db(database_url: str, tmp_path):
    path = tmp_path / "labelyard.sqlite3"
    if not database_url:
        put_database(path)
    database = open_database(database_url, path, synchronous="NORMAL", readers=PEOPLE)
    yield database
    database.close()


@pytest.mark.parametrize("sampling", ["Sequential sampling", "Uniform sampling"])
@pytest.mark.parametrize("overlap", [1, 2])
def test_everybody_at_once(db, overlap, sampling):
    actors = db.write_sync(make_actors, PEOPLE)
    project = db.write_sync(
        lambda conn: make_project(conn, actors[0], sampling=sampling, maximum_annotations=overlap)
    )
    tasks = db.write_sync(add_tasks, actors[0], project, [overlap] * 40)

    def work(number: int) -> list[int]:
        actor = actors[number]
        done: list[int] = []
        while True:
            row = db.read_sync(projects.get, actor, project)
            found = db.write_sync(queue.next_task, actor, row)
            if found is None:
                return done
            if len(done) % 7 == 3:
                db.write_sync(queue.release, actor, found.task_id)
                found = db.write_sync(queue.next_task, actor, row)
                if found is None:
                    return done
            db.write_sync(annotations.create, actor, found.task_id, {"result": RESULT})
            done.append(found.task_id)

    with ThreadPoolExecutor(PEOPLE) as pool:
        done = list(pool.map(work, range(PEOPLE)))
    # Somebody may have given a task back after the others went home.
    for number in range(PEOPLE):
        done[number] += work(number)

    assert all(len(each) == len(set(each)) for each in done), "somebody got a task twice"
    made = db.read_sync(lambda conn: conn.scalars(sa.select(schema.annotation.c.task_id)).all())
    assert sorted(made) == sorted(tasks * overlap)
    db.read_sync(check_books, project)
