"""What every engine promises behind the port: isolation, durability, rollback of one closure only."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from tests.support.database import put_database

from labelyard.db.schema import annotation_event, data_column, organization
from labelyard.kit.db.database import Database
from labelyard.kit.db.dialect import add_counts, insert_rows, reserve_ids, upsert
from labelyard.kit.db.open import open_database


def add_organization(conn: Connection, token: str) -> int:
    result = conn.execute(
        organization.insert().values(title="Yard", invite_token=token, created_at=1, updated_at=1)
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def count(conn: Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(organization)).scalar_one())


def add_and_fail(conn: Connection, token: str) -> None:
    add_organization(conn, token)
    raise LookupError(token)


def wait_until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_write_is_seen_by_the_next_read(database: Database) -> None:
    database.write_sync(add_organization, "a")
    assert database.read_sync(count) == 1


def test_a_look_up_sees_what_was_committed_and_cannot_write(database: Database) -> None:
    async def ask() -> int:
        await database.write(add_organization, "a")
        with pytest.raises(sa.exc.DBAPIError):
            await database.look_up(add_organization, "b")
        return await database.look_up(count)

    assert asyncio.run(ask()) == 1


def test_a_failing_closure_undoes_itself_and_nothing_else(database: Database) -> None:
    async def mixed() -> list[object]:
        return await asyncio.gather(
            *(database.write(add_and_fail if n % 3 == 0 else add_organization, f"t{n}") for n in range(60)),
            return_exceptions=True,
        )

    answers = asyncio.run(mixed())
    assert sum(isinstance(answer, LookupError) for answer in answers) == 20
    assert len({answer for answer in answers if isinstance(answer, int)}) == 40
    assert database.read_sync(count) == 40


def test_a_violated_constraint_reaches_its_caller_only(database: Database) -> None:
    database.write_sync(add_organization, "same")
    with pytest.raises(sa.exc.IntegrityError):
        database.write_sync(add_organization, "same")
    database.write_sync(add_organization, "other")
    assert database.read_sync(count) == 2


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        database.read_sync(add_organization, "x")
    assert database.read_sync(count) == 0


def test_ids_are_never_reused(database: Database) -> None:
    def add_then_delete(conn: Connection) -> int:
        row_id = add_organization(conn, "gone")
        conn.execute(organization.delete())
        return row_id

    first = database.write_sync(add_then_delete)
    assert database.write_sync(add_organization, "new") > first


def test_reserved_ids_are_consecutive_and_fresh(database: Database) -> None:
    def bulk(conn: Connection, n: int) -> Sequence[int]:
        ids = reserve_ids(conn, annotation_event, n)
        columns = ["seq", "annotation_id", "task_id", "project_id", "kind", "result", "fields", "at"]
        insert_rows(
            conn,
            annotation_event,
            columns,
            [(i, 1, 1, 1, "created", 'tab\t "x" \\n \U0001f600', "{}", 5) for i in ids],
        )
        return ids

    async def together() -> list[Sequence[int]]:
        return list(await asyncio.gather(*(database.write(bulk, n) for n in (1, 50, 7, 0, 300))))

    ranges = asyncio.run(together())
    everything = [i for each in ranges for i in each]
    assert [len(each) for each in ranges] == [1, 50, 7, 0, 300]
    assert len(set(everything)) == 358
    stored = database.read_sync(
        lambda conn: conn.execute(sa.select(annotation_event.c.seq, annotation_event.c.result)).all()
    )
    assert {row.seq for row in stored} == set(everything)
    assert {row.result for row in stored} == {'tab\t "x" \\n \U0001f600'}


def test_reserved_ids_are_nobody_elses_while_others_insert(database: Database) -> None:
    values = {"annotation_id": 1, "task_id": 1, "project_id": 1, "kind": "created", "fields": "{}", "at": 5}

    def one(conn: Connection) -> None:
        conn.execute(sa.insert(annotation_event), values)

    def many(conn: Connection, n: int) -> None:
        ids = reserve_ids(conn, annotation_event, n)
        assert len(ids) == n and list(ids) == sorted(set(ids))
        insert_rows(conn, annotation_event, ("seq", *values), [(each, *values.values()) for each in ids])

    async def together() -> None:
        await asyncio.gather(
            *(write for n in range(1, 40) for write in (database.write(one), database.write(many, n)))
        )

    asyncio.run(together())
    stored = sa.select(sa.func.count()).select_from(annotation_event)
    assert database.read_sync(lambda conn: conn.execute(stored).scalar()) == 39 + sum(range(1, 40))


def test_counts_add_up_over_conflicts(database: Database) -> None:
    def setup(conn: Connection) -> dict[str, int]:
        organization_id = add_organization(conn, "o")
        conn.execute(
            sa.text(
                "INSERT INTO project (organization_id, label_config, created_at, updated_at) VALUES (:o, '', 1, 1)"
            ),
            {"o": organization_id},
        )
        for rows in ([("text", 2)], [("text", 3), ("image", 1)]):
            add_counts(
                conn,
                data_column,
                [{"project_id": 1, "name": name, "tasks": tasks} for name, tasks in rows],
                key=["project_id", "name"],
                count="tasks",
            )
        return {row.name: row.tasks for row in conn.execute(sa.select(data_column))}

    assert database.write_sync(setup) == {"text": 5, "image": 1}


def test_upsert_updates_or_leaves_alone(database: Database) -> None:
    def run(conn: Connection) -> list[str]:
        row = {"title": "one", "invite_token": "k", "created_at": 1, "updated_at": 1}
        upsert(conn, organization, row, key=["invite_token"])
        upsert(conn, organization, {**row, "title": "two"}, key=["invite_token"])
        before = conn.execute(sa.select(organization.c.title)).scalar_one()
        upsert(conn, organization, {**row, "title": "three"}, key=["invite_token"], update=["title"])
        return [before, conn.execute(sa.select(organization.c.title)).scalar_one()]

    assert database.write_sync(run) == ["one", "three"]


def test_a_transaction_survives_reopening(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    put_database(path)
    db = open_database("", path)
    db.write_sync(add_organization, "kept")
    db.close()
    again = open_database("", path)
    assert again.read_sync(count) == 1
    again.close()


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    put_database(path)
    db = open_database("", path)
    with pytest.raises(RuntimeError, match="inside a write"):
        db.write_sync(lambda conn: db.write_sync(add_organization, "x"))
    db.close()


def test_a_bulk_write_is_a_write(database: Database) -> None:
    assert database.write_bulk_sync(add_organization, "a") > 0
    with pytest.raises(LookupError):
        database.write_bulk_sync(add_and_fail, "b")
    assert database.read_sync(count) == 1


def test_who_writes_a_row_waits_for_one_bulk_write_at_most(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    put_database(path)
    db = open_database("", path)
    order: list[str] = []
    entered, go_on = threading.Event(), threading.Event()

    def first(conn: Connection) -> None:
        entered.set()
        go_on.wait(10)
        order.append("bulk")

    def note(conn: Connection, name: str) -> None:
        order.append(name)

    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(db.write_bulk_sync, first)]
        assert entered.wait(10)
        done += [threads.submit(db.write_bulk_sync, note, "bulk") for _ in range(3)]
        wait_until(lambda: db._work.qsize() == 3)  # type: ignore[attr-defined]
        done += [threads.submit(db.write_sync, note, "row") for _ in range(2)]
        wait_until(lambda: db._work.qsize() == 5)  # type: ignore[attr-defined]
        go_on.set()
        for each in done:
            each.result(10)
    db.close()
    assert order == ["bulk", "row", "row", "bulk", "bulk", "bulk"]


def test_what_bulk_writes_leave_unflushed_the_next_write_flushes(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    put_database(path)
    db = open_database("", path, synchronous="FULL")

    def level(conn: Connection) -> int:
        return int(conn.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert [db.write_sync(level), db.write_bulk_sync(level), db.write_sync(level)] == [2, 1, 2]
    db.close()


def test_closing_finishes_bulk_writes_that_are_queued(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    put_database(path)
    db = open_database("", path)
    entered, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        entered.set()
        go_on.wait(10)

    with ThreadPoolExecutor(8) as threads:
        threads.submit(db.write_sync, slow)
        assert entered.wait(10)
        queued = [threads.submit(db.write_bulk_sync, add_organization, f"t{n}") for n in range(5)]
        wait_until(lambda: db._work.qsize() == 5)  # type: ignore[attr-defined]
        closing = threads.submit(db.close)
        wait_until(lambda: db._work.qsize() == 6)  # type: ignore[attr-defined]
        go_on.set()
        closing.result(30)
        assert len({each.result(1) for each in queued}) == 5
    again = open_database("", path)
    assert again.read_sync(count) == 5
    again.close()
