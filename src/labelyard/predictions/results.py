"""The door for the results of predictions."""

from functools import lru_cache
from typing import Any

import msgspec

from labelyard.kit.errors import Invalid
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator
from labelyard.label.tree import ControlTag, LabelConfig


@lru_cache(maxsize=128)
def validator(label_config: str) -> ResultValidator:
    """The result check of a label config, compiled once per text."""
    return ResultValidator(parse(label_config))


def prediction_text(label_config: str, value: Any, score: float | None) -> str:
    """The JSON text of a prediction's result to store. Invalid names region and field.

    `value` is JSON text as it came (`msgspec.Raw`), or from a form Python values: a list of regions, or the short
    form of `written_out`.
    """
    text = bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)
    if not text.lstrip().startswith(b"["):
        text = _written_out(label_config, text)
    faults = validator(label_config).validate_prediction(text, score)
    if faults:
        raise Invalid({"non_field_errors": faults})
    return text.decode()


def _written_out(label_config: str, text: bytes) -> bytes:
    """JSON text of the result that the JSON text of a short form means; as it is when no control takes it."""
    try:
        region = written_out(parse(label_config), msgspec.json.decode(text))
    except msgspec.DecodeError:
        return text
    return text if region is None else msgspec.json.encode([region])


def written_out(config: LabelConfig, short: Any) -> dict[str, Any] | None:
    """The region that a short form means, as older scripts send it; None when no control takes it.

    A text is a choice or a text of the first control that takes one (of several Choices the first that has it), a
    number the value of the first Rating or Number, an object the `value` of the first control whose kind it has as
    a key: `{"choices": ["good"]}`.
    """
    controls = list(config.controls.values())
    if isinstance(short, str):
        fitting = [each for each in controls if _takes(each, short)]
        value: Any = [short]
    elif isinstance(short, int | float) and not isinstance(short, bool):
        fitting = [each for each in controls if each.tag in ("Rating", "Number")]
        value = short
    elif isinstance(short, dict):
        fitting = [each for each in controls if each.result_key in short]
        value = None
    else:
        return None
    if not fitting:
        return None
    control = fitting[0]
    return {
        "from_name": control.name,
        "to_name": control.to_name[0],
        "type": control.result_type,
        "value": short if value is None else {control.result_key: value},
    }


def _takes(control: ControlTag, text: str) -> bool:
    return control.tag == "TextArea" or (
        control.tag == "Choices" and text in {each.value for each in control.labels}
    )
