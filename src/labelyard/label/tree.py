"""A label config as typed values: the tree as written, and what follows from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labelyard.label.problems import Problem
from labelyard.label.registry import TAGS
from labelyard.label.tags.model import JsonType, Tag


@dataclass(frozen=True, slots=True)
class Node:
    """A tag as written. Known names have the registry's spelling; unknown attributes are kept."""

    tag: str
    attrs: Mapping[str, str]
    children: tuple["Node", ...]
    line: int
    text: str = ""

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Label:
    """A label or choice of a control. `path` has the stored names from the root of a choice tree down to this one."""

    value: str
    alias: str | None
    attrs: Mapping[str, str]
    path: tuple[str, ...]

    @property
    def stored(self) -> str:
        """What results hold: the alias when there is one."""
        return self.alias or self.value


@dataclass(frozen=True, slots=True)
class ObjectTag:
    """A tag that shows task data."""

    name: str
    tag: str
    value: str
    data_key: str | None  # None: `value` is shown as it is
    value_type: str | None
    node: Node

    @property
    def spec(self) -> Tag:
        return TAGS[self.tag]

    @property
    def kind(self) -> str:
        """The tag's current name: `Audio` for `AudioPlus`."""
        return self.spec.alias_of or self.tag


@dataclass(frozen=True, slots=True)
class ControlTag:
    """A tag that asks for something about the objects in `to_name`."""

    name: str
    tag: str
    to_name: tuple[str, ...]
    labels: tuple[Label, ...]
    dynamic: bool  # labels come from task data as well
    per_region: bool
    per_item: bool
    required: bool
    node: Node

    @property
    def spec(self) -> Tag:
        return TAGS[self.tag]

    @property
    def result_type(self) -> str:
        """`type` of its result items, such as `rectanglelabels`."""
        return self.spec.result_type or self.tag.lower()

    @property
    def result_key(self) -> str | None:
        """Key of its answer in a result's `value`; None for a tool that draws without a label."""
        return self.spec.result_key

    @property
    def attrs(self) -> Mapping[str, str]:
        return self.node.attrs


@dataclass(frozen=True, slots=True)
class DataKey:
    """A field the config reads from task data. `name` may be a dotted path."""

    name: str
    tag: str
    types: frozenset[JsonType]
    line: int


@dataclass(frozen=True)
class LabelConfig:
    """A valid label config.

    `data_keys` are the fields every task must have, in document order; `optional_keys` are fields that are used when
    a task has them.
    """

    xml: str
    root: Node
    objects: Mapping[str, ObjectTag]
    controls: Mapping[str, ControlTag]
    data_keys: Mapping[str, DataKey]
    optional_keys: tuple[str, ...]
    warnings: tuple[Problem, ...]

    @property
    def is_empty(self) -> bool:
        """True for `<View></View>` and everything else that neither shows nor asks anything."""
        return not self.objects and not self.controls

    @property
    def has_controls(self) -> bool:
        return bool(self.controls)

    @property
    def first_data_key(self) -> str | None:
        """The field that takes the lines of a text file or the address of a media file."""
        shown = (tag.data_key for tag in self.objects.values() if tag.data_key)
        return next(shown, None) or next(iter(self.data_keys), None)

    def parsed(self) -> dict[str, dict[str, Any]]:
        """The `parsed_label_config` of a project, compatible with Label Studio 1.x: control name → its facts."""
        return {control.name: self._parsed_control(control) for control in self.controls.values()}

    def _parsed_control(self, control: ControlTag) -> dict[str, Any]:
        inputs = [self.objects[name] for name in control.to_name if name in self.objects]
        facts: dict[str, Any] = {
            "type": control.tag,
            "to_name": list(control.to_name),
            "inputs": [
                {"type": tag.tag, "valueType": tag.value_type, "value": tag.value.removeprefix("$")}
                for tag in inputs
            ],
            "labels": list(dict.fromkeys(label.stored for label in control.labels)),
            "labels_attrs": {label.stored: dict(label.attrs) for label in control.labels},
        }
        condition = _condition(control)
        if condition:
            facts["conditionals"] = condition
        if control.dynamic:
            facts["dynamic_labels"] = True
        return facts

    def control_weights(self) -> dict[str, dict[str, Any]]:
        """Default agreement weights: control name → `{"overall": 1.0, "type", "labels": {label: 1.0}}`."""
        return {
            control.name: {
                "overall": 1.0,
                "type": control.tag,
                "labels": {label.stored: 1.0 for label in control.labels},
            }
            for control in self.controls.values()
        }


_CONDITIONS = (("whenTagName", "tag"), ("whenLabelValue", "label"), ("whenChoiceValue", "choice"))


def _condition(control: ControlTag) -> dict[str, str] | None:
    if not control.per_region:
        return None
    return next(
        (
            {"type": kind, "name": control.attrs[name]}
            for name, kind in _CONDITIONS
            if control.attrs.get(name)
        ),
        None,
    )
