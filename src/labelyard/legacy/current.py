"""The project that a request of the 0.x dialect is about: its paths name none."""

from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import NotFound
from labelyard.legacy import storages
from labelyard.projects import service as projects

COOKIE = "labelyard_project"
MAX_ID = 2**63 - 1
_DIGITS = 18


def find(conn: Connection, actor: Actor, asked: int | None, chosen: str | None, title: str) -> int:
    """The id of the current project.

    `asked`: the id that the request names; NotFound when the caller cannot see it. Else the one that the session
    switched to (`chosen`, from its cookie), else the one that the server was started for (`title`), else the oldest.
    """
    if asked is not None:
        return int(projects.get(conn, actor, asked).id)
    if chosen and chosen.isascii() and chosen.isdigit() and len(chosen) <= _DIGITS:
        try:
            return int(projects.get(conn, actor, int(chosen)).id)
        except NotFound:
            pass  # deleted, or no longer for the caller
    row = projects.named(conn, actor, title) if title else None
    row = row or projects.first(conn, actor)
    if row is None:
        raise NotFound("There is no project yet. Make one first: POST /api/project?new=1&desc=Title.")
    return int(row.id)


async def current_project(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None,
        Query(ge=1, le=MAX_ID, description="Id of a project, in place of the current one.", examples=[3]),
    ] = None,
) -> int:
    """The current project's id, for a route."""
    chosen = request.cookies.get(COOKIE)
    found = await ctx.db.read(find, actor, project, chosen, ctx.settings.current_project)
    await storages.look(ctx, found)
    return found


CurrentProject = Annotated[int, Depends(current_project)]
