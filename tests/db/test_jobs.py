"""Jobs: steps that happen exactly once, whatever happens to the worker."""

import asyncio
import functools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from labelyard.db.schema import job, organization
from labelyard.kit.db.database import Database
from labelyard.kit.errors import Invalid
from labelyard.kit.jobs.runner import MAX_ATTEMPTS, JobRun, JobRunner


def note(conn: Connection, token: str) -> None:
    """An effect that can happen only once: the token is unique."""
    conn.execute(organization.insert().values(title="", invite_token=token, created_at=1, updated_at=1))


def notes(conn: Connection) -> list[str]:
    return list(conn.execute(sa.select(organization.c.invite_token).order_by(organization.c.id)).scalars())


def count_to(run: JobRun) -> dict[str, Any]:
    for n in range(run.cursor.get("n", 0), run.args["to"]):
        step = functools.partial(note, token=f"{n}")
        run.commit(step, cursor={"n": n + 1}, progress=n + 1, total=run.args["to"])
    return {"counted": run.args["to"]}


@pytest.fixture
def runner(database: Database) -> Iterator[JobRunner]:
    runner = JobRunner(database, job, threads=1)
    runner.register("count", count_to)
    yield runner
    runner.stop()


def submit(runner: JobRunner, kind: str = "count", **args: Any) -> int:
    return runner.db.write_sync(runner.submit, kind, args)


def finish(runner: JobRunner, job_id: int) -> Any:
    return asyncio.run(runner.wait(job_id, 20))


def test_a_job_runs_and_tells_its_result(runner: JobRunner) -> None:
    runner.start(alone=True)
    state = finish(runner, submit(runner, to=3))
    assert (state.state, state.result, state.progress, state.total) == ("completed", {"counted": 3}, 3, 3)
    assert runner.db.read_sync(notes) == ["0", "1", "2"]


def test_an_interrupted_job_goes_on_at_its_cursor(runner: JobRunner) -> None:
    """The row as a kill -9 leaves it: running, with a cursor, and a lease of a process that is no more."""
    job_id = submit(runner, to=5)

    def half_done(conn: Connection) -> None:
        note(conn, "0")
        note(conn, "1")
        conn.execute(
            job.update().values(
                state="running", cursor='{"n": 2}', attempts=1, lease_owner="dead", lease_expires_at=2**60
            )
        )

    runner.db.write_sync(half_done)
    runner.start(alone=True)
    assert finish(runner, job_id).state == "completed"
    assert runner.db.read_sync(notes) == ["0", "1", "2", "3", "4"]


def test_a_live_lease_of_another_worker_is_respected_until_it_runs_out(runner: JobRunner) -> None:
    job_id = submit(runner, to=1)
    runner.db.write_sync(
        lambda conn: conn.execute(
            job.update().values(state="running", lease_owner="other", lease_expires_at=2**60)
        )
    )
    runner.start(alone=False)
    assert asyncio.run(runner.wait(job_id, 1.2)).state == "running"
    runner.db.write_sync(lambda conn: conn.execute(job.update().values(lease_expires_at=1)))
    assert finish(runner, job_id).state == "completed"


def test_a_worker_that_lost_its_job_cannot_commit(runner: JobRunner) -> None:
    started, go = threading.Event(), threading.Event()

    def slow(run: JobRun) -> None:
        started.set()
        go.wait(10)
        run.commit(lambda conn: note(conn, "late"), cursor={})

    runner.register("slow", slow)
    runner.start(alone=True)
    submit(runner, "slow")
    assert started.wait(10)
    runner.db.write_sync(
        lambda conn: conn.execute(job.update().values(lease_owner="other", lease_expires_at=2**60))
    )
    go.set()
    time.sleep(0.3)
    assert runner.db.read_sync(notes) == []


def test_failures_are_told_without_internals(runner: JobRunner) -> None:
    told: list[str] = []

    def refuse(run: JobRun) -> None:
        raise Invalid("row 3 has no text")

    def break_down(run: JobRun) -> None:
        raise RuntimeError("secret path /etc")

    runner.register("refuse", refuse, on_failure=lambda conn, args, error: told.append(error))
    runner.register("break", break_down)
    runner.start(alone=True)
    refused, broken = finish(runner, submit(runner, "refuse")), finish(runner, submit(runner, "break"))
    assert refused.state == "failed" and "row 3 has no text" in refused.error and told == [refused.error]
    assert broken.state == "failed" and "internal error" in broken.error and "/etc" not in broken.error


def test_cancelling_stops_before_the_next_step(runner: JobRunner) -> None:
    def endless(run: JobRun) -> None:
        n = 0
        while True:
            n += 1
            run.commit(functools.partial(note, token=f"{n}"), cursor={"n": n}, progress=n)

    runner.register("endless", endless)
    runner.start(alone=True)
    job_id = submit(runner, "endless")
    deadline = time.monotonic() + 10
    while not runner.db.read_sync(notes) and time.monotonic() < deadline:
        time.sleep(0.01)
    runner.db.write_sync(runner.cancel, job_id)
    assert finish(runner, job_id).state == "cancelled"
    steps = runner.db.read_sync(notes)
    time.sleep(0.1)
    assert runner.db.read_sync(notes) == steps


def test_a_job_that_kills_its_server_is_given_up(runner: JobRunner) -> None:
    job_id = submit(runner, to=1)
    runner.db.write_sync(
        lambda conn: conn.execute(
            job.update().values(state="running", attempts=MAX_ATTEMPTS, lease_expires_at=0)
        )
    )
    runner.start(alone=True)
    assert finish(runner, job_id).state == "failed"
    assert runner.db.read_sync(notes) == []


def test_a_job_that_gets_on_is_not_given_up_however_often_it_is_interrupted(database: Database) -> None:
    kills = 2 * MAX_ATTEMPTS
    job_id = 0
    for _ in range(kills):
        runner = JobRunner(database, job, threads=1)

        def one_step(run: JobRun) -> dict[str, int]:
            n = run.cursor.get("n", 0)
            run.commit(lambda conn: note(conn, str(n)), cursor={"n": n + 1})
            if n + 1 < kills:
                raise KilledHere
            return {"n": n + 1}

        runner.register("count", one_step)
        job_id = job_id or submit(runner, to=kills)
        with suppress(KilledHere):
            runner.run_pending()
        # The worker is gone, and says nothing of it.
        database.write_sync(lambda conn: conn.execute(job.update().values(lease_expires_at=1)))
    found = database.read_sync(runner.state, job_id)
    assert found is not None and found.state == "completed"
    assert database.read_sync(notes) == [str(n) for n in range(kills)]


class KilledHere(BaseException):
    """In the place of the end of a process."""


def test_one_live_job_for_a_dedupe_key(runner: JobRunner) -> None:
    def twice(conn: Connection) -> list[int]:
        return [runner.submit(conn, "count", {"to": 1}, dedupe_key="k") for _ in range(2)]

    first, second = runner.db.write_sync(twice)
    assert first == second
    runner.start(alone=True)
    finish(runner, first)
    assert runner.db.write_sync(twice)[0] != first


def test_stopping_leaves_the_job_for_the_next_start(database: Database) -> None:
    first = JobRunner(database, job, threads=1)
    first.register("count", count_to)
    first.start(alone=True)
    job_id = submit(first, to=2000)
    while not database.read_sync(notes):
        time.sleep(0.005)
    first.stop()
    done = database.read_sync(notes)
    assert 0 < len(done) < 2000
    left = database.read_sync(first.state, job_id)
    assert left is not None and left.state == "queued"

    second = JobRunner(database, job, threads=1)
    second.register("count", count_to)
    assert second.run_pending() == 1
    assert database.read_sync(notes) == [str(n) for n in range(2000)]
