"""Imports over HTTP."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.imports import carrying, idempotency, predictions, service, status
from labelyard.imports.description import BODY, IMPORT_EXTRA, READ_PARAMETERS
from labelyard.imports.gather import gather_in_thread, read_addresses
from labelyard.imports.idempotency import AlreadyThere, Receipt
from labelyard.imports.model import Counts, Origin
from labelyard.imports.options import (
    Options,
    Query,
    optional_boolean,
    options_of,
    read_options_by_name,
    read_options_of,
)
from labelyard.imports.preview import previews
from labelyard.imports.receive import Received, receive, receive_json
from labelyard.imports.schemas import (
    EXAMPLE_PREDICTIONS,
    EXAMPLE_PREVIEW,
    EXAMPLE_RESULT,
    PREDICTIONS_SCHEMA,
    FilePreview,
    ImportResult,
    Reimport,
)
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import media_type, read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import json_response
from labelyard.projects import service as projects

router = APIRouter()
IMPORT = "Import"
_ASYNC = "respond-async"

_ANSWERS: dict[int | str, dict[str, Any]] = {
    **example_response(EXAMPLE_RESULT, "Imported; or only `import` when it goes on in the background.", 201),
    200: {
        "description": "With `dry_run`: what would be imported.",
        "model": ImportResult,
        "content": {"application/json": {"example": EXAMPLE_RESULT}},
    },
    **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
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
    """Add tasks from a JSON body, from files, from addresses, or from JSON text in a form's `url`.

    Everything is checked against the label config first; nothing is imported when anything is wrong, and the errors
    name item and key, and under `rows` file, row and column. With `on_error=skip` wrong rows go to a reject file
    instead. With `dedupe` known tasks are not added again. A large import is stored by a job that survives a restart;
    the answer waits for it, and holds only the import's id when that takes too long.

    Files may be in gzip, Zstandard or zip archives. A list of `{"url": …}` is one of addresses to fetch, unless the
    label config reads a `url`. A request that is sent again with the same `Idempotency-Key` gets the first answer.
    """
    project = await ctx.db.read(service.importable_project, actor, project_id)
    query = _query(request)
    options = options_of(query)
    key = idempotency.key_of(request.headers.get("idempotency-key"))
    with idempotency.busy(actor, project_id, key) if key else nullcontext():
        directory = await to_thread.run_sync(service.new_directory, ctx)
        kept = False
        try:
            kind = request.headers.get("content-type", "")
            received = await receive(request.stream(), kind, directory, ctx.settings)
            options.read_by_name = read_options_by_name(received.fields.get("options", ()))
            receipt = await to_thread.run_sync(idempotency.receipt_of, key, query, received) if key else None
            work = _Work(ctx, actor, project, receipt, request)
            answer, kept = await work.answer(received, options)
            return answer
        finally:
            if not kept:
                await to_thread.run_sync(service.remove_directory, directory)


@dataclass(frozen=True, slots=True)
class _Work:
    """An import whose body has arrived."""

    ctx: Context
    actor: Actor
    project: Any
    receipt: Receipt | None
    request: Request

    async def answer(self, received: Received, options: Options) -> tuple[Response, bool]:
        """The answer, and whether a job owns the directory now."""
        replayed = await self._first_answer()
        if replayed is None:
            try:
                return await self._carry_out(received, options)
            except AlreadyThere:
                replayed = await self._first_answer()
        return json_response(replayed, 201, {"Idempotency-Replayed": "true"}), False

    async def _first_answer(self) -> dict[str, Any] | None:
        if self.receipt is None:
            return None
        return await self.ctx.db.read(idempotency.first_answer, self.actor, self.project.id, self.receipt)

    async def _carry_out(self, received: Received, options: Options) -> tuple[Response, bool]:
        ctx, origin = self.ctx, received.origin
        await to_thread.run_sync(read_addresses, origin, self.project.label_config)
        if received.uploads:
            await ctx.db.read(
                service.take_uploads, ctx, self.actor, self.project.id, received.uploads, origin
            )
        asked = _asks_for_async(self.request)
        work = carrying.Request(
            ctx, self.actor, self.project.id, self.project.label_config, origin, options, self.receipt
        )
        outcome = await work.carry_out(at_once=asked or ctx.settings.async_import)
        applied = {"Preference-Applied": _ASYNC} if asked and "import" in outcome.answer else None
        return json_response(outcome.answer, outcome.code, applied), outcome.kept


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


@router.post(
    "/api/projects/{project_id}/import/preview",
    tags=[IMPORT],
    summary="Preview an import",
    response_model=list[FilePreview],
    responses={
        **example_response([EXAMPLE_PREVIEW], "One preview a file, in their order."),
        **error_responses(400, 401, 403, 404, 409, 413, 415),
    },
    openapi_extra={**BODY, "parameters": READ_PARAMETERS},
)
async def preview_import(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """How files would be read: format, encoding, delimiter, columns and the first rows. Nothing is stored.

    Takes what `POST …/import` takes. `missing` are data keys of the label config that no column gives; name the column
    in `columns` of the read options then.
    """
    project = await ctx.db.read(service.importable_project, actor, project_id)
    query = _query(request)
    options = Options(
        read=read_options_of(query), files_as_tasks_list=optional_boolean(query, "files_as_tasks_list")
    )
    directory = await to_thread.run_sync(service.new_directory, ctx)
    try:
        kind = request.headers.get("content-type", "")
        received = await receive(request.stream(), kind, directory, ctx.settings)
        options.read_by_name = read_options_by_name(received.fields.get("options", ()))
        origin = received.origin
        await to_thread.run_sync(read_addresses, origin, project.label_config)
        await ctx.db.read(service.take_uploads, ctx, actor, project_id, received.uploads, origin)
        await gather_in_thread(ctx, project_id, origin)
        return json_response(
            await to_thread.run_sync(previews, ctx, project_id, project.label_config, origin, options)
        )
    finally:
        await to_thread.run_sync(service.remove_directory, directory)


@router.post(
    "/api/projects/{project_id}/import/predictions",
    tags=[IMPORT],
    status_code=201,
    summary="Import predictions",
    responses={
        **example_response({"created": 1}, "Imported.", 201),
        202: {"description": "It goes on in the background, as the job with this id."},
        **error_responses(400, 401, 403, 404, 409, 413, 415),
    },
    openapi_extra=json_body(EXAMPLE_PREDICTIONS, schema=PREDICTIONS_SCHEMA),
)
async def import_predictions(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Add predictions to tasks of the project: all of them, or none when one is wrong."""
    await ctx.db.read(projects.get, actor, project_id, "predictions.any")
    directory = await to_thread.run_sync(service.new_directory, ctx)
    kept = False
    try:
        body = await receive_json(request.stream(), media_type(request), directory, ctx.settings)
        made = await to_thread.run_sync(predictions.check, ctx, actor, project_id, body)
        if len(made) <= predictions.AT_ONCE:
            created = await ctx.db.write(predictions.store, actor, project_id, made)
            return json_response({"created": created}, 201)
        path = directory / "predictions"
        await to_thread.run_sync(predictions.spool, made, path)
        job_id = await ctx.db.write(predictions.submit, ctx, actor, project_id, path, len(made))
        kept = True
        state = await ctx.jobs.wait(job_id, ctx.settings.import_wait_seconds)
        if not state.finished:
            return json_response({"job": job_id}, 202)
        return json_response(predictions.outcome(state), 201)
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
