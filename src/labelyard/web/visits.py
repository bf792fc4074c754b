"""The door of a server of many sessions: who comes without a cookie is given one, and a private project with it."""

import shutil

from fastapi import Request
from sqlalchemy import Connection
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Forbidden, NoSpace, Unauthenticated
from labelyard.kit.http.middleware import SAFE_METHODS
from labelyard.kit.ratelimit import AttemptLimit
from labelyard.users import service as users
from labelyard.users.limits import refuse_after
from labelyard.users.sessions import NewSession
from labelyard.visitors import service as visitors

# Not the cookie of people who sign in: scripts of 0.x keep cookies but know no CSRF token. Browsers tell where an unsafe
# request comes from, and this cookie is not sent with those of other sites.
COOKIE = "labelyard_visitor"
_KEY = "labelyard.visit"
_LEAST_FREE = 1 << 30  # bytes on the disk, below which nothing is taken in
# What has a server call others, or gives a way in beside the cookie, is not for people nobody knows.
_CLOSED = (
    "/api/webhooks", "/api/ml", "/api/models/train", "/api/train", "/api/storages", "/api/project/storage-settings", "/api/token",
    "/api/current-user/reset-token", "/api/invite", "/api/users", "/api/jwt",
)  # fmt: skip


class Visits:
    """Finds out who sends a request, as `Authenticator` does. One object per server."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._arrivals = AttemptLimit(free=30, pause=2.0)

    async def __call__(self, request: Request) -> Actor:
        """The visitor of the cookie, or a new one. TooManyRequests for an address that keeps coming without it."""
        known: Actor | None = request.scope.get(_KEY, (None, ""))[0]
        actor = known or await self._known(request) or await self._new(request)
        if request.method not in SAFE_METHODS:
            await self._check(request)
        return actor

    async def _known(self, request: Request) -> Actor | None:
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        context = self.context
        try:
            found = await context.db.look_up(
                users.identify, context.secrets, context.settings, session=cookie, token=None, bearer=None
            )
        except Unauthenticated:
            return None
        if found.touch:
            await context.db.write(users.note_activity, found.actor)
        return found.actor

    async def _new(self, request: Request) -> Actor:
        context, settings = self.context, self.context.settings
        address = request.client.host if request.client else ""
        refuse_after(self._arrivals.attempt(address))
        self._check_disk()

        def welcome(conn: Connection) -> tuple[Actor, NewSession]:
            return visitors.welcome(
                conn,
                visitors.address_key(context.secrets, address),
                request.headers.get("user-agent", ""),
                label_config=settings.initial_label_config,
                description=settings.initial_project_description,
            )

        actor, session = await context.db.write(welcome)
        secure = request.url.scheme == "https"
        carrier = Response()
        carrier.set_cookie(
            COOKIE,
            session.cookie,
            max_age=session.max_age,
            path="/",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        request.scope[_KEY] = (actor, carrier.headers["set-cookie"])
        return actor

    async def _check(self, request: Request) -> None:
        if request.url.path.startswith(_CLOSED):
            raise Forbidden("Visitors of this server cannot do that.")
        self._check_disk()

    def _check_disk(self) -> None:
        if shutil.disk_usage(self.context.settings.data_dir).free < _LEAST_FREE:
            raise NoSpace("The server's disk is nearly full.")


class VisitCookie:
    """Sends the cookie of a new visitor with whatever is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _KEY in scope:
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", scope[_KEY][1])
                headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_cookie)
