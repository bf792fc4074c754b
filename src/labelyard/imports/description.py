"""What the API description says of the body and the parameters of an import."""

from typing import Any

from labelyard.imports.schemas import EXAMPLE_TASKS, TASKS_SCHEMA


def _parameter(name: str, description: str, schema: dict[str, Any], place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "description": description, "schema": schema}


_TEXT = {"type": "string"}
_YES_NO = {"type": "boolean"}

READ_PARAMETERS = [
    _parameter(
        "format",
        "Format of all files, whatever their names and contents say: JSON, JSONL, CSV, TSV, TXT, HTML, PARQUET, EXCEL.",
        _TEXT,
    ),
    _parameter("encoding", "Encoding of text files, such as `utf-8` or `cp1252`.", _TEXT),
    _parameter(
        "delimiter",
        "Between the cells of a table: a character, or comma, semicolon, tab, pipe, space.",
        _TEXT,
    ),
    _parameter("quote", "Around cells: a character, or none, double, single.", _TEXT),
    _parameter("header", "Whether the first row of a table names its columns.", _YES_NO),
    _parameter(
        "csv_types",
        "What becomes of cells that look like numbers. `lossless`: numbers where all cells of the column would be "
        "written back as they stand. `string`: texts. `exact_ls`: as Label Studio 1.x reads them.",
        {"type": "string", "enum": ["lossless", "string", "exact_ls"], "default": "lossless"},
    ),
    _parameter("sheet", "Sheet of a workbook. Default: the first.", _TEXT),
    _parameter(
        "files_as_tasks_list",
        "Whether a table is one task a row (true) or one task that refers to the file (false). Default: by the label "
        "config; a table for its one TimeSeries is a file.",
        _YES_NO,
    ),
]
IMPORT_PARAMETERS = [
    _parameter(
        "commit_to_project",
        "False: check and count only; uploaded files are kept.",
        {"type": "boolean", "default": True},
    ),
    _parameter("return_task_ids", "Answer the ids of the tasks too.", {"type": "boolean", "default": False}),
    _parameter(
        "preannotated_from_fields",
        "Data fields to make predictions of, comma-separated or repeated.",
        {"type": "array", "items": {"type": "string"}},
    ),
    _parameter(
        "on_error",
        "`fail`: nothing is imported when a row is wrong. `skip`: wrong rows go to a reject file, the others are imported.",
        {"type": "string", "enum": ["fail", "skip"], "default": "fail"},
    ),
    _parameter(
        "dry_run",
        "The same checks, counts and errors, answered with 200; nothing is stored.",
        {"type": "boolean", "default": False},
    ),
    _parameter(
        "dedupe",
        "How a task is known again: `content` (all of its data), `external_id` (of the item, else its `id`), or "
        "data fields, comma-separated; `a.b` for nested ones. For a field of one of these two names write `content,`.",
        _TEXT,
    ),
    _parameter(
        "mode",
        "With `dedupe`. `skip`: add new tasks only. `insert`: add all. `update`: change the data of known tasks only. "
        "`upsert`: change known tasks, add new ones. Annotations stay.",
        {"type": "string", "enum": ["insert", "skip", "update", "upsert"]},
    ),
    *READ_PARAMETERS,
    _parameter("Prefer", "`respond-async`: answer at once with the id of the import.", _TEXT, "header"),
    _parameter(
        "Idempotency-Key",
        "A text of your own. Sent again with it, the same request gets the first answer and imports nothing.",
        {"type": "string", "maxLength": 255},
        "header",
    ),
]
FILES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "One or more files: JSON, JSON Lines, CSV, TSV, TXT, HTML, XML, Parquet, Excel or media, also in archives. Any field names.",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "url": {"type": "string", "description": "Address of a file to fetch, or tasks as JSON. Repeatable."},
        "upload": {"type": "string", "description": "Id of a finished resumable upload. Repeatable."},
        "options": {
            "type": "string",
            "description": "How single files are to be read: a JSON object of read options (`format`, `encoding`, "
            "`delimiter`, `quote`, `header`, `csv_types`, `sheet`, `columns`) by file name.",
        },
    },
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TASKS_SCHEMA, "example": EXAMPLE_TASKS},
            "multipart/form-data": {
                "schema": FILES_SCHEMA,
                "example": {"file": "text,note\nThe ferry leaves at nine.,timetable\n"},
            },
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        name: FILES_SCHEMA["properties"][name] for name in ("url", "upload", "options")
                    },
                },
                "example": {"url": '[{"text": "The ferry leaves at nine."}]'},
            },
        },
    },
}
IMPORT_EXTRA = {**BODY, "parameters": IMPORT_PARAMETERS}
