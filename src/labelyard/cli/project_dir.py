"""A project in a folder of its own: everything of it is inside, so copying the folder moves the project.

my-project/
  config.xml            label config
  config.json           how to serve it: title, port, allow_serving_local_files…
  labelyard.sqlite3     tasks, annotations, predictions, users
  secret.key            the install's own key
  media/                uploaded files
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from labelyard.cli.output import fail

CONFIG_XML = "config.xml"
CONFIG_JSON = "config.json"
DATABASE = "labelyard.sqlite3"


@dataclass(slots=True)
class FolderConfig:
    """`config.json`, with the key names of the 0.x command line. Unknown keys are kept."""

    title: str = ""
    description: str = ""
    label_config: str = CONFIG_XML
    sampling: str = "sequential"
    allow_serving_local_files: bool = False
    host: str | None = None
    port: int | None = None
    rest: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        known = {name: value for name, value in asdict(self).items() if name != "rest" and value is not None}
        (folder / CONFIG_JSON).write_text(
            json.dumps({**known, **self.rest}, indent=2) + "\n", encoding="utf-8"
        )

    @classmethod
    def read(cls, folder: Path) -> "FolderConfig":
        path = folder / CONFIG_JSON
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            fail(f"{path}: not readable as JSON ({error}).", "Mend it, or delete it to use the defaults.")
        if not isinstance(table, dict):
            fail(f"{path}: must be a JSON object.")
        names = {each.name for each in fields(cls)} - {"rest"}
        config = cls(rest={name: value for name, value in table.items() if name not in names})
        for name in names & table.keys():
            wanted = (
                type(getattr(cls(), name))
                if name not in {"host", "port"}
                else {"host": str, "port": int}[name]
            )
            value = table[name]
            if value is not None and not isinstance(value, wanted):
                fail(f"{path}: {name!r} must be a {wanted.__name__}, not {value!r}.")
            setattr(config, name, value)
        return config


def is_project_dir(path: Path) -> bool:
    return (path / DATABASE).is_file()
