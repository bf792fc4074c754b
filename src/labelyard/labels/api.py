"""The label library over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import parse_json, read_body, read_json_bytes, validate
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import page_object, read_page
from labelyard.kit.http.responses import empty, json_response
from labelyard.labels import jobs, service
from labelyard.labels.schemas import LabelChanges, LinkChanges, NewLabel, NewLink, Rename

router = APIRouter(tags=["Labels"])

_PLAIN: dict[str, Any] = {
    "id": 6,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "value": ["Thunder"],
    "title": "Thunder",
    "description": None,
    "approved": False,
    "created_by": 1,
    "approved_by": None,
    "organization": 1,
}
_LABEL = {**_PLAIN, "links": [9], "projects": [3]}
_MADE = {**_PLAIN, "projects": [3], "project": 3, "from_name": "topic"}
_NEW = {"title": "Thunder", "value": ["Thunder"], "from_name": "topic", "project": 3}
_LINK = {"id": 9, "annotations_count": 12, "from_name": "topic", "project": 3, "label": 6}
_PAGE = {"count": 1, "next": None, "previous": None}

RENAME_SECONDS = 300.0  # how long a request waits for its job
PageNumber = Annotated[str, Query(description="Page, from 1.")]
PageSize = Annotated[str, Query(description="Entries on a page, at most 1000.")]


def _new_labels(given: Any) -> list[NewLabel]:
    """The labels of a body. Invalid has an entry for each of them, `{}` for good ones."""
    if not isinstance(given, list):
        raise Invalid("Expected a list of labels.")
    made: list[NewLabel] = []
    faults: list[dict[str, Any]] = []
    for each in given[: service.MAX_AT_ONCE + 1]:
        try:
            made.append(validate(NewLabel, each))
            faults.append({})
        except Invalid as error:
            faults.append(dict(error.validation_errors or {}))
    if any(faults):
        raise Invalid(faults)
    return made


@router.get(
    "/api/labels",
    summary="List labels",
    responses={
        **example_response({**_PAGE, "results": [_LABEL]}, "The labels, by id."),
        **error_responses(401, 404),
    },
)
async def list_labels(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    expand: Annotated[str, Query(description="`links`: links as objects.")] = "",
    page: PageNumber = "1",
    page_size: PageSize = "100",
) -> Response:
    """Labels that were added to the controls of projects."""
    wanted = read_page(request, default=100, maximum=1000)
    found, count = await ctx.db.read(
        service.list_labels, actor, wanted.offset, wanted.limit, expand=expand == "links"
    )
    return json_response(page_object(request, found, count, wanted.number, wanted.size))


@router.post(
    "/api/labels",
    status_code=201,
    summary="Add labels to projects",
    openapi_extra=json_body([_NEW], schema={"type": "array", "items": NewLabel.model_json_schema()}),
    responses={
        **example_response([_MADE], "The labels, in the order of the list.", 201),
        **error_responses(400, 401, 403, 413, 415),
    },
)
async def create_labels(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Add a list of labels, each to a control of a project, all or none. A label with that title is used again."""
    body = _new_labels(parse_json(await read_json_bytes(request)))
    return json_response(await ctx.db.write(service.create_labels, actor, body), 201)


@router.post(
    "/api/labels/bulk",
    summary="Put another label in the place of one",
    openapi_extra=json_body(
        {"old_label": ["Thunder"], "new_label": ["Storm"], "project": 3}, schema=Rename.model_json_schema()
    ),
    responses={
        **example_response({"annotations_updated": 12}, "How many annotations changed."),
        **error_responses(400, 401, 403, 404, 413, 415),
        503: {"description": "It takes longer than a request waits; it goes on as a job."},
    },
)
async def rename_label(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Change a label in all annotations of a project, or without `project` of every project where the caller may.

    Label config and predictions stay as they are. Every change is in the history of its annotation.
    """
    body = await read_body(request, Rename)
    job_id = await ctx.db.write(jobs.submit, ctx.jobs, actor, body)
    return json_response({"annotations_updated": jobs.outcome(await ctx.jobs.wait(job_id, RENAME_SECONDS))})


@router.get(
    "/api/labels/{label_id}",
    summary="Get a label",
    responses={**example_response(_LABEL, "The label."), **error_responses(401, 404)},
)
async def get_label(
    ctx: Ctx,
    actor: CurrentActor,
    label_id: int,
    expand: Annotated[str, Query(description="`links`: links as objects.")] = "",
) -> Response:
    """A label, with its links to projects."""
    return json_response(await ctx.db.read(service.get_label, actor, label_id, expand=expand == "links"))


@router.patch(
    "/api/labels/{label_id}",
    summary="Change a label",
    openapi_extra=json_body({"approved": True}, schema=LabelChanges.model_json_schema()),
    responses={**example_response(_LABEL, "The label."), **error_responses(400, 401, 403, 404, 413, 415)},
)
async def change_label(request: Request, ctx: Ctx, actor: CurrentActor, label_id: int) -> Response:
    """Change the fields sent. Results that hold the label stay as they are."""
    body = await read_body(request, LabelChanges)
    return json_response(await ctx.db.write(service.update_label, actor, label_id, body))


@router.delete(
    "/api/labels/{label_id}",
    status_code=204,
    summary="Delete a label",
    responses={204: {"description": "It is gone, with its links."}, **error_responses(401, 403, 404)},
)
async def delete_label(ctx: Ctx, actor: CurrentActor, label_id: int) -> Response:
    """Delete a label from the library. Results that hold it stay as they are."""
    await ctx.db.write(service.delete_label, actor, label_id)
    return empty()


# --- links --------------------------------------------------------------------------------------------------------


@router.get(
    "/api/label_links",
    summary="List links of labels",
    responses={
        **example_response({**_PAGE, "results": [_LINK]}, "The links, newest first."),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_links(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="Only those of this project.")
    ] = None,
    expand: Annotated[str, Query(description="`label`: labels as objects.")] = "",
    page: PageNumber = "1",
    page_size: PageSize = "100",
) -> Response:
    """Which control of which project has which label. `annotations_count`: how often results hold it."""
    wanted = read_page(request, default=100, maximum=1000)
    found, count = await ctx.db.read(
        service.list_links, actor, project, wanted.offset, wanted.limit, expand=expand == "label"
    )
    return json_response(page_object(request, found, count, wanted.number, wanted.size))


@router.post(
    "/api/label_links",
    status_code=201,
    summary="Add a label to a project",
    openapi_extra=json_body(
        {"project": 4, "label": 6, "from_name": "topic"}, schema=NewLink.model_json_schema()
    ),
    responses={**example_response(_LINK, "The link.", 201), **error_responses(400, 401, 403, 413, 415)},
)
async def create_link(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Give a label to a control of another project too."""
    body = await read_body(request, NewLink)
    return json_response(await ctx.db.write(service.create_link, actor, body), 201)


@router.get(
    "/api/label_links/{link_id}",
    summary="Get a link of a label",
    responses={**example_response(_LINK, "The link."), **error_responses(401, 403, 404)},
)
async def get_link(
    ctx: Ctx,
    actor: CurrentActor,
    link_id: int,
    expand: Annotated[str, Query(description="`label`: the label as an object.")] = "",
) -> Response:
    """One link."""
    return json_response(await ctx.db.read(service.get_link, actor, link_id, expand=expand == "label"))


@router.patch(
    "/api/label_links/{link_id}",
    summary="Change a link of a label",
    openapi_extra=json_body({"from_name": "topic"}, schema=LinkChanges.model_json_schema()),
    responses={**example_response(_LINK, "The link."), **error_responses(400, 401, 403, 404, 413, 415)},
)
async def change_link(request: Request, ctx: Ctx, actor: CurrentActor, link_id: int) -> Response:
    """Move a label to another control. Project and label stay."""
    body = await read_body(request, LinkChanges)
    return json_response(await ctx.db.write(service.update_link, actor, link_id, body))


@router.delete(
    "/api/label_links/{link_id}",
    status_code=204,
    summary="Take a label off a project",
    responses={204: {"description": "The link is gone; the label stays."}, **error_responses(401, 403, 404)},
)
async def delete_link(ctx: Ctx, actor: CurrentActor, link_id: int) -> Response:
    """Delete a link."""
    await ctx.db.write(service.delete_link, actor, link_id)
    return empty()
