"""Keeps `config.xml` and `config.json` of a project folder and the project itself the same.

Both may be edited while the server is stopped: the next start takes them over. While it runs, the project is what
counts, and the files follow it within seconds.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row

from labelyard import sampling
from labelyard.actor import Actor
from labelyard.cli.model_backends import Named, connect_backends
from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.cli.project_dir import CONFIG_JSON, CONFIG_XML, DEFAULTS, FolderConfig
from labelyard.context import Context
from labelyard.kit.log import Logger
from labelyard.label.config import LabelConfig, LabelConfigError, parse
from labelyard.legacy import models
from labelyard.projects import editing
from labelyard.projects import jobs as project_jobs
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields, title_from
from labelyard.users import service as users

EVERY = 1.0  # seconds between looks at the project
log = Logger(__name__)


class FolderFiles:
    """The two files of one folder. `take_over` once at the start, then `keep` now and then and at the end."""

    def __init__(self, context: Context, folder: Path) -> None:
        self._context = context
        self._xml = folder / CONFIG_XML
        self._json = folder / CONFIG_JSON
        # What each file said when it and the project were the same.
        self._same: dict[Path, str] = {}
        # ML backends of config.json that could not be connected.
        self._missing: list[Named] = []

    def take_over(self) -> None:
        """Take over what was edited after the project last changed; write what the project has where it is newer.

        Ends the program with a message when a file cannot be taken over.
        """
        actor, row = self._project()
        if row is None:
            return
        given: dict[str, Any] = {}
        said = []
        if (
            (text := read_text(self._xml)) is not None
            and text != row.label_config
            and _is_newer(self._xml, row)
        ):
            parse_config(self._xml, text)
            given["label_config"] = text
            said.append(f"label config taken over from {self._xml}")
        config = FolderConfig.read(self._json)
        edited = {name: each for name, each in _changes(config, row).items() if name in config.values}
        if edited and _is_newer(self._json, row):
            given |= _fields(edited)
            said.append(f"{', '.join(edited)} taken over from {self._json}")
        if given:
            self._apply(actor, row, given)
        for each in said:
            say(each)
        self._missing = connect_backends(self._context, actor, row.id, config["ml_backends"])
        for path, wanted in self._wanted(config, self._project()[1]).items():
            self._same[path] = wanted
            if _on_disk(path) != wanted:
                _write(path, wanted)

    def _apply(self, actor: Actor, row: Row[Any], given: dict[str, Any]) -> None:
        """Both files in one transaction: half of an edit would make the other half look old."""
        db, check = self._context.db, None
        with problems_as_failures(str(self._xml)):
            if "label_config" in given:
                check = db.read_sync(editing.check_config, actor, row.id, given["label_config"])
        with problems_as_failures(str(self._xml.parent)):
            try:
                fields = ProjectFields.model_validate(given)
            except ValidationError as error:
                fail(f"{self._json}: {error.errors()[0]['msg'].removeprefix('Value error, ')}")
            db.write_sync(project_jobs.update, self._context.jobs, actor, row.id, fields, check)

    def keep(self) -> None:
        """Write what the project has into the files.

        What somebody edited meanwhile stays for the next start. Where the project has changed in the same place, the
        project counts, and the edited file is set aside.
        """
        row = self._project()[1]
        config = FolderConfig.of(self._json, self._same[self._json]) if self._same else FolderConfig()
        if row is None or not self._same:
            return
        for path, wanted in self._wanted(config, row).items():
            before, now = self._same[path], _on_disk(path)
            self._same[path] = wanted
            if now is not None and now not in (before, wanted):
                if wanted == before:
                    continue
                if path == self._json and (merged := _merged(before, now, wanted)) is not None:
                    _write(path, merged)
                    continue
                _set_aside(path)
            if now != wanted:
                _write(path, wanted)

    def _project(self) -> tuple[Actor, Row[Any] | None]:
        db = self._context.db
        actor = db.read_sync(users.cli_actor)
        return actor, db.read_sync(projects.first, actor)

    def _wanted(self, config: FolderConfig, row: Row[Any] | None) -> dict[Path, str]:
        if row is None:
            return {}
        changes = _changes(config, row)
        updated = row.config_version > 1 and not config.values.get("label_config_updated")
        connected = self._context.db.read_sync(models.of_project, self._project()[0], row.id)
        backends = [*connected, *self._missing]
        text = self._same.get(self._json) or _on_disk(self._json)
        if text is None or changes or updated or config["ml_backends"] != backends:
            values = {**(config.values or DEFAULTS), **{name: _of_project(row)[name] for name in changes}}
            values["ml_backends"] = backends
            text = FolderConfig(values | ({"label_config_updated": True} if updated else {})).text()
        return {self._xml: row.label_config, self._json: text}


def _of_project(row: Row[Any]) -> dict[str, Any]:
    return {
        "title": row.title,
        "description": row.description,
        "instruction": row.expert_instruction,
        "sampling": sampling.word_of(row.sampling),
    }


def _changes(config: FolderConfig, row: Row[Any]) -> dict[str, Any]:
    """Keys in which the file and the project differ → what the file says."""
    changes = {name: config[name] for name, value in _of_project(row).items() if config[name] != value}
    if "title" in changes and (not changes["title"] or title_from(changes["title"]) == row.title):
        del changes["title"]  # the name of a folder may be too short or too long for a title
    return changes


def _fields(changes: dict[str, Any]) -> dict[str, Any]:
    fields = dict(changes)
    if "instruction" in fields:
        fields["expert_instruction"] = fields.pop("instruction")
    if "sampling" in fields:
        fields["sampling"] = sampling.BY_WORD[fields["sampling"]]
    return fields


def _is_newer(path: Path, row: Row[Any]) -> bool:
    """Whether the file was written after the project last changed (microseconds since the epoch)."""
    return path.is_file() and path.stat().st_mtime_ns // 1000 >= int(row.updated_at)


def _on_disk(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _merged(before: str, edited: str, wanted: str) -> str | None:
    """The edited `config.json` with what changed from `before` to `wanted`; None when both changed the same key."""
    old, new = json.loads(before), json.loads(wanted)
    try:
        theirs = json.loads(edited)
    except ValueError:
        return None
    if not isinstance(theirs, dict):
        return None
    ours = {name: value for name, value in new.items() if old.get(name) != value}
    if any(theirs.get(name) not in (old.get(name), value) for name, value in ours.items()):
        return None
    return FolderConfig({**theirs, **ours}).text()


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    path.replace(aside)
    log.warning(
        "a file of the project folder was edited while the project changed too; the edited one was set aside",
        file=str(aside),
    )


def read_text(path: Path) -> str | None:
    """The text of an XML file; None when there is none. Ends the program when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        fail(f"{path}: not UTF-8.", f"Convert it first: iconv -f latin1 -t utf-8 {path.name}")


def parse_config(path: Path, text: str) -> LabelConfig:
    """The label config of a file. Ends the program with every fault of it."""
    try:
        return parse(text)
    except LabelConfigError as error:
        fail("\n  ".join(f"{path}, {message}" for message in error.messages))
