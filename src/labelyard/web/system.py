"""Health, version and the API description."""

import html
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from labelyard import __version__
from labelyard.deps import CurrentActor
from labelyard.kit.http.openapi import example_response
from labelyard.kit.http.responses import json_response

router = APIRouter(tags=["Server"])

_UP = {"status": "UP"}
_PACKAGE = {"version": __version__, "short_version": ".".join(__version__.split(".")[:2])}
_BUILD: dict[str, str] = {"message": "", "commit": "", "date": "", "branch": ""}
# The keys that clients of Label Studio 1.x look for; nothing about the machine.
_VERSION: dict[str, Any] = {
    "release": __version__,
    "label-studio-os-package": {
        **_PACKAGE,
        "latest_version_from_pypi": __version__,
        "latest_version_upload_time": None,
        "current_version_is_outdated": False,
    },
    "label-studio-os-backend": _BUILD,
    "label-studio-backend": __version__,
    "label-studio-frontend": _BUILD,
    "dm2": _BUILD,
    "label-studio-converter": {"version": __version__},
    "lsf": _BUILD,
    "backend": {"commit": ""},
    "edition": "Community",
}


@router.get(
    "/health",
    summary="Is the server up",
    responses=example_response(_UP, "It is."),
    openapi_extra={"security": []},
)
@router.get(
    "/api/health",
    summary="Is the server up",
    responses=example_response(_UP, "It is."),
    openapi_extra={"security": []},
)
async def health() -> Response:
    """Answers while the server takes requests. Needs no credentials."""
    return json_response(_UP)


@router.get(
    "/version",
    summary="Release",
    responses=example_response(_VERSION, "The release."),
    openapi_extra={"security": []},
)
@router.get(
    "/api/version",
    summary="Release",
    responses=example_response(_VERSION, "The release."),
    openapi_extra={"security": []},
)
async def version() -> Response:
    """The release of the server, in the shape that clients of Label Studio 1.x read. Needs no credentials."""
    return json_response(_VERSION)


@router.get("/trigger500", include_in_schema=False)
async def trigger_500(_actor: CurrentActor) -> Response:
    """Fail, to see where the error goes (as Label Studio has it). For owners and administrators."""
    raise RuntimeError("test")


@router.get("/docs/api/schema/json", include_in_schema=False)
async def schema(request: Request) -> Response:
    """The API description, OpenAPI 3.1."""
    return json_response(request.app.openapi())


@router.get("/swagger.json", include_in_schema=False)
async def old_schema() -> Response:
    """Where older clients look for the description."""
    return RedirectResponse("/docs/api/schema/json", 302)


@router.get("/docs/api", include_in_schema=False)
async def docs(request: Request) -> Response:
    """All operations on one page, without scripts."""
    return HTMLResponse(_docs_page(request.app.openapi()))


def _docs_page(document: dict[str, Any]) -> str:
    groups: dict[str, list[str]] = {}
    for path, methods in sorted(document["paths"].items()):
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["Other"])[0]
            groups.setdefault(tag, []).append(_docs_row(path, method, operation))
    body = "".join(
        f"<h2>{html.escape(tag)}</h2><dl>{''.join(rows)}</dl>" for tag, rows in sorted(groups.items())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Labelyard API</title></head><body><main>'
        f"<h1>Labelyard API {html.escape(document['info']['version'])}</h1>"
        '<p>Machine-readable: <a href="/docs/api/schema/json">OpenAPI</a>. A trailing slash makes no difference.</p>'
        f"{body}</main></body></html>"
    )


def _docs_row(path: str, method: str, operation: dict[str, Any]) -> str:
    summary, description = (html.escape(operation.get(key, "")) for key in ("summary", "description"))
    answers = ", ".join(operation.get("responses", {}))
    return (
        f"<dt><code>{method.upper()} {html.escape(path)}</code> — {summary}</dt>"
        f"<dd>{description} <small>Answers: {answers}.</small></dd>"
    )
