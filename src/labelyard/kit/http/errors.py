"""The error envelope: the one shape of every error of the API (compatible with Label Studio 1.x).

`{"id", "status_code", "version", "detail", "exc_info": null}`, and `validation_errors` only beside the detail
"Validation error". The id is that of the request. Nothing of an unexpected exception leaves the server but the id under
which it was logged, unless the operator asked for tracebacks.
"""

import traceback
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelyard import __version__
from labelyard.kit.errors import Problem
from labelyard.kit.http.responses import json_response
from labelyard.kit.log import Logger, request_id

log = Logger(__name__)

INTERNAL = "The server could not carry out this request. Give the id of this answer to whoever runs it."
_MAX_LIST = 1000  # a longer list of per-item errors would mostly be empty entries


def envelope(
    status: int,
    detail: str,
    *,
    validation_errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    error_id: str | None = None,
) -> Response:
    """An error answer in the documented shape."""
    body = envelope_body(status, detail, validation_errors=validation_errors, error_id=error_id)
    return json_response(body, status, headers)


def envelope_body(
    status: int,
    detail: str,
    *,
    validation_errors: Mapping[str, Any] | None = None,
    error_id: str | None = None,
    exc_info: str | None = None,
) -> dict[str, Any]:
    """The documented shape of an error. Its id is that of the request, unless another is given."""
    body: dict[str, Any] = {
        "id": error_id or request_id.get() or str(uuid.uuid4()),
        "status_code": status,
        "version": __version__,
        "detail": detail,
        "exc_info": exc_info,
    }
    if validation_errors is not None:
        body["validation_errors"] = validation_errors
    return body


def problem_response(problem: Problem) -> Response:
    """The answer that tells of `problem`."""
    headers = problem.headers
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Token", **headers}
    return envelope(
        problem.status, problem.detail, validation_errors=problem.validation_errors, headers=headers
    )


def nested_errors(errors: Sequence[Any], *, skip: int = 0) -> dict[str, Any]:
    """pydantic's flat error list → messages nested like the body.

    `skip` leaves out the first parts of every location. A list of objects becomes a list with `{}` for the good
    ones; an error of the whole body goes under `non_field_errors`.
    """
    root: dict[str, Any] = {}
    for error in errors:
        path = [part for part in error["loc"][skip:] if not _is_type_tag(part)]
        _put(root, path or ["non_field_errors"], _message(error))
    return root


def _is_type_tag(part: Any) -> bool:
    """pydantic puts names of union members (`function-before[...]`, `list[int]`) between the keys."""
    return isinstance(part, str) and any(mark in part for mark in "[]()")


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "This field is required."
    text = str(error["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


def _put(root: dict[str, Any], path: Sequence[str | int], message: str) -> None:
    node: Any = root
    for place, part in enumerate(path):
        last = place == len(path) - 1
        following = None if last else path[place + 1]
        listed = isinstance(following, int) and following < _MAX_LIST
        fresh: Any = [] if last or listed else {}
        if isinstance(node, list):
            while len(node) <= int(part):
                node.append({})
            place_in_list = int(part)
            if not node[place_in_list] or not isinstance(node[place_in_list], type(fresh)):
                node[place_in_list] = fresh
            node = node[place_in_list]
        else:
            key = str(part)
            if not isinstance(node.get(key), type(fresh)):
                node[key] = fresh
            node = node[key]
    node.append(message)


async def _on_problem(_request: Request, error: Problem) -> Response:
    return problem_response(error)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _not_allowed(_methods(request))
    detail = str(error.detail)
    if detail == HTTPStatus(error.status_code).phrase:
        detail = _WORDS.get(error.status_code, f"{detail}.")
    return envelope(error.status_code, detail, headers=error.headers)


def _methods(request: Request, *, literally: bool = False) -> list[str]:
    """The methods of the routes that are spelled like the path of a request, else of all that match it.

    `literally`: of the first only.
    """
    routes = [each for each in request.app.routes if isinstance(each, Route) and each.methods]
    found = [each for each in routes if each.path == request.url.path]
    if not found and not literally:
        found = [each for each in routes if each.matches(request.scope)[0] != Match.NONE]
    return sorted({method for each in found for method in each.methods or ()})


def _not_allowed(methods: Sequence[str]) -> Response:
    return envelope(405, _WORDS[405], headers={"Allow": ", ".join(methods)})


_WORDS = {
    404: "Not found.",
    405: "This method is not allowed here.",
}


async def _on_out_of_range(request: Request, error: Exception) -> Response:
    """A number or text that no column can hold: the last net under the checks of the fields."""
    log.warning("value_out_of_range", path=request.url.path, error=type(error).__name__)
    # The driver of PostgreSQL says it so; no other text is refused by an engine.
    has_nul = "NUL (0x00)" in str(getattr(error, "orig", ""))
    message = "Null characters are not allowed." if has_nul else "A number in the request is out of range."
    return envelope(400, "Validation error", validation_errors={"non_field_errors": [message]})


async def _on_validation(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    path_errors = [each for each in found if each["loc"][0] == "path"]
    if path_errors:
        # `/projects/counts` with a method that it does not have came here as the project "counts".
        methods = _methods(request, literally=True)
        if methods and request.method not in methods:
            return _not_allowed(methods)
        # An id that is no number names no object.
        return envelope(404, "Not found.")
    broken = next((each for each in found if each["type"] == "json_invalid"), None)
    if broken is not None:
        reason = (broken.get("ctx") or {}).get("error", "broken")
        message = f"The body is not valid JSON: {reason} at character {broken['loc'][-1]}."
        return envelope(400, "Validation error", validation_errors={"non_field_errors": [message]})
    return envelope(400, "Validation error", validation_errors=nested_errors(found, skip=1))


def install_error_handlers(app: FastAPI) -> None:
    """Give every error of the app the envelope."""
    app.add_exception_handler(Problem, _on_problem)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http_exception)  # type: ignore[arg-type]
    # SQLite's driver raises the first for an integer beyond 64 bits, PostgreSQL's the second.
    app.add_exception_handler(OverflowError, _on_out_of_range)
    app.add_exception_handler(DataError, _on_out_of_range)
    app.add_exception_handler(RequestValidationError, _on_validation)  # type: ignore[arg-type]


class CatchUnexpected:
    """A bug becomes a logged id and a 500 without details: a traceback only where the operator asked for `details`."""

    def __init__(self, app: ASGIApp, details: bool = False) -> None:
        self.app = app
        self.details = details

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Problem as problem:
            if started:
                raise
            await problem_response(problem)(scope, receive, send)
        except Exception as error:
            error_id = request_id.get() or str(uuid.uuid4())
            trace = "".join(traceback.format_exception(error))
            log.error(
                "unexpected_error",
                error_id=error_id,
                method=scope["method"],
                path=scope["path"],
                # As plain text: a log processor that prints local variables would print secrets.
                traceback=trace,
            )
            if started:
                # Half an answer is out; closing the connection is all that tells the client it is not whole.
                raise
            detail, exc_info = (str(error) or INTERNAL, trace) if self.details else (INTERNAL, None)
            body = envelope_body(500, detail, error_id=error_id, exc_info=exc_info)
            await json_response(body, 500)(scope, receive, send)
