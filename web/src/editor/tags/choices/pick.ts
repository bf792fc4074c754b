import { boolAttr, enumAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import { answerOf, setAnswer } from "../../core/answers";
import { sameJson } from "../../core/equal";
import type { AnnotationStore, AnswerValue } from "../../core/types";

export type ChoicePath = readonly string[];

export type ChoiceMode = "single" | "single-radio" | "multiple";

export function choiceMode(control: ConfigNode): ChoiceMode {
  return enumAttr(control, "choice", ["single", "single-radio", "multiple"], "single");
}

/** Picked options as paths of stored names; flat answers give paths of one step. */
export function pickedPaths(value: AnswerValue | undefined): ChoicePath[] {
  const list = value?.choices;
  if (!Array.isArray(list)) return [];
  return list.map((entry) => (Array.isArray(entry) ? (entry as string[]) : [String(entry)]));
}

/** Value payload of picked paths: paths with `allowNested`, otherwise names; null when nothing is picked. */
export function choiceValue(control: ConfigNode, paths: readonly ChoicePath[]): AnswerValue | null {
  if (paths.length === 0) return null;
  const nested = boolAttr(control, "allowNested");
  return { choices: nested ? paths.map((path) => [...path]) : paths.map((path) => path.at(-1) as string) };
}

export function isPicked(control: ConfigNode, picked: readonly ChoicePath[], path: ChoicePath): boolean {
  if (boolAttr(control, "allowNested")) return picked.some((other) => sameJson(other, path));
  return picked.some((other) => other.at(-1) === path.at(-1));
}

/** Picks or unpicks one option by the control's rules. */
export function toggleChoice(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  path: ChoicePath,
): void {
  const mode = choiceMode(control);
  const picked = pickedPaths(answerOf(store, control, regionId));
  const has = isPicked(control, picked, path);
  if (mode === "single-radio" && has) return;
  const rest = mode === "multiple" ? picked.filter((other) => !isPicked(control, [other], path)) : [];
  setAnswer(store, control, regionId, choiceValue(control, has ? rest : [...rest, path]));
}

export function setChoices(
  store: AnnotationStore,
  control: ConfigNode,
  regionId: string | null,
  paths: readonly ChoicePath[],
): void {
  setAnswer(store, control, regionId, choiceValue(control, paths));
}
