"""The next task and leases over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, NotFound
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.responses import empty, json_response
from labelyard.ml import opening
from labelyard.queue import service
from labelyard.queue.answers import lease_json, next_answer

router = APIRouter()
QUEUE = "Labeling"
# Tasks that one user can have open at a time; more would only keep them from others.
MAX_EXCLUDED = 10

_TASK = {
    "id": 7,
    "data": {"text": "Rain in the north, sun in the south."},
    "meta": {},
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "allow_skip": True,
    "is_labeled": False,
    "overlap": 1,
    "inner_id": 7,
    "total_annotations": 0,
    "cancelled_annotations": 0,
    "total_predictions": 0,
    "comment_count": 0,
    "unresolved_comment_count": 0,
    "last_comment_updated_at": None,
    "project": 3,
    "updated_by": [],
    "file_upload": None,
    "comment_authors": [],
    "predictions": [],
    "annotations": [],
    "drafts": [],
    "unique_lock_id": "0d7e4d6e-6a0f-4d0a-9f43-5f0f4c9a6a0e",
    "queue": "Sequence queue",
}
_LEASE = {
    "task": 7,
    "unique_lock_id": "0d7e4d6e-6a0f-4d0a-9f43-5f0f4c9a6a0e",
    "expires_at": "2026-11-22T04:13:35.824760Z",
}


def _ids(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_EXCLUDED or not all(
        part.isascii() and part.isdigit() and len(part) < 19 for part in parts
    ):
        raise Invalid({"exclude": [f"Expected at most {MAX_EXCLUDED} task ids, separated by commas."]})
    return [int(part) for part in parts]


@router.get(
    "/api/projects/{project_id}/next",
    tags=[QUEUE],
    summary="Get the next task to label",
    responses={
        **example_response(_TASK, "The task, held for the caller."),
        **error_responses(400, 401, 404),
    },
)
async def next_task(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: int,
    exclude: Annotated[
        str,
        Query(
            description="Comma-separated ids of tasks that are open already, to fetch the one after ahead."
        ),
    ] = "",
) -> Response:
    """The next task for the caller, who holds it until it is submitted, given back, or `task_lock_ttl_seconds` pass.

    Where the project wants predictions and the task has none, its ML backends get a moment (`ml_next_seconds`) to make them.
    Asking again gives the same task. 404 when nothing is left for this caller.
    """
    answer = await ctx.db.write(
        next_answer, actor, project_id, _ids(exclude), ctx.settings.task_lock_ttl_seconds
    )
    if answer is None:
        raise NotFound("There is no task left for you in this project.")
    if answer.unpredicted:
        answer.task["predictions"] = await opening.predict(ctx, project_id, answer.task["id"])
    return json_response(answer.task)


@router.get(
    "/api/projects/{project_id}/label-stream-history",
    tags=[QUEUE],
    summary="List what the caller worked on",
    responses={
        **example_response(
            [{"taskId": 6, "annotationId": 12}, {"taskId": 7, "annotationId": None}], "The newest last."
        ),
        **error_responses(401, 404),
    },
)
async def label_stream_history(ctx: Ctx, actor: CurrentActor, project_id: int) -> Response:
    """Tasks that the caller annotated lately, then those that are open, at most `label_stream_history_limit`."""
    limit = ctx.settings.label_stream_history_limit
    return json_response(await ctx.db.read(service.history, actor, project_id, limit))


@router.post(
    "/api/tasks/{task_id}/lease",
    tags=[QUEUE],
    summary="Hold a task longer",
    responses={**example_response(_LEASE, "The lease."), **error_responses(401, 404, 409)},
)
async def renew_lease(ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """Hold the task for another `task_lock_ttl_seconds`, taking it when it has a free slot. 409 when it has none."""
    lease = await ctx.db.write(service.renew, actor, task_id, ttl_seconds=ctx.settings.task_lock_ttl_seconds)
    return json_response(lease_json(lease))


@router.delete(
    "/api/tasks/{task_id}/lease",
    tags=[QUEUE],
    status_code=204,
    summary="Give a task back",
    responses={
        204: {"description": "The task is not held by the caller (any more)."},
        **error_responses(401, 404),
    },
)
async def release_lease(ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """Let somebody else have the task now."""
    await ctx.db.write(service.release, actor, task_id)
    return empty()
