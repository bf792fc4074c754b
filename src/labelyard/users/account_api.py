"""The own account over HTTP: hotkeys, sessions, password; and pictures of people."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response

from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Invalid, NotFound
from labelyard.kit.http.bodies import read_body, read_file
from labelyard.kit.http.errors import envelope_body
from labelyard.kit.http.openapi import error_responses, example_response, file_body, json_body
from labelyard.kit.http.responses import empty, json_response
from labelyard.users import avatars, hotkeys, sessions
from labelyard.users.schemas import Hotkeys, NewPassword, SignedIn
from labelyard.users.sessions import SignIn, Visitor

router = APIRouter()
USERS = "Users"

_HOTKEYS = {"custom_hotkeys": {"annotation:submit": {"key": "ctrl+enter", "active": True}}}
_SESSION = {
    "id": "9f86d081884c7d65",
    "created_at": "2026-11-20T09:00:00.000000Z",
    "last_seen_at": "2026-11-22T03:58:35.824760Z",
    "persistent": True,
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "current": True,
}
_PICTURE = {"id": 7, "email": "sam@example.org", "avatar": "/data/avatars/7-5a0c….png"}
_POLICY = "sandbox; default-src 'none'"


def visitor(request: Request) -> Visitor:
    """Where a request comes from."""
    address = request.client.host if request.client else ""
    return Visitor(address, request.headers.get("user-agent", ""))


def sign_in(request: Request) -> SignIn:
    made: SignIn = request.app.state.sign_in
    return made


@router.get(
    "/api/current-user/hotkeys",
    tags=[USERS],
    summary="Get the own hotkeys",
    responses={**example_response(_HOTKEYS, "The hotkeys."), **error_responses(401)},
)
async def get_hotkeys(ctx: Ctx, actor: CurrentActor) -> Response:
    """The keys that the caller has set."""
    return json_response(await ctx.db.read(hotkeys.read, actor))


@router.patch(
    "/api/current-user/hotkeys",
    tags=[USERS],
    summary="Set the own hotkeys",
    openapi_extra=json_body(_HOTKEYS, schema=Hotkeys.model_json_schema()),
    responses={**example_response(_HOTKEYS, "The hotkeys."), **error_responses(400, 401, 415)},
)
async def set_hotkeys(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Replace the own hotkeys. A 400 names each that is wrong, under `details` too, as clients of 1.x expect."""
    try:
        body = await read_body(request, Hotkeys)
        hotkeys.check(body.custom_hotkeys)
    except Invalid as problem:
        body_of_400 = envelope_body(400, problem.detail, validation_errors=problem.errors)
        return json_response({**body_of_400, "error": problem.detail, "details": problem.errors}, 400)
    return json_response(await ctx.db.write(hotkeys.change, actor, body.custom_hotkeys))


# --- sessions and password ----------------------------------------------------------------------------------------


@router.get(
    "/api/current-user/sessions",
    tags=[USERS],
    summary="List the own sessions",
    response_model=list[SignedIn],
    responses={**example_response([_SESSION], "The sessions, the last used first."), **error_responses(401)},
)
async def list_sessions(ctx: Ctx, actor: CurrentActor) -> Response:
    """Where the caller is signed in with a browser. API tokens have no sessions."""
    return json_response(await ctx.db.read(sessions.list_sessions, actor))


@router.delete(
    "/api/current-user/sessions",
    tags=[USERS],
    status_code=204,
    summary="End the other sessions",
    responses={204: {"description": "Only the session that asked is left."}, **error_responses(401)},
)
async def end_other_sessions(ctx: Ctx, actor: CurrentActor) -> Response:
    """Sign the caller out everywhere but here. Asked with a token, it ends all."""
    await ctx.db.write(sessions.end_other_sessions, actor)
    return empty()


@router.delete(
    "/api/current-user/sessions/{session_id}",
    tags=[USERS],
    status_code=204,
    summary="End an own session",
    responses={204: {"description": "The session is over."}, **error_responses(401, 404)},
)
async def end_session(
    ctx: Ctx, actor: CurrentActor, session_id: Annotated[str, Path(description="Id of the list.")]
) -> Response:
    """Sign the caller out in one place."""
    await ctx.db.write(sessions.end_session, actor, session_id)
    return empty()


@router.post(
    "/api/current-user/password",
    tags=[USERS],
    status_code=204,
    summary="Change the own password",
    openapi_extra=json_body(
        {"current_password": "the old one", "new_password": "a longer new one"},
        schema=NewPassword.model_json_schema(),
    ),
    responses={
        204: {"description": "Changed; all other sessions are over."},
        **error_responses(400, 401, 403, 415, 429),
    },
)
async def change_password(request: Request, actor: CurrentActor) -> Response:
    """Set another password, knowing the current one. All other sessions end; tokens stay, revoke them by themselves."""
    body = await read_body(request, NewPassword)
    gate = sign_in(request)
    await gate.change_password(actor, body.current_password, body.new_password, visitor(request))
    return empty()


# --- pictures -----------------------------------------------------------------------------------------------------


@router.post(
    "/api/users/{user_id}/avatar",
    tags=[USERS],
    summary="Set a user's picture",
    openapi_extra=file_body("avatar"),
    responses={**example_response(_PICTURE, "The user."), **error_responses(400, 401, 403, 404, 413, 415)},
)
async def set_avatar(request: Request, ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    """A PNG, JPEG, GIF or WebP image of at most 1 MiB; the own, or as an administrator another's."""
    await ctx.db.read(avatars.check_may, actor, user_id)
    data = await read_file(request, avatars.MAX_BYTES)
    if data is None:
        raise Invalid({"avatar": ["This field is required."]})
    key = avatars.new_key(user_id, avatars.suffix_of(data))
    await to_thread.run_sync(ctx.objects.put_bytes, key, data)
    try:
        shown, before = await ctx.db.write(avatars.replace, actor, user_id, key)
    except BaseException:
        ctx.objects.delete(key)
        raise
    if before is not None:
        await to_thread.run_sync(ctx.objects.delete, before)
    return json_response(shown)


@router.delete(
    "/api/users/{user_id}/avatar",
    tags=[USERS],
    status_code=204,
    summary="Delete a user's picture",
    responses={204: {"description": "The user has no picture."}, **error_responses(401, 403, 404)},
)
async def delete_avatar(ctx: Ctx, actor: CurrentActor, user_id: int) -> Response:
    """Forget the picture; the own, or as an administrator another's."""
    _, before = await ctx.db.write(avatars.replace, actor, user_id, None)
    if before is not None:
        await to_thread.run_sync(ctx.objects.delete, before)
    return empty()


_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {"example": "(bytes)"}}}
}


@router.get(
    "/data/avatars/{name}",
    tags=[USERS],
    summary="Download a user's picture",
    responses={**_PICTURES, **error_responses(401, 404)},
)
async def download_avatar(
    ctx: Ctx, actor: CurrentActor, name: Annotated[str, Path(description="As in `avatar` of a user.")]
) -> Response:
    """The picture of somebody in the organization."""
    key = await ctx.db.read(avatars.key_for, actor, name)
    try:
        data = await to_thread.run_sync(lambda: ctx.objects.path(key).read_bytes())
    except OSError:
        raise NotFound from None
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400",
    }
    return Response(data, headers=headers, media_type=avatars.content_type(name))
