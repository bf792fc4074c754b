"""What a route asks for: the server's context and who is calling."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from labelyard.access.operations import check_door
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Unauthenticated

# Set on `app.state` by the composition root: finds out who is asking, or raises Unauthenticated.
Authenticate = Callable[[Request], Awaitable[Actor]]


# Async, although it waits for nothing: a plain function would be sent to a thread at every request.
async def get_context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def current_actor(request: Request) -> Actor:
    actor = await _authenticated(request)
    check_door(actor, request.method, request.scope["route"].path_format)
    return actor


async def _authenticated(request: Request) -> Actor:
    authenticate: Authenticate = request.app.state.authenticate
    return await authenticate(request)


async def optional_actor(request: Request) -> Actor | None:
    try:
        return await _authenticated(request)
    except Unauthenticated:
        return None


Ctx = Annotated[Context, Depends(get_context)]
CurrentActor = Annotated[Actor, Depends(current_actor)]
OptionalActor = Annotated[Actor | None, Depends(optional_actor)]
