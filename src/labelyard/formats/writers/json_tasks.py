"""JSON: the tasks with their untouched results. The format that keeps everything, compatible with Label Studio 1.x.

It is written from the stored values as text, because it is the export of the largest projects: stored JSON is
spliced in as it is, and no object is made for a task or an annotation. Keys and their order are those of `ExportTask`
and `ExportAnnotation`; a test holds the two against each other.
"""

from collections.abc import Iterator
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
        annotations: dict[int, list[str]] = {}
        project = f'"project":{batch.project_id},"updated_by":'
        for row in batch.annotations:
            pieces, others = _annotation(row, batch, project), annotations.get(row[1])
            if others is None:
                annotations[row[1]] = pieces
            else:
                others += (",", *pieces)
        find, none = annotations.get, list[str]()
        for some in chunks(batch.tasks):
            text: list[str] = []
            for row in some:
                text += _task(row, batch, project, find(row[0], none))
            if self._first:
                text[0] = text[0].removeprefix(",")
                self._first = False
            yield "".join(text).encode()

    def end(self) -> bytes:
        return b"]"


def _task(row: tuple[Any, ...], batch: StoredTasks, project: str, annotations: list[str]) -> tuple[str, ...]:
    """The pieces of a task, after a comma."""
    task_id, inner_id, data, total, predicted, upload_id, created_at, updated_at, updated_by, rest = row
    allow_skip, cancelled, meta = _USUAL_TASK if rest is None else _task_rest(rest)
    made = moment(created_at)
    changed = made if updated_at == created_at else moment(updated_at)
    file_upload = "null" if upload_id is None else _word(upload_name(batch.uploads, upload_id))
    drafts = batch.drafts and batch.drafts.get(task_id)
    predictions = batch.predictions and batch.predictions.get(task_id)
    if UNNAMED_KEY in data:
        data = named_data(data, batch.first_key)
    return (
        f',{{"id":{task_id},"annotations":[',
        *annotations,
        f'],"file_upload":{file_upload},'
        f'"drafts":{_ids(drafts) if drafts else "[]"},"predictions":{_ids(predictions) if predictions else "[]"},'
        '"data":',
        data,
        f',"meta":{meta},'
        f'"created_at":"{made}","updated_at":"{changed}","allow_skip":{allow_skip},'
        f'"inner_id":{inner_id},"total_annotations":{total},"cancelled_annotations":{cancelled},'
        f'"total_predictions":{predicted},"comment_count":0,"unresolved_comment_count":0,'
        f'"last_comment_updated_at":null,{project}{_NULL if updated_by is None else updated_by},'
        f'"comment_authors":[]}}',
    )


def _annotation(row: tuple[Any, ...], batch: StoredTasks, project: str) -> list[str]:
    (
        made_id, task_id, completed_by, result, created_at, updated_at, lead_time, result_count, unique_id, import_id,
        last_action, updated_by, rest,
    ) = row  # fmt: skip
    truths, bulk_created, drafted, prediction, parents = _USUAL if rest is None else _rest(rest)
    made = moment(created_at)
    changed = made if updated_at == created_at else moment(updated_at)
    # Between the bounds of the lead time, Python spells numbers as the encoder does.
    history = "" if batch.history is None else f',"history":{_ids(batch.history.get(made_id))}'
    return [
        f'{{"id":{made_id},"completed_by":{_NULL if completed_by is None else completed_by},"result":',
        result or "[]",
        f',{truths},"created_at":"{made}","updated_at":"{changed}","draft_created_at":{drafted},'
        f'"lead_time":{_NULL if lead_time is None else lead_time if 1e-4 <= lead_time < 1e15 else _json(lead_time)},"prediction":{prediction},'
        f'"result_count":{result_count},"unique_id":{_NULL if unique_id is None else _json(unique_id)},'
        f'"import_id":{_NULL if import_id is None else import_id},'
        f'"last_action":{_NULL if last_action is None else _word(last_action)},'
        f'"bulk_created":{bulk_created},"task":{task_id},{project}'
        f"{_NULL if updated_by is None else updated_by},{parents},"
        f'"last_created_by":null{history}}}',
    ]


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
