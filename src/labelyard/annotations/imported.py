"""Annotations that come with new tasks, by the thousand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from labelyard.annotations import queries
from labelyard.annotations.results import item_count
from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.kit.db.columns import Column, Same, Texts, counting, listed, numbers, numbers_at, texts
from labelyard.kit.db.dialect import reserve_ids
from labelyard.storages import outbox as storage_outbox


@dataclass(slots=True)
class NewAnnotation:
    """An annotation to import. `result` is checked JSON text of a list; times are microseconds since the epoch.

    `import_id` is the id it had where it came from. A `unique_id` that is taken (or is no UUID) is left out.
    """

    result: str
    completed_by: int | None = None
    was_cancelled: bool = False
    ground_truth: bool = False
    lead_time: float | None = None
    created_at: int | None = None
    updated_at: int | None = None
    unique_id: str | None = None
    import_id: int | None = None
    parent_prediction: int | None = None
    draft_created_at: int | None = None
    updated_by: int | None = None
    id: int | None = None
    result_count: int | None = None
    last_action: str | None = None
    bulk_created: bool = False
    parent_annotation: int | None = None
    prediction: str | None = None  # JSON text of an object


class NewAnnotations(msgspec.Struct, array_like=True):
    """The same for a run of new tasks, a column at a time; None for a column without a value.

    `places` are the tasks that they are on, from 0, rising. `result_count`: items of each result.
    """

    places: list[int]
    result: Texts
    result_count: list[int]
    completed_by: list[int | None]
    was_cancelled: list[bool]
    ground_truth: list[bool]
    lead_time: list[float | None] | None = None
    created_at: list[int | None] | None = None
    updated_at: list[int | None] | None = None
    unique_id: list[str | None] | None = None
    import_id: list[int | None] | None = None
    parent_prediction: list[int | None] | None = None
    draft_created_at: list[int | None] | None = None
    updated_by: list[int | None] | None = None
    # Of annotations that keep what they had elsewhere: free ids.
    id: list[int] | None = None
    last_action: list[str | None] | None = None
    bulk_created: list[bool] | None = None
    parent_annotation: list[int | None] | None = None
    prediction: list[str | None] | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many annotations each task has: those that count, and skips. `ground_truth`: of all of them."""

    total: list[int]
    cancelled: list[int]
    ground_truth: int = 0


_OWN = NewAnnotations.__struct_fields__.index("id")


def in_columns(rows: Sequence[tuple[int, NewAnnotation]]) -> NewAnnotations | None:
    """Annotations with the places of their tasks, rising; None for none. Either all have an id, or none."""
    if not rows:
        return None
    new = [each for _, each in rows]
    kept = () if new[0].id is None else NewAnnotations.__struct_fields__[_OWN:]
    return NewAnnotations(
        [place for place, _ in rows],
        listed([each.result.encode() for each in new]),
        [item_count(each.result) if each.result_count is None else each.result_count for each in new],
        *([getattr(each, name) for each in new] for name in NewAnnotations.__struct_fields__[3:_OWN]),
        **{name: [getattr(each, name) for each in new] for name in kept},
    )


def tally(new: NewAnnotations | None, tasks: int) -> Tally:
    """The counters of `tasks` new tasks."""
    made = Tally([0] * tasks, [0] * tasks, sum(new.ground_truth) if new else 0)
    if new is not None and new.places == list(range(tasks)) and not any(new.was_cancelled):
        return Tally([1] * tasks, made.cancelled, made.ground_truth)  # one each, as mostly
    if new is not None:
        for place, cancelled in zip(new.places, new.was_cancelled, strict=True):
            (made.cancelled if cancelled else made.total)[place] += 1
    return made


def insert_imported(
    conn: Connection,
    project_id: int,
    task_ids: Sequence[int],
    new: NewAnnotations,
    *,
    actor_id: int | None = None,
) -> Sequence[int]:
    """Insert annotations of tasks that this transaction inserted with these ids, and their events; their ids.

    The caller has checked results and people, and writes the counters.
    """
    rows, now = len(new.places), now_us()
    ids = new.id or reserve_ids(conn, schema.annotation, rows)
    where: dict[str, Column] = {
        "task_id": numbers_at(task_ids, new.places),
        "project_id": Same(project_id),
        "result": new.result,
    }
    created = _filled(new.created_at, [now] * rows)
    columns: dict[str, Column] = {
        "id": counting(ids),
        **where,
        **{name: numbers(getattr(new, name) or [None]) for name in _AS_GIVEN},
        "unique_id": texts(_usable_unique_ids(conn, new.unique_id)) if new.unique_id else Same(None),
        "version": Same(1),
        "bulk_created": numbers(new.bulk_created or [False]),
        "last_action": texts(new.last_action or [None]),
        "parent_annotation": numbers(new.parent_annotation or [None]),
        "prediction": texts(new.prediction or [None]),
        "created_at": numbers(created),
        "updated_at": numbers(_filled(new.updated_at, created)),
    }
    queries.insert_columns(conn, rows, columns)
    events: dict[str, Column] = {
        "annotation_id": counting(ids),
        **where,
        "actor_id": Same(actor_id),
        "kind": Same("imported"),
        "fields": texts(_event_fields(new)),
        "at": Same(now),
    }
    queries.append_event_columns(conn, rows, events)
    made = zip((task_ids[place] for place in new.places), ids, strict=True)
    storage_outbox.note(conn, project_id, made)
    return ids


_AS_GIVEN = (
    "completed_by", "updated_by", "result_count", "was_cancelled", "ground_truth", "lead_time", "import_id",
    "parent_prediction", "draft_created_at",
)  # fmt: skip


def _filled(values: Sequence[int | None] | None, others: Sequence[int]) -> Sequence[int]:
    if values is None:
        return others
    return [other if value is None else value for value, other in zip(values, others, strict=True)]


_EVENT_FIELDS = ("was_cancelled", "ground_truth", "lead_time", "completed_by")


def _event_fields(new: NewAnnotations) -> Iterator[str]:
    encode = msgspec.json.Encoder().encode
    known: dict[tuple[object, ...], str] = {}  # hardly any differ
    for was_cancelled, ground_truth, lead_time, completed_by in zip(
        new.was_cancelled,
        new.ground_truth,
        new.lead_time or repeat(None, len(new.places)),
        new.completed_by,
        strict=True,
    ):
        values = (was_cancelled, ground_truth, lead_time, completed_by)
        text = known.get(values)
        if text is None:
            text = known[values] = encode(dict(zip(_EVENT_FIELDS, values, strict=True))).decode()
        yield text


def _usable_unique_ids(conn: Connection, wanted: Sequence[str | None]) -> list[str | None]:
    found = [_uuid(each) for each in wanted]
    given = [each for each in found if each is not None]
    if not given:
        return found
    taken = queries.known_unique_ids(conn, given)
    usable: list[str | None] = []
    for each in found:
        usable.append(None if each in taken else each)
        if each is not None:
            taken.add(each)
    return usable


def _uuid(value: str | None) -> str | None:
    try:
        return str(UUID(value)) if value else None
    except (ValueError, AttributeError, TypeError):
        return None
