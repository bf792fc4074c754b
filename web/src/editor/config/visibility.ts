import type { AnnotationStore, AnswerValue, Region } from "../core/types";
import { attr, listAttr } from "./attrs";
import { findOption } from "./options";
import { chainOf } from "./parse";
import type { ConfigNode, ConfigTree } from "./types";

/** What `visibleWhen` rules look at; the store provides it, tests may too. */
export type VisibilityState = Pick<AnnotationStore, "config" | "regions" | "selection" | "answers">;

/** Whether the node and all its ancestors are shown. */
export function isVisible(node: ConfigNode, state: VisibilityState): boolean {
  return chainOf(state.config.root, node).every((link) => ownRule(link, state));
}

/**
 * Whether the answer of the control counts: false when a choice that it depends on is not (or is) picked.
 * Rules about the selection only hide the control for the moment, its answer stays.
 */
export function isApplicable(
  node: ConfigNode,
  state: VisibilityState,
  region: Region | null = null,
): boolean {
  return chainOf(state.config.root, node).every((link) => {
    const rule = ruleOf(link);
    if (rule !== "choice-selected" && rule !== "choice-unselected") return true;
    return choiceRule(link, rule, state, region ? [region] : []);
  });
}

/** Names of the controls whose choice decides whether this node counts. */
export function governors(config: ConfigTree, node: ConfigNode): string[] {
  return chainOf(config.root, node)
    .filter((link) => ruleOf(link)?.startsWith("choice-"))
    .flatMap((link) => listAttr(link, "whenTagName"));
}

function ruleOf(node: ConfigNode): string | undefined {
  return attr(node, "visibleWhen")?.trim().toLowerCase();
}

function ownRule(node: ConfigNode, state: VisibilityState): boolean {
  const selected = [...state.selection].flatMap((id) => state.regions.get(id) ?? []);
  const rule = ruleOf(node);
  switch (rule) {
    case "region-selected":
      return selected.some((region) => regionMatches(node, region, state.config));
    case "no-region-selected":
      return selected.length === 0;
    case "choice-selected":
    case "choice-unselected":
      return choiceRule(node, rule, state, selected);
    default:
      return true;
  }
}

function regionMatches(node: ConfigNode, region: Region, config: ConfigTree): boolean {
  const tags = listAttr(node, "whenTagName");
  if (
    tags.length > 0 &&
    !tags.some((tag) => tag === region.to || tag === region.from || tag in region.labels)
  ) {
    return false;
  }
  const wanted = listAttr(node, "whenLabelValue");
  if (wanted.length === 0) return true;
  return Object.entries(region.labels).some(([from, labels]) =>
    labels.some((label) => matchesOption(config.controls.get(from), label, wanted)),
  );
}

function choiceRule(
  node: ConfigNode,
  rule: "choice-selected" | "choice-unselected",
  state: VisibilityState,
  regions: readonly Region[],
): boolean {
  const tags = listAttr(node, "whenTagName");
  const names = tags.length > 0 ? tags : [...state.config.controls.keys()];
  const wanted = listAttr(node, "whenChoiceValue");
  const picked = names.some((name) => {
    const control = state.config.controls.get(name);
    const answers = [state.answers(name), ...regions.map((region) => region.answers[name])];
    return answers.some((answer) =>
      chosen(answer).some((choice) => wanted.length === 0 || matchesOption(control, choice, wanted)),
    );
  });
  return rule === "choice-selected" ? picked : !picked;
}

/** Every stored choice name of an answer; paths of nested choices count with each of their levels. */
function chosen(answer: AnswerValue | undefined): string[] {
  const choices = answer?.choices ?? answer?.taxonomy;
  return Array.isArray(choices) ? choices.flat().filter((name) => typeof name === "string") : [];
}

function matchesOption(control: ConfigNode | undefined, stored: string, wanted: readonly string[]): boolean {
  if (wanted.includes(stored)) return true;
  const option = control ? findOption(control, stored) : undefined;
  return option !== undefined && wanted.includes(option.title);
}
