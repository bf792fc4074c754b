"""Checks results against a label config: predictions by the rules, annotations leniently.

Results are lists of items `{id, from_name, to_name, type, value}`. The rules are compatible with the prediction
validation of Label Studio 1.x. Annotations that are imported are kept even when a control is not (or no longer) in the
config, because dropping a person's work is worse than keeping an item nobody reads; one that is saved now is held against
the config, because whoever saves it can cure it.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from labelyard.label import values
from labelyard.label.fitting import ResultFitting
from labelyard.label.jsontext import JsonFault, check_text
from labelyard.label.tree import ControlTag, LabelConfig, ObjectTag
from labelyard.label.values import GEOMETRY, LABELLED, Fault, GeometryFault, Value

MAX_REGIONS = 100_000
MAX_PROBLEMS = 100
DIRECTIONS = ("left", "right", "bi")
_decode = msgspec.json.Decoder().decode


class ResultValidator:
    """The check of one label config. It holds no state and is thread-safe.

    `fitting` is the same for many results at once, as far as that can be said quickly. With `any_label`, labels need
    not be in the config, and a control that labels shapes may make one without a label.
    """

    def __init__(self, config: LabelConfig, *, any_label: bool = False) -> None:
        self.is_open = config.is_empty  # nothing to compare with
        self._objects: _Names[ObjectTag] = _Names(config.objects)
        self._controls: _Names[ControlTag] = _Names(config.controls)
        self._chats = {name: tag for name, tag in config.objects.items() if tag.spec.result_type}
        self._any_label = any_label
        self._labels = {
            name: None if any_label else _label_names(control) for name, control in config.controls.items()
        }
        self._checks = {
            name: _check_of(control, config, self._labels[name]) for name, control in config.controls.items()
        }
        self.fitting = ResultFitting(config, self._labels, _most, MAX_REGIONS)

    def validate_prediction(self, result: object, score: Any = None) -> list[str]:
        """Faults of a prediction, each naming region and field; empty when it fits.

        `result` is the full list form, as JSON text or as Python values; `score` is None or 0 to 1.
        """
        items, faults = _items(result, "Prediction")
        faults.extend(_score(score))
        if self.is_open or not items:
            return faults
        drawn = _drawn(items)
        fine: set[str] = set()
        for index, item in enumerate(items):
            if _is_relation(item):
                continue
            found = self._region(item, index, drawn)
            faults.extend(found)
            if not found and isinstance(item.get("id"), str):
                fine.add(item["id"])
            if len(faults) >= MAX_PROBLEMS:
                return faults[:MAX_PROBLEMS]
        for index, item in enumerate(items):
            if _is_relation(item):
                faults.extend(_relation(item, index, fine))
        return faults[:MAX_PROBLEMS]

    def validate_annotation(self, result: object) -> list[str]:
        """Faults of an annotation's or draft's result, each naming index and key; empty when it can be kept."""
        items, faults = _items(result, "Annotation")
        for index, item in enumerate(items):
            for key, kinds in _KEPT:
                if key in item and not isinstance(item[key], kinds):
                    faults.append(f"Region {index}: '{key}' must be {_KIND_NAMES[kinds]}")
            if len(faults) >= MAX_PROBLEMS:
                break
        return faults[:MAX_PROBLEMS]

    def validate_made(self, result: object, known: Container[bytes] = frozenset()) -> list[str]:
        """Faults of a result that somebody saves now, each naming region and field; empty when it fits.

        Beside the rules of `validate_annotation`, an item that names a control has to be what that control makes.
        Relations, and items that name none, are kept as they are, and so are those in `known` (see `canonical`).
        """
        items, faults = _items(result, "Annotation")
        faults = faults or self.validate_annotation(items)
        if faults or self.is_open:
            return faults
        drawn = _drawn(items)
        for index, item in enumerate(items):
            if _is_relation(item) or item.get("from_name") is None:
                continue
            found = self._region(item, index, drawn)
            if found and canonical(item) not in known:
                faults.extend(found)
            if len(faults) >= MAX_PROBLEMS:
                break
        return faults[:MAX_PROBLEMS]

    def _region(self, item: Mapping[str, Any], index: int, drawn: frozenset[str]) -> list[str]:
        where = f"Region {index}"
        missing = [key for key in ("from_name", "to_name", "type", "value") if item.get(key) is None]
        if missing:
            return [f"{where}: Missing required field '{key}'" for key in missing]
        wrong = [key for key in ("from_name", "to_name", "type") if not isinstance(item[key], str)]
        if wrong:
            return [f"{where}: '{key}' must be a string" for key in wrong]
        if not isinstance(item["value"], dict):
            return [f"{where}: 'value' must be an object"]
        if item["from_name"] in self._chats and item["type"] == "chatmessage":
            return _told(where, item["from_name"], values.message(item["value"]))
        control = self._controls.find(item["from_name"])
        if control is None:
            known = ", ".join(list(self._controls.names)[:20]) or "none"
            return [f"{where}: '{item['from_name'][:100]}' not found in the label config (controls: {known})"]
        return self._fits(item, where, control, drawn)

    def _fits(
        self, item: Mapping[str, Any], where: str, control: ControlTag, drawn: frozenset[str]
    ) -> list[str]:
        target = self._objects.find(item["to_name"])
        own = not target and item["to_name"] == control.name and control.name in control.to_name
        if target is None and not own:
            return [f"{where}: 'to_name' '{item['to_name'][:100]}' is not an object of the label config"]
        if target is not None and target.name not in control.to_name:
            goes = ", ".join(control.to_name)
            return [f"{where}: 'to_name' is '{target.name}', but control '{control.name}' is about: {goes}"]
        kind, types = item["type"], self._types(control)
        if kind not in types:
            return [
                f"{where}: 'type' is '{kind[:100]}', but control '{control.name}' makes: {', '.join(types)}"
            ]
        return _told(where, control.name, self._value_fault(item, control, drawn))

    def _types(self, control: ControlTag) -> tuple[str, ...]:
        """Its own type; for plain Labels and for a tool also the two in one, such as `rectanglelabels`."""
        own = control.result_type
        if own in GEOMETRY:
            return (own, f"{own}labels")
        if self._any_label and own.removesuffix("labels") in GEOMETRY:
            return (own, own.removesuffix("labels"))
        if own != "labels":
            return (own,)
        beside = [
            other.result_type
            for other in self._controls.names.values()
            if set(other.to_name) & set(control.to_name)
        ]
        drawing = dict.fromkeys(kind for kind in beside if kind in GEOMETRY)
        return (
            own,
            *(f"{kind}labels" for kind in drawing),
            *(kind for kind in drawing if kind.startswith("video")),
        )

    def _value_fault(self, item: Mapping[str, Any], control: ControlTag, drawn: frozenset[str]) -> Fault:
        kind, value = item["type"], item["value"]
        if kind == control.result_type:
            if kind == "labels" and isinstance(item.get("id"), str) and item["id"] in drawn:
                return values.known(value, "labels", self._labels[control.name])
            return self._checks[control.name](value)
        check = LABELLED.get(kind) or GEOMETRY[kind]
        key = kind if kind in value else "labels"
        labels = self._labels[control.name] if control.labels else None
        if key not in value and kind in GEOMETRY:
            return check(value)
        return values.first(check(value), values.known(value, key, labels))


def canonical(item: object) -> bytes:
    """The same bytes for the same JSON value, however it was written."""
    return msgspec.json.encode(item, order="sorted")


_Tag = TypeVar("_Tag", bound=ControlTag | ObjectTag)
_INDEX = re.compile(r"(?:\{\{\w*\}\})+")
# Names come from outside: bounds keep a hostile pair of pattern and name from taking long to compare.
_MAX_INDEXES = 3
_MAX_REPEATED_NAME = 200


class _Names(Generic[_Tag]):
    """Look-up by name, also for names written inside a Repeater: `box_{{idx}}` matches `box_3`."""

    def __init__(self, names: Mapping[str, _Tag]) -> None:
        self.names = names
        repeated = sorted((name for name in names if 1 <= len(_INDEX.findall(name)) <= _MAX_INDEXES), key=len)
        self._patterns: list[tuple[re.Pattern[str], _Tag]] = [
            (re.compile(r"\d+".join(map(re.escape, _INDEX.split(name)))), names[name])
            for name in reversed(repeated)
        ]

    def find(self, name: str) -> _Tag | None:
        exact = self.names.get(name)
        if exact is not None or not self._patterns or len(name) > _MAX_REPEATED_NAME:
            return exact
        return next((tag for pattern, tag in self._patterns if pattern.fullmatch(name)), None)


_TEXT, _TEXT_OR_NUMBER, _OBJECT = (str,), (str, int), (dict,)
_KIND_NAMES: Mapping[tuple[type, ...], str] = {
    _TEXT: "a string",
    _TEXT_OR_NUMBER: "a string",
    _OBJECT: "an object",
}
_KEPT: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("id", _TEXT_OR_NUMBER),
    ("from_name", _TEXT),
    ("to_name", _TEXT),
    ("type", _TEXT),
    ("value", _OBJECT),
)


def _items(result: object, noun: str) -> tuple[list[Any], list[str]]:
    """The result as a list of objects, or what keeps it from being one."""
    if isinstance(result, bytes | msgspec.Raw):
        text = bytes(result)
        try:
            check_text(text)
        except JsonFault as fault:
            return [], [f"{noun}: {fault}"]
        result = _decode(text)
    if not isinstance(result, list):
        return [], [f"{noun}: 'result' must be a list"]
    if len(result) > MAX_REGIONS:
        return [], [f"{noun}: {len(result)} regions, the limit is {MAX_REGIONS}"]
    faults = [
        f"Region {index}: must be an object"
        for index, item in enumerate(result)
        if not isinstance(item, dict)
    ]
    return ([] if faults else result), faults[:MAX_PROBLEMS]


def _score(score: Any) -> list[str]:
    if score is None:
        return []
    got = values.number(score)
    if got is None:
        return ["Score must be a number"]
    return [] if 0 <= got <= 1 else [f"Score must be between 0.00 and 1.00, got {got:g}"]


def _drawn(items: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Ids of regions that a tool drew; a plain Labels item of such an id only adds the label."""
    return frozenset(
        item["id"]
        for item in items
        if isinstance(item.get("id"), str) and isinstance(item.get("type"), str) and item["type"] in GEOMETRY
    )


def _is_relation(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "relation"


def _relation(item: Mapping[str, Any], index: int, ids: set[str]) -> list[str]:
    where = f"Relation {index}"
    faults = [
        f"{where}: Missing required field '{key}'"
        for key in ("from_id", "to_id", "direction")
        if key not in item
    ]
    faults += [
        f"{where}: '{key}' '{str(item[key])[:100]}' not found in regions"
        for key in ("from_id", "to_id")
        if key in item and (not isinstance(item[key], str) or item[key] not in ids)
    ]
    if "direction" in item and item["direction"] not in DIRECTIONS:
        faults.append(f"{where}: Direction must be one of {DIRECTIONS}, got '{str(item['direction'])[:100]}'")
    return faults


def _told(where: str, control: str, fault: Fault) -> list[str]:
    if not fault:
        return []
    what = "geometry" if isinstance(fault, GeometryFault) else "value"
    return [f"{where}: Invalid {what} for control '{control}': {fault}"]


def _label_names(control: ControlTag) -> frozenset[str] | None:
    """What its labels are stored as; None when any label goes."""
    if control.dynamic or not control.labels:
        return None
    return frozenset(label.stored for label in control.labels)


def _most(control: ControlTag) -> int:
    most = values.number(control.attrs.get("maxRating"))
    return int(most) if most is not None and 1 <= most <= 1000 else 5


def _check_of(
    control: ControlTag, config: LabelConfig, labels: frozenset[str] | None
) -> Callable[[Value], Fault]:
    """The check of one control's own values."""
    kind = control.result_type
    if kind in LABELLED:
        return _labelled_check(control, config, labels)
    if kind in GEOMETRY:
        check = GEOMETRY[kind]
        return lambda value: values.first(
            check(value), values.strings(value, "labels") if "labels" in value else None
        )
    simple: dict[str, Callable[[Value], Fault]] = {
        "choices": lambda value: values.choices(value, labels),
        "taxonomy": lambda value: values.known_paths(value, "taxonomy", labels),
        "textarea": lambda value: values.strings(value, "text"),
        "number": values.any_number,
        "rating": lambda value: values.rating(value, _most(control)),
        "datetime": values.text_field("datetime"),
        "pairwise": values.text_field("selected"),
        "ranker": values.ranker,
    }
    return simple.get(kind, values.anything)


def _labelled_check(
    control: ControlTag, config: LabelConfig, labels: frozenset[str] | None
) -> Callable[[Value], Fault]:
    key = control.result_key or control.result_type
    check = LABELLED[control.result_type]
    on_video = any(
        name in config.objects and config.objects[name].kind == "Video" for name in control.to_name
    )

    def labelled(value: Value) -> Fault:
        # Plain Labels on a video name what is tracked; the track stands in the same value.
        place = values.anything if on_video and key == "labels" and "sequence" in value else check
        return values.first(place(value), values.known(value, key, labels))

    return labelled
