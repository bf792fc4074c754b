"""Quick checks of much at once, for imports by the 100,000.

A label config is compiled to types, against which msgspec reads a JSON list of task data or of results in one go. What
fits them fits the rules of `tasks` and `results` too; what does not may still fit those, which then look at it one by one
and name the fault. So a rule may be stricter here, but none may be looser. Texts have to be well-formed by `kit.rawjson`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from labelyard.label.tree import ControlTag, LabelConfig

_Percent = Annotated[float, Meta(le=100)]
_Half = Annotated[float, Meta(le=50)]
_Turn = Annotated[float, Meta(le=360)] | None
_Place = Annotated[int, Meta(ge=0)] | None

# Fields of `value` that a kind of result needs; with a default those that it may have.
_Fields = Mapping[str, Any]
_BOX: _Fields = {
    **dict.fromkeys(("x", "y", "width", "height"), _Percent),
    "rotation": (_Turn, None),
}
_SHAPES: Mapping[str, _Fields] = {
    "rectangle": _BOX,
    "polygon": {"points": list[tuple[_Percent, _Percent]]},
    "ellipse": {"x": _Percent, "y": _Percent, "radiusX": _Half, "radiusY": _Half, "rotation": (_Turn, None)},
    "keypoint": {"x": _Percent, "y": _Percent, "width": (_Percent | None, None)},
    "brush": {"rle": Annotated[list[int], Meta(min_length=1)], "format": (str, "rle")},
    "bitmask": {"imageDataURL": str},
}
_NODES: _Fields = {"start": str, "end": str, "startOffset": (_Place, None), "endOffset": (_Place, None)}
_SPAN: _Fields = {"start": float | str, "end": float | str}
_LABELLED: Mapping[str, _Fields] = {
    **{f"{name}labels": fields for name, fields in _SHAPES.items()},
    "labels": _SPAN,
    "ocrlabels": _BOX,
    "hypertextlabels": _NODES,
    "paragraphlabels": _NODES,
    "timeserieslabels": {**_SPAN, "instant": bool},
}
_SIMPLE: Mapping[str, _Fields] = {
    "textarea": {"text": list[str]},
    "number": {"number": float},
    "datetime": {"datetime": str},
    "pairwise": {"selected": str},
    "ranker": {"ranker": dict[str, list[str]]},
}


class _Object(msgspec.Struct, gc=False):
    """Any object, whatever is in it."""


class _Kept(msgspec.Struct, gc=False):
    """What an item of an annotation has to be to be kept."""

    id: str | int | UnsetType = UNSET
    from_name: str | UnsetType = UNSET
    to_name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    value: _Object | UnsetType = UNSET


def _list_of_results(item: Any, most: int) -> Callable[[bytes | memoryview], list[list[Any]]]:
    result = Annotated[list[item], Meta(max_length=most)]
    decoder: msgspec.json.Decoder[list[list[Any]]] = msgspec.json.Decoder(list[result])
    return decoder.decode


_MOST_KEYS = 500  # of one task, and shapes of tasks that are remembered
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_all_keys = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


class DataFitting:
    """The quick check of task data for one label config, whose data keys have these types. It is thread-safe."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self._some = msgspec.json.Decoder(list[_struct(types)]).decode  # type: ignore[misc]
        self._same: dict[tuple[str, ...], Callable[[bytes | memoryview], list[Any]]] = {}

    def keys(self, listed: bytes | memoryview, first: bytes, *, bare: bool = False) -> dict[str, int] | None:
        """How many objects of a JSON list have each key; None when one of them may not fit.

        `first` is the first of them. `bare`: they are tasks without an envelope, so that none may have the key `data`.
        """
        try:
            names = tuple(_keys(first))
            if bare and "data" in names:
                return None
            same = self._same_as(names)
            if same is not None:
                try:
                    return dict.fromkeys(names, len(same(listed)))
                except msgspec.ValidationError:
                    pass  # others have other keys, if nothing else
            self._some(listed)
            found = Counter(chain.from_iterable(_all_keys(listed)))
        except msgspec.ValidationError:
            return None
        return None if bare and "data" in found else dict(found)

    def _same_as(self, names: tuple[str, ...]) -> Callable[[bytes | memoryview], list[Any]] | None:
        """Reads a list of objects that all have these keys and no others."""
        known = self._same.get(names)
        if known is None and len(names) <= _MOST_KEYS and self._types.keys() <= set(names):
            fields = {name: self._types.get(name, msgspec.Raw) for name in names}
            kind = _struct(fields, forbid_unknown_fields=True)
            known = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
            if len(self._same) >= _MOST_KEYS:
                self._same.clear()
            self._same[names] = known
        return known


class ResultFitting:
    """The quick check of results for one label config. It holds no state and is thread-safe.

    `labels`: what a control's labels are stored as, None for any. `most`: items of one result at most.
    """

    def __init__(
        self,
        config: LabelConfig,
        labels: Mapping[str, frozenset[str] | None],
        most_stars: Callable[[ControlTag], int],
        most: int,
    ) -> None:
        values = {
            name: value
            for name, control in config.controls.items()
            if (value := _value(control, labels[name], most_stars)) is not None and _targets(control, config)
        }
        items = [
            _item(config.controls[name], _targets(config.controls[name], config), value, len(values) == 1)
            for name, value in values.items()
        ]
        union: Any = items[0] if items else None
        for item in items[1:]:
            union = union | item
        self._predictions = _list_of_results(union, most) if items else None
        self._annotations = _list_of_results(_Kept, most)

    def predictions(self, listed: bytes | memoryview) -> bool:
        """Whether every result of a JSON list of predictions' results certainly fits."""
        if self._predictions is None:
            return False
        try:
            self._predictions(listed)
        except msgspec.ValidationError:
            return False
        return True

    def annotations(self, listed: bytes | memoryview) -> list[int] | None:
        """How many items each result of a JSON list of annotations' results has; None when one may not be kept."""
        try:
            return list(map(len, self._annotations(listed)))
        except msgspec.ValidationError:
            return None


def _targets(control: ControlTag, config: LabelConfig) -> list[str]:
    return [name for name in control.to_name if name in config.objects or name == control.name]


def _item(control: ControlTag, targets: Sequence[str], value: Any, alone: bool) -> Any:
    """The type of a control's own result items."""
    fields: list[tuple[str, Any]] = [
        ("to_name", _one_of(targets)),
        ("type", _one_of([control.result_type])),
        ("value", value),
    ]
    if alone:  # a tag tells types apart, and one alone may come without
        return msgspec.defstruct("_Item", [("from_name", _one_of([control.name])), *fields], gc=False)
    return msgspec.defstruct("_Item", fields, tag_field="from_name", tag=control.name, gc=False)


def _value(
    control: ControlTag, labels: frozenset[str] | None, most_stars: Callable[[ControlTag], int]
) -> Any:
    """The type of its `value`; None for a control that is left to the exact rules."""
    kind = control.result_type
    name: Any = str if labels is None else _one_of(sorted(labels))
    if kind in _LABELLED:
        return _struct({**_LABELLED[kind], control.result_key or kind: list[name]})
    if kind in _SHAPES:
        return _struct({**_SHAPES[kind], "labels": (list[str] | UnsetType, UNSET)})
    match kind:
        case "choices":
            return _struct({"choices": list[name]})
        case "taxonomy":
            return _struct({"taxonomy": list[list[name]]})
        case "rating":
            return _struct({"rating": Annotated[int, Meta(ge=0, le=most_stars(control))]})
    return _struct(_SIMPLE[kind]) if kind in _SIMPLE else None


def _one_of(names: Iterable[str]) -> Any:
    return Literal[tuple(names)]


def _struct(fields: _Fields, *, forbid_unknown_fields: bool = False) -> Any:
    made: list[Any] = []
    for number, (name, kind) in enumerate(fields.items()):
        # The names are keys of JSON, which need not be names of Python.
        if isinstance(kind, tuple):
            made.append((f"f{number}", kind[0], msgspec.field(name=name, default=kind[1])))
        else:
            made.append((f"f{number}", kind, msgspec.field(name=name)))
    return msgspec.defstruct(
        "_Object", made, gc=False, kw_only=True, forbid_unknown_fields=forbid_unknown_fields
    )
