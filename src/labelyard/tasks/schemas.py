"""Bodies of task requests. What is JSON of the user stays text (`msgspec.Raw`)."""

from typing import Any

import msgspec
from fastapi import Request
from msgspec import UNSET, Raw, UnsetType
from pydantic import BaseModel, ConfigDict

from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import is_json, media_type, read_body, read_struct

TASK_EXAMPLE: dict[str, Any] = {
    "id": 17,
    "data": {"text": "The ferry leaves at nine."},
    "meta": {},
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
    "allow_skip": True,
    "is_labeled": False,
    "overlap": 1,
    "inner_id": 1,
    "total_annotations": 0,
    "cancelled_annotations": 0,
    "total_predictions": 0,
    "comment_count": 0,
    "unresolved_comment_count": 0,
    "last_comment_updated_at": None,
    "project": 3,
    "updated_by": 1,
    "file_upload": None,
    "comment_authors": [],
}
TASK_BODY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "project": {
            "type": "integer",
            "description": "The project the task belongs to; needed to create one.",
        },
        "data": {"type": "object", "description": "What the label config shows; needed to create a task."},
        "meta": {"type": "object", "description": "Anything you want to keep with the task."},
        "overlap": {
            "anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}],
            "description": "How many annotations the task wants.",
        },
        "allow_skip": {
            "anyOf": [{"type": "boolean"}, {"type": "null"}],
            "description": "Whether annotators may skip the task.",
        },
    },
}


class TaskBody(msgspec.Struct, kw_only=True):
    """A task to make or change; fields that are not sent stay as they are. Unknown fields are ignored."""

    project: int | str | UnsetType | None = UNSET
    data: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET
    overlap: int | UnsetType | None = UNSET
    allow_skip: bool | UnsetType | None = UNSET
    annotations: Raw | UnsetType = UNSET
    completions: Raw | UnsetType = UNSET
    predictions: Raw | UnsetType = UNSET

    def project_id(self) -> int:
        """Invalid when no project was named."""
        if isinstance(self.project, str) and self.project.isdecimal():
            return int(self.project)
        if isinstance(self.project, int) and not isinstance(self.project, bool):
            return self.project
        raise Invalid(
            {"project": ["This field is required." if not self.project else "A project is named by its id."]}
        )


def is_older(body: TaskBody, *, by_token: bool) -> bool:
    """Whether a change speaks the dialect of 0.x: clients of 1.x have a token, or send back the other keys of a task."""
    if by_token or not isinstance(body.annotations, UnsetType) or not isinstance(body.project, UnsetType):
        return False
    return not (isinstance(body.completions, UnsetType) and isinstance(body.predictions, UnsetType))


class _TaskForm(BaseModel):
    model_config = ConfigDict(extra="ignore")

    project: int | None = None
    data: dict[str, Any] | None = None
    meta: dict[str, Any] | list[Any] | None = None
    overlap: int | None = None
    allow_skip: bool | None = None


async def read_task(request: Request) -> TaskBody:
    """The body: JSON kept as sent, or a form whose `data` and `meta` are JSON texts."""
    kind = media_type(request)
    if not kind or is_json(kind):
        return await read_struct(request, TaskBody)
    form = await read_body(request, _TaskForm)
    body = TaskBody(project=form.project, overlap=form.overlap, allow_skip=form.allow_skip)
    if form.data is not None:
        body.data = Raw(msgspec.json.encode(form.data))
    if form.meta is not None:
        body.meta = Raw(msgspec.json.encode(form.meta))
    return body
