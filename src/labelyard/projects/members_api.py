"""The member lists of projects over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from labelyard.actor import Role
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.projects import members
from labelyard.users.schemas import UserRef

router = APIRouter(tags=["Members"])

_MEMBER = {
    "user": {
        "id": 7,
        "first_name": "Sam",
        "last_name": "Okafor",
        "email": "sam@example.org",
        "avatar": None,
        "initials": "SO",
        "username": "sam",
    },
    "role": "annotator",
    "created_at": "2026-11-20T09:00:00.000000Z",
}
ProjectId = Annotated[int, Path(description="Id of the project.")]
UserId = Annotated[int, Path(description="Id of the user.")]


class MemberRole(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Role = Field(description="annotator, reviewer or manager.")


class NewMember(MemberRole):
    user: Annotated[int, Field(ge=1, description="Id of a member of the organization.")]
    role: Role = Field("annotator", description="annotator, reviewer or manager.")


class ProjectMember(BaseModel):
    """Somebody with a role of their own in a project."""

    user: UserRef
    role: Role
    created_at: str


@router.get(
    "/api/projects/{project_id}/members",
    summary="List the members of a project",
    response_model=list[ProjectMember],
    responses={**example_response([_MEMBER], "The members, by user id."), **error_responses(401, 404)},
)
async def list_members(ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Who has a role of their own in the project. It counts before the role in the organization.

    While the project's `members_only` is off, all others of the organization have the role there that they have
    everywhere.
    """
    return json_response(await ctx.db.read(members.list_members, actor, project_id))


@router.post(
    "/api/projects/{project_id}/members",
    status_code=201,
    summary="Add a member to a project",
    response_model=ProjectMember,
    openapi_extra=json_body({"user": 7, "role": "annotator"}, schema=NewMember.model_json_schema()),
    responses={
        **example_response(_MEMBER, "The member.", 201),
        **error_responses(400, 401, 403, 404, 409, 415),
    },
)
async def add_member(request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId) -> Response:
    """Give a member of the organization a role in the project. 409 for one who is in the list already."""
    body = await read_body(request, NewMember)
    return json_response(await ctx.db.write(members.add, actor, project_id, body.user, body.role), 201)


@router.patch(
    "/api/projects/{project_id}/members/{user_id}",
    summary="Change the role of a member of a project",
    response_model=ProjectMember,
    openapi_extra=json_body({"role": "reviewer"}, schema=MemberRole.model_json_schema()),
    responses={**example_response(_MEMBER, "The member."), **error_responses(400, 401, 403, 404, 415)},
)
async def change_member(
    request: Request, ctx: Ctx, actor: CurrentActor, project_id: ProjectId, user_id: UserId
) -> Response:
    """Another role in the project. 404 for a user who is not in its list."""
    body = await read_body(request, MemberRole)
    return json_response(await ctx.db.write(members.change, actor, project_id, user_id, body.role))


@router.delete(
    "/api/projects/{project_id}/members/{user_id}",
    status_code=204,
    summary="Take a member off a project",
    responses={
        204: {"description": "The user is not in the list any more."},
        **error_responses(401, 403, 404),
    },
)
async def remove_member(ctx: Ctx, actor: CurrentActor, project_id: ProjectId, user_id: UserId) -> Response:
    """Take a user off the project's list. Then the role in the organization counts, where the project is open to it."""
    await ctx.db.write(members.remove, actor, project_id, user_id)
    return empty()
