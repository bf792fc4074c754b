"""Routes of the current project."""

from collections.abc import Mapping
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response, StreamingResponse

from labelyard import sampling
from labelyard.access.rights import require
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.exports import service as exports
from labelyard.formats.writers.completions import COMPLETIONS
from labelyard.imports import carrying
from labelyard.imports import service as imports
from labelyard.imports.description import BODY
from labelyard.imports.gather import read_addresses
from labelyard.imports.options import options_of
from labelyard.imports.receive import receive
from labelyard.kit.errors import BadRequest, Forbidden, Invalid, NotFound
from labelyard.kit.http.bodies import read_body, validate
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.responses import empty, json_response, made_ahead
from labelyard.kit.net import in_thread
from labelyard.legacy import models, service, shapes
from labelyard.legacy.bodies import read_config
from labelyard.legacy.current import COOKIE, CurrentProject, find
from labelyard.legacy.links import project_of
from labelyard.legacy.schemas import EXAMPLE_IMPORT, EXAMPLE_PROJECT, EXAMPLE_TASK, ConfigBody, ProjectChanges
from labelyard.ml import calling as connecting
from labelyard.ml import opening
from labelyard.projects import editing
from labelyard.projects import jobs as project_jobs
from labelyard.projects import service as projects
from labelyard.projects.schemas import EXAMPLE_CONFIG, MAX_TITLE, ProjectFields, title_from
from labelyard.visitors import service as visitors

router = APIRouter(tags=["0.x"])

_PROJECT = example_response(EXAMPLE_PROJECT, "The project with its counters.")
CONFIG_FAULTS: dict[int | str, dict[str, Any]] = {
    400: {
        "description": "What is wrong with the config, all of it.",
        "content": {
            "application/json": {
                "example": {"label_config": ['line 2, <Choices toName>: No tag is named "txet".']}
            }
        },
    }
}


async def _shown(ctx: Context, actor: Actor, project_id: int) -> dict[str, Any]:
    found: dict[str, Any] = await ctx.db.read(service.project, actor, ctx.secrets, ctx.settings, project_id)
    return found | {"multi_session_mode": ctx.settings.multi_session}


def _switch(answer: Response, request: Request, project_id: int) -> Response:
    """Make it the current project of the session."""
    answer.set_cookie(
        COOKIE, str(project_id), path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return answer


@router.get(
    "/api/project", summary="Get the current project", responses={**_PROJECT, **error_responses(401, 404)}
)
async def get_project(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """Settings and counters of the project that the server was started for, or that the session switched to."""
    return json_response(await _shown(ctx, actor, project_id))


@router.post(
    "/api/project",
    summary="Make a project and switch to it",
    responses={
        **_PROJECT,
        **example_response(EXAMPLE_PROJECT, "The new project, which is the current one now.", 201),
        **error_responses(400, 401, 403, 404),
    },
)
async def make_project(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    new: Annotated[
        str, Query(description="Anything: make a project. Left out: the current one is answered.")
    ] = "",
    desc: Annotated[str, Query(max_length=1_000, description="Title of the new project.")] = "",
    title: Annotated[str, Query(max_length=1_000, description="The same.")] = "",
) -> Response:
    """With `new`, a new project becomes the current one of the session, by a cookie."""
    if new and ctx.settings.multi_session:
        actor = await ctx.db.write(visitors.go_home, actor)
    project_id = await ctx.db.write(_make, actor, new, desc or title, request.cookies.get(COOKIE), ctx)
    answer = json_response(await _shown(ctx, actor, project_id), 201 if new else 200)
    return _switch(answer, request, project_id) if new else answer


def _make(conn: Connection, actor: Actor, new: str, words: str, chosen: str | None, ctx: Context) -> int:
    require(actor, "projects.create")
    if not new:
        return find(conn, actor, None, chosen, ctx.settings.current_project)
    words = " ".join(words.replace("\x00", "").split())
    whole = bool(words) and (ctx.settings.multi_session or len(words) > MAX_TITLE)
    fields = ProjectFields(title=title_from(words), description=words if whole else "")
    return int(projects.create(conn, actor, fields)["id"])


@router.patch(
    "/api/project",
    status_code=201,
    summary="Change the current project",
    openapi_extra=json_body({"title": "Moods of letters"}, schema=ProjectChanges.model_json_schema()),
    responses={
        **example_response(EXAMPLE_PROJECT, "The project as it is now.", 201),
        **error_responses(400, 401, 403, 404, 415, 501),
    },
)
async def change_project(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: CurrentProject
) -> Response:
    """Change the fields that are sent: `title`, `description`, `instruction`, `sampling`.

    `ml_backend` (`NAME=URL`, or `URL`) connects one more ML backend, which has to answer.
    """
    given = (await read_body(request, ProjectChanges)).model_dump(exclude_unset=True)
    await ctx.db.read(projects.get, actor, project_id, "projects.change")
    if backend := given.pop("ml_backend", None):
        await _connect(ctx, actor, project_id, backend)
    if "instruction" in given:
        given["expert_instruction"] = given.pop("instruction")
    if given.get("sampling"):
        given["sampling"] = sampling.BY_WORD[given["sampling"]]
    fields = validate(ProjectFields, given)
    await ctx.db.write(project_jobs.update, ctx.jobs, actor, project_id, fields, None)
    return json_response(await _shown(ctx, actor, project_id), 201)


async def _connect(ctx: Context, actor: Actor, project_id: int, text: str) -> None:
    """Connect the ML backend that `NAME=URL` or `URL` means."""
    if ctx.settings.multi_session:  # as `/api/ml`: the server calls nobody for people nobody knows
        raise Forbidden("Visitors cannot connect ML backends.")
    body = await ctx.db.read(models.new_backend, actor, project_id, text)
    await in_thread(connecting.connect_new, ctx, actor, body)


# --- label config -------------------------------------------------------------------------------------------------

_CONFIG_BODY: dict[str, Any] = json_body(
    {"label_config": EXAMPLE_CONFIG}, schema=requiring(ConfigBody.model_json_schema(), "label_config")
)
_CONFIG_BODY["requestBody"]["content"]["application/xml"] = {
    "schema": {"type": "string"},
    "example": EXAMPLE_CONFIG,
}


def faults_of(problem: Invalid) -> Mapping[str, Any] | None:
    """The faults of a label config as 0.x lists them; None when something else is wrong."""
    found = dict(problem.validation_errors)
    return found if list(found) == ["label_config"] else None


@router.post(
    "/api/project/config",
    status_code=201,
    summary="Save the label config of the current project",
    response_class=Response,
    openapi_extra=_CONFIG_BODY,
    responses={
        201: {"description": "Valid, and saved."},
        **error_responses(401, 403, 404, 409, 413, 415),
        **CONFIG_FAULTS,
    },
)
async def save_config(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: CurrentProject
) -> Response:
    """The config as JSON, as a form field, or as the XML itself. Annotations have to fit it."""
    try:
        text = await read_config(request)
        await ctx.db.read(projects.get, actor, project_id, "projects.change")
        if not text:
            raise Invalid({"label_config": ["This field is required."]})
        check = await ctx.db.read(check_config, actor, project_id, text)
        fields = ProjectFields(label_config=text)
        await ctx.db.write(project_jobs.update, ctx.jobs, actor, project_id, fields, check)
    except Invalid as problem:
        faults = faults_of(problem)
        if faults is None:
            raise
        return json_response(faults, 400)
    return empty(201)


def check_config(conn: Connection, actor: Actor, project_id: int, text: str) -> editing.Check:
    """What `editing.check_config` gives; all faults, those of labels in use included, under `label_config`."""
    check = editing.check_config(conn, actor, project_id, text)
    validate_against(conn, actor, project_id, text)
    return check


def validate_against(conn: Connection, actor: Actor, project_id: int, text: str) -> None:
    """Hold a config against the tasks, annotations and the labels in them; all faults under `label_config`."""
    service.check_keys(conn, actor, project_id, text)
    try:
        editing.validate(conn, actor, project_id, text)
    except Invalid as problem:
        said = problem.validation_errors
        raise Invalid({"label_config": said.get("label_config") or said["non_field_errors"]}) from problem


# --- data ---------------------------------------------------------------------------------------------------------

_IMPORTED: dict[int | str, dict[str, Any]] = {
    **example_response(
        EXAMPLE_IMPORT, "What was imported; or only `import` when it goes on in the background.", 201
    ),
    **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
}


@router.post(
    "/api/project/import",
    status_code=201,
    summary="Import into the current project",
    responses=_IMPORTED,
    openapi_extra=BODY,
)
async def import_data(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: CurrentProject
) -> Response:
    """Tasks as JSON, or files under any field name. All of it is checked first; nothing is imported when it is wrong.

    Where the name of a file does not tell what it is, that of its field may, as in 0.5 to 0.8: `-F "tasks.json=@part"`.
    """
    project = await ctx.db.read(imports.importable_project, actor, project_id)
    options = options_of({"return_task_ids": ["1"]})
    directory = await to_thread.run_sync(imports.new_directory, ctx)
    kept = False
    try:
        kind = request.headers.get("content-type", "")
        received = await receive(request.stream(), kind, directory, ctx.settings, by_field=True)
        origin = received.origin
        await to_thread.run_sync(read_addresses, origin, project.label_config)
        if received.uploads:
            await ctx.db.read(imports.take_uploads, ctx, actor, project_id, received.uploads, origin)
        work = carrying.Request(ctx, actor, project_id, project.label_config, origin, options)
        outcome = await work.carry_out(at_once=ctx.settings.async_import)
        kept = outcome.kept
        return json_response(_imported(outcome.answer), outcome.code)
    finally:
        if not kept:
            await to_thread.run_sync(imports.remove_directory, directory)


def _imported(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if "task_count" not in answer:
        return answer
    return {
        "task_count": answer["task_count"],
        "completion_count": answer["annotation_count"],
        "prediction_count": answer["prediction_count"],
        "duration": answer["duration"],
        "formats": answer["found_formats"] or {"request": answer["task_count"]},
        "new_task_ids": answer.get("task_ids", []),
    }


@router.get(
    "/api/project/export",
    summary="Export the current project",
    response_class=Response,
    responses={
        200: {
            "description": "The file; its name is in `Content-Disposition`.",
            "content": {
                "application/json": {"example": [EXAMPLE_TASK]},
                "application/.csv": {"example": '"annotation_id","annotator","id","text"\r\n'},
                "application/.conll": {"example": "-DOCSTART- -X- O\n"},
                "application/zip": {"example": "(bytes)"},
            },
        },
        **error_responses(400, 401, 403, 404),
    },
)
async def export_data(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: CurrentProject,
    format: Annotated[str, Query(description="Name of the format.", examples=["JSON"])] = "JSON",
) -> Response:
    """Tasks with a completion, skipped ones included. JSON has `completions`; other formats are those of 1.x."""
    await ctx.db.read(exports.formats, actor, project_id)
    kind = COMPLETIONS if format.upper() == "JSON" else exports.format_named(format)
    plan = await ctx.db.read(exports.plan, actor, project_id, kind, predictions=kind is COMPLETIONS)
    name = exports.file_name(project_id, kind)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "filename": name,
        "Cache-Control": "no-store",
    }
    return StreamingResponse(
        made_ahead(exports.write(ctx.db, plan, ctx.settings.spool_dir)),
        headers=headers,
        media_type=kind.content_type,
    )


@router.get(
    "/api/project/next",
    summary="Get the next task of the current project",
    responses={**example_response(EXAMPLE_TASK, "The task."), **error_responses(401, 403, 404)},
)
async def next_task(ctx: Ctx, actor: CurrentActor, project_id: CurrentProject) -> Response:
    """The next task by the project's sampling, held for the caller as in 1.x. 404 when nothing is left.

    A task without predictions gets those that the project's ML backends make in a moment (`ml_next_seconds`).
    """
    ttl = ctx.settings.task_lock_ttl_seconds
    found = await ctx.db.write(service.next_task, actor, project_id, ttl)
    if found is None:
        raise NotFound("There is no task left.")
    if not found.get("predictions"):
        made = await opening.predict(ctx, project_id, found["id"])
        if made:
            found["predictions"] = [shapes.prediction(each) for each in made]
    return json_response(found)


# --- switching ----------------------------------------------------------------------------------------------------

Uuid = Annotated[str, Query(description="UUID of the project, as `GET /api/project` shows it.")]


async def _linked(ctx: Context, actor: Actor, uuid: str) -> tuple[int, Actor]:
    """The project of a link, and the caller in it: a link of a visitor lets other visitors in."""
    if not uuid:
        raise BadRequest("Name the project: ?uuid=….")
    project_id = project_of(ctx.secrets, uuid)
    if project_id is None:
        raise NotFound("No project with this UUID.")
    if ctx.settings.multi_session:
        actor = await ctx.db.write(visitors.follow_link, actor, project_id)
    await ctx.db.read(projects.get, actor, project_id)
    return project_id, actor


@router.get(
    "/api/project-switch",
    status_code=302,
    summary="Switch to another project, in a browser",
    response_class=RedirectResponse,
    responses={
        302: {"description": "Switched; on to the project's page."},
        **error_responses(400, 401, 404),
    },
)
async def switch_in_browser(request: Request, ctx: Ctx, actor: CurrentActor, uuid: Uuid = "") -> Response:
    """Make it the current project of the session and open its page."""
    project_id, _ = await _linked(ctx, actor, uuid)
    return _switch(RedirectResponse(f"/projects/{project_id}/data", 302), request, project_id)


@router.post(
    "/api/project-switch",
    summary="Switch to another project",
    responses={**_PROJECT, **error_responses(400, 401, 404)},
)
async def switch_project(request: Request, ctx: Ctx, actor: CurrentActor, uuid: Uuid = "") -> Response:
    """Make it the current project of the session; the project."""
    project_id, actor = await _linked(ctx, actor, uuid)
    return _switch(json_response(await _shown(ctx, actor, project_id)), request, project_id)
