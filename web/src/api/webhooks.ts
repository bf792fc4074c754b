/** Webhooks over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Webhook = Schemas["Webhook"];
export type Action = Schemas["Action"];
export type Delivery = Schemas["Delivery"];
export type DeliveryDetails = Schemas["DeliveryDetails"];
export type DeliveryPage = Schemas["DeliveryPage"];

/** What can be set. Actions that are left out are cleared, so they are always sent. */
export interface WebhookFields {
  url: string;
  send_payload: boolean;
  send_for_all_actions: boolean;
  actions: readonly string[];
  headers: Readonly<Record<string, string>>;
  is_active: boolean;
}

const hook = (id: number) => `/api/webhooks/${id}`;
const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

export const listActions = () => send<Record<string, Action>>("GET", "/api/webhooks/info");

/** Webhooks of a project, or of all that one may manage. */
export const listWebhooks = (project: number | null, signal?: AbortSignal) =>
  send<Webhook[]>(
    "GET",
    project === null ? "/api/webhooks" : `/api/webhooks?project=${project}`,
    signal ? { signal } : {},
  );

export const createWebhook = (project: number | null, fields: WebhookFields) =>
  send<Schemas["MadeWebhook"]>("POST", "/api/webhooks", json({ project, ...fields }));

export const changeWebhook = (
  id: number,
  fields: Partial<WebhookFields> & Pick<WebhookFields, "actions"> & { secret?: string },
) => send<Webhook>("PATCH", hook(id), json(fields));

export const deleteWebhook = (id: number) => send<void>("DELETE", hook(id));

export const testWebhook = (id: number) => send<Delivery>("POST", `${hook(id)}/test`);

export const listDeliveries = (id: number, query: URLSearchParams, signal?: AbortSignal) =>
  send<DeliveryPage>("GET", `${hook(id)}/deliveries?${query}`, signal ? { signal } : {});

export const getDelivery = (id: number, delivery: number, signal?: AbortSignal) =>
  send<DeliveryDetails>("GET", `${hook(id)}/deliveries/${delivery}`, signal ? { signal } : {});

export const replayDelivery = (id: number, delivery: number) =>
  send<Delivery>("POST", `${hook(id)}/deliveries/${delivery}/replay`);
