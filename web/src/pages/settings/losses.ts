import type { LabelTarget, MigrationRules, Usage } from "@/api/configs";

/** A control of a set-up: its tag, and the labels or choices that it has in its own text. */
export interface Control {
  tag: string;
  labels: readonly string[];
}

/** What somebody decided about a name that is going: a new name, or one of these. */
export const DROP = "drop";
export const KEEP = "keep";
export type Fate = "" | typeof DROP | typeof KEEP | `to:${string}`;
export const becomes = (name: string): Fate => `to:${name}`;

/** A label that becomes several: by what else was said, and otherwise. */
export interface Split {
  cases: readonly Case[];
  otherwise: Fate;
}
export interface Case {
  /** The `conditionOf` a control and a label of the old set-up; "" while it is undecided. */
  where: string;
  fate: Fate;
}
export const EMPTY_CASE: Case = { where: "", fate: "" };
export const conditionOf = (control: string, label: string) => JSON.stringify([control, label]);

export interface LostControl {
  name: string;
  /** Results that it made. */
  uses: number;
  /** Controls of the new set-up that make the same kind of result. */
  targets: readonly string[];
}

export interface LostLabel {
  control: string;
  label: string;
  annotations: number;
  drafts: number;
  targets: readonly string[];
}

/** Controls by name. Empty for what is no XML: the server says what is wrong with that. */
export function controlsOf(xml: string): Map<string, Control> {
  const document = new DOMParser().parseFromString(xml.trim(), "application/xml");
  const found = new Map<string, Control>();
  if (document.querySelector("parsererror")) return found;
  for (const element of document.querySelectorAll("[name][toName]")) {
    const labels = [...element.querySelectorAll("Label, Choice, Brush")].flatMap((each) => {
      const name = nameOf(each);
      return name === null || each.querySelector("Choice") ? [] : [...new Set([name, pathOf(each, element)])];
    });
    found.set(element.getAttribute("name") ?? "", { tag: element.tagName, labels: [...new Set(labels)] });
  }
  return found;
}

const nameOf = (element: Element) => element.getAttribute("alias") ?? element.getAttribute("value");

/** A nested choice is stored with those above it: "Animal / Cat". */
function pathOf(element: Element, control: Element): string {
  const names: string[] = [];
  for (let at: Element | null = element; at && at !== control; at = at.parentElement) {
    const name = at.tagName === "Choice" || at === element ? nameOf(at) : null;
    if (name !== null) names.unshift(name);
  }
  return names.join(" / ");
}

/** Controls that results use and that the new set-up lacks. */
export function lostControls(before: string, after: string, usage: Usage): LostControl[] {
  const old = controlsOf(before);
  const now = controlsOf(after);
  return [...old].flatMap(([name, control]) => {
    if (now.get(name)?.tag === control.tag) return [];
    const uses = Object.entries(usage.created_annotations)
      .filter(([key]) => key.startsWith(`${name}|`))
      .reduce((sum, [, number]) => sum + number, 0);
    const drafted = Object.keys(usage.created_labels_drafts[name] ?? {}).length;
    const targets = [...now].filter(([, each]) => each.tag === control.tag).map(([key]) => key);
    return uses + drafted === 0 ? [] : [{ name, uses, targets }];
  });
}

/** Labels that results use and that their control, by its new name, lacks. */
export function lostLabels(
  before: string,
  after: string,
  usage: Usage,
  controls: Readonly<Record<string, Fate>>,
): LostLabel[] {
  const old = controlsOf(before);
  const now = controlsOf(after);
  return [...old].flatMap(([name, control]) => {
    const fate = controls[name];
    const target = now.get(fate?.startsWith("to:") ? fate.slice(3) : name);
    if (fate === DROP || !target || target.tag !== control.tag || target.labels.length === 0) return [];
    return control.labels.flatMap((label) => {
      const annotations = usage.created_labels[name]?.[label] ?? 0;
      const drafts = usage.created_labels_drafts[name]?.[label] ?? 0;
      if (target.labels.includes(label) || annotations + drafts === 0) return [];
      return [{ control: name, label, annotations, drafts, targets: target.labels }];
    });
  });
}

/** What a split of a label can ask for: the other labels of the old set-up, by control. */
export function conditionsFor(
  before: string,
  lost: LostLabel,
): [control: string, labels: readonly string[]][] {
  return [...controlsOf(before)].flatMap(([name, { labels }]) => {
    const others = labels.filter((label) => name !== lost.control || label !== lost.label);
    return others.length ? [[name, others]] : [];
  });
}

/** The rules of a migration; null while something is undecided. */
export function rulesOf(
  config: string,
  lost: { controls: readonly LostControl[]; labels: readonly LostLabel[] },
  fates: { controls: Readonly<Record<string, Fate>>; labels: Readonly<Record<string, Fate | Split>> },
): MigrationRules | null {
  const controls: Record<string, string | null> = {};
  const labels: Record<string, Record<string, string | null | readonly LabelTarget[]>> = {};
  for (const { name } of lost.controls) {
    const fate = fates.controls[name] ?? "";
    if (fate === "") return null;
    controls[name] = fate === DROP ? null : fate.slice(3);
  }
  for (const each of lost.labels) {
    const fate = fates.labels[keyOf(each)] ?? "";
    if (fate === KEEP) continue;
    const rule = typeof fate === "object" ? splitOf(fate) : nameIn(fate);
    if (rule === undefined) return null;
    labels[each.control] = { ...labels[each.control], [each.label]: rule };
  }
  return { label_config: config, controls, labels };
}

/** A new name, null to drop; undefined while undecided. */
const nameIn = (fate: Fate) => (fate === "" ? undefined : fate === DROP ? null : fate.slice(3));

/** The targets of a split; undefined while something of it is undecided. */
function splitOf({ cases, otherwise }: Split): LabelTarget[] | undefined {
  const targets: LabelTarget[] = [];
  for (const { where, fate } of cases) {
    const label = nameIn(fate);
    if (where === "" || label === undefined) return undefined;
    const [control, having] = JSON.parse(where) as [string, string];
    targets.push({ label, where: { control, label: having } });
  }
  if (otherwise === KEEP) return targets;
  const label = nameIn(otherwise);
  return label === undefined ? undefined : [...targets, { label }];
}

export const keyOf = ({ control, label }: LostLabel) => JSON.stringify([control, label]);
