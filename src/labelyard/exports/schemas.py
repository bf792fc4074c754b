"""Bodies and answers of the export routes."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Only = Literal["only", "exclude"]

EXAMPLE_SNAPSHOT = {
    "title": "Moods-at-2026-11-26-09-30",
    "id": 4,
    "created_by": {"id": 1, "first_name": "Ada", "last_name": "", "email": "ada@example.org", "avatar": None},
    "created_at": "2026-11-26T09:30:00.000000Z",
    "finished_at": "2026-11-26T09:30:01.500000Z",
    "status": "completed",
    "md5": "5d41402abc4b2a76b9719d911017c592",
    "counters": {"task_number": 250},
    "converted_formats": [{"id": 2, "status": "completed", "export_type": "CSV", "traceback": None}],
    "progress": 250,
    "total": 250,
}


class _Options(BaseModel):
    model_config = ConfigDict(extra="ignore")


class TaskFilter(_Options):
    """Which tasks: all, unless something is set."""

    view: int | None = Field(default=None, description="Only the tasks of this view.")
    skipped: Only | None = Field(default=None, description="Tasks that somebody skipped.")
    finished: Only | None = Field(
        default=None, description="Tasks that have all the annotations they should get."
    )
    annotated: Only | None = Field(default=None, description="Tasks with an annotation that is not skipped.")
    only_with_annotations: bool | None = Field(
        default=False, description="Leave out tasks that are left without an annotation."
    )


class AnnotationFilter(_Options):
    """Which annotations: each kind that is true; all when the whole filter is left out."""

    usual: bool | None = Field(default=True, description="Neither ground truth nor skipped.")
    ground_truth: bool | None = None
    skipped: bool | None = None


class OnlyId(_Options):
    only_id: bool = Field(default=False, description="False: the whole object.")


class Serialization(_Options):
    """How related objects are written: as ids, unless named here."""

    drafts: OnlyId | None = None
    predictions: OnlyId | None = None
    annotations__completed_by: OnlyId | None = None
    include_annotation_history: bool | None = Field(
        default=False, description="JSON only: each annotation has its events under `history`, oldest first."
    )
    interpolate_key_frames: bool | None = False


class NewSnapshot(_Options):
    title: str | None = Field(default=None, max_length=2048, examples=["Before the review"])
    task_filter_options: TaskFilter | None = None
    annotation_filter_options: AnnotationFilter | None = None
    serialization_options: Serialization | None = None


class Conversion(_Options):
    export_type: str = Field(max_length=64, min_length=1, examples=["CSV"])
    download_resources: bool | None = Field(
        default=None, description="Has no effect on formats without files."
    )


class Converted(BaseModel):
    export_type: str
    converted_format: int = Field(description="Id of the conversion in `converted_formats`.")


class Snapshot(BaseModel):
    """A snapshot, being made or done."""

    title: str
    id: int
    created_by: dict[str, Any] | None
    created_at: str
    finished_at: str | None
    status: str = Field(description="created, in_progress, failed or completed")
    md5: str
    counters: dict[str, Any]
    converted_formats: list[dict[str, Any]]
    progress: int = Field(description="Tasks written so far.")
    total: int | None
    task_filter_options: dict[str, Any] | None = None
    annotation_filter_options: dict[str, Any] | None = None
    serialization_options: dict[str, Any] | None = None
