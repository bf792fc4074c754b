"""Tasks and completions as 0.x wrote them, read into what the slices take.

A task is `{"id", "data", "predictions"?, "completions"?, …}`, a completion `{"id", "created_at": <seconds>, "result": […],
"lead_time"?, "was_cancelled"?, "skipped"?, "ground_truth"?, …}`. What has no place here is kept as it is, in `extra`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import Raw

from labelyard.annotations.service import NewAnnotation
from labelyard.kit.clock import SECOND, parse_iso
from labelyard.label.jsontext import JsonFault, check_text
from labelyard.predictions.service import NewPrediction
from labelyard.takeover.legacy.by_id import MAX_ID

UNKNOWN_VERSION = "undefined"  # of a prediction that names none
_LATEST = 253_370_764_800  # the year 9999, in seconds
_SERVED = re.compile(rb'/data/[^"?\\]*\?d=([^"&\\]+)')
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_objects = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_value = msgspec.json.Decoder().decode


class Broken(ValueError):
    """Why a record cannot be taken."""


@dataclass(slots=True)
class Completion:
    """A completion; its id is None when it has none that can be kept."""

    id: int | None
    new: NewAnnotation
    extra: dict[str, Raw]


@dataclass(slots=True)
class TaskRecord:
    """A task. `completions` are those in its own record; `extra` what has no place in ours, by key."""

    data: str
    meta: dict[str, Raw] = field(default_factory=dict)
    predictions: list[NewPrediction] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class CompletionFile:
    """What was made on a task, and the task's data at that time, JSON text (None: not in the file)."""

    completions: list[Completion]
    data: str | None
    predictions: list[NewPrediction]


def read_task(text: bytes, key: int | None) -> TaskRecord:
    """A task of `tasks.json`. Broken says which key is wrong."""
    given = _fields(text)
    data = given.pop("data", None)
    if data is None:
        raise Broken('"data" is missing')
    own = given.pop("id", None)
    record = TaskRecord(_data(data), predictions=[], completions=[])
    if own is not None and bytes(own) != b"null" and _value(own) != key:
        record.extra["record_id"] = own
    record.predictions, more = _predictions(given.pop("predictions", None))
    if more:
        record.extra["predictions"] = more
    record.completions = _completions(given.pop("completions", None))
    meta = given.pop("meta", None)
    if meta is not None and bytes(meta)[:1] == b"{":
        record.meta = _object(meta)
    elif meta is not None and bytes(meta) != b"null":
        given["meta"] = meta
    record.extra |= given
    return record


def read_completions(text: bytes) -> CompletionFile:
    """A file of `completions/`. Broken says which key is wrong."""
    given = _fields(text)
    data = given.get("data")
    return CompletionFile(
        _completions(given.get("completions")),
        None if data is None else _data(data),
        _predictions(given.get("predictions"))[0],
    )


def directories_in(data: str) -> set[str]:
    """Directories whose files the data shows (`/data/<name>?d=<directory>`)."""
    if "?d=" not in data:
        return set()
    return {unquote_plus(each.decode(errors="replace")) for each in _SERVED.findall(data.encode())}


def renumbered(completion: Completion, new_id: int) -> NewAnnotation:
    """The annotation under this id; the one that it had before is kept as its `import_id`."""
    old = completion.id
    return replace(completion.new, id=new_id, import_id=None if old == new_id else old)


def _fields(text: bytes) -> dict[str, Raw]:
    try:
        check_text(text)
        return _object(text)
    except JsonFault as fault:
        raise Broken(str(fault)) from None
    except msgspec.ValidationError:
        raise Broken("must be a JSON object") from None


def _data(raw: Raw) -> str:
    text = bytes(raw).decode()
    if text[:1] not in ("{", "["):
        raise Broken('"data" must be an object')
    return text


def _items(raw: Raw | None, name: str) -> list[dict[str, Raw]]:
    if raw is None or bytes(raw) == b"null":
        return []
    try:
        return _objects(raw)
    except msgspec.ValidationError:
        raise Broken(f'"{name}" must be a list of objects') from None


def _result(given: dict[str, Raw], place: str) -> str:
    # A completion without a result was let in by 0.x, and then broke its project.
    raw = given.pop("result", None)
    text = "[]" if raw is None or bytes(raw) == b"null" else bytes(raw).decode()
    if text[:1] != "[":
        raise Broken(f'"result" of {place} must be a list')
    return text


def _completions(raw: Raw | None) -> list[Completion]:
    return [_completion(each, number) for number, each in enumerate(_items(raw, "completions"))]


def _completion(given: dict[str, Raw], number: int) -> Completion:
    result = _result(given, f"completion {number}")
    values = {name: _value(given[name]) for name in _KNOWN if name in given}
    own, time, seconds = values.get("id"), values.get("created_at"), values.get("lead_time")
    if own is None or (isinstance(own, int) and 0 < own <= MAX_ID):
        given.pop("id", None)
    else:
        own = None
    created = _time(time)
    if created is not None or time is None:
        given.pop("created_at", None)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if is_number or seconds is None:
        given.pop("lead_time", None)
    for name in ("was_cancelled", "skipped", "ground_truth"):
        if isinstance(values.get(name), bool | None):
            given.pop(name, None)
    new = NewAnnotation(
        result=result,
        was_cancelled=bool(values.get("was_cancelled") or values.get("skipped")),
        ground_truth=bool(values.get("ground_truth")),
        lead_time=seconds if is_number else None,
        created_at=created,
        updated_at=created,
    )
    return Completion(own, new, given)


_KNOWN = ("id", "created_at", "lead_time", "was_cancelled", "skipped", "ground_truth")


def _time(value: Any) -> int | None:
    """Microseconds; 0.x wrote seconds since the epoch. None for what is no time."""
    try:
        if isinstance(value, str):
            return parse_iso(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LATEST:
            return int(value * SECOND)
    except (ValueError, OverflowError):
        pass
    return None


def _predictions(raw: Raw | None) -> tuple[list[NewPrediction], Mapping[str, dict[str, Raw]]]:
    """Predictions, and by place in the list what has no place in ours."""
    made, more = [], {}
    for number, given in enumerate(_items(raw, "predictions")):
        result = _result(given, f"prediction {number}")
        score, version = (_value(given.pop(name, b"null")) for name in ("score", "model_version"))
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
            given["score"], score = Raw(msgspec.json.encode(score)), None
        if version is not None and not isinstance(version, str):
            version = msgspec.json.encode(version).decode()
        made.append(NewPrediction(result=result, score=score, model_version=version or UNKNOWN_VERSION))
        if given:
            more[str(number)] = given
    return made, more
