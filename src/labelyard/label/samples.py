"""Sample tasks, annotations and predictions for a label config, to preview it and to show what to import."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from labelyard.label.collect import visible
from labelyard.label.jsontext import JsonFault, check_text
from labelyard.label.registry import TAGS
from labelyard.label.sampleresults import sample_result
from labelyard.label.tags.model import JsonType
from labelyard.label.tree import DataKey, LabelConfig, Node

TEXT = "The ferry to Lumen Island leaves at nine and takes forty minutes."
HTML = "<div><h2>Opening hours</h2><p>The reading room is open from nine to six.</p></div>"
OPTIONS = [{"value": "First"}, {"value": "Second"}]

# The files that sample tasks point at; the server has them under these paths.
SAMPLE_FILES: Mapping[str, str] = {
    "/samples/image.png": "image/png",
    "/samples/audio.wav": "audio/wav",
    "/samples/video.mp4": "video/mp4",
    "/samples/time-series.csv": "text/csv",
    "/samples/paragraphs.json": "application/json",
    "/samples/text.txt": "text/plain",
    "/samples/page.html": "text/html",
    "/samples/document.pdf": "application/pdf",
}

_COMMENT = re.compile(r"\s*<!--(.*?)-->", re.DOTALL)


def sample_task(config: LabelConfig) -> dict[str, Any]:
    """Task data with every field the config reads.

    A comment at the start of the config that holds a JSON object replaces the sample, as in Label Studio 0.x.
    """
    own = _own_sample(config.xml)
    if own is not None:
        data = own.get("data", own)
        return data if isinstance(data, dict) else own
    data = {}
    owners = _owners(config)
    for key in config.data_keys.values():
        _put(data, key.name, _sample(key, owners.get(key.name), config))
    for name in config.optional_keys:
        if name.split(".")[0] not in data:
            _put(data, name, _optional(name, owners.get(name)))
    return data


def sample_with_results(config: LabelConfig) -> dict[str, Any]:
    """A full task: `{"data", "annotations": [one], "predictions": [one]}`."""
    data = sample_task(config)
    result = sample_result(config, data)
    own = _own_sample(config.xml) or {}
    annotations = own.get("completions", own.get("annotations")) if "data" in own else None
    predictions = own.get("predictions") if "data" in own else None
    annotation = {"result": result, "was_cancelled": False, "ground_truth": False, "lead_time": 12.5}
    prediction = {"result": result, "score": 0.87, "model_version": "sample"}
    return {
        "data": data,
        "annotations": annotations if isinstance(annotations, list) else [annotation],
        "predictions": predictions if isinstance(predictions, list) else [prediction],
    }


def _own_sample(xml: str) -> dict[str, Any] | None:
    match = _COMMENT.match(xml)
    if match is None or not match[1].strip().startswith("{"):
        return None
    try:
        text = match[1].strip().encode()
        check_text(text)
    except (JsonFault, UnicodeEncodeError):
        return None
    own = msgspec.json.decode(text)
    return own if isinstance(own, dict) else None


def _owners(config: LabelConfig) -> dict[str, Node]:
    """The tag each field is shown by: attributes of it shape the sample."""
    owners: dict[str, Node] = {}
    for node in visible(config.root):
        for attribute, value in node.attrs.items():
            if value.startswith("$"):
                name = value[1:].strip().split("[")[0]
                known = owners.get(name)
                better = known is None or (known.tag not in _MAKERS and node.tag in _MAKERS)
                if better and attribute != "name":
                    owners[name] = node
    return owners


def _put(data: dict[str, Any], name: str, value: Any) -> None:
    """Set a field; a dotted name goes into nested objects."""
    *parents, last = name.split(".")
    place = data
    for parent in parents:
        inner = place.setdefault(parent, {})
        if not isinstance(inner, dict):
            data[name] = value
            return
        place = inner
    place.setdefault(last, value)


def _sample(key: DataKey, node: Node | None, config: LabelConfig) -> Any:
    if key.types == {JsonType.LIST} and not (node and node.attrs.get("valueList", "").startswith("$")):
        return _list_items(key.name, config)
    if node is not None and node.attrs.get("valueList", "").strip() == f"${key.name}":
        return ["/samples/image.png", "/samples/image.png"]
    return _of_tag(key.tag, node)


def _of_tag(tag: str, node: Node | None) -> Any:
    spec = TAGS[tag]
    attrs = node.attrs if node is not None and node.tag == tag else {}
    maker = _MAKERS.get(spec.alias_of or tag)
    if maker is not None:
        return maker(attrs, node)
    if spec.dynamic:
        return [dict(option) for option in OPTIONS]
    return "Sample text" if JsonType.STR in spec.data_types else []


def _optional(name: str, node: Node | None) -> Any:
    if node is not None and node.attrs.get("audioUrl") == f"${name}":
        return "/samples/audio.wav"
    return "Sample text"


def _list_items(name: str, config: LabelConfig) -> list[Any]:
    """Two items of a list that a Repeater goes through, with the fields its content reads."""
    pattern = re.compile(rf"\${re.escape(name)}\[[^\]]*\]\.?(.*)", re.DOTALL)
    items: list[Any] = [{}, {}]
    for node in visible(config.root):
        for value in node.attrs.values():
            match = pattern.fullmatch(value.strip())
            if match is None:
                continue
            sample = _of_tag(node.tag, node)
            if not match[1]:
                return [sample, sample]
            for item in items:
                _put(item, match[1], sample)
    return items


def _text(attrs: Mapping[str, str], node: Node | None) -> Any:
    return "/samples/text.txt" if attrs.get("valueType") == "url" else TEXT


def _hypertext(attrs: Mapping[str, str], node: Node | None) -> Any:
    return "/samples/page.html" if attrs.get("valueType") == "url" else HTML


def _paragraphs(attrs: Mapping[str, str], node: Node | None) -> Any:
    if attrs.get("valueType") == "url":
        return "/samples/paragraphs.json"
    name, text = attrs.get("nameKey", "author"), attrs.get("textKey", "text")
    return [
        {name: "Mara", text: "Has the parcel arrived yet?"},
        {name: "Iven", text: "Not yet. The post comes at noon."},
    ]


def _time_series(attrs: Mapping[str, str], node: Node | None) -> Any:
    time = attrs.get("timeColumn") or "time"
    columns = [child.attrs.get("column", "") for child in node.walk()] if node is not None else []
    names = list(dict.fromkeys(filter(None, columns))) or ["value"]
    if attrs.get("valueType") == "json":
        series = {
            name: [round((i * (n + 3)) % 17 / 4, 2) for i in range(100)] for n, name in enumerate(names)
        }
        return {time: list(range(100)), **series}
    query = {"time": time, "values": ",".join(names), "sep": attrs.get("sep"), "tf": attrs.get("timeFormat")}
    return f"/samples/time-series.csv?{urlencode({key: value for key, value in query.items() if value})}"


def _constant(value: Any) -> Any:
    return lambda attrs, node: value


_MAKERS: dict[str, Any] = {
    "Text": _text,
    "HyperText": _hypertext,
    "Paragraphs": _paragraphs,
    "TimeSeries": _time_series,
    "Image": _constant("/samples/image.png"),
    "Audio": _constant("/samples/audio.wav"),
    "Video": _constant("/samples/video.mp4"),
    "Pdf": _constant("/samples/document.pdf"),
    "List": _constant(
        [
            {"id": "1", "title": "First result", "body": "Ferries run all year."},
            {"id": "2", "title": "Second result", "body": "The pier closes in winter."},
        ]
    ),
    "Table": _constant({"Order": 1042, "Customer": "M. Okafor", "Weight": "2.4 kg"}),
    "Chat": _constant(
        [
            {"role": "user", "content": "When does the ferry leave?"},
            {"role": "assistant", "content": "At nine."},
        ]
    ),
    "Header": _constant("A sample heading"),
    "Panel": _constant("A sample heading"),
    "Markdown": _constant("Some **sample** text."),
    "TextArea": _constant("A first draft."),
}
