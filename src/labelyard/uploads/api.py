"""Resumable uploads over HTTP: tus 1.0.0 with creation, creation-with-upload, expiration and termination."""

from collections.abc import Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Row
from starlette.requests import ClientDisconnect

from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, Locked, Problem
from labelyard.kit.http.bodies import media_type
from labelyard.kit.http.errors import problem_response
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.responses import empty, json_response
from labelyard.uploads import service, tus
from labelyard.uploads.receive import append
from labelyard.uploads.schemas import EXAMPLE_UPLOAD, Upload
from labelyard.uploads.store import InUse

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_COLLECTION = "/api/projects/{project_id}/uploads"
_ITEM = "/api/projects/{project_id}/uploads/{resumable_id}"


class TusRoute(APIRoute):
    """Every answer, errors too, says which protocol it is."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                made = await handle(request)
            except Problem as problem:
                made = problem_response(problem)
            made.headers["Tus-Resumable"] = tus.VERSION
            return made

        return answer


router = APIRouter(route_class=TusRoute)
UPLOADS = "Uploads"


def _header(name: str, description: str, example: str | int, *, required: bool = False) -> dict[str, Any]:
    kind = "integer" if isinstance(example, int) else "string"
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": kind},
        "example": example,
    }


def _answered(*names: str) -> dict[str, Any]:
    known = {
        "Location": "Path of the upload.",
        "Upload-Offset": "Bytes that are safely here.",
        "Upload-Length": "Bytes of the whole file.",
        "Upload-Expires": "When the upload is deleted unless something happens to it.",
    }
    return {"headers": {name: {"description": known[name], "schema": {"type": "string"}} for name in names}}


_VERSION = _header("Tus-Resumable", "Version of the protocol; 1.0.0 is assumed without it.", tus.VERSION)
_OFFSET = _header("Upload-Offset", "Where the body begins in the file, in bytes.", 8388608, required=True)
_BYTES = {
    tus.CONTENT_TYPE: {
        "schema": {"type": "string", "format": "binary"},
        "example": "(bytes of the file from the offset on)",
    }
}
_SENT = error_responses(400, 401, 403, 404, 408, 409, 412, 413, 415, 423, 507)
_CREATED = {
    **example_response(EXAMPLE_UPLOAD, "Created; `Location` is the upload's path.", 201),
    **error_responses(400, 401, 403, 404, 408, 412, 413, 415, 429, 507),
}
_CREATED[201].update(_answered("Location", "Upload-Offset", "Upload-Expires"))
_FOUND = {**example_response(EXAMPLE_UPLOAD, "The upload."), **error_responses(401, 403, 404, 412)}
_FOUND[200].update(_answered("Upload-Offset", "Upload-Length", "Upload-Expires"))
_KEPT: dict[int | str, dict[str, Any]] = {
    204: {"description": "The bytes are safely here.", **_answered("Upload-Offset", "Upload-Expires")},
    **_SENT,
}


@router.post(
    _COLLECTION,
    tags=[UPLOADS],
    status_code=201,
    summary="Begin an upload in pieces",
    response_model=Upload,
    responses=_CREATED,
    openapi_extra={
        "parameters": [
            _VERSION,
            _header("Upload-Length", "Bytes of the whole file.", 209715200, required=True),
            _header(
                "Upload-Metadata",
                "Comma-separated pairs of a key and a value in base64; `filename` is the name of the file.",
                "filename dGFza3MuanNvbmw=",
            ),
        ],
        "requestBody": {"required": False, "content": _BYTES},
    },
)
async def create_upload(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Announce a file of `Upload-Length` bytes, to be sent with `PATCH` to the address in `Location`.

    A body of the type `application/offset+octet-stream` is taken as its first piece. Finished uploads are imported by
    naming their ids in the form field `upload` of `POST /api/projects/{id}/import`.
    """
    await ctx.db.look_up(service.check_project, actor, project_id)
    tus.check_version(request.headers)
    size = tus.number(request.headers, "Upload-Length")
    metadata = request.headers.get("upload-metadata", "")
    name = tus.file_name(metadata)
    length = _length(request)
    if length != 0:
        tus.check_content_type(media_type(request))
    row = await ctx.db.write(service.create, ctx, actor, project_id, name=name, size=size, metadata=metadata)
    if length != 0:
        try:
            await _receive(ctx, row, 0, length, request)
        except Problem:
            # Nobody was told of it yet, so nobody can go on with it.
            await ctx.db.write(service.delete, actor, project_id, row.id)
            await to_thread.run_sync(service.store_of(ctx).delete, row.id)
            raise
        row = await ctx.db.look_up(service.get, actor, project_id, row.id)
    headers = {"Location": f"/api/projects/{project_id}/uploads/{row.id}", **_state(row)}
    return json_response(service.as_json(row), 201, headers)


@router.get(
    _COLLECTION,
    tags=[UPLOADS],
    summary="List uploads in pieces",
    response_model=list[Upload],
    responses={
        **example_response([EXAMPLE_UPLOAD], "The uploads, oldest first."),
        **error_responses(401, 403, 404),
    },
)
async def list_uploads(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """Your own uploads to this project that are unfinished, or finished and not imported yet."""
    return json_response(await ctx.db.read(service.list_uploads, actor, project_id))


@router.api_route(
    _ITEM,
    methods=["GET", "HEAD"],
    tags=[UPLOADS],
    summary="How far an upload is",
    response_model=Upload,
    responses=_FOUND,
    operation_id="get_upload_in_pieces",
    openapi_extra={"parameters": [_VERSION]},
)
async def get_upload(
    ctx: Ctx, actor: CurrentActor, project_id: int, resumable_id: str, request: Request
) -> Response:
    """The offset from which to go on after an interruption, in `Upload-Offset` and, for `GET`, in the body."""
    row = await ctx.db.look_up(service.get, actor, project_id, resumable_id)
    tus.check_version(request.headers)
    headers = {**_state(row), "Upload-Length": str(row.size), "Cache-Control": "no-store"}
    if row.metadata:
        headers["Upload-Metadata"] = row.metadata
    if request.method == "HEAD":
        return Response(status_code=200, headers=headers)
    return json_response(service.as_json(row), headers=headers)


@router.patch(
    _ITEM,
    tags=[UPLOADS],
    status_code=204,
    summary="Send a piece of an upload",
    responses=_KEPT,
    openapi_extra={
        "parameters": [_VERSION, _OFFSET],
        "requestBody": {"required": True, "content": _BYTES},
    },
)
async def send_piece(
    ctx: Ctx, actor: CurrentActor, project_id: int, resumable_id: str, request: Request
) -> Response:
    """Append the body to the upload, which must be at `Upload-Offset`.

    The answer's `Upload-Offset` counts bytes that survive a power cut. Of a piece that is interrupted the part that
    arrived is kept; ask with `HEAD` where to go on.
    """
    row = await ctx.db.look_up(service.get, actor, project_id, resumable_id)
    tus.check_version(request.headers)
    tus.check_content_type(media_type(request))
    offset = tus.number(request.headers, "Upload-Offset")
    received, until = await _receive(ctx, row, offset, _length(request), request)
    return Response(
        status_code=204, headers={"Upload-Offset": str(received), "Upload-Expires": tus.http_date(until)}
    )


@router.delete(
    _ITEM,
    tags=[UPLOADS],
    status_code=204,
    summary="Delete an upload",
    responses={204: {"description": "Deleted."}, **error_responses(401, 403, 404, 412, 423)},
    openapi_extra={"parameters": [_VERSION]},
)
async def delete_upload(
    ctx: Ctx, actor: CurrentActor, project_id: int, resumable_id: str, request: Request
) -> Response:
    """Give an upload up. 423 while a piece of it is being received."""
    await ctx.db.look_up(service.get, actor, project_id, resumable_id)
    tus.check_version(request.headers)
    store = service.store_of(ctx)
    try:
        with store.locked(resumable_id):
            await ctx.db.write(service.delete, actor, project_id, resumable_id)
            await to_thread.run_sync(store.delete, resumable_id)
    except InUse:
        raise Locked("A piece of this upload is being received. Try again when it is done.") from None
    return empty()


@router.post(
    _ITEM,
    tags=[UPLOADS],
    status_code=204,
    summary="Send a piece, or delete, where only POST gets through",
    responses=_KEPT,
    openapi_extra={
        "parameters": [
            _VERSION,
            _header("X-HTTP-Method-Override", "`PATCH` or `DELETE`.", "PATCH", required=True),
            _OFFSET | {"required": False},
        ],
        "requestBody": {"required": False, "content": _BYTES},
    },
)
async def override_method(
    ctx: Ctx, actor: CurrentActor, project_id: int, resumable_id: str, request: Request
) -> Response:
    """What `X-HTTP-Method-Override` says, for clients and proxies that know no other methods than `GET` and `POST`."""
    await ctx.db.look_up(service.get, actor, project_id, resumable_id)
    match request.headers.get("x-http-method-override", "").strip().upper():
        case "PATCH":
            return await send_piece(ctx, actor, project_id, resumable_id, request)
        case "DELETE":
            return await delete_upload(ctx, actor, project_id, resumable_id, request)
    raise Invalid({"X-HTTP-Method-Override": ["Expected PATCH or DELETE."]})


@router.options(_COLLECTION, include_in_schema=False)
@router.options(_ITEM, include_in_schema=False)
async def options(ctx: Ctx) -> Response:
    """What of the protocol the server knows. The same for everybody."""
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(ctx.settings.max_upload_bytes),
        },
    )


async def _receive(
    ctx: Context, row: Row[Any], offset: int, length: int | None, request: Request
) -> tuple[int, int]:
    try:
        return await append(ctx, row, offset, length, request.stream())
    except ClientDisconnect:
        # Nobody is left to read this; what came was kept.
        raise Problem("The client went away in the middle of the body.") from None


def _length(request: Request) -> int | None:
    """Bytes of the body; None when they are not told beforehand, 0 without a body."""
    text = request.headers.get("content-length")
    if text is not None:
        return int(text)  # a number, or the middleware would have refused it
    return None if "transfer-encoding" in request.headers else 0


def _state(row: Row[Any]) -> dict[str, str]:
    return {"Upload-Offset": str(row.received), "Upload-Expires": tus.http_date(row.expires_at)}
