"""A project in a folder of its own: everything of it is inside, so copying the folder moves the project.

my-project/
  config.xml            label config
  config.json           title, sampling, port, allow_serving_local_files…
  labelyard.sqlite3     tasks, annotations, predictions, users
  secret.key            the install's own key
  media/                uploaded files
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelyard import sampling
from labelyard.cli.options import PROTOCOLS, ml_backend
from labelyard.cli.output import fail

CONFIG_XML = "config.xml"
CONFIG_JSON = "config.json"
DATABASE = "labelyard.sqlite3"

# The keys of 0.x that mean something here, with what a new folder says. Others are kept as they are.
DEFAULTS: Mapping[str, Any] = {
    "title": "",
    "description": "",
    "protocol": PROTOCOLS[0],
    "host": "localhost",
    "port": 8080,
    "debug": False,
    "label_config": CONFIG_XML,
    "instruction": "",
    "allow_delete_completions": True,
    "allow_serving_local_files": False,
    "sampling": "sequential",
    "ml_backends": [],
    "task_page_auto_update_timer": 10000,
    "show_project_links_in_multisession": True,
    "source": {"name": "Tasks", "type": "tasks-json", "path": "tasks.json"},
    "target": {"name": "Completions", "type": "completions-dir", "path": "completions"},
}
# Keys that may be there too.
_OPTIONAL: Mapping[str, type] = {
    "cert": str, "key": str, "username": str, "password": str, "label_config_updated": bool,
}  # fmt: skip
# `config.json` → the setting.
_SETTINGS = {
    "host": "host",
    "port": "port",
    "cert": "cert_file",
    "key": "key_file",
    "username": "username",
    "password": "password",
    "debug": "debug_modal_exceptions",
    "allow_delete_completions": "allow_delete_annotations",
    "allow_serving_local_files": "allow_serving_local_files",
}


@dataclass(slots=True)
class FolderConfig:
    """`config.json`, with the key names of the 0.x command line. `values` has all of its keys, unknown ones too."""

    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """The value of a key of `DEFAULTS`, or its default."""
        value = self.values.get(name)
        return DEFAULTS[name] if value is None else value

    def text(self) -> str:
        return json.dumps(self.values, indent=2, ensure_ascii=False) + "\n"

    def settings(self) -> dict[str, Any]:
        """What it says about the server, as settings."""
        return {
            setting: self.values[name]
            for name, setting in _SETTINGS.items()
            if self.values.get(name) not in (None, "")
        }

    @classmethod
    def new(cls, base: "FolderConfig | None", given: Mapping[str, Any]) -> "FolderConfig":
        """Defaults, what a base says, and what was given (None: nothing), the later winning."""
        said = {name: value for name, value in given.items() if value is not None}
        return cls({**DEFAULTS, **(base.values if base else {}), **said})

    @classmethod
    def read(cls, path: Path) -> "FolderConfig":
        """The file, empty when there is none. Ends the program when a key has a value that cannot be."""
        try:
            return cls.of(path, path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            fail(f"{path}: not readable as JSON ({error}).", "Mend it, or delete it to use the defaults.")

    @classmethod
    def of(cls, path: Path, text: str) -> "FolderConfig":
        table = json.loads(text)
        if not isinstance(table, dict):
            fail(f"{path}: must be a JSON object.")
        for name, value in table.items():
            if value is not None:
                _check(path, name, value)
        return cls(table)


def _check(path: Path, name: str, value: Any) -> None:
    wanted: type | None = type(DEFAULTS[name]) if name in DEFAULTS else _OPTIONAL.get(name)
    if wanted is None:
        return
    if type(value) is not wanted:
        fail(f"{path}: {name!r} must be a {wanted.__name__}, not {value!r}.")
    for key, choices in (("protocol", PROTOCOLS), ("sampling", tuple(sampling.BY_WORD))):
        if name == key and value not in choices:
            fail(f"{path}: {name!r} must be one of {', '.join(choices)}, not {value!r}.")
    if isinstance(value, list):
        for each in value:
            address = each.get("url") if isinstance(each, dict) else None
            if not isinstance(address, str) or ml_backend(address) is None:
                fail(f'{path}: each of \'ml_backends\' must be {{"url": …, "name": …}}, not {each!r}.')


def is_project_dir(path: Path) -> bool:
    return (path / DATABASE).is_file()
