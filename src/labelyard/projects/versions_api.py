"""Versions of label configs over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.responses import json_response
from labelyard.projects import versions
from labelyard.projects.api import PROJECT_EXAMPLE, ProjectId, change
from labelyard.projects.schemas import EXAMPLE_CONFIG, ConfigVersion, ConfigVersionText, ProjectFields

router = APIRouter(tags=["Projects"])

_VERSION = {
    "version": 4,
    "current": True,
    "created_at": "2026-11-22T04:10:02.118000Z",
    "created_by": {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Moreno",
        "email": "ada@example.org",
        "avatar": None,
    },
    "note": "",
}
Version = Annotated[int, Path(description="Number of the version, from 1.", examples=[4])]


@router.get(
    "/api/projects/{project_id}/config-versions",
    summary="List the versions of a label config",
    response_model=list[ConfigVersion],
    responses={
        **example_response([_VERSION], "The versions, newest first."),
        **error_responses(400, 401, 404),
    },
)
async def list_versions(
    ctx: Ctx,
    actor: CurrentActor,
    project_id: ProjectId,
    before: Annotated[int | None, Query(ge=1, description="Only versions before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=versions.MAX_PAGE, description="Versions at most.")] = versions.PAGE,
) -> Response:
    """Every change of a project's label config: who made it when, newest first. `note` says what made it, if that was no
    plain change."""
    return json_response(await ctx.db.read(versions.listed, actor, project_id, before, limit))


@router.get(
    "/api/projects/{project_id}/config-versions/{version}",
    summary="Get a version of a label config",
    response_model=ConfigVersionText,
    responses={
        **example_response({**_VERSION, "label_config": EXAMPLE_CONFIG}, "The version."),
        **error_responses(401, 404),
    },
)
async def get_version(ctx: Ctx, actor: CurrentActor, project_id: ProjectId, version: Version) -> Response:
    """One version with its text."""
    return json_response(await ctx.db.read(versions.read, actor, project_id, version))


@router.post(
    "/api/projects/{project_id}/config-versions/{version}/restore",
    summary="Go back to a version of a label config",
    responses={
        **example_response(PROJECT_EXAMPLE, "The project as it is now."),
        **error_responses(400, 401, 403, 404, 409),
    },
)
async def restore_version(ctx: Ctx, actor: CurrentActor, project_id: ProjectId, version: Version) -> Response:
    """Make the project's label config what it was in this version. It becomes a new version, and is held against the
    annotations like any other change."""
    found = await ctx.db.read(versions.read, actor, project_id, version)
    fields = ProjectFields(label_config=found["label_config"])
    return json_response(await change(ctx, actor, project_id, fields))
