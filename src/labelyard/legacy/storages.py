"""The one source and the one target of a project, in the words of 0.x."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Row

from labelyard.context import Context
from labelyard.kit.errors import Invalid, NotSupported
from labelyard.kit.jobs.runner import JobRunner
from labelyard.projects import service as projects
from labelyard.storages import service as storages
from labelyard.storages.connecting import LOCAL_KIND, S3_KIND, Options, options_of
from labelyard.storages.service import Role

Side = Literal["source", "target"]
SYNC_SECONDS = 30.0  # between two looks into a source while somebody works


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of storage of 0.x. `kind`: what it is here; None: the project's own store; "": not supported yet."""

    description: str
    kind: str | None
    fields: tuple[str, ...]


_CLOUD_SOURCE = ("path", "prefix", "regex", "data_key", "use_blob_urls")
_CLOUD_TARGET = ("path", "prefix", "create_local_copy")
_REDIS = ("path", "host", "port", "password", "db")
KINDS: Mapping[str, Mapping[str, Kind]] = {
    "source": {
        "s3": Kind("Amazon S3", S3_KIND, (*_CLOUD_SOURCE, "region")),
        "gcs": Kind("Google Cloud Storage", "", _CLOUD_SOURCE),
        "azure-blob": Kind("Azure Blob Storage", "", _CLOUD_SOURCE),
        "redis": Kind("Redis", "", _REDIS),
        "localfiles": Kind("Directory of the server", LOCAL_KIND, _CLOUD_SOURCE),
        "tasks-json": Kind("Tasks of the project", None, ()),
    },
    "target": {
        "s3-completions": Kind("Amazon S3", S3_KIND, (*_CLOUD_TARGET, "region")),
        "gcs-completions": Kind("Google Cloud Storage", "", _CLOUD_TARGET),
        "azure-blob-completions": Kind("Azure Blob Storage", "", _CLOUD_TARGET),
        "redis-completions": Kind("Redis", "", _REDIS),
        "localfiles-completions": Kind("Directory of the server", LOCAL_KIND, ("path", "prefix")),
        "completions-dir": Kind("Completions of the project", None, ()),
    },
}
OWN: Mapping[str, str] = {"source": "tasks-json", "target": "completions-dir"}
_OWN_PATH = {"source": "tasks of the project", "target": "completions of the project"}

# Name → type of the form field, default, description.
_FIELDS: Mapping[str, tuple[str, Any, str]] = {
    "path": ("StringField", None, "Bucket, or the absolute path of a directory."),
    "prefix": ("StringField", None, "Folder in it."),
    "regex": ("StringField", None, "Only keys that this regular expression matches from their start."),
    "data_key": ("StringField", None, "Data key that gets the address of an object."),
    "use_blob_urls": ("BooleanField", True, "Make a task of the address of each object, and read none."),
    "region": ("StringField", "us-east-1", "Region of the bucket."),
    "create_local_copy": ("BooleanField", True, "Keep a copy of what is written in the data directory."),
    "host": ("StringField", None, "Host of the Redis server."),
    "port": ("IntegerField", 6379, "Port of the Redis server."),
    "password": ("StringField", None, "Password of the Redis server."),
    "db": ("IntegerField", 1, "Number of the database."),
}
# Field of 0.x → field here.
_NAMES: Mapping[str, str] = {"region": "region_name", "regex": "regex_filter", "endpoint": "s3_endpoint"}
_BACK = {here: there for there, here in _NAMES.items()} | {"bucket": "path"}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "source": {"use_blob_urls": True},
    "target": {"create_local_copy": True},
}


# --- showing ------------------------------------------------------------------------------------------------------


def kind_of(row: Row[Any] | None, side: Side) -> str:
    """The type of 0.x that the current storage is."""
    if row is None:
        return OWN[side]
    return next(name for name, each in KINDS[side].items() if each.kind == row.kind)


def readable_path(row: Row[Any] | None, side: Side) -> str:
    if row is None:
        return _OWN_PATH[side]
    options = options_of(row)
    if row.kind == LOCAL_KIND:
        return f"{options.path}/{options.folder}"
    return f"s3://{options.bucket}/{options.folder}"


def section(row: Row[Any] | None, side: Side) -> dict[str, Any]:
    """The key `source` or `target` of `config.json`; without credentials."""
    if row is None:
        return dict(_OWN_SECTIONS[side])
    options, kind = options_of(row), kind_of(row, side)
    place = options.path if row.kind == LOCAL_KIND else options.bucket
    params = {name: _value(options, name, row.kind) for name in KINDS[side][kind].fields if name != "path"}
    return {"name": KINDS[side][kind].description, "type": kind, "path": place, "params": params}


_OWN_SECTIONS: Mapping[str, Mapping[str, str]] = {
    "source": {"name": "Tasks", "type": "tasks-json", "path": "tasks.json"},
    "target": {"name": "Completions", "type": "completions-dir", "path": "completions"},
}


def _value(options: Options, name: str, kind: str) -> Any:
    """What is stored in a field of 0.x."""
    here = "bucket" if name == "path" and kind == S3_KIND else _NAMES.get(name, name)
    return getattr(options, here)


def available() -> list[list[str]]:
    """Types and their words, as a project lists them."""
    return [[name, each.description] for kinds in KINDS.values() for name, each in kinds.items()]


def settings(conn: Connection, project_id: int, label_config: str) -> dict[str, Any]:
    """All types of both sides with the fields of their forms, filled in for those that are set."""
    first_key = projects.checked_config(label_config).first_data_key
    return {side: _side(storages.current(conn, project_id, side), side, first_key) for side in _SIDES}


_SIDES: tuple[Side, ...] = ("source", "target")


def _side(row: Row[Any] | None, side: Side, first_key: str | None) -> dict[str, Any]:
    set_kind, path = kind_of(row, side), readable_path(row, side)
    return {
        name: {
            "type": name,
            "description": each.description,
            "current": name == set_kind,
            "path": path,
            "fields": [_field(field, row if name == set_kind else None, first_key) for field in each.fields],
        }
        for name, each in KINDS[side].items()
    }


def _field(name: str, row: Row[Any] | None, first_key: str | None) -> dict[str, Any]:
    kind, default, words = _FIELDS[name]
    data = first_key if name == "data_key" else default
    if row is not None:
        value = _value(options_of(row), name, row.kind)
        data = value if kind == "BooleanField" else value or data
    return {
        "name": name,
        "id": name,
        "short_name": name,
        "type": kind,
        "data": data,
        "default": default,
        "object_data": data if row is not None else None,
        "raw_data": None,
        "render_kw": None,
        "description": words,
        "do_not_call_in_templates": True,
    }


# --- setting ------------------------------------------------------------------------------------------------------


def meant(side: str, name: str, given: Mapping[str, Any]) -> str | None:
    """The kind of storage here that a type of 0.x is, None for the project's own store. Invalid, NotSupported."""
    kinds = KINDS.get(side)
    if kinds is None:
        raise Invalid({"storage_for": ["Must be source or target."]})
    if name not in kinds:
        raise Invalid({"type": [f"Unknown. Known: {', '.join(kinds)}."]})
    kind = kinds[name].kind
    if kind == "":
        raise NotSupported(f"Storages of the kind {name} are not supported by this release.")
    return LOCAL_KIND if kind is None and given.get("path") else kind


def fields_of(side: Side, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of 0.x as `storages.draft` takes them."""
    fields = {_NAMES.get(name, name): value for name, value in given.items() if value is not None}
    if kind == S3_KIND:
        fields["bucket"] = fields.pop("path", "")
    return {**_DEFAULTS[side], **fields}


def faults_in_our_words(errors: Mapping[str, Any], kind: str | None) -> dict[str, Any]:
    """Faults by the field names of 0.x."""
    return {_BACK.get(name, name) if kind == S3_KIND else name: each for name, each in errors.items()}


# --- looking for what is new --------------------------------------------------------------------------------------

# For each server of the process: project → when its source was looked into.
_looked: WeakKeyDictionary[JobRunner, dict[int, float]] = WeakKeyDictionary()


async def look(ctx: Context, project_id: int) -> None:
    """Ask for a sync of the project's source, as 0.x does when somebody works; at most every SYNC_SECONDS."""
    now, looked = time.monotonic(), _looked.setdefault(ctx.deliveries, {})
    if now - looked.get(project_id, -SYNC_SECONDS) < SYNC_SECONDS:
        return
    looked[project_id] = now
    row = await ctx.db.read(storages.current, project_id, _SIDES[0])
    if row is not None:
        await ctx.db.write(storages.ask, ctx.deliveries, row.id)
        ctx.deliveries.notify()


def side_of(text: str) -> Role:
    if text == "source":
        return "source"
    if text == "target":
        return "target"
    raise Invalid({"storage_for": ["Must be source or target."]})
