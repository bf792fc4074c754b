"""Storages of projects: which there are, what they say of themselves, and asking for their syncs.

Changing one takes three steps, because a connection to elsewhere is no part of a transaction: `draft` looks at rights
and fields, `connect` at whether the store answers, `create` or `update` saves.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import ProjectRight, may_in, require_in, role_may
from labelyard.actor import Actor
from labelyard.files import service as files
from labelyard.files.service import Registered
from labelyard.kit.clock import iso, now_us
from labelyard.kit.crypto import Secrets
from labelyard.kit.errors import Forbidden, Invalid, NotFound
from labelyard.kit.jobs.runner import JobRunner
from labelyard.kit.objects.directory import Directory
from labelyard.kit.objects.store import Listed, StoreError
from labelyard.kit.patterns import PatternError, check_pattern
from labelyard.projects import service as projects
from labelyard.settings import Settings
from labelyard.storages import importing, queries, writing
from labelyard.storages.connecting import (
    LOCAL_KIND,
    S3_KIND,
    SECRETS,
    Keeper,
    Options,
    Store,
    directory,
    document_root,
    open_store,
    options_of,
    sealed,
    secrets_of,
    to_text,
)

Role = Literal["source", "target"]
Dialect = Literal["0.x", "1.x"]
MAX_FILES = 1_000
_MAX_ID = 2**63 - 1
_S3_FIELDS = ("bucket", "prefix", "region_name", "s3_endpoint", "aws_sse_kms_key_id")
_SOURCE_FIELDS = ("regex_filter", "use_blob_urls", "recursive_scan")


@dataclass(frozen=True, slots=True)
class Draft:
    """A storage as it is to be, checked but for whether it answers."""

    project_id: int
    kind: str
    role: Role
    options: Options
    secrets: Mapping[str, str]
    registered: Sequence[Registered]
    title: str = ""
    description: str = ""


# --- reading ------------------------------------------------------------------------------------------------------


def list_storages(
    conn: Connection, actor: Actor, project_id: int | None, role: Role, kind: str | None = None
) -> list[dict[str, Any]]:
    """The storages of a project, or of all where the caller may see them, by id."""
    if project_id is not None:
        projects.get(conn, actor, project_id, "storages.view")
    rows = queries.seen(conn, actor, role, kind=kind, project_id=project_id)
    return _shown(conn, [row for row in rows if may_in(actor, row, "storages.view")])


def get(conn: Connection, actor: Actor, role: Role, kind: str, storage_id: int) -> dict[str, Any]:
    [found] = _shown(conn, [row_of(conn, actor, role, kind, storage_id, "storages.view")])
    return found


def _shown(conn: Connection, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    waiting = queries.waiting_counts(conn, [row.id for row in rows if row.role == queries.TARGET])
    return [as_json(row, waiting.get(row.id, 0)) for row in rows]


def row_of(
    conn: Connection, actor: Actor, role: Role, kind: str, storage_id: int, right: ProjectRight
) -> Row[Any]:
    """A storage for those who have the right in its project. NotFound."""
    row = queries.by_id(conn, actor, storage_id) if 0 < storage_id <= _MAX_ID else None
    if row is None or (row.role, row.kind) != (role, kind) or not row.active:
        raise NotFound(f"No storage with id {storage_id}.")
    require_in(actor, row, right)
    return row


def as_json(row: Row[Any], waiting: int = 0) -> dict[str, Any]:
    """A storage as 1.x shows it. Its secrets are not shown. `waiting`: changes that are still to be written to it."""
    options, source = options_of(row), row.role == queries.SOURCE
    shown: dict[str, Any] = {
        "id": row.id,
        "type": row.kind,
        "title": row.title,
        "description": row.description,
        "project": row.project_id,
        "created_at": iso(row.created_at),
        "synchronizable": True,
        "last_sync": iso(row.synced_at),
        "last_sync_count": row.synced_count,
        "last_sync_job": str(row.job_id) if row.job_id else None,
        "status": row.status,
        "traceback": row.error,
        "meta": _meta(row, waiting),
    }
    if row.kind == S3_KIND:
        shown |= {name: getattr(options, name) or None for name in _S3_FIELDS}
        shown["has_credentials"] = row.secrets is not None
        if source:
            shown |= {"presign": options.presign, "presign_ttl": options.presign_ttl}
    else:
        shown["path"] = options.path
    if source:
        shown |= {name: getattr(options, name) for name in _SOURCE_FIELDS}
        shown["regex_filter"] = options.regex_filter or None
    else:
        shown["can_delete_objects"] = options.can_delete_objects
    return shown


def _meta(row: Row[Any], waiting: int) -> dict[str, Any]:
    counts = msgspec.json.decode(row.counts)
    if row.role == queries.TARGET:
        return {"total_annotations": row.synced_count or 0, "annotations_waiting": waiting}
    return {
        "tasks_added": counts.get("added", 0),
        "tasks_existed": counts.get("known", 0),
        "objects_seen": counts.get("seen", 0),
        "objects_left_out": counts.get("wrong", 0),
        "objects_filtered": counts.get("filtered", 0),
        "duration": counts.get("duration"),
    }


def local_roots(conn: Connection, keeper: Keeper, actor: Actor) -> list[Path]:
    """Directories of the sources in all projects of the caller, those aside that are open no more."""
    found = []
    for row in queries.seen(conn, actor, queries.SOURCE, kind=LOCAL_KIND):
        with suppress(Invalid):
            found.append(
                directory(keeper.settings, options_of(row).path, files.registered(conn, row.project_id))
            )
    return found


def open_local(settings: Settings, roots: Sequence[Path], path: str) -> BinaryIO:
    """The file at a path below the document root, if it is in one of the directories. NotFound for all else."""
    root, parts = document_root(settings), path.split("/")
    if root is None or "\\" in path or any(each in ("", ".", "..") for each in parts):
        raise NotFound
    place = root.joinpath(*parts)
    for each in roots:
        if each in place.parents:
            try:
                return Directory(each).open_file(str(place.relative_to(each)))
            except StoreError:
                continue
    raise NotFound


# --- changing -----------------------------------------------------------------------------------------------------


def draft(
    conn: Connection,
    keeper: Keeper,
    actor: Actor,
    project_id: int,
    kind: str,
    role: Role,
    fields: Mapping[str, Any],
    before: Row[Any] | None = None,
) -> Draft:
    """Fields of a storage that is new, or (`before`) changed. Invalid names the field at fault."""
    projects.get(conn, actor, project_id, "storages.change")
    old = options_of(before) if before is not None else Options()
    secrets = secrets_of(before, keeper.secrets) if before is not None else {}
    sent = {name: str(fields[name] or "").strip() for name in SECRETS if fields.get(name) is not None}
    known = {name for name in Options.__struct_fields__ if name != "of_server"}
    changes = {name: _plain(value) for name, value in fields.items() if name in known and value is not None}
    options = msgspec.structs.replace(old, **changes)
    if before is not None and secrets and options.s3_endpoint != old.s3_endpoint and not sent.get(SECRETS[1]):
        raise Invalid({SECRETS[1]: ["Needed again, because s3_endpoint changes: it is sent to nobody else."]})
    secrets = {**secrets, **sent}
    _check(options, kind, secrets, changes)
    registered = files.registered(conn, project_id) if kind == LOCAL_KIND else ()
    if kind == LOCAL_KIND:
        place = directory(keeper.settings, options.path, registered, writing=role == "target")
        if place == document_root(keeper.settings) or not place.is_dir():
            raise Invalid({"path": [f"There is no directory {options.path}."]})
        options.path = str(place)
    else:
        options.of_server = _uses_server(keeper, options, secrets)
        if options.of_server and not role_may(actor.role, "organizations.change"):
            raise Forbidden(
                "Only an administrator connects a bucket with the credentials of the server. Send aws_access_key_id "
                "and aws_secret_access_key."
            )
    words = {
        name: str(fields.get(name) or "") if fields.get(name) is not None else getattr(before, name, "")
        for name in ("title", "description")
    }
    return Draft(project_id, kind, role, options, secrets, registered, **words)


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _check(options: Options, kind: str, secrets: Mapping[str, str], sent: Collection[str]) -> None:
    needed = "path" if kind == LOCAL_KIND else "bucket"
    if not getattr(options, needed):
        raise Invalid({needed: [f"This field {'may not be blank' if needed in sent else 'is required'}."]})
    for name in Options.__struct_fields__:
        value = getattr(options, name)
        if isinstance(value, str) and any(ord(each) < 32 or "\ud800" <= each <= "\udfff" for each in value):
            raise Invalid({name: ["Control characters are not allowed."]})
    if options.regex_filter:
        try:
            check_pattern(options.regex_filter)
        except PatternError as error:
            raise Invalid({"regex_filter": [f"No regular expression: {error}."]}) from error
    if any(each in (".", "..") for each in options.prefix.split("/")):
        raise Invalid({"prefix": ["Must not have parts that lead elsewhere."]})
    for name in SECRETS:
        if not all("!" <= each <= "~" for each in secrets.get(name, "")):
            raise Invalid({name: ["Has characters that no credential has."]})
    if bool(secrets.get(SECRETS[0])) != bool(secrets.get(SECRETS[1])):
        missing = SECRETS[1] if secrets.get(SECRETS[0]) else SECRETS[0]
        raise Invalid({missing: ["aws_access_key_id and aws_secret_access_key go together."]})


def _uses_server(keeper: Keeper, options: Options, secrets: Mapping[str, str]) -> bool:
    """Whether it is opened with the credentials of the server, which go to nobody whom a user names."""
    return (
        bool(keeper.settings.aws_access_key_id)
        and not options.s3_endpoint
        and not secrets.get("aws_access_key_id")
    )


def connect(keeper: Keeper, new: Draft) -> Store:
    """The store, which answered. Invalid says why it did not; it waits for another server, so call it in a thread."""
    try:
        store = open_store(keeper, new.kind, new.role, new.options, new.secrets, new.registered)
        store.check()
        return store
    except StoreError as error:
        raise Invalid({"non_field_errors": [_words(new, error)]}) from None


def _words(new: Draft, error: StoreError) -> str:
    if new.kind == S3_KIND and error.code == "no_bucket":
        return f"Cannot find bucket {new.options.bucket} in S3"
    where = f"bucket {new.options.bucket}" if new.kind == S3_KIND else f"path {new.options.path}"
    return f"{where}: {error.message}"


def create(conn: Connection, keeper: Keeper, actor: Actor, new: Draft, dialect: Dialect = "1.x") -> int:
    """Save a new storage; its id."""
    projects.get(conn, actor, new.project_id, "storages.change")
    now = now_us()
    values = {
        "project_id": new.project_id,
        "created_by": actor.user_id,
        "role": new.role,
        "kind": new.kind,
        "dialect": dialect,
        "created_at": now,
    }
    return queries.insert(conn, values | _values(keeper, new))


def take_over(
    conn: Connection,
    secrets: Secrets,
    values: Mapping[str, Any],
    options: Options,
    credentials: Mapping[str, str],
) -> int:
    """Store a storage as it was elsewhere: columns of the table; its id. Whether it answers is seen at its next sync."""
    kept = {"options": to_text(options), "secrets": sealed(credentials, secrets)}
    return queries.insert(conn, {**values, **kept})


def take_over_links(conn: Connection, storage_id: int, rows: Sequence[tuple[int, str, int]]) -> None:
    """Note which objects tasks were made from: (task id, key, row in the object) of each."""
    queries.insert_links(conn, storage_id, rows)


def update(conn: Connection, keeper: Keeper, actor: Actor, storage_id: int, new: Draft) -> None:
    """Save the changes of a storage."""
    row_of(conn, actor, new.role, new.kind, storage_id, "storages.change")
    # Whoever changes it wants to see it work: what waits for the store to come back is tried at once.
    queries.update(conn, storage_id, {**_values(keeper, new), "paused_until": 0})


def _values(keeper: Keeper, new: Draft) -> dict[str, Any]:
    return {
        "title": new.title,
        "description": new.description,
        "options": to_text(new.options),
        "secrets": sealed(new.secrets, keeper.secrets),
        "updated_at": now_us(),
    }


def delete(conn: Connection, actor: Actor, role: Role, kind: str, storage_id: int) -> None:
    """Forget a storage. The tasks that came from it stay, and so do the objects."""
    row_of(conn, actor, role, kind, storage_id, "storages.change")
    queries.delete(conn, storage_id)


# --- syncs --------------------------------------------------------------------------------------------------------


def ask(conn: Connection, jobs: JobRunner, storage_id: int) -> int | None:
    """Queue the sync of a storage, unless one is live; the job's id. None when the storage is gone."""
    row = queries.any_by_id(conn, storage_id)
    if row is None:
        return None
    kind = importing.KIND if row.role == queries.SOURCE else writing.KIND_ALL
    args = {"storage_id": storage_id}
    job_id = jobs.submit(conn, kind, args, project_id=row.project_id, dedupe_key=str(storage_id))
    values: dict[str, Any] = {"job_id": job_id, "paused_until": 0}
    if job_id != row.job_id:
        values["status"] = "queued"
    queries.update(conn, storage_id, values)
    return job_id


def note_refusal(conn: Connection, storage_id: int, refusal: Invalid) -> None:
    """A storage's state says why its store did not answer."""
    said = [message for messages in refusal.validation_errors.values() for message in messages]
    queries.update(conn, storage_id, {"status": "failed", "error": " ".join(said)})


def draft_of(conn: Connection, keeper: Keeper, row: Row[Any]) -> Draft:
    """A stored storage as `connect` takes it."""
    registered = files.registered(conn, row.project_id) if row.kind == LOCAL_KIND else ()
    return Draft(
        row.project_id, row.kind, row.role, options_of(row), secrets_of(row, keeper.secrets), registered
    )


def list_files(store: Store, new: Draft, limit: int = MAX_FILES) -> list[Listed]:
    """The first objects that a source would make tasks of. Invalid when the store refuses."""
    found: list[Listed] = []
    try:
        for page in store.pages(new.options.folder, recursive=new.options.recursive_scan):
            found += [each for each in page if not each.key.endswith("/")][: limit - len(found)]
            if len(found) >= limit:
                break
    except StoreError as error:
        raise Invalid({"non_field_errors": [_words(new, error)]}) from None
    return found


# --- the one source and the one target of 0.x ---------------------------------------------------------------------


def current(conn: Connection, project_id: int, role: Role) -> Row[Any] | None:
    """The storage that 0.x works with; None: the project's own store."""
    rows = [row for row in queries.of_project(conn, project_id, role, dialect="0.x") if row.active]
    return rows[-1] if rows else None


def set_current(
    conn: Connection, keeper: Keeper, actor: Actor, new: Draft | None, project_id: int, role: Role
) -> int | None:
    """Make it the one that 0.x works with (None: the project's own store); its id.

    One that was set before is known again, with what was read from it.
    """
    projects.get(conn, actor, project_id, "storages.change")
    chosen = None
    for row in queries.of_project(conn, project_id, role, dialect="0.x"):
        same = new is not None and row.kind == new.kind and _place(options_of(row)) == _place(new.options)
        if same and new is not None and chosen is None:
            chosen = int(row.id)
            queries.update(conn, chosen, {**_values(keeper, new), "active": True, "paused_until": 0})
        elif row.active:
            queries.update(conn, row.id, {"active": False, "updated_at": now_us()})
    if new is not None and chosen is None:
        chosen = create(conn, keeper, actor, new, "0.x")
    return chosen


def _place(options: Options) -> tuple[str, ...]:
    return (options.path, options.bucket, options.folder, options.s3_endpoint)
