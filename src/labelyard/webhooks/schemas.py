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
