"""Routes of tasks."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import Response, StreamingResponse

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, NotFound
from labelyard.kit.http.errors import nested_errors
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import INVALID_PAGE, read_page
from labelyard.kit.http.responses import JSON, empty, json_response
from labelyard.tasks import jobs, reading, service
from labelyard.tasks.reading import TaskQuery
from labelyard.tasks.schemas import TASK_BODY_SCHEMA, TASK_EXAMPLE, ListQuery, read_task

router = APIRouter(tags=["Tasks"])

MAX_ID = 2**63 - 1
PAGE_SIZE, MAX_PAGE_SIZE = 100, 10_000
STREAM_BATCH = 500
DELETE_SECONDS = 300.0

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
    "/api/tasks",
    summary="List tasks",
    responses={
        **example_response(
            {
                "total": 1,
                "total_annotations": 0,
                "total_predictions": 0,
                "tasks": [TASK_EXAMPLE],
                "next": None,
            },
            "One page of tasks.",
        ),
        **error_responses(400, 401, 404),
    },
)
async def list_tasks(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])
    ] = None,
    view: Annotated[int | None, Query(description="Id of a stored view.")] = None,
    page: Annotated[str, Query(description="Page, from 1.", examples=["1"])] = "1",
    page_size: Annotated[str, Query(description="Tasks a page, at most 10000.", examples=["100"])] = "100",
    after: Annotated[
        int | None,
        Query(
            ge=0,
            le=MAX_ID,
            description="Inner id of the last task seen: the tasks behind it, in place of `page`.",
        ),
    ] = None,
    fields: Annotated[
        str, Query(description="`all` adds annotations, predictions and figures from them.")
    ] = "task_only",
    include: Annotated[
        str, Query(description="Comma-separated fields; only these and the id are answered.")
    ] = "",
    ordering: Annotated[
        str,
        Query(
            description="`id`, `created_at`, `total_annotations`, `data.<key>` and the like; `-` in front reverses."
        ),
    ] = "",
    only_annotated: Annotated[bool, Query(description="Only tasks that have an annotation.")] = False,
    query: Annotated[str, Query(description="JSON with `ordering` and `selectedItems`.")] = "",
) -> Response:
    """One page of a project's tasks, by id unless another order is asked for. A page past the end is a 404.

    `next` of the answer, sent as `after`, gives the following page at the same cost however far it is.
    """
    if view is not None or project is None:
        raise NotFound("No such view." if view is not None else "Say which project: ?project=<id>.")
    here = read_page(request, default=PAGE_SIZE, maximum=MAX_PAGE_SIZE)
    asked = _list_query(query)
    wanted = TaskQuery(
        page=here.number,
        page_size=here.size or MAX_PAGE_SIZE,
        after=after,
        full=fields == "all",
        include=frozenset(name.strip() for name in include.split(",") if name.strip()) or None,
        ordering=_ordering(ordering or next(iter(asked.ordering or ()), "")),
        annotated_only=only_annotated,
        selected=asked.selectedItems,
    )
    return json_response(await ctx.db.read(reading.list_tasks, actor, project, wanted))


def _ordering(text: str) -> str:
    """`-tasks:total_annotations` and `-total_annotations` are the same."""
    name = text.strip()
    descending = name.startswith("-")
    name = name.removeprefix("-").removeprefix("tasks:")
    return f"-{name}" if descending else name


def _list_query(text: str) -> ListQuery:
    if not text.strip():
        return ListQuery()
    try:
        asked = ListQuery.model_validate_json(text if text.lstrip().startswith("{") else unquote(text))
    except ValidationError as error:
        raise Invalid(
            {"query": nested_errors(error.errors(include_url=False, include_input=False))}
        ) from error
    if asked.filters and asked.filters.get("items"):
        raise Invalid({"query": ["Filters are not supported yet; leave `filters` out."]})
    return asked


@router.get(
    "/api/tasks/{task_id}",
    summary="Get a task",
    responses={
        **example_response(TASK_EXAMPLE, "The task with everything on it."),
        **error_responses(401, 404),
    },
)
async def get_task(ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """A task with its annotations, its predictions and the caller's drafts."""
    return json_response(await ctx.db.read(reading.read_full, actor, task_id))


async def _change(request: Request, ctx: Context, actor: Actor, task_id: int) -> Response:
    await ctx.db.write(service.update, actor, task_id, await read_task(request))
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
    """Change the fields that are sent. The data's keys are not held against the label config again."""
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


@router.delete(
    "/api/projects/{project_id}/tasks",
    status_code=204,
    summary="Delete all tasks of a project",
    responses={204: {"description": "The tasks are gone."}, **error_responses(401, 403, 404)},
)
async def delete_project_tasks(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Delete every task that the project has now, in steps; the answer comes when they are gone."""
    await perform(ctx, actor, project_id, "delete_tasks")
    return empty()


async def perform(
    ctx: Context,
    actor: Actor,
    project_id: int,
    act: str,
    *,
    included: list[int] | None = None,
    excluded: list[int] | None = None,
) -> int:
    """Do `act` to tasks, in a job unless they are few; how many things it was done to."""
    if included is not None and len(included) <= jobs.BATCH:
        return await ctx.db.write(jobs.act_now, actor, project_id, act, included)
    job_id = await ctx.db.write(
        jobs.submit, ctx.jobs, actor, project_id, act, included=included, excluded=excluded or ()
    )
    return jobs.outcome(await ctx.jobs.wait(job_id, DELETE_SECONDS))
