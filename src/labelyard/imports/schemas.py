"""Bodies and answers of the import routes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE_TASKS = [
    {"data": {"text": "The ferry leaves at nine."}, "meta": {"source": "timetable"}},
    {"text": "A task can also be just its data."},
]
EXAMPLE_RESULT = {
    "task_count": 2,
    "annotation_count": 0,
    "prediction_count": 0,
    "predictions_count": 0,
    "duration": 0.021,
    "file_upload_ids": [],
    "could_be_tasks_list": False,
    "found_formats": [],
    "data_columns": [],
}
EXAMPLE_STATUS = {
    "id": 7,
    "project": 3,
    "status": "in_progress",
    "preannotated_from_fields": None,
    "commit_to_project": True,
    "return_task_ids": False,
    "url": None,
    "error": None,
    "errors": None,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:37.102211Z",
    "finished_at": None,
    "task_count": 40000,
    "annotation_count": 0,
    "prediction_count": 0,
    "duration": 1.3,
    "file_upload_ids": [],
    "could_be_tasks_list": False,
    "found_formats": [],
    "data_columns": [],
    "tasks": [],
    "task_ids": [],
    "rows_read": 100000,
    "rows_accepted": 100000,
    "rows_rejected": 0,
    "bytes": 25164800,
    "bytes_total": 25164800,
    "bytes_read": 10065920,
    "rate": 31280.5,
    "eta": 1.9,
}
TASKS_SCHEMA: dict[str, Any] = {
    "oneOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "description": "A task: its `data` and what belongs to it, or just the object that is its data.",
                "properties": {
                    "data": {"type": "object", "description": "Has every key that the label config reads."},
                    "meta": {"type": "object"},
                    "annotations": {"type": "array", "items": {"type": "object"}},
                    "predictions": {"type": "array", "items": {"type": "object"}},
                    "overlap": {"type": "integer", "minimum": 1},
                    "allow_skip": {"type": "boolean"},
                },
            },
        },
        {"type": "object", "description": "One task."},
    ]
}


class ImportResult(BaseModel):
    """What an import made; only `import` when it goes on in the background."""

    model_config = ConfigDict(populate_by_name=True)

    import_: int | None = Field(
        default=None,
        alias="import",
        description="Id to ask `…/imports/{id}` with, when the import still runs.",
    )
    task_count: int | None = None
    annotation_count: int | None = None
    prediction_count: int | None = None
    predictions_count: int | None = Field(default=None, description="The same as `prediction_count`.")
    duration: float | None = Field(default=None, description="Seconds.")
    file_upload_ids: list[int] | None = None
    could_be_tasks_list: bool | None = Field(
        default=None, description="Whether a CSV, TSV or TXT file was among them."
    )
    found_formats: dict[str, int] | list[str] | None = Field(
        default=None, description="Extension → number of files."
    )
    data_columns: list[str] | None = Field(default=None, description="Data keys that all files have.")
    task_ids: list[int] | None = Field(default=None, description="Only with `return_task_ids`.")


class ImportStatus(BaseModel):
    """An import, running or done."""

    id: int
    project: int
    status: str = Field(description="created, in_progress, failed or completed")
    preannotated_from_fields: list[str] | None
    commit_to_project: bool
    return_task_ids: bool
    url: str | None
    error: str | None = Field(description="Why it failed.")
    errors: dict[str, Any] | None = Field(description="The errors by field, as a refused request has them.")
    created_at: str
    updated_at: str
    finished_at: str | None
    task_count: int = Field(description="Tasks stored so far.")
    annotation_count: int
    prediction_count: int
    duration: float
    file_upload_ids: list[int]
    could_be_tasks_list: bool
    found_formats: dict[str, int] | list[str]
    data_columns: list[str]
    tasks: list[Any]
    task_ids: list[int]
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    bytes: int
    bytes_total: int
    bytes_read: int
    rate: float = Field(description="Tasks a second.")
    eta: float | None = Field(description="Seconds to go; null while unknown.")


class Reimport(BaseModel):
    model_config = ConfigDict(extra="ignore")

    file_upload_ids: list[int] = Field(default=[], description="Uploads to read again.", examples=[[12, 13]])
    files_as_tasks_list: bool = Field(
        default=True, description="False: each file is one task that refers to it."
    )
