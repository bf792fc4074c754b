"""All SQL of webhooks and what they deliver."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import ml_backend, project, webhook
from labelyard.db.schema import webhook_delivery as delivery
from labelyard.kit.db.prepared import Prepared

QUEUED, DELIVERED, FAILED = "queued", "delivered", "failed"

# --- webhooks -----------------------------------------------------------------------------------------------------

_SEEN = sa.select(webhook, MEMBER_ROLE).join(project, project.c.id == webhook.c.project_id).where(VISIBLE)
_OF_ORGANIZATION = sa.select(webhook, sa.null().label("member_role")).where(
    webhook.c.project_id.is_(None),
    webhook.c.organization_id == sa.bindparam("actor_organization", type_=sa.BigInteger),
)


def by_id(conn: Connection, actor: Actor, webhook_id: int) -> Row[Any] | None:
    """A webhook of a project that the caller sees, or of the caller's organization."""
    for statement in (_SEEN, _OF_ORGANIZATION):
        row = conn.execute(statement.where(webhook.c.id == webhook_id), binds(actor)).first()
        if row is not None:
            return row
    return None


def of_project(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    statement = sa.select(webhook).where(webhook.c.project_id == project_id)
    return conn.execute(statement.order_by(webhook.c.id)).all()


def seen(conn: Connection, actor: Actor) -> list[Row[Any]]:
    """All webhooks of projects that the caller sees and of the organization, by id."""
    found = [row for each in (_SEEN, _OF_ORGANIZATION) for row in conn.execute(each, binds(actor))]
    return sorted(found, key=lambda row: row.id)


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    return int(conn.execute(sa.insert(webhook).values(**values).returning(webhook.c.id)).scalar_one())


def update(conn: Connection, webhook_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(webhook).where(webhook.c.id == webhook_id).values(**values))


def delete(conn: Connection, webhook_id: int) -> None:
    conn.execute(sa.delete(webhook).where(webhook.c.id == webhook_id))


@lru_cache
def _listening(action: str, organization_only: bool) -> Prepared:
    of_project: sa.ColumnElement[bool] = webhook.c.project_id.is_(None)
    if not organization_only:
        of_project = sa.or_(of_project, webhook.c.project_id == sa.bindparam("of_project"))
    return Prepared(
        sa.select(webhook.c.id)
        .join(project, project.c.organization_id == webhook.c.organization_id)
        .where(
            project.c.id == sa.bindparam("of_project"),
            webhook.c.is_active,
            of_project,
            sa.or_(
                webhook.c.send_for_all_actions, webhook.c.actions.contains(f'"{action}"', autoescape=True)
            ),
        )
        .order_by(webhook.c.id)
    )


def listening(conn: Connection, project_id: int, action: str, organization_only: bool) -> list[int]:
    """Ids of the active webhooks that want to hear of this action in the project."""
    return [row.id for row in _listening(action, organization_only).all(conn, {"of_project": project_id})]


# --- deliveries ---------------------------------------------------------------------------------------------------


def insert_delivery(
    conn: Connection,
    webhook_id: int,
    action: str,
    objects: Sequence[Any],
    *,
    project_id: int | None,
    now: int,
) -> int:
    values = {
        "webhook_id": webhook_id,
        "project_id": project_id,
        "action": action,
        "objects": json.dumps(objects, separators=(",", ":")),
        "state": QUEUED,
        "next_at": now,
        "created_at": now,
    }
    return int(conn.execute(sa.insert(delivery).values(**values).returning(delivery.c.id)).scalar_one())


_QUEUED = delivery.c.state == sa.literal_column("'queued'")
_DUE = sa.and_(_QUEUED, delivery.c.next_at <= sa.bindparam("now"))

# What a webhook that is switched off has to tell waits until it is on again.
_READY = sa.and_(webhook.c.is_active, webhook.c.paused_until <= sa.bindparam("now"))


def webhooks_with_due(conn: Connection, now: int) -> list[int]:
    """Webhooks that have something to deliver now and are not paused. One probe of an index for each webhook."""
    due = sa.select(delivery.c.id).where(delivery.c.webhook_id == webhook.c.id, _DUE).exists()
    return list(conn.execute(sa.select(webhook.c.id).where(_READY, due), {"now": now}).scalars())


def next_due(conn: Connection, webhook_id: int, now: int) -> Row[Any] | None:
    """The delivery that is due for the longest time, with what of the webhook is needed to send it; `ml_seconds` is
    how long its other side may take when that is an ML backend."""
    statement = (
        sa.select(
            delivery,
            webhook.c.url,
            webhook.c.headers,
            webhook.c.secret,
            webhook.c.send_payload,
            webhook.c.failures,
            ml_backend.c.timeout.label("ml_seconds"),
        )
        .join(webhook, webhook.c.id == delivery.c.webhook_id)
        # An ML backend may be where webhooks may not go, and may train while it is told of an annotation.
        .outerjoin(
            ml_backend,
            sa.and_(ml_backend.c.webhook_id == webhook.c.id, webhook.c.url == ml_backend.c.url + "/webhook"),
        )
        .where(delivery.c.webhook_id == webhook_id, _DUE, _READY)
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(1)
    )
    return conn.execute(statement, {"now": now}).first()


def give_up(conn: Connection, webhook_id: int, before: int, error: str) -> None:
    """What a webhook has had to tell since before that time is not tried any more."""
    conn.execute(
        sa.update(delivery)
        .where(delivery.c.webhook_id == webhook_id, _QUEUED, delivery.c.created_at < before)
        .values(state=FAILED, error=error)
    )


def record(conn: Connection, delivery_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


def delivery_of(conn: Connection, webhook_id: int, delivery_id: int) -> Row[Any] | None:
    statement = sa.select(delivery).where(delivery.c.id == delivery_id, delivery.c.webhook_id == webhook_id)
    return conn.execute(statement).first()


def deliveries(
    conn: Connection, webhook_id: int, state: str | None, offset: int, limit: int | None
) -> tuple[Sequence[Row[Any]], int]:
    """A page of the log, the newest first, and how many there are."""
    condition = delivery.c.webhook_id == webhook_id
    if state is not None:
        condition = sa.and_(condition, delivery.c.state == state)
    statement = sa.select(delivery).where(condition).order_by(delivery.c.id.desc()).offset(offset)
    rows = conn.execute(statement if limit is None else statement.limit(limit)).all()
    total = conn.execute(sa.select(sa.func.count()).select_from(delivery).where(condition)).scalar_one()
    return rows, int(total)


def delete_old(conn: Connection, before: int) -> None:
    """Forget what happened before that time, told or not."""
    conn.execute(sa.delete(delivery).where(delivery.c.created_at < before))
