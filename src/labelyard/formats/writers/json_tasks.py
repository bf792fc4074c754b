"""JSON: the tasks with their untouched results. The format that keeps everything, compatible with Label Studio 1.x.

It is written from the stored values as text, because it is the export of the largest projects: stored JSON is
spliced in as it is, and no object is made for a task or an annotation. Keys and their order are those of `ExportTask`
and `ExportAnnotation`; a test holds the two against each other.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from labelyard.formats.readers.base import UNNAMED_KEY
from labelyard.formats.writers.base import chunks
from labelyard.formats.writers.model import (
    StoredTasks,
    annotation_rest,
    named_data,
    task_rest,
    upload_name,
)
from labelyard.kit.clock import moment

_NULL = "null"
_BOOLEAN = ("false", "true")
_encode = msgspec.json.Encoder().encode


class JsonWriter:
    def __init__(self) -> None:
        self._first = True

    def begin(self) -> bytes:
        return b"["

    def stored(self, batch: StoredTasks) -> Iterator[bytes]:
        # In pieces, which are put together once: data and results are most of it, and are copied only then.
        annotations = iter(_of_tasks(batch))
        for some in chunks(batch.tasks):
            text = _pieces(some, annotations, batch)
            if self._first:
                text[0] = text[0].removeprefix(",")
                self._first = False
            yield "".join(text).encode()

    def end(self) -> bytes:
        return b"]"


def _of_tasks(batch: StoredTasks) -> list[list[str]]:
    """For each task the pieces of its annotations."""
    made = list(_annotations(batch))
    if [row[0] for row in batch.tasks] == [
        row[1] for row in batch.annotations
    ]:  # one each, as in most projects
        return made
    by_task: dict[int, list[str]] = {}
    for row, pieces in zip(batch.annotations, made, strict=True):
        others = by_task.get(row[1])
        if others is None:
            by_task[row[1]] = pieces
        else:
            others += (",", *pieces)
    none = list[str]()
    return [by_task.get(row[0], none) for row in batch.tasks]


def _pieces(
    tasks: Sequence[tuple[Any, ...]], annotations: Iterator[list[str]], batch: StoredTasks
) -> list[str]:
    """The text of tasks, each behind a comma, and of the annotations that come next."""
    alike: tuple[Any, ...] = ()
    none = between = _between(None, None)
    linked = bool(batch.drafts or batch.predictions)
    text: list[str] = []
    for row in tasks:
        task_id, inner_id, data = row[:3]
        if row[3:] != alike:
            alike = row[3:]
            file_upload, times, totals = _frame_of_task(alike, batch)
        if UNNAMED_KEY in data:
            data = named_data(data, batch.first_key)
        if linked:
            drafts, predictions = batch.drafts.get(task_id), batch.predictions.get(task_id)
            between = _between(drafts, predictions) if drafts or predictions else none
        text += (
            f',{{"id":{task_id},"annotations":[', *next(annotations),
            file_upload, between, data, f"{times}{inner_id}{totals}",
        )  # fmt: skip
    return text


def _between(drafts: list[Any] | None, predictions: list[Any] | None) -> str:
    return f',"drafts":{_ids(drafts)},"predictions":{_ids(predictions)},"data":'


def _frame_of_task(alike: tuple[Any, ...], batch: StoredTasks) -> tuple[str, str, str]:
    """What stands around the own values of a task, from the values that it shares with its neighbours."""
    total, predicted, upload_id, created_at, updated_at, updated_by, rest = alike
    allow_skip, cancelled, meta = _USUAL_TASK if rest is None else _task_rest(rest)
    file_upload = _NULL if upload_id is None else _word(upload_name(batch.uploads, upload_id))
    return (
        f'],"file_upload":{file_upload}',
        f',"meta":{meta},"created_at":"{moment(created_at)}","updated_at":"{moment(updated_at)}",'
        f'"allow_skip":{allow_skip},"inner_id":',
        f',"total_annotations":{total},"cancelled_annotations":{cancelled},'
        f'"total_predictions":{predicted},"comment_count":0,"unresolved_comment_count":0,'
        f'"last_comment_updated_at":null,"project":{batch.project_id},"updated_by":{_or_null(updated_by)},'
        '"comment_authors":[]}',
    )


def _annotations(batch: StoredTasks) -> Iterator[list[str]]:
    """The pieces of each annotation."""
    alike: tuple[Any, ...] = ()
    history = ""
    for row in batch.annotations:
        made_id, task_id, lead_time, result, unique_id, import_id = row[:6]
        if row[6:] != alike:
            alike = row[6:]
            by, truths, counts, action, end = _frame_of_annotation(alike, batch.project_id)
        if batch.history is not None:
            history = f',"history":{_ids(batch.history.get(made_id))}'
        # Between the bounds of the lead time, Python spells numbers as the encoder does.
        yield [
            f'{{"id":{made_id}{by}',
            result or "[]",
            f"{truths}{_NULL if lead_time is None else lead_time if 1e-4 <= lead_time < 1e15 else _json(lead_time)}{counts}"
            f'{_NULL if unique_id is None else _json(unique_id)},"import_id":{_NULL if import_id is None else import_id}'
            f"{action}{task_id}{end}{history}}}",
        ]


def _frame_of_annotation(alike: tuple[Any, ...], project_id: int) -> tuple[str, str, str, str, str]:
    """What stands around the own values of an annotation, from the values that it shares with its neighbours."""
    completed_by, created_at, updated_at, result_count, last_action, updated_by, rest = alike
    truths, bulk_created, drafted, prediction, parents = _USUAL if rest is None else _rest(rest)
    return (
        f',"completed_by":{_or_null(completed_by)},"result":',
        f',{truths},"created_at":"{moment(created_at)}","updated_at":"{moment(updated_at)}","draft_created_at":{drafted},'
        '"lead_time":',
        f',"prediction":{prediction},"result_count":{result_count},"unique_id":',
        f',"last_action":{_NULL if last_action is None else _word(last_action)},"bulk_created":{bulk_created},"task":',
        f',"project":{project_id},"updated_by":{_or_null(updated_by)},{parents},"last_created_by":null',
    )


def _or_null(value: Any) -> Any:
    return _NULL if value is None else value


@lru_cache(maxsize=256)
def _rest(text: str | None) -> tuple[str, ...]:
    """The JSON texts of what `AnnotationRest` has: its first two truths, the third, draft's time, prediction, parents."""
    rest = annotation_rest(text)
    drafted = rest.draft_created_at
    return (
        f'"was_cancelled":{_BOOLEAN[rest.was_cancelled]},"ground_truth":{_BOOLEAN[rest.ground_truth]}',
        _BOOLEAN[rest.bulk_created],
        _NULL if drafted is None else _json(moment(drafted)),
        rest.prediction or "{}",
        f'"parent_prediction":{_json(rest.parent_prediction)},"parent_annotation":{_json(rest.parent_annotation)}',
    )


@lru_cache(maxsize=256)
def _task_rest(text: str | None) -> tuple[str, int, str]:
    """What `TaskRest` has, the truth as JSON text."""
    rest = task_rest(text)
    return _BOOLEAN[rest.allow_skip], rest.cancelled_annotations, rest.meta


def _json(value: str | float | None) -> str:
    return _encode(value).decode()


_USUAL, _USUAL_TASK = _rest(None), _task_rest(None)
# The JSON text of what many rows have in common.
_word = lru_cache(maxsize=1024)(_json)


def _ids(ids: list[Any] | None) -> str:
    return f"[{','.join(map(str, ids))}]" if ids else "[]"
