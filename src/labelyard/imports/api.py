"""Imports over HTTP."""

import time
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.imports import service
from labelyard.imports.prepare import Options
from labelyard.imports.receive import receive
from labelyard.imports.schemas import (
    EXAMPLE_RESULT,
    EXAMPLE_STATUS,
    EXAMPLE_TASKS,
    TASKS_SCHEMA,
    ImportResult,
    ImportStatus,
    Reimport,
)
from labelyard.imports.service import Origin
from labelyard.imports.spool import make_durable
from labelyard.kit.errors import Invalid, Problem
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import json_response

router = APIRouter()
IMPORT = "Import"

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TASKS_SCHEMA, "example": EXAMPLE_TASKS},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "One or more files: JSON, CSV, TSV, TXT, HTML, XML or media. Any field names.",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
                "example": {"file": "text,note\nThe ferry leaves at nine.,timetable\n"},
            },
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {"url": {"type": "string", "description": "Tasks as JSON."}},
                },
                "example": {"url": '[{"text": "The ferry leaves at nine."}]'},
            },
        },
    },
    "parameters": [
        {
            "name": "commit_to_project",
            "in": "query",
            "description": "False: check and count only; uploaded files are kept.",
            "schema": {"type": "boolean", "default": True},
        },
        {
            "name": "return_task_ids",
            "in": "query",
            "description": "Answer the ids of the tasks too.",
            "schema": {"type": "boolean", "default": False},
        },
        {
            "name": "preannotated_from_fields",
            "in": "query",
            "description": "Data fields to make predictions of, comma-separated or repeated.",
            "schema": {"type": "array", "items": {"type": "string"}},
        },
    ],
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **example_response(EXAMPLE_RESULT, "Imported; or only `import` when it goes on in the background.", 201),
    **error_responses(400, 401, 403, 404, 413, 415),
}


@router.post(
    "/api/projects/{project_id}/import",
    tags=[IMPORT],
    status_code=201,
    summary="Import tasks",
    response_model=ImportResult,
    responses=_ANSWERS,
    openapi_extra=_BODY,
)
async def import_tasks(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Add tasks from a JSON body, from files, or from JSON text in a form's `url`.

    Everything is checked against the label config first; nothing is imported when anything is wrong, and the errors
    name item and key. A large import is stored by a job that survives a restart; the answer waits for it, and holds
    only the import's id when that takes too long.
    """
    began = time.monotonic()
    project = await ctx.db.read(service.importable_project, actor, project_id)
    options = _options(request)
    directory = await to_thread.run_sync(service.new_directory, ctx)
    keep = False
    try:
        kind = request.headers.get("content-type", "")
        origin = await receive(request.stream(), kind, directory, project_id, ctx.settings)
        answer, keep = await _carry_out(ctx, actor, project_id, project.label_config, origin, options, began)
        return json_response(answer, 201)
    finally:
        if not keep:
            await to_thread.run_sync(service.remove_directory, directory)


@router.post(
    "/api/projects/{project_id}/tasks/bulk",
    tags=[IMPORT],
    status_code=201,
    summary="Import tasks (older path)",
    response_model=ImportResult,
    responses=_ANSWERS,
    openapi_extra=_BODY,
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
    began = time.monotonic()
    project = await ctx.db.read(service.importable_project, actor, project_id)
    body = await read_body(request, Reimport)
    ids = list(dict.fromkeys(body.file_upload_ids))
    if not ids:
        nothing = service.result_json(service.Counts(), Options(), from_body=False)
        return json_response(nothing)
    if any(not 0 < each < 2**63 for each in ids):
        raise Invalid({"file_upload_ids": ["Ids are positive whole numbers."]})
    origin = await ctx.db.read(
        service.origin_of_uploads, ctx, actor, project_id, ids, as_lists=body.files_as_tasks_list
    )
    directory = await to_thread.run_sync(service.new_directory, ctx)
    origin.directory = str(directory)
    keep = False
    try:
        answer, keep = await _carry_out(
            ctx, actor, project_id, project.label_config, origin, Options(), began
        )
        return json_response(answer, 201)
    finally:
        if not keep:
            await to_thread.run_sync(service.remove_directory, directory)


@router.get(
    "/api/projects/{project_id}/imports",
    tags=[IMPORT],
    summary="List imports",
    response_model=list[ImportStatus],
    responses={**example_response([EXAMPLE_STATUS], "The newest imports."), **error_responses(401, 404)},
)
async def list_imports(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """The newest hundred imports of a project, newest first."""
    return json_response(await ctx.db.read(service.list_statuses, actor, project_id))


@router.get(
    "/api/projects/{project_id}/imports/{import_id}",
    tags=[IMPORT],
    summary="How far an import is",
    response_model=ImportStatus,
    responses={**example_response(EXAMPLE_STATUS, "The import."), **error_responses(401, 404)},
)
async def get_import(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """Status, counts, rate and errors of an import, running or done."""
    return json_response(await ctx.db.read(service.status, actor, project_id, import_id))


@router.get(
    "/api/projects/{project_id}/reimports/{import_id}",
    tags=[IMPORT],
    summary="How far a repeated import is",
    response_model=ImportStatus,
    responses={**example_response(EXAMPLE_STATUS, "The import."), **error_responses(401, 404)},
)
async def get_reimport(ctx: Ctx, actor: CurrentActor, project_id: int, import_id: int) -> Response:
    """The same as `GET …/imports/{id}`, for an import started with `reimport`."""
    return json_response(await ctx.db.read(service.status, actor, project_id, import_id))


def _options(request: Request) -> Options:
    query = request.query_params
    names = [
        name.strip()
        for text in query.getlist("preannotated_from_fields")
        for name in text.replace(";", ",").replace("|", ",").split(",")
        if name.strip()
    ]
    return Options(
        commit_to_project=boolean(query.get("commit_to_project"), True, "commit_to_project"),
        return_task_ids=boolean(query.get("return_task_ids"), False, "return_task_ids"),
        preannotated_from_fields=list(dict.fromkeys(names)),
    )


Outcome = tuple[dict[str, Any], bool]  # the answer, and whether a job owns the spool directory now


async def _carry_out(
    ctx: Context,
    actor: Actor,
    project_id: int,
    label_config: str,
    origin: Origin,
    options: Options,
    began: float,
) -> Outcome:
    if ctx.settings.async_import and options.commit_to_project:
        import_id, _ = await _submit(
            ctx, actor, project_id, origin, options, service.Counts(bytes=origin.size)
        )
        return {"import": import_id}, True
    prepared = await to_thread.run_sync(service.prepare, ctx, actor, label_config, origin, options)
    from_body = origin.body is not None
    counts = service.counts_of_summary(prepared.summary, origin, began)
    if not options.commit_to_project:
        counts.file_upload_ids = await _keep_files(ctx, actor, project_id, origin)
        return service.result_json(counts, options, from_body=from_body), False
    if prepared.frame is not None:
        await to_thread.run_sync(service.adopt_files, ctx, origin)
        try:
            counts = await ctx.db.write(
                service.store_at_once, actor, project_id, origin, options, prepared, began
            )
        except BaseException:
            service.disown_files(ctx, origin)
            raise
        return service.result_json(counts, options, from_body=from_body), False
    import_id, job_id = await _submit(ctx, actor, project_id, origin, options, counts)
    state = await ctx.jobs.wait(job_id, ctx.settings.import_wait_seconds)
    if not state.finished:
        if origin.frames is not None and Path(origin.frames).exists():
            await to_thread.run_sync(make_durable, Path(origin.frames))
        return {"import": import_id}, True
    return await ctx.db.read(_result, actor, project_id, import_id, from_body), True


async def _submit(
    ctx: Context, actor: Actor, project_id: int, origin: Origin, options: Options, counts: service.Counts
) -> tuple[int, int]:
    await to_thread.run_sync(service.adopt_files, ctx, origin)
    try:
        ids = await ctx.db.write(service.submit, ctx, actor, project_id, origin, options, counts)
    except BaseException:
        service.disown_files(ctx, origin)
        raise
    ctx.jobs.notify()
    return ids


async def _keep_files(ctx: Context, actor: Actor, project_id: int, origin: Origin) -> list[int]:
    await to_thread.run_sync(service.adopt_files, ctx, origin)
    try:
        return await ctx.db.write(service.store_files, actor, project_id, origin)
    except BaseException:
        service.disown_files(ctx, origin)
        raise


def _result(conn: Any, actor: Actor, project_id: int, import_id: int, from_body: bool) -> dict[str, Any]:
    row = service.import_row(conn, actor, project_id, import_id)
    if row.status == "failed":
        raise Problem(f"The import failed: {service.error_text(row)}")
    return service.result_json(service.counts_of(row), service.options_of(row), from_body=from_body)
