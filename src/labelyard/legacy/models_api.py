"""Routes of ML backends."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import BadRequest, Forbidden, Invalid, Unavailable, Unprocessable
from labelyard.kit.http.bodies import parse_json, read_body, read_json_bytes, validate
from labelyard.kit.http.middleware import refusal
from labelyard.kit.http.openapi import error_responses, example_response, json_body, json_only
from labelyard.kit.http.query import id_list
from labelyard.kit.http.responses import empty, json_response
from labelyard.kit.net import in_thread
from labelyard.legacy import models
from labelyard.legacy.current import CurrentProject
from labelyard.legacy.schemas import EXAMPLE_TASK, ModelName, PredictionRequest
from labelyard.ml import jobs, retrieving
from labelyard.projects import service as projects

router = APIRouter(tags=["0.x"])

NO_BACKEND = "No ML backend"
SECONDS = 300.0  # how long a request waits for predictions of many tasks
TRAIN_SECONDS = 30.0
MODES = ("data", "all_tasks", "specific_tasks")
_SAMPLE = {"text": "The ferry leaves at nine."}
Mode = Annotated[str, Query(description="data, all_tasks or specific_tasks.")]
TaskIds = Annotated[str, Query(description="With `mode=specific_tasks`: ids, comma-separated.")]


@router.get(
    "/api/models",
    summary="List ML backends",
    responses={**example_response({"models": ["my-model"]}, "Their names."), **error_responses(401, 404)},
)
async def list_models(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Names of the ML backends of the current project."""
    return json_response({"models": await ctx.db.read(models.names, actor, project_id)})


@router.delete(
    "/api/models",
    status_code=204,
    summary="Remove an ML backend",
    openapi_extra=json_body({"name": "my-model"}, schema=ModelName.model_json_schema()),
    responses={204: {"description": "Removed."}, **error_responses(400, 401, 403, 404, 415)},
)
async def delete_model(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: CurrentProject
) -> Response:
    """Forget the backend of that name; its predictions stay. 404 for a name that none has."""
    body = await read_body(request, ModelName)
    await ctx.db.read(projects.get, actor, project_id, "models.change")
    await ctx.db.write(models.delete, ctx.models, actor, project_id, body.name)
    return empty()


@router.post(
    "/api/models/train",
    summary="Train the ML backends",
    responses={
        **example_response({"details": "Training started"}, "It goes on there."),
        **error_responses(400, 401, 403, 404),
        503: {"description": "No backend could be told to train."},
    },
)
async def train(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Tell all ML backends of the current project to train. 400 without one."""
    ids = await ctx.db.read(models.ids, actor, project_id, "models.change")
    if not ids:
        raise BadRequest(NO_BACKEND)
    asked = [await ctx.db.write(jobs.submit_training, ctx, actor, each) for each in ids]
    states = [await ctx.models.wait(each, TRAIN_SECONDS) for each in asked]
    if all(each.state in ("failed", "cancelled") for each in states):
        raise Unavailable(f"No ML backend trains. {states[0].error or ''}".strip())
    return json_response({"details": "Training started"})


_PREDICTED: dict[int | str, dict[str, Any]] = {
    **example_response(
        {
            "data": _SAMPLE,
            "predictions": [{"result": EXAMPLE_TASK["completions"][0]["result"], "score": 0.9}],
        },
        "With `mode=data` the task with predictions, else that they are ready.",
    ),
    **error_responses(400, 401, 403, 404, 409, 415, 422),
    503: {"description": "A backend did not answer for all tasks, or not in time."},
}
_ABOUT = """`mode=data`: the task that is sent, or the bare data of one, comes back with predictions; nothing is stored.
    `all_tasks`: predictions are stored for every task of the current project; `specific_tasks`: for those that `task_ids`
    names, in the query or the body. They replace what the same version of a model said before.

    400 without an ML backend, 422 for an unknown mode or without a body that has data.
    """


@router.get("/api/models/predictions", summary="Predict for tasks", responses=_PREDICTED, description=_ABOUT)
async def get_predictions(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    mode: Mode = "data",
    task_ids: TaskIds = "",
) -> Response:
    # It asks other servers and may store what they say, so it is guarded as what changes something.
    if reason := refusal(request.headers):
        raise Forbidden(reason)
    return await _predict(request, ctx, actor, project_id, mode, task_ids)


@router.post(
    "/api/models/predictions",
    summary="Predict for a task that is sent, or for tasks",
    openapi_extra=json_only({"data": _SAMPLE}, PredictionRequest.model_json_schema(), required=False),
    responses=_PREDICTED,
    description=_ABOUT,
)
async def make_predictions(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    mode: Mode = "data",
    task_ids: TaskIds = "",
) -> Response:
    return await _predict(request, ctx, actor, project_id, mode, task_ids)


async def _predict(
    request: Request, ctx: Context, actor: Actor, project_id: int, mode: str, task_ids: str
) -> Response:
    sent = parse_json(await read_json_bytes(request))
    body = validate(PredictionRequest, sent)
    await ctx.db.read(projects.get, actor, project_id, "predictions.any")
    if mode not in MODES:
        raise Unprocessable("unknown mode")
    if not await ctx.db.read(retrieving.has_backends, project_id):
        raise BadRequest(NO_BACKEND)
    if mode == "data":
        return json_response(await _predict_data(ctx, actor, project_id, sent))
    ids = None if mode == "all_tasks" else _ids(body, task_ids)
    run_ids, job_ids = await ctx.db.write(models.start, ctx, actor, project_id, ids)
    await retrieving.outcome(ctx, run_ids, job_ids, SECONDS)
    return json_response({"details": "predictions are ready"})


async def _predict_data(ctx: Context, actor: Actor, project_id: int, sent: Any) -> dict[str, Any]:
    if not sent:
        raise Unprocessable("Send a task, or the data of one, as a JSON object.")
    task = dict(sent) if isinstance(sent.get("data"), dict) else {"data": sent}
    if not task["data"]:
        raise Unprocessable("The data of the task is empty.")
    found = await in_thread(models.predict, ctx, actor, project_id, task)
    return {**task, "predictions": found}


def _ids(body: PredictionRequest, task_ids: str) -> list[int]:
    """Ids of the query or, if that names none, of the body."""
    given: Any = task_ids or body.task_ids
    text = given if isinstance(given, str) else msgspec.json.encode(given or []).decode()
    found = id_list([text], "task_ids") if text else None
    if not found:
        raise Invalid({"task_ids": ["Name the tasks: ?task_ids=1,2,3, or a list in the body."]})
    return found
