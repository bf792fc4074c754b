"""An annotated task as it is exported, with the keys and their order of Label Studio 1.x."""

from typing import Any

import msgspec
from msgspec import Raw

from labelyard.formats.readers.base import UNNAMED_KEY

NO_PREDICTION: dict[str, Any] = {}


class ExportAnnotation(msgspec.Struct, gc=False):
    id: int
    completed_by: int | None
    result: Raw
    was_cancelled: bool
    ground_truth: bool
    created_at: str
    updated_at: str
    draft_created_at: str | None
    lead_time: float | None
    prediction: dict[str, Any]
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
    """`data` and `meta` are the stored JSON text; drafts and predictions are ids."""

    id: int
    annotations: list[ExportAnnotation]
    file_upload: str | None
    drafts: list[int]
    predictions: list[int]
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


_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_MARK = msgspec.json.encode(UNNAMED_KEY)


def named_data(data: str, first_key: str | None) -> Raw:
    """Task data with the key of a value that came without one renamed to the config's first data key."""
    text = data.encode()
    if first_key is None or _MARK not in text:
        return Raw(text)
    fields = _fields(text)
    if UNNAMED_KEY not in fields:
        return Raw(text)
    return Raw(
        msgspec.json.encode(
            {first_key if key == UNNAMED_KEY else key: value for key, value in fields.items()}
        )
    )
