"""The pages: the web app, signing in, up and out (form posts, compatible with Label Studio 1.x)."""

import html
import re
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from labelyard import __version__
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, OptionalActor
from labelyard.kit.crypto import random_token, same
from labelyard.kit.errors import Forbidden, Invalid, Problem, TooManyRequests, UnsupportedMedia
from labelyard.kit.http.bodies import media_type, read_form
from labelyard.kit.http.middleware import CSRF_COOKIE, SAFE_METHODS, SESSION_COOKIE
from labelyard.settings import Settings
from labelyard.users import profiles
from labelyard.users.account_api import sign_in, visitor
from labelyard.users.sessions import NewSession, close_session
from labelyard.web.boot import script_json
from labelyard.web.frontend import FrontEnd

router = APIRouter(include_in_schema=False)

LOGIN = "/user/login/"
_YEAR = 365 * 24 * 3600
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_NOT_BUILT = """<!doctype html><html lang="en"><head><title>Labelyard</title></head><body>
<h1>The web app is not built</h1>
<p>This server runs from a source tree without its front end. Run <code>make web</code> in the tree and reload this
page, or install a released wheel, which carries it. The API works: <a href="/docs/api">/docs/api</a>.</p>%s
</body></html>"""
_APP_PATHS = (
    "/",
    "/projects",
    "/projects/{rest:path}",
    "/account",
    "/account/{rest:path}",
    "/organization",
    "/organization/{rest:path}",
)
_READ = ["GET", "HEAD"]


def _app_page(path: str) -> None:
    router.add_api_route(path, app_page, methods=_READ, include_in_schema=False)


async def app_page(request: Request, ctx: Ctx, actor: OptionalActor) -> Response:
    """The web app. Without a session: to the login page and back."""
    if actor is None:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{LOGIN}?next={quote(here, safe='/')}", 302)
    return await _page(request, ctx, actor)


for _path in _APP_PATHS:
    _app_page(_path)


# --- signing in ---------------------------------------------------------------------------------------------------


@router.api_route("/user/login", methods=_READ)
async def login_page(request: Request, ctx: Ctx, actor: OptionalActor) -> Response:
    """The login form; to the app when there is nothing to sign in to."""
    if actor is not None:
        return RedirectResponse(local_path(request.query_params.get("next")), 302)
    return await _page(request, ctx, None)


@router.post("/user/login")
async def log_in(request: Request, ctx: Ctx) -> Response:
    """Sign in; the form again with what is wrong."""
    form = await _form(request, ctx.settings)
    email = _text(form, "email") or _text(form, "username")
    target = local_path(_text(form, "next") or request.query_params.get("next"))
    try:
        session = await sign_in(request).log_in(
            email,
            _text(form, "password"),
            visitor(request),
            persistent=_text(form, "persist_session").lower() in {"on", "true", "1", "yes"},
        )
    except (Invalid, TooManyRequests) as problem:
        return await _form_again(request, ctx, problem, {"email": email, "next": target})
    return await _signed_in(request, ctx, session, target)


@router.api_route("/user/signup", methods=_READ)
async def signup_page(request: Request, ctx: Ctx, actor: OptionalActor) -> Response:
    """The sign-up form. Somebody who is signed in is asked whether to accept the invitation, or goes to the app."""
    signed_in = actor is not None and actor.via == "session"
    if signed_in and not request.query_params.get("token"):
        return RedirectResponse(local_path(request.query_params.get("next")), 302)
    return await _page(request, ctx, actor if signed_in else None)


@router.post("/user/signup")
async def sign_up(request: Request, ctx: Ctx) -> Response:
    """Make an account and sign in; the form again with what is wrong."""
    form = await _form(request, ctx.settings)
    email = _text(form, "email")
    target = local_path(request.query_params.get("next") or _text(form, "next"))
    newsletters = _text(form, "allow_newsletters").lower()
    try:
        session = await sign_in(request).sign_up(
            email,
            _text(form, "password"),
            visitor(request),
            invite_token=request.query_params.get("token") or _text(form, "token"),
            allow_newsletters=newsletters in {"on", "true", "1", "yes"} if newsletters else None,
        )
    except (Invalid, Forbidden, TooManyRequests) as problem:
        return await _form_again(request, ctx, problem, {"email": email, "next": target})
    return await _signed_in(request, ctx, session, target)


@router.api_route("/logout", methods=[*_READ, "POST"])
async def log_out(request: Request, ctx: Ctx) -> Response:
    """End the session. A link on another site cannot do it."""
    cookie = request.cookies.get(SESSION_COOKIE)
    foreign = request.method in SAFE_METHODS and request.headers.get("sec-fetch-site") in {
        "cross-site",
        "same-site",
    }
    if foreign:
        return RedirectResponse("/", 302)
    response = RedirectResponse(LOGIN, 302)
    if cookie:
        await ctx.db.write(close_session, cookie)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return response


def local_path(path: str | None) -> str:
    """`path` when it leads to a page of this server, else "/": never to another site."""
    return path if path and _LOCAL_PATH.fullmatch(path) else "/"


async def _form(request: Request, settings: Settings) -> FormData:
    """The form, with the CSRF token of the cookie repeated in it or in a header; Forbidden without."""
    if media_type(request) not in _FORMS:
        raise UnsupportedMedia("Send this as a form.")
    form = await read_form(request)
    if not settings.enforce_csrf_checks and "enforce_csrf_checks" not in request.query_params:
        return form
    kept = request.cookies.get(CSRF_COOKIE, "")
    sent = _text(form, "csrfmiddlewaretoken") or request.headers.get("x-csrftoken", "")
    if not kept or not same(kept, sent):
        raise Forbidden("CSRF check failed: reload the page, allow its cookies, and send the form again.")
    return form


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


async def _signed_in(request: Request, ctx: Context, session: NewSession, target: str) -> Response:
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await ctx.db.write(close_session, old)
    response = RedirectResponse(target, 302)
    response.set_cookie(
        SESSION_COOKIE,
        session.cookie,
        max_age=session.max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    # A new token with each sign-in: one that was planted before is worth nothing now.
    _set_csrf_cookie(request, response, random_token(32))
    return response


# --- the page -----------------------------------------------------------------------------------------------------


async def _form_again(request: Request, ctx: Context, problem: Problem, values: dict[str, str]) -> Response:
    status = 200 if problem.status == 400 else problem.status
    form = {"errors": _messages(problem), "values": values}
    return await _page(request, ctx, None, form=form, status=status, headers=problem.headers)


def _messages(problem: Problem) -> list[str]:
    if problem.validation_errors is None:
        return [problem.detail]
    return [message for messages in problem.validation_errors.values() for message in messages]


async def _page(
    request: Request,
    ctx: Context,
    actor: Actor | None,
    *,
    form: dict[str, Any] | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    front_end: FrontEnd = request.app.state.front_end
    form = form or {"errors": [], "values": {"next": local_path(request.query_params.get("next"))}}
    invitation = request.query_params.get("token", "")
    known = await ctx.db.read(profiles.boot, ctx.settings, actor, invitation)
    boot = script_json({**known, "form": form, "version": __version__})
    page = front_end.page(boot)
    if page is None:
        errors = "".join(f"<p>{html.escape(message)}</p>" for message in form["errors"])
        page, status = _NOT_BUILT % errors, 503 if status == 200 else status
    # The page carries who is signed in: no cache may keep it.
    response = HTMLResponse(page, status, headers={"Cache-Control": "no-store", **(headers or {})})
    if CSRF_COOKIE not in request.cookies:
        _set_csrf_cookie(request, response, random_token(32))
    return response


def _set_csrf_cookie(request: Request, response: Response, token: str) -> None:
    """Readable by the web app, which repeats it in `X-CSRFToken`."""
    response.set_cookie(
        CSRF_COOKIE, token, max_age=_YEAR, path="/", samesite="lax", secure=request.url.scheme == "https"
    )
