"""Routes of tasks."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor, older_dialect
from labelyard.kit.errors import NotFound
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import INVALID_PAGE, read_page
from labelyard.kit.http.responses import JSON, empty, json_bytes, json_response
from labelyard.ml import opening
from labelyard.tasks import reading, service
from labelyard.tasks.schemas import TASK_BODY_SCHEMA, TASK_EXAMPLE, is_older, read_task

router = APIRouter(tags=["Tasks"])

MAX_ID = 2**63 - 1
PAGE_SIZE, MAX_PAGE_SIZE = 100, 10_000
STREAM_BATCH = 500

TaskId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the task.", examples=[17])]
ProjectId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]
_CREATE = {"project": 3, "data": {"text": "The ferry leaves at nine."}}


@router.post(
    "/api/tasks",
    status_code=201,
    summary="Create a task",
    openapi_extra=json_body(_CREATE, schema=TASK_BODY_SCHEMA | {"required": ["project", "data"]}),
    responses={
        **example_response(TASK_EXAMPLE, "The new task.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def create_task(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Create one task. Its data needs every key that the project's label config reads."""
    return json_response(await ctx.db.write(service.create, actor, await read_task(request)), 201)


@router.get(
    "/api/tasks/{task_id}",
    summary="Get a task",
    responses={
        **example_response(TASK_EXAMPLE, "The task with everything on it."),
        **error_responses(401, 404),
    },
)
async def get_task(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    task_id: TaskId,
    pretty: Annotated[str, Query(description="Anything: the answer is indented, to be read.")] = "",
) -> Response:
    """A task with its annotations, its predictions and the caller's drafts.

    ML backends get a moment to predict for a task without predictions, where the project wants that.
    A client without a token that is no browser page may be one of 0.x: it gets the annotations as `completions` too.
    """
    shown = await ctx.db.read(reading.read_full, actor, task_id)
    if not shown["total_predictions"] and await ctx.db.read(opening.wanted, shown["project"]):
        shown["predictions"] = await opening.predict(ctx, shown["project"], task_id)
    if actor.via not in ("token", "jwt") and "sec-fetch-site" not in request.headers:
        shown |= older_dialect(request).completions_of(shown)
    answer = json_response(shown)
    return json_bytes(msgspec.json.format(answer.body, indent=2)) if pretty else answer


async def _change(request: Request, ctx: Context, actor: Actor, task_id: int) -> Response:
    body = await read_task(request)
    if is_older(body, by_token=actor.via in ("token", "jwt")):
        return await older_dialect(request).rewrite(request, ctx, actor, task_id)
    await ctx.db.write(service.update, actor, task_id, body)
    return json_response(await ctx.db.read(reading.read_changed, actor, task_id))


@router.patch(
    "/api/tasks/{task_id}",
    summary="Change a task",
    openapi_extra=json_body({"meta": {"source": "letters"}}, schema=TASK_BODY_SCHEMA),
    responses={
        **example_response(TASK_EXAMPLE, "The task as it is now."),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def update_task(request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """Change the fields that are sent. The data's keys are not held against the label config again.

    Sent without a token, a body with `completions` (or `predictions`, without the keys of 1.x) rewrites the task as in
    0.x: see `POST /api/tasks/{task_id}`.
    """
    return await _change(request, ctx, actor, task_id)


@router.put(
    "/api/tasks/{task_id}",
    summary="Replace a task",
    openapi_extra=json_body(_CREATE, schema=TASK_BODY_SCHEMA),
    responses={
        **example_response(TASK_EXAMPLE, "The task as it is now."),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def replace_task(request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """The same as changing it: what is not sent stays."""
    return await _change(request, ctx, actor, task_id)


@router.delete(
    "/api/tasks/{task_id}",
    status_code=204,
    summary="Delete a task",
    responses={204: {"description": "The task is gone."}, **error_responses(401, 403, 404)},
)
async def delete_task(ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """Delete a task with its annotations, predictions and drafts."""
    await ctx.db.write(service.delete_one, actor, task_id)
    return empty()


@router.get(
    "/api/projects/{project_id}/tasks",
    summary="List a project's tasks, newest first",
    responses={**example_response([TASK_EXAMPLE], "One page of tasks."), **error_responses(401, 404)},
)
async def list_project_tasks(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: ProjectId,
    page: Annotated[str, Query(description="Page, from 1.", examples=["1"])] = "1",
    page_size: Annotated[str, Query(description="Tasks a page; -1 for all.", examples=["100"])] = "100",
    start: Annotated[
        int | None, Query(ge=0, le=MAX_ID, description="Tasks to pass over, in place of `page`.")
    ] = None,
) -> Response:
    """A bare list, newest first, with annotations and predictions. A page past the end is a 404."""
    if page_size.strip() == "0":
        raise NotFound(INVALID_PAGE)
    here = read_page(request, default=PAGE_SIZE, maximum=MAX_PAGE_SIZE, all_at=-1)
    offset = here.offset if start is None else start
    if here.size is None:
        count = await ctx.db.read(reading.task_count, actor, project_id)
        return StreamingResponse(_all_tasks(ctx, actor, project_id, count), media_type=JSON)
    found = await ctx.db.read(reading.newest_tasks, actor, project_id, offset, here.size)
    return json_response(found)


async def _all_tasks(ctx: Context, actor: Actor, project_id: int, count: int) -> AsyncIterator[bytes]:
    """A JSON list of all tasks, some hundred at a time."""
    yield b"["
    before: int | None = None
    encode = msgspec.json.Encoder().encode
    while True:
        items: list[dict[str, Any]] = await ctx.db.read(
            reading.tasks_before, actor, project_id, before, min(STREAM_BATCH, count)
        )
        if not items:
            break
        yield (b"," if before is not None else b"") + encode(items)[1:-1]
        before = items[-1]["inner_id"]
    yield b"]"
