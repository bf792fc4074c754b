"""Bodies and examples of the 0.x dialect."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from labelyard.annotations.schemas import AnnotationChanges, RowId
from labelyard.projects.schemas import EXAMPLE_CONFIG, MAX_CONFIG

EXAMPLE_COMPLETION: dict[str, Any] = {
    "id": 12,
    "created_at": 1590712275,
    "result": [
        {
            "id": "x1",
            "from_name": "mood",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["good"]},
        }
    ],
    "lead_time": 4.0,
}
EXAMPLE_TASK: dict[str, Any] = {
    "id": 7,
    "data": {"text": "The ferry leaves at nine."},
    "completions": [EXAMPLE_COMPLETION],
    "predictions": [],
}
EXAMPLE_PROJECT: dict[str, Any] = {
    "project_name": "Moods",
    "id": 3,
    "uuid": "00000000-0003-8a4c-9f43-5f0f4c9a6a0e",
    "task_count": 3,
    "completion_count": 1,
    "config": {"title": "Moods", "description": "", "label_config": "config.xml", "sampling": "sequential"},
    "instruction": "",
    "can_manage_tasks": True,
    "can_manage_completions": True,
    "can_delete_tasks": True,
    "source_storage": {"readable_path": "tasks of the project"},
    "target_storage": {"readable_path": "completions of the project"},
    "available_storages": [["tasks-json", "Tasks"], ["completions-dir", "Completions"]],
    "source_syncing": False,
    "target_syncing": False,
    "data_types": {"text": "Text"},
    "label_config_line": EXAMPLE_CONFIG,
    "multi_session_mode": False,
}
_EXAMPLE_FIELD: dict[str, Any] = {
    "name": "path",
    "id": "path",
    "short_name": "path",
    "type": "StringField",
    "data": "pictures",
    "default": None,
    "object_data": "pictures",
    "raw_data": None,
    "render_kw": None,
    "description": "Bucket, or the absolute path of a directory.",
    "do_not_call_in_templates": True,
}
EXAMPLE_STORAGES: dict[str, Any] = {
    "source": {
        "s3": {
            "type": "s3",
            "description": "Amazon S3",
            "current": True,
            "path": "s3://pictures/birds/",
            "fields": [_EXAMPLE_FIELD],
        }
    },
    "target": {
        "completions-dir": {
            "type": "completions-dir",
            "description": "Completions of the project",
            "current": True,
            "path": "completions of the project",
            "fields": [],
        }
    },
}
EXAMPLE_IMPORT: dict[str, Any] = {
    "task_count": 2,
    "completion_count": 0,
    "prediction_count": 0,
    "duration": 0.021,
    "formats": {"request": 2},
    "new_task_ids": [7, 8],
}


class ConfigBody(BaseModel):
    """A label config, which an operation may take from elsewhere when it is left out."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"label_config": EXAMPLE_CONFIG}})

    label_config: str | None = Field(default=None, max_length=MAX_CONFIG)


class ProjectChanges(BaseModel):
    """What 0.x clients change of a project. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"title": "Moods of letters"}})

    title: str | None = Field(default=None, description="3 to 50 characters.")
    description: str | None = Field(default=None, max_length=1_000_000)
    instruction: str | None = Field(default=None, max_length=1_000_000, description="HTML for annotators.")
    sampling: Literal["sequential", "uniform", "prediction-score-min", "prediction-score-max"] | None = None
    ml_backend: str | None = Field(
        default=None, max_length=4096, description="`URL` or `NAME=URL` of an ML backend to connect."
    )


class CompletionFields(AnnotationChanges):
    """A completion. `created_at` is set by the server."""

    id: RowId | None = Field(default=None, description="Of a completion of the task: that one is changed.")
    skipped: bool | None = Field(default=None, description="The older name of `was_cancelled`.")


class ModelName(BaseModel):
    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"name": "my-model"}})

    name: str = Field(min_length=1, max_length=1000, description="Name of the ML backend.")


class PredictionRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"data": {"text": "A"}}})

    data: dict[str, Any] | None = Field(default=None, description="Data of the task to predict for.")
    task_ids: list[RowId] | str | None = Field(
        default=None, description="With `mode=specific_tasks`: ids of tasks, a list or comma-separated."
    )


_MAX_WORDS = 2048
Words = Annotated[str, Field(max_length=_MAX_WORDS)]


class StorageSettings(BaseModel):
    """A source or a target. What a type does not have is ignored."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"example": {"type": "s3", "path": "pictures", "regex": ".*jpg"}}
    )

    type: Words | None = Field(default=None, description="Type of the storage.")
    path: Words | None = Field(
        default=None,
        description="Name of the bucket, or absolute path of a directory on the server's machine.",
    )
    prefix: Words | None = Field(default=None, description="Folder in it.")
    regex: Words | None = Field(
        default=None,
        description="Only objects whose keys this regular expression matches from their start. Default: all.",
    )
    data_key: Words | None = Field(
        default=None, description="Data key that gets the address of an object. Default: the config's first."
    )
    use_blob_urls: bool | None = Field(
        default=None,
        description="Make a task of the address of each object (default), or read tasks in JSON from the objects.",
    )
    recursive_scan: bool | None = Field(default=None, description="Folders within the folder too.")
    region: Words | None = Field(default=None, description="Region of the bucket. Default: us-east-1.")
    endpoint: Words | None = Field(default=None, description="Address of an S3 server that is not Amazon's.")
    presign: bool | None = Field(
        default=None, description="Let browsers fetch from the bucket, in place of through this server."
    )
    create_local_copy: bool | None = Field(
        default=None, description="Keep a copy of what is written to a bucket in `completions` (default)."
    )
    can_delete_objects: bool | None = Field(
        default=None, description="Delete the object of a task whose completions are all gone."
    )
    aws_access_key_id: Words | None = Field(default=None, description="Of the bucket. Default: the server's.")
    aws_secret_access_key: Words | None = Field(default=None, description="Never shown.")
    aws_session_token: Words | None = Field(default=None, description="Of credentials that end.")


TASK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "object", "description": "What the label config shows."},
        "meta": {"type": "object", "description": "Anything to keep with the task."},
        "completions": {
            "type": "array",
            "items": {"type": "object"},
            "description": "All completions that the task is to have. One with the id of a completion changes it.",
        },
        "predictions": {
            "type": "array",
            "items": {"type": "object"},
            "description": "All predictions that the task is to have.",
        },
    },
}
