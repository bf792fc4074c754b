"""Changes of label configs that take the results along, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.responses import json_response
from labelyard.projects import migrating
from labelyard.projects.api import ProjectId
from labelyard.projects.schemas import EXAMPLE_MIGRATION, Migration, MigrationBody, MigrationPreview

router = APIRouter(tags=["Projects"])

WAIT_SECONDS = 20.0
_RULES = {name: EXAMPLE_MIGRATION[name] for name in ("controls", "objects", "labels")}
_MIGRATION: dict[str, Any] = {
    "id": 2,
    "project": 3,
    "status": "completed",
    "from_version": 3,
    "to_version": 4,
    "created_by": {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Moreno",
        "email": "ada@example.org",
        "avatar": None,
    },
    "created_at": "2026-11-22T04:10:02.118000Z",
    "finished_at": "2026-11-22T04:10:02.340000Z",
    "undone_at": None,
    "counts": {"annotations": 120, "drafts": 1, "predictions": 40},
    "rules": _RULES,
    "error": None,
}
_PREVIEW: dict[str, Any] = {
    "dry_run": True,
    "annotations": 120,
    "results_changed": 130,
    "results_dropped": 4,
    "drafts": 1,
    "predictions": 40,
    "rules": {"label good of mood → great": 130},
    "examples": [],
    "problems": [],
    "looked_at": 900,
    "complete": True,
}
MigrationId = Annotated[int, Path(description="Id of the migration.", examples=[2])]


@router.get(
    "/api/projects/{project_id}/config-migrations",
    summary="List the migrations of a label config",
    response_model=list[Migration],
    responses={**example_response([_MIGRATION], "The migrations."), **error_responses(401, 404)},
)
async def list_migrations(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """The newest hundred migrations of a project, newest first."""
    return json_response(await ctx.db.read(migrating.listed, actor, project_id))


@router.post(
    "/api/projects/{project_id}/config-migrations",
    status_code=201,
    summary="Change a label config and the results with it",
    response_model=Migration | MigrationPreview,
    openapi_extra=json_body(
        EXAMPLE_MIGRATION, schema=requiring(MigrationBody.model_json_schema(), "label_config")
    ),
    responses={
        **example_response(_MIGRATION, "The migration, done or being done.", 201),
        **example_response(_PREVIEW, "What it would do (`dry_run`)."),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
)
async def migrate(request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Rename, merge, split, move or drop labels and controls: the label config and all results change together.

    `labels` says for old labels of old controls what becomes of them: a new label, `{"label", "control"}` to move it to
    another control, null to drop it, or a list of such objects with `where` (`{"control", "label"}` that the same region,
    or else the task, has to have) to split it; the first that holds counts. `controls` renames controls or drops them
    (null), `objects` renames objects. A region that lost its only label goes with what was said about it. Drafts and
    predictions are rewritten by the same rules.

    `dry_run` counts and shows examples, and changes nothing. Otherwise it is one change that can be undone; every
    annotation gets an event. A large project is rewritten by a job, while new work goes on.
    """
    body = await read_body(request, MigrationBody)
    if body.dry_run:
        return json_response(await ctx.db.read(migrating.preview, actor, project_id, body))
    planned = await ctx.db.read(migrating.plan, actor, project_id, body)
    made, job_id = await ctx.db.write(migrating.start, ctx.jobs, actor, project_id, body, planned)
    if job_id is not None:
        await ctx.jobs.wait(job_id, WAIT_SECONDS)
        made = await ctx.db.read(migrating.read, actor, project_id, made["id"])
    return json_response(made, 201)


@router.get(
    "/api/projects/{project_id}/config-migrations/{migration_id}",
    summary="How far a migration is",
    response_model=Migration,
    responses={**example_response(_MIGRATION, "The migration."), **error_responses(401, 404)},
)
async def get_migration(
    ctx: Ctx, actor: CurrentActor, project_id: ProjectId, migration_id: MigrationId
) -> Response:
    """Status, rules and counts of a migration."""
    return json_response(await ctx.db.read(migrating.read, actor, project_id, migration_id))


@router.post(
    "/api/projects/{project_id}/config-migrations/{migration_id}/undo",
    summary="Undo a migration",
    response_model=Migration,
    responses={
        **example_response({**_MIGRATION, "status": "undone"}, "The migration, undone or being undone."),
        **error_responses(400, 401, 403, 404, 409),
    },
)
async def undo_migration(
    ctx: Ctx, actor: CurrentActor, project_id: ProjectId, migration_id: MigrationId
) -> Response:
    """Go back to the label config before, and put back every result that nobody changed since.

    Refused when the config was changed since, or when newer annotations use controls that the earlier config lacks.
    """
    made, job_id = await ctx.db.write(migrating.undo, ctx.jobs, actor, project_id, migration_id)
    if job_id is not None:
        await ctx.jobs.wait(job_id, WAIT_SECONDS)
        made = await ctx.db.read(migrating.read, actor, project_id, migration_id)
    return json_response(made)
