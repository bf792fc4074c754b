"""Bodies of the account operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(max_length=256)]
Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 366)]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class PersonRef(BaseModel):
    """Who did something, as objects name people."""

    id: int
    first_name: str
    last_name: str
    email: str
    avatar: str | None


class UserRef(PersonRef):
    initials: str
    username: str


class UserChanges(Body):
    """What a user may change of a profile. `email` is read only to refuse it."""

    first_name: Name | None = None
    last_name: Name | None = None
    username: Name | None = None
    phone: Name | None = None
    allow_newsletters: bool | None = None
    active_organization: Annotated[int, Field(ge=1)] | None = Field(
        None, description="One of the own organizations, to work in from now on."
    )
    email: str | None = None


class Hotkeys(Body):
    custom_hotkeys: dict[str, Any] = Field(
        description='`section:action` → `{"key": "ctrl+enter", "active": true}`.'
    )


class NewPassword(Body):
    model_config = ConfigDict(str_strip_whitespace=False)

    current_password: str
    new_password: Annotated[str, Field(description="At least 8 characters.")]


class NewUser(Body):
    email: Annotated[str, Field(max_length=254)]
    first_name: Name = ""
    last_name: Name = ""
    username: Name = ""
    phone: Name = ""


class RefreshToken(Body):
    refresh: Annotated[str, Field(min_length=1, max_length=4096, description="A personal access token.")]


class TokenSettings(Body):
    api_tokens_enabled: bool | None = None
    legacy_api_tokens_enabled: bool | None = None


class SessionPolicy(Body):
    """Both in minutes."""

    max_session_age: Minutes | None = None
    max_time_between_activity: Minutes | None = None


class SignedIn(BaseModel):
    """Where somebody is signed in with a browser."""

    id: str = Field(description="Good for ending it, for nothing else.")
    created_at: str
    last_seen_at: str
    persistent: bool = Field(description="It outlives the browser.")
    user_agent: str
    current: bool = Field(description="It is the one that asks.")
