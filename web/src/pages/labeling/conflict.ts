import type { Annotation, ResultItem } from "@/api/contract";
import { ApiError } from "@/api/errors";
import { sameJson } from "@/editor/core/equal";
import { plural } from "@/ui/format";

/** What somebody wants an annotation to be. */
export interface Answer {
  result: readonly ResultItem[];
  skip: boolean;
}

/** What the annotation became meanwhile, where a change was refused because of that; else null. */
export function overtaken(error: unknown): Annotation | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  const current = error.current;
  return current && typeof current === "object" && "updated_at" in current ? (current as Annotation) : null;
}

/** Whether the annotation says what somebody wanted it to: their own change whose answer got lost, or the same idea. */
export const saysTheSame = (mine: Answer, theirs: Annotation): boolean =>
  mine.skip === theirs.was_cancelled && sameJson(mine.result, theirs.result ?? []);

/** What tells two answers apart, in a sentence: "1 item only in yours, 2 items differ." */
export function difference(mine: Answer, theirs: Annotation): string {
  const ours = byIdentity(mine.result);
  const others = byIdentity(theirs.result ?? []);
  const only = [...ours.keys()].filter((key) => !others.has(key)).length;
  const missing = [...others.keys()].filter((key) => !ours.has(key)).length;
  const changed = [...ours].filter(
    ([key, item]) => others.has(key) && !sameJson(item, others.get(key)),
  ).length;
  const parts = [
    only && `${plural(only, "item")} only in yours`,
    missing && `${plural(missing, "item")} only in theirs`,
    changed && `${plural(changed, "item")} ${changed === 1 ? "differs" : "differ"}`,
    mine.skip !== theirs.was_cancelled && `${mine.skip ? "yours" : "theirs"} is skipped`,
  ].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "The same answer.";
}

/** Items by what makes them one: their id with their control, else their place among those of the control. */
function byIdentity(result: readonly ResultItem[]): Map<string, ResultItem> {
  const seen = new Map<string, number>();
  return new Map(
    result.map((item) => {
      const name = JSON.stringify([item.id ?? null, item.from_name ?? null, item.type ?? null]);
      const place = seen.get(name) ?? 0;
      seen.set(name, place + 1);
      return [`${name}${place}`, item];
    }),
  );
}
