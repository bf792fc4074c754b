"""Snapshots over HTTP."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from labelyard.deps import Ctx, CurrentActor
from labelyard.exports import snapshots
from labelyard.exports.schemas import EXAMPLE_SNAPSHOT, Conversion, Converted, NewSnapshot, Snapshot
from labelyard.exports.service import file_name, format_named
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response

router = APIRouter(tags=["Export"])

# A small project's snapshot is complete in the first answer; nobody has to ask again.
_WAIT_SECONDS = 2.0
_DOWNLOAD_SECONDS = 60.0
_REQUEST = {
    "title": "Before the review",
    "task_filter_options": {"finished": "only"},
    "annotation_filter_options": {"usual": True, "ground_truth": True},
    "serialization_options": {"annotations__completed_by": {"only_id": False}},
}


@router.get(
    "/api/projects/{project_id}/exports",
    summary="List snapshots",
    response_model=list[Snapshot],
    responses={**example_response([EXAMPLE_SNAPSHOT], "The snapshots."), **error_responses(401, 403, 404)},
)
async def list_snapshots(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """The newest thousand snapshots of a project, newest first."""
    return json_response(await ctx.db.read(snapshots.list_all, actor, project_id))


@router.post(
    "/api/projects/{project_id}/exports",
    summary="Make a snapshot",
    status_code=201,
    response_model=Snapshot,
    responses={
        **example_response(
            {**EXAMPLE_SNAPSHOT, **_REQUEST}, "The snapshot; poll it until it is `completed`.", 201
        ),
        **error_responses(400, 401, 403, 404, 415),
    },
    openapi_extra=json_body(_REQUEST, schema=NewSnapshot.model_json_schema(), required=False),
)
async def create_snapshot(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Write the tasks as they are now to a file that is kept.

    A job makes it, with progress; a small one is complete when the answer comes. What is annotated in the meantime may
    or may not be in it; tasks that are added meanwhile are not.
    """
    wanted = await read_body(request, NewSnapshot)
    export_id, job_id = await ctx.db.write(snapshots.create, ctx.jobs, actor, project_id, wanted)
    # Scripts that were written for servers that make it in the request download it at once.
    await ctx.jobs.wait(job_id, _WAIT_SECONDS)
    return json_response(await ctx.db.read(snapshots.get, actor, project_id, export_id, options=True), 201)


@router.get(
    "/api/projects/{project_id}/exports/{export_id}",
    summary="How far a snapshot is",
    response_model=Snapshot,
    responses={**example_response(EXAMPLE_SNAPSHOT, "The snapshot."), **error_responses(401, 403, 404)},
)
async def get_snapshot(ctx: Ctx, actor: CurrentActor, project_id: int, export_id: int) -> Response:
    """Status, counts and conversions of a snapshot."""
    return json_response(await ctx.db.read(snapshots.get, actor, project_id, export_id))


@router.delete(
    "/api/projects/{project_id}/exports/{export_id}",
    summary="Delete a snapshot",
    status_code=204,
    responses={204: {"description": "It is gone, with its files."}, **error_responses(401, 403, 404)},
)
async def delete_snapshot(ctx: Ctx, actor: CurrentActor, project_id: int, export_id: int) -> Response:
    """Delete a snapshot and what it was converted to; one that is still being made stops."""
    for key in await ctx.db.write(snapshots.delete, ctx.jobs, actor, project_id, export_id):
        ctx.objects.delete(key)
    return empty()


@router.post(
    "/api/projects/{project_id}/exports/{export_id}/convert",
    summary="Convert a snapshot",
    response_model=Converted,
    responses={
        **example_response({"export_type": "CSV", "converted_format": 2}, "The conversion that was started."),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
    openapi_extra=json_body({"export_type": "CSV"}, schema=Conversion.model_json_schema()),
)
async def convert_snapshot(
    ctx: Ctx, actor: CurrentActor, project_id: int, export_id: int, request: Request
) -> Response:
    """Write a complete snapshot in another format. The snapshot's `converted_formats` tell when it is done."""
    wanted = await read_body(request, Conversion)
    answer, job_id = await ctx.db.write(
        snapshots.convert, ctx.jobs, actor, project_id, export_id, wanted.export_type
    )
    await ctx.jobs.wait(job_id, _WAIT_SECONDS)
    return json_response(answer)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file; its name is in `Content-Disposition` and in the header `filename`.",
        "content": {
            "application/json": {"example": []},
            "application/.csv": {"example": '"annotation_id"\r\n'},
        },
    },
    **error_responses(400, 401, 403, 404),
}


@router.get(
    "/api/projects/{project_id}/exports/{export_id}/download",
    summary="Download a snapshot",
    response_class=FileResponse,
    responses=_FILE,
    openapi_extra={
        "parameters": [
            {
                "name": "exportType",
                "in": "query",
                "description": "A format that the snapshot was converted to (`export_type` is read too).",
                "schema": {"type": "string", "default": "JSON"},
            }
        ]
    },
)
async def download_snapshot(
    ctx: Ctx, actor: CurrentActor, project_id: int, export_id: int, request: Request
) -> Response:
    """The file of a snapshot; one that is being made is waited for. Ranges are answered, so that a broken download can
    go on."""
    query = request.query_params
    job_id = await ctx.db.read(snapshots.job_of, actor, project_id, export_id)
    if job_id is not None:
        await ctx.jobs.wait(job_id, _DOWNLOAD_SECONDS)
    wanted = query.get("exportType") or query.get("export_type") or snapshots.AS_KEPT
    key, name = await ctx.db.read(snapshots.key_of, actor, project_id, export_id, wanted)
    kind = format_named(name)
    called = file_name(project_id, kind)
    return FileResponse(
        ctx.objects.path(key),
        media_type=kind.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{called}"',
            "filename": called,
            "Cache-Control": "no-store",
        },
    )
