"""Imports: from checked files to stored tasks, once each, and what became of them."""

import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.imports import queries
from labelyard.imports.nested import People
from labelyard.imports.prepare import Options, Preparer, SourceFile, Summary
from labelyard.imports.spool import Frame, FrameWriter
from labelyard.kit.clock import SECOND, iso, now_us
from labelyard.kit.errors import NotFound
from labelyard.projects import service as projects
from labelyard.tasks import service as tasks
from labelyard.tasks.service import NewTask
from labelyard.users import service as users

KIND = "import"
# An import up to this size is stored in one transaction; a larger one by a job, in batches, so that others can write.
AT_ONCE_BYTES = 16 * 1024 * 1024
_LISTED = 100
_MAX_ID = 2**63 - 1
_STALE_SECONDS = 24 * 3600


class Origin(msgspec.Struct):
    """Where the tasks of an import come from; the `source` of its row.

    `body` is the JSON body of the request, else there are `files`. `frames` is the file of checked tasks, once made.
    `replaces` are uploads whose earlier tasks go.
    """

    directory: str
    size: int
    files: list[SourceFile] = []
    body: str | None = None
    frames: str | None = None
    replaces: list[int] = []


class Counts(msgspec.Struct):
    """What an import read and made; the `counts` of its row. `task_ranges` are first and last ids of runs of tasks."""

    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    task_count: int = 0
    annotation_count: int = 0
    prediction_count: int = 0
    bytes: int = 0
    duration: float = 0.0
    file_upload_ids: list[int] = []
    could_be_tasks_list: bool = False
    found_formats: dict[str, int] = {}
    data_columns: list[str] = []
    task_ranges: list[tuple[int, int]] = []


@dataclass(slots=True)
class Prepared:
    """Checked tasks, in memory or in the frame file of `origin`."""

    summary: Summary
    frame: Frame | None


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def origin_of(row: Row[Any]) -> Origin:
    return msgspec.json.decode(row.source, type=Origin)


def options_of(row: Row[Any]) -> Options:
    return msgspec.json.decode(row.options, type=Options)


def counts_of(row: Row[Any]) -> Counts:
    return msgspec.json.decode(row.counts, type=Counts)


# --- checking -----------------------------------------------------------------------------------------------------


def importable_project(conn: Connection, actor: Actor, project_id: int) -> Row[Any]:
    """The project, for those who may import into it."""
    return projects.get(conn, actor, project_id, "tasks.create")


def new_directory(ctx: Context) -> Path:
    """A fresh directory for what one import brings."""
    directory = ctx.settings.spool_dir / f"{KIND}-{uuid4().hex}"
    directory.mkdir(parents=True)
    return directory


def prepare(
    ctx: Context,
    actor: Actor,
    label_config: str,
    origin: Origin,
    options: Options,
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Check everything; Invalid with all problems. Large imports are left in a frame file, named in `origin`."""
    organization_id = actor.organization_id
    people = People(
        actor.user_id,
        lambda email: ctx.db.read_sync(users.member_id_by_email, organization_id, email),
        lambda user_id: ctx.db.read_sync(users.is_member, organization_id, user_id),
    )
    max_tasks = ctx.settings.max_import_tasks
    body = None if origin.body is None else Path(origin.body)
    if origin.size < AT_ONCE_BYTES and progress is None:
        frame = Frame({}, [])
        preparer = Preparer(label_config, options, people, _collect(frame), max_tasks=max_tasks)
        return Prepared(preparer.run(origin.files, body), frame)
    path = Path(origin.directory) / "frames"
    with FrameWriter(path) as writer:
        preparer = Preparer(label_config, options, people, writer.add, max_tasks=max_tasks)
        summary = preparer.run(origin.files, body, progress)
    origin.frames = str(path)
    return Prepared(summary, None)


def _collect(frame: Frame) -> Callable[[NewTask, Sequence[str], int], None]:
    columns, append = frame.columns, frame.tasks.append

    def take(task: NewTask, keys: Sequence[str], size: int) -> None:
        append(task)
        for key in keys:
            columns[key] = columns.get(key, 0) + 1

    return take


# --- storing ------------------------------------------------------------------------------------------------------


def adopt_files(ctx: Context, origin: Origin) -> None:
    """Move new files to the object store, before the transaction that names them."""
    for file in origin.files:
        if file.key is not None and file.upload_id is None:
            ctx.objects.adopt(file.key, Path(file.path))
            file.path = str(ctx.objects.path(file.key))


def disown_files(ctx: Context, origin: Origin) -> None:
    """Take back `adopt_files` after that transaction failed."""
    for file in origin.files:
        if file.key is not None and file.upload_id is None:
            ctx.objects.delete(file.key)


def record_files(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> list[int]:
    """Rows of the adopted files; the upload ids of all files."""
    for file in origin.files:
        if file.key is not None and file.upload_id is None:
            file.upload_id = files.record_upload(
                conn, project_id, actor.user_id, key=file.key, name=file.name, size=file.size
            )
    return [file.upload_id for file in origin.files if file.upload_id is not None]


def counts_of_summary(summary: Summary, origin: Origin, began: float) -> Counts:
    return Counts(
        rows_read=summary.rows,
        rows_accepted=summary.rows,
        annotation_count=summary.annotations,
        prediction_count=summary.predictions,
        bytes=origin.size,
        duration=round(time.monotonic() - began, 6),
        could_be_tasks_list=summary.could_be_tasks_list,
        found_formats=summary.found_formats,
        data_columns=summary.data_columns,
    )


def store_at_once(
    conn: Connection,
    actor: Actor,
    project_id: int,
    origin: Origin,
    options: Options,
    prepared: Prepared,
    began: float,
) -> Counts:
    """Insert all tasks of a small import; its row says `completed` in the same transaction."""
    project_row = importable_project(conn, actor, project_id)
    counts = counts_of_summary(prepared.summary, origin, began)
    counts.file_upload_ids = record_files(conn, actor, project_id, origin)
    _replace(conn, actor, project_id, origin)
    import_id = _insert_row(conn, actor, project_id, origin, options, status="completed")
    assert prepared.frame is not None  # noqa: S101 - small imports are prepared in memory
    ids = insert_frame(conn, actor, project_row, import_id, origin, prepared.frame)
    counts.task_count, counts.task_ranges = len(ids), [(ids[0], ids[-1])]
    counts.duration = round(time.monotonic() - began, 6)
    queries.update(conn, import_id, {"counts": _text(counts), "finished_at": now_us()})
    return counts


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
    counts.file_upload_ids = record_files(conn, actor, project_id, origin)
    if origin.frames is not None:
        _replace(conn, actor, project_id, origin)
    import_id = _insert_row(conn, actor, project_id, origin, options, status="created")
    job_id = ctx.jobs.submit(conn, KIND, {"import_id": import_id}, project_id=project_id)
    queries.update(conn, import_id, {"job_id": job_id, "counts": _text(counts)})
    return import_id, job_id


def store_files(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> list[int]:
    """Keep the files of an import that makes no tasks (`commit_to_project=false`); their upload ids."""
    importable_project(conn, actor, project_id)
    return record_files(conn, actor, project_id, origin)


def insert_frame(
    conn: Connection, actor: Actor, project_row: Row[Any], import_id: int, origin: Origin, frame: Frame
) -> range:
    """Insert the tasks of a frame; their ids."""
    upload_ids = {file.number: file.upload_id for file in origin.files}
    for task in frame.tasks:
        task.import_id = import_id
        task.file_upload_id = upload_ids.get(task.file_upload_id)
    return tasks.insert_tasks(conn, project_row, actor.user_id, frame.tasks, columns=frame.columns)


def _replace(conn: Connection, actor: Actor, project_id: int, origin: Origin) -> None:
    if origin.replaces:
        old = queries.tasks_of_uploads(conn, project_id, origin.replaces)
        tasks.delete_tasks(conn, actor, project_id, old)


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
            "source": _text(origin),
            "options": _text(options),
            "created_at": now,
            "updated_at": now,
        },
    )


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


# --- what became of it --------------------------------------------------------------------------------------------


def result_json(counts: Counts, options: Options, *, from_body: bool) -> dict[str, Any]:
    """The answer of an import that is done (compatible with Label Studio 1.x)."""
    committed = options.commit_to_project
    made: dict[str, Any] = {
        "task_count": counts.task_count if committed else counts.rows_accepted,
        "annotation_count": counts.annotation_count if committed else None,
        "prediction_count": counts.prediction_count if committed else None,
        # The published reference has the plural, clients read the other.
        "predictions_count": counts.prediction_count if committed else None,
        "duration": counts.duration,
        "file_upload_ids": counts.file_upload_ids,
        "could_be_tasks_list": counts.could_be_tasks_list,
        "found_formats": [] if from_body else counts.found_formats,
        "data_columns": counts.data_columns,
    }
    if options.return_task_ids and committed:
        made["task_ids"] = _task_ids(counts)
    return made


def _task_ids(counts: Counts) -> list[int]:
    return [each for first, last in counts.task_ranges for each in range(first, last + 1)]


def import_row(conn: Connection, actor: Actor, project_id: int, import_id: int) -> Row[Any]:
    """The import's row with the progress of its job. NotFound when it is missing or of another project."""
    projects.get(conn, actor, project_id)
    row = queries.of_project(conn, project_id, import_id) if 0 < import_id <= _MAX_ID else None
    if row is None:
        raise NotFound(f"No import with id {import_id}.")
    return row


def error_text(row: Row[Any]) -> str:
    """Why a failed import failed."""
    return _errors(row.error)[0] or "no reason was kept"


def status(conn: Connection, actor: Actor, project_id: int, import_id: int) -> dict[str, Any]:
    """How far an import is, in full."""
    return _status_json(import_row(conn, actor, project_id, import_id))


def list_statuses(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """The newest imports of a project, newest first, without their task ids."""
    projects.get(conn, actor, project_id)
    return [_status_json(row, with_ids=False) for row in queries.list_newest(conn, project_id, _LISTED)]


def _status_json(row: Row[Any], *, with_ids: bool = True) -> dict[str, Any]:
    counts, options, origin = counts_of(row), options_of(row), origin_of(row)
    error, errors = _errors(row.error)
    pace = _pace(row, counts)
    return {
        "id": row.id,
        "project": row.project_id,
        "status": row.status,
        "preannotated_from_fields": options.preannotated_from_fields or None,
        "commit_to_project": options.commit_to_project,
        "return_task_ids": options.return_task_ids,
        "url": None,
        "error": error,
        "errors": errors,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "finished_at": iso(row.finished_at),
        "task_count": counts.task_count,
        "annotation_count": counts.annotation_count,
        "prediction_count": counts.prediction_count,
        "duration": counts.duration,
        "file_upload_ids": counts.file_upload_ids,
        "could_be_tasks_list": counts.could_be_tasks_list,
        "found_formats": [] if origin.body is not None else counts.found_formats,
        "data_columns": counts.data_columns,
        "tasks": [],
        "task_ids": _task_ids(counts) if with_ids and options.return_task_ids else [],
        "rows_read": counts.rows_read,
        "rows_accepted": counts.rows_accepted,
        "rows_rejected": counts.rows_rejected,
        "bytes": counts.bytes,
        **pace,
    }


def _errors(text: str | None) -> tuple[str | None, Mapping[str, Any] | None]:
    """The message of a failed import, and its errors by field when they are known."""
    if text is None or not text.startswith("{"):
        return text, None
    found: dict[str, Any] = msgspec.json.decode(text)
    return found["detail"], found["validation_errors"]


def _pace(row: Row[Any], counts: Counts) -> dict[str, Any]:
    """Bytes done, tasks a second and seconds to go."""
    finished = row.finished_at is not None
    seconds = ((row.finished_at or now_us()) - row.created_at) / SECOND
    rate = counts.task_count / seconds if seconds > 0 else 0.0
    total = row.job_total or counts.rows_accepted
    share = 1.0 if row.status == "completed" else counts.task_count / total if total else 0.0
    left = (total - counts.task_count) / rate if rate and total else None
    return {
        "bytes_total": counts.bytes,
        "bytes_read": int(counts.bytes * share),
        "rate": round(rate, 1),
        "eta": 0.0 if finished else None if left is None else round(left, 1),
    }


# --- tidying ------------------------------------------------------------------------------------------------------


def remove_directory(directory: str | Path) -> None:
    if str(directory):
        shutil.rmtree(directory, ignore_errors=True)


def sweep_spool(ctx: Context) -> int:
    """Remove what crashed requests left in the spool; how many directories. Young ones may still be in use."""
    live = {origin.directory for origin in _live_origins(ctx)}
    removed = 0
    if not ctx.settings.spool_dir.is_dir():
        return 0
    for directory in ctx.settings.spool_dir.iterdir():
        stale = time.time() - directory.stat().st_mtime > _STALE_SECONDS
        if stale and str(directory) not in live and directory.is_dir():
            remove_directory(directory)
            removed += 1
    return removed


def _live_origins(ctx: Context) -> list[Origin]:
    return [msgspec.json.decode(each, type=Origin) for each in ctx.db.read_sync(queries.live_sources)]
