"""Work on many tasks survives a kill between two batches: what was done stays done, the rest follows."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.db import schema
from labelyard.kit.db.database import Database
from labelyard.kit.jobs.runner import JobRunner
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields
from labelyard.tasks import service
from labelyard.tasks.service import NewTask
from labelyard.users import service as users
from labelyard.views import jobs
from labelyard.views.actions import ACTIONS
from labelyard.views.schemas import SelectedItems
from labelyard.views.selection import Wanted

TASKS = 25


class Killed(BaseException):
    """What no handler of the server catches, as a kill."""


def runner(database: Database) -> JobRunner:
    made = JobRunner(database, schema.job)
    made.register(jobs.KIND, jobs.run)
    return made


def set_up(conn: Connection) -> tuple[Actor, int]:
    users.ensure_local_owner(conn)
    actor = users.local_actor(conn)
    project = projects.create(conn, actor, ProjectFields())["id"]
    new = [NewTask(json.dumps({"n": n})) for n in range(TASKS)]
    service.insert_tasks(conn, projects.get(conn, actor, project), actor.user_id, new)
    return actor, project


@pytest.mark.parametrize("chosen", ["all", "included"])
def test_a_deletion_goes_on_behind_the_last_batch(database, monkeypatch, chosen):
    monkeypatch.setattr(jobs, "BATCH", 4)
    actor, project = database.write_sync(set_up)
    ids = database.read_sync(service.first_ids, project, TASKS)
    everything = chosen == "all"
    selected = SelectedItems(all=everything, excluded=[ids[1], ids[20]], included=ids[2:])
    first = runner(database)
    job_id = database.write_sync(
        jobs.submit, first, actor, project, "delete_tasks", Wanted(selected=selected), {}
    )
    calls: list[int] = []

    def dies(conn: Connection, who: Actor, row: Any, some: Any, _: Any) -> int:
        calls.append(1)
        done = service.delete_rows(conn, who, row, some)
        if len(calls) == 3:
            raise Killed
        return done

    monkeypatch.setitem(ACTIONS, "delete_tasks", replace(ACTIONS["delete_tasks"], act=dies))
    with pytest.raises(Killed):
        first.run_pending()
    left = database.read_sync(service.first_ids, project, TASKS)
    assert len(left) in {TASKS - 7, TASKS - 8}  # two batches are committed, the third is undone

    later = database.write_sync(
        lambda conn: service.insert_tasks(
            conn, projects.get(conn, actor, project), actor.user_id, [NewTask('{"n": -1}')]
        )
    )
    second = runner(database)
    database.write_sync(second._reclaim)
    assert second.run_pending() == 1
    state = database.read_sync(second.state, job_id)
    kept = [ids[1], ids[20]] if chosen == "all" else ids[:2]
    assert state.result == {"done": TASKS - 2}
    assert database.read_sync(service.first_ids, project, TASKS) == [*kept, *later]
    assert database.read_sync(projects.counts, project).tasks == 3
    assert database.read_sync(projects.data_columns, project) == {"n": 3}
