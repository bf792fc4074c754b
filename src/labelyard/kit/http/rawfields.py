"""Bodies of which some fields stay JSON text: they are stored and answered as they were sent."""

from collections.abc import Collection
from typing import Any

import msgspec
from fastapi import Request
from pydantic import BaseModel

from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import is_json, media_type, read_body, read_json_bytes, validate

_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode


async def read_fields(request: Request, model: type[BaseModel], raw: Collection[str]) -> dict[str, Any]:
    """The fields that the body has: those named in `raw` as `msgspec.Raw`, the others checked by `model`.

    A form gives what `read_body` makes of it. 400 and 415 as there.
    """
    if not is_json(media_type(request)):
        body = await read_body(request, model)
        return body.model_dump(exclude_unset=True)
    text = await read_json_bytes(request)
    try:
        parts = _split(text) if text.strip() else {}
        values = {name: _value(part) for name, part in parts.items() if name not in raw}
    except msgspec.ValidationError as error:
        raise Invalid("Expected a JSON object.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error
    checked = validate(model, values).model_dump(exclude_unset=True)
    return checked | {name: parts[name] for name in raw if name in parts}
