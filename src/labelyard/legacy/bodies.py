"""Reading the bodies of the 0.x dialect."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request

from labelyard.annotations.results import result_text
from labelyard.imports.nested import new_prediction, result_validator
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import media_type, read_body, read_json_bytes, validate
from labelyard.kit.http.rawfields import read_fields
from labelyard.legacy.schemas import CompletionFields, ConfigBody
from labelyard.legacy.service import Rewritten
from labelyard.predictions.service import NewPrediction
from labelyard.projects.schemas import MAX_CONFIG

_XML = ("application/xml", "text/xml")
_MAX_ITEMS = 10_000  # completions or predictions of one task
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_lists = msgspec.json.Decoder(list[msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode


async def read_config(request: Request) -> str | None:
    """A label config: an XML body, or `label_config` of a JSON object or a form; None when there is none."""
    if media_type(request) not in _XML:
        return (await read_body(request, ConfigBody)).label_config
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid({"label_config": [f"Not UTF-8 at byte {error.start}."]}) from None
    if not text.strip():
        return None
    return validate(ConfigBody, {"label_config": text[: MAX_CONFIG + 1]}).label_config


async def read_completion(request: Request) -> dict[str, Any]:
    """The fields of a completion that were sent, as annotations take them (and `id`)."""
    given = await read_fields(request, CompletionFields, raw=("result",))
    return _completion(given)


def _completion(given: dict[str, Any]) -> dict[str, Any]:
    if given.pop("skipped", None):
        given["was_cancelled"] = True
    if "result" in given:
        given["result"] = result_text(given["result"])
    return given


async def read_rewritten(request: Request) -> Mapping[str, msgspec.Raw]:
    """The keys of a task that was sent, each as JSON text. A list of one task is that task."""
    text = await read_json_bytes(request)
    try:
        if text.lstrip()[:1] == b"[":
            items = _lists(text)
            if len(items) != 1:
                raise Invalid("Expected one task.")
            text = bytes(items[0])
        return _objects(text)
    except msgspec.ValidationError as error:
        raise Invalid("Expected a JSON object.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error


RESERVED = frozenset({"data", "meta", "completions", "predictions", "id"})


def rewritten(given: Mapping[str, msgspec.Raw], label_config: str) -> Rewritten:
    """A task to rewrite. Without any key of a task, the whole object is its data. Invalid names key and place."""
    if not RESERVED & given.keys():
        return Rewritten(data=msgspec.json.encode(given))
    completions, predictions = given.get("completions"), given.get("predictions")
    return Rewritten(
        data=_object(given, "data"),
        meta=_object(given, "meta"),
        completions=None if completions is None else _completions(bytes(completions)),
        predictions=None if predictions is None else _predictions(bytes(predictions), label_config),
    )


def _object(given: Mapping[str, msgspec.Raw], name: str) -> bytes | None:
    value = given.get(name)
    if value is None:
        return None
    if bytes(value)[:1] != b"{":
        raise Invalid({name: ["Must be a JSON object."]})
    return bytes(value)


def _items(text: bytes, name: str) -> list[dict[str, msgspec.Raw]]:
    try:
        found = msgspec.json.decode(text, type=list[dict[str, msgspec.Raw]])
    except (msgspec.DecodeError, RecursionError):
        raise Invalid({name: ["Must be a list of objects."]}) from None
    if len(found) > _MAX_ITEMS:
        raise Invalid({name: [f"At most {_MAX_ITEMS} of one task."]})
    for number, each in enumerate(found):
        if "result" not in each:
            raise Invalid({name: [f'Item {number}: "result" is missing.']})
    return found


def _completions(text: bytes) -> list[dict[str, Any]]:
    made = []
    for number, each in enumerate(_items(text, "completions")):
        values = {name: _value(value) for name, value in each.items() if name != "result"}
        values.pop("completed_by", None)  # 0.x knows no people
        try:
            fields = validate(CompletionFields, values).model_dump(exclude_unset=True)
            made.append(_completion(fields | {"result": each["result"]}))
        except Invalid as problem:
            raise Invalid({"completions": [f"Item {number}: {problem}"]}) from problem
    return made


def _predictions(text: bytes, label_config: str) -> list[NewPrediction]:
    made = []
    for number, each in enumerate(_items(text, "predictions")):
        try:
            new, faults = new_prediction(msgspec.json.encode(each), result_validator(label_config))
        except (msgspec.DecodeError, ValueError) as error:
            raise Invalid({"predictions": [f"Item {number}: {error}"]}) from error
        if faults:
            raise Invalid({"predictions": [f"Item {number}: {fault}" for fault in faults]})
        made.append(new)
    return made
