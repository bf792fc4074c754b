import type { ConfigNode } from "../config/types";
import type { AnnotationStore, AnswerValue } from "./types";

/** Answer of a control for one region, or for the whole task when `regionId` is null. */
export function answerOf(store: AnnotationStore, control: ConfigNode, regionId: string | null) {
  return regionId === null
    ? store.answers(control.name)
    : (store.regions.get(regionId)?.answers[control.name] as AnswerValue | undefined);
}

/** Commits an answer as one undo step; null takes it away. */
export function setAnswer(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  value: AnswerValue | null,
): void {
  if (regionId === null) {
    store.setTaskAnswer(control.name, value);
    return;
  }
  const before = store.regions.get(regionId);
  if (!before || before.locked) return;
  const { [control.name]: _replaced, ...others } = before.answers;
  const answers = value ? { ...others, [control.name]: value } : others;
  store.apply([{ id: regionId, before, after: { ...before, answers } }], `answer ${control.name}`);
}
