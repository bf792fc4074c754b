"""Tasks of a 1.x install with annotations, predictions and drafts, in batches."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from labelyard.annotations import service as annotations
from labelyard.annotations.service import NewAnnotation
from labelyard.kit.batches import next_size
from labelyard.kit.db.columns import listed
from labelyard.kit.db.foreign import Row
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.takeover.install.files import uploads_among
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import ProjectCounts, TakeoverError, checked_json
from labelyard.tasks import service as tasks
from labelyard.tasks.making import data_keys
from labelyard.tasks.service import NewTasks

_BATCH = 1_000  # tasks at most
_FIRST = 20  # how large they are is known after the first
_CHARACTERS = 4_000_000  # of data and results in a batch, about
_TASK = (
    "id",
    "data",
    "meta",
    "overlap",
    "file_upload_id",
    "inner_id",
    "created_at",
    "updated_at",
    "updated_by_id",
    "allow_skip",
)
_ANNOTATION = (
    "id", "task_id", "result", "was_cancelled", "created_at", "updated_at", "lead_time", "result_count", "completed_by_id",
    "ground_truth", "parent_prediction_id", "parent_annotation_id", "last_action", "updated_by_id", "unique_id",
    "draft_created_at", "import_id", "bulk_created", "prediction",
)  # fmt: skip
_PREDICTION = (
    "id",
    "task_id",
    "result",
    "score",
    "model_version",
    "created_at",
    "updated_at",
    "cluster",
    "mislabeling",
)
_DRAFT = (
    "id",
    "task_id",
    "user_id",
    "annotation_id",
    "result",
    "lead_time",
    "was_postponed",
    "created_at",
    "updated_at",
)


def store_tasks(work: Work, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
    source = work.source
    total = source.count("task", "project_id = ?", (old,))
    ordered = source.has("task", "inner_id") and not source.scalar(
        "SELECT EXISTS (SELECT 1 FROM (SELECT inner_id AS i, lag(inner_id, 1, 0) OVER (ORDER BY id) AS p FROM task "
        "WHERE project_id = ?) WHERE i IS NULL OR i <= p)", (old,)
    )  # fmt: skip
    last = inner = 0
    size = _FIRST
    while True:
        work.go_on()
        rows = source.rows("task", _TASK, "project_id = ? AND id > ?", (old, last), order="id", limit=size)
        if not rows:
            break
        last = rows[-1]["id"]
        inner_ids = (
            [row["inner_id"] for row in rows] if ordered else list(range(inner + 1, inner + 1 + len(rows)))
        )
        inner = inner_ids[-1]
        named = {row["file_upload_id"] for row in rows if row["file_upload_id"] is not None}
        uploads = uploads_among(work, old, named)
        weight = _batch(work, conn, project, rows, inner_ids, uploads, counts, work.moved.get(old))
        size = next_size(size, _BATCH, len(rows), weight, _CHARACTERS)
        work.progress(f"project {old}", counts.tasks, total)
    if inner:
        projects.take_inner_ids(conn, project.id, inner)
    found = projects.counts(conn, project.id)
    if (found.tasks, found.annotations + found.cancelled, found.predictions) != (
        total, counts.annotations, counts.predictions,
    ):  # fmt: skip
        raise TakeoverError(
            f"{source.path}: project {old} changed while it was read.",
            "Stop the old server, and try again.",
        )


def _batch(
    work: Work,
    conn: Connection,
    project: Any,
    rows: Sequence[Row],
    inner_ids: list[int],
    uploads: set[int],
    counts: ProjectCounts,
    moved: tuple[str, str] | None,
) -> int:
    """Store tasks with what is on them; how many characters of data and results."""
    old_ids = [row["id"] for row in rows]
    place = {task_id: number for number, task_id in enumerate(old_ids)}
    given = work.source.of("task_completion", _ANNOTATION, "task_id", old_ids)
    guesses = work.source.of("prediction", _PREDICTION, "task_id", old_ids)
    data = [checked_json(row["data"], "{[", work.place("task", row, "data")) or "{}" for row in rows]
    if moved is not None:
        data = [each.replace(f"/data/{moved[0]}", f"/data/{moved[1]}") for each in data]
    columns: dict[str, int] = {}
    for each in data:
        for key in data_keys(each):
            columns[key] = columns.get(key, 0) + 1
    new = NewTasks(
        columns,
        listed([each.encode() for each in data]),
        [checked_json(row["meta"], "{[", work.place("task", row, "meta")) or "{}" for row in rows],
        [row["overlap"] for row in rows],
        [row["allow_skip"] is None or bool(row["allow_skip"]) for row in rows],
        [work.new("data_import_fileupload", row["file_upload_id"]) if row["file_upload_id"] in uploads else None for row in rows],
        None,
        annotations.in_columns([(place[row["task_id"]], _annotation(work, row)) for row in given]),
        predictions.in_columns([(place[row["task_id"]], _prediction(work, row)) for row in guesses]),
        [task_id + work.offset["task"] for task_id in old_ids],
        inner_ids,
        [time_of(row["created_at"]) for row in rows],
        [time_of(row["updated_at"]) for row in rows],
        [work.user.get(row["updated_by_id"]) for row in rows],
    )  # fmt: skip
    tasks.insert(conn, project, None, new)
    counts.tasks += len(rows)
    counts.annotations += len(given)
    counts.skipped += sum(bool(row["was_cancelled"]) for row in given)
    counts.predictions += len(guesses)
    _drafts(work, conn, project.id, old_ids, {row["id"] for row in given}, counts)
    return sum(map(len, data)) + sum(len(row["result"] or "") for row in (*given, *guesses))


def _annotation(work: Work, row: Row) -> NewAnnotation:
    imported = row["import_id"]
    if imported is None and work.offset["task_completion"]:
        imported = row["id"]
    return NewAnnotation(
        result=checked_json(row["result"], "[", work.place("annotation", row, "result")) or "[]",
        completed_by=work.user.get(row["completed_by_id"]),
        was_cancelled=bool(row["was_cancelled"]),
        ground_truth=bool(row["ground_truth"]),
        lead_time=row["lead_time"],
        created_at=time_of(row["created_at"]),
        updated_at=time_of(row["updated_at"]),
        unique_id=row["unique_id"],
        import_id=imported,
        parent_prediction=work.new("prediction", row["parent_prediction_id"]),
        draft_created_at=None if row["draft_created_at"] is None else time_of(row["draft_created_at"]),
        updated_by=work.user.get(row["updated_by_id"]),
        id=work.new("task_completion", row["id"]),
        result_count=row["result_count"],
        last_action=row["last_action"],
        bulk_created=bool(row["bulk_created"]),
        parent_annotation=work.new("task_completion", row["parent_annotation_id"]),
        prediction=None if row["prediction"] in (None, "{}") else _shown_prediction(work, row),
    )


def _shown_prediction(work: Work, row: Row) -> str | None:
    return checked_json(row["prediction"], "{", work.place("annotation", row, "prediction"))


def _prediction(work: Work, row: Row) -> NewPrediction:
    return NewPrediction(
        result=checked_json(row["result"], "[", work.place("prediction", row, "result")) or "[]",
        score=row["score"],
        model_version=row["model_version"],
        cluster=row["cluster"],
        mislabeling=row["mislabeling"] or 0.0,
        created_at=time_of(row["created_at"]),
        id=work.new("prediction", row["id"]),
        updated_at=time_of(row["updated_at"] or row["created_at"]),
    )


def _drafts(
    work: Work, conn: Connection, project_id: int, ids: Sequence[int], known: set[int], counts: ProjectCounts
) -> None:
    made = [
        {
            "id": work.new("tasks_annotationdraft", row["id"]),
            "task_id": work.new("task", row["task_id"]),
            "project_id": project_id,
            "user_id": work.user[row["user_id"]],
            "annotation_id": work.new("task_completion", row["annotation_id"])
            if row["annotation_id"] in known
            else None,
            "result": checked_json(row["result"], "[", work.place("draft", row, "result")) or "[]",
            "lead_time": row["lead_time"],
            "was_postponed": bool(row["was_postponed"]),
            "created_at": time_of(row["created_at"]),
            "updated_at": time_of(row["updated_at"]),
        }
        for row in work.source.of("tasks_annotationdraft", _DRAFT, "task_id", ids)
        if row["user_id"] in work.user
    ]
    annotations.take_over_drafts(conn, made)
    counts.drafts += len(made)
