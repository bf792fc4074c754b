"""Tasks as the API shows them (compatible with Label Studio 1.x, field order included).

`data` and `meta` are spliced as stored; what an answer says about annotations and predictions is derived from their
own shapes, as the annotation and prediction slices hand them over.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row

from labelyard.kit.clock import iso

UNDEFINED = "$undefined$"
_UNDEFINED_KEY = f'"{UNDEFINED}"'
_FIELDS = dict[str, Any]
_moment = lru_cache(maxsize=8192)(iso)  # tasks of one import share their times
# Fields that cost a look at the task's annotations or predictions.
FROM_ANNOTATIONS = frozenset(
    {"annotations", "annotators", "annotations_results", "annotations_ids", "avg_lead_time", "completed_at"}
)
FROM_PREDICTIONS = frozenset(
    {"predictions", "predictions_results", "predictions_model_versions", "predictions_score"}
)


def data_of(text: str, first_key: str | None) -> msgspec.Raw:
    """A task's data; the key `$undefined$` of files without field names reads as the config's first data key."""
    if first_key is not None and _UNDEFINED_KEY in text:
        data = msgspec.json.decode(text, type=msgspec.Raw)
        try:
            fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except msgspec.ValidationError:
            return data
        if UNDEFINED in fields and first_key not in fields:
            renamed = {first_key if name == UNDEFINED else name: value for name, value in fields.items()}
            return msgspec.Raw(msgspec.json.encode(renamed))
        return data
    return msgspec.Raw(text.encode())


def short_task(row: Row[Any], first_key: str | None) -> _FIELDS:
    """The short task: answers to creation, the start of `next` and of project lists."""
    return {
        "id": row.id,
        "data": data_of(row.data, first_key),
        "meta": msgspec.Raw(row.meta.encode()),
        "created_at": _moment(row.created_at),
        "updated_at": _moment(row.updated_at),
        "allow_skip": row.allow_skip,
        "is_labeled": row.is_labeled,
        "overlap": row.overlap,
        "inner_id": row.inner_id,
        "total_annotations": row.total_annotations,
        "cancelled_annotations": row.cancelled_annotations,
        "total_predictions": row.total_predictions,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": row.project_id,
        "updated_by": row.updated_by,
        "file_upload": row.file_upload_id,
        "comment_authors": [],
    }


def listed_task(
    row: Row[Any],
    first_key: str | None,
    *,
    full: bool,
    annotations: Sequence[Mapping[str, Any]],
    predictions: Sequence[Mapping[str, Any]],
    drafts: Sequence[Mapping[str, Any]],
    draft_exists: bool,
    file_name: str | None,
    storage_key: str | None = None,
    model_version: str = "",
) -> _FIELDS:
    """A task of the data manager's list; `full` adds the annotations, predictions and figures from them.

    `model_version`: the one whose scores count; "" for all.
    """
    fields: _FIELDS = (
        {"id": row.id, "predictions": predictions, "annotations": annotations} if full else {"id": row.id}
    )
    fields["drafts"] = drafts
    fields["annotators"] = _annotators(annotations) if annotations else ()
    fields["inner_id"] = row.inner_id
    fields["cancelled_annotations"] = row.cancelled_annotations
    fields["total_annotations"] = row.total_annotations
    fields["total_predictions"] = row.total_predictions
    fields["annotations_results"] = _results(annotations) if annotations else ""
    fields["predictions_results"] = _results(predictions) if predictions else ""
    fields["file_upload"] = file_name
    fields["storage_filename"] = storage_key
    fields["annotations_ids"] = ",".join(str(each["id"]) for each in annotations) if annotations else ""
    fields["predictions_model_versions"] = _versions(predictions) if predictions else ""
    fields["updated_by"] = ({"user_id": row.updated_by},) if row.updated_by is not None else ()
    if full:
        fields["completed_at"] = _completed_at(row, annotations)
        fields["predictions_score"] = _mean(
            each["score"] for each in predictions if model_version in ("", each["model_version"])
        )
        fields["avg_lead_time"] = _mean(
            each["lead_time"] for each in annotations if not each["was_cancelled"]
        )
        fields["draft_exists"] = draft_exists
        fields["state"] = "COMPLETED" if row.is_labeled else "IN_PROGRESS" if annotations else "CREATED"
        fields["allow_skip"] = row.allow_skip
    fields["data"] = data_of(row.data, first_key)
    fields["meta"] = msgspec.Raw(row.meta.encode())
    fields["created_at"] = _moment(row.created_at)
    fields["updated_at"] = _moment(row.updated_at)
    fields["is_labeled"] = row.is_labeled
    fields["overlap"] = row.overlap
    fields["comment_count"] = 0
    fields["unresolved_comment_count"] = 0
    fields["last_comment_updated_at"] = None
    fields["project"] = row.project_id
    fields["comment_authors"] = ()
    return fields


def only(fields: _FIELDS, include: Collection[str] | None) -> _FIELDS:
    """The fields named in `include`, and always the id."""
    if include is None:
        return fields
    return {name: value for name, value in fields.items() if name == "id" or name in include}


def _annotators(annotations: Sequence[Mapping[str, Any]]) -> list[int]:
    """Ids of the annotators in the order of their annotations, whether shown as ids or as people."""
    people = (each["completed_by"] for each in annotations if each["completed_by"])
    return list(dict.fromkeys(each["id"] if isinstance(each, Mapping) else each for each in people))


def _results(made: Sequence[Mapping[str, Any]]) -> str:
    """All results as one JSON text."""
    return "[" + ", ".join(_text(each["result"]) for each in made) + "]"


def _text(result: Any) -> str:
    return bytes(result).decode() if isinstance(result, msgspec.Raw) else msgspec.json.encode(result).decode()


def _versions(predictions: Sequence[Mapping[str, Any]]) -> str:
    return ",".join(dict.fromkeys(each["model_version"] for each in predictions if each["model_version"]))


def _completed_at(row: Row[Any], annotations: Sequence[Mapping[str, Any]]) -> str | None:
    if not row.is_labeled:
        return None
    times: list[str] = [each["created_at"] for each in annotations if not each["was_cancelled"]]
    return max(times, default=None)


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
