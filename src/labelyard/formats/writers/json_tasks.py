"""JSON: the tasks with their untouched results. The format that keeps everything, compatible with Label Studio 1.x.

It is written from the stored values as text, because it is the export of the largest projects: stored JSON is
spliced in as it is, and no object is made for a task or an annotation. Keys and their order are those of `ExportTask`
and `ExportAnnotation`; a test holds the two against each other.
"""

from typing import Any

import msgspec

from labelyard.formats.writers.model import StoredTasks, named_data, upload_name
from labelyard.kit.clock import moment

_BOOLEAN = ("false", "true")
_encode = msgspec.json.Encoder().encode


class JsonWriter:
    def __init__(self) -> None:
        self._first = True

    def begin(self) -> bytes:
        return b"["

    def stored(self, batch: StoredTasks) -> bytes:
        annotations: dict[int, list[str]] = {}
        for row in batch.annotations:
            annotations.setdefault(row[1], []).append(_annotation(row, batch))
        text = ",".join([_task(row, batch, annotations.get(row[0])) for row in batch.tasks])
        if not text:
            return b""
        comma = "" if self._first else ","
        self._first = False
        return (comma + text).encode()

    def end(self) -> bytes:
        return b"]"


def _task(row: tuple[Any, ...], batch: StoredTasks, annotations: list[str] | None) -> str:
    (
        task_id, inner_id, data, meta, allow_skip, total, cancelled, predicted, upload_id, created_at, updated_at,
        updated_by,
    ) = row  # fmt: skip
    file_upload = "null" if upload_id is None else _json(upload_name(batch.uploads, upload_id))
    return (
        f'{{"id":{task_id},"annotations":[{",".join(annotations) if annotations else ""}],"file_upload":{file_upload},'
        f'"drafts":{_ids(batch.drafts.get(task_id))},"predictions":{_ids(batch.predictions.get(task_id))},'
        f'"data":{named_data(data, batch.first_key)},"meta":{meta},'
        f'"created_at":"{moment(created_at)}","updated_at":"{moment(updated_at)}","allow_skip":{_BOOLEAN[allow_skip]},'
        f'"inner_id":{inner_id},"total_annotations":{total},"cancelled_annotations":{cancelled},'
        f'"total_predictions":{predicted},"comment_count":0,"unresolved_comment_count":0,'
        f'"last_comment_updated_at":null,"project":{batch.project_id},"updated_by":{_number(updated_by)},'
        f'"comment_authors":[]}}'
    )


def _annotation(row: tuple[Any, ...], batch: StoredTasks) -> str:
    (
        made_id, task_id, completed_by, result, was_cancelled, ground_truth, created_at, updated_at, draft_created_at,
        lead_time, result_count, unique_id, import_id, last_action, bulk_created, updated_by, parent_prediction,
        parent_annotation,
    ) = row  # fmt: skip
    history = "" if batch.history is None else f',"history":{_ids(batch.history.get(made_id))}'
    drafted = "null" if draft_created_at is None else f'"{moment(draft_created_at)}"'
    return (
        f'{{"id":{made_id},"completed_by":{_number(completed_by)},"result":{result or "[]"},'
        f'"was_cancelled":{_BOOLEAN[was_cancelled]},"ground_truth":{_BOOLEAN[ground_truth]},'
        f'"created_at":"{moment(created_at)}","updated_at":"{moment(updated_at)}","draft_created_at":{drafted},'
        f'"lead_time":{"null" if lead_time is None else _json(lead_time)},"prediction":{{}},'
        f'"result_count":{result_count},"unique_id":{"null" if unique_id is None else _json(unique_id)},'
        f'"import_id":{_number(import_id)},"last_action":{"null" if last_action is None else _json(last_action)},'
        f'"bulk_created":{_BOOLEAN[bulk_created]},"task":{task_id},"project":{batch.project_id},'
        f'"updated_by":{_number(updated_by)},"parent_prediction":{_number(parent_prediction)},'
        f'"parent_annotation":{_number(parent_annotation)},"last_created_by":null{history}}}'
    )


def _json(value: str | float | None) -> str:
    return _encode(value).decode()


def _number(value: int | None) -> int | str:
    return "null" if value is None else value


def _ids(ids: list[Any] | None) -> str:
    return f"[{','.join(map(str, ids))}]" if ids else "[]"
