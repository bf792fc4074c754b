"""Predictions over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.rawfields import read_fields
from labelyard.kit.http.responses import JSON, empty, json_response
from labelyard.predictions import service
from labelyard.predictions.results import prediction_text
from labelyard.predictions.schemas import PredictionFields

router = APIRouter()
PREDICTIONS = "Predictions"
_BATCH = 500  # predictions of one read; the answer streams

_RESULT = [
    {
        "id": "k3Jx9_aPq1",
        "from_name": "topic",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["Weather"]},
    }
]
_PREDICTION = {
    "id": 31,
    "result": _RESULT,
    "model_version": "v2",
    "created_ago": "0 minutes",
    "score": 0.87,
    "cluster": None,
    "neighbors": None,
    "mislabeling": 0.0,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "model": None,
    "model_run": None,
    "task": 7,
    "project": 3,
}
_BODY = json_body(
    {"task": 7, "result": _RESULT, "score": 0.87, "model_version": "v2"},
    schema=PredictionFields.model_json_schema(),
)
_NEW_BODY = json_body(
    {"task": 7, "result": _RESULT, "score": 0.87, "model_version": "v2"},
    schema=requiring(PredictionFields.model_json_schema(), "task", "result"),
)
_CHANGED = {
    **example_response(_PREDICTION, "The changed prediction."),
    **error_responses(400, 401, 404, 413, 415),
}
_NULL = msgspec.Raw(b"null")
TaskId = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only those of this task.")]
ProjectId = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only those of this project.")]


@router.get(
    "/api/predictions",
    tags=[PREDICTIONS],
    summary="List predictions",
    responses={**example_response([_PREDICTION], "All that match, by id."), **error_responses(400, 401)},
)
async def list_predictions(
    ctx: Ctx, actor: CurrentActor, task: TaskId = None, project: ProjectId = None
) -> Response:
    """The predictions of a task, of a project, or of all projects, by id. The answer streams."""
    first = await _page(ctx, actor, 0, task, project)
    if len(first) < _BATCH:
        return json_response(first)
    return StreamingResponse(_stream(ctx, actor, first, task, project), media_type=JSON)


async def _page(
    ctx: Context, actor: Actor, after: int, task: int | None, project: int | None
) -> list[dict[str, Any]]:
    return await ctx.db.read(service.list_page, actor, after, _BATCH, task_id=task, project_id=project)


async def _stream(
    ctx: Context, actor: Actor, page: list[dict[str, Any]], task: int | None, project: int | None
) -> AsyncIterator[bytes]:
    opening = b"["
    while page:
        yield opening + msgspec.json.encode(page)[1:-1]
        opening = b","
        page = await _page(ctx, actor, page[-1]["id"], task, project) if len(page) == _BATCH else []
    yield b"]"


@router.post(
    "/api/predictions",
    tags=[PREDICTIONS],
    status_code=201,
    summary="Save a prediction",
    openapi_extra=_NEW_BODY,
    responses={
        **example_response(_PREDICTION, "The new prediction.", 201),
        **error_responses(400, 401, 413, 415),
    },
)
async def create_prediction(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Save what a model answered. The result has to fit the project's label config."""
    given = await read_fields(request, PredictionFields, raw=("result",))
    missing = [name for name in ("task", "result") if given.get(name) in (None, _NULL)]
    if missing:
        raise Invalid({name: ["This field is required."] for name in missing})
    config = await ctx.db.read(service.named_task, actor, given["task"])
    given["result"] = prediction_text(config, given["result"], given.get("score"))
    return json_response(await ctx.db.write(service.create, actor, given["task"], given), 201)


@router.get(
    "/api/predictions/{prediction_id}",
    tags=[PREDICTIONS],
    summary="Get a prediction",
    responses={**example_response(_PREDICTION, "The prediction."), **error_responses(401, 404)},
)
async def get_prediction(ctx: Ctx, actor: CurrentActor, prediction_id: int) -> Response:
    """One prediction."""
    return json_response(await ctx.db.read(service.get, actor, prediction_id))


async def _change(request: Request, ctx: Ctx, actor: CurrentActor, prediction_id: int) -> Response:
    given = await read_fields(request, PredictionFields, raw=("result",))
    config = await ctx.db.read(service.config_of_prediction, actor, prediction_id)
    if "result" in given:
        given["result"] = prediction_text(config, given["result"], given.get("score"))
    elif given.get("score") is not None:
        prediction_text(config, msgspec.Raw(b"[]"), given["score"])
    return json_response(await ctx.db.write(service.update, actor, prediction_id, given))


@router.patch(
    "/api/predictions/{prediction_id}",
    tags=[PREDICTIONS],
    summary="Change a prediction",
    openapi_extra=_BODY,
    responses=_CHANGED,
)
async def change_prediction(request: Request, ctx: Ctx, actor: CurrentActor, prediction_id: int) -> Response:
    """Change the fields sent. A prediction stays on its task."""
    return await _change(request, ctx, actor, prediction_id)


@router.put(
    "/api/predictions/{prediction_id}",
    tags=[PREDICTIONS],
    summary="Replace a prediction",
    openapi_extra=_BODY,
    responses=_CHANGED,
)
async def replace_prediction(request: Request, ctx: Ctx, actor: CurrentActor, prediction_id: int) -> Response:
    """The same as PATCH: fields that are not sent stay."""
    return await _change(request, ctx, actor, prediction_id)


@router.delete(
    "/api/predictions/{prediction_id}",
    tags=[PREDICTIONS],
    status_code=204,
    summary="Delete a prediction",
    responses={204: {"description": "Deleted."}, **error_responses(401, 404)},
)
async def delete_prediction(ctx: Ctx, actor: CurrentActor, prediction_id: int) -> Response:
    """Delete a prediction."""
    await ctx.db.write(service.delete, actor, prediction_id)
    return empty()
