"""Making tasks, with what is nested in them and every counter that depends on them in the same transaction."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.annotations import service as annotations
from labelyard.annotations.service import NewAnnotation, NewAnnotations
from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.kit.db.columns import Column, Drawn, Same, Texts, counting, listed, numbers, texts
from labelyard.kit.db.dialect import reserve_ids
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction, NewPredictions, Scores
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.queue.service import ScoredTask
from labelyard.tasks import queries
from labelyard.webhooks import outbox


@dataclass(slots=True)
class NewTask:
    """A task to insert. `data` and `meta` are JSON text that was checked already."""

    data: str
    meta: str = "{}"
    overlap: int | None = None  # None: what the project gives
    allow_skip: bool = True
    file_upload_id: int | None = None
    import_id: int | None = None
    annotations: Sequence[NewAnnotation] = ()
    predictions: Sequence[NewPrediction] = ()


class NewTasks(msgspec.Struct, array_like=True):
    """The same for a run of tasks, a column at a time; None for a column that is the default for all of them.

    `columns` tells how many of the tasks have each top-level data key.
    """

    columns: dict[str, int]
    data: Texts
    meta: list[str] | None = None
    overlap: list[int | None] | None = None
    allow_skip: list[bool] | None = None
    file_upload_id: list[int | None] | None = None
    import_id: list[int | None] | None = None
    annotations: NewAnnotations | None = None
    predictions: NewPredictions | None = None
    # Of tasks that keep what they had elsewhere: free ids, rising like the inner ids, and times.
    id: list[int] | None = None
    inner_id: list[int] | None = None
    created_at: list[int] | None = None
    updated_at: list[int] | None = None
    updated_by: list[int | None] | None = None

    def __len__(self) -> int:
        return len(self.data.spans)


def data_keys(data: bytes | str) -> Collection[str]:
    """Top-level keys of a task's data; none when it is a list."""
    try:
        return msgspec.json.decode(data, type=dict[str, msgspec.Raw]).keys()
    except msgspec.ValidationError:
        return ()


def overlap_for(project_row: Row[Any]) -> Callable[[int], int]:
    """inner id → how many annotations the project wants for that task.

    Below 100 % the share of tasks with overlap is spread evenly: of the first n tasks, floor(n × percentage / 100).
    """
    wanted, percentage = project_row.maximum_annotations, project_row.overlap_cohort_percentage
    if percentage >= 100 or wanted <= 1:
        return lambda _inner_id: wanted
    return lambda inner_id: wanted if inner_id * percentage // 100 > (inner_id - 1) * percentage // 100 else 1


def in_columns(tasks: Sequence[NewTask], columns: Mapping[str, int] | None = None) -> NewTasks:
    """Tasks a column at a time; `columns` left out, the tasks are looked through."""
    if columns is None:
        columns = Counter(key for each in tasks for key in data_keys(each.data))
    nested = list(enumerate(tasks))
    return NewTasks(
        dict(columns),
        listed([each.data.encode() for each in tasks]),
        [each.meta for each in tasks],
        [each.overlap for each in tasks],
        [each.allow_skip for each in tasks],
        [each.file_upload_id for each in tasks],
        [each.import_id for each in tasks],
        annotations.in_columns([(place, one) for place, each in nested for one in each.annotations]),
        predictions.in_columns([(place, one) for place, each in nested for one in each.predictions]),
    )


def insert_tasks(
    conn: Connection,
    project_row: Row[Any],
    actor_id: int | None,
    tasks: Sequence[NewTask],
    *,
    columns: Mapping[str, int] | None = None,
) -> range:
    """Insert tasks with what is nested in them; their ids, in order.

    `columns` tells how many of the tasks have each top-level data key; left out, the tasks are looked through.
    """
    ids = insert(conn, project_row, actor_id, in_columns(tasks, columns)) if tasks else range(0)
    return range(ids[0], ids[-1] + 1) if ids else range(0)


def insert(
    conn: Connection,
    project_row: Row[Any],
    actor_id: int | None,
    new: NewTasks,
    *,
    import_id: int | None = None,
    file_upload_id: int | None = None,
) -> Sequence[int]:
    """`insert_tasks` for tasks a column at a time. `import_id`, `file_upload_id`: where the column has none.

    With ids given, the caller sees to it that they are free and used up, and takes the inner ids.
    """
    count, project_id = len(new), project_row.id
    if not count:
        return range(0)
    inner_ids = new.inner_id or _following(projects.take_inner_ids(conn, project_id, count), count)
    ids = new.id or reserve_ids(conn, schema.task, count)
    overlap = _overlaps(project_row, new, inner_ids)
    answers = annotations.tally(new.annotations, count)
    free, labeled = queue.slots_of_new(project_row, overlap, answers.total, answers.cancelled)
    lowest, mean = _scores(conn, project_row, new)
    score, now = numbers(lowest), now_us()
    rows: dict[str, Column] = {
        "id": counting(ids),
        "project_id": Same(project_id),
        "inner_id": counting(inner_ids),
        "data": new.data,
        "meta": texts(new.meta or ["{}"]),
        "overlap": numbers(overlap),
        "allow_skip": numbers(new.allow_skip or [True]),
        "total_annotations": numbers(answers.total),
        "cancelled_annotations": numbers(answers.cancelled),
        "total_predictions": numbers(predictions.totals(new.predictions, count)),
        "is_labeled": numbers(labeled),
        "free_slots": numbers(free),
        "rnd": Drawn() if projects.draws_places(conn, project_id) else Same(0),
        "score": score,
        "import_id": numbers(new.import_id or [import_id]),
        "file_upload_id": numbers(new.file_upload_id or [file_upload_id]),
        "created_at": numbers(new.created_at or [now]),
        "updated_at": numbers(new.updated_at or [now]),
        "updated_by": numbers(new.updated_by or [actor_id]),
        "mean_score": score if mean is lowest else numbers(mean),
    }
    queries.insert(conn, count, rows)
    made = 0
    saved: Sequence[int] = ()
    if new.annotations is not None:
        saved = annotations.insert_imported(conn, project_id, ids, new.annotations, actor_id=actor_id)
    if new.predictions is not None:
        made = len(predictions.insert_imported(conn, project_id, ids, new.predictions))
    if any(each is not None for each in mean):
        places = zip(ids, lowest, mean, overlap, free, strict=True)
        scored = (ScoredTask(*place[:4]) for place in places if place[4] > 0 and place[2] is not None)
        queue.scores_changed(conn, project_id, scored)
    projects.bump_counts(
        conn,
        project_id,
        tasks=count,
        finished=sum(labeled),
        annotated=sum(total > 0 for total in answers.total),
        annotations=sum(answers.total),
        cancelled=sum(answers.cancelled),
        ground_truth=answers.ground_truth,
        predictions=made,
    )
    projects.add_data_columns(conn, project_id, new.columns)
    outbox.note(conn, project_id, "TASKS_CREATED", ids)
    if saved:
        outbox.note(conn, project_id, "ANNOTATIONS_CREATED", saved)
    return ids


def _following(first: int, count: int) -> range:
    return range(first, first + count)


def _overlaps(project_row: Row[Any], new: NewTasks, inner_ids: Sequence[int]) -> list[int]:
    usual = overlap_for(project_row)
    wanted = new.overlap or [None] * len(new)
    return [each or usual(inner_id) for inner_id, each in zip(inner_ids, wanted, strict=True)]


def _scores(conn: Connection, project_row: Row[Any], new: NewTasks) -> tuple[Scores, Scores]:
    """Lowest and mean score of each task, one for all where there are no predictions."""
    guesses = new.predictions
    if guesses is None:
        none: Scores = [None]
        return none, none
    # Tasks that keep what they had elsewhere belong to a project that does too.
    kept = new.id is not None
    version = project_row.model_version if kept else predictions.version_to_follow(conn, project_row, guesses)
    return predictions.task_scores(len(new), guesses.places, guesses.score, guesses.model_version, version)
