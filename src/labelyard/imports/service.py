"""Imports: from checked files to stored tasks, once each."""

import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.dedupe import service as dedupe
from labelyard.files import service as files
from labelyard.imports import queries, rejects, storing
from labelyard.imports.model import Counts, Origin, SourceFile, Summary, counts_of_text, to_text
from labelyard.imports.nested import People
from labelyard.imports.options import Options
from labelyard.imports.prepare import Preparer
from labelyard.imports.spool import Frame, FrameWriter, Gathering, Nowhere
from labelyard.imports.status import RUNNING, import_row
from labelyard.imports.verdicts import Verdicts
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Conflict, NotFound
from labelyard.projects import service as projects
from labelyard.tasks import service as tasks
from labelyard.uploads import service as uploads
from labelyard.users import service as users

KIND = "import"
# An import up to this size is stored in one transaction; a larger one by a job, in batches, so that others can write.
AT_ONCE_BYTES = 16 * 1024 * 1024
_STALE_SECONDS = 24 * 3600
_UNLIMITED = 2**62


@dataclass(slots=True)
class Prepared:
    """Checked tasks, in memory (with the dedupe keys, if asked for) or in the frame file of `origin`."""

    summary: Summary
    frame: Frame | None
    keys: list[bytes] = field(default_factory=list)


# --- checking -----------------------------------------------------------------------------------------------------


def importable_project(conn: Connection, actor: Actor, project_id: int) -> Row[Any]:
    """The project, for those who may import into it."""
    return projects.get(conn, actor, project_id, "tasks.create")


def new_directory(ctx: Context) -> Path:
    """A fresh directory for what one import brings."""
    directory = ctx.settings.spool_dir / f"{KIND}-{uuid4().hex}"
    directory.mkdir(parents=True)
    return directory


def people_of(ctx: Context, actor: Actor) -> People:
    """Who annotations may be by."""
    organization_id = actor.organization_id
    return People(
        actor.user_id,
        lambda email: ctx.db.read_sync(users.member_id_by_email, organization_id, email),
        lambda user_id: ctx.db.read_sync(users.is_member, organization_id, user_id),
    )


def max_tasks(ctx: Context, options: Options) -> int:
    """How many tasks one import may have."""
    return _UNLIMITED if options.is_local else ctx.settings.max_import_tasks


def is_job(conn: Connection, project_id: int, origin: Origin, options: Options) -> bool:
    """Whether storing takes a job: a large import, or one whose project has many tasks without dedupe keys."""
    if origin.size >= AT_ONCE_BYTES:
        return True
    return options.dedupe is not None and dedupe.is_behind(conn, project_id, options.dedupe)


def prepare(
    ctx: Context,
    actor: Actor,
    label_config: str,
    origin: Origin,
    options: Options,
    progress: Callable[[int], None] | None = None,
    *,
    on_disk: bool = False,
) -> Prepared:
    """Check everything; Invalid with all problems. `on_disk`: the tasks are left in a frame file, named in `origin`.

    With `on_error=skip` refused rows are in the reject log of the import's directory.
    """
    directory = Path(origin.directory)
    body = None if origin.body is None else Path(origin.body)
    with rejects.RejectLog(directory / rejects.LOG) as log:
        gathering, keys = Gathering(), list[bytes]()
        preparer = Preparer(
            label_config,
            options,
            people_of(ctx, actor),
            Nowhere() if options.dry_run and options.dedupe is None else gathering,
            max_tasks=max_tasks(ctx, options),
            verdicts=Verdicts(log.add if options.skips else None, complete=options.dry_run),
            take_key=keys.append,
        )
        if not on_disk:
            return Prepared(preparer.run(origin.files, body, progress), gathering.take(), keys)
        path = directory / "frames"
        with FrameWriter(path) as writer:
            preparer.sink = writer
            summary = preparer.run(origin.files, body, progress)
    origin.frames = str(path)
    if options.dedupe is not None:
        origin.keys = str(directory / "keys")
        Path(origin.keys).write_bytes(b"".join(keys))
    return Prepared(summary, None)


# --- storing ------------------------------------------------------------------------------------------------------


def adopt_files(ctx: Context, origin: Origin) -> None:
    """Move new files to the object store, before the transaction that names them. Files that are there stay."""
    for file in origin.files:
        if file.key is not None and file.upload_id is None:
            path, stored = Path(file.path), ctx.objects.path(file.key)
            if path != stored and path.exists():
                ctx.objects.adopt(file.key, path)
            file.path = str(stored)


def find_files(ctx: Context, origin: Origin) -> None:
    """Where the files are, when an earlier run of the job had moved them and was killed before it could say so."""
    for file in origin.files:
        if file.key is not None and not Path(file.path).exists() and ctx.objects.exists(file.key):
            file.path = str(ctx.objects.path(file.key))


def take_uploads(
    conn: Connection, ctx: Context, actor: Actor, project_id: int, ids: Sequence[str], origin: Origin
) -> None:
    """Add finished resumable uploads to the files of an import. NotFound, or Conflict for an unfinished one."""
    for upload_id in ids:
        taken = uploads.take(conn, ctx, actor, project_id, upload_id, Path(origin.directory))
        origin.taken.append(taken)
        origin.files.append(SourceFile(taken.name, taken.path, taken.size, upload=taken.id))
        origin.size += taken.size


def give_uploads_back(conn: Connection, ctx: Context, origin: Origin) -> None:
    """Make the resumable uploads of an import that came to nothing available again, before its files go."""
    places = {file.upload: file.path for file in origin.files if file.upload is not None}
    found = [
        each
        if Path(each.path).exists()
        else msgspec.structs.replace(each, path=places.get(each.id, each.path))
        for each in origin.taken
    ]
    uploads.give_back(conn, ctx, found)


def disown_files(ctx: Context, origin: Origin) -> None:
    """Take back `adopt_files` after that transaction failed."""
    for file in origin.files:
        if file.key is not None and file.upload_id is None:
            ctx.objects.delete(file.key)


def record_files(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> Origin:
    """Make the rows of the adopted files; the origin with their ids. (The one given is for another try.)"""
    recorded = [
        msgspec.structs.replace(
            file,
            upload_id=files.record_upload(
                conn, project_id, actor.user_id, key=file.key, name=file.name, size=file.size
            ),
        )
        if file.key is not None and file.upload_id is None
        else file
        for file in origin.files
    ]
    return msgspec.structs.replace(origin, files=recorded)


def counts_of_summary(summary: Summary, origin: Origin, began: float, *, nested: bool = True) -> Counts:
    """What was read. `nested`: count the annotations and predictions, all of which will be stored."""
    return Counts(
        rows_read=summary.rows,
        rows_accepted=summary.rows - summary.rejected,
        rows_rejected=summary.rejected,
        annotation_count=summary.annotations if nested else 0,
        prediction_count=summary.predictions if nested else 0,
        bytes=origin.size,
        duration=round(time.monotonic() - began, 6),
        could_be_tasks_list=summary.could_be_tasks_list,
        files_as_tasks_list=summary.files_as_tasks_list,
        found_formats=summary.found_formats,
        data_columns=summary.data_columns,
        row_errors=summary.row_errors,
    )


def store_at_once(
    conn: Connection,
    actor: Actor,
    project_id: int,
    origin: Origin,
    options: Options,
    prepared: Prepared,
    began: float,
    rejected: str | None = None,
) -> tuple[int, Counts]:
    """Store all tasks of a small import; its row says `completed` in the same transaction. Its id and counts.

    `rejected`: object key of the reject file.
    """
    project_row = importable_project(conn, actor, project_id)
    nested = options.dedupe is None
    counts = counts_of_summary(prepared.summary, origin, began, nested=nested)
    origin = begin(conn, actor, project_id, origin)
    counts.file_upload_ids = origin.upload_ids
    counts.rejects = rejected
    import_id = _insert_row(conn, actor, project_id, origin, options, status="completed")
    frame = prepared.frame
    assert frame is not None  # noqa: S101 - small imports are prepared in memory
    if len(frame):
        stored = storing.store(conn, actor, project_row, import_id, origin, options, frame, prepared.keys)
        stored.add_to(counts, nested=not nested)
    counts.duration = round(time.monotonic() - began, 6)
    queries.update(conn, import_id, {"counts": to_text(counts), "finished_at": now_us()})
    return import_id, counts


def submit(
    conn: Connection,
    ctx: Context,
    actor: Actor,
    project_id: int,
    origin: Origin,
    options: Options,
    counts: Counts,
) -> tuple[int, int]:
    """Hand an import to a job; the ids of import and job. The job owns the spool directory from then on."""
    importable_project(conn, actor, project_id)
    if origin.frames is not None:
        origin = begin(conn, actor, project_id, origin)
        counts.file_upload_ids = origin.upload_ids
    import_id = _insert_row(conn, actor, project_id, origin, options, status="created")
    job_id = ctx.jobs.submit(conn, KIND, {"import_id": import_id}, project_id=project_id)
    queries.update(conn, import_id, {"job_id": job_id, "counts": to_text(counts)})
    return import_id, job_id


def store_files(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> list[int]:
    """Keep the files of an import that makes no tasks (`commit_to_project=false`); their upload ids."""
    importable_project(conn, actor, project_id)
    uploads.use_up(conn, origin.taken)
    return record_files(conn, actor, project_id, origin).upload_ids


def begin(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> Origin:
    """What comes before the first task: the rows of the files, and that the tasks go which are replaced.

    Conflict when another import took one of the resumable uploads meanwhile.
    """
    uploads.use_up(conn, origin.taken)
    if origin.replaces:
        old = queries.tasks_of_uploads(conn, project_id, origin.replaces)
        tasks.delete_tasks(conn, actor, project_id, old)
    return record_files(conn, actor, project_id, origin)


def _insert_row(
    conn: Connection, actor: Actor, project_id: int, origin: Origin, options: Options, *, status: str
) -> int:
    now = now_us()
    return queries.insert(
        conn,
        {
            "project_id": project_id,
            "user_id": actor.user_id,
            "status": status,
            "source": to_text(origin),
            "options": to_text(options),
            "created_at": now,
            "updated_at": now,
        },
    )


def cancel(conn: Connection, actor: Actor, project_id: int, import_id: int) -> int | None:
    """Ask a running import to stop and to take its tasks back; the id of its job. Conflict when it is over."""
    importable_project(conn, actor, project_id)
    import_row(conn, actor, project_id, import_id)
    row = queries.lock(conn, import_id)
    if row is None or row.status not in RUNNING:
        raise Conflict("The import is over. Undo it to take its tasks back.")
    queries.update(conn, import_id, {"cancelled": True, "updated_at": now_us()})
    job_id: int | None = row.job_id
    return job_id


# --- importing once more ------------------------------------------------------------------------------------------


def origin_of_uploads(
    conn: Connection, ctx: Context, actor: Actor, project_id: int, ids: Collection[int], *, as_lists: bool
) -> Origin:
    """The uploads of a project as the origin of an import that replaces the tasks made from them."""
    importable_project(conn, actor, project_id)
    rows = files.uploads_of_project(conn, project_id, ids)
    known = {row.id for row in rows}
    missing = [each for each in ids if each not in known]
    if missing:
        raise NotFound(f"The project has no file upload with id {missing[0]}.")
    sources = [
        SourceFile(
            name=row.name,
            path=str(ctx.objects.path(row.key)),
            size=row.size,
            number=number,
            key=row.key,
            upload_id=row.id,
            url=url,
            as_media=not as_lists,
        )
        for number, (row, url) in enumerate(((row, files.upload_url(row.key)) for row in rows), 1)
    ]
    return Origin(directory="", size=sum(row.size for row in rows), files=sources, replaces=sorted(known))


# --- tidying ------------------------------------------------------------------------------------------------------


def remove_directory(directory: str | Path) -> None:
    if str(directory):
        shutil.rmtree(directory, ignore_errors=True)


def objects_of_project(conn: Connection, project_id: int) -> list[str]:
    """Object keys of the reject files of a project, which go with it."""
    found = (counts_of_text(text).rejects for text in queries.counts_with_rejects(conn, project_id))
    return [key for key in found if key is not None]


def sweep_spool(ctx: Context, needed: Collection[str] = ()) -> int:
    """Remove what crashed requests left in the spool; how many directories. Young ones may still be in use."""
    live = {origin.directory for origin in _live_origins(ctx)}.union(needed)
    removed = 0
    if not ctx.settings.spool_dir.is_dir():
        return 0
    for directory in ctx.settings.spool_dir.glob(f"{KIND}-*"):
        if directory == ctx.settings.uploads_dir:  # swept by those whose files they are
            continue
        stale = time.time() - directory.stat().st_mtime > _STALE_SECONDS
        if stale and str(directory) not in live and directory.is_dir():
            remove_directory(directory)
            removed += 1
    return removed


def _live_origins(ctx: Context) -> list[Origin]:
    return [msgspec.json.decode(each, type=Origin) for each in ctx.db.read_sync(queries.live_sources)]
