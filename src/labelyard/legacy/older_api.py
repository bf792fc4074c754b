"""The names that operations had before release 0.8.1, and what only the older releases had."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.files import api as files_api
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.responses import json_response
from labelyard.legacy import models_api, project_api, service, tasks_api
from labelyard.legacy.current import CurrentProject
from labelyard.legacy.tasks_api import CompletionId, TaskId, WasCancelled
from labelyard.projects import service as projects

router = APIRouter(tags=["0.x"])

# Older name → the one that it stands for.
OLDER: Final[Mapping[str, str]] = {
    "POST /api/import": "POST /api/project/import",
    "GET /api/export": "GET /api/project/export",
    "POST /api/save-config": "POST /api/project/config",
    "DELETE /api/tasks/delete": "DELETE /api/tasks",
    "DELETE /api/project/completions": "DELETE /api/completions",
    "POST /api/train": "POST /api/models/train",
    "POST /predict": "POST /api/models/predictions",
    "POST /api/remove-ml-backend": "DELETE /api/models",
    "GET /upload/{name}": "GET /data/upload/{name}",
}


def _add_older(operations: Mapping[str, APIRoute]) -> None:
    for older, name in OLDER.items():
        method, path = older.split()
        route = operations[name]
        router.add_api_route(
            path,
            route.endpoint,
            methods=[method],
            status_code=route.status_code,
            summary=f"{route.summary} (older name)",
            description=f"The same as `{name}`.",
            operation_id=f"older_{route.endpoint.__name__}",
            responses=route.responses,
            response_class=route.response_class,
            openapi_extra=route.openapi_extra,
        )


_add_older(
    {
        f"{method} {route.path}": route
        for each in (project_api, tasks_api, models_api, files_api)
        for route in each.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
)


# --- the project, whose number was always 1 -----------------------------------------------------------------------


@router.get(
    "/api/projects/1/task_ids",
    summary="List the ids of all tasks",
    responses={**example_response([7, 8, 9], "Ascending."), **error_responses(401, 403, 404)},
)
async def list_task_ids(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Ids of the tasks of the current project, whatever its own id is."""
    return json_response(await ctx.db.read(service.task_ids, actor, project_id))


@router.get(
    "/api/projects/1/completions_ids",
    summary="List the tasks that have completions (older name)",
    responses={**example_response([7, 9], "Ids of tasks, ascending."), **error_responses(401, 403, 404)},
)
async def list_completed_older(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """The ids of `GET /api/completions`, as a bare list."""
    return json_response(await ctx.db.read(service.completed_ids, actor, project_id))


@router.get(
    "/api/projects/1/expert_instruction",
    summary="Get the instruction of the current project",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "HTML, which can run and load nothing.",
            "content": {"text/html": {"example": "<b>Read twice.</b>"}},
        },
        **error_responses(401, 404),
    },
)
async def get_instruction(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """What annotators are to do, as it was written."""
    row = await ctx.db.read(projects.get, actor, project_id)
    # Text of a user in our origin: it must not act there.
    safe = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(row.expert_instruction, headers=safe)


@router.get(
    "/api/states",
    summary="Say that nothing is loaded",
    responses={**example_response({"status": "done"}, "Always."), **error_responses(401)},
)
async def states(actor: CurrentActor) -> Response:
    """Servers of 0.x told here whether they still read their project."""
    return json_response({"status": "done"})


# --- completions --------------------------------------------------------------------------------------------------


@router.post(
    "/api/tasks/{task_id}/cancel",
    status_code=201,
    summary="Skip a task",
    openapi_extra=tasks_api.COMPLETION_BODY,
    responses={
        **example_response({"id": 12}, "Saved as a skip, with this id.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def cancel_task(request: Request, ctx: Ctx, actor: CurrentActor, task_id: TaskId) -> Response:
    """The same as `POST /api/tasks/{task_id}/completions?was_cancelled=1`."""
    return await tasks_api.create_completion(request, ctx, actor, task_id, "1")


@router.post(
    "/api/tasks/{task_id}/completions/{completion_id}",
    status_code=201,
    summary="Change a completion (as in 0.9)",
    openapi_extra=tasks_api.COMPLETION_BODY,
    responses={
        **example_response({"detail": "created"}, "Changed.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def change_completion_by_post(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    task_id: TaskId,
    completion_id: CompletionId,
    was_cancelled: WasCancelled = "",
) -> Response:
    """The same as `PATCH`; `was_cancelled=1` makes it a skip."""
    await tasks_api.change(request, ctx, actor, task_id, completion_id, skip=was_cancelled)
    return json_response({"detail": "created"}, 201)
