"""The directory of a 0.x project: where its files are, and what is in them, one at a time.

Layout (0.5 to 0.9): `config.json` (settings), `config.xml` (label config), `tasks.json` (`{"<id>": task}`),
`completions/<task id>.json`, `upload/` (files), and with cloud storages `source.json` and `target.json`
(`{"<id>": {"key": "s3://…"}}`) beside or instead. Nothing in it is ever written.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from os import scandir
from pathlib import Path
from typing import Any

import msgspec

from labelyard.takeover.legacy.by_id import Ids, RecordsById, id_of
from labelyard.takeover.model import TakeoverError, inside

CONFIG = "config.json"
_CLOUD = ("s3", "gcs", "redis", "azure-blob")


def is_project(path: Path) -> bool:
    """Whether the directory looks like the project of a 0.x release."""
    return (path / CONFIG).is_file() and any(
        (path / name).exists() for name in ("tasks.json", "source.json", "completions")
    )


class Addresses:
    """`source.json`, `target.json`: the addresses of tasks in a cloud storage. TakeoverError for what is not readable."""

    def __init__(self, path: Path) -> None:
        self._path, self._records = path, RecordsById(path)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Ids of tasks with their addresses, by id."""
        for task_id, place in self._records:
            address = self._address(place)
            if address is not None:
                yield task_id, address

    def of(self, task_id: int) -> str | None:
        place = self._records.place(task_id)
        return None if place is None else self._address(place)

    def _address(self, place: int) -> str | None:
        try:
            found = msgspec.json.decode(self._records.text(place))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TakeoverError(
                f"{self._path}: task {self._records.id(place)}: not readable as JSON ({error}).",
                "Mend the file.",
            ) from None
        address = found.get("key") if isinstance(found, dict) else None
        return address if isinstance(address, str) else None


class Directory:
    """A 0.x project on the disk. TakeoverError for what cannot be read at all, and for links that lead out of it."""

    def __init__(self, root: Path, label_config: Path | None = None) -> None:
        self.root = root
        self.config = self._object(CONFIG)
        self.label_config = self._label_config(label_config)
        self.is_cloud = _kind(self.config, "source") in _CLOUD
        tasks = None if self.is_cloud else self._named("source", "input_path", "tasks.json")
        self.tasks_file = tasks if tasks is not None and tasks.is_file() else None
        self._completions = self._named("target", "output_dir", "completions", cloud=True)

    @cached_property
    def tasks(self) -> RecordsById:
        return RecordsById(self.tasks_file)

    @cached_property
    def completions(self) -> Ids:
        """The tasks that have a file in `completions/`."""
        return Ids(number for number in self._completion_files() if number is not None)

    @cached_property
    def sources(self) -> Addresses | None:
        """Where the tasks come from, when that is a cloud storage."""
        return Addresses(self.file("source.json")) if self.is_cloud else None

    @cached_property
    def targets(self) -> Addresses:
        return Addresses(self.file("target.json"))

    def unread(self) -> int:
        """How many names in `completions/` belong to no task."""
        return sum(number is None for number in self._completion_files())

    def file(self, name: str | Path) -> Path:
        """A file below the directory, links followed. TakeoverError when it would be elsewhere."""
        found = inside(self.root, str(name))
        if found is None:
            raise TakeoverError(
                f"{self.root / name}: a link that leads out of {self.root}.",
                "Put the file itself in the place of the link.",
            )
        return found

    def completions_file(self, task_id: int) -> Path | None:
        """The file with what was made on a task; None without one."""
        if self._completions is None or task_id not in self.completions:
            return None
        return self.file(self._completions / f"{task_id}.json")

    def uploads(self) -> Iterator[Path]:
        """The files in `upload/`."""
        directory = self.file("upload")
        for each in scandir(directory) if directory.is_dir() else ():
            path = self.file(directory / each.name)
            if path.is_file():
                yield path

    def state(self) -> str:
        """Changes when a file of the project does: how many there are, their bytes, and the time of the newest."""
        count = size = newest = 0
        places = [self.root, self.root / "completions", self.root / "upload"]
        for place in places:
            for each in scandir(place) if place.is_dir() else ():
                if each.is_file():
                    status = each.stat()
                    count, size = count + 1, size + status.st_size
                    newest = max(newest, status.st_mtime_ns)
        return f"{count}-{size}-{newest}"

    def identity(self) -> str:
        """What the project is known by wherever it lies: its tasks. One without tasks is known by its place."""
        file = self.tasks_file
        if file is not None and file.stat().st_size > len("{}\n"):
            with file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        named = map(json.dumps, self.sources or ())
        first = next(named, None)
        if first is None:
            return hashlib.sha256(json.dumps(str(self.root.resolve())).encode()).hexdigest()
        digest = hashlib.sha256(f"[{first}".encode())
        for each in named:
            digest.update(f", {each}".encode())
        digest.update(b"]")
        return digest.hexdigest()

    def _object(self, name: str) -> dict[str, Any]:
        path = self.file(name)
        try:
            found = json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise TakeoverError(f"{path}: not readable as JSON ({error}).", "Mend the file.") from None
        if not isinstance(found, dict):
            raise TakeoverError(f"{path}: must be a JSON object.", "Mend the file.")
        return found

    def _label_config(self, given: Path | None) -> str:
        name = self.config.get("label_config")
        path = given or self._own(name if isinstance(name, str) else "", "config.xml")
        try:
            return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
        except FileNotFoundError:
            return "<View></View>"
        except (OSError, UnicodeDecodeError) as error:
            raise TakeoverError(
                f"{path}: {error}.", "Name another label config: --label-config FILE"
            ) from None

    def _named(self, section: str, older: str, usual: str, *, cloud: bool = False) -> Path | None:
        """The path that a section of `config.json` names. Of a cloud target the local copy is in the usual place."""
        given = self.config.get(section)
        name = given.get("path") if isinstance(given, dict) else self.config.get(older)
        if cloud and not _kind(self.config, section).endswith("-dir"):
            name = None
        return self._own(name if isinstance(name, str) else "", usual)

    def _own(self, name: str, usual: str) -> Path:
        """A path of the project. Releases up to 0.8.1 wrote absolute ones, which do not hold where it was moved."""
        path = Path(name) if name else Path(usual)
        if path.is_absolute() and not path.is_relative_to(self.root.absolute()):
            path = Path(path.name) if (self.root / path.name).exists() else Path(usual)
        return self.file(path)

    def _completion_files(self) -> Iterator[int | None]:
        """The id in each name in `completions/`."""
        if self._completions is None or not self._completions.is_dir():
            return
        for each in scandir(self._completions):
            stem, _, ending = each.name.rpartition(".")
            yield id_of(stem) if ending == "json" else None


def _kind(config: Mapping[str, Any], section: str) -> str:
    given = config.get(section)
    kind = given.get("type") if isinstance(given, dict) else None
    return kind if isinstance(kind, str) else {"source": "tasks-json", "target": "completions-dir"}[section]
