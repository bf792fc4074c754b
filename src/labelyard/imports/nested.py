"""Annotations and predictions that come with imported tasks (compatible with Label Studio 1.x and 0.x)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from labelyard.annotations.service import NewAnnotation
from labelyard.kit.clock import SECOND, parse_iso
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator
from labelyard.label.tree import LabelConfig
from labelyard.predictions.service import NewPrediction

MODEL_VERSION_UNKNOWN = "undefined"
MODEL_VERSION_FIELDS = "preannotated"
MAX_OVERLAP = 10_000
_MAX_ID = 2**63 - 1


class NestedProblem(ValueError):
    """What is wrong with an annotation; the caller adds the item."""


class UnknownPerson(ValueError):
    """`completed_by` names nobody who may have annotated."""


class PredictionProblem(ValueError):
    """Predictions that do not fit the label config; `faults` name prediction, region and field."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults[:10]))
        self.faults = faults


class _Annotation(msgspec.Struct, gc=False):
    result: Raw
    id: Any = None
    completed_by: Any = None
    was_cancelled: Any = None
    skipped: Any = None
    ground_truth: Any = None
    lead_time: Any = None
    created_at: Any = None
    updated_at: Any = None
    draft_created_at: Any = None
    unique_id: Any = None


class _Prediction(msgspec.Struct, gc=False):
    result: Raw
    score: Any = None
    model_version: Any = UNSET


_annotation = msgspec.json.Decoder(_Annotation).decode
_prediction = msgspec.json.Decoder(_Prediction).decode
_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_anything = msgspec.json.Decoder().decode


@lru_cache(maxsize=64)
def result_validator(label_config: str) -> ResultValidator:
    return ResultValidator(parse(label_config))


class People:
    """Who an annotation is by: looks up members by e-mail and id, each once.

    `by_email` and `is_member` ask the database; `importer` is the user who imports.
    """

    def __init__(
        self, importer: int, by_email: Callable[[str], int | None], is_member: Callable[[int], bool]
    ) -> None:
        self._importer = importer
        self._by_email = lru_cache(maxsize=None)(by_email)
        self._is_member = lru_cache(maxsize=None)(is_member)

    def id_of(self, completed_by: Any) -> int:
        """The user of `completed_by`: absent = the importer, a member's id, or an object with the member's e-mail.

        UnknownPerson, in the words that clients of Label Studio 1.x match, for everybody else.
        """
        if completed_by is None:
            return self._importer
        if isinstance(completed_by, dict):
            email = completed_by.get("email")
            if isinstance(email, str):
                found = self._by_email(email)
                if found is None:
                    raise UnknownPerson(f"Unknown annotator's email {email[:254]}")
                return found
            completed_by = completed_by.get("id")
        if isinstance(completed_by, str) and completed_by.isascii() and completed_by.isdigit():
            completed_by = int(completed_by[:19])
        known = (
            isinstance(completed_by, int)
            and not isinstance(completed_by, bool)
            and 0 < completed_by <= _MAX_ID
        )
        if known and self._is_member(completed_by):
            return int(completed_by)
        shown = completed_by if isinstance(completed_by, int | str) else "?"
        raise UnknownPerson(
            f"Import data contains completed_by={str(shown)[:100]} which is not a valid annotator's email or ID"
        )


def new_annotation(text: bytes, validator: ResultValidator, people: People) -> NewAnnotation:
    """An annotation of JSON text that has a `result` list. NestedProblem names the key; UnknownPerson the person."""
    given = _annotation(text)
    result = bytes(given.result)
    faults = validator.validate_annotation(result)
    if faults:
        raise NestedProblem("; ".join(faults[:10]))
    return NewAnnotation(
        result=result.decode(),
        completed_by=people.id_of(given.completed_by),
        was_cancelled=_boolean(given.was_cancelled, given.skipped is True, "was_cancelled"),
        # Compatible with Label Studio 1.x: what was imported is true unless it says otherwise.
        ground_truth=_boolean(given.ground_truth, True, "ground_truth"),
        lead_time=_number(given.lead_time, "lead_time"),
        created_at=time_of(given.created_at, "created_at"),
        updated_at=time_of(given.updated_at, "updated_at"),
        draft_created_at=time_of(given.draft_created_at, "draft_created_at"),
        unique_id=given.unique_id if isinstance(given.unique_id, str) else None,
        import_id=import_id_of(given.id),
    )


def new_prediction(text: bytes, validator: ResultValidator) -> tuple[NewPrediction, list[str]]:
    """A prediction of JSON text that has a `result`, and its faults against the label config."""
    given = _prediction(text)
    score, faults = _score(given.score)
    result = bytes(given.result)
    faults += validator.validate_prediction(result, score)
    version = given.model_version
    if version is UNSET or version is None:
        version = MODEL_VERSION_UNKNOWN
    elif not isinstance(version, str):
        version = _encode(version).decode()
    return NewPrediction(result=result.decode(), score=score, model_version=version), faults


def _score(value: Any) -> tuple[float | None, list[str]]:
    if isinstance(value, str):
        try:
            return float(value), []
        except ValueError:
            return None, [f"score must be a number from 0 to 1, got '{value[:50]}'"]
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value, []
    return None, ["score must be a number from 0 to 1"]


def _boolean(value: Any, default: bool, key: str) -> bool:
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    raise NestedProblem(f'"{key}" in annotation must be true or false')


def _number(value: Any, key: str) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise NestedProblem(f'"{key}" in annotation must be a number of seconds')


_LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * SECOND


def import_id_of(value: Any) -> int | None:
    """The id that an annotation had where it came from, if that is a number."""
    return value if isinstance(value, int) and abs(value) <= _MAX_ID else None


def time_of(value: Any, key: str) -> int | None:
    """Microseconds of an ISO-8601 text, or of seconds since the epoch as in Label Studio 0.x."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            time = parse_iso(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            time = int(value * SECOND)
        else:
            raise ValueError
        if not 0 <= time <= _LATEST:
            raise ValueError
    except (ValueError, OverflowError):
        raise NestedProblem(f'"{key}" in annotation must be a time such as 2026-11-22T03:58:35Z') from None
    return time


# --- predictions made of task fields ------------------------------------------------------------------------------


class MissingField(ValueError):
    """A task without a field (`column`) that was to be made a prediction."""

    def __init__(self, column: str) -> None:
        super().__init__(f"Preannotated field '{column}' not found in task data")
        self.column = column


class FieldPredictions:
    """Makes predictions of named fields of the task data (`preannotated_from_fields`)."""

    def __init__(self, names: Sequence[str], config: LabelConfig) -> None:
        self._names = names
        self._controls = config.controls

    def of(self, data: bytes) -> list[bytes]:
        """JSON text of one prediction per field that is not null. MissingField names the field."""
        fields = _fields(data)
        made = []
        for name in self._names:
            if name not in fields:
                raise MissingField(name)
            value = _anything(fields[name])
            if value is not None:
                made.append(self._prediction(name, value))
        return made

    def _prediction(self, name: str, value: Any) -> bytes:
        control = self._controls.get(name)
        to_name = control.to_name[0] if control is not None else "text"
        kind = control.tag.lower() if control is not None else "choices"
        region = {"from_name": name, "to_name": to_name, "type": kind, "value": _value(kind, value)}
        return _encode({"result": [region], "score": 1.0, "model_version": MODEL_VERSION_FIELDS})


def _value(kind: str, value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if kind in ("rating", "number", "datetime"):
        return {kind: value}
    return {"text" if kind == "textarea" else kind: value if isinstance(value, list) else [value]}
