"""How far an import is and what became of it, as the API tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.imports import queries
from labelyard.imports.model import Counts, counts_of, options_of, origin_of, undo_of
from labelyard.imports.options import Options
from labelyard.kit.clock import SECOND, iso, now_us
from labelyard.kit.errors import Invalid, NotFound, Problem
from labelyard.projects import service as projects
from labelyard.users import service as users

RUNNING = ("created", "in_progress")
_LISTED = 100
_MAX_ID = 2**63 - 1


def result_json(
    counts: Counts, options: Options, *, from_body: bool, import_id: int | None = None
) -> dict[str, Any]:
    """The answer of an import that is done (compatible with Label Studio 1.x).

    What 1.x does not know is in it only when the request asked for it.
    """
    committed = options.commit_to_project and not options.dry_run
    made: dict[str, Any] = {
        "task_count": counts.task_count if committed or options.dry_run else counts.rows_accepted,
        "annotation_count": counts.annotation_count if committed or options.dry_run else None,
        "prediction_count": counts.prediction_count if committed or options.dry_run else None,
        # The published reference has the plural, clients read the other.
        "predictions_count": counts.prediction_count if committed or options.dry_run else None,
        "duration": counts.duration,
        "file_upload_ids": counts.file_upload_ids,
        "could_be_tasks_list": counts.could_be_tasks_list,
        "found_formats": [] if from_body else counts.found_formats,
        "data_columns": counts.data_columns,
    }
    if options.return_task_ids and committed:
        made["task_ids"] = task_ids(counts)
    if not options.is_plain:
        made |= _verdict_json(counts) | {"import_id": import_id}
    return made


def _verdict_json(counts: Counts) -> dict[str, Any]:
    return {
        "rows_read": counts.rows_read,
        "rows_accepted": counts.rows_accepted,
        "rows_rejected": counts.rows_rejected,
        "duplicate_count": counts.rows_duplicate,
        "updated_count": counts.rows_updated,
        "rows_unmatched": counts.rows_unmatched,
        "files_as_tasks_list": counts.files_as_tasks_list,
        "errors": errors_by_row(counts),
        "notes": counts.notes,
    }


def errors_by_row(counts: Counts) -> dict[str, Any] | None:
    """The first refused rows, where the others were imported; None without any."""
    return {"rows": msgspec.to_builtins(counts.row_errors)} if counts.row_errors else None


def task_ids(counts: Counts) -> list[int]:
    return [each for first, last in counts.task_ranges for each in range(first, last + 1)]


def import_row(conn: Connection, actor: Actor, project_id: int, import_id: int) -> Row[Any]:
    """The import's row with the progress of its job. NotFound when it is missing or of another project."""
    projects.get(conn, actor, project_id)
    row = queries.of_project(conn, project_id, import_id) if 0 < import_id <= _MAX_ID else None
    if row is None:
        raise NotFound(f"No import with id {import_id}.")
    return row


def result_of(conn: Connection, actor: Actor, project_id: int, import_id: int) -> dict[str, Any]:
    """The answer to the request of an import that a job finished. The Problem that made it fail."""
    row = import_row(conn, actor, project_id, import_id)
    if row.status == "failed":
        raise failure_of(row)
    return result_json_of(row)


def result_json_of(row: Row[Any]) -> dict[str, Any]:
    """The answer of an import that is done, from its row."""
    from_body = origin_of(row).from_body
    return result_json(counts_of(row), options_of(row), from_body=from_body, import_id=row.id)


class Failed(Problem):
    """An import that failed while it was stored; `status` is that of its reason."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status


def failure_of(row: Row[Any]) -> Problem:
    """Why an import failed, as the answer to its request."""
    error = _error(row.error)
    if error.get("validation_errors"):
        return Invalid(error["validation_errors"])
    return Failed(
        f"The import failed: {error.get('detail') or 'no reason was kept'}", error.get("status", 400)
    )


def error_json(problem: Problem) -> str:
    """What the import's row keeps of the problem that made it fail."""
    error = {
        "detail": str(problem)[:10_000],
        "validation_errors": problem.validation_errors,
        "status": problem.status,
    }
    return msgspec.json.encode(error).decode()


def _error(text: str | None) -> Mapping[str, Any]:
    if text is None or not text.startswith("{"):
        return {"detail": text}
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def status(conn: Connection, actor: Actor, project_id: int, import_id: int) -> dict[str, Any]:
    """How far an import is, in full."""
    row = import_row(conn, actor, project_id, import_id)
    return status_json(row, _creators(conn, [row]))


def list_statuses(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """The newest imports of a project, newest first, without their task ids."""
    projects.get(conn, actor, project_id)
    rows = queries.list_newest(conn, project_id, _LISTED)
    creators = _creators(conn, rows)
    return [status_json(row, creators, with_ids=False) for row in rows]


def _creators(conn: Connection, rows: Sequence[Row[Any]]) -> dict[int, dict[str, Any]]:
    return users.user_refs(conn, {row.user_id for row in rows if row.user_id is not None})


def left_to_undo(row: Row[Any]) -> int:
    """How many tasks an undo would look at; 0 while the import runs."""
    if row.status in RUNNING:
        return 0
    counts, undone = counts_of(row), undo_of(row)
    return undone.kept if undone and undone.done else counts.task_count + counts.rows_updated


def status_json(
    row: Row[Any], creators: Mapping[int, Mapping[str, Any]], *, with_ids: bool = True
) -> dict[str, Any]:
    counts, options, origin = counts_of(row), options_of(row), origin_of(row)
    error, undone = _error(row.error), undo_of(row)
    return {
        "id": row.id,
        "project": row.project_id,
        "status": row.status,
        "preannotated_from_fields": options.preannotated_from_fields or None,
        "commit_to_project": options.commit_to_project,
        "return_task_ids": options.return_task_ids,
        "url": origin.url,
        "error": error.get("detail"),
        "errors": error.get("validation_errors") or errors_by_row(counts),
        "created_at": iso(row.created_at),
        "created_by": creators.get(row.user_id),
        "updated_at": iso(row.updated_at),
        "finished_at": iso(row.finished_at),
        "task_count": counts.task_count,
        "annotation_count": counts.annotation_count,
        "prediction_count": counts.prediction_count,
        "duration": counts.duration,
        "file_upload_ids": counts.file_upload_ids,
        "could_be_tasks_list": counts.could_be_tasks_list,
        "found_formats": [] if origin.from_body else counts.found_formats,
        "data_columns": counts.data_columns,
        "tasks": [],
        "task_ids": task_ids(counts) if with_ids and options.return_task_ids else [],
        "files": [file.name for file in origin.files],
        "on_error": options.on_error,
        "dedupe": options.dedupe_as_asked,
        "mode": options.mode,
        "files_as_tasks_list": counts.files_as_tasks_list,
        "rows_read": counts.rows_read,
        "rows_accepted": counts.rows_accepted,
        "rows_rejected": counts.rows_rejected,
        "rows_duplicate": counts.rows_duplicate,
        "rows_updated": counts.rows_updated,
        "rows_unmatched": counts.rows_unmatched,
        "duplicate_count": counts.rows_duplicate,
        "updated_count": counts.rows_updated,
        "notes": counts.notes,
        "has_rejects": counts.rejects is not None,
        "cancelled": bool(row.cancelled),
        "can_undo": left_to_undo(row) > 0,
        "undone_at": iso(row.undone_at),
        "undo": None if undone is None else undone.as_json(),
        "bytes": counts.bytes,
        **_pace(row, counts),
    }


def _pace(row: Row[Any], counts: Counts) -> dict[str, Any]:
    """Bytes done, rows a second and seconds to go."""
    seconds = ((row.finished_at or now_us()) - row.created_at) / SECOND
    done = row.job_progress or counts.task_count
    rate = done / seconds if seconds > 0 else 0.0
    total = row.job_total or counts.rows_accepted
    share = 1.0 if row.status == "completed" else min(done / total, 1.0) if total else 0.0
    left = max(total - done, 0) / rate if rate and total else None
    finished = row.finished_at is not None
    return {
        "bytes_total": counts.bytes,
        "bytes_read": int(counts.bytes * share),
        "rate": round(rate, 1),
        "eta": 0.0 if finished else None if left is None else round(left, 1),
    }
