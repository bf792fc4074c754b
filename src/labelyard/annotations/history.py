"""The history of annotations: what each event changed, and going back to what one of them left.

Every change of an annotation appends an event in its own transaction. An event holds the result where that changed and
the other fields that did; a deletion holds all of them. So the state after an event is the sum of those up to it, and a
deleted annotation can come back under its own id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.access.rights import require_in
from labelyard.actor import Actor
from labelyard.annotations import history_queries as queries
from labelyard.annotations import queries as annotation_queries
from labelyard.annotations import service
from labelyard.annotations.history_queries import AnyRow
from labelyard.annotations.shapes import raw
from labelyard.kit.clock import iso
from labelyard.kit.errors import Conflict, Invalid, NotFound
from labelyard.projects import service as projects
from labelyard.users import service as users

PAGE, MAX_PAGE = 50, 500
MAX_ID = 2**63 - 1
_TIMES = ("created_at", "updated_at", "draft_created_at")
_PERSON = ("id", "first_name", "last_name", "email", "avatar")
_fields = msgspec.json.Decoder(dict[str, Any]).decode
_regions = msgspec.json.Decoder(list[msgspec.Raw]).decode
_Event = dict[str, Any]


class _Named(msgspec.Struct, gc=False):
    """What tells an item of a result apart from the others: its region and the control that it is of."""

    id: Any = None
    from_name: Any = None
    type: Any = None


_name = msgspec.json.Decoder(_Named).decode


# --- reading ------------------------------------------------------------------------------------------------------


def of_annotation(
    conn: Connection, actor: Actor, annotation_id: int, before: int | None = None, limit: int = PAGE
) -> list[_Event]:
    """Events of an annotation, newest first, with results and how many of their items changed.

    It may be deleted. NotFound for one that never was, or not for the caller.
    """
    found = (
        queries.of_annotation(conn, actor, annotation_id, before, limit)
        if 0 < annotation_id <= MAX_ID
        else ()
    )
    if not found and (before is None or queries.one(conn, actor, annotation_id, None) is None):
        raise NotFound(f"No annotation with id {annotation_id}.")
    shown = _shown(conn, found)
    earlier: str | None = None
    if found:
        earlier = queries.result_before(conn, annotation_id, found[-1].seq)
    for row, each in zip(reversed(found), reversed(shown), strict=True):
        if row.result is not None:
            each["items"] = (
                compare(earlier, row.result) if row.kind != "deleted" else compare(row.result, None)
            )
            earlier = row.result
    return shown


def of_task(
    conn: Connection, actor: Actor, task_id: int, before: int | None = None, limit: int = PAGE
) -> list[_Event]:
    """Events of all annotations of a task, newest first, those of deleted ones included."""
    if not 0 < task_id <= MAX_ID or annotation_queries.task_row(conn, actor, task_id) is None:
        raise NotFound(f"No task with id {task_id}.")
    return _shown(conn, queries.of_task(conn, actor, task_id, before, limit))


def of_project(
    conn: Connection,
    actor: Actor,
    project_id: int,
    before: int | None = None,
    limit: int = PAGE,
    *,
    deleted: bool = False,
    user: int | None = None,
) -> list[_Event]:
    """Events of a project's annotations without results, newest first: all, deletions, or what one person did."""
    projects.get(conn, actor, project_id, "annotations.view")
    rows = queries.of_project(conn, project_id, before, limit, deleted=deleted, actor_id=user)
    return _shown(conn, rows, results=False)


def for_export(conn: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """Annotation id → JSON texts of its events, oldest first."""
    found: dict[int, list[str]] = {}
    for part in annotation_queries.chunks(sorted(ids)):
        rows = queries.of_annotations(conn, part)
        for row, shown in zip(rows, _shown(conn, rows), strict=True):
            found.setdefault(row.annotation_id, []).append(msgspec.json.encode(shown).decode())
    return found


def _shown(conn: Connection, rows: Sequence[AnyRow], *, results: bool = True) -> list[_Event]:
    refs = users.user_refs(conn, {row.actor_id for row in rows if row.actor_id is not None})
    return [_event(row, refs, results=results) for row in rows]


def _event(row: AnyRow, refs: Mapping[int, Mapping[str, Any]], *, results: bool) -> _Event:
    ref = refs.get(row.actor_id) if row.actor_id is not None else None
    fields = _fields(row.fields)
    for name in _TIMES:
        if fields.get(name) is not None:
            fields[name] = iso(fields[name])
    shown = {
        "id": row.seq,
        "annotation": row.annotation_id,
        "task": row.task_id,
        "project": row.project_id,
        "kind": row.kind,
        "created_at": iso(row.at),
        "created_by": {name: ref[name] for name in _PERSON} if ref else None,
        "fields": fields,
    }
    if results:
        shown["result"] = raw(row.result)
    return shown


def compare(before: str | None, after: str | None) -> dict[str, int]:
    """How many items of a result were added, changed and removed."""
    old, new = _by_name(before), _by_name(after)
    return {
        "added": sum(name not in old for name in new),
        "changed": sum(name in old and old[name] != text for name, text in new.items()),
        "removed": sum(name not in new for name in old),
    }


def _by_name(result: str | None) -> dict[tuple[Any, ...], bytes]:
    found: dict[tuple[Any, ...], bytes] = {}
    for text in _regions(result) if result else ():
        item = _name(text)
        name = tuple(str(each) for each in (item.id, item.from_name, item.type))
        times = 0
        while (*name, times) in found:  # items without an id are told apart by their order
            times += 1
        found[(*name, times)] = bytes(text)
    return found


# --- going back ---------------------------------------------------------------------------------------------------


def restore(
    conn: Connection, actor: Actor, annotation_id: int, event_id: int | None, *, if_match: str | None = None
) -> service.Answer:
    """Bring an annotation to what an event left (for its deletion: to what was deleted); it and its ETag.

    Result, skip and lead time of one that is there; its author and those who review may. A deleted one comes back with
    its id and all it had, and needs `annotations.restore`; without an event it is as it was deleted. Conflict when its
    task is gone, Invalid when there is nothing to go back to.
    """
    found = queries.one(conn, actor, annotation_id, None) if 0 < annotation_id <= MAX_ID else None
    if found is None:
        raise NotFound(f"No annotation with id {annotation_id}.")
    task = annotation_queries.lock_task(conn, actor, found.task_id)
    row = annotation_queries.by_id(conn, annotation_id) if task is not None else None
    if task is not None:
        if row is None:
            require_in(actor, task, "annotations.restore")
        elif row.completed_by != actor.user_id:
            require_in(actor, task, "annotations.review")
    if row is not None and event_id is None:
        raise Invalid({"event": ["This field is required: the annotation is not deleted."]})
    wanted = found if event_id is None else queries.one(conn, actor, annotation_id, event_id)
    if wanted is None:
        raise Invalid({"event": [f"Annotation {annotation_id} has no event with id {event_id}."]})
    if task is None:
        raise Conflict(
            f"Task {found.task_id} is deleted, so that its annotation {annotation_id} cannot come back."
        )
    state = state_after(conn, annotation_id, wanted.seq)
    if row is not None:
        given = {name: state[name] for name in ("result", "was_cancelled", "lead_time")}
        return service.update(conn, actor, annotation_id, given, if_match=if_match, restored_from=wanted.seq)
    if state["ground_truth"] and queries.ground_truth_of(conn, task.id) is not None:
        state["ground_truth"] = False  # another one took its place
    return service.bring_back(conn, actor, task, annotation_id, state, restored_from=wanted.seq)


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch of deletions taken back: the last event (None: there were no more), and what came back and what did not."""

    last: int | None
    restored: int = 0
    left: int = 0


def bring_back_next(
    conn: Connection, actor: Actor, project_id: int, user_id: int, after: int, last: int, limit: int
) -> Returned:
    """Bring back the next annotations that a user deleted by events above `after`, up to `last`.

    Those that are there again, and those whose task is gone, are left.
    """
    rows = queries.deletions(conn, project_id, user_id, after, last, limit)
    if not rows:
        return Returned(None)
    annotation_queries.lock_tasks(conn, sorted({row.task_id for row in rows}))
    restored = 0
    for row in rows:
        if annotation_queries.by_id(conn, row.annotation_id) is None:
            try:
                restore(conn, actor, row.annotation_id, row.seq)
            except Conflict:
                continue
            restored += 1
    return Returned(rows[-1].seq, restored, len(rows) - restored)


def mark(conn: Connection, actor: Actor, project_id: int) -> int:
    """Where the project's history stands, to ask `deleted_since` later."""
    projects.get(conn, actor, project_id)
    return queries.newest_seq(conn, project_id)


def deleted_since(conn: Connection, actor: Actor, project_id: int, since: int) -> dict[str, int] | None:
    """`{"first", "last"}`: the events by which the caller deleted annotations since; None for none."""
    projects.get(conn, actor, project_id)
    found = queries.range_of(conn, project_id, actor.user_id, since)
    return None if found is None else {"first": found[0], "last": found[1]}


def state_after(conn: Connection, annotation_id: int, seq: int) -> dict[str, Any]:
    """Every column of an annotation as event `seq` left it; before its deletion, if that is the event."""
    state: dict[str, Any] = dict.fromkeys(service.STATE)
    state |= {"was_cancelled": False, "ground_truth": False, "bulk_created": False}
    holder: int | None = None
    for step in queries.steps(conn, annotation_id, seq):
        fields = _fields(step.fields)
        if step.has_result:
            holder = step.seq
        elif "result" in fields:
            holder = None
        if state["created_at"] is None:
            state["created_at"] = step.at
        if step.kind != "deleted":
            state["updated_at"] = step.at
        state |= {name: fields[name] for name in service.STATE if fields.get(name) is not None}
        # What an update unset is null in its event; what a deletion lacks was never written down.
        if step.kind in ("updated", "restored"):
            state |= {
                name: None
                for name in ("parent_prediction", "parent_annotation", "lead_time")
                if fields.get(name, 0) is None
            }
    state["result"] = queries.result_of(conn, holder) if holder is not None else None
    return state
