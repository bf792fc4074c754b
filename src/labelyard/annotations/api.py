"""Annotations and drafts over HTTP."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from labelyard import __version__
from labelyard.access.deleting import check_deletable
from labelyard.annotations import service
from labelyard.annotations.results import result_text
from labelyard.annotations.schemas import AnnotationChanges, AnnotationFields, DraftFields
from labelyard.annotations.shapes import raw
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.rawfields import read_fields
from labelyard.kit.http.responses import empty, json_response

router = APIRouter()
ANNOTATIONS = "Annotations"
DRAFTS = "Drafts"

EXAMPLE_RESULT = [
    {
        "id": "k3Jx9_aPq1",
        "from_name": "topic",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["Weather"]},
    }
]
EXAMPLE_ANNOTATION = {
    "id": 12,
    "result": EXAMPLE_RESULT,
    "created_username": "Ada Moreno ada@example.org, 1",
    "created_ago": "0 minutes",
    "completed_by": 1,
    "was_cancelled": False,
    "ground_truth": False,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "draft_created_at": None,
    "lead_time": 4.2,
    "import_id": None,
    "last_action": None,
    "bulk_created": False,
    "task": 7,
    "project": 3,
    "updated_by": 1,
    "parent_prediction": None,
    "parent_annotation": None,
    "last_created_by": None,
}
_DRAFT = {
    "id": 5,
    "user": "ada@example.org",
    "created_username": "Ada Moreno ada@example.org, 1",
    "created_ago": "0 minutes",
    "result": EXAMPLE_RESULT,
    "lead_time": 4.2,
    "was_postponed": False,
    "import_id": None,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "task": 7,
    "annotation": None,
}
_ANNOTATION_BODY = json_body(
    {"result": EXAMPLE_RESULT, "lead_time": 4.2}, schema=AnnotationFields.model_json_schema(), required=False
)
_CHANGES_BODY = json_body(
    {"result": EXAMPLE_RESULT}, schema=AnnotationChanges.model_json_schema(), required=False
)
_DRAFT_BODY = json_body(
    {"result": EXAMPLE_RESULT, "lead_time": 4.2}, schema=DraftFields.model_json_schema(), required=False
)

_TRUE = frozenset({"1", "true", "yes", "on", "t", "y"})
WasCancelled = Annotated[str, Query(description="`1`: the task is skipped, whatever the body says.")]
IfMatch = Annotated[
    str | None,
    Header(
        description="ETag or `updated_at` of the annotation as it was read: 409 when it has changed since."
    ),
]


async def _fields(request: Request, model: type[AnnotationChanges] | type[DraftFields]) -> dict[str, Any]:
    given = await read_fields(request, model, raw=("result",))
    if "result" in given:
        given["result"] = result_text(given["result"])
    return given


# --- annotations --------------------------------------------------------------------------------------------------


@router.get(
    "/api/tasks/{task_id}/annotations",
    tags=[ANNOTATIONS],
    summary="List the annotations of a task",
    responses={
        **example_response([EXAMPLE_ANNOTATION], "The annotations, without skipped ones."),
        **error_responses(401, 404),
    },
)
async def list_annotations(ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """The task's annotations by id. Skipped (cancelled) ones are left out."""
    return json_response(await ctx.db.read(service.list_for_task, actor, task_id))


@router.post(
    "/api/tasks/{task_id}/annotations",
    tags=[ANNOTATIONS],
    status_code=201,
    summary="Annotate or skip a task",
    openapi_extra=_ANNOTATION_BODY,
    responses={
        **example_response(EXAMPLE_ANNOTATION, "The new annotation.", 201),
        **error_responses(400, 401, 403, 404, 409, 413, 415),
    },
)
async def create_annotation(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: int, was_cancelled: WasCancelled = ""
) -> Response:
    """Save an annotation, or with `was_cancelled` a skip. The caller's hold on the task ends with it.

    Work is saved even when the hold on the task has run out.
    """
    given = await _fields(request, AnnotationFields)
    if was_cancelled.lower() in _TRUE:
        given["was_cancelled"] = True
    shown, etag = await ctx.db.write(service.create, actor, task_id, given)
    return json_response(shown, 201, {"ETag": etag})


@router.get(
    "/api/annotations/{annotation_id}",
    tags=[ANNOTATIONS],
    summary="Get an annotation",
    responses={**example_response(EXAMPLE_ANNOTATION, "The annotation."), **error_responses(401, 404)},
)
async def get_annotation(ctx: Ctx, actor: CurrentActor, annotation_id: int) -> Response:
    """One annotation. Its ETag can be sent back as `If-Match` with a change."""
    shown, etag = await ctx.db.read(service.get, actor, annotation_id)
    return json_response(shown, 200, {"ETag": etag})


async def _change(
    request: Request, ctx: Ctx, actor: CurrentActor, annotation_id: int, if_match: str | None
) -> Response:
    given = await _fields(request, AnnotationChanges)
    try:
        shown, etag = await ctx.db.write(service.update, actor, annotation_id, given, if_match=if_match)
    except service.Stale as stale:
        return stale_response(stale, given)
    return json_response(shown, 200, {"ETag": etag})


def stale_response(problem: service.Stale, given: Mapping[str, Any] | None = None) -> Response:
    """The error envelope with both sides: `current` is the annotation as it is now, `yours` what was sent."""
    body = {
        "id": str(uuid.uuid4()),
        "status_code": problem.status,
        "version": __version__,
        "detail": problem.detail,
        "exc_info": None,
        "current": problem.current,
    }
    if given is not None:
        body["yours"] = {name: raw(value) if name == "result" else value for name, value in given.items()}
    return json_response(body, problem.status, problem.headers)


_CHANGED = {
    **example_response(EXAMPLE_ANNOTATION, "The changed annotation."),
    **error_responses(400, 401, 404, 409, 413, 415),
}


@router.patch(
    "/api/annotations/{annotation_id}",
    tags=[ANNOTATIONS],
    summary="Change an annotation",
    openapi_extra=_CHANGES_BODY,
    responses=_CHANGED,
)
async def change_annotation(
    request: Request, ctx: Ctx, actor: CurrentActor, annotation_id: int, if_match: IfMatch = None
) -> Response:
    """Change the fields sent.

    With `If-Match` a change over somebody else's is refused (409; `current` shows it, `yours` what was sent).
    """
    return await _change(request, ctx, actor, annotation_id, if_match)


@router.put(
    "/api/annotations/{annotation_id}",
    tags=[ANNOTATIONS],
    summary="Replace an annotation",
    openapi_extra=_CHANGES_BODY,
    responses=_CHANGED,
)
async def replace_annotation(
    request: Request, ctx: Ctx, actor: CurrentActor, annotation_id: int, if_match: IfMatch = None
) -> Response:
    """The same as PATCH: fields that are not sent stay."""
    return await _change(request, ctx, actor, annotation_id, if_match)


@router.delete(
    "/api/annotations/{annotation_id}",
    tags=[ANNOTATIONS],
    status_code=204,
    summary="Delete an annotation",
    responses={204: {"description": "Deleted."}, **error_responses(401, 404, 422)},
)
async def delete_annotation(ctx: Ctx, actor: CurrentActor, annotation_id: int) -> Response:
    """Delete an annotation. The history keeps what it said. 422 while the server keeps all (`allow_delete_annotations`)."""
    check_deletable(ctx.settings)
    await ctx.db.write(service.delete, actor, annotation_id)
    return empty()


@router.post(
    "/api/annotations/{annotation_id}/convert-to-draft",
    tags=[ANNOTATIONS],
    status_code=201,
    summary="Turn an annotation into a draft",
    responses={**example_response(_DRAFT, "The draft.", 201), **error_responses(401, 404)},
)
async def convert_to_draft(ctx: Ctx, actor: CurrentActor, annotation_id: int) -> Response:
    """Take an annotation back: it becomes a draft of the caller, and the annotation is gone."""
    return json_response(await ctx.db.write(service.convert_to_draft, actor, annotation_id), 201)


# --- drafts -------------------------------------------------------------------------------------------------------

_DRAFTS = {**example_response([_DRAFT], "The caller's drafts."), **error_responses(401, 404)}
_NEW_DRAFT = {**example_response(_DRAFT, "The new draft.", 201), **error_responses(400, 401, 404, 413, 415)}


@router.get(
    "/api/tasks/{task_id}/drafts", tags=[DRAFTS], summary="List the own drafts of a task", responses=_DRAFTS
)
async def list_drafts(ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """The caller's drafts on the task, by id. Nobody sees another's drafts."""
    return json_response(await ctx.db.read(service.list_drafts, actor, task_id))


@router.post(
    "/api/tasks/{task_id}/drafts",
    tags=[DRAFTS],
    status_code=201,
    summary="Save a draft on a task",
    openapi_extra=_DRAFT_BODY,
    responses=_NEW_DRAFT,
)
async def create_draft(request: Request, ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """Save work that is not to be submitted yet. With `was_postponed` the task is given back until later."""
    given = await _fields(request, DraftFields)
    return json_response(await ctx.db.write(service.create_draft, actor, task_id, given), 201)


@router.get(
    "/api/tasks/{task_id}/annotations/{annotation_id}/drafts",
    tags=[DRAFTS],
    summary="List the own drafts of an annotation",
    responses=_DRAFTS,
)
async def list_annotation_drafts(ctx: Ctx, actor: CurrentActor, task_id: int, annotation_id: int) -> Response:
    """The caller's drafts of changes to the annotation, by id."""
    return json_response(await ctx.db.read(service.list_drafts, actor, task_id, annotation_id))


@router.post(
    "/api/tasks/{task_id}/annotations/{annotation_id}/drafts",
    tags=[DRAFTS],
    status_code=201,
    summary="Save a draft of a change to an annotation",
    openapi_extra=_DRAFT_BODY,
    responses=_NEW_DRAFT,
)
async def create_annotation_draft(
    request: Request, ctx: Ctx, actor: CurrentActor, task_id: int, annotation_id: int
) -> Response:
    """Save a change to the annotation that is not to be submitted yet."""
    given = await _fields(request, DraftFields)
    return json_response(await ctx.db.write(service.create_draft, actor, task_id, given, annotation_id), 201)


@router.get(
    "/api/drafts/{draft_id}",
    tags=[DRAFTS],
    summary="Get a draft",
    responses={**example_response(_DRAFT, "The draft."), **error_responses(401, 404)},
)
async def get_draft(ctx: Ctx, actor: CurrentActor, draft_id: int) -> Response:
    """One of the caller's drafts."""
    return json_response(await ctx.db.read(service.get_draft, actor, draft_id))


@router.patch(
    "/api/drafts/{draft_id}",
    tags=[DRAFTS],
    summary="Change a draft",
    openapi_extra=_DRAFT_BODY,
    responses={**example_response(_DRAFT, "The changed draft."), **error_responses(400, 401, 404, 413, 415)},
)
async def change_draft(request: Request, ctx: Ctx, actor: CurrentActor, draft_id: int) -> Response:
    """Change the fields sent of one of the caller's drafts."""
    given = await _fields(request, DraftFields)
    return json_response(await ctx.db.write(service.update_draft, actor, draft_id, given))


@router.delete(
    "/api/drafts/{draft_id}",
    tags=[DRAFTS],
    status_code=204,
    summary="Delete a draft",
    responses={204: {"description": "Deleted."}, **error_responses(401, 404)},
)
async def delete_draft(ctx: Ctx, actor: CurrentActor, draft_id: int) -> Response:
    """Throw away one of the caller's drafts."""
    await ctx.db.write(service.delete_draft, actor, draft_id)
    return empty()
