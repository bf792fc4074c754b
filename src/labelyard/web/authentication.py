"""From a request's headers to the actor behind it."""

import base64
import binascii

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.crypto import same
from labelyard.kit.db.database import Database
from labelyard.kit.errors import Problem, Unauthenticated
from labelyard.kit.http.errors import problem_response
from labelyard.kit.http.middleware import SESSION_COOKIE
from labelyard.kit.ratelimit import AttemptLimit
from labelyard.settings import Settings
from labelyard.users import service
from labelyard.users.limits import refuse_after

_FREE_ATTEMPTS = 30  # wrong passwords from one address before it has to wait
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Login Required", charset="UTF-8"'}


class Authenticator:
    """Finds out who sends a request. A token in the headers counts before a cookie."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.passwords = PasswordOfSettings(context.settings)

    async def __call__(self, request: Request) -> Actor:
        """The actor. Unauthenticated without valid credentials, unless the server is in local mode."""
        token, bearer = _tokens(request)
        identity = await self.context.db.look_up(
            service.identify,
            self.context.secrets,
            self.context.settings,
            session=request.cookies.get(SESSION_COOKIE),
            token=token,
            bearer=bearer,
            named=self.passwords.name_of(request),
        )
        if identity.touch:
            await self.context.db.write(service.note_activity, identity.actor)
        return identity.actor


class PasswordOfSettings:
    """HTTP Basic authentication (RFC 7617) with the one user name and password of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.basic_auth
        self._name = settings.username
        self._password = settings.password
        self._by_address = AttemptLimit(free=_FREE_ATTEMPTS)

    def name_of(self, request: Request) -> str | None:
        """The user name when the request carries it with the right password; None when it carries none.

        Unauthenticated for wrong ones, TooManyRequests after many of them.
        """
        sent = request.headers.get("authorization", "") if self._on else ""
        scheme, _, value = sent.partition(" ")
        if scheme.lower() != "basic":
            return None
        address = request.client.host if request.client else ""
        # A good request forgives its own attempt, so that only wrong ones add up; none is let through while waiting.
        refuse_after(self._by_address.attempt(address))
        name, password = _name_and_password(value)
        # Both are compared whatever the first says, so that the time tells nothing of either.
        good = same(name, self._name) & same(password, self._password)
        if not good:
            raise Unauthenticated("The user name or the password is wrong.")
        self._by_address.forgive(address)
        return name


def _name_and_password(value: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, password = text.partition(":")
    return name, password


class Gate:
    """401 for every request without valid credentials, as servers of 0.x with a password do.

    Open are: the files of the web app, which hold nothing of the user; `/health`; and the exchange of a personal access
    token, which is a credential in the body.
    """

    _OPEN = frozenset({"/favicon.ico", "/health", "/api/token/refresh"})

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await request.app.state.authenticate(request)
        except Unauthenticated as problem:
            problem.headers.update(_CHALLENGE)
            await problem_response(problem)(scope, receive, send)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        path: str = scope["path"]
        # With a query `/static/…` may be a file of a project (`?d=`).
        return path in self._OPEN or (path.startswith("/static/") and not scope["query_string"])


def _tokens(request: Request) -> tuple[str | None, str | None]:
    """Legacy token and access token of the headers; another scheme is none of ours, or `Basic`."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "token":
            return value.strip(), None
        case "bearer":
            return None, value.strip()
    return request.headers.get("x-api-key"), None


class LocalMode:
    """Whether the server is in local mode now. It ends for good with the first account, so that is remembered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.db: Database | None = None
        self._over = not settings.may_be_local

    async def __call__(self) -> bool:
        if self._over or self.db is None:
            return False
        self._over = not await self.db.look_up(service.is_local, self.settings)
        return not self._over
