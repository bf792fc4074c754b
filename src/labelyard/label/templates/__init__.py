"""The gallery of label configs to start a project from. One TOML file beside this module for each."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from labelyard.label.config import parse

GROUPS = ("Text", "Images", "Audio", "HTML", "Ranking & review")


@dataclass(frozen=True, slots=True)
class Template:
    """A label config to start from. `keys` are the fields its tasks must have."""

    id: str
    title: str
    group: str
    details: str
    config: str
    keys: tuple[str, ...]


@cache
def templates() -> tuple[Template, ...]:
    """All templates, in the order of the groups and then of their titles."""
    found = [
        _read(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8"))
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda template: (GROUPS.index(template.group), template.title)))


def _read(name: str, text: str) -> Template:
    written = tomllib.loads(text)
    config = written["config"]
    return Template(
        name, written["title"], written["group"], written["details"], config, tuple(parse(config).data_keys)
    )


def gallery() -> dict[str, Any]:
    """The answer of the template list: `{"templates": [{id, title, type, group, details, config, image, keys}], "groups"}`."""
    rows = [
        {
            "id": template.id,
            "title": template.title,
            "type": "community",
            "group": template.group,
            "details": template.details,
            "image": None,
            "config": template.config,
            "keys": list(template.keys),
        }
        for template in templates()
    ]
    return {"templates": rows, "groups": list(GROUPS)}
