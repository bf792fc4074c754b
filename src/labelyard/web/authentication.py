"""From a request's headers to the actor behind it."""

from fastapi import Request

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.db.database import Database
from labelyard.kit.http.middleware import SESSION_COOKIE
from labelyard.settings import Settings
from labelyard.users import service


class Authenticator:
    """Finds out who sends a request. A token in the headers counts before a cookie."""

    def __init__(self, context: Context) -> None:
        self.context = context

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
        )
        if identity.touch:
            await self.context.db.write(service.note_activity, identity.actor)
        return identity.actor


def _tokens(request: Request) -> tuple[str | None, str | None]:
    """Legacy token and access token of the headers; another scheme (`Basic` of a proxy) is not ours."""
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
        self._over = not (settings.local_mode and settings.is_loopback)

    async def __call__(self) -> bool:
        if self._over or self.db is None:
            return False
        self._over = not await self.db.look_up(service.is_local, self.settings)
        return not self._over
