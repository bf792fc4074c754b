"""Bodies of requests: JSON, `application/x-www-form-urlencoded` or `multipart/form-data` into a model."""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile

from labelyard.kit.errors import BadRequest, Invalid, UnsupportedMedia
from labelyard.kit.http.errors import nested_errors

M = TypeVar("M", bound=BaseModel)
S = TypeVar("S")

MAX_DEPTH = 100  # levels of nested lists and objects in a JSON body
MAX_FORM_FIELDS = 1000
MAX_FORM_VALUE = 16 * 1024 * 1024  # bytes of one form field
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_LEAST, _MOST = -(2**63), 2**63 - 1
RANGE_MESSAGE = "The number is out of range."
NUL_MESSAGE = "Null characters are not allowed."


def media_type(request: Request) -> str:
    """The content type without parameters, lower case; "" when there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def check_depth(body: bytes, limit: int = MAX_DEPTH) -> None:
    """Invalid when JSON text nests deeper than `limit` levels."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return
    depth = 0
    for match in _TOKEN.finditer(body):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > limit:
                raise Invalid(f"The JSON is nested deeper than {limit} levels (at byte {match.start()}).")
        elif mark in (b"]", b"}"):
            depth -= 1


async def read_json_bytes(request: Request) -> bytes:
    """The JSON text of the body: UTF-8 and not too deep, but not parsed. 415 for another content type."""
    kind = media_type(request)
    body = await request.body()
    if body and not is_json(kind):
        raise UnsupportedMedia(_unsupported(kind))
    try:
        body.decode()
    except UnicodeDecodeError as error:
        # Said here, because fields that nobody asked for are skipped without a look at their texts.
        raise Invalid(f"The body is not valid JSON: not UTF-8 at byte {error.start}.") from None
    check_depth(body)
    return body


async def read_struct(request: Request, kind: type[S]) -> S:
    """A JSON body into a msgspec type; its `msgspec.Raw` fields keep the text as it was sent."""
    body = await read_json_bytes(request)
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise Invalid(_struct_errors(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error


_STRUCT_PATH = re.compile(r"(?P<text>.*?) - at `\$\.?(?P<path>.*)`$", re.DOTALL)
_STRUCT_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def _struct_errors(text: str) -> dict[str, Any]:
    found = _STRUCT_PATH.match(text)
    message, path = (found["text"], found["path"]) if found else (text, "")
    missing = _STRUCT_MISSING.match(message)
    if missing:
        prefix = f"{path}." if path else ""
        return {prefix + missing["name"]: ["This field is required."]}
    return {path or "non_field_errors": [f"{message}."]}


async def read_body(request: Request, model: type[M]) -> M:
    """The body as `model`. An empty body is an empty object. 415 for any other content type, 400 for bad values."""
    kind = media_type(request)
    if kind in _FORMS:
        form = await read_form(request)
        return _validate_form(model, form)
    values = parse_json(await read_json_bytes(request))
    return validate(model, values)


def parse_json(body: bytes) -> Any:
    """Python values of JSON text; {} for none. Invalid when it is no JSON."""
    if not body.strip():
        return {}
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error


def validate(model: type[M], values: Any) -> M:
    """`values` as `model`; Invalid names each field, and refuses NUL characters, which no database text can hold."""
    if not isinstance(values, dict):
        raise Invalid(f"Expected a JSON object, got {_kind_name(values)}.")
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        raise Invalid(nested_errors(error.errors(include_url=False, include_input=False))) from error
    broken = {name: [NUL_MESSAGE] for name, value in made if _has_nul(value)}
    broken.update({name: [RANGE_MESSAGE] for name, value in made if _is_out_of_range(value)})
    if broken:
        raise Invalid(broken)
    return made


async def read_form(request: Request) -> FormData:
    """The form of a urlencoded or multipart body, files in it closed unread. 400 when it cannot be parsed."""
    form = await _parse_form(request)
    await form.close()
    return form


async def read_file(request: Request, limit: int) -> bytes | None:
    """The first file of a multipart body, at most `limit` + 1 bytes of it; None without one. 415 for other bodies."""
    if media_type(request) != "multipart/form-data":
        raise UnsupportedMedia("Send the file as multipart/form-data.")
    form = await _parse_form(request)
    try:
        for _, value in form.multi_items():
            if isinstance(value, UploadFile):
                return await value.read(limit + 1)
        return None
    finally:
        await form.close()


async def _parse_form(request: Request) -> FormData:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary") if kind == b"multipart/form-data" else None
    # The parser below takes a body that was cut off for a whole one.
    if boundary and b"--" + boundary + b"--" not in await request.body():
        raise BadRequest("The multipart body ends too early: its closing boundary is missing.")
    return await request.form(
        max_files=MAX_FORM_FIELDS, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_FORM_VALUE
    )


def _validate_form(model: type[M], form: FormData) -> M:
    values: dict[str, Any] = {}
    for key in form:
        every = [value for value in form.getlist(key) if not isinstance(value, UploadFile)]
        if every:
            values[key] = every[0] if len(every) == 1 else every
    try:
        model.model_validate(values)
    except ValidationError as error:
        # A form has only texts: where the model wants a list or an object, the text may be its JSON, or the only item.
        for each in error.errors(include_url=False, include_input=False):
            name = each["loc"][0] if each["loc"] else None
            value = values.get(str(name))
            if isinstance(value, str) and value[:1] in {"[", "{"}:
                check_depth(value.encode())
                try:
                    values[str(name)] = json.loads(value)
                except ValueError:
                    continue
            elif value and isinstance(value, str) and each["type"] == "list_type":
                values[str(name)] = [value]
    return validate(model, values)


def _is_out_of_range(value: Any) -> bool:
    """An integer, or one in a list, beyond 64 bits. Objects may hold any: they are stored as text."""
    numbers = value if isinstance(value, list) else [value]
    return any(isinstance(number, int) and not _LEAST <= number <= _MOST for number in numbers)


def _has_nul(value: Any) -> bool:
    return any("\x00" in text for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            stack.extend(each.keys())
            stack.extend(each.values())
        elif isinstance(each, list | tuple):
            stack.extend(each)
        elif isinstance(each, BaseModel):
            stack.extend(value for _, value in each)


def _kind_name(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _unsupported(kind: str) -> str:
    sent = f'"{kind}"' if kind else "no content type"
    return f"Unsupported media type: {sent}. Send application/json, or a form."
