"""Organizations and invitations over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Forbidden
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import page_object, read_page
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import empty, json_response
from labelyard.organizations import members, service
from labelyard.organizations.schemas import (
    Invite,
    InviteOptions,
    InviteToken,
    MemberPage,
    MemberRole,
    Organization,
    OrganizationChanges,
)

router = APIRouter(tags=["Organizations"])

_LISTED = {"id": 1, "title": "Labelyard", "contact_info": None, "created_at": "2026-11-20T09:00:00.000000Z"}
_ORGANIZATION = {
    "id": 1,
    "title": "Labelyard",
    "token": "5a0c…",
    "created_at": "2026-11-20T09:00:00.000000Z",
    "updated_at": "2026-11-20T09:00:00.000000Z",
    "contact_info": None,
    "created_by": 1,
    "users": [1],
}
_INVITE = {
    "token": "5a0c…",
    "invite_url": "/user/signup/?token=5a0c…",
    "role": "manager",
    "expires_at": None,
}
_LISTED_MEMBER = {
    "id": 7,
    "organization": 1,
    "role": "annotator",
    "user": {"id": 7, "email": "sam@example.org", "first_name": "Sam", "last_name": "Okafor"},
    "created_projects": None,
    "contributed_to_projects": None,
}
_MEMBER = {
    "user": 7,
    "organization": 1,
    "role": "annotator",
    "contributed_projects_count": 1,
    "annotations_count": 52,
    "created_at": "2026-11-20T09:00:00.000000Z",
    "created_projects": [],
    "contributed_to_projects": [{"id": 3, "title": "Moods"}],
}
Contributions = Annotated[
    str, Query(description="`true`: name the projects that each made and annotated in.", examples=["true"])
]


@router.get(
    "/api/organizations",
    summary="List organizations",
    response_model=list[Organization],
    responses={**example_response([_LISTED], "The organizations of the user."), **error_responses(401)},
)
async def list_organizations(ctx: Ctx, actor: CurrentActor) -> Response:
    """The organizations that the user is a member of."""
    return json_response(await ctx.db.read(service.list_for, actor))


@router.post(
    "/api/organizations",
    summary="Make an organization",
    status_code=403,
    responses=error_responses(401, 403),
)
async def create_organization(actor: CurrentActor) -> Response:
    """Always 403: further organizations are made by the operator, with `labelyard organization create`."""
    raise Forbidden


@router.get(
    "/api/organizations/{organization_id}",
    summary="Get an organization",
    responses={**example_response(_ORGANIZATION, "The organization."), **error_responses(401, 404)},
)
async def get_organization(ctx: Ctx, actor: CurrentActor, organization_id: int) -> Response:
    """The organization with the ids of its members. `token` (of invitations) is null unless the user may invite."""
    return json_response(await ctx.db.read(service.as_json, actor, organization_id))


@router.patch(
    "/api/organizations/{organization_id}",
    summary="Change an organization",
    openapi_extra=json_body({"title": "Field team"}, schema=OrganizationChanges.model_json_schema()),
    responses={
        **example_response(_ORGANIZATION, "The organization."),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def change_organization(
    request: Request, ctx: Ctx, actor: CurrentActor, organization_id: int
) -> Response:
    """Change title and contact address. Owners and administrators only."""
    body = await read_body(request, OrganizationChanges)
    changes = body.model_dump(exclude_none=True)
    return json_response(await ctx.db.write(service.update, actor, organization_id, changes))


@router.get(
    "/api/invite",
    summary="Get the invitation link",
    response_model=Invite,
    responses={**example_response(_INVITE, "The link."), **error_responses(401, 403)},
)
async def invite(ctx: Ctx, actor: CurrentActor) -> Response:
    """The link with which others may sign up. Owners and administrators only."""
    return json_response(await ctx.db.read(service.invite, actor, ctx.settings.public_url.rstrip("/")))


@router.post(
    "/api/invite/reset-token",
    status_code=201,
    summary="Make a new invitation link",
    response_model=Invite,
    openapi_extra=json_body(
        {"role": "annotator", "expires_in_days": 7}, schema=InviteOptions.model_json_schema(), required=False
    ),
    responses={**example_response(_INVITE, "The new link.", 201), **error_responses(400, 401, 403, 415)},
)
async def reset_invite(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """A new link; the old one stops working. It can give another role than manager, and can end by itself."""
    body = await read_body(request, InviteOptions)
    made = await ctx.db.write(
        service.reset_invite,
        actor,
        ctx.settings.public_url.rstrip("/"),
        role=body.role,
        days=body.expires_in_days,
    )
    return json_response(made, 201)


@router.post(
    "/api/invite/accept",
    summary="Accept an invitation",
    openapi_extra=json_body({"token": "5a0c…"}, schema=InviteToken.model_json_schema()),
    responses={**example_response(_LISTED, "The organization."), **error_responses(400, 401, 415)},
)
async def accept_invite(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Become a member of the organization that invites, with the account that is signed in.

    To work there, make it the active one: `PATCH /api/users/{id}` with `active_organization`.
    """
    body = await read_body(request, InviteToken)
    return json_response(await ctx.db.write(members.accept, actor, body.token))


# --- members ------------------------------------------------------------------------------------------------------


@router.get(
    "/api/organizations/{organization_id}/memberships",
    summary="List the members of an organization",
    response_model=MemberPage,
    responses={
        **example_response(
            {"count": 1, "next": None, "previous": None, "results": [_LISTED_MEMBER]}, "A page of members."
        ),
        **error_responses(400, 401, 404),
    },
)
async def list_memberships(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    organization_id: int,
    contributed_to_projects: Contributions = "",
    page: Annotated[str, Query(description="Page, from 1.")] = "1",
    page_size: Annotated[str, Query(description="Members on a page; -1 for all.")] = "20",
) -> Response:
    """Members by id, with their roles; 20 on a page unless `page_size` says otherwise."""
    wanted = read_page(request, default=20, maximum=1000, all_at=-1)
    found = await ctx.db.read(
        members.list_page,
        actor,
        organization_id,
        offset=wanted.offset,
        limit=wanted.limit,
        contributions=boolean(contributed_to_projects or None, False, "contributed_to_projects"),
    )
    return json_response(page_object(request, found.items, found.count, wanted.number, wanted.size))


@router.get(
    "/api/organizations/{organization_id}/memberships/{user_id}",
    summary="Get a member of an organization",
    responses={**example_response(_MEMBER, "The member."), **error_responses(401, 404)},
)
async def get_membership(ctx: Ctx, actor: CurrentActor, organization_id: int, user_id: int) -> Response:
    """One member: role, number of annotations, projects made and annotated in."""
    return json_response(await ctx.db.read(members.read, actor, organization_id, user_id))


@router.patch(
    "/api/organizations/{organization_id}/memberships/{user_id}",
    summary="Change the role of a member",
    openapi_extra=json_body({"role": "reviewer"}, schema=MemberRole.model_json_schema()),
    responses={**example_response(_MEMBER, "The member."), **error_responses(400, 401, 403, 404, 409, 415)},
)
async def change_membership(
    request: Request, ctx: Ctx, actor: CurrentActor, organization_id: int, user_id: int
) -> Response:
    """Give a member another role. Administrators deal with roles below their own, owners with all.

    409 for the last owner.
    """
    body = await read_body(request, MemberRole)
    changed = await ctx.db.write(members.change_role, actor, organization_id, user_id, body.role)
    return json_response(changed)


@router.delete(
    "/api/organizations/{organization_id}/memberships/{user_id}",
    status_code=204,
    summary="Remove a member",
    responses={
        204: {"description": "The user is no member any more."},
        **error_responses(401, 403, 404, 405, 409),
    },
)
async def remove_membership(ctx: Ctx, actor: CurrentActor, organization_id: int, user_id: int) -> Response:
    """Take a member out of the organization. What they made stays under their name. 405 for oneself.

    An account without an organization is closed: its sessions and tokens end.
    """
    await ctx.db.write(members.remove, actor, organization_id, user_id)
    return empty()
