"""Snapshots: exports that are made in the background and kept, to be downloaded in one format or another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from labelyard.actor import Actor
from labelyard.exports import queries
from labelyard.exports.queries import TaskConditions
from labelyard.exports.reading import Kept, Selection
from labelyard.exports.schemas import NewSnapshot, Serialization, TaskFilter
from labelyard.exports.service import format_named
from labelyard.kit.clock import iso, now_us
from labelyard.kit.db.database import Database
from labelyard.kit.errors import BadRequest, Conflict, Invalid, NotFound
from labelyard.kit.jobs.runner import JobRunner
from labelyard.projects import service as projects
from labelyard.users import service as users
from labelyard.views import meant
from labelyard.views import service as views
from labelyard.views.selection import Chosen, Wanted

KIND = "export"
KIND_CONVERT = "export.convert"
AS_KEPT = "JSON"  # the format of the snapshot itself
_MAX_ID = 2**63 - 1
_ONLY = {"only": True, "exclude": False, None: None}


def create(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, wanted: NewSnapshot
) -> tuple[int, int]:
    """Ask for a snapshot; a job makes it of the tasks that are there now. Their ids: snapshot, job."""
    project = projects.get(conn, actor, project_id, "exports.any")
    view_id = wanted.task_filter_options.view if wanted.task_filter_options else None
    if view_id is not None:
        try:
            views.find(conn, actor, project_id, view_id, Wanted())
        except NotFound as error:
            raise Invalid({"task_filter_options": {"view": [error.detail]}}) from None
    now = now_us()
    moment = datetime.now(UTC).strftime("%Y-%m-%d-%H-%M")
    export_id = queries.insert_snapshot(
        conn,
        {
            "project_id": project_id,
            "user_id": actor.user_id,
            "title": (wanted.title or "").strip() or f"{project.title}-at-{moment}",
            "status": "created",
            "options": wanted.model_dump_json(exclude={"title"}),
            "label_config": project.label_config,
            "last_inner_id": queries.last_inner_id(conn, project_id),
            "created_at": now,
        },
    )
    job_id = jobs.submit(conn, KIND, {"export_id": export_id}, project_id=project_id)
    queries.update_snapshot(conn, export_id, {"job_id": job_id})
    return export_id, job_id


def selection_of(db: Database, row: Row[Any]) -> Selection:
    """What the snapshot of this row reads. NotFound when it is of a view that is gone."""
    wanted = NewSnapshot.model_validate_json(row.options)
    tasks = wanted.task_filter_options or TaskFilter()
    keep = wanted.annotation_filter_options
    shown = wanted.serialization_options or Serialization()
    return Selection(
        project_id=row.project_id,
        label_config=row.label_config,
        last=row.last_inner_id,
        ids=None if tasks.view is None else _tasks_of_view(db, row, tasks.view),
        tasks=TaskConditions(
            touched=bool(tasks.only_with_annotations),
            annotated=_ONLY[tasks.annotated],
            skipped=_ONLY[tasks.skipped],
            finished=_ONLY[tasks.finished],
        ),
        kept=Kept(bool(keep.usual), bool(keep.ground_truth), bool(keep.skipped)) if keep else None,
        only_annotated=bool(tasks.only_with_annotations),
        drafts=shown.drafts is not None and not shown.drafts.only_id,
        predictions=shown.predictions is not None and not shown.predictions.only_id,
        history=bool(shown.include_annotation_history),
        people=shown.annotations__completed_by is not None and not shown.annotations__completed_by.only_id,
    )


def _tasks_of_view(db: Database, row: Row[Any], view_id: int) -> tuple[int, ...]:
    def choose(conn: Connection) -> tuple[Row[Any], Chosen]:
        actor = users.worker(conn, row.user_id, row.project_id)
        return views.find(conn, actor, row.project_id, view_id, Wanted())

    return tuple(meant.tasks(db, choose, row.last_inner_id).ids)


# --- reading ------------------------------------------------------------------------------------------------------


def get(
    conn: Connection, actor: Actor, project_id: int, export_id: int, *, options: bool = False
) -> dict[str, Any]:
    """A snapshot; `options` shows what it was asked for too. NotFound for a missing or foreign one."""
    return _as_json(conn, [_row(conn, actor, project_id, export_id)], options=options)[0]


def list_all(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """The newest thousand snapshots of a project, newest first."""
    projects.get(conn, actor, project_id, "exports.any")
    return _as_json(conn, queries.snapshots(conn, project_id))


def _row(conn: Connection, actor: Actor, project_id: int, export_id: int) -> Row[Any]:
    projects.get(conn, actor, project_id, "exports.any")
    found = queries.snapshots(conn, project_id, export_id=export_id) if 0 < export_id <= _MAX_ID else ()
    if not found:
        raise NotFound(f"No export with id {export_id}.")
    return found[0]


def _as_json(conn: Connection, rows: Sequence[Row[Any]], *, options: bool = False) -> list[dict[str, Any]]:
    people = users.user_refs(conn, {row.user_id for row in rows if row.user_id is not None})
    made: dict[int, list[dict[str, Any]]] = {}
    for each in queries.conversions(conn, [row.id for row in rows]):
        made.setdefault(each.export_id, []).append(_conversion(each))
    return [_shown(row, people.get(row.user_id), made.get(row.id, []), options=options) for row in rows]


def _shown(
    row: Row[Any], person: dict[str, Any] | None, conversions: list[dict[str, Any]], *, options: bool
) -> dict[str, Any]:
    names = ("id", "first_name", "last_name", "email", "avatar")
    shown: dict[str, Any] = {
        "title": row.title,
        "id": row.id,
        "created_by": {name: person[name] for name in names} if person else None,
        "created_at": iso(row.created_at),
        "finished_at": iso(row.finished_at),
        "status": row.status,
        "md5": row.md5,
        "counters": {"task_number": row.tasks},
        "converted_formats": conversions,
        "progress": row.tasks if row.status == "completed" else row.job_progress or 0,
        "total": row.tasks if row.status == "completed" else row.job_total,
    }
    if row.error:
        shown["error"] = row.error
    if options:
        shown |= msgspec.json.decode(row.options)
    return shown


def _conversion(row: Row[Any]) -> dict[str, Any]:
    # `traceback` is the name that clients know; it is a sentence.
    return {"id": row.id, "status": row.status, "export_type": row.export_type, "traceback": row.error}


# --- converting, downloading, deleting ----------------------------------------------------------------------------


def convert(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, export_id: int, export_type: str
) -> tuple[dict[str, Any], int]:
    """Ask for a snapshot in another format; the answer, and the id of the job.

    Invalid for a format that is not known or was asked for before, Conflict while the snapshot is not complete.
    """
    row = _row(conn, actor, project_id, export_id)
    try:
        name = format_named(export_type).name
    except BadRequest as problem:
        raise Invalid({"export_type": [str(problem)]}) from None
    if row.status != "completed":
        raise Conflict(f"The export is {row.status}; it can be converted when it is completed.")
    before = [each for each in queries.conversions(conn, [export_id]) if each.export_type == name]
    if before and before[0].status != "failed":
        raise Invalid({"export_type": [f"Conversion to {name} already exists for this export."]})
    for each in before:
        queries.delete_conversion(conn, each.id)
    values = {"export_id": export_id, "export_type": name, "status": "created", "created_at": now_us()}
    try:
        made = queries.insert_conversion(conn, values)
    except IntegrityError:
        raise Conflict("The same conversion was just asked for by somebody else.") from None
    job_id = jobs.submit(conn, KIND_CONVERT, {"conversion_id": made}, project_id=project_id)
    return {"export_type": name, "converted_format": made}, job_id


def job_of(conn: Connection, actor: Actor, project_id: int, export_id: int) -> int | None:
    """The job that is making a snapshot; None when it is made, or failed."""
    row = _row(conn, actor, project_id, export_id)
    return row.job_id if row.status in ("created", "in_progress") else None


def key_of(
    conn: Connection, actor: Actor, project_id: int, export_id: int, export_type: str
) -> tuple[str, str]:
    """(object key, format) of the file to download. NotFound when it is not there (yet)."""
    row = _row(conn, actor, project_id, export_id)
    if row.key is None:
        raise NotFound(f"The export is {row.status}; its file is not there yet.")
    name = format_named(export_type).name
    if name == AS_KEPT:
        return str(row.key), name
    for each in queries.conversions(conn, [export_id]):
        if each.export_type == name and each.key is not None:
            return str(each.key), name
    raise NotFound(f"The export has not been converted to {name}. Ask for it with …/convert first.")


def delete(conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, export_id: int) -> list[str]:
    """Delete a snapshot; the keys of its files, to delete after the commit."""
    row = _row(conn, actor, project_id, export_id)
    keys = [each.key for each in (row, *queries.conversions(conn, [export_id])) if each.key is not None]
    if row.job_id is not None:
        jobs.cancel(conn, row.job_id)
    queries.delete_snapshot(conn, export_id)
    return keys


def keys_of_project(conn: Connection, project_id: int) -> list[str]:
    """Object keys of all snapshot files of a project, for its deletion."""
    return queries.keys_of_project(conn, project_id)
