import { attr, boolAttr, enumAttr, numAttr } from "../config/attrs";
import { findOption, isPerRegion, optionsOf } from "../config/options";
import { controlsOf } from "../config/parse";
import type { ConfigNode } from "../config/types";
import { isVisible } from "../config/visibility";
import { tagModule } from "../tags/registry";
import { newId } from "./ids";
import type { AnnotationStore, MediaDims, Op, Region, Shape } from "./types";

const usageCache = new WeakMap<AnnotationStore, { revision: number; counts: Map<string, number> }>();

/** How many regions carry the label of this control. */
export function usage(store: AnnotationStore, from: string, label: string): number {
  let cached = usageCache.get(store);
  if (!cached || cached.revision !== store.revision) {
    cached = { revision: store.revision, counts: countLabels(store) };
    usageCache.set(store, cached);
  }
  return cached.counts.get(`${from}\u0000${label}`) ?? 0;
}

function countLabels(store: AnnotationStore): Map<string, number> {
  const counts = new Map<string, number>();
  for (const region of store.regions.values()) {
    for (const [from, labels] of Object.entries(region.labels)) {
      for (const label of labels) {
        const key = `${from}\u0000${label}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** Highest number of uses of a label in one task; Infinity without `maxUsages`. */
export function usageLimit(control: ConfigNode, label: string): number {
  const option = findOption(control, label);
  const own = option ? numAttr(option.node, "maxUsages", 0) : 0;
  return own || numAttr(control, "maxUsages", 0) || Number.POSITIVE_INFINITY;
}

function overLimit(store: AnnotationStore, control: ConfigNode, labels: readonly string[], extra: number) {
  return labels.find((label) => usage(store, control.name, label) + extra > usageLimit(control, label));
}

function limitText(control: ConfigNode, label: string): string {
  return `${label} may be used ${usageLimit(control, label)} times and is used up.`;
}

/** Whether a label of the control can be put on a region that is already drawn. */
export function canLabel(store: AnnotationStore, control: ConfigNode, region: Region): boolean {
  if (region.locked || !control.toName.includes(region.to)) return false;
  if (region.from === control.name || control.name in region.labels) return true;
  if (tagModule(control.tag)?.resultType === "labels") return true;
  const maker = store.config.controls.get(region.from);
  return maker !== undefined && maker.tag === control.tag;
}

/**
 * A label was clicked or its key pressed: relabels the selected regions when it fits them, otherwise arms it
 * for the next region (or disarms it). Says what was done.
 */
export function pickLabel(
  store: AnnotationStore,
  control: ConfigNode,
  label: string,
  announce: (text: string) => void,
): void {
  const targets = [...store.selection].flatMap((id) => store.regions.get(id) ?? []);
  const fitting = targets.filter((region) => canLabel(store, control, region));
  if (fitting.length > 0) relabel(store, control, label, fitting, announce);
  else toggleArmed(store, control, label, announce);
}

function relabel(
  store: AnnotationStore,
  control: ConfigNode,
  label: string,
  regions: readonly Region[],
  announce: (text: string) => void,
): void {
  const adding = regions.filter((region) => !region.labels[control.name]?.includes(label));
  if (overLimit(store, control, [label], adding.length) && adding.length > 0) {
    announce(limitText(control, label));
    return;
  }
  const multiple = isMultiple(control);
  const ops: Op[] = regions.map((region) => {
    const current = region.labels[control.name] ?? [];
    const next = nextLabels(current, label, multiple, region.from === control.name);
    return {
      id: region.id,
      before: region,
      after: { ...region, labels: withLabels(region, control.name, next) },
    };
  });
  store.apply(ops, `label ${label}`);
  announce(regions.length === 1 ? `Labeled ${label}.` : `${regions.length} regions labeled ${label}.`);
}

/** A region drawn by a labels control keeps at least one of its labels. */
function nextLabels(current: readonly string[], label: string, multiple: boolean, maker: boolean): string[] {
  if (!current.includes(label)) return multiple ? [...current, label] : [label];
  const rest = current.filter((other) => other !== label);
  return rest.length === 0 && maker ? [...current] : rest;
}

function withLabels(region: Region, from: string, labels: readonly string[]): Region["labels"] {
  const { [from]: _replaced, ...others } = region.labels;
  return labels.length > 0 ? { ...others, [from]: labels } : others;
}

function toggleArmed(
  store: AnnotationStore,
  control: ConfigNode,
  label: string,
  announce: (text: string) => void,
): void {
  const current = store.armedLabels.get(control.name) ?? [];
  if (!current.includes(label) && overLimit(store, control, [label], 1)) {
    announce(limitText(control, label));
    return;
  }
  const next = current.includes(label)
    ? current.filter((other) => other !== label)
    : isMultiple(control)
      ? [...current, label]
      : [label];
  for (const other of rivals(store, control)) store.arm(other.name, []);
  store.arm(control.name, next);
  announce(next.includes(label) ? `${label} is ready: mark a region.` : `${label} put away.`);
}

/** Other controls that draw on the same object: only one of them can be ready at a time. */
function rivals(store: AnnotationStore, control: ConfigNode): ConfigNode[] {
  return [...store.config.controls.values()].filter(
    (other) =>
      other !== control &&
      tagModule(other.tag)?.labels &&
      other.toName.some((name) => control.toName.includes(name)),
  );
}

export function isMultiple(control: ConfigNode): boolean {
  return enumAttr(control, "choice", ["single", "multiple"], "single") === "multiple";
}

export interface RegionRequest {
  readonly object: ConfigNode;
  readonly shape: Shape;
  /** Control that draws; null = decided by what is armed. */
  readonly from: string | null;
  readonly dims?: MediaDims | undefined;
}

/** Makes, commits and returns a region with the armed labels; null (with the reason said) when that cannot be. */
export function createRegion(
  store: AnnotationStore,
  request: RegionRequest,
  announce: (text: string) => void,
): Region | null {
  const { object, shape, from, dims } = request;
  const controls = controlsOf(store.config, object.name).filter((control) => isVisible(control, store));
  const drawing = controls.filter((control) => tagModule(control.tag)?.shapes?.includes(shape.kind));
  const maker =
    from === null ? chooseMaker(store, drawing) : drawing.find((control) => control.name === from);
  if (!maker) {
    announce(drawing.length > 0 ? "Pick a label first." : "No control of this task can mark this object.");
    return null;
  }
  const labels: Record<string, readonly string[]> = {};
  for (const control of controls) {
    const armed = armedOrOnly(store, control, control === maker);
    const generic = tagModule(control.tag)?.resultType === "labels";
    if (armed.length > 0 && (control === maker || generic)) labels[control.name] = armed;
  }
  if (tagModule(maker.tag)?.labels && !labels[maker.name]) {
    announce("Pick a label first.");
    return null;
  }
  for (const control of controls) {
    const spent = overLimit(store, control, labels[control.name] ?? [], 1);
    if (spent) {
      announce(limitText(control, spent));
      return null;
    }
  }
  const region: Region = {
    id: newId(),
    to: object.name,
    from: maker.name,
    shape,
    labels,
    answers: {},
    origin: "manual",
    ...(dims ? { dims } : {}),
    raw: [],
    touched: true,
  };
  const caption = Object.values(labels).flat().join(", ");
  store.apply([{ id: region.id, before: null, after: region }], `add ${caption || "region"}`);
  if (controls.some(isPerRegion)) store.select([region.id]);
  return region;
}

function chooseMaker(store: AnnotationStore, drawing: readonly ConfigNode[]): ConfigNode | undefined {
  const armed = drawing.find((control) => (store.armedLabels.get(control.name)?.length ?? 0) > 0);
  const labelFree = drawing.find((control) => !tagModule(control.tag)?.labels);
  return armed ?? labelFree ?? (drawing.length === 1 ? drawing[0] : undefined);
}

/** A control with a single label needs no picking. */
function armedOrOnly(store: AnnotationStore, control: ConfigNode, maker: boolean): readonly string[] {
  const armed = store.armedLabels.get(control.name);
  if (armed && armed.length > 0) return armed;
  const options = maker && tagModule(control.tag)?.labels ? optionsOf(control) : [];
  return options.length === 1 && options[0] ? [options[0].stored] : [];
}

/** Whether `text` of a region is stored by this object (`saveTextResult`). */
export function savesText(object: ConfigNode): boolean {
  return boolAttr(object, "saveTextResult", attr(object, "valueType")?.toLowerCase() !== "url");
}
