"""ML backends over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection

from labelyard.access.rights import may_in
from labelyard.actor import Actor
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import NotFound, NotSupported, Unavailable
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import empty, json_response
from labelyard.kit.net import in_thread
from labelyard.ml import calling, jobs, service, single
from labelyard.ml.protocol import BackendError
from labelyard.ml.schemas import (
    Backend,
    BackendChanges,
    Interactive,
    InteractiveAnswer,
    NewBackend,
    TestedPrediction,
    Training,
    Versions,
)
from labelyard.projects import service as projects

router = APIRouter(tags=["ML backends"])

TRAIN_SECONDS = 30.0  # how long a request waits until the backend has said that it trains
BackendId = Annotated[int, Path(description="Id of the ML backend.")]
_BACKEND: dict[str, Any] = {
    "id": 2,
    "state": "CO",
    "readable_state": "Connected",
    "is_interactive": False,
    "url": "https://models.example.org/moods",
    "error_message": None,
    "title": "Moods",
    "auth_method": "NONE",
    "basic_auth_user": None,
    "basic_auth_pass_is_set": False,
    "description": "",
    "extra_params": None,
    "model_version": "v2",
    "timeout": 100.0,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "auto_update": True,
    "project": 3,
}
_BODY = {"project": 3, "url": "https://models.example.org/moods", "title": "Moods", "is_interactive": False}
_RESULT = [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]
_TASK = {"id": 7, "data": {"text": "The ferry leaves at nine."}}


@router.get(
    "/api/ml",
    summary="List ML backends",
    response_model=list[Backend],
    responses={
        **example_response([_BACKEND], "The backends of the project, by id."),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_backends(
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[int | None, Query(description="The project.", ge=1, le=2**63 - 1)] = None,
    is_interactive: Annotated[str, Query(description="`true`: only those; `false`: only the others.")] = "",
) -> Response:
    """Backends of a project; those who manage it see whether each is there now. 404 without a project.

    Those who only label see the interactive ones, without their addresses.
    """
    if project is None:
        raise NotFound("Say of which project: ?project=<id>.")
    only = boolean(is_interactive, False, "is_interactive") if is_interactive else None
    row = await ctx.db.read(projects.get, actor, project, "models.use")
    if may_in(actor, row, "models.view"):
        await in_thread(calling.refresh, ctx, await ctx.db.read(service.of_project, project))
    return json_response(await ctx.db.read(service.list_backends, actor, project, only))


@router.post(
    "/api/ml",
    status_code=201,
    summary="Connect an ML backend",
    response_model=Backend,
    openapi_extra=json_body(_BODY, schema=NewBackend.model_json_schema()),
    responses={
        **example_response(_BACKEND, "The backend.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def create_backend(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Connect a model server to a project: it is asked for its health and set up first. 400 when it is not there.

    403 for an address that this server does not connect to. A webhook of the project tells it of annotations.
    """
    body = await read_body(request, NewBackend)
    return json_response(await in_thread(calling.connect_new, ctx, actor, body), 201)


@router.get(
    "/api/ml/{backend_id}",
    summary="Get an ML backend",
    response_model=Backend,
    responses={**example_response(_BACKEND, "The backend."), **error_responses(401, 403, 404)},
)
async def get_backend(ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """One backend, and whether it is there now."""
    row = await ctx.db.read(service.get, actor, backend_id)
    await in_thread(calling.refresh, ctx, [row])
    return json_response(await ctx.db.read(_shown, actor, backend_id))


def _shown(conn: Connection, actor: Actor, backend_id: int) -> dict[str, Any]:
    return service.shown(service.get(conn, actor, backend_id))


@router.patch(
    "/api/ml/{backend_id}",
    summary="Change an ML backend",
    response_model=Backend,
    openapi_extra=json_body({"title": "Moods 2"}, schema=BackendChanges.model_json_schema()),
    responses={**example_response(_BACKEND, "The backend."), **error_responses(400, 401, 403, 404, 415)},
)
async def change_backend(request: Request, ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Change the fields given. A new address or login is tried first, and a new address needs its password again."""
    body = await read_body(request, BackendChanges)
    row = await ctx.db.read(service.get, actor, backend_id, "models.change")
    keeper = calling.keeper_of(ctx)
    values = service.wanted(keeper, body, row)
    found = None
    if {"url", "auth_method", "basic_auth_user", "basic_auth_pass", "extra_params"} & values.keys():
        target = calling.target_for(ctx, values, row)
        extra = values.get("extra_params", row.extra_params)
        set_by = actor.user_id if values.get("url", row.url) != row.url else row.set_by
        found = await in_thread(calling.connect, ctx, target, row.project_id, set_by, extra)
    return json_response(await ctx.db.write(service.update, keeper, actor, backend_id, body, values, found))


@router.delete(
    "/api/ml/{backend_id}",
    status_code=204,
    summary="Remove an ML backend",
    responses={204: {"description": "It is not asked any more."}, **error_responses(401, 403, 404)},
)
async def delete_backend(ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Forget a backend, with its webhook. What it is doing is stopped; predictions that it made stay."""
    await ctx.db.write(service.delete, ctx.models, actor, backend_id)
    return empty()


@router.post(
    "/api/ml/{backend_id}/train",
    summary="Train an ML backend",
    response_class=Response,
    openapi_extra=json_body({"use_ground_truth": False}, schema=Training.model_json_schema(), required=False),
    responses={
        200: {"description": "The backend was told, and trains."},
        503: {"description": "It could not be told; the backend's `error_message` says why."},
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def train(request: Request, ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Tell a backend to train with the annotations of its project. It goes on there; its state tells.

    What it learns from it fetches itself, or was told of by its webhook; a backend of 0.x is sent all annotations.
    """
    await read_body(request, Training)
    job_id = await ctx.db.write(jobs.submit_training, ctx, actor, backend_id)
    state = await ctx.models.wait(job_id, TRAIN_SECONDS)
    if state.state in ("failed", "cancelled"):
        raise Unavailable(f"The ML backend does not train. {state.error or ''}".strip())
    return empty(200)


@router.post(
    "/api/ml/{backend_id}/predict/test",
    summary="Try an ML backend",
    response_model=TestedPrediction,
    responses={
        **example_response(
            {
                "status": 200,
                "error_message": None,
                "url": "https://models.example.org/moods/predict",
                "task": _TASK,
                "request": {"tasks": [_TASK], "project": "3.1795319022"},
                "response": {"results": [{"result": _RESULT, "score": 0.9}]},
            },
            "What was asked and what came back.",
        ),
        **error_responses(400, 401, 403, 404, 501),
    },
)
async def test_backend(
    ctx: Ctx,
    actor: CurrentActor,
    backend_id: BackendId,
    random: Annotated[str, Query(description="`true`: with a task by chance.")] = "",
) -> Response:
    """Send a backend a task by chance and show request and answer. Nothing is stored. 501 without `random=true`."""
    await ctx.db.read(service.get, actor, backend_id, "models.change")
    if not boolean(random, False, "random"):
        raise NotSupported("Only ?random=true is supported: a task by chance.")
    return json_response(await in_thread(single.test, ctx, actor, backend_id))


@router.post(
    "/api/ml/{backend_id}/interactive-annotating",
    summary="Ask an ML backend while labeling",
    response_model=InteractiveAnswer,
    openapi_extra=json_body({"task": 7, "context": {"result": []}}, schema=Interactive.model_json_schema()),
    responses={
        **example_response(
            {"data": {"result": _RESULT, "score": 0.9, "model_version": "v2"}}, "The prediction."
        ),
        **error_responses(400, 401, 404, 415),
    },
)
async def interactive(request: Request, ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Ask an interactive backend about a task, with what was drawn so far as `context`. Nothing is stored.

    `errors` in place of `data` when there is no answer that fits the label config.
    """
    body = await read_body(request, Interactive)
    return json_response(await in_thread(single.interactive, ctx, actor, backend_id, body.task, body.context))


@router.get(
    "/api/ml/{backend_id}/versions",
    summary="List the versions of an ML backend",
    response_model=Versions,
    responses={
        **example_response({"versions": ["v1", "v2"]}, "Versions, as the backend names them."),
        **error_responses(401, 403, 404),
        503: {"description": "The backend did not answer."},
    },
)
async def versions(ctx: Ctx, actor: CurrentActor, backend_id: BackendId) -> Response:
    """Versions that the backend has; the current one when it cannot tell."""
    row = await ctx.db.read(service.get, actor, backend_id)
    caller = calling.caller_of(ctx, service.target_of(row, ctx.secrets))
    try:
        found = await in_thread(caller.versions)
    except BackendError as error:
        raise Unavailable(error.message) from error
    if found is not None:
        return json_response({"versions": found})
    message = "Upgrade your ML backend version to latest: this one cannot tell its versions."
    return json_response({"versions": [row.model_version] if row.model_version else [], "message": message})
