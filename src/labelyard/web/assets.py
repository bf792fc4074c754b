"""Files of the built front end under `/static/`, compressed when the browser can read that."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, RedirectResponse

from labelyard.kit.errors import NotFound
from labelyard.web.frontend import Asset, FrontEnd

router = APIRouter(include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
async def static_file(request: Request, name: str) -> Response:
    """One file. Names that the build did not make do not exist, whatever is on the disk.

    Tasks made by early 0.x releases say `/static/<name>?d=<directory>` for what is `/data/<name>?d=<directory>` today.
    """
    front_end: FrontEnd = request.app.state.front_end
    asset = front_end.asset(name)
    if asset is None and "d" in request.query_params:
        return RedirectResponse(f"/data/{quote(name)}?{request.url.query}", status_code=308)
    return _serve(request, asset)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
async def favicon(request: Request) -> Response:
    """Browsers ask for it without being told to."""
    front_end: FrontEnd = request.app.state.front_end
    return _serve(request, front_end.asset("favicon.ico") or front_end.asset("favicon.svg"))


def _serve(request: Request, asset: Asset | None) -> Response:
    if asset is None:
        raise NotFound
    headers = {
        "Cache-Control": _FOR_EVER if asset.immutable else "no-cache",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    accepted = request.headers.get("accept-encoding", "")
    for encoding, path in asset.compressed.items():
        if encoding in accepted:
            return FileResponse(
                path, media_type=asset.media_type, headers={**headers, "Content-Encoding": encoding}
            )
    return FileResponse(asset.path, media_type=asset.media_type, headers=headers)
