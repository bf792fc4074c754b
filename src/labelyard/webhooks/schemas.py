"""Bodies of the webhook operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

_EXAMPLE: dict[str, Any] = {"project": 3, "url": "https://hooks.example.org/labels", "actions": ["ANNOTATION_CREATED"], "send_for_all_actions": False}  # fmt: skip


class WebhookChanges(BaseModel):
    """What can be set on a webhook."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": _EXAMPLE})

    url: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        None, description="Where to POST: http or https."
    )
    send_payload: bool | None = Field(
        None, description="Send what was acted on, not only the name of the action."
    )
    send_for_all_actions: bool | None = Field(
        None, description="Tell of every action, whatever `actions` says."
    )
    headers: dict[str, Any] | None = Field(
        None, description="Further headers, name → value; never shown again."
    )
    is_active: bool | None = None
    actions: list[str] | None = Field(None, description="Actions to tell of; see `/api/webhooks/info`.")
    secret: Annotated[str, Field(min_length=16, max_length=256)] | None = Field(
        None,
        description="What requests are signed with; made by the server when left out, and never shown again.",
    )


class NewWebhook(WebhookChanges):
    url: Annotated[str, Field(min_length=1, max_length=2048, description="Where to POST: http or https.")]
    project: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The project to tell of; null for all of the organization."
    )


class Webhook(BaseModel):
    """A webhook."""

    id: int
    organization: int
    project: int | None = Field(description="Null: it hears of all projects of the organization.")
    url: str
    send_payload: bool
    send_for_all_actions: bool
    headers: dict[str, str] = Field(description="The values are dots; sent back, they keep what is stored.")
    is_active: bool
    actions: list[str] = Field(description="Empty while it tells of all.")
    created_at: str
    updated_at: str


class MadeWebhook(Webhook):
    """A webhook that was made just now."""

    secret: str = Field(description="What requests are signed with, shown only now.")


class Action(BaseModel):
    """What webhooks can tell of."""

    name: str
    description: str
    key: str = Field(description="Where the payload holds what was acted on.")
    organization_only: bool = Field(alias="organization-only")


class Delivery(BaseModel):
    """An entry of the log of a webhook."""

    id: int
    webhook: int
    project: int | None
    action: str
    state: str = Field(description="queued, delivered or failed")
    attempts: int
    status_code: int | None = Field(description="Of the last answer; null when there was none.")
    error: str | None = Field(description="Why there was no answer.")
    duration: float | None = Field(description="Seconds until the last answer.")
    created_at: str
    attempted_at: str | None
    next_attempt_at: str | None


class DeliveryDetails(Delivery):
    """An entry of the log with what it tells of."""

    objects: list[Any] = Field(description="Ids, or what is left of what was deleted.")
    payload: dict[str, Any] = Field(description="The body as it would be sent now.")


class DeliveryPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[Delivery]
