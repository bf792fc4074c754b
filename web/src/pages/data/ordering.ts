import { bareName, tasksName } from "./fields";

/** Keys of an order, as a view keeps them: `["-tasks:data.price", "tasks:id"]`. */
export type Ordering = readonly string[];

export const MAX_KEYS = 5;

/** Whether and how a field is among the keys; `place` from 1. */
export function sortOf(ordering: Ordering, id: string): { place: number; down: boolean } | null {
  const at = ordering.findIndex((key) => bareName(key) === id);
  return at < 0 ? null : { place: at + 1, down: ordering[at]?.startsWith("-") ?? false };
}

/** A press on a header: up, down, off. `more`: beside the other keys, not in place of them. */
export function pressed(ordering: Ordering, id: string, more: boolean): string[] {
  const now = sortOf(ordering, id);
  const next = now === null ? [tasksName(id)] : now.down ? [] : [`-${tasksName(id)}`];
  if (!more) return next;
  if (now === null) return [...ordering, ...next].slice(-MAX_KEYS);
  return ordering.flatMap((key) => (bareName(key) === id ? next : [key]));
}
