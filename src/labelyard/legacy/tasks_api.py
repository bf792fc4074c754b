"""Routes of tasks and their completions."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from labelyard.access.deleting import check_deletable
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, Unprocessable
from labelyard.kit.http.openapi import error_responses, example_response, json_body, json_only
from labelyard.kit.http.responses import JSON, empty, json_response
from labelyard.legacy import service, shapes
from labelyard.legacy.bodies import read_completion, read_rewritten, rewritten
from labelyard.legacy.current import COOKIE, MAX_ID, CurrentProject, find
from labelyard.legacy.schemas import EXAMPLE_TASK, TASK_SCHEMA, CompletionFields
from labelyard.legacy.service import ORDERS, Listing
from labelyard.views.jobs import perform
from labelyard.views.schemas import SelectedItems
from labelyard.views.selection import Wanted

router = APIRouter(tags=["0.x"])

BATCH = 500  # tasks read at a time
_FALSE = frozenset({"", "0", "false", "no", "off"})
TaskId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the task.", examples=[7])]
CompletionId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the completion.", examples=[12])]
WasCancelled = Annotated[str, Query(description="`1`: the task is skipped, whatever the body says.")]


# --- lists, below paths that 1.x has too --------------------------------------------------------------------------


async def list_tasks(request: Request, ctx: Context, actor: Actor) -> Response:
    """`GET /api/tasks` of a client that names no project: a bare list of the current project's tasks.

    Unprocessable for a page or an order that is none.
    """
    query = request.query_params
    chosen, title = request.cookies.get(COOKIE), ctx.settings.current_project
    project_id = await ctx.db.read(find, actor, None, chosen, title)
    number, size = _positive(query.get("page"), 1, "page"), _positive(query.get("page_size"), 10, "page_size")
    order = query.get("order", "id").removeprefix("+").strip()
    if order not in ORDERS:
        raise Unprocessable(f"Unknown order {order[:50]!r}. Known: {', '.join(ORDERS)}.")
    names = tuple(name.strip() for name in query.get("fields", "all").split(",") if name.strip())
    fields = None if set(names) & {"all", "task_only"} or not names else names
    wanted = Listing(order, min((number - 1) * size, 2**53), size, fields)
    if size <= BATCH:
        return json_response(await ctx.db.read(service.page, actor, project_id, wanted))
    return StreamingResponse(_batches(ctx, actor, project_id, wanted), media_type=JSON)


def _positive(text: str | None, default: int, name: str) -> int:
    if text is None or not text.strip():
        return default
    try:
        number = int(text[:20])
    except ValueError:
        number = 0
    if not 1 <= number <= 2**53:
        raise Unprocessable(f"{name} must be a whole number from 1, not {text[:50]!r}.")
    return number


async def _batches(ctx: Context, actor: Actor, project_id: int, wanted: Listing) -> AsyncIterator[bytes]:
    encode = msgspec.json.Encoder().encode
    offset, left, first = wanted.offset, wanted.limit, True
    yield b"["
    while left > 0:
        part = Listing(wanted.order, offset, min(BATCH, left), wanted.fields)
        items: list[dict[str, Any]] = await ctx.db.read(service.page, actor, project_id, part)
        if not items:
            break
        yield (b"" if first else b",") + encode(items)[1:-1]
        offset, left, first = offset + len(items), left - len(items), False
    yield b"]"


def completions_of(task: Mapping[str, Any]) -> dict[str, Any]:
    """`{"completions": […]}` of a task as 1.x shows it; nothing without any."""
    made = task["annotations"]
    return {"completions": [shapes.completion(each) for each in made]} if made else {}


@router.delete(
    "/api/tasks",
    status_code=204,
    summary="Delete all tasks of the current project",
    responses={204: {"description": "The tasks are gone."}, **error_responses(401, 403, 404)},
)
async def delete_tasks(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Delete every task with all completions and predictions. Ids are not used again."""
    await perform(ctx, actor, project_id, "delete_tasks", Wanted(selected=SelectedItems(all=True)), {})
    return empty()


# --- one task -----------------------------------------------------------------------------------------------------


@router.post(
    "/api/tasks/{task_id}",
    summary="Rewrite a task",
    openapi_extra=json_only(EXAMPLE_TASK, TASK_SCHEMA),
    responses={
        **example_response({"detail": "Task patched", "data": EXAMPLE_TASK}, "The task as it is now."),
        **error_responses(400, 401, 403, 404, 409, 415, 422),
    },
)
async def rewrite_task(request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """Replace data, completions and predictions, each as far as it is sent. The data has to fit the label config.

    `PATCH` does the same for clients without a token when the body has `completions` or `predictions`.
    """
    return await rewrite(request, ctx, actor, task_id)


async def rewrite(request: Request, ctx: Context, actor: Actor, task_id: int) -> Response:
    """Replace what the body has of a task."""
    given = await read_rewritten(request)
    config = await ctx.db.read(service.config_of_task, actor, task_id)
    new = rewritten(given, config)
    shown = await ctx.db.write(service.rewrite, actor, ctx.settings, task_id, new)
    return json_response({"detail": "Task patched", "data": shown})


# --- completions --------------------------------------------------------------------------------------------------

COMPLETION_BODY = json_body(
    {"result": EXAMPLE_TASK["completions"][0]["result"], "lead_time": 4.0},
    schema=CompletionFields.model_json_schema(),
)


def is_skip(was_cancelled: str) -> bool:
    """What `was_cancelled` of a query says."""
    return was_cancelled.strip().lower() not in _FALSE


@router.post(
    "/api/tasks/{task_id}/completions",
    status_code=201,
    summary="Save a completion",
    openapi_extra=COMPLETION_BODY,
    responses={
        **example_response({"id": 12}, "Saved, with this id.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def create_completion(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId, was_cancelled: WasCancelled = ""
) -> Response:
    """Save a completion, or with `was_cancelled` a skip. With the `id` of a completion of the task, change that one."""
    given = await read_completion(request)
    if is_skip(was_cancelled):
        given["was_cancelled"] = True
    if given.get("result") is None and not given.get("was_cancelled"):
        raise Invalid({"result": ["A completion that is no skip needs a result."]})
    return json_response({"id": await ctx.db.write(service.save_completion, actor, task_id, given)}, 201)


@router.delete(
    "/api/tasks/{task_id}/completions",
    status_code=204,
    summary="Delete all completions of a task",
    responses={204: {"description": "None is left."}, **error_responses(401, 403, 404, 422)},
)
async def delete_completions_of_task(ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """Delete all completions of the task, whoever made them. The history keeps what they said.

    422 while the server keeps all (`allow_delete_completions` is off).
    """
    check_deletable(ctx.settings)
    await ctx.db.write(service.delete_completions_of_task, actor, task_id)
    return empty()


@router.patch(
    "/api/tasks/{task_id}/completions/{completion_id}",
    status_code=201,
    summary="Change a completion",
    response_class=PlainTextResponse,
    openapi_extra=COMPLETION_BODY,
    responses={
        201: {"description": "Changed.", "content": {"text/plain": {"example": "ok"}}},
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def change_completion(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId, completion_id: CompletionId
) -> Response:
    """Change the fields that are sent."""
    await change(request, ctx, actor, task_id, completion_id)
    return PlainTextResponse("ok", 201)


async def change(
    request: Request, ctx: Context, actor: Actor, task_id: int, completion_id: int, skip: str = ""
) -> None:
    """Change what the body has of a completion. `skip` is `was_cancelled` of the query."""
    given = await read_completion(request)
    given.pop("id", None)
    if is_skip(skip):
        given["was_cancelled"] = True
    await ctx.db.write(service.change_completion, actor, task_id, completion_id, given)


@router.delete(
    "/api/tasks/{task_id}/completions/{completion_id}",
    status_code=204,
    summary="Delete a completion",
    responses={204: {"description": "Deleted."}, **error_responses(401, 403, 404, 422)},
)
async def delete_completion(
    ctx: Ctx, actor: CurrentActor, task_id: TaskId, completion_id: CompletionId
) -> Response:
    """Delete a completion. The history keeps what it said. 422 while the server keeps all."""
    check_deletable(ctx.settings)
    await ctx.db.write(service.delete_completion, actor, task_id, completion_id)
    return empty()


@router.get(
    "/api/completions",
    summary="List the tasks that have completions",
    responses={
        **example_response({"ids": [7, 9]}, "Ids of tasks, ascending."),
        **error_responses(401, 403, 404),
    },
)
async def list_completed(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Ids of the current project's tasks that have a completion, a skipped one included."""
    return json_response({"ids": await ctx.db.read(service.completed_ids, actor, project_id)})


@router.delete(
    "/api/completions",
    status_code=201,
    summary="Delete all completions of the current project",
    response_class=PlainTextResponse,
    responses={
        201: {"description": "Deleted.", "content": {"text/plain": {"example": "done"}}},
        **error_responses(401, 403, 404, 422),
    },
)
async def delete_completions(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Delete every completion, whoever made it; the tasks stay. The history keeps what they said."""
    everything = Wanted(selected=SelectedItems(all=True))
    await perform(ctx, actor, project_id, "delete_tasks_annotations", everything, {})
    return PlainTextResponse("done", 201)
