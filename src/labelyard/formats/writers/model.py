"""An annotated task as it is exported, with the keys and their order of Label Studio 1.x."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from labelyard.formats.readers.base import UNNAMED_KEY


class ExportAnnotation(msgspec.Struct, gc=False):
    id: int
    completed_by: int | dict[str, Any] | None
    result: Raw
    was_cancelled: bool
    ground_truth: bool
    created_at: str
    updated_at: str
    draft_created_at: str | None
    lead_time: float | None
    prediction: Any
    result_count: int
    unique_id: str | None
    import_id: int | None
    last_action: str | None
    bulk_created: bool
    task: int
    project: int
    updated_by: int | None
    parent_prediction: int | None
    parent_annotation: int | None
    last_created_by: int | None = None


class ExportTask(msgspec.Struct, gc=False):
    """`data` and `meta` are the stored JSON text; drafts and predictions are ids, or the objects."""

    id: int
    annotations: list[ExportAnnotation]
    file_upload: str | None
    drafts: list[Any]
    predictions: list[Any]
    data: Raw
    meta: Raw
    created_at: str
    updated_at: str
    allow_skip: bool
    inner_id: int
    total_annotations: int
    cancelled_annotations: int
    total_predictions: int
    comment_count: int
    unresolved_comment_count: int
    last_comment_updated_at: str | None
    project: int
    updated_by: int | None
    comment_authors: list[int]


class TaskRest(NamedTuple):
    """What only few tasks have otherwise."""

    allow_skip: bool = True
    cancelled_annotations: int = 0
    meta: str = "{}"  # JSON text


class AnnotationRest(NamedTuple):
    """What only few annotations have otherwise."""

    was_cancelled: bool = False
    ground_truth: bool = False
    bulk_created: bool = False
    draft_created_at: int | None = None  # microseconds since the epoch
    parent_prediction: int | None = None
    parent_annotation: int | None = None
    prediction: str | None = None  # JSON text


_USUAL_TASK, _USUAL_ANNOTATION = TaskRest(), AnnotationRest()
_list = msgspec.json.Decoder(list[Any]).decode


@lru_cache(maxsize=256)
def task_rest(text: str | None) -> TaskRest:
    """The rest of a task; None stands for the usual one."""
    if text is None:
        return _USUAL_TASK
    allow_skip, *rest = _list(text)
    return TaskRest(bool(allow_skip), *rest)


@lru_cache(maxsize=256)
def annotation_rest(text: str | None) -> AnnotationRest:
    """The rest of an annotation; None stands for the usual one."""
    if text is None:
        return _USUAL_ANNOTATION
    was_cancelled, ground_truth, bulk_created, *rest = _list(text)
    return AnnotationRest(bool(was_cancelled), bool(ground_truth), bool(bulk_created), *rest)


@dataclass(frozen=True, slots=True)
class StoredTasks:
    """A batch of tasks with everything on them as the store has it, before it is made into `ExportTask`.

    tasks: (id, inner_id, data, total_annotations, total_predictions, file_upload_id, created_at, updated_at, updated_by,
    rest); what `rest` is text of, `TaskRest` has. annotations: by task and id, (id, task_id, lead_time, result, unique_id,
    import_id, completed_by, created_at, updated_at, result_count, last_action, updated_by, rest), with `rest` of
    `AnnotationRest`. Times are microseconds since the epoch, `data` and `result` are JSON text.
    predictions, drafts: by task id, ids or JSON text of the objects. uploads: object key by id. `completed_by` is an id,
    or JSON text of the user.
    """

    project_id: int
    first_key: str | None
    tasks: Sequence[tuple[Any, ...]]
    annotations: Sequence[tuple[Any, ...]]
    predictions: Mapping[int, list[Any]]
    drafts: Mapping[int, list[Any]]
    uploads: Mapping[int, str]
    history: Mapping[int, list[str]] | None = (
        None  # by annotation id, JSON texts of its events; None: not written
    )


_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_MARK = msgspec.json.encode(UNNAMED_KEY).decode()


def named_data(data: str, first_key: str | None) -> str:
    """Task data with the key of a value that came without one renamed to the config's first data key."""
    if first_key is None or _MARK not in data:
        return data
    fields = _fields(data)
    if UNNAMED_KEY not in fields:
        return data
    named = {first_key if key == UNNAMED_KEY else key: value for key, value in fields.items()}
    return msgspec.json.encode(named).decode()


def upload_name(uploads: Mapping[int, str], upload_id: int | None) -> str | None:
    """The name of the file that a task came from, as exports show it."""
    key = None if upload_id is None else uploads.get(upload_id)
    return None if key is None else key.rpartition("/")[2]
