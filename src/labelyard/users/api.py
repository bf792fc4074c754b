"""Accounts over HTTP: the current user, users, tokens, session policy."""

from contextlib import AbstractContextManager
from typing import Any

from fastapi import APIRouter, Request, Response

from labelyard.deps import Ctx, CurrentActor, OptionalActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.organizations import members
from labelyard.organizations import service as organizations
from labelyard.users import profiles, tokens
from labelyard.users.limits import TokenGate
from labelyard.users.schemas import NewUser, RefreshToken, SessionPolicy, TokenSettings, UserChanges

router = APIRouter()
USERS = "Users"
TOKENS = "Tokens"

_USER = {
    "id": 1,
    "first_name": "Ada",
    "last_name": "Moreno",
    "username": "ada",
    "email": "ada@example.org",
    "last_activity": "2026-11-22T03:58:35.824760Z",
    "custom_hotkeys": {},
    "avatar": None,
    "initials": "AM",
    "phone": "",
    "active_organization": 1,
    "active_organization_meta": {"title": "Labelyard", "email": "ada@example.org"},
    "allow_newsletters": None,
    "date_joined": "2026-11-20T09:00:00.000000Z",
}
_REFRESH = {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"}
_SETTINGS = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False}
_POLICY = {"max_session_age": 11520, "max_time_between_activity": 4320}
_TIMES = {"created_at": "2026-11-20T09:00:00.000000Z", "updated_at": "2026-11-20T09:00:00.000000Z"}


@router.get(
    "/api/current-user/whoami",
    tags=[USERS],
    summary="Who am I",
    responses={
        **example_response({**_USER, "permissions": ["projects.create", "tasks.view"]}, "The calling user."),
        **error_responses(401),
    },
)
async def whoami(ctx: Ctx, actor: CurrentActor) -> Response:
    """The calling user, with the names of what the user may do."""
    return json_response(await ctx.db.read(profiles.whoami, actor))


@router.get(
    "/api/current-user/token",
    tags=[TOKENS],
    summary="Read the own legacy token",
    responses={
        **example_response({"token": "0f3c…"}, 'The token; "" when none was made yet.'),
        **error_responses(401, 403),
    },
)
async def legacy_token(ctx: Ctx, actor: CurrentActor) -> Response:
    """The own legacy token, for the header `Authorization: Token …`. 403 while the organization has them off."""
    return json_response(await ctx.db.read(tokens.read_legacy, ctx.secrets, ctx.settings, actor))


@router.post(
    "/api/current-user/reset-token",
    tags=[TOKENS],
    status_code=201,
    summary="Make a new legacy token",
    responses={**example_response({"token": "0f3c…"}, "The new token.", 201), **error_responses(401, 403)},
)
async def reset_legacy_token(ctx: Ctx, actor: CurrentActor) -> Response:
    """A new legacy token. The old one stops working at once."""
    return json_response(await ctx.db.write(tokens.reset_legacy, ctx.secrets, actor.user_id), 201)


@router.get(
    "/api/current-user",
    tags=[USERS],
    summary="Get the own profile",
    responses={**example_response(_USER, "The caller."), **error_responses(401)},
)
async def get_current_user(ctx: Ctx, actor: CurrentActor) -> Response:
    """The caller as `/api/users/{id}` shows them."""
    return json_response(await ctx.db.read(profiles.get_user, actor, actor.user_id))


@router.patch(
    "/api/current-user",
    tags=[USERS],
    summary="Change the own profile",
    openapi_extra=json_body({"first_name": "Ada"}, schema=UserChanges.model_json_schema()),
    responses={**example_response(_USER, "The caller."), **error_responses(400, 401, 405, 415)},
)
async def change_current_user(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """As `PATCH /api/users/{id}` for the caller."""
    return await _change(request, ctx, actor, actor.user_id)


# --- users --------------------------------------------------------------------------------------------------------


@router.get(
    "/api/users",
    tags=[USERS],
    summary="List users",
    responses={**example_response([_USER], "All members of the organization."), **error_responses(401)},
)
async def list_users(ctx: Ctx, actor: CurrentActor) -> Response:
    """All members of the organization, by id."""
    return json_response(await ctx.db.read(profiles.list_users, actor))


@router.post(
    "/api/users",
    tags=[USERS],
    status_code=201,
    summary="Add a user",
    openapi_extra=json_body(
        {"email": "sam@example.org", "first_name": "Sam"}, schema=NewUser.model_json_schema()
    ),
    responses={**example_response(_USER, "The new user.", 201), **error_responses(400, 401, 403, 415)},
)
async def add_user(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Add a member. The user can sign in once the operator set a password (`labelyard user reset-password`)."""
    body = await read_body(request, NewUser)
    fields = body.model_dump(exclude={"email"}, exclude_unset=True)
    return json_response(await ctx.db.write(profiles.add_user, actor, body.email, fields), 201)


@router.get(
    "/api/users/{user_id}",
    tags=[USERS],
    summary="Get a user",
    responses={**example_response(_USER, "The user."), **error_responses(401, 404)},
)
async def get_user(ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    """One member of the organization."""
    return json_response(await ctx.db.read(profiles.get_user, actor, user_id))


@router.patch(
    "/api/users/{user_id}",
    tags=[USERS],
    summary="Change a user",
    openapi_extra=json_body({"first_name": "Ada"}, schema=UserChanges.model_json_schema()),
    responses={
        **example_response(_USER, "The changed user."),
        **error_responses(400, 401, 403, 404, 405, 415),
    },
)
async def change_user(request: Request, ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    """Change the own profile, or as an administrator another's. The email cannot be changed (405).

    `active_organization` moves the caller to another of the own organizations, with all sessions and tokens.
    """
    return await _change(request, ctx, actor, user_id)


async def _change(request: Request, ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    body = await read_body(request, UserChanges)
    changes = body.model_dump(exclude_unset=True)
    # Null means "no newsletters chosen"; the texts have no null.
    changes = {
        key: value for key, value in changes.items() if value is not None or key == "allow_newsletters"
    }
    return json_response(await ctx.db.write(profiles.update_user, actor, user_id, changes))


@router.delete(
    "/api/users/{user_id}",
    tags=[USERS],
    status_code=204,
    summary="Remove a user",
    responses={
        204: {"description": "The user is no member any more."},
        **error_responses(401, 403, 404, 405, 409),
    },
)
async def delete_user(ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    """Take a user out of the organization. What they made stays under their name. 405 for oneself.

    An account without an organization is closed: its sessions and tokens end. Adding the address again opens it.
    """
    await ctx.db.write(members.remove, actor, actor.organization_id, user_id)
    return empty()


# --- personal access tokens ---------------------------------------------------------------------------------------


@router.get(
    "/api/token",
    tags=[TOKENS],
    summary="List the own personal access tokens",
    responses={
        **example_response([{"token": "eyJh….eyJ0…"}], "Live tokens without signature."),
        **error_responses(401),
    },
)
async def list_tokens(ctx: Ctx, actor: CurrentActor) -> Response:
    """The own live personal access tokens. The signature is cut off, so they cannot be used."""
    return json_response(await ctx.db.read(tokens.list_refresh, actor))


@router.post(
    "/api/token",
    tags=[TOKENS],
    status_code=201,
    summary="Make a personal access token",
    responses={
        **example_response({"token": _REFRESH["refresh"]}, "The token, shown only now.", 201),
        **error_responses(401, 403, 409),
    },
)
async def create_token(ctx: Ctx, actor: CurrentActor) -> Response:
    """A personal access token. It is shown only in this answer. 409 while another one lives."""
    return json_response(await ctx.db.write(tokens.create_refresh, actor, ctx.secrets), 201)


def _gate(request: Request) -> AbstractContextManager[None]:
    """Refuses an address that failed too often at the doors that need no credentials."""
    gate: TokenGate = request.app.state.token_gate
    return gate.attempt(request.client.host if request.client else "")


@router.post(
    "/api/token/refresh",
    tags=[TOKENS],
    summary="Get an access token",
    openapi_extra={**json_body(_REFRESH, schema=RefreshToken.model_json_schema()), "security": []},
    responses={
        **example_response({"access": "eyJh…"}, "The access token."),
        **error_responses(400, 401, 415, 429),
    },
)
async def refresh_token(request: Request, ctx: Ctx) -> Response:
    """An access token for `Authorization: Bearer …`, good for 300 seconds, in exchange for a personal access token."""
    with _gate(request):
        body = await read_body(request, RefreshToken)
        return json_response(await ctx.db.read(tokens.refresh, ctx.secrets, body.refresh))


@router.post(
    "/api/token/rotate",
    tags=[TOKENS],
    summary="Replace a personal access token",
    openapi_extra={**json_body(_REFRESH, schema=RefreshToken.model_json_schema()), "security": []},
    responses={
        **example_response(_REFRESH, "The new token, shown only now."),
        **error_responses(400, 415, 429),
    },
)
async def rotate_token(request: Request, ctx: Ctx) -> Response:
    """A new personal access token in place of this one, which stops working. The token itself is the credential."""
    with _gate(request):
        body = await read_body(request, RefreshToken)
        return json_response(await ctx.db.write(tokens.rotate, ctx.secrets, body.refresh))


@router.post(
    "/api/token/blacklist",
    tags=[TOKENS],
    status_code=204,
    summary="Revoke a personal access token",
    openapi_extra=json_body(_REFRESH, schema=RefreshToken.model_json_schema()),
    responses={204: {"description": "Revoked."}, **error_responses(400, 401, 404, 415, 429)},
)
async def blacklist_token(request: Request, ctx: Ctx, actor: OptionalActor) -> Response:
    """End a personal access token: the whole token, or as its signed-in owner the part that the list shows.

    404 when it was revoked already.
    """
    with _gate(request):
        body = await read_body(request, RefreshToken)
        await ctx.db.write(tokens.blacklist, ctx.secrets, actor, body.refresh)
    return empty()


@router.get(
    "/api/jwt/settings",
    tags=[TOKENS],
    summary="Which tokens work",
    responses={**example_response(_SETTINGS, "The settings."), **error_responses(401)},
)
async def token_settings(ctx: Ctx, actor: CurrentActor) -> Response:
    """Which kinds of API tokens work in the organization."""
    return json_response(await ctx.db.read(organizations.token_settings, actor))


@router.post(
    "/api/jwt/settings",
    tags=[TOKENS],
    summary="Set which tokens work",
    openapi_extra=json_body(_SETTINGS, schema=TokenSettings.model_json_schema()),
    responses={**example_response(_SETTINGS, "The settings."), **error_responses(400, 401, 403, 415)},
)
async def set_token_settings(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Switch kinds of API tokens on or off for the organization. Owners and administrators only."""
    body = await read_body(request, TokenSettings)
    return json_response(await ctx.db.write(organizations.set_token_settings, actor, _given(body)))


@router.get(
    "/api/session-policy",
    tags=["Organizations"],
    summary="Get the session policy",
    responses={**example_response({**_POLICY, **_TIMES}, "Limits in minutes."), **error_responses(401)},
)
async def session_policy(ctx: Ctx, actor: CurrentActor) -> Response:
    """How long a sign-in lasts, and how long it may be idle, in minutes."""
    return json_response(await ctx.db.read(organizations.session_policy, actor))


@router.patch(
    "/api/session-policy",
    tags=["Organizations"],
    summary="Change the session policy",
    openapi_extra=json_body(_POLICY, schema=SessionPolicy.model_json_schema()),
    responses={
        **example_response({**_POLICY, **_TIMES}, "Limits in minutes."),
        **error_responses(400, 401, 403, 415),
    },
)
async def change_session_policy(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Change both limits, in minutes. They hold at once, for existing sessions too."""
    body = await read_body(request, SessionPolicy)
    return json_response(await ctx.db.write(organizations.set_session_policy, actor, _given(body)))


def _given(body: TokenSettings | SessionPolicy) -> dict[str, Any]:
    return body.model_dump(exclude_none=True)
