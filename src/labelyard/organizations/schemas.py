"""Bodies of the organization operations."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class OrganizationChanges(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    title: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    contact_info: Annotated[str, Field(max_length=254)] | None = None
