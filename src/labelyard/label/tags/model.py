"""How a tag of the label config language is described."""

import re
from dataclasses import dataclass
from enum import StrEnum

from labelyard.label.tags.wording import PARAMETER_WORDING


class Kind(StrEnum):
    """The part a tag plays in a config."""

    OBJECT = "object"  # shows a field of the task
    CONTROL = "control"  # asks for something about an object and writes results
    CHILD = "child"  # belongs inside another tag: a label, a choice, a channel
    VISUAL = "visual"  # layout and helpers; no result


class JsonType(StrEnum):
    """Types of a value in task data. `bool` counts as `int`, as in Label Studio 1.x."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    LIST = "list"
    DICT = "dict"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Param:
    """One attribute of a tag. Names are matched without regard to case."""

    name: str
    type: str  # string, bool, number, or enum
    enum: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False

    @property
    def description(self) -> str:
        return PARAMETER_WORDING.get(self.name.lower(), "")


_PARAM = re.compile(r"(?P<name>\w+)(?P<required>!?):(?P<type>[^=]+)(?:=(?P<default>.*))?")


def params(text: str) -> tuple[Param, ...]:
    """Read the short notation `name!:type=default; name:a|b=a` (`!` = required, `a|b` = one of)."""
    found = []
    for part in filter(None, (piece.strip() for piece in text.split("; "))):
        match = _PARAM.fullmatch(part)
        if match is None:
            raise ValueError(f"not a parameter: {part!r}")
        kind = match["type"]
        enum = tuple(kind.split("|")) if "|" in kind else ()
        found.append(
            Param(match["name"], "enum" if enum else kind, enum, match["default"], bool(match["required"]))
        )
    return tuple(found)


def shape(text: str) -> tuple[tuple[str, str], ...]:
    """Read the short notation of a result value: `x:percent; rotation?:degrees` (`?` = may be absent)."""
    pieces = (piece.strip().partition(":") for piece in text.split("; ") if piece.strip())
    return tuple((name, kind) for name, _, kind in pieces)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: what it is for, what may be written on it, what it makes."""

    name: str
    kind: Kind
    summary: str
    params: tuple[Param, ...] = ()
    children: tuple[str, ...] = ()  # child tags it understands
    needs: tuple[str, ...] = ()  # of these at least one, unless its values come from task data
    targets: tuple[str, ...] = ()  # object tags a control may name in toName; empty = any
    result_type: str | None = None  # `type` of its result items
    result_key: str | None = None  # key of its answer in `value`
    value: tuple[tuple[str, str], ...] = ()  # key → what it holds; a `?` marks an optional key
    data_types: tuple[JsonType, ...] = (JsonType.STR,)  # accepted types of the task field in `value`
    dynamic: bool = False  # `value="$field"` takes the children from task data
    region: bool = False  # its results are regions of the object
    geometry: bool = False  # draws without a label; a plain Labels beside it adds the label
    alias_of: str | None = None  # an older name of another tag

    def param(self, name: str) -> Param | None:
        lowered = name.lower()
        return next((param for param in self.params if param.name.lower() == lowered), None)
