"""Routes of the data manager: columns, the project with the caller's rights, views and what is selected in them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from labelyard.access.rights import may_in
from labelyard.actor import Actor
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.responses import empty, json_response
from labelyard.projects import service as projects
from labelyard.views import columns, service
from labelyard.views.schemas import VIEW_EXAMPLE, SelectedItems, ViewBody, ViewOrder, ViewReset
from labelyard.views.service import MAX_ID

router = APIRouter(tags=["Data manager"])

Project = Annotated[int, Query(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]
ViewId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the view.", examples=[5])]

_SELECTION: dict[str, Any] = {"all": False, "included": [17, 18]}
_SELECTION_SCHEMA = SelectedItems.model_json_schema()


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
        **error_responses(400, 401, 403, 404),
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
        **error_responses(400, 401, 403, 404),
    },
)
async def get_project(ctx: Ctx, actor: CurrentActor, project: Project) -> Response:
    """The project object with what the caller may do and how much there is."""
    return json_response(await ctx.db.read(_project, actor, project))


def _project(conn: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    row, counts = projects.get(conn, actor, project_id), projects.counts(conn, project_id)
    return {
        **projects.as_json(conn, row),
        "can_delete_tasks": may_in(actor, row, "tasks.delete"),
        "can_manage_annotations": may_in(actor, row, "annotations.review"),
        "can_manage_tasks": may_in(actor, row, "tasks.change"),
        "source_syncing": False,
        "target_syncing": False,
        "task_count": counts.tasks,
        "annotation_count": counts.annotations,
    }


# --- views --------------------------------------------------------------------------------------------------------


@router.get(
    "/api/dm/views",
    summary="List views",
    responses={
        **example_response([VIEW_EXAMPLE], "The views, in their order."),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_views(
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Id of the project; all without it.", examples=[3])
    ] = None,
) -> Response:
    """The views (tabs) of a project, in their order. Everybody in a project sees and shares them."""
    return json_response(await ctx.db.read(service.list_views, actor, project))


@router.post(
    "/api/dm/views",
    status_code=201,
    summary="Create a view",
    openapi_extra=json_body(
        {"project": 3, "data": VIEW_EXAMPLE["data"]},
        schema=requiring(ViewBody.model_json_schema(), "project"),
    ),
    responses={
        **example_response(VIEW_EXAMPLE, "The new view.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def create_view(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Make a view, behind the others. `data` is kept as it is sent; filters and order in it are checked."""
    body = await read_body(request, ViewBody)
    return json_response(await ctx.db.write(service.create, actor, body), 201)


@router.post(
    "/api/dm/views/order",
    summary="Put views in order",
    response_class=Response,
    openapi_extra=json_body({"project": 3, "ids": [6, 5]}, schema=ViewOrder.model_json_schema()),
    responses={
        200: {"description": "The views are in this order."},
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def order_views(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Give the views of a project a new order; those that are not named come after the others."""
    body = await read_body(request, ViewOrder)
    await ctx.db.write(service.reorder, actor, body.project, body.ids)
    return empty(200)


@router.delete(
    "/api/dm/views/reset",
    status_code=204,
    summary="Delete all views of a project",
    openapi_extra=json_body({"project": 3}, schema=ViewReset.model_json_schema(), required=False),
    responses={
        204: {"description": "The project has no views."},
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def reset_views(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Id of the project, in place of the body's.")
    ] = None,
) -> Response:
    """Delete the views of a project, which the body or the query names. Its tasks stay."""
    if project is None:
        if not await request.body():
            raise Invalid({"project": ["Name the project, in the body or in the query."]})
        project = (await read_body(request, ViewReset)).project
    await ctx.db.write(service.reset, actor, project)
    return empty()


@router.get(
    "/api/dm/views/{view_id}",
    summary="Get a view",
    responses={**example_response(VIEW_EXAMPLE, "The view."), **error_responses(401, 403, 404)},
)
async def get_view(ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """A view with its filters, order and whatever the client keeps in it."""
    return json_response(await ctx.db.read(service.read, actor, view_id))


_CHANGE: dict[str, Any] = {
    "openapi_extra": json_body({"data": {"title": "Open"}}, schema=ViewBody.model_json_schema()),
    "responses": {
        **example_response(VIEW_EXAMPLE, "The view as it is now."),
        **error_responses(400, 401, 403, 404, 415),
    },
}


@router.patch("/api/dm/views/{view_id}", summary="Change a view", **_CHANGE)
async def update_view(request: Request, ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """Replace a view's data. Filters and ordering that the new data lack stay as they are."""
    body = await read_body(request, ViewBody)
    return json_response(await ctx.db.write(service.update, actor, view_id, body))


@router.put("/api/dm/views/{view_id}", summary="Replace a view", **_CHANGE)
async def replace_view(request: Request, ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """The same as changing it."""
    body = await read_body(request, ViewBody)
    return json_response(await ctx.db.write(service.update, actor, view_id, body))


@router.delete(
    "/api/dm/views/{view_id}",
    status_code=204,
    summary="Delete a view",
    responses={204: {"description": "The view is gone."}, **error_responses(401, 403, 404)},
)
async def delete_view(ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """Delete a view. Its tasks stay."""
    await ctx.db.write(service.delete, actor, view_id)
    return empty()


# --- what is selected in a view -----------------------------------------------------------------------------------

_SELECT: dict[str, Any] = {
    "openapi_extra": json_body(_SELECTION, schema=_SELECTION_SCHEMA),
    "responses": {
        **example_response(_SELECTION, "What is selected now."),
        **error_responses(400, 401, 403, 404, 415),
    },
}


@router.get(
    "/api/dm/views/{view_id}/selected-items",
    summary="Get what is selected in a view",
    responses={
        **example_response(_SELECTION, "`included` tasks, or all but the `excluded`."),
        **error_responses(400, 401, 403, 404),
    },
)
async def get_selected_items(ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """The tasks that actions on the view are done to."""
    return json_response(await ctx.db.read(service.selected_items, actor, view_id))


@router.post("/api/dm/views/{view_id}/selected-items", summary="Select tasks in a view", **_SELECT)
async def set_selected_items(request: Request, ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """Replace what is selected. `{"all": false, "included": []}` selects nothing."""
    body = await read_body(request, SelectedItems)
    return json_response(await ctx.db.write(service.select, actor, view_id, body))


@router.patch(
    "/api/dm/views/{view_id}/selected-items", summary="Add to what is selected in a view", **_SELECT
)
async def add_selected_items(request: Request, ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """Add tasks to `included` (or to `excluded`, where all are selected)."""
    body = await read_body(request, SelectedItems)
    found = await ctx.db.write(service.change_selection, actor, view_id, body, add=True)
    return json_response(found)


@router.delete(
    "/api/dm/views/{view_id}/selected-items", summary="Take away from what is selected in a view", **_SELECT
)
async def remove_selected_items(request: Request, ctx: Ctx, actor: CurrentActor, view_id: ViewId) -> Response:
    """Take tasks out of `included` (or out of `excluded`, where all are selected)."""
    body = await read_body(request, SelectedItems)
    found = await ctx.db.write(service.change_selection, actor, view_id, body, add=False)
    return json_response(found)
