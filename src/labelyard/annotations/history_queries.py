"""All SQL of the history: the events of annotations."""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import annotation, project
from labelyard.db.schema import annotation_event as event

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_SEEN = sa.select(event).join(project, project.c.id == event.c.project_id).where(VISIBLE)
# As the partial indexes spell it, so that the planners recognize it.
DELETED = sa.text("annotation_event.kind = 'deleted'")


def of_annotation(
    conn: Connection, actor: Actor, annotation_id: int, before: int | None, limit: int
) -> Sequence[AnyRow]:
    """Events of an annotation in projects that exist for the caller, newest first."""
    query = _SEEN.where(event.c.annotation_id == annotation_id)
    return conn.execute(_newest(query, before, limit), binds(actor)).all()


def of_task(conn: Connection, actor: Actor, task_id: int, before: int | None, limit: int) -> Sequence[AnyRow]:
    """Events of a task's annotations, those that are deleted included, newest first."""
    there = sa.select(annotation.c.id).where(annotation.c.task_id == task_id)
    gone = sa.select(event.c.annotation_id).where(event.c.task_id == task_id, DELETED)
    query = _SEEN.where(event.c.annotation_id.in_(there.union(gone)), event.c.task_id == task_id)
    return conn.execute(_newest(query, before, limit), binds(actor)).all()


def of_project(
    conn: Connection,
    project_id: int,
    before: int | None,
    limit: int,
    *,
    deleted: bool = False,
    actor_id: int | None = None,
) -> Sequence[AnyRow]:
    """Events of a project without their results, newest first: all, deletions only, or what one person did."""
    columns = [each for each in event.c if each.name != "result"]
    query = sa.select(*columns).where(event.c.project_id == project_id)
    if deleted:
        query = query.where(DELETED)
    if actor_id is not None:
        query = query.where(event.c.actor_id == actor_id)
    return conn.execute(_newest(query, before, limit)).all()


def deletions(
    conn: Connection, project_id: int, actor_id: int, after: int, last: int, limit: int
) -> Sequence[AnyRow]:
    """`(seq, annotation_id, task_id)` of what a user deleted, `after` < seq <= `last`, oldest first."""
    query: sa.Select[Any] = sa.select(event.c.seq, event.c.annotation_id, event.c.task_id).where(
        event.c.project_id == project_id,
        DELETED,
        event.c.actor_id == actor_id,
        event.c.seq > after,
        event.c.seq <= last,
    )
    return conn.execute(query.order_by(event.c.seq).limit(limit)).all()


def range_of(conn: Connection, project_id: int, actor_id: int, after: int) -> tuple[int, int] | None:
    """The first and the last event by which a user deleted something after event `after`."""
    query = sa.select(sa.func.min(event.c.seq), sa.func.max(event.c.seq)).where(
        event.c.project_id == project_id, DELETED, event.c.actor_id == actor_id, event.c.seq > after
    )
    first, last = conn.execute(query).one()
    return None if first is None else (int(first), int(last))


def newest_seq(conn: Connection, project_id: int) -> int:
    """The project's last event; 0 without any."""
    query = sa.select(sa.func.max(event.c.seq)).where(event.c.project_id == project_id)
    return conn.execute(query).scalar() or 0


def _newest(query: sa.Select[Any], before: int | None, limit: int) -> sa.Select[Any]:
    if before is not None:
        query = query.where(event.c.seq < before)
    return query.order_by(event.c.seq.desc()).limit(limit)


def of_annotations(conn: Connection, ids: Collection[int]) -> Sequence[AnyRow]:
    """All events of annotations, oldest first."""
    query = sa.select(event).where(event.c.annotation_id.in_(ids))
    return conn.execute(query.order_by(event.c.annotation_id, event.c.seq)).all()


def one(conn: Connection, actor: Actor, annotation_id: int, seq: int | None) -> AnyRow | None:
    """An event of an annotation, the newest for None, if its project exists for the caller."""
    query = _SEEN.where(event.c.annotation_id == annotation_id)
    if seq is not None:
        query = query.where(event.c.seq == seq)
    return conn.execute(query.order_by(event.c.seq.desc()).limit(1), binds(actor)).first()


def result_before(conn: Connection, annotation_id: int, seq: int) -> str | None:
    """The result that the newest event before `seq` brought with it."""
    query = (
        sa.select(event.c.result)
        .where(event.c.annotation_id == annotation_id, event.c.seq < seq, event.c.result.is_not(None))
        .order_by(event.c.seq.desc())
        .limit(1)
    )
    found: str | None = conn.execute(query).scalar()
    return found


def steps(conn: Connection, annotation_id: int, seq: int) -> Sequence[AnyRow]:
    """`(seq, kind, fields, at, has_result)` of an annotation's events up to `seq`, oldest first, without results."""
    query = (
        sa.select(
            event.c.seq,
            event.c.kind,
            event.c.fields,
            event.c.at,
            event.c.result.is_not(None).label("has_result"),
        )
        .where(event.c.annotation_id == annotation_id, event.c.seq <= seq)
        .order_by(event.c.seq)
    )
    return conn.execute(query).all()


def result_of(conn: Connection, seq: int) -> str | None:
    found: str | None = conn.execute(sa.select(event.c.result).where(event.c.seq == seq)).scalar()
    return found


def ground_truth_of(conn: Connection, task_id: int) -> int | None:
    """The annotation that is the task's ground truth."""
    query = sa.select(annotation.c.id).where(annotation.c.task_id == task_id, annotation.c.ground_truth)
    found: int | None = conn.execute(query.limit(1)).scalar()
    return found
