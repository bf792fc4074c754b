import { numAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import { answerOf, setAnswer } from "../../core/answers";
import type { AnnotationStore } from "../../core/types";

const MOST = 50;

export function maxRating(control: ConfigNode): number {
  return Math.min(Math.max(Math.trunc(numAttr(control, "maxRating", 5)), 1), MOST);
}

export function ratingOf(store: AnnotationStore, control: ConfigNode, regionId: string | null): number {
  const value = answerOf(store, control, regionId)?.rating;
  return typeof value === "number" ? value : 0;
}

/** Sets the rating; 0, or the rating that is set already, takes it back. */
export function rate(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  value: number,
): void {
  const clear = value === 0 || ratingOf(store, control, regionId) === value;
  setAnswer(store, control, regionId, clear ? null : { rating: value });
}

/** One step up, from the top back to none: what the hotkey of a Rating does. */
export function rateNext(store: AnnotationStore, control: ConfigNode, regionId: string | null): void {
  const next = ratingOf(store, control, regionId) + 1;
  rate(store, control, regionId, next > maxRating(control) ? 0 : next);
}
