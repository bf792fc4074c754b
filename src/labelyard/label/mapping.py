"""Rewriting results for another label config: labels and controls renamed, merged, split, moved or dropped.

The rules name controls and labels of the old config. An item that no rule touches is written back byte for byte.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from labelyard.label.tree import ControlTag, LabelConfig
from labelyard.label.values import GEOMETRY, LABELLED

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode
PATH = " / "  # between the names of a nested choice, as summaries write it


@dataclass(frozen=True, slots=True)
class Target:
    """What becomes of a label: a label (None: it is dropped) of a control (None: of its own).

    `where`: a control and a label that the same region, or the whole task, has to have.
    """

    label: str | None
    control: str | None = None
    where: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """`controls` and `objects`: old name → new one, a control also → None to drop it. `labels`: old control → old label →
    what it becomes: the first target whose `where` holds, and where none does the label stays."""

    controls: Mapping[str, str | None] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Sequence[Target]]] = field(default_factory=dict)

    def control_of(self, name: str) -> str | None:
        """What a control is called afterwards; None for one that is dropped."""
        return self.controls.get(name, name)


def faults(rules: Rules, old: LabelConfig, new: LabelConfig) -> dict[str, list[str]]:
    """What is wrong with rules between two configs, by field; empty when they make sense."""
    found: dict[str, list[str]] = {}

    def say(name: str, text: str) -> None:
        found.setdefault(name, []).append(text)

    for name, to in rules.controls.items():
        if name not in old.controls:
            say("controls", f'The label config has no control "{name}".')
        elif to is not None:
            _check_control(say, "controls", old.controls[name], to, new)
    for name, to in rules.objects.items():
        if name not in old.objects:
            say("objects", f'The label config has no object "{name}".')
        if to not in new.objects:
            say("objects", f'The new label config has no object "{to}".')
    for name, labels in rules.labels.items():
        control = old.controls.get(name)
        if control is None:
            say("labels", f'The label config has no control "{name}".')
            continue
        for label, targets in labels.items():
            for target in targets:
                _check_target(say, rules, control, label, target, old, new)
    return found


def _check_control(say: Any, where: str, control: ControlTag, to: str, new: LabelConfig) -> None:
    after = new.controls.get(to)
    if after is None:
        say(where, f'The new label config has no control "{to}".')
    elif after.result_type != control.result_type:
        say(where, f'"{control.name}" makes {control.result_type}, but "{to}" makes {after.result_type}.')


def _check_target(
    say: Any,
    rules: Rules,
    control: ControlTag,
    label: str,
    target: Target,
    old: LabelConfig,
    new: LabelConfig,
) -> None:
    if target.where is not None and target.where[0] not in old.controls:
        say("labels", f'The label config has no control "{target.where[0]}".')
    if target.label is None:
        return
    to = target.control or rules.control_of(control.name)
    if to is None:
        say("labels", f'"{control.name}" is dropped, so that its label "{label}" needs another control.')
        return
    _check_control(say, "labels", control, to, new)
    after = new.controls.get(to)
    if after is not None and not after.dynamic and after.labels:
        names = {name for each in after.labels for name in (each.stored, PATH.join(each.path))}
        if target.label not in names:
            say("labels", f'The control "{to}" of the new label config has no label "{target.label}".')


@dataclass(slots=True)
class Tally:
    """What rewriting did: items that changed and that went, and how often each rule was used."""

    changed: int = 0
    dropped: int = 0
    rules: Counter[str] = field(default_factory=Counter)


class Mapper:
    """Rewrites results by rules that `faults` found nothing wrong with. It holds no state and is thread-safe."""

    def __init__(self, rules: Rules, new: LabelConfig) -> None:
        self.rules = rules
        self._to_names = {name: control.to_name for name, control in new.controls.items()}
        touched = (*rules.controls, *rules.objects, *rules.labels)
        # A result that has none of these names is not read; one with escapes may spell them otherwise.
        self._marks = tuple(msgspec.json.encode(name).decode() for name in touched)

    def rewrite(self, result: str | None, tally: Tally | None = None) -> str | None:
        """The JSON text of a result by the rules; None when it stays as it is."""
        if not result or ("\\" not in result and not any(mark in result for mark in self._marks)):
            return None
        try:
            texts = _items(result)
        except msgspec.DecodeError:
            return None
        items = [_value(text) for text in texts]
        if not all(isinstance(item, dict) for item in items):
            return None
        tally = Tally() if tally is None else tally
        made: list[list[Any] | None] = [self._item(item, items, tally) for item in items]
        gone = self._gone(items, made)
        written: list[Any] = []
        touched = False
        for text, item, new in zip(texts, items, made, strict=True):
            if _belongs_to(item, gone):
                touched = True
                tally.dropped += 1
            elif new is None:
                written.append(text)
            else:
                touched = True
                written.extend(new)
                if new:
                    tally.changed += 1
                else:
                    tally.dropped += 1
        return msgspec.json.encode(written).decode() if touched else None

    def _item(self, item: dict[str, Any], items: Sequence[dict[str, Any]], tally: Tally) -> list[Any] | None:
        """What becomes of an item; None when it stays."""
        name = item.get("from_name")
        if not isinstance(name, str):
            return None
        rules = self.rules
        to_name = item.get("to_name")
        renamed = item
        if isinstance(to_name, str) and to_name in rules.objects:
            renamed = {**item, "to_name": rules.objects[to_name]}
        own = rules.control_of(name)
        labels = self.rules.labels.get(name)
        key = _label_key(item) if labels else None
        if labels is None or key is None:
            if own is None:
                tally.rules[f"control {name} dropped"] += 1
                return []
            if own == name:
                return None if renamed is item else [renamed]
            tally.rules[f"control {name} → {own}"] += 1
            return [self._under(renamed, own)]
        return self._relabelled(item, renamed, items, key, labels, tally)

    def _relabelled(
        self,
        item: dict[str, Any],
        renamed: dict[str, Any],
        items: Sequence[dict[str, Any]],
        key: str,
        labels: Mapping[str, Sequence[Target]],
        tally: Tally,
    ) -> list[Any] | None:
        name: str = item["from_name"]
        own = self.rules.control_of(name)
        groups: dict[str, list[Any]] = {}
        before = item["value"][key]
        for label in before:
            spelled = PATH.join(map(str, label)) if isinstance(label, list) else label
            target = self._target(item, items, labels.get(spelled, ()))
            to = own if target is None or target.control is None else target.control
            if target is None:
                if own is None:
                    tally.rules[f"control {name} dropped"] += 1
                    continue
                after = label
            else:
                shown = "dropped" if target.label is None else f"→ {target.label}"
                tally.rules[f"label {spelled} of {name} {shown}"] += 1
                if target.label is None or to is None:
                    continue
                after = target.label.split(PATH) if isinstance(label, list) else target.label
            group = groups.setdefault(str(to), [])
            if after not in group:  # labels that were merged
                group.append(after)
        if groups == {name: before} or (not before and own == name):
            return None if renamed is item else [renamed]
        if not before and own is not None:
            return [self._under(renamed, own)]
        return [
            self._under({**renamed, "value": {**item["value"], key: group}}, to)
            for to, group in groups.items()
        ]

    def _target(
        self, item: Mapping[str, Any], items: Sequence[Mapping[str, Any]], targets: Sequence[Target]
    ) -> Target | None:
        for target in targets:
            if target.where is None or _holds(target.where, item, items):
                return target
        return None

    def _under(self, item: dict[str, Any], control: str) -> dict[str, Any]:
        goes = self._to_names.get(control, ())
        to_name = item.get("to_name")
        if goes and isinstance(to_name, str) and not set(to_name.split(",")) & set(goes):
            to_name = goes[0]
        return {**item, "from_name": control, "to_name": to_name}

    def _gone(self, items: Sequence[Mapping[str, Any]], made: Sequence[list[Any] | None]) -> frozenset[Any]:
        """Ids of regions whose shape went: what else was said about them, and relations to them, go too."""
        shaped: set[str] = set()
        lost: set[str] = set()
        for item, new in zip(items, made, strict=True):
            kind, name = item.get("type"), item.get("id")
            if not isinstance(name, str) or not isinstance(kind, str):
                continue
            if kind in GEOMETRY or kind in LABELLED:
                (lost if new == [] else shaped).add(name)
        return frozenset(lost - shaped)


def _belongs_to(item: Mapping[str, Any], regions: frozenset[Any]) -> bool:
    if item.get("type") == "relation":
        return item.get("from_id") in regions or item.get("to_id") in regions
    return isinstance(item.get("id"), str) and item["id"] in regions


def _holds(where: tuple[str, str], item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the region of an item, or else the whole result, has a label of a control."""
    control, label = where
    said = [each for each in items if each.get("from_name") == control]
    about_it = [each for each in said if item.get("id") is not None and each.get("id") == item["id"]]
    for each in about_it or said:
        key = _label_key(each)
        names = each["value"][key] if key is not None else ()
        if any((PATH.join(map(str, name)) if isinstance(name, list) else name) == label for name in names):
            return True
    return False


def _label_key(item: Mapping[str, Any]) -> str | None:
    """The key of an item's `value` that holds its labels; None without any."""
    value, kind = item.get("value"), item.get("type")
    if not isinstance(value, dict) or not isinstance(kind, str) or kind in ("textarea", "relation"):
        return None
    key = kind if kind in value else "labels"
    names = value.get(key)
    if not isinstance(names, list) or not all(isinstance(name, str | list) for name in names):
        return None
    return key
