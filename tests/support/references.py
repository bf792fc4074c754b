"""Which fields of bodies and queries hold ids of objects, and which other numbers there are."""

from collections.abc import Iterator
from typing import Any

from tests.support.operations import DOCUMENT, Operation
from tests.support.world import World

# Field → the kind of object that it names, as in `World.ids`; a list where the field takes several.
IDENTIFIERS: dict[str, str | list[str]] = {
    "project": "project_id",
    "task": "task_id",
    "completed_by": "user_id",
    "parent_prediction": "prediction_id",
    "parent_annotation": "annotation_id",
    "draft_id": "draft_id",
    "id": "completion_id",
    "file_upload_ids": ["upload_id"],
    "selectedItems": ["task_id"],
    "selected_items": ["task_id"],
    "tasks": ["task_id"],
    "ids": ["task_id"],
    "task_ids": ["task_id"],
    "exclude": ["task_id"],
    "included": ["task_id"],
    "excluded": ["task_id"],
    "annotator": "user_id",
    "organization": "organization_id",
    "active_organization": "organization_id",
    "user": "user_id",
    "view": "view_id",
    "label": "label_id",
    "event": "event_id",
    "first": "event_id",
    "last": "event_id",
}

# Numbers that name nothing.
NUMBERS = {
    "after", "before", "cluster", "expires_in_days", "lead_time", "limit", "max_session_age", "max_time_between_activity", "maximum_annotations",
    "min_annotations_to_start_training", "mislabeling", "presign_ttl", "order", "overlap", "overlap_cohort_percentage", "page", "page_size", "result",
    "score", "start", "timeout",
}  # fmt: skip


def is_identifier(name: str) -> bool:
    return name in IDENTIFIERS


def foreign_value(name: str, world: World) -> Any:
    """The value of a field that names the object of this world."""
    kind = IDENTIFIERS[name]
    if isinstance(kind, str):
        return world.ids.get(kind, 1)
    ids = [world.ids[each] for each in kind]
    return {"all": False, "included": ids} if name in ("selectedItems", "selected_items") else ids


def number_fields(operation: Operation) -> Iterator[str]:
    """Names of all query parameters and body fields that take a number, or a list of numbers."""
    for parameter in operation.description.get("parameters", []):
        if parameter["in"] == "query" and _takes_number(parameter["schema"]):
            yield parameter["name"]
    for name, shape in operation.fields.items():
        if _takes_number(shape):
            yield name


def _takes_number(shape: dict[str, Any]) -> bool:
    if "$ref" in shape:
        return _takes_number(DOCUMENT["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]])
    if any(_takes_number(each) for each in (*shape.get("anyOf", ()), *shape.get("oneOf", ()))):
        return True
    kind = shape.get("type")
    if kind == "array":
        return _takes_number(shape.get("items", {}))
    return kind in {"integer", "number"} or (
        isinstance(kind, list) and bool({"integer", "number"} & set(kind))
    )
