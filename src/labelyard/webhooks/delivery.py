"""Delivering: a job per webhook sends what is due, one after the other; what fails is tried again later and later.

A request is signed: `X-Labelyard-Signature: t=<seconds since the epoch>,v1=<hex>`, the HMAC-SHA-256 of the text
`<t>.<body>` under the webhook's secret. `X-Labelyard-Delivery` is the same at every try, so that a receiver can tell
a repeated one: after a crash between sending and noting it, a delivery is sent twice, never not at all.

These jobs have threads of their own, so a receiver that hangs holds up no import; and one that does not answer is left
alone for a while, so that it does not keep others waiting.
"""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard import __version__
from labelyard.context import Context
from labelyard.kit.clock import DAY, SECOND, now_us
from labelyard.kit.ids import new_uuid
from labelyard.kit.jobs.runner import JobRun
from labelyard.kit.log import Logger
from labelyard.kit.net import Limits, NetError, stream
from labelyard.webhooks import queries
from labelyard.webhooks.payloads import body_of

log = Logger("labelyard.webhooks")
KIND = "webhooks.deliver"
SWEEP_SECONDS = 1.0
CLEAN_SECONDS = 3600.0
RUN_SECONDS = 10.0  # then others have their turn
# Pauses after each try that failed, in seconds; after the last one it is given up, half a day later.
PAUSES = (10, 60, 300, 1800, 7200, 18000, 18000)
# A webhook whose other side does not answer, or says that it is overloaded, is left alone for that many seconds, twice
# as long each time. Its deliveries keep their order for a while; but one that the other side chokes on must not stay first.
PAUSE_ALL, MAX_PAUSE_ALL = 10, 300
KEEPS_PLACE = 3
_OVERLOADED = frozenset({429, 502, 503, 504})
_GIVE_UP = DAY // 2
_ANSWER_BYTES = 64 * 1024  # of the answer nothing is read but its head


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went. `status` None: there was no answer; `error` then says why, in our words."""

    status: int | None
    error: str | None
    milliseconds: int
    sent: bool = True

    @property
    def unanswered(self) -> bool:
        return self.sent and self.status is None

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
    if due:
        ctx.db.write_sync(_ask, ctx, due)
        ctx.deliveries.notify()


def _ask(conn: Connection, ctx: Context, webhook_ids: Sequence[int]) -> None:
    for each in webhook_ids:
        ctx.deliveries.submit(conn, KIND, {"webhook_id": each}, dedupe_key=str(each))


def clean(ctx: Context) -> None:
    """Forget old entries of the log, and the jobs that are done."""
    ctx.db.write_sync(queries.delete_old, now_us() - ctx.settings.webhook_log_days * DAY)
    ctx.db.write_sync(ctx.deliveries.forget, KIND, now_us() - 3600 * SECOND)


def run(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job: send what is due to one webhook; `{"sent": n}`."""
    ends, sent = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < ends:
        job.check()
        row = ctx.db.read_sync(queries.next_due, job.args["webhook_id"], now_us())
        if row is None:
            break
        ctx.db.write_sync(_record, row, _try(ctx, row))
        sent += 1
    return {"sent": sent}


def _try(ctx: Context, row: Row[Any]) -> Outcome:
    try:
        body = ctx.db.read_sync(body_of, row, send_payload=row.send_payload)
    except Exception:
        # One that cannot be told must not keep the others from being told.
        error_id = new_uuid()
        log.exception("webhook: no payload", delivery=row.id, error_id=error_id)
        return Outcome(None, f"internal error {error_id}", 0, sent=False)
    return _send(ctx, row, body, _headers(ctx, row, body))


def _headers(ctx: Context, row: Row[Any], body: bytes) -> dict[str, str]:
    own = ctx.secrets.decrypt(row.headers) if row.headers else None
    secret = ctx.secrets.decrypt(row.secret) or ""
    return {
        "User-Agent": f"Labelyard/{__version__}",
        **(msgspec.json.decode(own) if own else {}),
        "Content-Type": "application/json",
        "X-Labelyard-Event": row.action,
        "X-Labelyard-Delivery": str(row.id),
        "X-Labelyard-Signature": signature(secret, int(time.time()), body),
    }


def _send(ctx: Context, row: Row[Any], body: bytes, headers: dict[str, str]) -> Outcome:
    to_model = row.ml_seconds is not None
    seconds = row.ml_seconds if to_model else ctx.settings.webhook_timeout_seconds
    policy = ctx.outbound_ml if to_model else ctx.outbound
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
        with stream("POST", row.url, headers=headers, body=body, limits=limits, policy=policy) as answer:
            status = answer.status
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
    elif not (outcome.unanswered and attempts <= KEEPS_PLACE):
        values["next_at"] = now + PAUSES[attempts - 1] * SECOND
    queries.record(conn, row.id, values)
    if outcome.unanswered or outcome.status in _OVERLOADED:
        pause = min(PAUSE_ALL * 2 ** min(row.failures, 16), MAX_PAUSE_ALL)
        failures = {"paused_until": now + pause * SECOND, "failures": row.failures + 1}
        queries.update(conn, row.webhook_id, failures)
        queries.give_up(conn, row.webhook_id, now - _GIVE_UP, "Given up: nobody took it for half a day.")
    elif row.failures:
        queries.update(conn, row.webhook_id, {"failures": 0})


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done, and look for what is due from time to time."""
    ctx.deliveries.register(KIND, partial(run, ctx=ctx))
    ctx.periodic.add("webhooks", SWEEP_SECONDS, lambda: sweep(ctx))
    ctx.periodic.add("webhook log", CLEAN_SECONDS, lambda: clean(ctx))
