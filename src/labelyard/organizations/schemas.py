"""Bodies of the organization operations."""

from typing import Annotated, Any, Literal

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


class Invite(BaseModel):
    """An invitation link."""

    token: str
    invite_url: str = Field(description="With the server's address where `public_url` says it, else a path.")
    role: Role
    expires_at: str | None = Field(description="Null: it does not end by itself.")


class Person(BaseModel):
    id: int
    email: str
    first_name: str
    last_name: str
    initials: str
    last_activity: str | None


class ListedMember(BaseModel):
    """A member of an organization."""

    id: int = Field(description="Of the user.")
    organization: int
    role: Role
    user: Person
    created_projects: list[dict[str, Any]] | None
    contributed_to_projects: list[dict[str, Any]] | None


class MemberPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[ListedMember]


class Organization(BaseModel):
    """An organization that the user is a member of."""

    id: int
    title: str
    contact_info: str | None
    created_at: str
