"""Routes of the storages of the current project."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from labelyard.actor import Actor
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.errors import envelope_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import json_response
from labelyard.kit.net import in_thread
from labelyard.legacy import storages as words
from labelyard.legacy.current import CurrentProject
from labelyard.legacy.schemas import EXAMPLE_STORAGES, StorageSettings
from labelyard.projects import service as projects
from labelyard.storages import service as storages
from labelyard.storages.connecting import Keeper

router = APIRouter(tags=["0.x"])
_BODY = {"type": "s3", "path": "pictures", "prefix": "birds", "regex": ".*jpg", "use_blob_urls": True}


def _shown(conn: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    row = projects.get(conn, actor, project_id, "storages.view")
    return words.settings(conn, project_id, row.label_config)


@router.get(
    "/api/project/storage-settings",
    summary="Get the storages of the current project",
    responses={
        **example_response(EXAMPLE_STORAGES, "Sources and targets."),
        **error_responses(401, 403, 404),
    },
)
async def get_storages(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Where tasks are read from and completions are written to, and the fields of each type's form."""
    return json_response(await ctx.db.read(_shown, actor, project_id))


@router.post(
    "/api/project/storage-settings",
    status_code=201,
    summary="Set a storage of the current project",
    openapi_extra=json_body(_BODY, schema=StorageSettings.model_json_schema()),
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
    type: Annotated[str, Query(description="Type of the storage, unless the body names it.")] = "",
) -> Response:
    """Read tasks from a bucket or directory, or write completions there, from now on.

    The store must answer, or it is a 400 and nothing changes. `tasks-json` and `completions-dir` without a `path` are the
    project's own store. Google Cloud, Azure and Redis are not supported yet (501).
    """
    given = (await read_body(request, StorageSettings)).model_dump(exclude_none=True)
    await ctx.db.read(projects.get, actor, project_id, "storages.change")
    side = words.side_of(storage_for)
    before = await ctx.db.read(storages.current, project_id, side)
    name = given.pop("type", None) or type or words.kind_of(before, side)
    kind = words.meant(side, name, given)
    try:
        keeper, new = Keeper.of(ctx), None
        if kind is not None:
            fields = words.fields_of(side, kind, given)
            new = await ctx.db.read(storages.draft, keeper, actor, project_id, kind, side, fields)
            await in_thread(storages.connect, keeper, new)
    except Invalid as problem:
        return _refusal(problem, kind)
    made = await ctx.db.write(storages.set_current, keeper, actor, new, project_id, side)
    if made is not None:
        await ctx.db.write(storages.ask, ctx.deliveries, made)
        ctx.deliveries.notify()
    return json_response({"result": "ok"}, 201)


def _refusal(problem: Invalid, kind: str | None) -> Response:
    """As 0.x has it: `errors` by field of the form, or `detail` when the store did not answer."""
    faults = words.faults_in_our_words(problem.validation_errors, kind)
    if list(faults) == ["non_field_errors"]:
        return json_response(
            envelope_body(400, " ".join(faults["non_field_errors"]), validation_errors=faults), 400
        )
    body = envelope_body(400, problem.detail, validation_errors=faults)
    return json_response({**body, "errors": faults}, 400)
