"""Webhooks of projects and of organizations, and the log of what they delivered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import may_in, require, require_in, role_may
from labelyard.actor import Actor
from labelyard.kit.clock import iso, now_us
from labelyard.kit.crypto import Secrets, random_token
from labelyard.kit.errors import Invalid, NotFound
from labelyard.kit.net import NetError, Policy, check_address
from labelyard.projects import service as projects
from labelyard.webhooks import queries
from labelyard.webhooks.actions import ACTIONS, TEST
from labelyard.webhooks.payloads import body_of
from labelyard.webhooks.schemas import NewWebhook, WebhookChanges

MAX_HEADERS = 50
MASK = "••••••••"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4096}")
# Said by the client itself; a body that lies about them would be read wrongly.
_OURS = frozenset({
    "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the rules need of the server: the keys, and which addresses may be called."""

    secrets: Secrets
    outbound: Policy


# --- reading ------------------------------------------------------------------------------------------------------


def list_webhooks(
    conn: Connection, keeper: Keeper, actor: Actor, project_id: int | None
) -> list[dict[str, Any]]:
    """Webhooks of a project, or all whose project (or organization) the caller may manage, by id."""
    if project_id is not None:
        projects.get(conn, actor, project_id, "webhooks.view")
        return [_json(row, keeper) for row in queries.of_project(conn, project_id)]
    return [
        _json(row, keeper)
        for row in queries.seen(conn, actor)
        if (
            role_may(actor.role, "organizations.webhooks")
            if row.project_id is None
            else may_in(actor, row, "webhooks.view")
        )
    ]


def get(conn: Connection, keeper: Keeper, actor: Actor, webhook_id: int) -> dict[str, Any]:
    """One webhook. NotFound when it does not exist for the caller."""
    return _json(_row(conn, actor, webhook_id, change=False), keeper)


def _row(conn: Connection, actor: Actor, webhook_id: int, *, change: bool) -> Row[Any]:
    row = queries.by_id(conn, actor, webhook_id) if 0 < webhook_id < 2**63 else None
    if row is None:
        raise NotFound(f"No webhook with id {webhook_id}.")
    if row.project_id is None:
        require(actor, "organizations.webhooks")
    else:
        require_in(actor, row, "webhooks.change" if change else "webhooks.view")
    return row


def _json(row: Row[Any], keeper: Keeper) -> dict[str, Any]:
    headers = _headers(row.headers, keeper.secrets)
    return {
        "id": row.id,
        "organization": row.organization_id,
        "project": row.project_id,
        "url": row.url,
        "send_payload": row.send_payload,
        "send_for_all_actions": row.send_for_all_actions,
        # What a header says may be a credential.
        "headers": dict.fromkeys(headers, MASK),
        "is_active": row.is_active,
        "actions": [] if row.send_for_all_actions else msgspec.json.decode(row.actions),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def _headers(stored: str | None, secrets: Secrets) -> dict[str, str]:
    text = secrets.decrypt(stored) if stored else None
    found: dict[str, str] = msgspec.json.decode(text) if text else {}
    return found


# --- writing ------------------------------------------------------------------------------------------------------


def create(conn: Connection, keeper: Keeper, actor: Actor, new: NewWebhook) -> dict[str, Any]:
    """A new webhook; the answer has its `secret`, this once.

    Without the field `project` NotFound, as clients of 1.x expect; null makes one for the whole organization.
    """
    if "project" not in new.model_fields_set:
        raise NotFound('Say which project: "project": <id>, or null for the whole organization.')
    if new.project is None:
        require(actor, "organizations.webhooks")
    else:
        projects.get(conn, actor, new.project, "webhooks.change")
    secret, now = new.secret or random_token(32), now_us()
    values = _values(new, keeper, {}, of_project=new.project is not None)
    webhook_id = queries.insert(
        conn,
        {
            "organization_id": actor.organization_id,
            "project_id": new.project,
            "actions": "[]",
            **values,
            "secret": keeper.secrets.encrypt(secret),
            "created_at": now,
            "updated_at": now,
        },
    )
    return {**get(conn, keeper, actor, webhook_id), "secret": secret}


def take_over(
    conn: Connection,
    secrets: Secrets,
    values: Mapping[str, Any],
    *,
    headers: Mapping[str, str],
    actions: Sequence[str],
) -> int:
    """Store a webhook as it was elsewhere: columns of the table, with a free id where they have one; its id.

    Actions that are not known here are left out. It gets a secret of its own.
    """
    now = now_us()
    made = {"created_at": now, "updated_at": now} | {k: v for k, v in values.items() if v is not None}
    made["headers"] = secrets.encrypt(msgspec.json.encode(headers).decode()) if headers else None
    made["actions"] = msgspec.json.encode(sorted(set(actions) & ACTIONS.keys())).decode()
    made["secret"] = secrets.encrypt(random_token(32))
    return queries.insert(conn, made)


def redirect(
    conn: Connection, secrets: Secrets, webhook_id: int, url: str, headers: Mapping[str, str]
) -> None:
    """Let a webhook that another slice keeps go elsewhere from now on; nothing when it was deleted."""
    text = secrets.encrypt(msgspec.json.encode(headers).decode()) if headers else None
    queries.update(conn, webhook_id, {"url": url, "headers": text, "paused_until": 0, "updated_at": now_us()})


def remove(conn: Connection, webhook_id: int) -> None:
    """Delete a webhook that another slice keeps."""
    queries.delete(conn, webhook_id)


def update(
    conn: Connection,
    keeper: Keeper,
    actor: Actor,
    webhook_id: int,
    changes: WebhookChanges,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """Change the fields given, or with `whole` all. Left-out `actions` are cleared, as in 1.x."""
    row = _row(conn, actor, webhook_id, change=True)
    if whole and changes.url is None:
        raise Invalid({"url": ["This field is required."]})
    known = _headers(row.headers, keeper.secrets)
    values = _values(changes, keeper, known, of_project=row.project_id is not None)
    values.setdefault("actions", "[]")
    if whole:
        defaults = {"send_payload": True, "send_for_all_actions": True, "is_active": True, "headers": None}
        values = {**defaults, **values}
    # Whoever changes it wants to see it work: what waits for the other side to come back is tried at once.
    queries.update(conn, webhook_id, {**values, "paused_until": 0, "updated_at": now_us()})
    return get(conn, keeper, actor, webhook_id)


def delete(conn: Connection, actor: Actor, webhook_id: int) -> None:
    """Delete a webhook with its log."""
    _row(conn, actor, webhook_id, change=True)
    queries.delete(conn, webhook_id)


def _values(
    body: WebhookChanges, keeper: Keeper, known: Mapping[str, str], *, of_project: bool
) -> dict[str, Any]:
    """Columns of the fields that were sent. Invalid names the field at fault."""
    values: dict[str, Any] = {}
    if body.url is not None:
        values["url"] = _url(body.url, keeper.outbound)
    for name in ("send_payload", "send_for_all_actions", "is_active"):
        if getattr(body, name) is not None:
            values[name] = getattr(body, name)
    if body.headers is not None:
        checked = _checked_headers(body.headers, known)
        values["headers"] = keeper.secrets.encrypt(msgspec.json.encode(checked).decode()) if checked else None
    if body.actions is not None:
        values["actions"] = msgspec.json.encode(
            _checked_actions(body.actions, of_project=of_project)
        ).decode()
    if body.secret is not None:
        values["secret"] = keeper.secrets.encrypt(body.secret)
    return values


def _url(text: str, policy: Policy) -> str:
    try:
        return check_address(text, policy)
    except NetError as error:
        raise Invalid({"url": [error.message]}) from error


def _checked_headers(headers: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Headers as they are sent; a value that is the mask of the answer keeps what is stored."""
    if len(headers) > MAX_HEADERS:
        raise Invalid({"headers": [f"At most {MAX_HEADERS} headers, not {len(headers)}."]})
    made: dict[str, str] = {}
    for name, value in headers.items():
        if value == MASK and name in known:
            made[name] = known[name]
            continue
        text = str(value) if isinstance(value, str | int | float) else None
        if not _HEADER_NAME.fullmatch(name) or text is None or not _HEADER_VALUE.fullmatch(text):
            raise Invalid({"headers": [f"The header {name[:100]!r} cannot be sent as it is given."]})
        if name.lower() in _OURS or name.lower().startswith("x-labelyard-"):
            raise Invalid({"headers": [f"The header {name[:100]!r} is set by the server."]})
        made[name] = text
    return made


def _checked_actions(actions: list[str], *, of_project: bool) -> list[str]:
    for name in actions:
        if name not in ACTIONS:
            raise Invalid({"actions": [f'There is no action "{name[:100]}". Known: {", ".join(ACTIONS)}.']})
        if of_project and ACTIONS[name].organization_only:
            raise Invalid({"actions": [f"{name} is told to webhooks of the organization only."]})
    return list(dict.fromkeys(actions))


# --- the log ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    items: list[dict[str, Any]]
    count: int


def list_deliveries(
    conn: Connection, actor: Actor, webhook_id: int, *, state: str | None, offset: int, limit: int | None
) -> DeliveryPage:
    """A page of what the webhook delivered, or tried to, the newest first."""
    _row(conn, actor, webhook_id, change=False)
    known = (queries.QUEUED, queries.DELIVERED, queries.FAILED)
    if state is not None and state not in known:
        raise Invalid({"state": [f"One of {', '.join(known)}."]})
    rows, count = queries.deliveries(conn, webhook_id, state, offset, limit)
    return DeliveryPage([_delivery_json(row) for row in rows], count)


def read_delivery(conn: Connection, actor: Actor, webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """One entry of the log, with the ids that it tells of, and what would be sent now. NotFound."""
    hook = _row(conn, actor, webhook_id, change=False)
    row = _delivery(conn, webhook_id, delivery_id)
    payload = msgspec.Raw(body_of(conn, row, send_payload=hook.send_payload))
    return {**_delivery_json(row), "objects": msgspec.Raw(row.objects.encode()), "payload": payload}


def replay(conn: Connection, actor: Actor, webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """Deliver an entry of the log once more, as a new one; the objects as they are now."""
    _row(conn, actor, webhook_id, change=True)
    row = _delivery(conn, webhook_id, delivery_id)
    made = queries.insert_delivery(
        conn,
        webhook_id,
        row.action,
        msgspec.json.decode(row.objects),
        project_id=row.project_id,
        now=now_us(),
    )
    queries.update(conn, webhook_id, {"paused_until": 0})
    return _delivery_json(_delivery(conn, webhook_id, made))


def send_test(conn: Connection, actor: Actor, webhook_id: int) -> dict[str, Any]:
    """Deliver `{"action": "TEST"}`, to see whether the other side answers; the new entry of the log."""
    row = _row(conn, actor, webhook_id, change=True)
    made = queries.insert_delivery(conn, webhook_id, TEST, [], project_id=row.project_id, now=now_us())
    queries.update(conn, webhook_id, {"paused_until": 0})
    return _delivery_json(_delivery(conn, webhook_id, made))


def _delivery(conn: Connection, webhook_id: int, delivery_id: int) -> Row[Any]:
    row = queries.delivery_of(conn, webhook_id, delivery_id) if 0 < delivery_id < 2**63 else None
    if row is None:
        raise NotFound(f"This webhook has no delivery with id {delivery_id}.")
    return row


def _delivery_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "webhook": row.webhook_id,
        "project": row.project_id,
        "action": row.action,
        "state": row.state,
        "attempts": row.attempts,
        "status_code": row.status_code,
        "error": row.error,
        "duration": row.duration_ms / 1000 if row.duration_ms is not None else None,
        "created_at": iso(row.created_at),
        "attempted_at": iso(row.attempted_at),
        "next_attempt_at": iso(row.next_at) if row.state == queries.QUEUED else None,
    }
