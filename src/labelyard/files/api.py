"""File uploads over HTTP, and the bytes of media that tasks show.

A user's file never acts in our origin: its type is found by its bytes, it may not be guessed otherwise, and its
answer carries a policy under which it can run and load nothing.
"""

from collections.abc import Iterator
from hashlib import sha256
from os import fstat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.files import service
from labelyard.files.multipart import receive
from labelyard.files.names import UPLOADS, new_key, stored_name
from labelyard.files.ranges import Span, Unsatisfiable, span_of
from labelyard.files.schemas import Deleted, DeleteUploads, FileUpload
from labelyard.files.sniff import HEAD_BYTES, Kind, kind_of
from labelyard.kit.errors import NotFound
from labelyard.kit.http.bodies import media_type, read_body
from labelyard.kit.http.errors import envelope
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.query import boolean, id_list
from labelyard.kit.http.responses import empty, json_response

router = APIRouter()
ServedPath = Annotated[
    str,
    Query(description="A registered directory, or with the name `filename` the path of a file below one."),
]
FILES = "Files"
_CHUNK = 256 * 1024
_UPLOAD = {"id": 12, "file": "upload/3/0f040080-cat.png", "size": 48213}
_POLICY = "sandbox; default-src 'none'"
FILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"image/png": {"example": "(bytes)"}}},
    206: {"description": "The part that `Range` asked for."},
    304: {"description": "The client's copy is still good."},
    416: {"description": "The range lies outside the file."},
    **error_responses(401, 404),
}


@router.get(
    "/api/projects/{project_id}/file-uploads",
    tags=[FILES],
    summary="List file uploads",
    response_model=list[FileUpload],
    responses={**example_response([_UPLOAD], "The uploads."), **error_responses(400, 401, 404)},
)
async def list_uploads(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Files uploaded to a project. `all=true` for all of them, `ids=[1,2]` for some of your own; none without either."""
    everything = boolean(request.query_params.get("all"), False, "all")
    ids = id_list(request.query_params.getlist("ids"), "ids")
    found = await ctx.db.read(service.list_uploads, actor, project_id, ids=ids, everything=everything)
    return json_response(found)


@router.delete(
    "/api/projects/{project_id}/file-uploads",
    tags=[FILES],
    summary="Delete file uploads",
    response_model=Deleted,
    responses={**example_response({"deleted": 2}, "How many."), **error_responses(400, 401, 403, 404)},
    openapi_extra=json_body(
        {"file_upload_ids": [12, 13]}, schema=DeleteUploads.model_json_schema(), required=False
    ),
)
async def delete_uploads(ctx: Ctx, actor: CurrentActor, project_id: int, request: Request) -> Response:
    """Delete the uploads in `file_upload_ids`; all of the project without it. Tasks made from them stay."""
    body = await read_body(request, DeleteUploads)
    keys = await ctx.db.write(service.delete_uploads, actor, project_id, body.file_upload_ids)
    await to_thread.run_sync(_delete_objects, ctx, keys)
    return json_response({"deleted": len(keys)})


@router.get(
    "/api/import/file-upload/{upload_id}",
    tags=[FILES],
    summary="Get a file upload",
    response_model=FileUpload,
    responses={**example_response(_UPLOAD, "The upload."), **error_responses(401, 404)},
)
async def get_upload(ctx: Ctx, actor: CurrentActor, upload_id: int) -> Response:
    """One file upload: its id, object key and size."""
    return json_response(service.as_json(await ctx.db.read(service.get_upload, actor, upload_id)))


@router.patch(
    "/api/import/file-upload/{upload_id}",
    tags=[FILES],
    summary="Replace the file of an upload",
    response_model=FileUpload,
    responses={**example_response(_UPLOAD, "The upload."), **error_responses(400, 401, 403, 404, 413)},
    openapi_extra={
        "requestBody": {
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    },
                    "example": {"file": "(bytes)"},
                }
            }
        }
    },
)
async def update_upload(ctx: Ctx, actor: CurrentActor, upload_id: int, request: Request) -> Response:
    """Put another file in the place of an upload. The file gets a new address. Without a file nothing changes."""
    row = await ctx.db.read(service.get_upload, actor, upload_id)
    if media_type(request) != "multipart/form-data":
        return json_response(service.as_json(row))
    ctx.settings.spool_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=ctx.settings.spool_dir) as directory:
        limit = ctx.settings.max_body_bytes
        kind = request.headers["content-type"]
        form = await receive(request.stream(), kind, Path(directory), max_files=1, max_bytes=limit)
        if not form.files:
            return json_response(service.as_json(row))
        [file] = form.files
        key = new_key(row.project_id, file.name)
        ctx.objects.adopt(key, file.path)
        try:
            now, before = await ctx.db.write(
                service.replace_upload, actor, upload_id, key=key, name=file.name, size=file.size
            )
        except BaseException:
            ctx.objects.delete(key)
            raise
    ctx.objects.delete(before)
    return json_response(now)


@router.delete(
    "/api/import/file-upload/{upload_id}",
    tags=[FILES],
    status_code=204,
    summary="Delete a file upload",
    responses={204: {"description": "Deleted."}, **error_responses(401, 403, 404)},
)
async def delete_upload(ctx: Ctx, actor: CurrentActor, upload_id: int) -> Response:
    """Delete one file upload and its file. Tasks made from it stay."""
    key = await ctx.db.write(service.delete_upload, actor, upload_id)
    await to_thread.run_sync(_delete_objects, ctx, [key])
    return empty()


@router.api_route(
    "/data/upload/{project_id}/{name}",
    methods=["GET", "HEAD"],
    tags=[FILES],
    summary="Download an uploaded file",
    responses=FILE_ANSWERS,
    operation_id="download_upload",
)
async def download_upload(
    ctx: Ctx, actor: CurrentActor, project_id: int, name: str, request: Request
) -> Response:
    """The bytes of an upload. `Range`, `If-Range` and `If-None-Match` are honoured."""
    row = await ctx.db.read(service.upload_by_key, actor, f"{UPLOADS}/{project_id}/{name}")
    return await _upload(ctx, request, row)


@router.api_route(
    "/data/upload/{name}",
    methods=["GET", "HEAD"],
    tags=[FILES],
    summary="Download an uploaded file by its name",
    responses=FILE_ANSWERS,
    operation_id="download_upload_by_name",
)
async def download_upload_by_name(ctx: Ctx, actor: CurrentActor, name: str, request: Request) -> Response:
    """`/data/upload/<name>`, as tasks that were taken over from 0.x have it: the name tells of no project."""
    return await _upload(ctx, request, await ctx.db.read(service.upload_by_name, actor, name))


async def _upload(ctx: Context, request: Request, row: Any) -> Response:
    try:
        file = await to_thread.run_sync(ctx.objects.open, row.key)
    except (OSError, ValueError):
        raise NotFound from None
    return await to_thread.run_sync(
        answer_file, request, file, stored_name(row.key), "private, max-age=86400"
    )


@router.api_route(
    "/static/filename",
    methods=["GET", "HEAD"],
    tags=[FILES],
    summary="Download a file of a registered directory (older spelling)",
    responses=FILE_ANSWERS,
    operation_id="download_local_static",
)
async def download_local_static(
    ctx: Ctx, actor: CurrentActor, request: Request, d: ServedPath = ""
) -> Response:
    """`/static/filename?d=<path>`: the same as `/data/filename?d=<path>`."""
    return await _local(ctx, actor, request, "filename", d)


@router.api_route(
    "/data/{name:path}",
    methods=["GET", "HEAD"],
    tags=[FILES],
    summary="Download a file of a registered directory",
    responses=FILE_ANSWERS,
    operation_id="download_local",
)
async def download_local(
    ctx: Ctx, actor: CurrentActor, request: Request, name: str, d: ServedPath = ""
) -> Response:
    """`/data/<name>?d=<directory>`: an image, audio or video file below a directory that a project registered.

    With the literal name `filename`, `d` may be the path of the file itself. `Range` is honoured.
    """
    return await _local(ctx, actor, request, name, d)


async def _local(ctx: Context, actor: CurrentActor, request: Request, name: str, directory: str) -> Response:
    if not ctx.settings.allow_serving_local_files:
        raise NotFound
    roots = await ctx.db.read(service.served_directories, actor)
    file = await to_thread.run_sync(service.open_served, roots, directory, name)
    called = Path(directory if name == "filename" else name).name
    return await to_thread.run_sync(answer_file, request, file, called, "private, no-cache")


def _delete_objects(ctx: Context, keys: list[str]) -> None:
    for key in keys:
        ctx.objects.delete(key)


def answer_file(request: Request, file: BinaryIO, name: str, cache: str) -> Response:
    """The file or a part of it; closes the file when it is sent."""
    try:
        status = fstat(file.fileno())
        size = status.st_size
        tag = f'"{sha256(f"{status.st_mtime_ns}-{size}-{status.st_ino}".encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": cache, "Accept-Ranges": "bytes"}
        if tag in [
            each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")
        ]:
            file.close()
            return Response(status_code=304, headers=headers)
        kind = kind_of(file.read(HEAD_BYTES), name)
        headers |= safety(kind, name)
        if_range = request.headers.get("if-range")
        span = span_of(request.headers.get("range") if if_range in (None, tag) else None, size)
    except Unsatisfiable:
        file.close()
        return envelope(416, "The range lies outside the file.", headers={"Content-Range": f"bytes */{size}"})
    except BaseException:
        file.close()
        raise
    code, part = (206, span) if span is not None else (200, Span(0, size, size))
    headers["Content-Length"] = str(part.length)
    if span is not None:
        headers["Content-Range"] = span.content_range
    if request.method == "HEAD":
        file.close()
        return Response(status_code=code, headers=headers, media_type=kind.content_type)
    return StreamingResponse(_chunks(file, part), code, headers=headers, media_type=kind.content_type)


def safety(kind: Kind, name: str) -> dict[str, str]:
    """The headers under which a user's file can do nothing in our origin."""
    disposition = "attachment" if kind.attachment else "inline"
    return {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name)}",
    }


def _chunks(file: BinaryIO, span: Span) -> Iterator[bytes]:
    with file:
        file.seek(span.start)
        left = span.length
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
