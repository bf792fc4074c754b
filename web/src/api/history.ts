/** The history of annotations over the REST API. */

import { send } from "./client";
import type { Annotation } from "./contract";
import type { components } from "./schema";

export type HistoryEvent = components["schemas"]["ComparedEvent"];

/** Events in one answer. */
export const HISTORY_PAGE = 50;

/** Events of an annotation, newest first; with `before` those that are older than that one. */
export const readHistory = (annotation: number, before: number | null, signal?: AbortSignal) =>
  send<HistoryEvent[]>(
    "GET",
    `/api/annotations/${annotation}/history?limit=${HISTORY_PAGE}${before === null ? "" : `&before=${before}`}`,
    signal ? { signal } : {},
  );

/** Go back to what an event left. `seen`: the `updated_at` that was looked at; 409 when it has changed since. */
export const restoreVersion = (annotation: number, event: number, seen: string) =>
  send<Annotation>("POST", `/api/annotations/${annotation}/restore`, {
    body: JSON.stringify({ event }),
    headers: { "Content-Type": "application/json", "If-Match": seen },
  });
