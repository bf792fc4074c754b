import { boolAttr, numAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import { answerOf, setAnswer } from "../../core/answers";
import type { AnnotationStore } from "../../core/types";

export function entryLimit(control: ConfigNode): number {
  return numAttr(control, "maxSubmissions", 0) || Number.POSITIVE_INFINITY;
}

export function entriesOf(store: AnnotationStore, control: ConfigNode, regionId: string | null): string[] {
  const value = answerOf(store, control, regionId)?.text;
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((line) => typeof line === "string") : [];
}

export function setEntries(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  entries: readonly string[],
): void {
  setAnswer(store, control, regionId, entries.length > 0 ? { text: [...entries] } : null);
}

/** Adds an entry; returns why it was refused, or null. Blank text is ignored. */
export function addEntry(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  text: string,
): string | null {
  const entries = entriesOf(store, control, regionId);
  if (text.trim() === "") return null;
  if (entries.length >= entryLimit(control)) return `At most ${entryLimit(control)} entries are allowed.`;
  if (boolAttr(control, "skipDuplicates") && entries.includes(text)) return "That entry is there already.";
  setEntries(store, control, regionId, [...entries, text]);
  return null;
}

/** Rewrites entry `index`; blank text removes it. */
export function changeEntry(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  index: number,
  text: string,
): void {
  const entries = entriesOf(store, control, regionId);
  const next = text.trim() === "" ? entries.filter((_, at) => at !== index) : entries.with(index, text);
  setEntries(store, control, regionId, next);
}
