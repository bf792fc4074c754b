"""Exports over HTTP."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from labelyard.deps import Ctx, CurrentActor
from labelyard.exports import service
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.query import boolean, id_list
from labelyard.kit.http.responses import json_response, made_ahead

router = APIRouter()
EXPORT = "Export"

_FORMAT = {
    "title": "JSON",
    "description": "Every task with its data, annotations and results just as they are stored.",
    "link": "https://labelstud.io/guide/export.html#JSON",
    "name": "JSON",
}
_QUERY = [
    {
        "name": "exportType",
        "in": "query",
        "description": "Name of the format (`export_type` is read too).",
        "schema": {"type": "string", "default": "JSON"},
    },
    {
        "name": "download_all_tasks",
        "in": "query",
        "description": "Also the tasks without an annotation.",
        "schema": {"type": "boolean", "default": False},
    },
    {
        "name": "ids",
        "in": "query",
        "description": "Only these tasks: repeated, comma-separated or a JSON list.",
        "schema": {"type": "array", "items": {"type": "integer"}},
    },
    {
        "name": "download_resources",
        "in": "query",
        "description": "Has no effect on formats without files.",
        "schema": {"type": "string", "default": ""},
    },
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file; its name is in `Content-Disposition` and in the header `filename`.",
        "content": {
            "application/json": {
                "example": [
                    {"id": 1, "annotations": [], "predictions": [], "data": {"text": "The ferry leaves."}}
                ]
            },
            "application/.csv": {"example": '"annotation_id","annotator","id","text"\r\n'},
            "application/.conll": {"example": "-DOCSTART- -X- O\n"},
            "application/zip": {"example": "(bytes)"},
        },
    },
    **error_responses(400, 401, 403, 404),
}


@router.get(
    "/api/projects/{project_id}/export",
    tags=[EXPORT],
    summary="Export tasks",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"parameters": _QUERY},
)
async def export_tasks(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Tasks with their annotations as one file, streamed while it is made.

    Without `download_all_tasks` only tasks that have an annotation, a skipped one included.
    """
    query = request.query_params
    name = query.get("exportType") or query.get("export_type") or query.get("format") or "JSON"
    ids = id_list([*query.getlist("ids"), *query.getlist("ids[]")], "ids")
    everything = boolean(query.get("download_all_tasks"), False, "download_all_tasks")
    await ctx.db.read(service.formats, actor, project_id)
    kind = service.format_named(name)
    plan = await ctx.db.read(service.plan, actor, project_id, kind, ids=ids, everything=everything)
    file_name = service.file_name(project_id, kind)
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "filename": file_name,
        "Cache-Control": "no-store",
    }
    return StreamingResponse(
        made_ahead(service.write(ctx.db, plan, ctx.settings.spool_dir)),
        headers=headers,
        media_type=kind.content_type,
    )


@router.get(
    "/api/projects/{project_id}/export/formats",
    tags=[EXPORT],
    summary="List export formats",
    responses={**example_response([_FORMAT], "The formats."), **error_responses(401, 404)},
)
async def export_formats(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """All documented formats, those that can be written first; the others are `disabled`."""
    return json_response(await ctx.db.read(service.formats, actor, project_id))
