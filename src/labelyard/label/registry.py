"""Every tag of the label config language, by name. The front end and the reference page are made from it."""

import difflib
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from labelyard.label.tags.controls import CONTROL_TAGS
from labelyard.label.tags.model import Kind, Param, Tag
from labelyard.label.tags.objects import OBJECT_TAGS
from labelyard.label.tags.visual import VISUAL_TAGS

TAGS: Mapping[str, Tag] = MappingProxyType(
    {tag.name: tag for tag in sorted((*OBJECT_TAGS, *CONTROL_TAGS, *VISUAL_TAGS), key=lambda tag: tag.name)}
)
_BY_LOWER = {name.lower(): tag for name, tag in TAGS.items()}

# A plain Labels beside one of these tools names its regions: `rectangle` + `labels` share one region id.
GEOMETRY_TAGS = frozenset(tag.name for tag in TAGS.values() if tag.geometry)


def find(name: str) -> Tag | None:
    """The tag of that name, whatever the case of its letters."""
    return _BY_LOWER.get(name.lower())


def nearest(name: str) -> str | None:
    """The name of a tag that `name` may be a slip of."""
    match = difflib.get_close_matches(name.lower()[:64], _BY_LOWER, n=1, cutoff=0.7)
    return _BY_LOWER[match[0]].name if match else None


def nearest_param(tag: Tag, name: str) -> str | None:
    """The attribute of the tag that `name` may be a slip of."""
    names = {param.name.lower(): param.name for param in tag.params}
    match = difflib.get_close_matches(name.lower()[:64], names, n=1, cutoff=0.75)
    return names[match[0]] if match else None


def _param_row(param: Param) -> dict[str, Any]:
    row: dict[str, Any] = {"name": param.name, "type": param.type, "required": param.required}
    if param.enum:
        row["enum"] = param.enum
    if param.default is not None:
        row["default"] = param.default
    if param.description:
        row["description"] = param.description
    return row


def _tag_row(tag: Tag) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": tag.name,
        "kind": tag.kind.value,
        "summary": tag.summary,
        "params": [_param_row(param) for param in tag.params],
    }
    optional: dict[str, Any] = {
        "children": tag.children,
        "targets": tag.targets,
        "result_type": tag.result_type,
        "result_key": tag.result_key,
        "value": dict(tag.value),
        "dynamic": tag.dynamic,
        "region": tag.region,
        "geometry": tag.geometry,
        "alias_of": tag.alias_of,
    }
    row.update({key: value for key, value in optional.items() if value})
    if tag.kind is Kind.OBJECT:
        row["data_types"] = [kind.value for kind in tag.data_types]
    return row


def registry_json() -> str:
    """All tags as JSON: `{"tags": [{"name", "kind", "summary", "params": […], …}]}`, sorted by name."""
    return msgspec.json.encode({"tags": [_tag_row(tag) for tag in TAGS.values()]}).decode()


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(registry_json(), indent=2) + "\n")
