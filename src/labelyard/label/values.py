"""Checks of the `value` of a result item, one for each kind of control.

Compatible with the prediction rules of Label Studio 1.x: numbers may come as numeric strings, bounds are upper bounds
except where said, extra keys are fine.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

Value = Mapping[str, Any]
# A fault in words, or None.
Fault = str | None
ValueCheck = Callable[[Value], Fault]

PERCENT = 100.0
GEOMETRY_KEYS = ("x", "y", "width", "height")


class GeometryFault(str):
    """A fault of coordinates rather than of shape; told under its own heading."""

    __slots__ = ()


def number(value: Any) -> float | None:
    """The number, also out of a numeric string; None when it is none (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        got = float(value)
    except (ValueError, OverflowError):
        return None
    return got if math.isfinite(got) else None


def first(*faults: Fault) -> Fault:
    return next((fault for fault in faults if fault), None)


def need_numbers(value: Value, keys: Iterable[str]) -> Fault:
    for key in keys:
        if key not in value:
            return f'"{key}" is missing'
        if number(value[key]) is None:
            return f'"{key}" must be a number'
    return None


def within(value: Value, limits: Mapping[str, float]) -> Fault:
    """Numbers that may be absent but not above their limit."""
    for key, limit in limits.items():
        if value.get(key) is None:
            continue
        got = number(value[key])
        if got is None:
            return f'"{key}" must be a number'
        if got > limit:
            return f'"{key}" is {got:g}, the limit is {limit:g}'
    return None


def strings(value: Value, key: str) -> Fault:
    items = value.get(key)
    if key not in value:
        return f'"{key}" is missing'
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return f'"{key}" must be a list of strings'
    return None


def known(value: Value, key: str, labels: Collection[str] | None) -> Fault:
    """A list of strings, each one of the labels (None: any)."""
    fault = strings(value, key)
    if fault or labels is None:
        return fault
    strange = [item for item in value[key] if item not in labels]
    return f'"{key}" has {quoted(strange)}, which is not in the label config' if strange else None


def known_paths(value: Value, key: str, labels: Collection[str] | None) -> Fault:
    """A list of paths, each a list of names."""
    paths = value.get(key)
    if key not in value:
        return f'"{key}" is missing'
    if not isinstance(paths, list) or not all(isinstance(path, list) for path in paths):
        return f'"{key}" must be a list of paths, each a list of names'
    for path in paths:
        fault = known({key: path}, key, labels)
        if fault:
            return fault
    return None


def choices(value: Value, labels: Collection[str] | None) -> Fault:
    """A list of choices, or with nested choices a list of paths."""
    items = value.get("choices")
    nested = isinstance(items, list) and bool(items) and all(isinstance(item, list) for item in items)
    return (known_paths if nested else known)(value, "choices", labels)


def quoted(names: list[str]) -> str:
    shown = ", ".join(f'"{name[:60]}"' for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def box(value: Value) -> Fault:
    """x, y, width, height up to 100 percent each; a box may reach over the edge."""
    fault = need_numbers(value, GEOMETRY_KEYS)
    if fault:
        return fault
    numbers = {key: number(value[key]) or 0.0 for key in GEOMETRY_KEYS}
    if any(got > PERCENT for got in numbers.values()):
        outside = [f"{key} {value[key]}" for key, got in numbers.items() if not 0 <= got <= PERCENT]
        return GeometryFault(f"{', '.join(outside)} out of bounds [0, 100]")
    return within(value, {"rotation": 360})


def polygon(value: Value) -> Fault:
    points = value.get("points")
    if not isinstance(points, list):
        return '"points" must be a list of [x, y] pairs'
    for index, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 2:
            return f'"points[{index}]" must be an [x, y] pair'
        for place in point:
            got = number(place)
            if got is None or got > PERCENT:
                return f'"points[{index}]" must be two numbers up to 100'
    return None


def ellipse(value: Value) -> Fault:
    return first(
        need_numbers(value, ("x", "y", "radiusX", "radiusY")),
        within(value, {"x": PERCENT, "y": PERCENT, "radiusX": 50, "radiusY": 50, "rotation": 360}),
    )


def keypoint(value: Value) -> Fault:
    return first(
        need_numbers(value, ("x", "y")), within(value, {"x": PERCENT, "y": PERCENT, "width": PERCENT})
    )


def brush(value: Value) -> Fault:
    rle = value.get("rle")
    if not isinstance(rle, list) or not rle:
        return '"rle" must be a list of byte values that is not empty'
    if not all(type(item) is int for item in rle):
        return '"rle" must hold whole numbers only'
    return None if isinstance(value.get("format", "rle"), str) else '"format" must be a string'


def bitmask(value: Value) -> Fault:
    return None if isinstance(value.get("imageDataURL"), str) else '"imageDataURL" must be a string'


def vector(value: Value) -> Fault:
    vertices = value.get("vertices")
    if not isinstance(vertices, list):
        return '"vertices" must be a list'
    return _each(vertices, "vertices", lambda item: need_numbers(item, ("x", "y")))


def _each(items: list[Any], key: str, check: ValueCheck) -> Fault:
    for index, item in enumerate(items):
        fault = check(item) if isinstance(item, dict) else "must be an object"
        if fault:
            return f'"{key}[{index}]": {fault}'
    return None


def span(value: Value) -> Fault:
    """A stretch of text, sound or time: start and end, numbers or strings."""
    for key in ("start", "end"):
        if key not in value:
            return f'"{key}" is missing'
        if isinstance(value[key], bool) or not isinstance(value[key], int | float | str):
            return f'"{key}" must be a number or a string'
    return None


def node_span(value: Value) -> Fault:
    """A span between nodes of a document: start and end name nodes, offsets count within them."""
    for key in ("start", "end"):
        if not isinstance(value.get(key), str):
            return f'"{key}" must be a string'
    for key in ("startOffset", "endOffset"):
        offset = value.get(key)
        got = number(offset)
        if offset is not None and (got is None or got < 0 or got != int(got)):
            return f'"{key}" must be a whole number from 0'
    return None


def time_span(value: Value) -> Fault:
    fault = span(value)
    if fault:
        return fault
    return None if isinstance(value.get("instant"), bool) else '"instant" must be true or false'


def ranges(value: Value) -> Fault:
    items = value.get("ranges")
    if not isinstance(items, list) or not items:
        return '"ranges" must be a list of at least one {start, end}'
    return _each(items, "ranges", lambda item: need_numbers(item, ("start", "end")))


def track(value: Value) -> Fault:
    """A box through a video: the key frames in `sequence`."""
    fault = need_numbers(value, ("framesCount", "duration"))
    if fault:
        return fault
    return _sequence(
        value, lambda item: first(need_numbers(item, (*GEOMETRY_KEYS, "time", "frame")), _frame(item))
    )


def _frame(item: Value) -> Fault:
    limits = dict.fromkeys(GEOMETRY_KEYS, PERCENT)
    return first(
        within(item, limits),
        None if isinstance(item.get("enabled"), bool) else '"enabled" must be true or false',
    )


def vector_track(value: Value) -> Fault:
    return _sequence(value, lambda item: first(need_numbers(item, ("frame",)), vector(item)))


def _sequence(value: Value, check: ValueCheck) -> Fault:
    frames = value.get("sequence")
    if not isinstance(frames, list):
        return '"sequence" must be a list of key frames'
    return _each(frames, "sequence", check)


def any_number(value: Value) -> Fault:
    return need_numbers(value, ("number",))


def rating(value: Value, most: int) -> Fault:
    got = number(value.get("rating"))
    if got is None or got != got // 1 or not 0 <= got <= most:
        return f'"rating" must be a whole number from 0 to {most}'
    return None


def text_field(key: str) -> ValueCheck:
    return lambda value: None if isinstance(value.get(key), str) else f'"{key}" must be a string'


def ranker(value: Value) -> Fault:
    order = value.get("ranker")
    if not isinstance(order, dict) or not all(isinstance(items, list) for items in order.values()):
        return '"ranker" must be an object of lists'
    return first(*(strings(order, bucket) for bucket in order))


def message(value: Value) -> Fault:
    said = value.get("chatmessage")
    if not isinstance(said, dict):
        return '"chatmessage" must be an object'
    return first(
        *(
            None if isinstance(said.get(key), str) else f'"{key}" must be a string'
            for key in ("role", "content")
        )
    )


def anything(value: Value) -> Fault:
    return None


GEOMETRY: Mapping[str, ValueCheck] = {
    "rectangle": box,
    "polygon": polygon,
    "ellipse": ellipse,
    "keypoint": keypoint,
    "brush": brush,
    "magicwand": brush,
    "bitmask": bitmask,
    "vector": vector,
    "videorectangle": track,
    "videovector": vector_track,
    "cube": anything,
}

LABELLED: Mapping[str, ValueCheck] = {
    **{f"{name}labels": check for name, check in GEOMETRY.items()},
    "labels": span,
    "ocrlabels": box,
    "hypertextlabels": node_span,
    "paragraphlabels": node_span,
    "timeserieslabels": time_span,
    "timelinelabels": ranges,
}
