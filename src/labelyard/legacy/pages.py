"""Where the pages of 0.x went: links and bookmarks lead to the page of the current project that does the same."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from labelyard.deps import Ctx, OptionalActor
from labelyard.kit.errors import NotFound
from labelyard.legacy.current import COOKIE, find

router = APIRouter(include_in_schema=False)

# Page of 0.x → page of a project.
_PAGES = {
    "/welcome": "data",
    "/tasks": "data",
    "/setup": "settings",
    "/import": "import",
    "/export": "export",
    "/model": "settings",
}


async def moved(request: Request, ctx: Ctx, actor: OptionalActor) -> Response:
    """On to the page; first to the login page, or to making a project, where that has to be done first."""
    if actor is None:
        return RedirectResponse(f"/user/login/?next={quote(request.url.path, safe='/')}", 302)
    chosen = request.cookies.get(COOKIE)
    try:
        project_id = await ctx.db.read(find, actor, None, chosen, ctx.settings.current_project)
    except NotFound:
        return RedirectResponse("/projects/new", 302)
    return RedirectResponse(f"/projects/{project_id}/{_PAGES[request.url.path]}", 302)


for _path in _PAGES:
    router.add_api_route(_path, moved, methods=["GET", "HEAD"])
