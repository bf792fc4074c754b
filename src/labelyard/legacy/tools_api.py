"""Routes that check configs and make examples, and those of ML backends and storages, of which there are none yet."""

import csv
import io
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import (
    BadRequest,
    ExpectationFailed,
    Invalid,
    NotFound,
    NotSupported,
    Unprocessable,
)
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.label.samples import sample_task
from labelyard.legacy.bodies import read_config
from labelyard.legacy.current import COOKIE, CurrentProject, find
from labelyard.legacy.project_api import CONFIG_FAULTS, faults_of, validate_against
from labelyard.legacy.schemas import ConfigBody, ModelName, PredictionRequest, StorageSettings
from labelyard.projects import service as projects
from labelyard.projects.schemas import EXAMPLE_CONFIG, MAX_CONFIG

router = APIRouter(tags=["0.x"])

_CONFIG_BODY = json_body(
    {"label_config": EXAMPLE_CONFIG}, schema=ConfigBody.model_json_schema(), required=False
)
_CONFIG_BODY["requestBody"]["content"]["application/xml"] = {
    "schema": {"type": "string"},
    "example": EXAMPLE_CONFIG,
}
_SAMPLE = {"text": "The ferry leaves at nine."}


@router.post(
    "/api/validate-config",
    status_code=204,
    summary="Check a label config against the current project",
    openapi_extra=_CONFIG_BODY,
    responses={
        204: {"description": "It can be used."},
        **error_responses(401, 404, 413, 415, 417),
        **CONFIG_FAULTS,
    },
)
async def validate_config(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: CurrentProject
) -> Response:
    """400 lists every fault, those against the project's annotations included. 417 without `label_config`."""
    try:
        text = await read_config(request)
        if not text:
            raise ExpectationFailed("Send the config in label_config.")
        await ctx.db.read(validate_against, actor, project_id, text)
    except Invalid as problem:
        faults = faults_of(problem)
        if faults is None:
            raise
        return json_response(faults, 400)
    return empty()


# --- examples -----------------------------------------------------------------------------------------------------

_EXAMPLE: dict[int | str, dict[str, Any]] = {
    **example_response(_SAMPLE, "Data of a task that fits the config."),
    **error_responses(400, 401, 404),
}
ConfigInQuery = Annotated[
    str, Query(max_length=MAX_CONFIG, description="The config. Default: that of the current project.")
]


async def _sample(request: Request, ctx: Context, actor: Actor, text: str | None) -> dict[str, Any]:
    if not text:
        text = await ctx.db.read(
            _config, actor, None, request.cookies.get(COOKIE), ctx.settings.current_project
        )
    if "\x00" in text:
        raise Invalid({"label_config": ["Null characters are not allowed."]})
    return sample_task(projects.checked_config(text))


def _config(conn: Connection, actor: Actor, asked: int | None, chosen: str | None, title: str) -> str:
    text: str = projects.get(conn, actor, find(conn, actor, asked, chosen, title)).label_config
    return text


@router.get("/api/import-example", summary="Make an example of a task", responses=_EXAMPLE)
async def import_example(
    request: Request, ctx: Ctx, actor: CurrentActor, label_config: ConfigInQuery = ""
) -> Response:
    """Data with every key that the config reads."""
    return json_response(await _sample(request, ctx, actor, label_config))


@router.post(
    "/api/import-example",
    summary="Make an example of a task for a config",
    openapi_extra=_CONFIG_BODY,
    responses={**_EXAMPLE, **error_responses(413, 415)},
)
async def import_example_of(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """The same, with the config in the body."""
    return json_response(await _sample(request, ctx, actor, await read_config(request)))


_KINDS = {
    "json": "application/json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
}


@router.get(
    "/api/import-example-file",
    summary="Make an example file for import",
    response_class=Response,
    responses={
        200: {
            "description": "The file, with two tasks.",
            "content": {
                "application/json": {"example": [_SAMPLE, _SAMPLE]},
                "text/csv": {"example": "text\nA\n"},
            },
        },
        **error_responses(400, 401, 404),
    },
)
async def import_example_file(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    q: Annotated[Literal["json", "csv", "tsv", "txt"], Query(description="Kind of file.")] = "json",
    raw: Annotated[str, Query(description="`1`: to look at, not to download.")] = "",
) -> Response:
    """A file that can be imported into the current project. `txt` is for configs with one data key."""
    row = await ctx.db.read(projects.get, actor, project_id)
    data = sample_task(projects.checked_config(row.label_config))
    headers = {}
    if raw.strip().lower() in {"", "0", "false"}:
        name = f"sample-{datetime.now(UTC):%Y-%m-%d-%H-%M}.{q}"
        headers = {"Content-Disposition": f"attachment; filename={name}", "filename": name}
    return Response(_file(data, q), headers=headers, media_type=_KINDS[q])


def _file(data: dict[str, Any], kind: str) -> bytes:
    if kind == "json":
        return msgspec.json.format(msgspec.json.encode([data, data]), indent=2)
    cells = [each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in data.values()]
    if kind == "txt":
        if len(cells) != 1:
            raise BadRequest(f"A text file is for configs with one data key; this one has {len(cells)}.")
        return f"{cells[0]}\n{cells[0]}\n".encode()
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if kind == "tsv" else ",", lineterminator="\n")
    writer.writerows([list(data), cells, cells])
    return text.getvalue().encode()


# --- ML backends --------------------------------------------------------------------------------------------------

NO_BACKEND = "No ML backend"
Mode = Annotated[str, Query(description="data, all_tasks or specific_tasks.")]
TaskIds = Annotated[str, Query(description="With `mode=specific_tasks`: ids, comma-separated.")]


@router.get(
    "/api/models",
    summary="List ML backends",
    responses={**example_response({"models": []}, "Their names."), **error_responses(401, 404)},
)
async def list_models(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Names of the ML backends of the current project. This release connects none."""
    await ctx.db.read(projects.get, actor, project_id)
    return json_response({"models": []})


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
    """404 for a name that none has."""
    body = await read_body(request, ModelName)
    await ctx.db.read(projects.get, actor, project_id, "models.change")
    if not body.name:
        raise Invalid({"name": ["This field is required."]})
    raise NotFound(f"No ML backend is called {body.name[:100]!r}.")


@router.post(
    "/api/models/train",
    summary="Train the ML backends",
    responses={
        **example_response({"details": "Training started"}, "It goes on there."),
        **error_responses(400, 401, 403, 404),
    },
)
async def train(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Answers 400: this release connects no ML backend."""
    await ctx.db.read(projects.get, actor, project_id, "models.change")
    raise BadRequest(NO_BACKEND)


async def _predict(ctx: Context, actor: Actor, project_id: int, mode: str) -> Response:
    await ctx.db.read(projects.get, actor, project_id, "predictions.any")
    if mode not in {"data", "all_tasks", "specific_tasks"}:
        raise Unprocessable("unknown mode")
    raise BadRequest(NO_BACKEND)


_PREDICTED: dict[int | str, dict[str, Any]] = {
    **example_response({"data": _SAMPLE, "predictions": []}, "The task with predictions."),
    **error_responses(400, 401, 403, 404, 422),
}


@router.get("/api/models/predictions", summary="Predict for tasks", responses=_PREDICTED)
async def get_predictions(
    ctx: Ctx, actor: CurrentActor, project_id: CurrentProject, mode: Mode = "data", task_ids: TaskIds = ""
) -> Response:
    """Answers 400: this release connects no ML backend. 422 for an unknown mode."""
    return await _predict(ctx, actor, project_id, mode)


@router.post(
    "/api/models/predictions",
    summary="Predict for a task that is sent, or for tasks",
    openapi_extra=json_body({"data": _SAMPLE}, schema=PredictionRequest.model_json_schema(), required=False),
    responses={**_PREDICTED, **error_responses(415)},
)
async def make_predictions(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    mode: Mode = "data",
    task_ids: TaskIds = "",
) -> Response:
    """Answers 400: this release connects no ML backend. 422 for an unknown mode."""
    await read_body(request, PredictionRequest)
    return await _predict(ctx, actor, project_id, mode)


# --- storages -----------------------------------------------------------------------------------------------------

_STORAGES: dict[str, dict[str, str]] = {
    "source": {"tasks-json": "Tasks"},
    "target": {"completions-dir": "Completions"},
}
_KNOWN = {
    "source": ("tasks-json", "s3", "gcs", "azure-blob", "redis"),
    "target": (
        "completions-dir",
        "s3-completions",
        "gcs-completions",
        "azure-blob-completions",
        "redis-completions",
    ),
}


def _storages() -> dict[str, Any]:
    return {
        side: {
            kind: {
                "type": kind,
                "description": words,
                "current": True,
                "path": "tasks of the project" if side == "source" else "completions of the project",
                "fields": [],
            }
            for kind, words in kinds.items()
        }
        for side, kinds in _STORAGES.items()
    }


@router.get(
    "/api/project/storage-settings",
    summary="Get the storages of the current project",
    responses={**example_response(_storages(), "Sources and targets."), **error_responses(401, 404)},
)
async def get_storages(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """What tasks are read from and completions are written to: the project's own store."""
    await ctx.db.read(projects.get, actor, project_id)
    return json_response(_storages())


@router.post(
    "/api/project/storage-settings",
    status_code=201,
    summary="Set a storage of the current project",
    openapi_extra=json_body({"type": "tasks-json"}, schema=StorageSettings.model_json_schema()),
    responses={
        **example_response({"result": "ok"}, "It is set.", 201),
        **error_responses(400, 401, 403, 404, 415, 501),
    },
)
async def set_storage(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    storage_for: Annotated[str, Query(description="source or target.")] = "",
    type: Annotated[str, Query(description="Kind of the storage, unless the body names it.")] = "",
) -> Response:
    """The project's own store is always set; other storages are not supported by this release (501)."""
    body = await read_body(request, StorageSettings)
    await ctx.db.read(projects.get, actor, project_id, "storages.change")
    if storage_for not in _KNOWN:
        raise Invalid({"storage_for": ["Must be source or target."]})
    kind = body.type or type or next(iter(_STORAGES[storage_for]))
    if kind not in _KNOWN[storage_for]:
        raise Invalid({"type": [f"Unknown. Known: {', '.join(_KNOWN[storage_for])}."]})
    if kind not in _STORAGES[storage_for]:
        raise NotSupported(f"Storages of the kind {kind} are not supported by this release.")
    return json_response({"result": "ok"}, 201)
