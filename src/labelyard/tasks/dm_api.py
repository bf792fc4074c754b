"""Routes that the data manager and its clients use: columns, actions, the project with its rights."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from labelyard.access.rights import may_in
from labelyard.actor import Actor
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import BadRequest, Invalid, Problem
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import json_response
from labelyard.projects import service as projects
from labelyard.tasks import columns, jobs, reading
from labelyard.tasks.api import MAX_ID, perform
from labelyard.tasks.schemas import ActionBody

router = APIRouter(tags=["Data manager"])

Project = Annotated[int, Query(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]

_NOUNS = {
    "delete_tasks": "tasks",
    "delete_tasks_annotations": "annotations",
    "delete_tasks_predictions": "predictions",
}
_ACTIONS: list[dict[str, Any]] = [
    {
        "id": "delete_tasks",
        "title": "Delete tasks",
        "order": 100,
        "permission": "tasks.delete",
        "reload": True,
        "dialog": {
            "type": "confirm",
            "title": "Delete the selected tasks?",
            "text": "The tasks go with all their annotations, predictions and drafts. This cannot be undone.",
        },
    },
    {
        "id": "delete_tasks_annotations",
        "title": "Delete annotations",
        "order": 101,
        "permission": "annotations.delete",
        "dialog": {
            "type": "confirm",
            "title": "Delete the annotations of the selected tasks?",
            "text": "All annotations of these tasks go, those of other people too. The tasks stay.",
        },
    },
    {
        "id": "delete_tasks_predictions",
        "title": "Delete predictions",
        "order": 102,
        "permission": "predictions.delete",
        "dialog": {
            "type": "confirm",
            "title": "Delete the predictions of the selected tasks?",
            "text": "The predictions of all models on these tasks go. The tasks stay.",
        },
    },
]


class _NoAction(Problem):
    status = 422


@router.get(
    "/api/dm/columns",
    summary="List the columns of a project's tasks",
    responses={
        **example_response(
            {
                "columns": [
                    {"id": "text", "title": "text", "type": "String", "target": "tasks", "parent": "data"}
                ]
            },
            "Data columns first, then those of every task.",
        ),
        **error_responses(400, 401, 404),
    },
)
async def list_columns(ctx: Ctx, actor: CurrentActor, project: Project) -> Response:
    """What a table of the project's tasks can show, with types. Read off counters: no task is looked at."""
    return json_response({"columns": await ctx.db.read(columns.list_columns, actor, project)})


@router.get(
    "/api/dm/project",
    summary="Get a project with the caller's rights",
    responses={
        **example_response(
            {"id": 3, "title": "Moods", "can_delete_tasks": True, "task_count": 120, "annotation_count": 41},
            "The project, its counts and what the caller may do.",
        ),
        **error_responses(400, 401, 404),
    },
)
async def get_project(ctx: Ctx, actor: CurrentActor, project: Project) -> Response:
    """The project object with what the caller may do and how much there is."""
    return json_response(await ctx.db.read(_project, actor, project))


def _project(conn: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    row, counts = projects.get(conn, actor, project_id), projects.counts(conn, project_id)
    manages = may_in(actor, row, "tasks.change")
    return {
        **projects.as_json(conn, row),
        "can_delete_tasks": manages,
        "can_manage_annotations": manages,
        "can_manage_tasks": manages,
        "source_syncing": False,
        "target_syncing": False,
        "task_count": counts.tasks,
        "annotation_count": counts.annotations,
    }


@router.get(
    "/api/dm/actions",
    summary="List the actions on tasks",
    responses={
        **example_response(_ACTIONS[:1], "What can be done to selected tasks."),
        **error_responses(400, 401, 404),
    },
)
async def list_actions(ctx: Ctx, actor: CurrentActor, project: Project) -> Response:
    """What can be done to many tasks at once."""
    row = await ctx.db.read(projects.get, actor, project)
    return json_response(_ACTIONS if may_in(actor, row, "tasks.change") else [])


@router.get(
    "/api/dm/actions/{action_id}/form",
    summary="Get the form of an action",
    responses={**example_response([], "No action asks for anything."), **error_responses(400, 401, 404)},
)
async def action_form(ctx: Ctx, actor: CurrentActor, action_id: str, project: Project) -> Response:
    """Fields that an action asks for; the present ones ask for nothing."""
    await ctx.db.read(projects.get, actor, project)
    _check(action_id)
    return json_response([])


def _check(action: str) -> None:
    if not action:
        raise _NoAction("Say which action: ?id=<action>.")
    if action not in jobs.ACTS:
        raise BadRequest(f'There is no action "{action[:100]}". Known: {", ".join(jobs.ACTS)}.')


@router.post(
    "/api/dm/actions",
    summary="Do something to selected tasks",
    openapi_extra=json_body(
        {"selectedItems": {"all": False, "included": [17, 18]}}, schema=ActionBody.model_json_schema()
    ),
    responses={
        **example_response({"processed_items": 2, "detail": "Deleted 2 tasks"}, "How much was done."),
        **error_responses(400, 401, 403, 404, 415),
        422: {"description": "No action was named."},
    },
)
async def do_action(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Project,
    id: Annotated[str, Query(description="The action.", examples=["delete_tasks"])] = "",
) -> Response:
    """Delete selected tasks, or their annotations or predictions.

    `{"all": false, "included": []}` selects nothing. Many tasks are dealt with in steps; the answer comes at the end.
    """
    await ctx.db.read(projects.get, actor, project)
    _check(id)
    body = await read_body(request, ActionBody)
    if body.filters and body.filters.get("items"):
        raise Invalid({"filters": ["Filters are not supported yet; name the tasks in selectedItems."]})
    chosen = body.selectedItems
    done = await perform(
        ctx, actor, project, id, included=None if chosen.all else chosen.included, excluded=chosen.excluded
    )
    answer: dict[str, Any] = {"processed_items": done, "detail": f"Deleted {done} {_NOUNS[id]}"}
    if id == "delete_tasks":
        answer["reload"] = await ctx.db.read(reading.task_count, actor, project) == 0
    return json_response(answer)
