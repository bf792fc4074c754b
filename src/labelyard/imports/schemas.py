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
    "errors": {
        "rows": [
            {"file": "days.csv", "row": 8, "column": "text", "error": '"text" key is expected in task data'}
        ]
    },
    "created_at": "2026-11-22T03:58:35.824760Z",
    "created_by": {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Moor",
        "email": "ada@example.org",
        "avatar": None,
        "initials": "AM",
        "username": "ada",
    },
    "updated_at": "2026-11-22T03:58:37.102211Z",
    "finished_at": None,
    "task_count": 39990,
    "annotation_count": 0,
    "prediction_count": 0,
    "duration": 1.3,
    "file_upload_ids": [12],
    "could_be_tasks_list": True,
    "found_formats": {".csv": 1},
    "data_columns": ["text"],
    "tasks": [],
    "task_ids": [],
    "files": ["days.csv"],
    "on_error": "skip",
    "dedupe": "text",
    "mode": "skip",
    "files_as_tasks_list": True,
    "rows_read": 40000,
    "rows_accepted": 39999,
    "rows_rejected": 1,
    "rows_duplicate": 9,
    "rows_updated": 0,
    "rows_unmatched": 0,
    "duplicate_count": 9,
    "updated_count": 0,
    "notes": [],
    "has_rejects": False,
    "cancelled": False,
    "can_undo": False,
    "undone_at": None,
    "undo": None,
    "bytes": 25164800,
    "bytes_total": 25164800,
    "bytes_read": 10065920,
    "rate": 31280.5,
    "eta": 1.9,
}
EXAMPLE_UNDO = {"deleted": 39988, "kept": 2, "kept_tasks": [17, 305], "updated": 0}
EXAMPLE_PREVIEW = {
    "name": "days.csv",
    "upload": None,
    "size": 48,
    "format": "CSV",
    "options": {"format": "CSV", "encoding": "utf-8", "delimiter": ",", "quote": '"', "header": True},
    "columns": ["text", "note"],
    "types": {"text": "string", "note": "string"},
    "rows": [{"text": "The ferry leaves at nine.", "note": "timetable"}],
    "sheets": [],
    "notes": [],
    "missing": [],
    "files_as_tasks_list": True,
    "error": None,
}
EXAMPLE_PREDICTIONS = [
    {
        "task": 7,
        "result": [
            {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["Weather"]}}
        ],
        "score": 0.87,
        "model_version": "v2",
    }
]
PREDICTIONS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["task", "result"],
        "properties": {
            "task": {"type": "integer", "description": "Id of a task of the project."},
            "result": {"type": "array", "items": {"type": "object"}},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "model_version": {"type": "string"},
        },
    },
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
                    "external_id": {
                        "type": "string",
                        "description": "By which `dedupe=external_id` knows the task again.",
                    },
                },
            },
        },
        {"type": "object", "description": "One task."},
    ]
}


class RowErrorBody(BaseModel):
    """Why a row was refused."""

    file: str | None = Field(description="Name of the file; null for a JSON body.")
    row: int | None = Field(
        description="Line of a table, position in a list, from 1; null for the whole file."
    )
    column: str | None = Field(description="Data key or part of the task at fault.")
    error: str


class ImportErrors(BaseModel):
    """The errors by field, as a refused request has them, and row by row."""

    model_config = ConfigDict(extra="allow")

    rows: list[RowErrorBody] = Field(default=[], description="The first hundred refused rows.")


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
    import_id: int | None = Field(
        default=None,
        description="This and what follows only with `on_error=skip`, `dedupe` or `dry_run`.",
    )
    rows_read: int | None = None
    rows_accepted: int | None = Field(default=None, description="Rows that are good.")
    rows_rejected: int | None = Field(default=None, description="Rows that are in the reject file.")
    duplicate_count: int | None = Field(default=None, description="Rows whose task is there already.")
    updated_count: int | None = Field(default=None, description="Tasks that were changed.")
    rows_unmatched: int | None = Field(default=None, description="With `mode=update`: rows of no known task.")
    files_as_tasks_list: bool | None = None
    errors: ImportErrors | None = None
    notes: list[str] | None = None


class UndoResult(BaseModel):
    """What an undo took back."""

    deleted: int = Field(description="Tasks that are gone.")
    kept: int = Field(description="Tasks that stay, because somebody worked on them or changed them since.")
    kept_tasks: list[int] = Field(description="Ids of the first hundred of those.")
    updated: int = Field(description="Tasks that have again the data they had before the import.")


class Creator(BaseModel):
    """Who started an import."""

    id: int
    first_name: str
    last_name: str
    email: str
    avatar: str | None
    initials: str
    username: str


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
    errors: ImportErrors | None = Field(description="Why it failed, or which rows were refused.")
    created_at: str
    created_by: Creator | None = Field(description="Who started it; null when the account is gone.")
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
    files: list[str] = Field(description="Names of the files.")
    on_error: str = Field(description="fail or skip")
    dedupe: str | None = Field(description="How tasks are known again, as the request said.")
    mode: str = Field(description="insert, skip, update or upsert")
    files_as_tasks_list: bool = Field(description="Whether tables are one task a row.")
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    rows_updated: int
    rows_unmatched: int
    duplicate_count: int = Field(description="The same as `rows_duplicate`.")
    updated_count: int = Field(description="The same as `rows_updated`.")
    notes: list[str]
    has_rejects: bool = Field(description="Whether `…/rejects` has a file of refused rows.")
    cancelled: bool
    can_undo: bool
    undone_at: str | None
    undo: UndoResult | None = Field(description="What was taken back, after an undo or a cancellation.")
    bytes: int
    bytes_total: int
    bytes_read: int
    rate: float = Field(description="Rows a second.")
    eta: float | None = Field(description="Seconds to go; null while unknown.")


class Reimport(BaseModel):
    model_config = ConfigDict(extra="ignore")

    file_upload_ids: list[int] = Field(default=[], description="Uploads to read again.", examples=[[12, 13]])
    files_as_tasks_list: bool = Field(
        default=True, description="False: each file is one task that refers to it."
    )


class FilePreview(BaseModel):
    """How a file would be read."""

    name: str
    upload: str | None = Field(description="Id of the resumable upload that it came with.")
    size: int = Field(description="Bytes.")
    format: str | None
    options: dict[str, Any] = Field(
        description="The read options, with what was found out filled in; send them back, changed or not."
    )
    columns: list[str] = Field(description="As they stand in the file.")
    types: dict[str, str] = Field(description="Column → string, number, boolean, list, object or mixed.")
    rows: list[dict[str, Any]] = Field(description="The first rows, by data key.")
    sheets: list[str] = Field(description="Of a workbook.")
    notes: list[str]
    missing: list[str] = Field(description="Data keys of the label config that no column gives.")
    files_as_tasks_list: bool = Field(
        description="False: a table that becomes one task, which refers to the file."
    )
    error: str | None = Field(description="Why it cannot be imported like this.")
