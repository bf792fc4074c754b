"""One record per annotation: what JSON_MIN, CSV and TSV write (compatible with Label Studio 1.x).

Skipped annotations are left out. A task without any annotation gives one record with an empty answer, a task whose
annotations were all skipped gives none. Annotations of a task come newest first.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from labelyard.formats.writers.model import ExportAnnotation, ExportTask
from labelyard.label.tree import LabelConfig

CHAT_TYPE = "chatmessage"
_REPEATED = re.compile(r"\\\{\\\{\w+\\\}\\\}")


class _Region(msgspec.Struct, gc=False):
    """The parts of a result item that a record is made of. Strange items must not break an export, hence Any."""

    from_name: Any = None
    type: Any = None
    value: Any = None
    original_width: Any = None
    original_height: Any = None


_regions = msgspec.json.Decoder(list[_Region]).decode
_anything = msgspec.json.Decoder().decode

Answers = dict[str, list[tuple[str, dict[str, Any]]]]


class Controls:
    """Which control of a label config a result item belongs to."""

    def __init__(self, config: LabelConfig) -> None:
        self._tags = {name: control.tag for name, control in config.controls.items()}
        self._patterns = [
            (re.compile(_REPEATED.sub(r"\\d+", re.escape(name))), tag)
            for name, tag in sorted(self._tags.items(), key=lambda each: -len(each[0]))
            if "{{" in name
        ]

    def tag_of(self, name: str, kind: str) -> str | None:
        """The tag that answers under `name`; None when the item is not part of a record."""
        if kind == CHAT_TYPE:
            return CHAT_TYPE
        tag = self._tags.get(name)
        if tag is None:
            tag = next((tag for pattern, tag in self._patterns if pattern.fullmatch(name)), None)
        # A config without controls (a custom interface) knows no names, so all answers count.
        return tag if tag is not None or self._tags else kind


def answers_of(annotation: ExportAnnotation, controls: Controls) -> Answers:
    """Control name → (tag, value) of each of its regions, in the order of the result."""
    answers: Answers = {}
    for region in _regions_of(annotation):
        name, value = region.from_name, region.value
        if not isinstance(name, str) or not isinstance(value, dict):
            continue
        tag = controls.tag_of(name, region.type if isinstance(region.type, str) else "")
        if tag is None:
            continue
        if region.original_width is not None and region.original_height is not None:
            value |= {"original_width": region.original_width, "original_height": region.original_height}
        answers.setdefault(name, []).append((tag, value))
    return answers


def _regions_of(annotation: ExportAnnotation) -> Sequence[_Region]:
    try:
        return _regions(annotation.result)
    except msgspec.ValidationError:
        found = _anything(annotation.result)
        items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
        return msgspec.convert(items, list[_Region])


def prettified(regions: list[tuple[str, dict[str, Any]]]) -> Any:
    """The short form of a control's answer.

    Choices with one choice are the choice, a TextArea with one text is the text, and one such region stands alone;
    chat is its messages; everything else stays a list of values.
    """
    tag = regions[-1][0]
    if tag == CHAT_TYPE:
        return [value.get(CHAT_TYPE, value) for _, value in regions]
    short = [_short(kind, value) for kind, value in regions]
    return short[0] if len(short) == 1 and tag in ("Choices", "TextArea") else short


def _short(tag: str, value: dict[str, Any]) -> Any:
    key = {"Choices": "choices", "TextArea": "text"}.get(tag)
    given = value.get(key) if key else None
    return given[0] if isinstance(given, list) and len(given) == 1 else value


def transcript(regions: list[tuple[str, dict[str, Any]]]) -> str:
    """A chat as lines `role: content`."""
    messages = [value.get(CHAT_TYPE, value) for _, value in regions]
    return "\n".join(
        f"{each.get('role', '')}: {each.get('content', '')}" for each in messages if isinstance(each, dict)
    )


@dataclass(frozen=True, slots=True)
class Record:
    task: ExportTask
    annotation: ExportAnnotation | None
    answers: Answers

    def facts(self) -> dict[str, Any]:
        """The columns that every record ends with."""
        made = self.annotation
        if made is None:
            return dict.fromkeys(("annotator", "annotation_id", "created_at", "updated_at", "lead_time"))
        return {
            "annotator": _annotator(made),
            "annotation_id": made.id,
            "created_at": made.created_at,
            "updated_at": made.updated_at,
            "lead_time": made.lead_time,
        }


def _annotator(annotation: ExportAnnotation) -> int | str | None:
    """Whose annotation it is: an id, or the e-mail where the export has the user."""
    by = annotation.completed_by
    return by.get("email") if isinstance(by, dict) else by


def records_of(task: ExportTask, controls: Controls) -> Iterator[Record]:
    if not task.annotations:
        yield Record(task, None, {})
        return
    kept = [annotation for annotation in task.annotations if not annotation.was_cancelled]
    for annotation in sorted(kept, key=lambda each: each.created_at, reverse=True):
        yield Record(task, annotation, answers_of(annotation, controls))
