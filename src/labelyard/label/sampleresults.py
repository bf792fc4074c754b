"""A plausible result for every control of a config; it passes the checks of predictions."""

from collections.abc import Mapping
from typing import Any

from labelyard.label.registry import TAGS
from labelyard.label.tree import ControlTag, LabelConfig
from labelyard.label.values import GEOMETRY, LABELLED

_IMAGE_SIZE = {"original_width": 800, "original_height": 600, "image_rotation": 0}
_BOX = {"x": 20.0, "y": 25.0, "width": 30.0, "height": 35.0, "rotation": 0}
_FRAME = {"frame": 1, "time": 0.0, "enabled": True}
_VERTICES = [
    {"id": "v1", "x": 20.0, "y": 20.0, "prevPointId": None, "isBezier": False},
    {"id": "v2", "x": 60.0, "y": 45.0, "prevPointId": "v1", "isBezier": False},
]
# Two black pixels on a transparent 4 × 2 image.
_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAYAAAB"
    "/qH1jAAAAEElEQVR42mNgQID/DFjAfwAXCwH/+sMvjwAAAABJRU5ErkJggg=="
)


def _half_mask() -> list[int]:
    """The lower half of the sample image as brush run-length code: RGBA values, runs of at most 65536."""
    half = _IMAGE_SIZE["original_width"] * _IMAGE_SIZE["original_height"] * 4 // 2
    bits = f"{half * 2:032b}" + f"{8 - 1:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    for word in (0, 255):
        for start in range(0, half, 1 << 16):
            bits += f"111{min(1 << 16, half - start) - 1:016b}{word:08b}"
    bits += "0" * (8 - len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


_SHAPES: Mapping[str, Mapping[str, Any]] = {
    "rectangle": _BOX,
    "polygon": {"points": [[20.0, 20.0], [55.0, 25.0], [40.0, 60.0]], "closed": True},
    "ellipse": {"x": 45.0, "y": 40.0, "radiusX": 15.0, "radiusY": 10.0, "rotation": 0},
    "keypoint": {"x": 40.0, "y": 35.0, "width": 0.5},
    "brush": {"format": "rle", "rle": _half_mask()},
    "magicwand": {"format": "rle", "rle": _half_mask()},
    "bitmask": {"imageDataURL": _PNG},
    "vector": {"vertices": _VERTICES, "closed": False},
    "videorectangle": {"framesCount": 100, "duration": 4.0, "sequence": [{**_FRAME, **_BOX}]},
    "videovector": {
        "framesCount": 100,
        "duration": 4.0,
        "sequence": [{**_FRAME, "closed": False, "vertices": _VERTICES}],
    },
    "cube": {"position": [0, 0, 0], "rotation": [0, 0, 0], "scale": [1, 1, 1]},
    "ocr": _BOX,
    "hypertext": {
        "start": "/div[1]/h2[1]/text()[1]",
        "end": "/div[1]/h2[1]/text()[1]",
        "startOffset": 0,
        "endOffset": 7,
        "globalOffsets": {"start": 0, "end": 7},
        "text": "Opening",
    },
    "paragraph": {"start": "0", "end": "0", "startOffset": 8, "endOffset": 14, "text": "parcel"},
    "timeseries": {"start": 20, "end": 35, "instant": False},
    "timeline": {"ranges": [{"start": 10, "end": 40}]},
}


def sample_result(config: LabelConfig, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One item per control (two of one id for a tool and its plain Labels): regions first, then answers."""
    items: list[dict[str, Any]] = []
    by_object: dict[str, dict[str, Any]] = {}
    regions = [control for control in config.controls.values() if control.spec.region]
    # Tools first, so that a plain Labels finds the shape it names.
    for control in sorted(regions, key=lambda control: control.result_type not in GEOMETRY):
        made = _region(config, control, data, by_object, len(items))
        if made:
            by_object.setdefault(made["to_name"], made)
            items.append(made)
    for control in config.controls.values():
        if not control.spec.region:
            items.extend(_answer(config, control, by_object, len(items)))
    return items


def _item(
    config: LabelConfig, control: ControlTag, target: str, number: int, value: dict[str, Any]
) -> dict[str, Any]:
    tag = config.objects.get(target)
    size = _IMAGE_SIZE if tag is not None and tag.kind == "Image" and control.spec.region else {}
    return {
        "id": f"sample_{number + 1:03}",
        "from_name": control.name,
        "to_name": target,
        "type": control.result_type,
        "value": value,
        **size,
    }


def _region(
    config: LabelConfig,
    control: ControlTag,
    data: Mapping[str, Any],
    by_object: Mapping[str, dict[str, Any]],
    number: int,
) -> dict[str, Any] | None:
    target = control.to_name[0]
    if control.result_type in GEOMETRY:
        return _item(config, control, target, number, dict(_SHAPES[control.result_type]))
    if control.result_type not in LABELLED or target not in config.objects:
        return None
    key, label = control.result_key or "labels", _first_label(control)
    if control.result_type != "labels":
        shape = _SHAPES[control.result_type.removesuffix("labels")]
        return _item(config, control, target, number, {**shape, key: [label]})
    kind = config.objects[target].kind
    drawn = by_object.get(target)
    if kind in ("Image", "Video") and drawn is not None and drawn["type"] in GEOMETRY:
        return {**_item(config, control, target, number, {**drawn["value"], key: [label]}), "id": drawn["id"]}
    span = _span(kind, data.get(config.objects[target].data_key or ""))
    return _item(config, control, target, number, {**span, key: [label]}) if span else None


def _span(kind: str, shown: Any) -> dict[str, Any] | None:
    """A stretch for plain Labels; None where they cannot stand alone."""
    if kind == "Audio":
        return {"start": 0.5, "end": 1.5, "channel": 0}
    if kind != "Text" or not isinstance(shown, str):
        return None
    words = shown.split()
    word = max(words[:8], key=len, default="")
    start = shown.find(word)
    return {"start": start, "end": start + len(word), "text": word}


def _first_label(control: ControlTag) -> str:
    if control.dynamic or not control.labels:
        return "First"
    return control.labels[0].stored


def _answer(
    config: LabelConfig, control: ControlTag, by_object: Mapping[str, dict[str, Any]], number: int
) -> list[dict[str, Any]]:
    made = _answer_value(control)
    if made is None:
        return []
    target = control.to_name[0]
    if not control.per_region:
        return [_item(config, control, target, number, made)]
    region = by_object.get(target)
    if region is None:
        return []
    shape = {key: value for key, value in region["value"].items() if key not in _ANSWER_KEYS}
    size = {key: region[key] for key in _IMAGE_SIZE if key in region}
    return [{**_item(config, control, target, number, {**shape, **made}), **size, "id": region["id"]}]


_ANSWER_KEYS = frozenset(tag.result_key for tag in TAGS.values() if tag.result_key and tag.region)


def _answer_value(control: ControlTag) -> dict[str, Any] | None:
    kind, label = control.result_type, _first_label(control)
    if kind == "choices":
        nested = control.attrs.get("allowNested", "").lower() == "true"
        return {"choices": [_deepest(control)] if nested else [label]}
    fixed: dict[str, dict[str, Any]] = {
        "taxonomy": {"taxonomy": [_deepest(control)]},
        "textarea": {"text": ["A short note."]},
        "number": {"number": _number(control)},
        "rating": {"rating": min(4, _number(control, "maxRating", 5))},
        "datetime": {"datetime": "2026" if control.attrs.get("only", "") == "year" else "2026-03-14"},
        "pairwise": {"selected": "left"},
        "ranker": {"ranker": {_bucket(control): ["1", "2"]}},
        "reactcode": {"reactcode": {"answer": "sample"}},
        "custominterface": {"custominterface": {"answer": "sample"}},
    }
    return fixed.get(kind)


def _deepest(control: ControlTag) -> list[str]:
    if control.dynamic or not control.labels:
        return ["First"]
    return list(max(control.labels, key=lambda label: len(label.path)).path)


def _number(control: ControlTag, attribute: str = "min", default: int = 1) -> int:
    written = control.attrs.get(attribute, "")
    return int(written) if written.isdecimal() and len(written) < 9 else default


def _bucket(control: ControlTag) -> str:
    names = (node.attrs.get("name") for node in control.node.walk() if node.tag == "Bucket")
    return next(filter(None, names), control.name)
