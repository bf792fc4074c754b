"""What became of imports, over HTTP: status, refused rows, cancelling, undoing."""

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from labelyard.deps import Ctx, CurrentActor
from labelyard.imports import rejects, service, status, undo
from labelyard.imports.schemas import (
    EXAMPLE_STATUS,
    EXAMPLE_UNDO,
    ImportStatus,
    UndoResult,
)
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import json_response

router = APIRouter()
IMPORT = "Import"


@router.get(
    "/api/projects/{project_id}/imports",
    tags=[IMPORT],
    summary="List imports",
    response_model=list[ImportStatus],
    responses={**example_response([EXAMPLE_STATUS], "The newest imports."), **error_responses(401, 404)},
)
async def list_imports(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """The newest hundred imports of a project, newest first."""
    return json_response(await ctx.db.read(status.list_statuses, actor, project_id))


@router.get(
    "/api/projects/{project_id}/imports/{import_id}",
    tags=[IMPORT],
    summary="How far an import is",
    response_model=ImportStatus,
    responses={**example_response(EXAMPLE_STATUS, "The import."), **error_responses(401, 404)},
)
async def get_import(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """Status, counts, rate and errors of an import, running or done."""
    return json_response(await ctx.db.read(status.status, actor, project_id, import_id))


@router.get(
    "/api/projects/{project_id}/reimports/{import_id}",
    tags=[IMPORT],
    summary="How far a repeated import is",
    response_model=ImportStatus,
    responses={**example_response(EXAMPLE_STATUS, "The import."), **error_responses(401, 404)},
)
async def get_reimport(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """The same as `GET …/imports/{id}`, for an import started with `reimport`."""
    return json_response(await ctx.db.read(status.status, actor, project_id, import_id))


@router.get(
    "/api/projects/{project_id}/imports/{import_id}/rejects",
    tags=[IMPORT],
    summary="Download the refused rows",
    response_class=FileResponse,
    responses={
        200: {
            "description": "A file as the import had it, with `_row`, `_column` and `_error` before the fields; of "
            "several files a zip. Mended, it can be imported as it is.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **error_responses(401, 404),
    },
)
async def get_rejects(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """The rows that an import with `on_error=skip` refused, and why."""
    key = await ctx.db.read(rejects.key_of, actor, project_id, import_id)
    return FileResponse(
        ctx.objects.path(key),
        media_type="application/octet-stream",
        filename=key.rpartition("/")[2],
        headers={"X-Content-Type-Options": "nosniff"},
    )


@router.post(
    "/api/projects/{project_id}/imports/{import_id}/cancel",
    tags=[IMPORT],
    summary="Cancel a running import",
    response_model=ImportStatus,
    responses={
        **example_response(
            {**EXAMPLE_STATUS, "status": "failed", "cancelled": True, "task_count": 0}, "The import."
        ),
        **error_responses(401, 403, 404, 409),
    },
)
async def cancel_import(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """Stop an import and take its tasks back. Tasks that somebody worked on meanwhile stay, as with an undo."""
    job_id = await ctx.db.write(service.cancel, actor, project_id, import_id)
    if job_id is not None:
        await ctx.jobs.wait(job_id, ctx.settings.import_wait_seconds)
    return json_response(await ctx.db.read(status.status, actor, project_id, import_id))


@router.post(
    "/api/projects/{project_id}/imports/{import_id}/undo",
    tags=[IMPORT],
    summary="Undo an import",
    response_model=UndoResult,
    responses={
        **example_response(EXAMPLE_UNDO, "What was taken back, or with `dry_run` would be."),
        **example_response(
            {"import": 7}, "It goes on; `undone_at` of the import tells when it is done.", 202
        ),
        **error_responses(400, 401, 403, 404, 409),
    },
    openapi_extra={
        "parameters": [
            {
                "name": "dry_run",
                "in": "query",
                "description": "Only tell what would be taken back.",
                "schema": {"type": "boolean", "default": False},
            }
        ]
    },
)
async def undo_import(
    ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int, request: Request
) -> Response:
    """Delete the tasks that an import made and give those that it changed their earlier data.

    Tasks with drafts, or annotations that were made or changed since, stay and are listed, and so are changed tasks
    that were changed again. Large undos are done by a job that survives a restart.
    """
    if boolean(request.query_params.get("dry_run"), False, "dry_run"):
        found = await ctx.db.read(undo.look_ahead, actor, project_id, import_id)
        return json_response(found.as_json())
    job_id = await ctx.db.write(undo.submit, ctx, actor, project_id, import_id)
    ctx.jobs.notify()
    state = await ctx.jobs.wait(job_id, ctx.settings.import_wait_seconds)
    if not state.finished:
        return json_response({"import": import_id}, 202)
    return json_response(await ctx.db.read(undo.outcome, actor, project_id, import_id))
