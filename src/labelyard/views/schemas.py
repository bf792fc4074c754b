"""Bodies and parameters of the data manager."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

FILTERS_EXAMPLE: dict[str, Any] = {
    "conjunction": "and",
    "items": [
        {"filter": "filter:tasks:data.text", "operator": "contains", "type": "String", "value": "ferry"},
        {"filter": "filter:tasks:total_annotations", "operator": "equal", "type": "Number", "value": 0},
    ],
}
VIEW_EXAMPLE: dict[str, Any] = {
    "id": 5,
    "data": {"title": "Open", "filters": FILTERS_EXAMPLE, "ordering": ["-tasks:data.price"]},
    "order": 0,
    "user": 1,
    "project": 3,
}
_Filters = Field(
    default=None,
    description="`conjunction` (and, or) and `items` of filter, operator, type, value and maybe child_filter.",
    examples=[FILTERS_EXAMPLE],
)
_Ordering = Field(
    default=None, description="Keys of the order; `-` in front reverses.", examples=[["-tasks:id"]]
)


class SelectedItems(BaseModel):
    """Which tasks: `{"all": false, "included": [ids]}` or `{"all": true, "excluded": [ids]}`."""

    model_config = ConfigDict(extra="ignore")

    all: bool
    included: list[int] = []
    excluded: list[int] = []


class ListQuery(BaseModel):
    """The `query` parameter of a task list: JSON."""

    model_config = ConfigDict(extra="ignore")

    filters: Any = _Filters
    ordering: list[str] | None = _Ordering
    selectedItems: SelectedItems | None = None
    search: str | None = None
    columnsDisplayType: dict[str, Any] | None = None


class ActionBody(BaseModel):
    """What an action is done to, and what it asks for (`GET /api/dm/actions/{id}/form`)."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"example": {"selectedItems": {"all": False, "included": [17, 18]}}},
    )

    selectedItems: SelectedItems | None = Field(
        default=None, description="Needed, unless a view has a selection."
    )
    filters: Any = _Filters
    ordering: list[str] | None = _Ordering
    columnsDisplayType: dict[str, Any] | None = None
    search: str | None = None
    view: int | None = Field(
        default=None, description="A view, whose filters, order and selection are taken then."
    )
    model_version: str | list[str] | None = Field(
        default=None, description="predictions_to_annotations: of which model; of all without it."
    )
    annotator: int | str | None = Field(
        default=None, description="delete_tasks_annotations: whose annotations; everybody's without it."
    )
    control_tag: str | None = Field(default=None, description="cache_labels: the control, or ALL.")
    custom_control_tag: str | None = Field(default=None, description="cache_labels: in place of control_tag.")
    with_counters: bool | str | None = Field(
        default=None, description="cache_labels: whether labels are followed by how often they occur."
    )
    source: str | None = Field(default=None, description="cache_labels: Annotations or Predictions.")


class ViewBody(BaseModel):
    """A view to make or change; what is not sent stays as it is."""

    model_config = ConfigDict(extra="ignore")

    data: dict[str, Any] | None = Field(
        default=None,
        description="Filters, ordering, columns, title; unknown keys are kept. Filters and ordering stay when left out.",
        examples=[VIEW_EXAMPLE["data"]],
    )
    project: int | None = Field(default=None, description="The project; needed to make a view.", examples=[3])
    order: int | None = Field(
        default=None, description="Place among the project's views.", ge=0, le=2**31 - 1
    )


class ViewOrder(BaseModel):
    """The views of a project in their new order."""

    model_config = ConfigDict(extra="ignore")

    project: int = Field(examples=[3])
    ids: list[int] = Field(description="Ids of views; those left out come after these.", examples=[[6, 5]])


class ViewReset(BaseModel):
    """Whose views to delete."""

    model_config = ConfigDict(extra="ignore")

    project: int = Field(examples=[3])


class ModelVersion(BaseModel):
    model_version: Annotated[str, Field(max_length=10_000, description="Version that predictions name.")]
