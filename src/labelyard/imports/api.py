"""Imports over HTTP."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.imports import carrying, service, status
from labelyard.imports.description import IMPORT_EXTRA
from labelyard.imports.model import Counts, Origin
from labelyard.imports.options import Options, Query, options_of, read_options_by_name
from labelyard.imports.receive import receive
from labelyard.imports.schemas import EXAMPLE_RESULT, ImportResult, Reimport
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import json_response

router = APIRouter()
IMPORT = "Import"
_ASYNC = "respond-async"

_ANSWERS: dict[int | str, dict[str, Any]] = {
    **example_response(EXAMPLE_RESULT, "Imported; or only `import` when it goes on in the background.", 201),
    200: {"description": "With `dry_run`: what would be imported.", "model": ImportResult},
    **error_responses(400, 401, 403, 404, 409, 413, 415),
}


@router.post(
    "/api/projects/{project_id}/import",
    tags=[IMPORT],
    status_code=201,
    summary="Import tasks",
    response_model=ImportResult,
    responses=_ANSWERS,
    openapi_extra=IMPORT_EXTRA,
)
async def import_tasks(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Add tasks from a JSON body, from files, or from JSON text in a form's `url`.

    Everything is checked against the label config first; nothing is imported when anything is wrong, and the errors
    name item and key, and under `rows` file, row and column. With `on_error=skip` wrong rows go to a reject file
    instead. With `dedupe` known tasks are not added again. A large import is stored by a job that survives a restart;
    the answer waits for it, and holds only the import's id when that takes too long.
    """
    project = await ctx.db.read(service.importable_project, actor, project_id)
    options = options_of(_query(request))
    directory = await to_thread.run_sync(service.new_directory, ctx)
    kept = False
    try:
        kind = request.headers.get("content-type", "")
        received = await receive(request.stream(), kind, directory, project_id, ctx.settings)
        options.read_by_name = read_options_by_name(received.fields.get("options", ()))
        asked = _asks_for_async(request)
        work = carrying.Request(ctx, actor, project_id, project.label_config, received.origin, options)
        outcome = await work.carry_out(at_once=asked or ctx.settings.async_import)
        kept = outcome.kept
        applied = {"Preference-Applied": _ASYNC} if asked and "import" in outcome.answer else None
        return json_response(outcome.answer, outcome.code, applied)
    finally:
        if not kept:
            await to_thread.run_sync(service.remove_directory, directory)


@router.post(
    "/api/projects/{project_id}/tasks/bulk",
    tags=[IMPORT],
    status_code=201,
    summary="Import tasks (older path)",
    response_model=ImportResult,
    responses=_ANSWERS,
    openapi_extra=IMPORT_EXTRA,
)
async def import_tasks_bulk(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """The same as `POST /api/projects/{id}/import`."""
    return await import_tasks(ctx, actor, project_id, request)


@router.post(
    "/api/projects/{project_id}/reimport",
    tags=[IMPORT],
    status_code=201,
    summary="Import uploaded files again",
    response_model=ImportResult,
    responses={**_ANSWERS, 200: {"description": "No uploads were named, so nothing was done."}},
    openapi_extra=json_body({"file_upload_ids": [12, 13]}, schema=Reimport.model_json_schema()),
)
async def reimport(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Read uploads again. The tasks that were made from them before are removed, with what was annotated on them."""
    project = await ctx.db.read(service.importable_project, actor, project_id)
    body = await read_body(request, Reimport)
    ids = list(dict.fromkeys(body.file_upload_ids))
    if not ids:
        return json_response(status.result_json(Counts(), Options(), from_body=False))
    if any(not 0 < each < 2**63 for each in ids):
        raise Invalid({"file_upload_ids": ["Ids are positive whole numbers."]})
    origin: Origin = await ctx.db.read(
        service.origin_of_uploads, ctx, actor, project_id, ids, as_lists=body.files_as_tasks_list
    )
    directory = await to_thread.run_sync(service.new_directory, ctx)
    origin.directory = str(directory)
    kept = False
    try:
        work = carrying.Request(ctx, actor, project_id, project.label_config, origin, Options())
        outcome = await work.carry_out(at_once=ctx.settings.async_import)
        kept = outcome.kept
        return json_response(outcome.answer, outcome.code)
    finally:
        if not kept:
            await to_thread.run_sync(service.remove_directory, directory)


def _query(request: Request) -> Query:
    params = request.query_params
    return {name: params.getlist(name) for name in params}


def _asks_for_async(request: Request) -> bool:
    """Whether a `Prefer` header asks to be answered before the work is done (RFC 7240)."""
    wishes = ",".join(request.headers.getlist("prefer")).split(",")
    return any(wish.partition(";")[0].strip().lower() == _ASYNC for wish in wishes)
