import type { ResultItem } from "@/api/contract";
import type { HistoryEvent } from "@/api/history";
import { plural } from "@/ui/format";

/** What an annotation was after one of its events. */
export interface Version {
  event: HistoryEvent;
  /** Null while the event that brought the result is not loaded. */
  result: ResultItem[] | null;
}

/**
 * Versions from events, newest first. An event holds the result only where that changed, so that of the others is the one
 * of the next older event that has it. `whole`: there are no older events than these.
 */
export function versionsOf(events: readonly HistoryEvent[], whole: boolean): Version[] {
  let result: ResultItem[] | null = whole ? [] : null;
  const found: Version[] = [];
  for (const event of [...events].reverse()) {
    if (event.result) result = event.result as ResultItem[];
    found.unshift({ event, result });
  }
  return found;
}

const KINDS: Record<string, string> = {
  created: "Created",
  imported: "Imported",
  updated: "Updated",
  deleted: "Deleted",
  restored: "Restored",
  migrated: "Rewritten for a changed set-up",
};

/** What happened, in one or two words. */
export function kindOf({ kind, fields }: HistoryEvent): string {
  if (fields.was_cancelled === true && kind !== "deleted")
    return kind === "imported" ? "Imported as skipped" : "Skipped";
  if (kind === "migrated" && fields.undone) return "Set back to the set-up before";
  return KINDS[kind] ?? kind;
}

/** What it changed: "2 added, 1 removed; ground truth". Empty where nothing is worth saying. */
export function detailsOf({ kind, fields, items }: HistoryEvent): string {
  const parts: string[] = [];
  if (items && kind !== "deleted") {
    const counts = (["added", "changed", "removed"] as const).filter((name) => items[name] > 0);
    if (counts.length) parts.push(counts.map((name) => `${plural(items[name], "item")} ${name}`).join(", "));
    else if (kind !== "created" && kind !== "imported") parts.push("same answer");
  }
  if (fields.was_cancelled === false && kind !== "created" && kind !== "imported")
    parts.push("not skipped any more");
  if (fields.ground_truth === true) parts.push("ground truth");
  if (fields.ground_truth === false && kind === "updated") parts.push("no ground truth any more");
  if (fields.completed_by !== undefined && kind === "updated") parts.push("another author");
  return parts.join("; ");
}
