"""Delivering: a job per webhook sends what is due, one after the other; what fails is tried again later and later.

A request is signed: `X-Labelyard-Signature: t=<seconds since the epoch>,v1=<hex>`, the HMAC-SHA-256 of the text
`<t>.<body>` under the webhook's secret. `X-Labelyard-Delivery` is the same at every try, so that a receiver can tell
a repeated one: after a crash between sending and noting it, a delivery is sent twice, never not at all.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard import __version__
from labelyard.context import Context
from labelyard.kit.clock import DAY, SECOND, now_us
from labelyard.kit.jobs.runner import JobRun
from labelyard.kit.net import Limits, NetError, request
from labelyard.webhooks import queries
from labelyard.webhooks.payloads import body_of

KIND = "webhooks.deliver"
SWEEP_SECONDS = 1.0
CLEAN_SECONDS = 3600.0
RUN_SECONDS = 30.0  # then others have their turn
# Pauses after each try that failed, in seconds; after the last one it is given up, half a day later.
PAUSES = (10, 60, 300, 1800, 7200, 18000, 18000)
# After a failure to connect the others of the same webhook wait too.
_PAUSE_ALL = 30
_ANSWER_BYTES = 64 * 1024  # of the answer nothing is kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went. `status` None: there was no answer; `error` then says why, in our words."""

    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of `X-Labelyard-Signature` for a body sent at `at` (seconds since the epoch)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def sweep(ctx: Context) -> None:
    """Ask for a job for each webhook that has something to deliver."""
    due = ctx.db.read_sync(queries.webhooks_with_due, now_us())
    for webhook_id in due:
        args = {"webhook_id": webhook_id}
        ctx.db.write_sync(ctx.jobs.submit, KIND, args, dedupe_key=str(webhook_id))
    if due:
        ctx.jobs.notify()


def clean(ctx: Context) -> None:
    """Forget old entries of the log, and the jobs that are done."""
    ctx.db.write_sync(queries.delete_old, now_us() - ctx.settings.webhook_log_days * DAY)
    ctx.db.write_sync(ctx.jobs.forget, KIND, now_us() - 3600 * SECOND)


def run(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job: send what is due to one webhook; `{"sent": n}`."""
    ends, sent = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < ends:
        job.check()
        prepared = ctx.db.read_sync(_prepare, ctx, job.args["webhook_id"])
        if prepared is None:
            break
        row, body, headers = prepared
        outcome = _send(ctx, row.url, body, headers)
        ctx.db.write_sync(_record, row, outcome)
        sent += 1
    return {"sent": sent}


def _prepare(
    conn: Connection, ctx: Context, webhook_id: int
) -> tuple[Row[Any], bytes, dict[str, str]] | None:
    row = queries.next_due(conn, webhook_id, now_us())
    if row is None:
        return None
    body = body_of(conn, row)
    own = ctx.secrets.decrypt(row.headers) if row.headers else None
    secret = ctx.secrets.decrypt(row.secret) or ""
    headers = {
        "User-Agent": f"Labelyard/{__version__}",
        **(msgspec.json.decode(own) if own else {}),
        "Content-Type": "application/json",
        "X-Labelyard-Event": row.action,
        "X-Labelyard-Delivery": str(row.id),
        "X-Labelyard-Signature": signature(secret, int(time.time()), body),
    }
    return row, body, headers


def _send(ctx: Context, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
    seconds = ctx.settings.webhook_timeout_seconds
    limits = Limits(
        max_bytes=_ANSWER_BYTES,
        connect_seconds=seconds,
        read_seconds=seconds,
        total_seconds=2 * seconds,
        max_redirects=0,
    )
    began = time.monotonic()
    status, error = None, None
    try:
        status = request("POST", url, headers=headers, body=body, limits=limits, policy=ctx.outbound).status
    except NetError as problem:
        error = problem.message
    return Outcome(status, error, round((time.monotonic() - began) * 1000))


def _record(conn: Connection, row: Row[Any], outcome: Outcome) -> None:
    now, attempts = now_us(), row.attempts + 1
    values: dict[str, Any] = {
        "attempts": attempts,
        "status_code": outcome.status,
        "error": outcome.error,
        "duration_ms": outcome.milliseconds,
        "attempted_at": now,
    }
    if outcome.delivered:
        values["state"] = queries.DELIVERED
    elif attempts > len(PAUSES):
        values["state"] = queries.FAILED
    else:
        values["next_at"] = now + PAUSES[attempts - 1] * SECOND
    queries.record(conn, row.id, values)
    if outcome.status is None:
        queries.update(conn, row.webhook_id, {"paused_until": now + _PAUSE_ALL * SECOND})


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done, and look for what is due from time to time."""
    ctx.jobs.register(KIND, partial(run, ctx=ctx))
    ctx.periodic.add("webhooks", SWEEP_SECONDS, lambda: sweep(ctx))
    ctx.periodic.add("webhook log", CLEAN_SECONDS, lambda: clean(ctx))
