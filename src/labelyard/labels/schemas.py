"""Bodies of the label operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Title = Annotated[str, Field(min_length=1, max_length=2048)]
ControlName = Annotated[
    str, Field(min_length=1, max_length=2048, description="Name of the control that has the label.")
]
Value = Annotated[Any, Field(description="What results hold: the label, or the path to it as a list.")]
_EXAMPLE: dict[str, Any] = {
    "title": "Thunder",
    "value": ["Weather", "Thunder"],
    "from_name": "topic",
    "project": 3,
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewLabel(_Body):
    """A label for a control of a project."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": _EXAMPLE})

    project: RowId
    from_name: ControlName
    title: Title
    value: Value
    description: str | None = Field(None, max_length=10_000)
    approved: bool = False

    @field_validator("value")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This field may not be null.")
        return value


class LabelChanges(_Body):
    title: Title | None = None
    value: Value = None
    description: str | None = Field(None, max_length=10_000)
    approved: bool | None = Field(None, description="Who manages has looked at it.")


class NewLink(_Body):
    project: RowId
    label: RowId
    from_name: ControlName


class LinkChanges(_Body):
    from_name: ControlName | None = None


class Rename(_Body):
    old_label: Value
    new_label: Value
    project: RowId | None = Field(None, description="Only in this project.")

    @field_validator("old_label", "new_label")
    @classmethod
    def _is_label(cls, value: Any) -> list[str]:
        path = value if isinstance(value, list) else [value]
        if not path or not all(isinstance(each, str) and 0 < len(each) <= 2048 for each in path):
            raise ValueError("Expected a label, or the path to one as a list of texts.")
        return path
