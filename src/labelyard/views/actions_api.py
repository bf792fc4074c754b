"""Routes of actions on many tasks."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from labelyard.actor import Actor
from labelyard.annotations import history
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import BadRequest, Invalid, NotFound, Problem
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.ml import opening
from labelyard.projects import service as projects
from labelyard.tasks import trash
from labelyard.views import actions, jobs, retrieving, service, stream
from labelyard.views.actions import ACTIONS, NEXT_TASK, Action
from labelyard.views.listing import Matched
from labelyard.views.looking import look
from labelyard.views.schemas import ActionBody, ModelVersion, SelectedItems
from labelyard.views.selection import Wanted
from labelyard.views.service import MAX_ID

router = APIRouter(tags=["Data manager"])

Project = Annotated[int, Query(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]
# Tasks that one person can have open at a time; more would only keep them from others.
MAX_EXCLUDED = 10
_TRIES = 5
_LISTED = ACTIONS["delete_tasks"].shape()


class _NoAction(Problem):
    status = 422


@router.get(
    "/api/dm/actions",
    summary="List the actions on tasks",
    responses={
        **example_response([_LISTED], "What the caller can do to selected tasks."),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_actions(ctx: Ctx, actor: CurrentActor, project: Project) -> Response:
    """What can be done to many tasks at once."""
    row = await ctx.db.read(projects.get, actor, project)
    return json_response(actions.listed(actor, row))


@router.get(
    "/api/dm/actions/{action_id}/form",
    summary="Get the form of an action",
    responses={
        **example_response(
            [{"columnCount": 1, "fields": [{"type": "select", "name": "model_version", "options": ["v1"]}]}],
            "Fields that the action asks for; an empty list when it asks for nothing.",
        ),
        **error_responses(400, 401, 403, 404),
    },
)
async def action_form(
    ctx: Ctx,
    actor: CurrentActor,
    action_id: Annotated[str, Path(description="The action.", examples=["predictions_to_annotations"])],
    project: Project,
) -> Response:
    """Fields that an action asks for. Their values go into the body of the action."""
    return json_response(await ctx.db.read(_form, actor, project, action_id))


def _form(conn: Connection, actor: Actor, project_id: int, action_id: str) -> list[dict[str, Any]]:
    row = projects.get(conn, actor, project_id)
    action = _action(action_id)
    return [] if action is None else action.form(conn, actor, row)


def _action(action_id: str) -> Action | None:
    """The action; None for the next task."""
    if not action_id:
        raise _NoAction("Say which action: ?id=<action>.")
    if action_id != NEXT_TASK and action_id not in ACTIONS:
        known = ", ".join((*ACTIONS, NEXT_TASK))
        raise BadRequest(f'There is no action "{action_id[:100]}". Known: {known}.')
    return ACTIONS.get(action_id)


@router.post(
    "/api/dm/actions",
    summary="Do something to selected tasks",
    openapi_extra=json_body(
        {"selectedItems": {"all": False, "included": [17, 18]}}, schema=ActionBody.model_json_schema()
    ),
    responses={
        **example_response({"processed_items": 2, "detail": "Deleted 2 tasks"}, "How much was done."),
        **error_responses(400, 401, 403, 404, 415, 422),
        422: {"description": "No action was named."},
        503: {"description": "It takes longer than a request waits; it goes on as a job."},
    },
)
async def do_action(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Project,
    id: Annotated[str, Query(description="The action.", examples=["delete_tasks"])] = "",
    view: Annotated[
        int | None,
        Query(description="Id of a view, whose filters, order and selection are taken then.", examples=[5]),
    ] = None,
    exclude: Annotated[
        str,
        Query(
            description="next_task: comma-separated ids of tasks that are open already, to fetch the one after ahead."
        ),
    ] = "",
) -> Response:
    """Do an action to the tasks that pass the filters and are selected.

    `{"all": false, "included": []}` selects nothing. Many tasks are dealt with in steps; the answer comes at the end.
    `next_task` gives the caller the next of these tasks to label, in their order, as `/api/projects/{id}/next` does.
    """
    await ctx.db.read(projects.get, actor, project)
    action = _action(id)
    excluded = _excluded(exclude)
    body = await read_body(request, ActionBody)
    wanted = Wanted(
        filters=body.filters,
        ordering=body.ordering,
        display_types=body.columnsDisplayType,
        selected=body.selectedItems,
        search=body.search,
    )
    view_id = body.view if view is None else view
    if action is None:
        return json_response(await _next_task(ctx, actor, project, view_id, wanted, excluded))
    if view_id is not None:
        wanted = await ctx.db.read(service.wanted_of_view, actor, project, view_id, wanted)
    if wanted.selected is None:
        raise Invalid({"selectedItems": ["Say which tasks here, or name a view that has a selection."]})
    await ctx.db.read(
        service.find, actor, project, None, wanted
    )  # wrong filters are said now, not by the job
    before = await ctx.db.read(history.mark, actor, project) if action.undone else 0
    if action.id == retrieving.ACTION:
        return json_response(await retrieving.perform(ctx, actor, project, wanted))
    parameters = action.parameters(body)
    if action.id == "delete_tasks" and ctx.settings.keep_deleted_tasks_days:
        parameters["deletion"] = await ctx.db.write(trash.begin, actor, project)
    done = await jobs.perform(ctx, actor, project, action.id, wanted, parameters)
    answer: dict[str, Any] = {"processed_items": done, "detail": action.done.format(n=done)}
    if action.undone and done:
        answer["undo"] = await ctx.db.read(history.deleted_since, actor, project, before)
    if "deletion" in parameters:
        answer["undo"] = {"deletion": parameters["deletion"]} if done else None
        if not done:
            await ctx.db.write(trash.forget_next, parameters["deletion"], 1)  # nothing is in it
    if action.reload:
        answer["reload"] = await ctx.db.read(_is_empty, actor, project)
    return json_response(answer)


def _is_empty(conn: Connection, actor: Actor, project_id: int) -> bool:
    projects.get(conn, actor, project_id)
    return bool(projects.counts(conn, project_id).tasks == 0)


def _excluded(text: str) -> frozenset[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_EXCLUDED or not all(
        part.isascii() and part.isdigit() and len(part) < 19 for part in parts
    ):
        raise Invalid({"exclude": [f"Expected at most {MAX_EXCLUDED} task ids, separated by commas."]})
    return frozenset(map(int, parts))


async def _next_task(
    ctx: Context,
    actor: Actor,
    project_id: int,
    view_id: int | None,
    wanted: Wanted,
    exclude: frozenset[int],
) -> dict[str, Any]:
    for _ in range(_TRIES):
        found = await look(ctx, _candidates, actor, project_id, view_id, wanted, exclude)
        if not found.ids:
            break
        taken = await ctx.db.write(stream.take, actor, found, ctx.settings.task_lock_ttl_seconds)
        if taken is not None:
            if taken.unpredicted:
                taken.task["predictions"] = await opening.predict(ctx, project_id, taken.task["id"])
            return taken.task
    raise NotFound("There is no task left for you in this list.")


def _candidates(
    conn: Connection,
    actor: Actor,
    project_id: int,
    view_id: int | None,
    wanted: Wanted,
    exclude: frozenset[int],
    matched: Matched | None,
    *,
    impatient: bool,
) -> stream.Candidates:
    row, chosen = service.find(conn, actor, project_id, view_id, wanted, with_selection=True)
    return stream.candidates(conn, actor, row, chosen, matched, exclude=exclude, impatient=impatient)


@router.delete(
    "/api/projects/{project_id}/tasks",
    status_code=204,
    tags=["Tasks"],
    summary="Delete all tasks of a project",
    responses={204: {"description": "The tasks are gone."}, **error_responses(401, 403, 404)},
)
async def delete_project_tasks(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])],
) -> Response:
    """Delete every task that the project has now, in steps; the answer comes when they are gone."""
    everything = replace(Wanted(), selected=SelectedItems(all=True))
    await jobs.perform(ctx, actor, project_id, "delete_tasks", everything, {})
    return empty()


@router.delete(
    "/api/projects/{project_id}/model-versions",
    tags=["Predictions"],
    summary="Delete the predictions of a model version",
    openapi_extra=json_body({"model_version": "v1"}, schema=ModelVersion.model_json_schema()),
    responses={
        **example_response({"deleted_predictions": 120}, "How many are gone."),
        **error_responses(400, 401, 403, 404, 415),
        503: {"description": "It takes longer than a request waits; it goes on as a job."},
    },
)
async def delete_model_version(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])],
) -> Response:
    """Delete all predictions of a project that name this model version, in steps."""
    await ctx.db.read(projects.get, actor, project_id, "predictions.any")
    version = (await read_body(request, ModelVersion)).model_version
    everything = replace(Wanted(), selected=SelectedItems(all=True))
    given = {"model_version": version}
    deleted = await jobs.perform(ctx, actor, project_id, "delete_tasks_predictions", everything, given)
    return json_response({"deleted_predictions": deleted})
