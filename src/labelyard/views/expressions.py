"""Fields of tasks as SQL expressions over the table `task`. Part of this slice's queries."""

from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from labelyard.db.schema import annotation, draft, file_upload, prediction, task, user
from labelyard.indexes.service import PREFIX, DataKey
from labelyard.kit.db import jsonsql
from labelyard.kit.db.database import Dialect
from labelyard.views.fields import Field

Expression: TypeAlias = ColumnElement[Any]

# Most tasks have no annotation: their counters say so without a look at another table.
HAS_ANNOTATIONS = (task.c.total_annotations + task.c.cancelled_annotations) > 0
HAS_PREDICTIONS = task.c.total_predictions > 0

_OF_TASK = annotation.c.task_id == task.c.id
_COUNTING = sa.and_(_OF_TASK, ~annotation.c.was_cancelled)
_PREDICTED = prediction.c.task_id == task.c.id


def _when(condition: ColumnElement[bool], value: Expression) -> Expression:
    return sa.case((condition, value), else_=sa.null())


_COLUMNS: dict[str, Expression] = {
    **{
        name: task.c[name]
        for name in (
            "id", "inner_id", "overlap", "total_annotations", "cancelled_annotations", "total_predictions",
            "created_at", "updated_at", "is_labeled", "allow_skip", "updated_by",
        )
    },
    "comment_count": sa.literal_column("0"),
    "unresolved_comment_count": sa.literal_column("0"),
    "storage_filename": sa.cast(sa.null(), sa.Text()),
    "file_upload": sa.select(file_upload.c.name).where(file_upload.c.id == task.c.file_upload_id).scalar_subquery(),
    "updated_by__active_organization": sa.select(user.c.active_organization_id)
    .where(user.c.id == task.c.updated_by)
    .scalar_subquery(),
    "completed_at": _when(
        task.c.is_labeled, sa.select(sa.func.max(annotation.c.created_at)).where(_COUNTING).scalar_subquery()
    ),
    "avg_lead_time": _when(
        task.c.total_annotations > 0,
        sa.select(sa.func.avg(annotation.c.lead_time)).where(_COUNTING).scalar_subquery(),
    ),
    "draft_exists": sa.exists().where(draft.c.task_id == task.c.id),
    "ground_truth": sa.and_(HAS_ANNOTATIONS, sa.exists().where(_OF_TASK, annotation.c.ground_truth)),
    # What lists of people, ids and versions are ordered by: the least of them.
    "annotators": sa.select(sa.func.min(annotation.c.completed_by)).where(_OF_TASK).scalar_subquery(),
    "annotations_ids": sa.select(sa.func.min(annotation.c.id)).where(_OF_TASK).scalar_subquery(),
    "predictions_model_versions": sa.select(sa.func.min(prediction.c.model_version))
    .where(_PREDICTED)
    .scalar_subquery(),
}  # fmt: skip
_COLUMNS["annotations__completed_by"] = _COLUMNS["annotators"]


def column(field: Field, model_version: str) -> Expression:
    """A field that is none of data. `model_version`: the one whose scores count, "" for all."""
    if field.name == "predictions_score":
        scores = sa.select(sa.func.avg(prediction.c.score)).where(_PREDICTED)
        if model_version:
            scores = scores.where(prediction.c.model_version == model_version)
        return _when(HAS_PREDICTIONS, scores.scalar_subquery())
    return _COLUMNS[field.name]


def data_text(dialect: Dialect, key: DataKey) -> Expression:
    """The whole text of a value of data."""
    found = [jsonsql.text_at(dialect, task.c.data, path) for path in key.paths]
    return found[0] if len(found) == 1 else sa.func.coalesce(*found)


def data_number(dialect: Dialect, key: DataKey) -> Expression:
    found = [jsonsql.number_at(dialect, task.c.data, path) for path in key.paths]
    return found[0] if len(found) == 1 else sa.func.coalesce(*found)


def beginning(text: Expression) -> Expression:
    """What texts are put in order by."""
    return sa.func.substr(text, 1, PREFIX)


def bytewise(dialect: Dialect, text: Expression) -> Expression:
    """A text that is compared by code point, whatever the database's language."""
    return sa.collate(text, "C") if dialect == "postgresql" else text


def data_contains(dialect: Dialect, key: DataKey, part: str) -> ColumnElement[bool]:
    """Whether the value's text, or anything in the list or object that it is, contains `part`."""
    found = []
    for path in key.paths:
        text = jsonsql.text_at(dialect, task.c.data, path)
        inside = jsonsql.any_contains(dialect, task.c.data, path, part)
        container = jsonsql.is_container(dialect, task.c.data, path)
        found.append(sa.case((container, inside), else_=jsonsql.contains(dialect, text, part)))
    return sa.or_(*(sa.func.coalesce(each, sa.false()) for each in found))
