"""All SQL of the queue.

The conditions `free_slots > 0` and that a score is not NULL are written as literals: an engine uses a partial index only
where it can see at planning time that the query asks for no more than the index holds.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from labelyard.access.scope import VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db import schema
from labelyard.kit.db import dialect
from labelyard.kit.db.prepared import Prepared
from labelyard.queue.walk import Key, Stretch

task, annotation, draft, lease, project = (
    schema.task, schema.annotation, schema.draft, schema.lease, schema.project,
)  # fmt: skip
cursor = schema.label_cursor

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_ZERO: ColumnElement[int] = sa.literal_column("0", sa.Integer)
_ONE: ColumnElement[int] = sa.literal_column("1", sa.Integer)
_OPEN = task.c.free_slots > _ZERO
_PLACE = (
    task.c.id, task.c.project_id, task.c.rnd, task.c.score, task.c.mean_score, task.c.overlap, task.c.free_slots,
)  # fmt: skip

# --- slots --------------------------------------------------------------------------------------------------------

_LEASES = sa.select(sa.func.count()).select_from(lease).where(lease.c.task_id == task.c.id).scalar_subquery()
_IGNORES_SKIPS = (
    sa.select(project.c.skip_queue == "IGNORE_SKIPPED")
    .where(project.c.id == task.c.project_id)
    .scalar_subquery()
)


def _recount(total: ColumnElement[int], cancelled: ColumnElement[int]) -> dict[str, ColumnElement[Any]]:
    """What follows from these numbers of answers and skips, the task's leases and overlap."""
    counting = total + sa.case((_IGNORES_SKIPS, cancelled), else_=0)
    free = task.c.overlap - counting - _LEASES
    return {"free_slots": sa.case((free > 0, free), else_=0), "is_labeled": task.c.overlap <= counting}


_RECOUNT = _recount(task.c.total_annotations, task.c.cancelled_annotations)
_RECOUNT_ONE = (
    sa.update(task)
    .where(task.c.id == sa.bindparam("task_id"))
    .values(_RECOUNT)
    .returning(task.c.free_slots, task.c.is_labeled)
)


# The right sides see the row as it was, so the counters and what follows from them are one look at the row.
_TOTAL = task.c.total_annotations + sa.bindparam("total", type_=sa.Integer)
_CANCELLED = task.c.cancelled_annotations + sa.bindparam("cancelled", type_=sa.Integer)
_COUNT_ONE = (
    sa.update(task)
    .where(task.c.id == sa.bindparam("task_id"))
    .values(
        total_annotations=_TOTAL,
        cancelled_annotations=_CANCELLED,
        updated_at=sa.bindparam("at"),
        updated_by=sa.bindparam("by"),
        **_recount(_TOTAL, _CANCELLED),
    )
    .returning(task.c.free_slots, task.c.is_labeled)
)

_recount_one, _count_one = Prepared(_RECOUNT_ONE), Prepared(_COUNT_ONE)


def count_one(
    conn: Connection, task_id: int, *, total: int, cancelled: int, at: int, by: int | None
) -> AnyRow:
    """Adds to a task's counters of annotations, and sets what `recount_one` sets; (free_slots, is_labeled)."""
    values = {"task_id": task_id, "total": total, "cancelled": cancelled, "at": at, "by": by}
    return _count_one.one(conn, values)


def recount_one(conn: Connection, task_id: int) -> AnyRow:
    """Sets `free_slots` and `is_labeled` of a task from its counters and leases; (free_slots, is_labeled)."""
    return _recount_one.one(conn, {"task_id": task_id})


def recount_many(conn: Connection, project_id: int, ids: ColumnElement[bool]) -> tuple[int, bool]:
    """The same for the tasks of a project under a condition on their ids: (change of labeled tasks, did any open?)."""
    inside = sa.and_(dialect.without_index(task.c.project_id) == project_id, ids)
    labeled = sa.select(sa.func.count()).where(inside, task.c.is_labeled)
    closed = sa.select(task.c.id).where(inside, task.c.free_slots == 0)
    conn.execute(sa.select(task.c.id).where(inside).order_by(task.c.id).with_for_update())
    before = conn.execute(labeled).scalar_one()
    was_closed = set(conn.scalars(closed))
    conn.execute(sa.update(task).where(inside).values(_RECOUNT))
    opened = bool(was_closed - set(conn.scalars(closed)))
    return conn.execute(labeled).scalar_one() - before, opened


def ids_between(first: int, last: int) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = task.c.id.between(first, last)
    return condition


def ids_within(ids: Sequence[int]) -> ColumnElement[bool]:
    """One of `ids` (sorted); a range where they are consecutive."""
    if ids and ids[-1] - ids[0] + 1 == len(ids):
        return ids_between(ids[0], ids[-1])
    condition: ColumnElement[bool] = task.c.id.in_(ids)
    return condition


_LOCK_ONE = Prepared(
    sa.select(*_PLACE, task.c.is_labeled).where(task.c.id == sa.bindparam("task_id")).with_for_update()
)


def lock_task(conn: Connection, task_id: int) -> AnyRow | None:
    return _LOCK_ONE.first(conn, {"task_id": task_id})


def lock_tasks(conn: Connection, ids: Sequence[int], *, skip_locked: bool = False) -> Sequence[AnyRow]:
    statement = sa.select(*_PLACE, task.c.is_labeled).where(task.c.id.in_(ids)).order_by(task.c.id)
    return conn.execute(statement.with_for_update(skip_locked=skip_locked)).all()


# --- leases -------------------------------------------------------------------------------------------------------

_EXPIRED = Prepared(
    sa.select(lease.c.task_id, lease.c.user_id)
    .where(lease.c.expires_at < sa.bindparam("now"))
    .order_by(lease.c.expires_at)
    .limit(sa.bindparam("size"))
)
_DELETE_EXPIRED = (
    sa.delete(lease)
    .where(
        lease.c.task_id == sa.bindparam("task"),
        lease.c.user_id == sa.bindparam("user"),
        lease.c.expires_at < sa.bindparam("now"),
    )
    .returning(lease.c.user_id)
)
_INSERT = Prepared(sa.insert(lease))
_DELETE = Prepared(
    sa.delete(lease)
    .where(lease.c.task_id == sa.bindparam("task"), lease.c.user_id == sa.bindparam("user"))
    .returning(lease.c.task_id)
)
_RENEW = Prepared(
    sa.update(lease)
    .where(lease.c.task_id == sa.bindparam("task"), lease.c.user_id == sa.bindparam("user"))
    .values(expires_at=sa.bindparam("until"))
    .returning(lease.c.token)
)
_HELD = Prepared(
    sa.select(lease.c.task_id, lease.c.token)
    .where(lease.c.user_id == sa.bindparam("user"), lease.c.project_id == sa.bindparam("project"))
    .order_by(lease.c.created_at, lease.c.task_id)
)


def count_leases(conn: Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(lease)).scalar_one())


def expired_leases(conn: Connection, now: int, limit: int) -> Sequence[AnyRow]:
    return _EXPIRED.all(conn, {"now": now, "size": limit})


def delete_expired(conn: Connection, task_id: int, user_id: int, now: int) -> bool:
    return conn.execute(_DELETE_EXPIRED, {"task": task_id, "user": user_id, "now": now}).first() is not None


def insert_lease(conn: Connection, **values: Any) -> None:
    _INSERT.run(conn, values)


def delete_lease(conn: Connection, task_id: int, user_id: int) -> bool:
    return _DELETE.first(conn, {"task": task_id, "user": user_id}) is not None


def renew_lease(conn: Connection, task_id: int, user_id: int, until: int) -> str | None:
    """The token of the renewed lease, None when there is none."""
    token: str | None = _RENEW.scalar(conn, {"task": task_id, "user": user_id, "until": until})
    return token


def held_leases(conn: Connection, project_id: int, user_id: int) -> Sequence[AnyRow]:
    return _HELD.all(conn, {"user": user_id, "project": project_id})


# --- candidates ---------------------------------------------------------------------------------------------------


def _mine(table: sa.Table, who: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the user has a row of the task in `table`.

    OFFSET 0 keeps PostgreSQL from turning the look-up of one task into a join over all of them.
    """
    rows = sa.select(_ONE).where(table.c.task_id == task.c.id, table.c[who] == sa.bindparam("user"), *more)
    return rows.offset(_ZERO).exists()


_UNTOUCHED = (
    ~_mine(lease, "user_id"),
    ~_mine(annotation, "completed_by"),
    ~_mine(draft, "user_id", draft.c.was_postponed, draft.c.annotation_id.is_(None)),
)


# What is asked of a stretch: its first task, the first after a key, the first of one score after an id.
Part = Literal["first", "after", "level"]


def _stretch_select(stretch: Stretch, part: Part) -> sa.Select[Any]:
    where: list[ColumnElement[bool]] = [task.c.project_id == sa.bindparam("project"), _OPEN]
    if stretch.overlap_only:
        where.append(task.c.overlap > _ONE)
    if stretch.without is not None:
        where.append(task.c[stretch.without].is_(None))
    make = {"id": _by_id, "rnd": _by_rnd}.get(stretch.order, _by_score)
    more, order = make(stretch, part)
    return sa.select(*_PLACE).where(*where, *more, *_UNTOUCHED).order_by(*order).limit(_ONE)


_Parts = tuple[list[ColumnElement[bool]], tuple[ColumnElement[Any], ...]]


def _by_id(stretch: Stretch, part: Part) -> _Parts:
    return [task.c.id > sa.bindparam("key0")] if part == "after" else [], (task.c.project_id, task.c.id)


def _by_rnd(stretch: Stretch, part: Part) -> _Parts:
    # Not `> 0`: of two lower bounds SQLite may begin at the lower one, and walk up to the other.
    more: list[ColumnElement[bool]] = [task.c.rnd != _ZERO]
    order: tuple[ColumnElement[Any], ...] = (task.c.project_id, task.c.rnd)
    if part == "after":
        # Ties of 62 random bits are told apart by id, so that none can hide behind the position.
        more.append(task.c.rnd >= sa.bindparam("key0"))
        more.append(sa.or_(task.c.rnd > sa.bindparam("key0"), task.c.id > sa.bindparam("key1")))
        order = (*order, task.c.id)
    elif stretch.low is not None:
        more.append(task.c.rnd >= sa.bindparam("low"))
    if stretch.high is not None:
        more.append(task.c.rnd < sa.bindparam("high"))
    return more, order


def _by_score(stretch: Stretch, part: Part) -> _Parts:
    score: ColumnElement[float] = task.c[stretch.order]
    has, key = score.is_not(None), sa.bindparam("key0", type_=sa.Float)
    if part == "level":
        return [has, score == key, task.c.id > sa.bindparam("key1")], (task.c.project_id, score, task.c.id)
    if stretch.falling:
        # Of the tasks with that score not the first: the index, read backwards, has the last one in front.
        down = (task.c.project_id.desc(), score.desc(), task.c.id.desc())
        return [has, score < key] if part == "after" else [has], down
    order = (task.c.project_id, score, task.c.id)
    if part == "first":
        return [has], order
    # As one comparison, so that both bound the index: many tasks may share a score.
    place = sa.tuple_(score, task.c.id) > sa.tuple_(key, sa.bindparam("key1", type_=sa.Integer))
    return [has, place], order


_statements: dict[tuple[Any, ...], sa.Select[Any]] = {}


def candidate_select(stretch: Stretch, part: Part) -> sa.Select[Any]:
    """The statement for the next task of a stretch; built once per kind."""
    kind = (
        stretch.order,
        stretch.falling,
        stretch.overlap_only,
        stretch.without,
        stretch.low is None,
        stretch.high is None,
        part,
    )
    found = _statements.get(kind)
    if found is None:
        found = _statements[kind] = _stretch_select(stretch, part)
    return found


def candidate_parameters(stretch: Stretch, project_id: int, user_id: int, key: Key) -> dict[str, Any]:
    values: dict[str, Any] = {"project": project_id, "user": user_id}
    if key:
        values["key0"] = int(key[0]) if stretch.order in ("id", "rnd") else key[0]
        if len(key) > 1:
            values["key1"] = int(key[1])
    elif stretch.low is not None:
        values["low"] = stretch.low
    if stretch.high is not None:
        values["high"] = stretch.high
    return values


def candidate(
    conn: Connection, stretch: Stretch, project_id: int, user_id: int, key: Key, *, lock: str = ""
) -> AnyRow | None:
    """The first open task of the stretch after `key` that the user has not had.

    `lock`: "" reads only, "skip" locks the first that nobody else has locked, "wait" waits for the lock (PostgreSQL).
    """

    def ask(part: Part, key: Key, lock: str) -> AnyRow | None:
        statement = candidate_select(stretch, part)
        values = candidate_parameters(stretch, project_id, user_id, key)
        if lock:
            statement = statement.with_for_update(of=task, skip_locked=lock == "skip")
            return conn.execute(statement, values).first()
        return _prepared(statement).first(conn, values)

    if not stretch.falling:
        return ask("after" if key else "first", key, lock)
    # One index serves both directions; down it, the tasks of one score are in front of it from the last to the first.
    # So the score is looked for, and then its first task.
    row = ask("level", (-key[0], key[1]), lock) if key else None
    while row is None:
        level = ask("after" if key else "first", (-key[0],) if key else (), "")
        if level is None:
            return None
        key = stretch.key(level)
        row = ask("level", (-key[0], 0), lock)
    return row


_prepared = lru_cache(maxsize=64)(Prepared)  # by identity: `candidate_select` gives one statement per kind


_AMONG = sa.select(*_PLACE).where(
    dialect.without_index(task.c.project_id) == sa.bindparam("project"),
    task.c.id.in_(sa.bindparam("tasks", expanding=True)),
    _OPEN,
    *_UNTOUCHED,
)


def candidates_among(conn: Connection, project_id: int, user_id: int, ids: Sequence[int]) -> Sequence[AnyRow]:
    """Which of these tasks (at most some thousands) are open and were not had by the user."""
    return conn.execute(_AMONG, {"project": project_id, "user": user_id, "tasks": list(ids)}).all()


_POSTPONED = (
    sa.select(*_PLACE)
    .join(draft, draft.c.task_id == task.c.id)
    .where(
        draft.c.project_id == sa.bindparam("project"),
        draft.c.user_id == sa.bindparam("user"),
        draft.c.was_postponed,
        draft.c.annotation_id.is_(None),
        _OPEN,
        ~_mine(lease, "user_id"),
        ~_mine(annotation, "completed_by"),
    )
    .order_by(draft.c.updated_at, draft.c.id)
    .limit(_ONE)
    .with_for_update(of=task)
)
_other = annotation.alias("other")
# Skipped again later, or answered after all.
_OVERTAKEN = sa.exists().where(
    _other.c.task_id == annotation.c.task_id,
    _other.c.completed_by == sa.bindparam("user"),
    sa.or_(~_other.c.was_cancelled, _other.c.id > annotation.c.id),
)
_SKIPPED = (
    sa.select(*_PLACE)
    .join(annotation, annotation.c.task_id == task.c.id)
    .where(
        annotation.c.project_id == sa.bindparam("project"),
        annotation.c.completed_by == sa.bindparam("user"),
        annotation.c.was_cancelled,
        _OPEN,
        ~_OVERTAKEN,
        ~_mine(lease, "user_id"),
    )
    .order_by(annotation.c.updated_at, annotation.c.id)
    .limit(_ONE)
    .with_for_update(of=task)
)


def postponed_candidate(conn: Connection, project_id: int, user_id: int) -> AnyRow | None:
    return conn.execute(_POSTPONED, {"project": project_id, "user": user_id}).first()


def skipped_candidate(conn: Connection, project_id: int, user_id: int) -> AnyRow | None:
    return conn.execute(_SKIPPED, {"project": project_id, "user": user_id}).first()


_SEEN = Prepared(sa.select(task.c.id).join(project).where(task.c.id == sa.bindparam("task"), VISIBLE))


def exists_for(conn: Connection, actor: Actor, task_id: int) -> bool:
    """Whether the caller may see the task."""
    return _SEEN.first(conn, {"task": task_id, **binds(actor)}) is not None


# --- walks --------------------------------------------------------------------------------------------------------

_counts = schema.project_counts
_LAST_INNER = (
    sa.select(_counts.c.last_inner_id).where(_counts.c.project_id == cursor.c.project_id).scalar_subquery()
)
_CURSOR = Prepared(
    sa.select(cursor.c.sampling, cursor.c.position, _LAST_INNER.label("last_inner_id"))
    .where(cursor.c.project_id == sa.bindparam("project"), cursor.c.user_id == sa.bindparam("user"))
    .with_for_update(of=cursor)
)
_MOVE = Prepared(
    sa.update(cursor)
    .where(cursor.c.project_id == sa.bindparam("project"), cursor.c.user_id == sa.bindparam("user"))
    .values(sampling=sa.bindparam("name"), position=sa.bindparam("at"))
)


def lock_cursor(conn: Connection, project_id: int, user_id: int) -> AnyRow | None:
    return _CURSOR.first(conn, {"project": project_id, "user": user_id})


def create_cursor(conn: Connection, project_id: int, user_id: int, name: str, position: str) -> None:
    if conn.dialect.name != "sqlite":
        conn.execute(_NEW_WALK, {"walks": f"walks {project_id}"})
    values = {"project_id": project_id, "user_id": user_id, "sampling": name, "position": position}
    dialect.upsert(conn, cursor, values, key=["project_id", "user_id"])


def move_cursor(conn: Connection, project_id: int, user_id: int, name: str, position: str) -> None:
    _MOVE.run(conn, {"project": project_id, "user": user_id, "name": name, "at": position})


# A walk that another transaction makes meanwhile could not be moved back, and would go past what this one opens.
_NEW_WALK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:walks, 0))")
_NO_NEW_WALKS = sa.text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:walks, 0))")
_ALL_CURSORS = (
    sa.select(cursor.c.user_id, cursor.c.sampling, cursor.c.position)
    .where(cursor.c.project_id == sa.bindparam("project"))
    .order_by(cursor.c.user_id)
    .with_for_update()
)
_ONE_CURSOR = _ALL_CURSORS.where(cursor.c.user_id == sa.bindparam("user"))


def lock_cursors(conn: Connection, project_id: int, user_id: int | None = None) -> Sequence[AnyRow]:
    """The walks of a project, of everybody or of one user; none is made before this transaction ends."""
    if conn.dialect.name != "sqlite":
        conn.execute(_NO_NEW_WALKS, {"walks": f"walks {project_id}"})
    if user_id is None:
        return conn.execute(_ALL_CURSORS, {"project": project_id}).all()
    return conn.execute(_ONE_CURSOR, {"project": project_id, "user": user_id}).all()


_NEWEST = (
    sa.select(task.c.id)
    .where(task.c.project_id == sa.bindparam("project"))
    .order_by(task.c.inner_id.desc())
    .limit(_ONE)
)


def newest_task_id(conn: Connection, project_id: int) -> int:
    """The highest task id of the project (ids rise with inner ids), 0 without tasks."""
    return conn.execute(_NEWEST, {"project": project_id}).scalar() or 0


def reset_cursors(conn: Connection, project_id: int) -> None:
    conn.execute(sa.delete(cursor).where(cursor.c.project_id == project_id))


def newer_tasks(conn: Connection, project_id: int, last_inner_id: int, limit: int) -> Sequence[AnyRow]:
    """Tasks made after the one with that inner id."""
    return conn.execute(
        sa.select(*_PLACE)
        .where(task.c.project_id == project_id, task.c.inner_id > last_inner_id)
        .order_by(task.c.inner_id)
        .limit(limit)
    ).all()


# --- what somebody worked on --------------------------------------------------------------------------------------

_LATEST = (
    sa.select(annotation.c.id, annotation.c.task_id, annotation.c.completed_by)
    .where(annotation.c.project_id == sa.bindparam("project"))
    .order_by(annotation.c.id.desc())
    .limit(sa.bindparam("window"))
    .subquery()
)
_WORKED_ON = (
    sa.select(_LATEST.c.task_id, _LATEST.c.id)
    .where(_LATEST.c.completed_by == sa.bindparam("user"))
    .order_by(_LATEST.c.id.desc())
    .limit(sa.bindparam("limit"))
)
_HOLDS = (
    sa.select(lease.c.task_id)
    .where(
        lease.c.project_id == sa.bindparam("project"),
        lease.c.user_id == sa.bindparam("user"),
        lease.c.expires_at > sa.bindparam("now"),
    )
    .order_by(lease.c.created_at)
)


def worked_on(
    conn: Connection, project_id: int, user_id: int, limit: int, window: int
) -> list[tuple[int, int]]:
    """`(task, annotation)` of a user's latest annotations, the newest first; of the project's latest `window` ones."""
    values = {"project": project_id, "user": user_id, "limit": limit, "window": window}
    return [(row.task_id, row.id) for row in conn.execute(_WORKED_ON, values)]


def holds(conn: Connection, project_id: int, user_id: int, now: int) -> list[int]:
    """Tasks that a user holds, the one taken first in front."""
    return list(conn.scalars(_HOLDS, {"project": project_id, "user": user_id, "now": now}))
