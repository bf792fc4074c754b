"""Who labels which task next: leases, slots and walks.

A task has `overlap` slots. An annotation that counts or a lease fills one:
`free_slots = max(0, overlap - counting annotations - leases)`, and it is recomputed from these in the transaction of
each change, under a lock of the task's row, so it cannot drift. A lease that ran out fills its slot until it is
reclaimed, which every request for a next task does.

Lock order, where an engine locks rows: task, then walks by user, then the project's counters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection

from labelyard.actor import Actor
from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.errors import Conflict, NotFound
from labelyard.kit.ids import new_uuid, random_order_key
from labelyard.projects import service as projects
from labelyard.queue import queries, walk
from labelyard.queue.queries import AnyRow
from labelyard.queue.walk import ScoredTask as ScoredTask
from labelyard.sampling import SEQUENTIAL, UNIFORM

DEFAULT_TTL_SECONDS = 900
HISTORY_WINDOW = 20_000  # annotations of a project that are looked through for those of one person
_RECLAIM = 200  # expired leases taken back by one call at most
_LOOK_AT_NEW = 200  # new tasks that a walk in random order is moved back for one by one


@dataclass(frozen=True, slots=True)
class Lease:
    """A task held for a user until `expires_at` (microseconds since the epoch)."""

    task_id: int
    token: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class NextTask:
    """The task handed out, and by which rule (`queue`, the text of the API)."""

    lease: Lease
    queue: str

    @property
    def task_id(self) -> int:
        return self.lease.task_id


# --- the next task ------------------------------------------------------------------------------------------------


def next_task(
    conn: Connection,
    actor: Actor,
    project: AnyRow,
    *,
    exclude: Sequence[int] = (),
    ttl_seconds: int = DEFAULT_TTL_SECONDS,
    now: int | None = None,
) -> NextTask | None:
    """Hand the caller a task of the project and hold it for them; None when there is nothing left for them.

    A task that they hold already comes first (asking twice gives the same task), except those in `exclude`, which
    are open in front of them while the next one is fetched ahead.
    """
    now = now_us() if now is None else now
    expire(conn, now=now)
    name, cursor, fresh = _walk_of(conn, actor, project)
    until = now + ttl_seconds * SECOND
    for held in queries.held_leases(conn, project.id, actor.user_id):
        if held.task_id not in exclude:
            queries.renew_lease(conn, held.task_id, actor.user_id, until)
            return NextTask(Lease(held.task_id, held.token, until), "Task lock")
    found, position = _walk_on(conn, actor, project.id, name, cursor)
    if position is not None and position != cursor.position and not fresh:
        queries.move_cursor(conn, project.id, actor.user_id, name, walk.encode(cursor.at(position)))
    if found is None:
        found = _returning(conn, actor, project)
    if found is None:
        return None
    row, queue = found
    return NextTask(_take(conn, actor, row, now, until), queue)


DATA_MANAGER_QUEUE = "Data manager queue"


def open_among(conn: Connection, actor: Actor, project_id: int, ids: Sequence[int]) -> set[int]:
    """Which of these tasks (at most some thousands) could be handed to the caller now, beside those they hold."""
    return {row.id for row in queries.candidates_among(conn, project_id, actor.user_id, ids)}


def held_by(conn: Connection, actor: Actor, project_id: int) -> list[int]:
    """The tasks of a project that the caller holds, those held longest first."""
    return [row.task_id for row in queries.held_leases(conn, project_id, actor.user_id)]


def take_first(
    conn: Connection,
    actor: Actor,
    project: AnyRow,
    ids: Sequence[int],
    *,
    ttl_seconds: int = DEFAULT_TTL_SECONDS,
    now: int | None = None,
) -> NextTask | None:
    """Hold the first of these tasks that the caller holds already or that is open to them; None when none is."""
    now = now_us() if now is None else now
    expire(conn, now=now)
    until = now + ttl_seconds * SECOND
    held = {row.task_id: row for row in queries.held_leases(conn, project.id, actor.user_id)}
    for task_id in ids:
        if task_id in held:
            queries.renew_lease(conn, task_id, actor.user_id, until)
            return NextTask(Lease(task_id, held[task_id].token, until), f"Task lock & {DATA_MANAGER_QUEUE}")
        if queries.lock_task(conn, task_id) is None:
            continue
        # Looked at under the lock: whoever was quicker has filled its slot.
        rows = queries.candidates_among(conn, project.id, actor.user_id, [task_id])
        if rows:
            return NextTask(_take(conn, actor, rows[0], now, until), DATA_MANAGER_QUEUE)
    return None


def _walk_of(conn: Connection, actor: Actor, project: AnyRow) -> tuple[str, walk.Cursor, bool]:
    """Kind and cursor of the caller's walk, locked; True when it was made just now.

    A walk made in this transaction is unseen by others, who could not move it back: it must not move on before the
    next one.
    """
    sampling = _sampling(conn, project)
    name = walk.name_of(sampling, project.show_overlap_first)
    stored = queries.lock_cursor(conn, project.id, actor.user_id)
    if stored is None:
        cursor = _new_cursor(project, sampling, 0)
        queries.create_cursor(conn, project.id, actor.user_id, name, walk.encode(cursor))
        return name, cursor, True
    if stored.sampling != name:
        cursor = _new_cursor(project, sampling, stored.last_inner_id or 0)
        queries.move_cursor(conn, project.id, actor.user_id, name, walk.encode(cursor))
        return name, cursor, False
    cursor = walk.decode(stored.position)
    rises = sampling != UNIFORM and not project.show_overlap_first
    if not rises and cursor.last_inner_id != (stored.last_inner_id or 0):
        cursor = _with_new_tasks(conn, project.id, name, cursor, stored.last_inner_id or 0)
        queries.move_cursor(conn, project.id, actor.user_id, name, walk.encode(cursor))
    return name, cursor, False


def _sampling(conn: Connection, project: AnyRow) -> str:
    """How the project is walked now: in sequence while its tasks still wait for their random places."""
    if project.sampling == UNIFORM and not projects.has_places(conn, project.id):
        return SEQUENTIAL
    return str(project.sampling)


def _new_cursor(project: AnyRow, sampling: str, last_inner_id: int) -> walk.Cursor:
    # With overlap, one start for everybody: tasks get their annotations one after the other instead of all at the end.
    start = 0 if project.maximum_annotations > 1 or sampling != UNIFORM else random_order_key()
    return walk.Cursor(start, last_inner_id=last_inner_id)


def _with_new_tasks(
    conn: Connection, project_id: int, name: str, cursor: walk.Cursor, last: int
) -> walk.Cursor:
    """A walk whose order new tasks do not simply go to the end of has to look at them: they may lie behind it."""
    rows = queries.newer_tasks(conn, project_id, cursor.last_inner_id, _LOOK_AT_NEW + 1)
    if len(rows) > _LOOK_AT_NEW:
        return walk.Cursor(cursor.start, last_inner_id=last)
    back = walk.rewound(name, cursor, rows)
    return walk.Cursor(back.start, back.position, last)


_Found = tuple[AnyRow, str]


def _walk_on(
    conn: Connection, actor: Actor, project_id: int, name: str, cursor: walk.Cursor
) -> tuple[_Found | None, walk.Position | None]:
    """The next task of the walk, its row locked, and where the walk stands then (None: where it was)."""
    queue = walk.queue_text(name)
    plan = walk.stretches(name, cursor.start)
    at, passed_locked = cursor.position, False
    # Where others commit meanwhile, it is taken before the candidates are looked at: a task made in between must not
    # end up behind the position.
    newest = None if conn.dialect.name == "sqlite" else queries.newest_task_id(conn, project_id)
    for number in range(at.stretch, len(plan)):
        stretch = plan[number]
        key = at.key if number == at.stretch else ()
        row, passed = _claim_candidate(conn, stretch, project_id, actor.user_id, key)
        passed_locked = passed_locked or passed
        if row is not None:
            text = f"Show overlap first & {queue}" if stretch.overlap_only else queue
            reached = walk.Position(number, stretch.key(row))
            return (row, text), None if passed_locked else reached
    if newest is None:
        newest = queries.newest_task_id(conn, project_id)
    return None, None if passed_locked else walk.end(plan, newest)


def _claim_candidate(
    conn: Connection, stretch: walk.Stretch, project_id: int, user_id: int, key: walk.Key
) -> tuple[AnyRow | None, bool]:
    """The first candidate, locked, and whether an earlier one was passed over because somebody else has it locked."""
    if conn.dialect.name == "sqlite":
        return queries.candidate(conn, stretch, project_id, user_id, key), False
    first = queries.candidate(conn, stretch, project_id, user_id, key)
    if first is None:
        return None, False
    row = queries.candidate(conn, stretch, project_id, user_id, key, lock="skip")
    if row is None:
        # All that is left is locked this moment; it may be free again right after, so wait rather than say "nothing".
        row = queries.candidate(conn, stretch, project_id, user_id, key, lock="wait")
    return row, row is None or row.id != first.id


def _returning(conn: Connection, actor: Actor, project: AnyRow) -> _Found | None:
    """What comes back to the caller when no fresh task is left: what they postponed, then what they skipped."""
    row = queries.postponed_candidate(conn, project.id, actor.user_id)
    if row is not None:
        return row, "Postponed draft queue"
    if project.skip_queue == "REQUEUE_FOR_ME":
        row = queries.skipped_candidate(conn, project.id, actor.user_id)
        if row is not None:
            return row, "Skipped queue"
    return None


def _take(conn: Connection, actor: Actor, row: AnyRow, now: int, until: int) -> Lease:
    lease = Lease(row.id, new_uuid(), until)
    queries.insert_lease(
        conn, task_id=row.id, user_id=actor.user_id, project_id=row.project_id, token=lease.token,
        created_at=now, expires_at=until,
    )  # fmt: skip
    queries.recount_one(conn, row.id)
    return lease


# --- leases -------------------------------------------------------------------------------------------------------


def renew(
    conn: Connection,
    actor: Actor,
    task_id: int,
    *,
    ttl_seconds: int = DEFAULT_TTL_SECONDS,
    now: int | None = None,
) -> Lease:
    """Hold a task longer, or take it again while it has a free slot.

    Conflict when others have filled its slots meanwhile; what the caller made can still be submitted.
    """
    now = now_us() if now is None else now
    until = now + ttl_seconds * SECOND
    _check_visible(conn, actor, task_id)
    token = queries.renew_lease(conn, task_id, actor.user_id, until)
    if token is not None:
        return Lease(task_id, token, until)
    row = queries.lock_task(conn, task_id)
    if row is None:
        raise NotFound()
    if row.free_slots <= 0:
        raise Conflict(
            f"Task {task_id} is held or done by others. What you made on it can still be submitted."
        )
    return _take(conn, actor, row, now, until)


def release(conn: Connection, actor: Actor, task_id: int) -> None:
    """Give a task back. Nothing happens when the caller does not hold it."""
    _check_visible(conn, actor, task_id)
    row = queries.lock_task(conn, task_id)
    if row is not None and queries.delete_lease(conn, task_id, actor.user_id):
        settle(conn, row, open_to=actor.user_id)


def _check_visible(conn: Connection, actor: Actor, task_id: int) -> None:
    if not queries.exists_for(conn, actor, task_id):
        raise NotFound()


def count_leases(conn: Connection) -> int:
    """How many tasks are held, in all projects."""
    return queries.count_leases(conn)


def expire(conn: Connection, *, now: int | None = None, limit: int = _RECLAIM) -> int:
    """Take back leases that ran out, in any project; how many. Tasks that somebody works on this moment wait."""
    now = now_us() if now is None else now
    expired = queries.expired_leases(conn, now, limit)
    if not expired:
        return 0
    locked = {
        row.id: row
        for row in queries.lock_tasks(conn, sorted({each.task_id for each in expired}), skip_locked=True)
    }
    done, touched = 0, set()
    for each in expired:
        if each.task_id in locked and queries.delete_expired(conn, each.task_id, each.user_id, now):
            touched.add(each.task_id)
            done += 1
    after = {task_id: queries.recount_one(conn, task_id) for task_id in sorted(touched)}
    _rewind(conn, [locked[task_id] for task_id in after])
    for task_id, counted in after.items():
        if counted.is_labeled != locked[task_id].is_labeled:
            projects.bump_counts(conn, locked[task_id].project_id, finished=1 if counted.is_labeled else -1)
    return done


# --- hooks of the slices that change what slots depend on ---------------------------------------------------------


def drop_lease(conn: Connection, task_id: int, user_id: int) -> bool:
    """End a lease without recomputing slots: `settle` has to follow in the same transaction."""
    return queries.delete_lease(conn, task_id, user_id)


@dataclass(frozen=True, slots=True)
class Answered:
    """How the answers on a task changed: annotations more or less, skips more or less, when and by whom."""

    total: int
    cancelled: int
    at: int
    by: int | None


def settle(
    conn: Connection,
    before: AnyRow,
    *,
    answered: Answered | None = None,
    open_to: int | None = None,
    **counts: int,
) -> bool:
    """Recompute slots and `is_labeled` of a task after its overlap or leases changed; is it labeled now?

    `answered` is added to the task's counters first.

    `before` is the task's row, locked, as it was before. `counts` are further changes of the project's counters,
    written together with that of `finished`. When the task has a slot to give that it had not before, walks that have
    passed it are moved back; `open_to` names a user whose own annotation, lease or postponed draft kept them away.
    """
    after = queries.recount_one(conn, before.id) if answered is None else _count(conn, before.id, answered)
    if after.free_slots > 0:
        if before.free_slots <= 0:
            _rewind(conn, [before])
        elif open_to is not None:
            _rewind(conn, [before], open_to)
    counts["finished"] = int(after.is_labeled) - int(before.is_labeled)
    if any(counts.values()):
        projects.bump_counts(conn, before.project_id, **counts)
    return bool(after.is_labeled)


def _count(conn: Connection, task_id: int, answered: Answered) -> AnyRow:
    return queries.count_one(
        conn, task_id, total=answered.total, cancelled=answered.cancelled, at=answered.at, by=answered.by
    )


def recount(conn: Connection, task_id: int) -> bool:
    """Lock a task and `settle` it after the task's overlap was changed; is it labeled now?"""
    row = queries.lock_task(conn, task_id)
    if row is None:
        return False
    labeled = settle(conn, row)
    _rewind(conn, [row])  # it may belong earlier in walks that begin with overlap
    return labeled


def slots_of_new(
    project_row: AnyRow, overlap: Sequence[int], total: Sequence[int], cancelled: Sequence[int]
) -> tuple[list[int], list[bool]]:
    """`free_slots` and `is_labeled` of tasks that are being made, each with so many annotations and skips."""
    counting = total
    if project_row.skip_queue == "IGNORE_SKIPPED":
        counting = [answers + skips for answers, skips in zip(total, cancelled, strict=True)]
    tasks = len(overlap)
    if tasks and overlap.count(overlap[0]) == counting.count(counting[0]) == tasks:  # as mostly
        return [max(0, overlap[0] - counting[0])] * tasks, [overlap[0] <= counting[0]] * tasks
    pairs = list(zip(overlap, counting, strict=True))
    return [max(0, wanted - made) for wanted, made in pairs], [wanted <= made for wanted, made in pairs]


def settle_many(conn: Connection, project_id: int, ids: Sequence[int]) -> None:
    """`settle` for many tasks of a project (sorted ids, at most some thousands, or a consecutive range).

    Every walk of the project starts over where one of them opened: cheaper than looking at each.
    """
    if _settle_where(conn, project_id, queries.ids_within(ids)):
        queries.reset_cursors(conn, project_id)


def recount_project(conn: Connection, project_id: int, first_id: int, last_id: int) -> None:
    """Recompute the tasks with first_id <= id <= last_id after a change of overlap or skip_queue.

    Call it in batches (10,000 ids keep the writer for well under a second). Every walk of the project starts over.
    """
    _settle_where(conn, project_id, queries.ids_between(first_id, last_id))
    queries.reset_cursors(conn, project_id)


def _settle_where(conn: Connection, project_id: int, ids: ColumnElement[bool]) -> bool:
    finished, opened = queries.recount_many(conn, project_id, ids)
    if finished:
        projects.bump_counts(conn, project_id, finished=finished)
    return opened


def restart_walks(conn: Connection, project_id: int) -> None:
    """Every walk of a project starts over: many things that kept people away from tasks are gone."""
    queries.reset_cursors(conn, project_id)


def scores_changed(conn: Connection, project_id: int, tasks: Iterable[ScoredTask]) -> None:
    """Scores of open tasks are others now: walks by score that have passed where they lie are moved back to them.

    Walks in another order are not touched by scores. `tasks` is read only where there is a walk by score.
    """
    _move_back(conn, project_id, tasks, None, walk.by_score)


def _rewind(conn: Connection, rows: Iterable[AnyRow], only_user: int | None = None) -> None:
    """Move walks that have passed one of `rows` back to it."""
    by_project: dict[int, list[AnyRow]] = {}
    for row in rows:
        by_project.setdefault(row.project_id, []).append(row)
    for project_id, tasks in sorted(by_project.items()):
        _move_back(conn, project_id, tasks, only_user, lambda _: True)


def _move_back(
    conn: Connection,
    project_id: int,
    tasks: Iterable[walk.OrderedTask],
    only_user: int | None,
    concerns: Callable[[str], bool],
) -> None:
    walks = [each for each in queries.lock_cursors(conn, project_id, only_user) if concerns(each.sampling)]
    rows = list(tasks) if walks else []
    if not rows:
        return
    # Of many tasks the one that comes first in a walk decides; walks with the same start have it in common.
    earliest: dict[tuple[str, int], walk.Position] = {}
    for stored in walks:
        cursor = walk.decode(stored.position)
        kind = (stored.sampling, cursor.start)
        if kind not in earliest:
            earliest[kind] = walk.before_all(*kind, rows)
        back = walk.back_at(cursor, earliest[kind])
        if back != cursor:
            queries.move_cursor(conn, project_id, stored.user_id, stored.sampling, walk.encode(back))


def history(conn: Connection, actor: Actor, project_id: int, limit: int) -> list[dict[str, Any]]:
    """What the caller annotated in a project lately, then what is open: `{"taskId", "annotationId"}`, newest last."""
    projects.get(conn, actor, project_id, "annotations.create")
    done = queries.worked_on(conn, project_id, actor.user_id, limit, HISTORY_WINDOW)
    held = queries.holds(conn, project_id, actor.user_id, now_us())
    shown: list[dict[str, Any]] = [
        *({"taskId": task_id, "annotationId": annotation_id} for task_id, annotation_id in reversed(done)),
        *({"taskId": task_id, "annotationId": None} for task_id in held),
    ]
    return shown[-limit:] if limit > 0 else []
