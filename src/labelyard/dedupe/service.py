"""Knowing tasks again: which tasks of a project have the key of an item.

Keys are kept for the specs that imports asked for. A spec is brought up to date by whoever asks for it next, so that
a project pays for the tasks it added since, and one that never asks pays nothing.

A transaction that looks keys up and then inserts takes, in this order: the spec (`hold`), the tasks that it changes, and
the project's counters (`settle`), for which all who insert tasks wait for each other. So two imports at the same time
cannot both find a key missing, and nobody who annotates meanwhile can be waited for in a circle.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from labelyard.dedupe import queries
from labelyard.dedupe.keys import key_of_data
from labelyard.projects import service as projects

BATCH = 10_000  # tasks whose keys are made in one transaction


class Behind(Exception):
    """The keys of a spec are more than a batch behind: bring them up to date first, with `catch_up`."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec of a project, held for the rest of the transaction, its keys up to date."""

    id: int
    project_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """The JSON text of a task's data before and after a change."""

    task_id: int
    inner_id: int
    before: str
    after: str


def is_behind(conn: Connection, project_id: int, spec: str) -> bool:
    """Whether more than a batch of tasks has no keys yet."""
    row = queries.spec(conn, project_id, spec)
    return queries.has_more_than(conn, project_id, row.upto_inner_id if row else 0, BATCH)


def catch_up(conn: Connection, project_id: int, spec: str) -> bool:
    """Make the keys of the next batch of tasks; whether there may be more."""
    queries.add_spec(conn, project_id, spec)
    row = queries.spec(conn, project_id, spec, lock=True)
    assert row is not None  # noqa: S101 - added above
    return _make_keys(conn, row.id, project_id, spec, row.upto_inner_id)


def hold(conn: Connection, project_id: int, spec: str) -> Spec:
    """Take a spec for this transaction. Behind when its keys are more than a batch behind."""
    queries.add_spec(conn, project_id, spec)
    row = queries.spec(conn, project_id, spec, lock=True)
    assert row is not None  # noqa: S101 - added above
    if _make_keys(conn, row.id, project_id, spec, row.upto_inner_id):
        raise Behind
    return Spec(row.id, project_id, spec)


def settle(conn: Connection, spec: Spec) -> bool:
    """Let nobody else insert into the project until this transaction ends; whether somebody did since `hold`."""
    projects.hold_counts(conn, spec.project_id)
    row = queries.spec(conn, spec.project_id, spec.text)
    assert row is not None  # noqa: S101 - held
    newer = queries.has_more_than(conn, spec.project_id, row.upto_inner_id, 0)
    if newer and _make_keys(conn, spec.id, spec.project_id, spec.text, row.upto_inner_id):
        raise Behind
    return newer


def _make_keys(conn: Connection, spec_id: int, project_id: int, spec: str, after: int) -> bool:
    rows = queries.newer(conn, project_id, after, BATCH)
    if not rows:
        return False
    key_of = key_of_data(spec)
    made = ((row.id, key_of(row.data.encode())) for row in rows)
    queries.insert_keys(conn, ((spec_id, key, task_id) for task_id, key in made if key is not None))
    queries.advance(conn, spec_id, rows[-1].inner_id)
    return len(rows) == BATCH


def known(conn: Connection, spec: Spec, keys: Collection[bytes]) -> dict[bytes, int]:
    """Key → the oldest task that has it, for those keys that a task has."""
    return queries.known(conn, spec.id, keys)


def look_up(conn: Connection, project_id: int, spec: str, keys: Collection[bytes]) -> dict[bytes, int]:
    """`known` without holding anything, for a look ahead."""
    row = queries.spec(conn, project_id, spec)
    return queries.known(conn, row.id, keys) if row else {}


def remember(conn: Connection, spec: Spec, keys: Iterable[tuple[bytes, int]]) -> None:
    """Keep the keys `(key, task id)` of the tasks that this transaction inserted last into the project."""
    queries.insert_keys(conn, ((spec.id, key, task_id) for key, task_id in keys))
    queries.advance(conn, spec.id, projects.counts(conn, spec.project_id).last_inner_id)


def hold_all(conn: Connection, project_id: int) -> Sequence[int]:
    """Take all specs of a project before its tasks are locked to be changed; their ids."""
    return [row.id for row in queries.lock_specs(conn, project_id)]


def changed(conn: Connection, project_id: int, changes: Sequence[Change]) -> None:
    """Let the keys follow changes of data. The caller took the specs with `hold_all` (or `hold`) before."""
    for row in queries.lock_specs(conn, project_id):
        key_of = key_of_data(row.spec)
        for change in changes:
            if change.inner_id > row.upto_inner_id:
                continue  # its key is not made yet
            before, after = key_of(change.before.encode()), key_of(change.after.encode())
            if before == after:
                continue
            gone = before is not None and queries.delete_key(conn, row.id, before, change.task_id)
            # A task may be known by an id that came beside its data; that one stays.
            if after is not None and (gone or not queries.has_key(conn, row.id, change.task_id)):
                queries.insert_keys(conn, [(row.id, after, change.task_id)])


def returned(conn: Connection, project_id: int, tasks: Sequence[Any]) -> None:
    """Make the keys of tasks that are back and that a spec knows no key of: it was asked for while they were gone.

    The caller took the specs with `hold_all` before.
    """
    for row in queries.lock_specs(conn, project_id):
        known = queries.having_keys(conn, row.id, [task.id for task in tasks])
        key_of = key_of_data(row.spec)
        made = (
            (key_of(task.data.encode()), task.id)
            for task in tasks
            if task.inner_id <= row.upto_inner_id and task.id not in known
        )
        queries.insert_keys(conn, [(row.id, key, task_id) for key, task_id in made if key is not None])
