"""The door for the results of predictions."""

from functools import lru_cache
from typing import Any

import msgspec

from labelyard.kit.errors import Invalid
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator


@lru_cache(maxsize=128)
def validator(label_config: str) -> ResultValidator:
    """The result check of a label config, compiled once per text."""
    return ResultValidator(parse(label_config))


def prediction_text(label_config: str, value: Any, score: float | None) -> str:
    """The JSON text of a prediction's result to store. Invalid names region and field.

    `value` is JSON text as it came (`msgspec.Raw`), or from a form Python values. Short forms are refused: what they
    mean depends on the config of the day.
    """
    text = bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)
    faults = validator(label_config).validate_prediction(text, score)
    if faults:
        raise Invalid({"non_field_errors": faults})
    return text.decode()
