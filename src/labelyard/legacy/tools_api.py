"""Routes that check configs and make examples."""

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
)
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.label.samples import sample_task
from labelyard.legacy.bodies import read_config
from labelyard.legacy.current import COOKIE, CurrentProject, find
from labelyard.legacy.project_api import CONFIG_FAULTS, faults_of, validate_against
from labelyard.legacy.schemas import ConfigBody
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
                "text/tab-separated-values": {"example": "text\nA\n"},
                "text/plain": {"example": "A\nB\n"},
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
