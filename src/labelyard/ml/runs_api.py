"""Predicting for many tasks, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import page_object, read_page
from labelyard.kit.http.responses import json_response
from labelyard.ml import runs, service
from labelyard.ml.api import BackendId
from labelyard.ml.schemas import NewRun, Run, RunPage, RunTaskPage

router = APIRouter(tags=["ML backends"])

RunId = Annotated[int, Path(description="Id of the run.")]
PageNumber = Annotated[str, Query(description="Page, from 1.")]
PageSize = Annotated[str, Query(description="Entries on a page, at most 1000.")]
_RUN: dict[str, Any] = {
    "id": 5,
    "backend": 2,
    "project": 3,
    "created_by": 1,
    "status": "in_progress",
    "total": 1200,
    "waiting": 700,
    "predicted": 490,
    "skipped": 0,
    "failed": 10,
    "predictions": 490,
    "model_version": "v2",
    "error": None,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "finished_at": None,
}
_PAGE = {"count": 1, "next": None, "previous": None}
_FAULT = "Region 0: 'mood' not found in the label config (controls: topic)"


@router.post(
    "/api/ml/{backend_id}/predict",
    status_code=201,
    summary="Predict for tasks",
    response_model=Run,
    openapi_extra=json_body({"tasks": [7, 8]}, schema=NewRun.model_json_schema(), required=False),
    responses={
        **example_response(_RUN, "The run that was begun.", 201),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
)
async def predict(request: Request, ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Have a backend predict for all tasks of its project, or for those named, in the background.

    Predictions are stored as they come; those that do not fit the label config are left out, and the task's note says
    why. Tasks that have a prediction of the version are skipped. 409 while another run of the backend goes on.
    """
    body = await read_body(request, NewRun)
    made = await ctx.db.write(_begin, ctx, actor, backend_id, body)
    ctx.models.notify()
    return json_response(made, 201)


def _begin(conn: Connection, ctx: Context, actor: Actor, backend_id: int, body: NewRun) -> dict[str, Any]:
    row = service.get(conn, actor, backend_id, "models.change")
    run_id = runs.begin(conn, ctx.models, actor, row, body.tasks, again=body.again)
    return runs.read(conn, actor, backend_id, run_id)


@router.get(
    "/api/ml/{backend_id}/runs",
    summary="List the runs of an ML backend",
    response_model=RunPage,
    responses={
        **example_response({**_PAGE, "results": [_RUN]}, "The newest first."),
        **error_responses(401, 403, 404),
    },
)
async def list_runs(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    backend_id: BackendId,
    page: PageNumber = "1",
    page_size: PageSize = "20",
) -> Response:
    """What a backend was asked to predict for; the newest twenty are kept."""
    wanted = read_page(request, default=20, maximum=1000)
    found = await ctx.db.read(runs.list_runs, actor, backend_id, wanted.offset, wanted.limit)
    return json_response(page_object(request, found.items, found.count, wanted.number, wanted.size))


@router.get(
    "/api/ml/{backend_id}/runs/{run_id}",
    summary="Get a run",
    response_model=Run,
    responses={**example_response(_RUN, "The run with its counters."), **error_responses(401, 403, 404)},
)
async def get_run(ctx: Ctx, actor: CurrentActor, backend_id: BackendId, run_id: RunId) -> Response:
    """How far a run is. `error` says why one stopped; what it stored until then stays."""
    return json_response(await ctx.db.read(runs.read, actor, backend_id, run_id))


@router.get(
    "/api/ml/{backend_id}/runs/{run_id}/tasks",
    summary="List the tasks of a run",
    response_model=RunTaskPage,
    responses={
        **example_response(
            {**_PAGE, "results": [{"task": 7, "state": "failed", "note": _FAULT}]}, "The tasks, by id."
        ),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_run_tasks(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    backend_id: BackendId,
    run_id: RunId,
    state: Annotated[str, Query(description="Only `waiting`, `predicted`, `skipped` or `failed` ones.")] = "",
    page: PageNumber = "1",
    page_size: PageSize = "100",
) -> Response:
    """How each task of a run went. `note` names what is wrong with its answer: prediction, region and field."""
    wanted = read_page(request, default=100, maximum=1000)
    found = await ctx.db.read(
        runs.list_tasks,
        actor,
        backend_id,
        run_id,
        state=state or None,
        offset=wanted.offset,
        limit=wanted.limit,
    )
    return json_response(page_object(request, found.items, found.count, wanted.number, wanted.size))


@router.post(
    "/api/ml/{backend_id}/runs/{run_id}/cancel",
    summary="Stop a run",
    response_model=Run,
    responses={
        **example_response({**_RUN, "status": "in_progress"}, "The run; it stops in a moment."),
        **error_responses(401, 403, 404),
    },
)
async def cancel_run(ctx: Ctx, actor: CurrentActor, backend_id: BackendId, run_id: RunId) -> Response:
    """Stop a run within a second. What it stored stays; a run that is finished is left as it is."""
    return json_response(await ctx.db.write(runs.cancel, ctx.models, actor, backend_id, run_id))
