"""One record per annotation: what JSON_MIN, CSV and TSV write (compatible with Label Studio 1.x).

Skipped annotations are left out. A task without any annotation gives one record with an empty answer, a task whose
annotations were all skipped gives none. Annotations of a task come newest first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from labelyard.formats.writers.model import ExportTask
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
_results = msgspec.json.Decoder(list[list[_Region]]).decode
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


class Entry(NamedTuple):
    """What a record is made of. `data` and `result` are JSON text, the result None where there is no annotation.

    `annotator` is an id, or the e-mail where the export has the user. Every record ends with the columns from it on.
    """

    task_id: int
    data: str
    result: str | None = None
    annotator: int | str | None = None
    annotation_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    lead_time: float | None = None


def entries_of(tasks: Iterable[ExportTask]) -> Iterator[Entry]:
    """The entries of tasks, in the order of their records."""
    for task in tasks:
        data = bytes(task.data).decode()
        if not task.annotations:
            yield Entry(task.id, data)
            continue
        kept = [annotation for annotation in task.annotations if not annotation.was_cancelled]
        for made in sorted(kept, key=lambda each: each.created_at, reverse=True):
            by = made.completed_by
            yield Entry(
                task.id,
                data,
                bytes(made.result).decode(),
                by.get("email") if isinstance(by, dict) else by,
                made.id,
                made.created_at,
                made.updated_at,
                made.lead_time,
            )


def has_chat(entries: Sequence[Entry]) -> bool:
    """Whether any entry may have a chat: what is none may look like one."""
    return any(entry.result is not None and CHAT_TYPE in entry.result for entry in entries)


def short_answers_of(entries: Sequence[Entry], controls: Controls) -> list[dict[str, Any]]:
    """For each entry, control name → the short form of its answer."""
    return [_short_answers(regions, controls) if regions else {} for regions in _regions_of(entries)]


def _short_answers(regions: Sequence[_Region], controls: Controls) -> dict[str, Any]:
    if len(regions) == 1 and regions[0].original_width is None and regions[0].type != CHAT_TYPE:
        # One region is what most results of texts have.
        name, value, kind = regions[0].from_name, regions[0].value, regions[0].type
        if type(name) is not str or type(value) is not dict:
            return {}
        tag = controls.tag_of(name, kind if type(kind) is str else "")
        if tag is None:
            return {}
        return {name: _short(tag, value) if tag in _SHORT else [_short(tag, value)]}
    return {name: prettified(each) for name, each in _answers(regions, controls).items()}


def answers_of(entries: Sequence[Entry], controls: Controls) -> list[Answers]:
    """For each entry, control name → (tag, value) of each of its regions, in the order of the result."""
    return [_answers(regions, controls) if regions else {} for regions in _regions_of(entries)]


def _answers(regions: Sequence[_Region], controls: Controls) -> Answers:
    answers: Answers = {}
    for region in regions:
        name, value, kind = region.from_name, region.value, region.type
        if type(name) is not str or type(value) is not dict:
            continue
        tag = controls.tag_of(name, kind if type(kind) is str else "")
        if tag is None:
            continue
        if region.original_width is not None and region.original_height is not None:
            value |= {"original_width": region.original_width, "original_height": region.original_height}
        answers.setdefault(name, []).append((tag, value))
    return answers


def _regions_of(entries: Sequence[Entry]) -> Sequence[Sequence[_Region]]:
    try:
        return _results(f"[{','.join([entry.result or '[]' for entry in entries])}]")
    except msgspec.ValidationError:  # one of them is strange
        return [_regions_one_by_one(entry.result or "[]") for entry in entries]


def _regions_one_by_one(result: str) -> Sequence[_Region]:
    try:
        return _regions(result)
    except msgspec.ValidationError:
        found = _anything(result)
        items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
        return msgspec.convert(items, list[_Region])


@lru_cache(maxsize=8)
def _list_decoder(kind: Any) -> msgspec.json.Decoder[list[dict[str, Any]]]:
    return msgspec.json.Decoder(list[dict[str, kind]])


def data_of(entries: Sequence[Entry], kind: Any) -> list[dict[str, Any]]:
    """The data of each entry, its values as `kind`: `Any`, or `msgspec.Raw` to leave them as text."""
    return _list_decoder(kind).decode(f"[{','.join([entry.data for entry in entries])}]")


def prettified(regions: list[tuple[str, dict[str, Any]]]) -> Any:
    """The short form of a control's answer.

    Choices with one choice are the choice, a TextArea with one text is the text, and one such region stands alone;
    chat is its messages; everything else stays a list of values.
    """
    tag = regions[-1][0]
    if tag == CHAT_TYPE:
        return [value.get(CHAT_TYPE, value) for _, value in regions]
    short = [_short(kind, value) for kind, value in regions]
    return short[0] if len(short) == 1 and tag in _SHORT else short


_SHORT = {"Choices": "choices", "TextArea": "text"}


def _short(tag: str, value: dict[str, Any]) -> Any:
    key = _SHORT.get(tag)
    given = value.get(key) if key else None
    return given[0] if isinstance(given, list) and len(given) == 1 else value


def transcript(regions: list[tuple[str, dict[str, Any]]]) -> str:
    """A chat as lines `role: content`."""
    messages = [value.get(CHAT_TYPE, value) for _, value in regions]
    return "\n".join(
        f"{each.get('role', '')}: {each.get('content', '')}" for each in messages if isinstance(each, dict)
    )
