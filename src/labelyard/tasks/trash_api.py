"""Deleted tasks over HTTP: what can be brought back, bringing it back, and forgetting it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.responses import empty, json_response
from labelyard.tasks import trash, trash_jobs
from labelyard.users.schemas import PersonRef

router = APIRouter(tags=["Tasks"])

RESTORE_SECONDS = 300.0
_DELETION: dict[str, Any] = {
    "id": 4,
    "project": 3,
    "tasks": 120,
    "created_at": "2026-11-22T04:10:02.118000Z",
    "created_by": {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Moreno",
        "email": "ada@example.org",
        "avatar": None,
    },
    "kept_until": "2026-11-29T04:10:02.118000Z",
}
ProjectId = Annotated[int, Path(description="Id of the project.", examples=[3])]
DeletionId = Annotated[int, Path(description="Id of the deletion.", examples=[4])]


class Deletion(BaseModel):
    """Tasks that were deleted at once, with everything on them."""

    id: int
    project: int
    tasks: int = Field(description="How many can be brought back.")
    created_at: str
    created_by: PersonRef | None
    kept_until: str = Field(description="Then they are gone for good.")


class Restored(BaseModel):
    restored: int


@router.get(
    "/api/projects/{project_id}/deletions",
    summary="List deletions of tasks that can be undone",
    response_model=list[Deletion],
    responses={
        **example_response([_DELETION], "The deletions, newest first."),
        **error_responses(401, 403, 404),
    },
)
async def list_deletions(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """The newest hundred. Tasks that the action `delete_tasks` deletes are kept for `keep_deleted_tasks_days`."""
    days = ctx.settings.keep_deleted_tasks_days
    return json_response(await ctx.db.read(trash.listed, actor, project_id, days))


@router.post(
    "/api/projects/{project_id}/deletions/{deletion_id}/restore",
    summary="Bring deleted tasks back",
    response_model=Restored,
    responses={
        **example_response({"restored": 120}, "How many tasks are back."),
        **error_responses(401, 403, 404),
        503: {"description": "It takes longer than a request waits; it goes on as a job."},
    },
)
async def restore_deletion(
    ctx: Ctx, actor: CurrentActor, project_id: ProjectId, deletion_id: DeletionId
) -> Response:
    """Bring back all tasks of a deletion, with their annotations, predictions and drafts, under the ids that they had.

    The answer of the action `delete_tasks` names the deletion under `undo`. Webhooks hear of the tasks and annotations as
    of new ones.
    """
    job_id = await ctx.db.write(trash_jobs.submit, ctx.jobs, actor, project_id, deletion_id)
    return json_response(trash_jobs.outcome(await ctx.jobs.wait(job_id, RESTORE_SECONDS)))


@router.delete(
    "/api/projects/{project_id}/deletions/{deletion_id}",
    status_code=204,
    summary="Forget deleted tasks",
    responses={204: {"description": "The tasks are gone for good."}, **error_responses(401, 403, 404)},
)
async def forget_deletion(
    ctx: Ctx, actor: CurrentActor, project_id: ProjectId, deletion_id: DeletionId
) -> Response:
    """Delete for good what a deletion keeps, before its time is over."""
    await ctx.db.write(trash.check, actor, project_id, deletion_id)
    while await ctx.db.write(trash.forget_next, deletion_id, trash_jobs.BATCH):
        pass
    return empty()
