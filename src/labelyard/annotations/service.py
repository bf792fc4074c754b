"""Annotations: what a person (or an import) answered on a task.

Each change runs in one transaction that starts by locking the task's row, and in it go the row itself, its event, the
counters of task and project, the lease and the slots. So a saved answer is all there or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from labelyard.access.rights import require_in
from labelyard.actor import Actor
from labelyard.annotations import queries
from labelyard.annotations.bulk import (
    STATE,
    back_with_tasks,
    create_from_predictions,
    delete_for_tasks,
    delete_with_tasks,
)
from labelyard.annotations.drafts import (
    add_draft,
    create_draft,
    delete_draft,
    drafts_for_tasks,
    get_draft,
    list_drafts,
    update_draft,
)
from labelyard.annotations.drafts import take_over as take_over_drafts
from labelyard.annotations.imported import (
    NewAnnotation,
    NewAnnotations,
    Tally,
    in_columns,
    insert_imported,
    tally,
)
from labelyard.annotations.queries import AnyRow
from labelyard.annotations.results import check_made, item_count, unique_id
from labelyard.annotations.shapes import annotation_dict, etag, exported_dict, matches
from labelyard.kit.clock import iso, now_us
from labelyard.kit.errors import Conflict, Forbidden, Invalid, NotFound
from labelyard.projects import versions
from labelyard.queue import service as queue
from labelyard.storages import outbox as storage_outbox
from labelyard.users import service as users
from labelyard.webhooks import outbox

__all__ = [
    "STATE",
    "NewAnnotation",
    "NewAnnotations",
    "Stale",
    "Tally",
    "back_with_tasks",
    "bring_back",
    "convert_to_draft",
    "create",
    "create_draft",
    "create_from_predictions",
    "delete",
    "delete_draft",
    "delete_for_tasks",
    "delete_with_tasks",
    "drafts_for_tasks",
    "for_tasks",
    "for_webhooks",
    "get",
    "get_draft",
    "in_columns",
    "insert_imported",
    "list_drafts",
    "list_for_task",
    "take_over_drafts",
    "tally",
    "update",
    "update_draft",
]

MAX_ID = 2**63 - 1
# Fields that are kept as they are sent.
_PLAIN = ("lead_time", "was_cancelled", "ground_truth", "parent_prediction", "parent_annotation")
_IN_EVENT = (
    "was_cancelled",
    "ground_truth",
    "lead_time",
    "completed_by",
    "parent_prediction",
    "parent_annotation",
)
Answer = tuple[dict[str, Any], str]


class Stale(Conflict):
    """The annotation has changed since the caller read it; `current` is what it is now, `etag` names that state."""

    def __init__(self, detail: str, current: dict[str, Any], etag: str) -> None:
        super().__init__(detail, headers={"ETag": etag})
        self.current = current
        self.etag = etag


# --- reading ------------------------------------------------------------------------------------------------------


def list_for_task(conn: Connection, actor: Actor, task_id: int) -> list[dict[str, Any]]:
    """The task's annotations that are not cancelled, by id."""
    if task_id > MAX_ID or queries.task_row(conn, actor, task_id) is None:
        raise NotFound(f"No task with id {task_id}.")
    return _dicts(conn, queries.of_task(conn, task_id))


def get(conn: Connection, actor: Actor, annotation_id: int) -> Answer:
    """An annotation and its ETag. NotFound when it is missing or another organization's."""
    row = _visible(conn, actor, annotation_id)
    return _dicts(conn, [row])[0], etag(row)


def for_tasks(
    conn: Connection, actor: Actor | None, ids: Sequence[int], *, people: bool = False, own: bool = False
) -> dict[int, list[dict[str, Any]]]:
    """Annotations of tasks that the caller may see, cancelled ones included, by id: task id → list.

    `people` shows `completed_by` as an object; `own` leaves out those of others. Tasks without any are left out.
    """
    user_id = actor.user_id if actor is not None and own else None
    found: dict[int, list[dict[str, Any]]] = {}
    for shown in _dicts(conn, list(queries.of_tasks(conn, ids, user_id=user_id)), people=people):
        found.setdefault(shown["task"], []).append(shown)
    return found


def for_webhooks(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """id → annotation as the JSON export has it; those that are gone are left out."""
    rows = {row.id: row for row in queries.by_ids(conn, ids)}
    return {each: exported_dict(rows[each]) for each in ids if each in rows}


def _dicts(conn: Connection, rows: Sequence[AnyRow], *, people: bool = False) -> list[dict[str, Any]]:
    if not rows:
        return []
    refs = users.user_refs(conn, {row.completed_by for row in rows if row.completed_by is not None})
    now = now_us()
    return [annotation_dict(row, refs, now, people=people) for row in rows]


def _visible(conn: Connection, actor: Actor, annotation_id: int) -> AnyRow:
    row = queries.visible(conn, actor, annotation_id) if annotation_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No annotation with id {annotation_id}.")
    return row


# --- writing ------------------------------------------------------------------------------------------------------


def create(conn: Connection, actor: Actor, task_id: int, given: Mapping[str, Any]) -> Answer:
    """Save a new annotation (or with `was_cancelled` a skip); the annotation and its ETag.

    To save one for somebody else, or as the ground truth, is for those who review.

    `given` holds the fields sent: `result` (checked JSON text or None), lead_time, was_cancelled, ground_truth,
    completed_by, parent_prediction, parent_annotation, draft_id, unique_id. The caller's lease of the task ends.
    Without a lease, or after it ran out, the work is saved all the same. Conflict on a known unique_id.
    """
    task = queries.lock_task(conn, actor, task_id) if task_id <= MAX_ID else None
    if task is None:
        raise NotFound(f"No task with id {task_id}.")
    now = now_us()
    values = _new_values(conn, actor, task, given, now)
    row = _insert(conn, values)
    _event(conn, actor, row, "created", row.result, {name: values.get(name) for name in _IN_EVENT}, now)
    cleared = _keep_one_ground_truth(conn, actor, row, now) if row.ground_truth else 0
    queue.drop_lease(conn, task.id, actor.user_id)
    _count(
        conn, actor, task, now,
        total=0 if row.was_cancelled else 1,
        cancelled=1 if row.was_cancelled else 0,
        ground_truth=int(row.ground_truth) - cleared,
        open_to=actor.user_id if row.completed_by != actor.user_id else None,
    )  # fmt: skip
    if task.exported:
        storage_outbox.note(conn, row.project_id, [(row.task_id, row.id)])
    if task.hooked:
        outbox.note(conn, row.project_id, "ANNOTATION_CREATED", [row.id])
    return _dicts(conn, [row])[0], etag(row)


def _new_values(
    conn: Connection, actor: Actor, task: AnyRow, given: Mapping[str, Any], now: int
) -> dict[str, Any]:
    values: dict[str, Any] = {name: given[name] for name in _PLAIN if given.get(name) is not None}
    values["was_cancelled"] = bool(given.get("was_cancelled"))
    values["ground_truth"] = bool(given.get("ground_truth"))
    values["bulk_created"] = bool(given.get("bulk_created"))
    _check_references(conn, actor, task.id, given)
    check_made(given.get("result"), task.label_config, earlier=_earlier_configs(conn, task))
    if values["ground_truth"] or given.get("completed_by") not in (None, actor.user_id):
        require_in(actor, task, "annotations.review")
    values |= {
        "task_id": task.id,
        "project_id": task.project_id,
        "completed_by": given.get("completed_by") or actor.user_id,
        "updated_by": actor.user_id,
        "result": given.get("result"),
        "result_count": item_count(given.get("result")),
        "created_at": now,
        "updated_at": now,
    }
    if given.get("unique_id"):
        values["unique_id"] = _fresh_unique_id(conn, task, given["unique_id"])
    if given.get("draft_id"):
        values["draft_created_at"] = _use_draft(conn, actor, task, given["draft_id"])
    return values


def _earlier_configs(conn: Connection, task: AnyRow) -> Callable[[], list[str]]:
    return lambda: versions.earlier_configs(conn, task.project_id)


def _check_references(conn: Connection, actor: Actor, task_id: int, given: Mapping[str, Any]) -> None:
    """Ids in a body name things that the caller may name."""
    person = given.get("completed_by")
    if (
        person is not None
        and person != actor.user_id
        and not users.is_member(conn, actor.organization_id, person)
    ):
        raise Invalid({"completed_by": [f"No member of the organization has the id {person}."]})
    for field, table in (
        ("parent_prediction", queries.prediction),
        ("parent_annotation", queries.annotation),
    ):
        parent = given.get(field)
        if parent is not None and not queries.is_on_task(conn, table, parent, task_id):
            raise Invalid({field: [f"Task {task_id} has none with the id {parent}."]})


def _fresh_unique_id(conn: Connection, task: AnyRow, value: str) -> str:
    checked = unique_id(value)
    known = queries.with_unique_id(conn, checked)
    if known is None:
        return checked
    if known.task_id == task.id:
        raise Conflict(f"Annotation {known.id} was saved with unique_id {checked} already.")
    raise Conflict(f"An annotation of another task has the unique_id {checked}.")


def _use_draft(conn: Connection, actor: Actor, task: AnyRow, draft_id: int) -> int | None:
    """The draft becomes the annotation; when it was begun. A draft that is gone already is no obstacle to saving."""
    draft = queries.draft_row(conn, actor, draft_id)
    if draft is None:
        return None
    if draft.user_id != actor.user_id:
        raise Forbidden("The draft belongs to another user.")
    if draft.task_id != task.id:
        raise Invalid({"draft_id": [f"Draft {draft_id} belongs to task {draft.task_id}."]})
    queries.delete_draft(conn, draft.id)
    began: int = draft.created_at
    return began


def _insert(conn: Connection, values: Mapping[str, Any]) -> AnyRow:
    try:
        return queries.insert(conn, values)
    except IntegrityError as error:
        # The only thing that can clash and was not looked up under the task's lock: the same unique_id saved elsewhere.
        if values.get("unique_id") is None:
            raise
        raise Conflict(f"An annotation with the unique_id {values['unique_id']} exists.") from error


def update(
    conn: Connection,
    actor: Actor,
    annotation_id: int,
    given: Mapping[str, Any],
    *,
    if_match: str | None = None,
    restored_from: int | None = None,
) -> Answer:
    """Change the fields given (as for `create`); the annotation and its ETag.

    An annotation of somebody else, whose it is, and the ground truth are for those who review to change.

    `if_match` (ETag or `updated_at` of what the caller has seen): Stale when the annotation has changed since. The
    drafts on the annotation go, whoever's they are. A lease of the author's ends. `restored_from`: the event that the
    fields are taken from.
    """
    task, row = _lock(conn, actor, annotation_id)
    if if_match and not matches(if_match, row):
        current = _dicts(conn, [row])[0]
        raise Stale(
            f"Annotation {annotation_id} was changed at {iso(row.updated_at)} by user {row.updated_by}; "
            f"it is at version {row.version} now.",
            current,
            etag(row),
        )
    _check_references(conn, actor, task.id, given)
    if restored_from is None:
        earlier = _earlier_configs(conn, task)
        check_made(given.get("result"), task.label_config, kept=row.result, earlier=earlier)
    now = now_us()
    values = _changes(given)
    if any(
        name in values and values[name] != getattr(row, name) for name in ("completed_by", "ground_truth")
    ):
        require_in(actor, task, "annotations.review")
    after = queries.update(
        conn, row.id, values | {"updated_by": actor.user_id, "updated_at": max(now, row.updated_at + 1)}
    )
    changed = {
        name: values[name] for name in _IN_EVENT if name in values and values[name] != getattr(row, name)
    }
    if "result" in values and after.result is None:
        changed["result"] = None  # as opposed to one that did not change
    kind = "updated"
    if restored_from is not None:
        kind, changed = "restored", changed | {"restored_from": restored_from}
    _event(conn, actor, after, kind, after.result if "result" in values else None, changed, now)
    cleared = (
        _keep_one_ground_truth(conn, actor, after, now) if after.ground_truth and not row.ground_truth else 0
    )
    queries.delete_drafts_of_annotation(conn, row.id)
    if actor.user_id in (row.completed_by, after.completed_by):
        queue.drop_lease(conn, task.id, actor.user_id)
    turned = int(after.was_cancelled) - int(row.was_cancelled)
    _count(
        conn, actor, task, now,
        total=-turned, cancelled=turned, ground_truth=int(after.ground_truth) - int(row.ground_truth) - cleared,
        open_to=row.completed_by if row.completed_by != after.completed_by else None,
    )  # fmt: skip
    if task.exported:
        storage_outbox.note(conn, row.project_id, [(row.task_id, row.id)])
    if task.hooked:
        outbox.note(conn, row.project_id, "ANNOTATION_UPDATED", [row.id])
    return _dicts(conn, [after])[0], etag(after)


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: given[name] for name in _PLAIN if name in given}
    for name in ("was_cancelled", "ground_truth"):
        if values.get(name, False) is None:
            del values[name]
    if given.get("completed_by") is not None:
        values["completed_by"] = given["completed_by"]
    if "result" in given:
        values["result"] = given["result"]
        values["result_count"] = item_count(given["result"])
    return values


def delete(conn: Connection, actor: Actor, annotation_id: int) -> None:
    """Delete an annotation with its drafts; its event keeps the result."""
    task, row = _lock(conn, actor, annotation_id)
    _delete(conn, actor, task, row)


def convert_to_draft(conn: Connection, actor: Actor, annotation_id: int) -> dict[str, Any]:
    """Turn an annotation back into a draft of the caller."""
    task, row = _lock(conn, actor, annotation_id)
    _delete(conn, actor, task, row)
    return add_draft(conn, actor, task, result=row.result or "[]", lead_time=row.lead_time)


def bring_back(
    conn: Connection,
    actor: Actor,
    task: AnyRow,
    annotation_id: int,
    state: Mapping[str, Any],
    *,
    restored_from: int,
) -> Answer:
    """Insert a deleted annotation again, under its id. `task` is locked; `state` has a value for each of STATE.

    A unique id that somebody else's took meanwhile is left out.
    """
    now = now_us()
    values = dict(state)
    if values["unique_id"] is not None and queries.with_unique_id(conn, values["unique_id"]) is not None:
        values["unique_id"] = None
    row = _insert(
        conn,
        values
        | {
            "id": annotation_id,
            "task_id": task.id,
            "project_id": task.project_id,
            "result_count": item_count(values["result"]),
            "updated_by": actor.user_id,
            "updated_at": now,
        },
    )
    fields = {name: getattr(row, name) for name in STATE} | {"restored_from": restored_from}
    if row.result is None:
        fields["result"] = None
    _event(conn, actor, row, "restored", row.result, fields, now)
    _count(
        conn, actor, task, now,
        total=0 if row.was_cancelled else 1,
        cancelled=1 if row.was_cancelled else 0,
        ground_truth=int(row.ground_truth),
        open_to=actor.user_id if row.completed_by != actor.user_id else None,
    )  # fmt: skip
    if task.exported:
        storage_outbox.note(conn, row.project_id, [(row.task_id, row.id)])
    if task.hooked:
        outbox.note(conn, row.project_id, "ANNOTATION_CREATED", [row.id])
    return _dicts(conn, [row])[0], etag(row)


def _delete(conn: Connection, actor: Actor, task: AnyRow, row: AnyRow) -> None:
    now = now_us()
    _event(conn, actor, row, "deleted", row.result, {name: getattr(row, name) for name in STATE}, now)
    queries.delete(conn, row.id)
    _count(
        conn, actor, task, now,
        total=0 if row.was_cancelled else -1,
        cancelled=-1 if row.was_cancelled else 0,
        ground_truth=-int(row.ground_truth),
        open_to=row.completed_by,
    )  # fmt: skip
    if task.exported:
        storage_outbox.note(conn, row.project_id, [(row.task_id, row.id)])
    if task.hooked:
        outbox.note(conn, row.project_id, "ANNOTATIONS_DELETED", [{"id": row.id, "task": row.task_id}])


def _lock(conn: Connection, actor: Actor, annotation_id: int) -> tuple[AnyRow, AnyRow]:
    """The task, locked, and the annotation as it is under that lock, for its author and those who review."""
    task = queries.lock_task_of(conn, actor, annotation_id) if annotation_id <= MAX_ID else None
    row = queries.by_id(conn, annotation_id) if task is not None else None
    if task is None or row is None:
        raise NotFound(f"No annotation with id {annotation_id}.")
    if row.completed_by != actor.user_id:
        require_in(actor, task, "annotations.review")
    return task, row


def _keep_one_ground_truth(conn: Connection, actor: Actor, row: AnyRow, now: int) -> int:
    """Only one annotation of a task is its ground truth; how many others were."""
    others = queries.clear_ground_truth(conn, row.task_id, row.id, now)
    for other in others:
        _event(conn, actor, other, "updated", None, {"ground_truth": False}, now)
    return len(others)


def _event(
    conn: Connection,
    actor: Actor,
    row: AnyRow,
    kind: str,
    result: str | None,
    fields: Mapping[str, Any],
    now: int,
) -> None:
    queries.append_event(
        conn, annotation_id=row.id, task_id=row.task_id, project_id=row.project_id, actor_id=actor.user_id,
        kind=kind, result=result, fields=msgspec.json.encode(fields).decode(), at=now,
    )  # fmt: skip


def _count(
    conn: Connection, actor: Actor, task: AnyRow, now: int, *,
    total: int, cancelled: int, ground_truth: int, open_to: int | None = None,
) -> None:  # fmt: skip
    """Counters of task and project and the task's slots, after an annotation came, changed or went."""
    before = task.total_annotations
    queue.settle(
        conn, task, answered=queue.Answered(total, cancelled, now, actor.user_id), open_to=open_to,
        annotations=total, cancelled=cancelled, ground_truth=ground_truth,
        annotated=int(before + total > 0) - int(before > 0),
    )  # fmt: skip
