"""What a route asks for: the server's context and who is calling."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from starlette.responses import Response

from labelyard.access.operations import check_door
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.errors import Unauthenticated

# Set on `app.state` by the composition root: finds out who is asking, or raises Unauthenticated.
Authenticate = Callable[[Request], Awaitable[Actor]]


# Set on `app.state` too: what the dialect of 0.x does with requests whose paths 1.x has as well.
Answer = Callable[[Request, Context, Actor], Awaitable[Response]]


class OlderDialect(Protocol):
    """`completions_of` a task of 1.x are the key that 0.x has of its annotations. `list_tasks` answers `GET /api/tasks` of a client that names no project, `rewrite` a `PATCH` of a task in the
    words of 0.x."""

    completions_of: Callable[[Mapping[str, Any]], dict[str, Any]]
    list_tasks: Answer
    rewrite: Callable[[Request, Context, Actor, int], Awaitable[Response]]


def older_dialect(request: Request) -> OlderDialect:
    dialect: OlderDialect = request.app.state.older_dialect
    return dialect


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
