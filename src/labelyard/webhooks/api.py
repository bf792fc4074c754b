"""Webhooks over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import NotFound
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.paging import page_object, read_page
from labelyard.kit.http.query import boolean
from labelyard.kit.http.responses import empty, json_response
from labelyard.webhooks import actions, service
from labelyard.webhooks.schemas import (
    Action,
    Delivery,
    DeliveryDetails,
    DeliveryPage,
    MadeWebhook,
    NewWebhook,
    Webhook,
    WebhookChanges,
)
from labelyard.webhooks.service import Keeper

router = APIRouter(tags=["Webhooks"])

_WEBHOOK: dict[str, Any] = {
    "id": 4,
    "organization": 1,
    "project": 3,
    "url": "https://hooks.example.org/labels",
    "send_payload": True,
    "send_for_all_actions": False,
    "headers": {"Authorization": service.MASK},
    "is_active": True,
    "actions": ["ANNOTATION_CREATED"],
    "created_at": "2026-11-22T03:58:35.824760Z",
    "updated_at": "2026-11-22T03:58:35.824760Z",
}
_BODY = {
    "project": 3,
    "url": "https://hooks.example.org/labels",
    "send_for_all_actions": False,
    "actions": ["ANNOTATION_CREATED"],
    "headers": {"Authorization": "Bearer …"},
}
_DELIVERY: dict[str, Any] = {
    "id": 31,
    "webhook": 4,
    "project": 3,
    "action": "ANNOTATION_CREATED",
    "state": "queued",
    "attempts": 1,
    "status_code": 503,
    "error": None,
    "duration": 0.21,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "attempted_at": "2026-11-22T03:58:36.424760Z",
    "next_attempt_at": "2026-11-22T03:58:46.424760Z",
}
WebhookId = Annotated[int, Path(description="Id of the webhook.")]
DeliveryId = Annotated[int, Path(description="Id of the entry of the log.")]


def _keeper(ctx: Context) -> Keeper:
    return Keeper(ctx.secrets, ctx.outbound)


@router.get(
    "/api/webhooks/info",
    summary="List the actions of webhooks",
    response_model=dict[str, Action],
    responses={
        **example_response({"PROJECT_UPDATED": actions.info()["PROJECT_UPDATED"]}, "Action → what it is."),
        **error_responses(400, 401),
    },
)
async def webhook_actions(
    _actor: CurrentActor,
    organization_only: Annotated[
        str,
        Query(
            alias="organization-only",
            description="`true`: only those for organizations; `false`: the others.",
        ),
    ] = "",
) -> Response:
    """What webhooks can tell of, and where the payload holds what was acted on (`key`)."""
    only = boolean(organization_only, False, "organization-only") if organization_only else None
    return json_response(actions.info(organization_only=only))


@router.get(
    "/api/webhooks",
    summary="List webhooks",
    response_model=list[Webhook],
    responses={**example_response([_WEBHOOK], "The webhooks, by id."), **error_responses(400, 401, 403, 404)},
)
async def list_webhooks(
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[int | None, Query(description="Only those of this project.", ge=1)] = None,
) -> Response:
    """Webhooks of a project, or all that the caller may manage. Values of headers are not shown."""
    if project is not None and project >= 2**63:
        raise NotFound
    return json_response(await ctx.db.read(service.list_webhooks, _keeper(ctx), actor, project))


@router.post(
    "/api/webhooks",
    status_code=201,
    summary="Make a webhook",
    response_model=MadeWebhook,
    openapi_extra=json_body(_BODY, schema=NewWebhook.model_json_schema()),
    responses={
        **example_response({**_WEBHOOK, "secret": "wJ1…"}, "The webhook; `secret` is shown only now.", 201),
        **error_responses(400, 401, 403, 404, 415),
    },
)
async def create_webhook(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Tell an address of what happens in a project, or with `"project": null` in the whole organization.

    Each request is a POST of `{"action": …, <key>: …, "project": …}`, signed with the webhook's secret:
    `X-Labelyard-Signature: t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>", hex>`. What is not answered with a 2xx
    is tried again, for half a day. 404 without the field `project`.
    """
    body = await read_body(request, NewWebhook)
    return json_response(await ctx.db.write(service.create, _keeper(ctx), actor, body), 201)


@router.get(
    "/api/webhooks/{webhook_id}",
    summary="Get a webhook",
    response_model=Webhook,
    responses={**example_response(_WEBHOOK, "The webhook."), **error_responses(401, 403, 404)},
)
async def get_webhook(ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId) -> Response:
    """One webhook. `actions` is empty while it tells of all."""
    return json_response(await ctx.db.read(service.get, _keeper(ctx), actor, webhook_id))


_CHANGES = {key: value for key, value in _BODY.items() if key != "project"}
_CHANGED: dict[int | str, dict[str, Any]] = {
    **example_response(_WEBHOOK, "The webhook."),
    **error_responses(400, 401, 403, 404, 415),
}


@router.patch(
    "/api/webhooks/{webhook_id}",
    summary="Change a webhook",
    response_model=Webhook,
    openapi_extra=json_body(_CHANGES, schema=WebhookChanges.model_json_schema()),
    responses=_CHANGED,
)
async def change_webhook(request: Request, ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId) -> Response:
    """Change the fields given; `actions` that are left out are cleared. The project stays."""
    body = await read_body(request, WebhookChanges)
    return json_response(await ctx.db.write(service.update, _keeper(ctx), actor, webhook_id, body))


@router.put(
    "/api/webhooks/{webhook_id}",
    summary="Replace a webhook",
    response_model=Webhook,
    openapi_extra=json_body(_CHANGES, schema=requiring(WebhookChanges.model_json_schema(), "url")),
    responses=_CHANGED,
)
async def replace_webhook(request: Request, ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId) -> Response:
    """Set all fields; those left out get their defaults. Project and secret stay."""
    body = await read_body(request, WebhookChanges)
    changed = await ctx.db.write(service.update, _keeper(ctx), actor, webhook_id, body, whole=True)
    return json_response(changed)


@router.delete(
    "/api/webhooks/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    responses={204: {"description": "The webhook is gone, with its log."}, **error_responses(401, 403, 404)},
)
async def delete_webhook(ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId) -> Response:
    """Delete a webhook. What it has not delivered yet is not delivered any more."""
    await ctx.db.write(service.delete, actor, webhook_id)
    return empty()


# --- the log ------------------------------------------------------------------------------------------------------


@router.post(
    "/api/webhooks/{webhook_id}/test",
    status_code=201,
    summary="Test a webhook",
    response_model=Delivery,
    responses={**example_response(_DELIVERY, "The entry of the log.", 201), **error_responses(401, 403, 404)},
)
async def test_webhook(ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId) -> Response:
    """Send `{"action": "TEST"}`. How it went, the log tells a moment later."""
    return json_response(await ctx.db.write(service.send_test, actor, webhook_id), 201)


@router.get(
    "/api/webhooks/{webhook_id}/deliveries",
    summary="List what a webhook delivered",
    response_model=DeliveryPage,
    responses={
        **example_response(
            {"count": 1, "next": None, "previous": None, "results": [_DELIVERY]}, "The newest first."
        ),
        **error_responses(400, 401, 403, 404),
    },
)
async def list_deliveries(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    webhook_id: WebhookId,
    state: Annotated[str, Query(description="Only those that are `queued`, `delivered` or `failed`.")] = "",
    page: Annotated[str, Query(description="Page, from 1.")] = "1",
    page_size: Annotated[str, Query(description="Entries on a page, at most 1000.")] = "100",
) -> Response:
    """What was sent, or is to be sent again, with the status that came back. What the other side said is not kept."""
    wanted = read_page(request, default=100, maximum=1000)
    found = await ctx.db.read(
        service.list_deliveries,
        actor,
        webhook_id,
        state=state or None,
        offset=wanted.offset,
        limit=wanted.limit,
    )
    return json_response(page_object(request, found.items, found.count, wanted.number, wanted.size))


@router.get(
    "/api/webhooks/{webhook_id}/deliveries/{delivery_id}",
    summary="Get a delivery",
    response_model=DeliveryDetails,
    responses={
        **example_response(
            {
                **_DELIVERY,
                "objects": [52],
                "payload": {"action": "ANNOTATION_CREATED", "annotation": {"id": 52}},
            },
            "The entry, with what it tells of.",
        ),
        **error_responses(401, 403, 404),
    },
)
async def get_delivery(
    ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId, delivery_id: DeliveryId
) -> Response:
    """One entry of the log. `objects`: ids of what it tells of, or what is left of what was deleted.

    `payload` is the body as it would be sent now, with the objects as they are.
    """
    return json_response(await ctx.db.read(service.read_delivery, actor, webhook_id, delivery_id))


@router.post(
    "/api/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=201,
    summary="Deliver again",
    response_model=Delivery,
    responses={
        **example_response(_DELIVERY, "The new entry of the log.", 201),
        **error_responses(401, 403, 404),
    },
)
async def replay_delivery(
    ctx: Ctx, actor: CurrentActor, webhook_id: WebhookId, delivery_id: DeliveryId
) -> Response:
    """Send an entry of the log once more, with the objects as they are now."""
    return json_response(await ctx.db.write(service.replay, actor, webhook_id, delivery_id), 201)
