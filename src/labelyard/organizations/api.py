"""Organizations and invitations over HTTP."""

from fastapi import APIRouter, Request, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Forbidden
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import json_response
from labelyard.organizations import service
from labelyard.organizations.schemas import OrganizationChanges

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
_INVITE = {"token": "5a0c…", "invite_url": "/user/signup/?token=5a0c…"}


@router.get(
    "/api/organizations",
    summary="List organizations",
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
    """An install has one organization: always 403."""
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
    responses={**example_response(_INVITE, "The link."), **error_responses(401, 403)},
)
async def invite(ctx: Ctx, actor: CurrentActor) -> Response:
    """The link with which others may sign up. Owners and administrators only."""
    return json_response(await ctx.db.read(service.invite, actor, ctx.settings.public_url.rstrip("/")))


@router.post(
    "/api/invite/reset-token",
    status_code=201,
    summary="Make a new invitation link",
    responses={**example_response(_INVITE, "The new link.", 201), **error_responses(401, 403)},
)
async def reset_invite(ctx: Ctx, actor: CurrentActor) -> Response:
    """A new link; the old one stops working. Owners and administrators only."""
    return json_response(
        await ctx.db.write(service.reset_invite, actor, ctx.settings.public_url.rstrip("/")), 201
    )
