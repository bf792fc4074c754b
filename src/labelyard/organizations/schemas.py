"""Bodies of the organization operations."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from labelyard.actor import Role


class MemberRole(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Role


class InviteOptions(BaseModel):
    """What the new invitation is like."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["annotator", "reviewer", "manager"] | None = Field(
        None, description="Role of who comes by it; manager when left out."
    )
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="When it ends; never, but by a reset, when left out."
    )


class InviteToken(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    token: Annotated[str, Field(min_length=1, max_length=64)]


class OrganizationChanges(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    title: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    contact_info: Annotated[str, Field(max_length=254)] | None = None
