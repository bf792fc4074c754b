"""Words for the API description that every slice uses."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_EXAMPLE_ID = "3f2b8c1e-6a0d-4f59-9d0b-7a41c2f7a9be"
_DETAILS = {
    400: "Validation error",
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    405: "This method is not allowed here.",
    408: "No data came for 30 seconds.",
    409: "The object is not in a state that allows this.",
    412: "This server speaks version 1.0.0 of the protocol.",
    413: "The body is larger than the limit of 16777216 bytes.",
    415: 'Unsupported media type: "text/plain". Send application/json, or a form.',
    423: "Another request works on this object. Try again when it is done.",
    417: "Send the config in label_config.",
    422: "This key belongs to another request.",
    429: "Too many attempts. Try again in 60 seconds.",
    501: "This is not supported by this release.",
    507: "The server has not enough disk space.",
}
_MEANINGS = {
    400: "The request is wrong; `validation_errors` names each field.",
    401: "No credentials, or credentials that do not hold.",
    403: "Not allowed for this user, or a cross-site request.",
    404: "No such object for this user.",
    405: "The method is not allowed here.",
    408: "The client stopped sending in the middle of the body.",
    409: "The state of the object does not allow this now.",
    412: "A condition or version that the request asks for does not hold.",
    413: "The body is over the limit that the detail names.",
    415: "A content type that is not read here.",
    423: "Another request works on the object right now.",
    417: "A field that has to be there is missing.",
    422: "The request contradicts an earlier one, or asks for something that there is not.",
    429: "Too many attempts, or too many objects at once; `Retry-After` may tell when to try again.",
    501: "Not supported by this release.",
    507: "The server's disk is full.",
}


class ErrorEnvelope(BaseModel):
    """Every error of the API."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _EXAMPLE_ID,
                "status_code": 404,
                "version": "1.0.0",
                "detail": "Not found.",
                "exc_info": None,
            }
        }
    )

    id: str = Field(description="Id of the request, as in `X-Request-ID`; the server's log has it too.")
    status_code: int
    version: str = Field(description="Release of the server.")
    detail: str = Field(description='What is wrong; "Validation error" when `validation_errors` tells.')
    exc_info: str | None = Field(None, description="Traceback, on servers that are set to show it.")
    validation_errors: dict[str, Any] | None = Field(
        None, description="Field → messages, nested like the body; `non_field_errors` for the whole."
    )


def _example(status: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": _EXAMPLE_ID,
        "status_code": status,
        "version": "1.0.0",
        "detail": _DETAILS[status],
        "exc_info": None,
    }
    if status == 400:
        body["validation_errors"] = {"title": ["This field is required."]}
    return body


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: these error statuses, in the envelope, with examples."""
    return {
        status: {
            "model": ErrorEnvelope,
            "description": _MEANINGS[status],
            "content": {"application/json": {"example": _example(status)}},
        }
        for status in statuses
    }


def example_response(
    example: Any, description: str = "Done.", status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that answers prepared bytes: one example of the JSON."""
    return {status: {"description": description, "content": {"application/json": {"example": example}}}}


def json_body(example: Any, *, schema: dict[str, Any] | None = None, required: bool = True) -> dict[str, Any]:
    """`openapi_extra=` of a route that reads its body by itself: JSON or a form of this schema.

    An object of which no field is required may be left out.
    """
    shape = _with_definitions_inlined(schema) if schema else {"type": "object"}
    if shape.get("type", "object") == "object" and not shape.get("required"):
        required = False
    content = {"application/json": {"schema": shape, "example": example}}
    if shape.get("type", "object") == "object":
        content["application/x-www-form-urlencoded"] = {"schema": as_form(shape), "example": example}
    return {"requestBody": {"required": required, "content": content}}


def requiring(schema: dict[str, Any], *names: str) -> dict[str, Any]:
    """The schema of an object with fields that this operation needs, which others of its model leave out.

    An empty text is as good as none.
    """
    fields = {
        name: _filled(_without_null(each)) if name in names else each
        for name, each in schema["properties"].items()
    }
    return {**schema, "properties": fields, "required": [*schema.get("required", ()), *names]}


def as_form(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object as the fields of a form, which can be left out but not be null."""
    fields = {name: _without_null(each) for name, each in shape.get("properties", {}).items()}
    return {**shape, "properties": fields} if fields else dict(shape)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    rest = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if not rest or len(rest) == len(schema["anyOf"]):
        return schema
    return {**schema, "anyOf": rest}


def _filled(schema: dict[str, Any]) -> dict[str, Any]:
    schema = {key: each for key, each in schema.items() if key != "default"}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_filled(each) for each in schema["anyOf"]]}
    return {"minLength": 1, **schema} if schema.get("type") == "string" else schema


def json_only(example: Any, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra=` of a route that reads a JSON body of this schema, and no form."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": required, "content": content}}


def file_body(field: str, *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra=` of a route that reads one file of a multipart body."""
    shape = {"type": "object", "properties": {field: {"type": "string", "format": "binary"}}}
    content = {"multipart/form-data": {"schema": shape, "example": {field: "(bytes)"}}}
    return {"requestBody": {"required": required, "content": content}}


def _with_definitions_inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """pydantic names nested models in `$defs` and points at them from the schema's own root, which is lost here."""
    definitions: dict[str, Any] = schema.get("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, list):
            return [resolve(each) for each in value]
        if not isinstance(value, dict):
            return value
        name = str(value.get("$ref", "")).removeprefix("#/$defs/")
        if name in definitions:
            return resolve(definitions[name])
        return {key: resolve(each) for key, each in value.items() if key != "$defs"}

    resolved: dict[str, Any] = resolve(schema)
    return resolved
