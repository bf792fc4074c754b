"""Bodies of the annotation and draft operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from labelyard.users.schemas import PersonRef

RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Result = Annotated[
    Any,
    Field(
        description="List of result items `{id, from_name, to_name, type, value, …}`; a string is parsed as JSON.",
        json_schema_extra={"type": "array", "items": {"type": "object"}},
    ),
]
LeadTime = Annotated[FiniteFloat | None, Field(description="Time spent, in seconds.")]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class AnnotationChanges(Body):
    result: Result = None
    lead_time: LeadTime = None
    was_cancelled: bool | None = Field(None, description="The task was skipped.")
    ground_truth: bool | None = Field(
        None, description="This is the task's reference answer; unsets it on others."
    )
    completed_by: RowId | None = Field(
        None, description="User id of the author; a member of the organization."
    )
    parent_prediction: RowId | None = Field(
        None, description="Prediction that this annotation was begun from."
    )
    parent_annotation: RowId | None = Field(None, description="Annotation that this one was begun from.")


class AnnotationFields(AnnotationChanges):
    draft_id: int | None = Field(None, description="The caller's draft that becomes this annotation.")
    unique_id: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="UUID chosen by the client. A second annotation with it is refused (409)."
    )


class Selected(Body):
    """Which tasks: `included`, or with `all` every task but `excluded`."""

    all: bool = False
    included: list[RowId] = []
    excluded: list[RowId] = []


class ManyAnnotations(Body):
    tasks: Annotated[list[RowId], Field(description="Ids of the tasks.")] | None = None
    selected_items: Selected | None = None
    project: RowId | None = Field(None, description="The project that the tasks are in.")
    result: Result = None
    lead_time: LeadTime = None
    was_cancelled: bool | None = Field(None, description="The tasks are skipped.")
    ground_truth: bool | None = Field(None, description="This is the reference answer of each task.")
    completed_by: RowId | None = Field(
        None, description="User id of the author; a member of the organization."
    )


class ManyIds(Body):
    ids: Annotated[list[RowId], Field(description="Ids of the annotations.")]
    project: Annotated[RowId, Field(description="The project that they are in.")]


class DraftFields(Body):
    result: Result = None
    lead_time: LeadTime = None
    was_postponed: bool | None = Field(None, description="The task comes back when nothing else is left.")


class ItemCounts(BaseModel):
    """How many items of a result differ from what it was before."""

    added: int
    changed: int
    removed: int


class HistoryEvent(BaseModel):
    """Something that happened to an annotation."""

    id: int
    annotation: int
    task: int
    project: int
    kind: str = Field(description="created, imported, updated, deleted, restored or migrated.")
    created_at: str
    created_by: PersonRef | None
    fields: dict[str, Any] = Field(description="Fields that changed, with their new values.")


class ResultEvent(HistoryEvent):
    result: list[dict[str, Any]] | None = Field(description="Null: the result stayed as it was.")


class ComparedEvent(ResultEvent):
    items: ItemCounts | None = Field(None, description="Left out where the result stayed.")
