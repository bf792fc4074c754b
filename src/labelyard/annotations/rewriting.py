"""Results of a project's annotations and drafts rewritten in batches, for a change of its label config or a label."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.queries import AnyRow
from labelyard.annotations.results import item_count
from labelyard.kit.clock import now_us
from labelyard.storages import outbox as storage_outbox

_EVENT_COLUMNS = ("annotation_id", "task_id", "project_id", "actor_id", "kind", "result", "fields", "at")


class Change(NamedTuple):
    """A result that was rewritten: what it was before, and a mark that the row has until it is changed again."""

    row_id: int
    before: str
    mark: int


class Back(NamedTuple):
    """A result to go back to, where the row still says `after`, which the change made of it, or has its mark."""

    row_id: int
    before: str
    after: str | None
    mark: int


@dataclass(slots=True)
class Rewritten:
    """A batch: the last id that was looked at (None: there were no more), and what changed."""

    last: int | None
    changes: list[Change] = field(default_factory=list)


def rewrite_annotations(
    conn: Connection,
    actor: Actor,
    project_id: int,
    after: int,
    limit: int,
    new_result: Callable[[AnyRow], str | None],
    note: Mapping[str, Any],
    kind: str = "migrated",
) -> Rewritten:
    """Give the next annotations with an id above `after` what `new_result` says (None: nothing).

    Each gets an event of that kind with `note` among its fields.
    """
    found = queries.ids_of_project(conn, project_id, after, limit)
    if not found:
        return Rewritten(None)
    queries.lock_tasks(conn, sorted({row.task_id for row in found}))
    made = Rewritten(found[-1].id)
    new = []
    for row in queries.by_ids(conn, [row.id for row in found]):
        result = new_result(row)
        if result is not None:
            new.append((row, result))
            made.changes.append(Change(row.id, row.result, row.version + 1))
    _write(conn, actor, new, note, kind)
    return made


def was_said_since(conn: Connection, annotation_id: int, at: int) -> bool:
    """Whether somebody saved the result of an annotation after that time, not only what is beside it."""
    return queries.result_saved_since(conn, annotation_id, at)


def put_back_annotations(
    conn: Connection, actor: Actor, changes: Sequence[Back], note: Mapping[str, Any]
) -> list[int]:
    """Undo changes of annotations whose results nobody changed since; their ids."""
    known = {each.row_id: each for each in changes}
    tasks = {row.task_id for row in queries.by_ids(conn, list(known))}
    if tasks:
        queries.lock_tasks(conn, sorted(tasks))
    old = [
        (row, known[row.id].before)
        for row in queries.by_ids(conn, list(known))
        if row.version == known[row.id].mark or row.result == known[row.id].after
    ]
    _write(conn, actor, old, note, "migrated")
    return [row.id for row, _ in old]


def _write(
    conn: Connection, actor: Actor, new: Sequence[tuple[AnyRow, str]], note: Mapping[str, Any], kind: str
) -> None:
    if not new:
        return
    now, fields = now_us(), msgspec.json.encode(note).decode()
    queries.set_results(
        conn,
        [
            {
                "row": row.id,
                "new_result": result,
                "new_count": item_count(result),
                "by": actor.user_id,
                "at": max(now, row.updated_at + 1),
            }
            for row, result in new
        ],
    )
    queries.append_events(
        conn,
        _EVENT_COLUMNS,
        [
            (row.id, row.task_id, row.project_id, actor.user_id, kind, result, fields, now)
            for row, result in new
        ],
    )
    storage_outbox.note(conn, new[0][0].project_id, [(row.task_id, row.id) for row, _ in new])


def rewrite_drafts(
    conn: Connection, project_id: int, after: int, limit: int, new_result: Callable[[AnyRow], str | None]
) -> Rewritten:
    """The same for drafts."""
    rows = queries.drafts_of_project(conn, project_id, after, limit)
    return rewrite_rows(rows, new_result, partial(queries.update_draft, conn))


def put_back_drafts(conn: Connection, changes: Sequence[Back]) -> int:
    """Undo changes of drafts whose results nobody changed since; how many."""
    rows = queries.drafts_by_ids(conn, [each.row_id for each in changes])
    return put_back_rows(rows, changes, partial(queries.update_draft, conn))


def rewrite_rows(
    rows: Sequence[AnyRow],
    new_result: Callable[[AnyRow], str | None],
    update: Callable[[int, dict[str, Any]], object],
) -> Rewritten:
    """Give rows with a `result` what `new_result` says; their mark is the time of the change."""
    made = Rewritten(rows[-1].id if rows else None)
    now = now_us()
    for row in rows:
        result = new_result(row)
        if result is not None:
            at = max(now, row.updated_at + 1)
            update(row.id, {"result": result, "updated_at": at})
            made.changes.append(Change(row.id, row.result, at))
    return made


def put_back_rows(
    rows: Sequence[AnyRow], changes: Sequence[Back], update: Callable[[int, dict[str, Any]], object]
) -> int:
    """Undo those of the changes that nobody changed since; how many."""
    known = {each.row_id: each for each in changes}
    same = [row for row in rows if row.updated_at == known[row.id].mark or row.result == known[row.id].after]
    for row in same:
        update(row.id, {"result": known[row.id].before, "updated_at": now_us()})
    return len(same)
