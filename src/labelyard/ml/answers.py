"""What a backend answers to `/predict`, taken apart and held against the label config.

An answer is `{"results": [one for each task], "model_version": …}`; one for a task is a prediction, `{"result": […],
"score": …, "model_version": …}`, or a list of them. Nothing is thrown away silently: what cannot be kept is said in the
note of its task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from labelyard.kit.errors import Invalid
from labelyard.ml.protocol import BackendError, version_text
from labelyard.predictions.results import prediction_text
from labelyard.predictions.service import NewPrediction

MAX_NOTE = 1000  # characters
MAX_OF_A_TASK = 100  # predictions for one task
_SHOWN = 5  # faults in a note


class _Answer(msgspec.Struct):
    results: list[msgspec.Raw]
    model_version: Any = None


class _Prediction(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"")
    score: Any = None
    model_version: Any = None
    cluster: Any = None


@dataclass(frozen=True, slots=True)
class Results:
    """The part of each task, as JSON text, and the version that the answer as a whole names."""

    of_tasks: Sequence[bytes]
    version: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The predictions of one task that can be kept, and what is wrong with the others ("" for nothing)."""

    predictions: Sequence[NewPrediction]
    note: str

    @property
    def failed(self) -> bool:
        return not self.predictions


def results_of(body: bytes, tasks: int) -> Results:
    """The parts of an answer for so many tasks. BackendError when it is no answer for them."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BackendError(
            "answer", 'The backend\'s answer to /predict is not JSON of the form {"results": [...]}.'
        ) from None
    if len(answer.results) != tasks:
        raise BackendError(
            "answer",
            f"The backend answered {tasks} tasks with {len(answer.results)} results; there must be one each.",
        )
    return Results([bytes(each) for each in answer.results], version_text(answer.model_version))


def check(label_config: str, part: bytes, version: str) -> Checked:
    """Hold the part of one task against the config. `version` is that of predictions that name none."""
    found = _predictions(part)
    if isinstance(found, str):
        return Checked((), found)
    if not found:
        return Checked((), "The backend gave no prediction for this task.")
    kept: list[NewPrediction] = []
    faults: list[str] = []
    for number, each in enumerate(found, 1):
        where = f"Prediction {number}: " if len(found) > 1 else ""
        made, wrong = _one(label_config, each, version)
        faults += [where + text for text in wrong]
        if made is not None:
            kept.append(made)
    return Checked(kept, _note(faults))


def _predictions(part: bytes) -> list[_Prediction] | str:
    try:
        if part.lstrip()[:1] == b"[":
            found = msgspec.json.decode(part, type=list[_Prediction])
        else:
            one = msgspec.json.decode(part, type=_Prediction | None)
            found = [] if one is None else [one]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 'The result of a task must be an object with "result", or a list of such objects.'
    if len(found) > MAX_OF_A_TASK:
        return f"{len(found)} predictions for one task; at most {MAX_OF_A_TASK} are kept."
    return found


def _one(label_config: str, given: _Prediction, version: str) -> tuple[NewPrediction | None, list[str]]:
    if bytes(given.result) in (b"", b"null"):
        return None, ['It has no "result".']
    faults: list[str] = []
    score = given.score
    if not _is_score(score):
        # The regions are worth keeping all the same; the queue has no use for a score that it cannot compare.
        faults.append(f"The score {_short(score)} is no number from 0 to 1 and was left out.")
        score = None
    try:
        text = prediction_text(label_config, given.result, score)
    except Invalid as problem:
        return None, [str(each) for each in problem.validation_errors.get("non_field_errors", [str(problem)])]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, ["Its result is not valid JSON."]
    cluster = given.cluster if type(given.cluster) is int and abs(given.cluster) < 2**31 else None
    named = version_text(given.model_version) or version
    return NewPrediction(text, None if score is None else float(score), named or None, cluster), faults


def _is_score(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= 1)


def _short(value: Any) -> str:
    return repr(value)[:50] if isinstance(value, int | float | str) else "given"


def _note(faults: Sequence[str]) -> str:
    shown = [each[:200] for each in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        shown.append(f"and {len(faults) - _SHOWN} more")
    return "; ".join(shown)[:MAX_NOTE]
