"""`/metrics` for Prometheus. Who may read it is the operator's to say; by default only this machine itself."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from labelyard import __version__
from labelyard.context import Context
from labelyard.deps import Ctx
from labelyard.kit.crypto import same
from labelyard.kit.errors import Forbidden
from labelyard.kit.http.middleware import host_name, is_loopback_name
from labelyard.kit.http.openapi import error_responses
from labelyard.kit.metrics import CONTENT_TYPE, Traffic, gauges, head, labels, page, process_lines
from labelyard.projects import service as projects
from labelyard.queue import service as queue

router = APIRouter(tags=["Server"])

_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_EXAMPLE = 'labelyard_http_requests_total{method="GET",route="/api/projects",status="200"} 12\n'


@router.get(
    "/metrics",
    summary="Metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus text format.", "content": {"text/plain": {"example": _EXAMPLE}}},
        **error_responses(403),
    },
    openapi_extra={"security": []},
)
async def metrics(request: Request, ctx: Ctx) -> Response:
    """Requests, jobs, tasks and the process in numbers; nothing of what is labeled.

    Who may read it say the settings `metrics` (by default only the machine itself) and `metrics_token`, to be sent as
    `Authorization: Bearer …`.
    """
    if not _may(request, ctx):
        raise Forbidden("Metrics are closed here. The operator can open them with LABELYARD_METRICS.")
    traffic: Traffic = request.app.state.traffic
    facts = await ctx.db.read(_facts, ctx)
    return Response(page((*traffic.lines(), *_lines(facts), *process_lines())), media_type=CONTENT_TYPE)


def _may(request: Request, ctx: Context) -> bool:
    """Whether the caller has the token, or the setting opens the page to the caller.

    A proxy on this machine comes from loopback too, so its marks and a public name in `Host` count against it.
    """
    settings = ctx.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if settings.metrics_token and scheme.lower() == "bearer" and same(token.strip(), settings.metrics_token):
        return True
    if settings.metrics == "everyone":
        return True
    if settings.metrics != "loopback" or any(name in request.headers for name in _PROXIED):
        return False
    peer = request.client.host if request.client else ""
    return is_loopback_name(peer) and is_loopback_name(host_name(request.headers.get("host", "")) or "")


def _facts(conn: Connection, ctx: Context) -> dict[str, Any]:
    return {
        "totals": projects.totals(conn),
        "leases": queue.count_leases(conn),
        "jobs": ctx.jobs.live_counts(conn),
    }


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield from head("labelyard_info", "gauge", "The release.")
    yield f"labelyard_info{labels(version=__version__)} 1"
    yield from gauges("labelyard_objects", "What is stored, by kind.", facts["totals"], "kind")
    yield from head("labelyard_leases", "gauge", "Tasks that somebody holds.")
    yield f"labelyard_leases {facts['leases']}"
    name = "labelyard_jobs"
    yield from head(name, "gauge", "Jobs that are not finished, by kind and state.")
    for (kind, state), count in sorted(facts["jobs"].items()):
        yield f"{name}{labels(kind=kind, state=state)} {count}"
