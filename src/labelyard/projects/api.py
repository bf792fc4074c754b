"""Routes of projects and label config templates."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, Unavailable
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import Page, page_object, read_page
from labelyard.kit.http.responses import empty, json_response
from labelyard.label.samples import sample_task, sample_with_results
from labelyard.label.templates import gallery
from labelyard.projects import editing, jobs, service
from labelyard.projects.queries import Pinned, ProjectFilter
from labelyard.projects.schemas import EXAMPLE_CONFIG, LabelConfigBody, ProjectFields, SampleTaskBody

router = APIRouter(tags=["Projects"])

MAX_ID = 2**63 - 1
PAGE_SIZE, MAX_PAGE_SIZE = 30, 100
FOLLOW_SECONDS = 20.0  # how long a change waits for its tasks to follow
DELETE_SECONDS = 300.0

ProjectId = Annotated[int, Path(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])]
Include = Annotated[str, Query(description="Comma-separated fields; only these are answered.")]
Ids = Annotated[str, Query(description="Comma-separated project ids; only these are listed.")]
Title = Annotated[str, Query(description="Only projects whose title contains this, upper or lower case.")]
Search = Annotated[str, Query(description="Only projects whose title or description contains this.")]
Filter = Annotated[Pinned, Query(description="Pinned projects only, or all but those.")]

PROJECT_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "title": "Moods",
    "description": "",
    "label_config": EXAMPLE_CONFIG,
    "maximum_annotations": 1,
    "sampling": "Sequential sampling",
    "skip_queue": "REQUEUE_FOR_OTHERS",
    "task_number": 120,
    "finished_task_number": 40,
    "created_at": "2026-11-22T03:58:35.824760Z",
}
_COUNTS = {
    "id": 3,
    "task_number": 120,
    "finished_task_number": 40,
    "total_predictions_number": 0,
    "total_annotations_number": 41,
    "num_tasks_with_annotations": 40,
    "useful_annotation_number": 41,
    "ground_truth_number": 0,
    "skipped_annotations_number": 2,
}


def _names(text: str) -> frozenset[str] | None:
    return frozenset(name.strip() for name in text.split(",") if name.strip()) or None


def _chosen(ids: str, title: str, search: str, pinned: Pinned) -> ProjectFilter:
    wanted: list[int] | None = None
    if ids.strip():
        try:
            wanted = [int(each) for each in ids.split(",") if each.strip()]
        except ValueError:
            raise Invalid({"ids": ["Give project ids, separated by commas."]}) from None
        wanted = [each for each in wanted if 0 < each <= MAX_ID][:10_000]
    if "\x00" in title + search:
        raise Invalid({"title": ["Null characters are not allowed."]})
    return ProjectFilter(wanted, title, search, pinned)


def _page(request: Request) -> Page:
    return read_page(request, default=PAGE_SIZE, maximum=MAX_PAGE_SIZE)


@router.get(
    "/api/projects",
    summary="List projects",
    responses={
        **example_response(
            {"count": 1, "next": None, "previous": None, "results": [PROJECT_EXAMPLE]},
            "One page of projects.",
        ),
        **error_responses(400, 401, 404),
    },
)
async def list_projects(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    ids: Ids = "",
    title: Title = "",
    search: Search = "",
    include: Include = "",
    filter: Filter = "all",
    ordering: Annotated[
        str,
        Query(description='Field to order by, "-" in front reverses; default: pinned first, then newest.'),
    ] = "",
    page: Annotated[str, Query(description="Page, from 1.", examples=["1"])] = "1",
    page_size: Annotated[str, Query(description="Projects a page, at most 100.", examples=["30"])] = "30",
) -> Response:
    """Projects of the organization, pinned ones first, then the newest. A page past the end is a 404."""
    here = _page(request)
    found = await ctx.db.read(
        service.list_page,
        actor,
        _chosen(ids, title, search, filter),
        ordering=ordering.strip(),
        include=_names(include),
        offset=here.offset,
        limit=here.limit,
    )
    return json_response(page_object(request, found.items, found.count, here.number, here.size))


@router.post(
    "/api/projects",
    status_code=201,
    summary="Create a project",
    openapi_extra=json_body(
        {"title": "Moods", "label_config": EXAMPLE_CONFIG},
        schema=ProjectFields.model_json_schema(),
        required=False,
    ),
    responses={
        **example_response(PROJECT_EXAMPLE, "The new project.", 201),
        **error_responses(400, 401, 403, 415),
    },
)
async def create_project(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Create a project; every field has a default. Faults of the label config come one by one, with line and cure."""
    fields = await read_body(request, ProjectFields)
    return json_response(await ctx.db.write(service.create, actor, fields), 201)


@router.get(
    "/api/projects/counts",
    summary="List the counters of projects",
    responses={
        **example_response(
            {"count": 1, "next": None, "previous": None, "results": [_COUNTS]}, "One page of counters."
        ),
        **error_responses(400, 401, 404),
    },
)
async def list_counts(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    ids: Ids = "",
    title: Title = "",
    search: Search = "",
    include: Include = "",
    filter: Filter = "all",
) -> Response:
    """How many tasks and annotations each project has, without the rest of the project."""
    here = _page(request)
    found = await ctx.db.read(
        service.counts_page,
        actor,
        _chosen(ids, title, search, filter),
        include=_names(include),
        offset=here.offset,
        limit=here.limit,
    )
    return json_response(page_object(request, found.items, found.count, here.number, here.size))


@router.post(
    "/api/projects/validate",
    status_code=204,
    summary="Check a label config",
    openapi_extra=json_body({"label_config": EXAMPLE_CONFIG}, schema=LabelConfigBody.model_json_schema()),
    responses={
        204: {"description": "The config can be used."},
        **error_responses(401, 415),
        400: {
            "description": "What is wrong with the config.",
            "content": {
                "application/json": {
                    "example": {
                        "label_config": [
                            'line 2, <Choices toName>: No tag is named "txet". Did you mean "text"?'
                        ]
                    }
                }
            },
        },
    },
)
async def validate_config(request: Request, actor: CurrentActor) -> Response:
    """Check a label config that belongs to no project yet. 400 lists every fault with line, tag, attribute and cure."""
    try:
        body = await read_body(request, LabelConfigBody)
        service.checked_config(body.label_config)
    except Invalid as problem:
        return json_response(problem.validation_errors, 400)
    return empty()


@router.get(
    "/api/projects/{project_id}",
    summary="Get a project",
    responses={**example_response(PROJECT_EXAMPLE, "The project."), **error_responses(401, 404)},
)
async def get_project(
    ctx: Ctx, actor: CurrentActor, project_id: ProjectId, include: Include = ""
) -> Response:
    """One project with its counters."""
    return json_response(await ctx.db.read(service.read, actor, project_id, _names(include)))


@router.patch(
    "/api/projects/{project_id}",
    summary="Change a project",
    openapi_extra=json_body({"title": "Moods of letters"}, schema=ProjectFields.model_json_schema()),
    responses={
        **example_response(PROJECT_EXAMPLE, "The project as it is now."),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
)
async def update_project(request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Change the fields that are sent.

    A label config that lacks a control which annotations use is refused. A change of overlap or skip rule reaches the
    tasks of a large project within seconds to minutes, in the background; so does one to uniform sampling, and until
    then tasks are handed out in sequence.
    """
    return json_response(await change(ctx, actor, project_id, await read_body(request, ProjectFields)))


async def change(ctx: Context, actor: Actor, project_id: int, fields: ProjectFields) -> dict[str, Any]:
    """Change the fields of a project that were sent; the project as it is then."""
    check = None
    if fields.label_config:
        check = await ctx.db.read(editing.check_config, actor, project_id, fields.label_config)
    project, job_id = await ctx.db.write(jobs.update, ctx.jobs, actor, project_id, fields, check)
    if job_id is not None:
        await ctx.jobs.wait(job_id, FOLLOW_SECONDS)
        project = await ctx.db.read(service.read, actor, project_id)
    return project


@router.delete(
    "/api/projects/{project_id}",
    status_code=204,
    summary="Delete a project",
    responses={204: {"description": "The project is gone."}, **error_responses(401, 403, 404)},
)
async def delete_project(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Delete a project with its tasks, annotations, predictions and uploads. A large one is deleted in steps; the
    answer comes when it is gone, or after five minutes as 503 while the deletion goes on."""
    deletion = await ctx.db.write(jobs.delete, ctx.jobs, actor, project_id)
    if deletion.job_id is not None:
        await wait_for(ctx, deletion.job_id, "The project")
    await to_thread.run_sync(jobs.delete_objects, ctx.objects, deletion.keys)
    return empty()


async def wait_for(ctx: Context, job_id: int, what: str) -> None:
    """Wait until a deletion is done. Unavailable when it takes longer than a request may, or failed."""
    state = await ctx.jobs.wait(job_id, DELETE_SECONDS)
    if not state.finished:
        raise Unavailable(
            f"{what} is being deleted; this takes longer than a request can wait (job {job_id})."
        )
    if state.state != "completed":
        raise Unavailable(f"{what} was not deleted completely: {state.error or state.state} (job {job_id}).")


@router.post(
    "/api/projects/{project_id}/validate",
    summary="Check a label config against a project",
    openapi_extra=json_body({"label_config": EXAMPLE_CONFIG}, schema=LabelConfigBody.model_json_schema()),
    responses={
        **example_response({"config_essential_data_has_changed": False}, "The config fits the project."),
        **error_responses(400, 401, 404, 415),
    },
)
async def validate_project_config(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId
) -> Response:
    """Whether the project could take this config: 400 when annotations or drafts use controls or labels that it lacks."""
    body = await read_body(request, LabelConfigBody)
    return json_response(await ctx.db.read(editing.validate, actor, project_id, body.label_config))


@router.post(
    "/api/projects/{project_id}/sample-task",
    summary="Make a sample task",
    openapi_extra=json_body({"label_config": EXAMPLE_CONFIG}, schema=SampleTaskBody.model_json_schema()),
    responses={
        **example_response(
            {"sample_task": {"text": "The ferry leaves at nine."}}, "A task that fits the config."
        ),
        **error_responses(400, 401, 404, 415),
    },
)
async def make_sample_task(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId
) -> Response:
    """A task with every field that the config reads, to see the config at work. Nothing is stored."""
    body = await read_body(request, SampleTaskBody)
    await ctx.db.read(service.get, actor, project_id)
    config = service.checked_config(body.label_config)
    made = sample_with_results(config) if body.include_annotation_and_prediction else sample_task(config)
    return json_response({"sample_task": made})


@router.get(
    "/api/projects/{project_id}/summary",
    summary="Get a project's summary",
    responses={
        **example_response(
            {
                "project": 3,
                "created_at": "2026-11-22T03:58:35.824760Z",
                "all_data_columns": {"text": 120},
                "common_data_columns": ["text"],
                "created_annotations": {"mood|text|choices": 41},
                "created_labels": {"mood": {"good": 30, "bad": 11}},
                "created_labels_drafts": {},
            },
            "Data keys, controls and labels in use.",
        ),
        **error_responses(401, 404),
    },
)
async def project_summary(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Which data keys the tasks have, and which controls and labels annotations and drafts use."""
    return json_response(await ctx.db.read(editing.summary, actor, project_id))


@router.post(
    "/api/projects/{project_id}/summary/reset",
    summary="Recompute a project's summary",
    responses={**example_response({}, "Nothing to do."), **error_responses(401, 404)},
)
async def reset_summary(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Kept for older clients: the summary is always that of the stored tasks and annotations."""
    await ctx.db.read(service.get, actor, project_id)
    return json_response({})


@router.get(
    "/api/projects/{project_id}/annotators",
    summary="List the annotators of a project",
    responses={
        **example_response(
            [
                {
                    "id": 1,
                    "first_name": "Ada",
                    "last_name": "Marsh",
                    "email": "ada@example.org",
                    "avatar": None,
                }
            ],
            "Everybody who annotated here.",
        ),
        **error_responses(401, 404),
    },
)
async def list_annotators(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Users with an annotation in the project."""
    return json_response(await ctx.db.read(service.annotators, actor, project_id))


@router.get(
    "/api/projects/{project_id}/model-versions",
    summary="List the model versions of a project",
    responses={**example_response({"v1": 120}, "Model version → predictions."), **error_responses(401, 404)},
)
async def list_model_versions(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: ProjectId,
    extended: Annotated[bool, Query(description="With counts and times, newest first.")] = False,
    limit: Annotated[int | None, Query(ge=1, le=10_000, description="Only that many versions.")] = None,
) -> Response:
    """Model versions that the project's predictions name."""
    if extended:
        return json_response(await ctx.db.read(editing.model_versions_extended, actor, project_id, limit))
    return json_response(await ctx.db.read(editing.model_versions, actor, project_id))


@router.get(
    "/api/templates",
    summary="List label config templates",
    responses={
        **example_response(
            {
                "templates": [{"title": "Sentiment of a text", "group": "Text", "config": EXAMPLE_CONFIG}],
                "groups": ["Text"],
            },
            "The gallery.",
        ),
        **error_responses(401),
    },
)
async def list_templates(actor: CurrentActor) -> Response:
    """Label configs to start a project from, by group."""
    return json_response(gallery())
