"""The history of annotations over HTTP, and going back in it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from labelyard.annotations import history, jobs
from labelyard.annotations.api import ANNOTATIONS, EXAMPLE_ANNOTATION, EXAMPLE_RESULT, IfMatch, stale_response
from labelyard.annotations.schemas import ComparedEvent, HistoryEvent, ResultEvent, RowId
from labelyard.annotations.service import Stale
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import json_response

router = APIRouter(tags=[ANNOTATIONS])

UNDELETE_SECONDS = 300.0

_EVENT: dict[str, Any] = {
    "id": 31,
    "annotation": 12,
    "task": 7,
    "project": 3,
    "kind": "updated",
    "created_at": "2026-11-22T04:10:02.118000Z",
    "created_by": {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Moreno",
        "email": "ada@example.org",
        "avatar": None,
    },
    "fields": {"lead_time": 4.2},
}
_WITH_RESULT = {**_EVENT, "result": EXAMPLE_RESULT}
_COMPARED = {**_WITH_RESULT, "items": {"added": 0, "changed": 1, "removed": 0}}

Before = Annotated[int | None, Query(ge=1, description="Only events before the one with this id.")]
Limit = Annotated[int, Query(ge=1, le=history.MAX_PAGE, description="Events at most.")]


class Restore(BaseModel):
    model_config = ConfigDict(extra="ignore")

    event: RowId | None = Field(
        None, description="Event of the history to go back to; may be left out for a deleted annotation."
    )


@router.get(
    "/api/annotations/{annotation_id}/history",
    summary="The history of an annotation",
    response_model=list[ComparedEvent],
    responses={
        **example_response([_COMPARED], "Its events, newest first."),
        **error_responses(400, 401, 404),
    },
)
async def annotation_history(
    ctx: Ctx, actor: CurrentActor, annotation_id: int, before: Before = None, limit: Limit = history.PAGE
) -> Response:
    """Who did what when, of an annotation that may be deleted.

    `kind` is created, imported, updated, deleted, restored or migrated. `fields` are those that changed, with their new
    values; `result` is the result where the event brought one (of a deletion, what was deleted), else null, and `items`
    how many of its items were added, changed and removed. Older events come with `before`.
    """
    return json_response(await ctx.db.read(history.of_annotation, actor, annotation_id, before, limit))


@router.get(
    "/api/tasks/{task_id}/history",
    summary="The history of a task's annotations",
    response_model=list[ResultEvent],
    responses={
        **example_response([_WITH_RESULT], "The events, newest first."),
        **error_responses(400, 401, 404),
    },
)
async def task_history(
    ctx: Ctx, actor: CurrentActor, task_id: int, before: Before = None, limit: Limit = history.PAGE
) -> Response:
    """The same of all annotations that the task has or had."""
    return json_response(await ctx.db.read(history.of_task, actor, task_id, before, limit))


@router.get(
    "/api/projects/{project_id}/history",
    summary="The history of a project's annotations",
    response_model=list[HistoryEvent],
    responses={**example_response([_EVENT], "The events, newest first."), **error_responses(400, 401, 404)},
)
async def project_history(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: int,
    before: Before = None,
    limit: Limit = history.PAGE,
    deleted: Annotated[str, Query(description="`1`: deletions only.", examples=["1"])] = "",
    user: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only what this user did.")] = None,
) -> Response:
    """What happened to the annotations of a project, without the results: for those ask for the annotation's history."""
    only = boolean(deleted, False, "deleted")
    shown = await ctx.db.read(history.of_project, actor, project_id, before, limit, deleted=only, user=user)
    return json_response(shown)


class Undelete(BaseModel):
    model_config = ConfigDict(extra="ignore")

    first: RowId = Field(description="Id of the first event.")
    last: RowId = Field(description="Id of the last event.")
    user: RowId | None = Field(None, description="Who deleted them; the caller, when left out.")


@router.post(
    "/api/projects/{project_id}/history/undelete",
    summary="Bring back many deleted annotations",
    openapi_extra=json_body({"first": 31, "last": 480}, schema=Undelete.model_json_schema()),
    responses={
        **example_response({"restored": 449, "left": 1}, "What came back, and what did not."),
        **error_responses(400, 401, 403, 404, 415),
        503: {"description": "It takes longer than a request waits; it goes on as a job."},
    },
)
async def undelete(request: Request, ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """Bring back all annotations that one user deleted in a stretch of the project's history.

    The answer of the action `delete_tasks_annotations` has `first` and `last` under `undo`. Annotations that are there
    again, and those whose tasks are gone, are left as they are.
    """
    wanted = await read_body(request, Undelete)
    job_id = await ctx.db.write(
        jobs.submit, ctx.jobs, actor, project_id, wanted.first, wanted.last, wanted.user
    )
    return json_response(jobs.outcome(await ctx.jobs.wait(job_id, UNDELETE_SECONDS)))


@router.post(
    "/api/annotations/{annotation_id}/restore",
    summary="Go back in the history of an annotation",
    openapi_extra=json_body({"event": 31}, schema=Restore.model_json_schema(), required=False),
    responses={
        **example_response(EXAMPLE_ANNOTATION, "The annotation as it is now."),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
)
async def restore_annotation(
    request: Request, ctx: Ctx, actor: CurrentActor, annotation_id: int, if_match: IfMatch = None
) -> Response:
    """Give an annotation the result, skip and lead time that it had after an event; the history goes on.

    A deleted annotation comes back with its id and everything it had, as long as its task is there; managers may do
    that. `If-Match` is heeded as for a change.
    """
    wanted = await read_body(request, Restore)
    try:
        shown, etag = await ctx.db.write(
            history.restore, actor, annotation_id, wanted.event, if_match=if_match
        )
    except Stale as stale:
        return stale_response(stale)
    return json_response(shown, 200, {"ETag": etag})
