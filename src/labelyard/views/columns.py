"""The columns of the data manager: what the project's data has, and what every task has."""

from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.label.config import LabelConfig
from labelyard.projects import service as projects
from labelyard.tasks.shapes import UNDEFINED
from labelyard.users import profiles

_TEXTUAL = frozenset({"Text", "HyperText", "Header", "Label", "Paragraphs", "Chat"})
_MEDIA = frozenset({"Image", "Audio", "Video"})
# id, title, type, shown in the table by default, help
_BUILT_IN: tuple[tuple[str, str, str, bool, str], ...] = (
    ("id", "ID", "Number", True, "Number of the task on this server."),
    ("inner_id", "Inner ID", "Number", True, "Number of the task in this project, from 1."),
    ("completed_at", "Completed", "Datetime", True, "When the task had all the annotations it wants."),
    ("total_annotations", "Annotations", "Number", True, "Annotations that were submitted."),
    ("cancelled_annotations", "Skips", "Number", True, "Annotations that were skipped."),
    ("total_predictions", "Predictions", "Number", True, "Predictions of all models."),
    ("annotators", "Annotators", "List", True, "Who annotated the task."),
    ("annotations_results", "Annotation results", "String", False, "The annotations' results as JSON text."),
    ("annotations_ids", "Annotation IDs", "String", False, "Numbers of the task's annotations."),
    ("predictions_score", "Prediction score", "Number", False, "Mean score of the predictions."),
    ("predictions_model_versions", "Model versions", "List", False, "Models that predicted the task."),
    ("predictions_results", "Prediction results", "String", False, "The predictions' results as JSON text."),
    ("file_upload", "Uploaded file", "String", False, "Name of the file the task came from."),
    ("storage_filename", "Storage key", "String", False, "Key of the storage object the task came from."),
    ("created_at", "Created", "Datetime", False, "When the task was made."),
    ("updated_at", "Updated", "Datetime", False, "When the task or an annotation of it last changed."),
    ("updated_by", "Updated by", "List", False, "Who last changed the task."),
    ("avg_lead_time", "Lead time", "Time", False, "Mean time an annotation took, in seconds."),
    ("draft_exists", "Draft", "Boolean", False, "Whether somebody has unsubmitted work on it."),
)


def list_columns(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """Columns of a project: data keys first, then what every task has, last `data` itself with its children."""
    project_row = projects.get(conn, actor, project_id)
    config = projects.label_config(project_row)
    names = _data_names(config, projects.data_columns(conn, project_id))
    members = [each["id"] for each in profiles.list_users(conn, actor)]
    return [
        *(_data_column(config, name) for name in names),
        *(_built_in(each, members) for each in _BUILT_IN),
        {
            "id": "data",
            "title": "data",
            "type": "List",
            "target": "tasks",
            "parent": None,
            "children": names,
            "visibility_defaults": {"explore": True, "labeling": True},
            "project_defined": False,
        },
    ]


def _data_names(config: LabelConfig, used: dict[str, int]) -> list[str]:
    """What the config shows first, in its order, then the other keys, most used first."""
    key = config.first_data_key
    shown = [name for name in config.data_keys if "." not in name]
    other = [key if name == UNDEFINED and key else name for name in used]
    return list(dict.fromkeys([*shown, *other]))


def _data_column(config: LabelConfig, name: str) -> dict[str, Any]:
    known = config.data_keys.get(name)
    return {
        "id": name,
        "title": "data" if name == UNDEFINED else name,
        "type": _type_of(config, name),
        "target": "tasks",
        "parent": "data",
        "visibility_defaults": {"explore": True, "labeling": known is not None or name == UNDEFINED},
        "project_defined": True,
    }


def _type_of(config: LabelConfig, name: str) -> str:
    tag = next((each.kind for each in config.objects.values() if each.data_key == name), None)
    if tag is None:
        tag = config.data_keys[name].tag if name in config.data_keys else ""
    if tag in _TEXTUAL:
        return "String"
    return tag if tag in _MEDIA else "Unknown"


def _built_in(column: tuple[str, str, str, bool, str], members: list[int]) -> dict[str, Any]:
    name, title, kind, shown, text = column
    made: dict[str, Any] = {
        "id": name,
        "title": title,
        "type": kind,
        "target": "tasks",
        "parent": None,
        "help": text,
        "visibility_defaults": {"explore": shown, "labeling": name == "id"},
        "project_defined": False,
    }
    if name in {"annotators", "updated_by"}:
        made["schema"] = {"items": members}
    return made
