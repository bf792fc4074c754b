"""Public sample media: what sample tasks of a labeling set-up point at. The bytes come from `labelyard.samples`."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from labelyard.kit.errors import Invalid
from labelyard.samples.public import paragraphs_json, public_samples, series_csv

router = APIRouter(include_in_schema=False)

MAX_SERIES = 50
_HEADERS = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'"}
_FILES = public_samples()
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "dot": ".", "space": " "}


async def _sample(request: Request) -> Response:
    """A file that is the same for everybody; made at the first request."""
    content_type, make = _FILES[request.url.path]
    content = await run_in_threadpool(make)
    headers = {**_HEADERS, **_SANDBOX} if content_type.startswith("text/html") else _HEADERS
    return Response(content, media_type=content_type, headers=headers)


async def _paragraphs(request: Request) -> Response:
    """A dialogue; `nameKey` and `textKey` name its keys."""
    query = request.query_params
    body = paragraphs_json(query.get("nameKey", "author"), query.get("textKey", "text"))
    return Response(body, media_type="application/json", headers=_HEADERS)


async def _time_series(request: Request) -> Response:
    """Rows of waves. `time` and `values` (comma-separated) name the columns, `sep` separates them, `tf` formats times.

    Where all names are numbers, they are the places of columns without names: there is no first row with these.
    """
    query = request.query_params
    names = [name for name in query.get("values", "first,second").split(",") if name]
    given = query.get("sep", ",")
    sep = _SEPARATORS.get(given, given)
    time_format = query.get("tf", "")
    if len(names) > MAX_SERIES or len(sep) != 1 or sep in '"\r\n' or len(time_format) > 100:
        raise Invalid(f"At most {MAX_SERIES} values, a separator of one character and a short time format.")
    time = query.get("time", "time")
    named = not all(name.isdecimal() for name in (time, *names))
    body = series_csv(time, names, sep, time_format, named=named)
    return Response(body, media_type="text/csv; charset=utf-8", headers=_HEADERS)


_BY_QUERY = {"/samples/paragraphs.json": _paragraphs, "/samples/time-series.csv": _time_series}
for _path in _FILES:
    router.add_api_route(_path, _BY_QUERY.get(_path, _sample), methods=["GET"])
