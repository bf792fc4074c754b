"""The bytes of objects that tasks show: of buckets and of local directories, for those who see the task or project."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path as FilePath
from typing import Annotated, Any, BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response, StreamingResponse

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.files.api import FILE_ANSWERS, answer_file, safety
from labelyard.files.sniff import HEAD_BYTES, kind_of
from labelyard.kit.errors import BadRequest, Forbidden, NotFound, Problem
from labelyard.kit.http.openapi import error_responses
from labelyard.kit.net import Incoming, Limits, NetError, in_thread
from labelyard.kit.objects.s3 import S3
from labelyard.kit.objects.store import StoreError
from labelyard.projects import service as projects
from labelyard.storages import resolving, service
from labelyard.storages.connecting import Keeper, Options, open_row, options_of
from labelyard.tasks.access import get_row

router = APIRouter(tags=["Storages"])
MAX_ID = 2**63 - 1
_MAX_BYTES = 16 * 1024**3
_LIMITS = Limits(max_bytes=_MAX_BYTES, read_seconds=30, total_seconds=3600, max_redirects=0)
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_ETAG = re.compile(r'"[!#-~]{1,200}"')
TaskId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the task.", examples=[17])]
ProjectId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]
Uri = Annotated[
    str,
    Query(
        description="Address of the object (`s3://bucket/key`), in base64 or percent-encoded.",
        examples=["czM6Ly9waWN0dXJlcy9yb2Jpbi5qcGc="],
    ),
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **FILE_ANSWERS,
    303: {"description": "A signed address of the bucket, where the storage has `presign`."},
    **error_responses(400, 401, 404),
}


class BadGateway(Problem):
    """The store that holds the object does not give it."""

    status = 502


# --- objects of buckets -------------------------------------------------------------------------------------------


@router.get("/tasks/{task_id}/resolve", summary="Fetch an object that a task shows", responses=_ANSWERS)
async def resolve_for_task(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId, fileuri: Uri = ""
) -> Response:
    """The object, or a redirect to it. It must be named in the task's data and lie in a storage of its project."""
    return await _resolve(request, ctx, actor, fileuri, task_id=task_id)


@router.get(
    "/tasks/{task_id}/presign", summary="Sign the address of an object that a task shows", responses=_ANSWERS
)
async def presign_for_task(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId, fileuri: Uri = ""
) -> Response:
    """The same as `resolve`."""
    return await _resolve(request, ctx, actor, fileuri, task_id=task_id)


@router.get(
    "/projects/{project_id}/resolve", summary="Fetch an object of a storage of a project", responses=_ANSWERS
)
async def resolve_for_project(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId, fileuri: Uri = ""
) -> Response:
    """The object, or a redirect to it: any in the folder of a storage, so it is for those who manage storages."""
    return await _resolve(request, ctx, actor, fileuri, project_id=project_id)


@router.get(
    "/projects/{project_id}/presign",
    summary="Sign the address of an object of a storage of a project",
    responses=_ANSWERS,
)
async def presign_for_project(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId, fileuri: Uri = ""
) -> Response:
    """The same as `resolve`."""
    return await _resolve(request, ctx, actor, fileuri, project_id=project_id)


async def _resolve(
    request: Request,
    ctx: Context,
    actor: Actor,
    fileuri: str,
    *,
    task_id: int | None = None,
    project_id: int = 0,
) -> Response:
    store, options, key = await ctx.db.read(_found, Keeper.of(ctx), actor, fileuri, task_id, project_id)
    if options.presign:
        url = store.presigned(key, options.presign_ttl * 60)
        return RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    return await in_thread(_proxied, store, key, request.headers.get("range"))


def _found(
    conn: Connection, keeper: Keeper, actor: Actor, fileuri: str, task_id: int | None, project_id: int
) -> tuple[S3, Options, str]:
    data = None
    if task_id is not None:
        task = get_row(conn, actor, task_id)
        project_id, data = task.project_id, task.data
    else:
        projects.get(conn, actor, project_id, "storages.view")
    row, key = resolving.storage_for(conn, project_id, resolving.uri_of(fileuri), data)
    store = open_row(conn, keeper, row)
    if not isinstance(store, S3):
        raise NotFound
    return store, options_of(row), key


def _proxied(store: S3, key: str, part: str | None) -> Response:
    """The object through this server, as an uploaded file is served: it cannot act in our origin."""
    with ExitStack() as stack:
        try:
            answer = stack.enter_context(store.open(key, part, _LIMITS))
            chunks = iter(answer.chunks)
            first = next(chunks, b"")
            span = _RANGE.fullmatch(answer.headers.get("content-range", ""))
            head = first
            if span is not None and int(span[1]):
                with store.open(key, f"bytes=0-{HEAD_BYTES - 1}", _LIMITS) as start:
                    head = b"".join(start.chunks)
        except StoreError as error:
            raise (NotFound() if error.code == "not_found" else BadGateway(error.message)) from None
        except NetError as error:
            raise BadGateway(error.message) from None
        kind = kind_of(head[:HEAD_BYTES], key)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
        headers |= safety(kind, key.rpartition("/")[2] or "file")
        headers |= _framing(answer, span)
        kept = stack.pop_all()
    return StreamingResponse(
        _sent(kept, first, chunks), answer.status, headers=headers, media_type=kind.content_type
    )


def _framing(answer: Incoming, span: re.Match[str] | None) -> dict[str, str]:
    """Of the store's headers, those that say which bytes these are."""
    found = {}
    length, tag = answer.headers.get("content-length", ""), answer.headers.get("etag", "")
    if length.isdigit():
        found["Content-Length"] = length
    if _ETAG.fullmatch(tag):
        found["ETag"] = tag
    if span is not None:
        found["Content-Range"] = span[0]
    return found


def _sent(kept: ExitStack, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    with kept:
        yield first
        yield from chunks


# --- local directories --------------------------------------------------------------------------------------------


@router.api_route(
    "/data/local-files",
    methods=["GET", "HEAD"],
    summary="Download a file of a local storage",
    responses={**FILE_ANSWERS, **error_responses(403)},
    operation_id="download_local_file",
)
async def local_file(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    d: Annotated[
        str,
        Query(description="Path below LABELYARD_LOCAL_FILES_DOCUMENT_ROOT.", examples=["birds/robin.jpg"]),
    ] = "",
) -> Response:
    """A file below the directory of a storage in a project of the caller; 403 where the operator serves none."""
    if not ctx.settings.allow_serving_local_files or not ctx.settings.local_files_document_root:
        raise Forbidden("This server serves no local files (LABELYARD_LOCAL_FILES_DOCUMENT_ROOT).")
    if not d or "\x00" in d:
        raise BadRequest('Say which file in "d".')
    roots = await ctx.db.read(service.local_roots, Keeper.of(ctx), actor)
    file = await to_thread.run_sync(service.open_local, ctx.settings, roots, d)
    return await to_thread.run_sync(_answer, request, file, d)


def _answer(request: Request, file: BinaryIO, path: str) -> Response:
    return answer_file(request, file, FilePath(path).name, "private, no-cache")
