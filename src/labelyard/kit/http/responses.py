"""Answers of prepared bytes: msgspec encodes, and splices `msgspec.Raw` (JSON text of the store) as it is."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

JSON = "application/json"
_encoder = msgspec.json.Encoder()


def json_response(obj: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`obj` (dicts, lists, structs, `msgspec.Raw`) as a JSON answer."""
    return Response(_encoder.encode(obj), status, headers=headers, media_type=JSON)


def json_bytes(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers=headers, media_type=JSON)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)
