import type { ConfigNode, ConfigTree } from "../config/types";
import { tagModule } from "../tags/registry";
import { parseDims } from "./codecs";
import { newId } from "./ids";
import type { AnswerValue, Origin, Region, ResultItem } from "./types";

/** A whole-task answer; null records do not exist, an emptied answer is removed. */
export interface AnswerRecord {
  readonly id: string;
  readonly value: AnswerValue;
  readonly raw: ResultItem | null;
  readonly touched: boolean;
}

/** Place of one received item, so that what was not edited is written back where it was. */
export type Slot =
  | { readonly kind: "region"; readonly id: string; readonly item: ResultItem }
  | { readonly kind: "answer"; readonly from: string; readonly item: ResultItem }
  | { readonly kind: "foreign"; readonly item: ResultItem };

export interface LoadedResult {
  readonly regions: Map<string, Region>;
  readonly order: string[];
  readonly answers: Map<string, AnswerRecord>;
  readonly slots: readonly Slot[];
  readonly foreign: readonly { item: ResultItem; reason: string }[];
}

interface Parsed {
  readonly item: ResultItem;
  readonly control: ConfigNode;
  readonly patch: Partial<Region>;
  readonly id: string;
}

/**
 * Result items -> regions and answers. An item that cannot be shown never stops the others:
 * it is kept as `foreign` with the reason. Items taken over from a prediction get `origin: "prediction"`.
 */
export function loadResult(
  config: ConfigTree,
  result: readonly ResultItem[],
  source: "annotation" | "prediction",
): LoadedResult {
  const loader = new Loader(config);
  const items = source === "prediction" ? result.map(fromPrediction) : result;
  const parsed = items.map((item) => loader.parse(item));
  for (const entry of parsed) if (!("reason" in entry) && entry.patch.shape) loader.shapes.add(entry.id);
  for (const entry of parsed) loader.place(entry);
  return loader;
}

function fromPrediction(item: ResultItem): ResultItem {
  if (typeof item !== "object" || item === null || item.type === "relation") return item;
  return { ...item, id: item.id ?? newId(), origin: "prediction" };
}

class Loader implements LoadedResult {
  readonly regions = new Map<string, Region>();
  readonly order: string[] = [];
  readonly answers = new Map<string, AnswerRecord>();
  readonly slots: Slot[] = [];
  readonly foreign: { item: ResultItem; reason: string }[] = [];
  /** Ids of regions that have geometry. */
  readonly shapes = new Set<string>();

  constructor(private readonly config: ConfigTree) {}

  parse(item: ResultItem): Parsed | { item: ResultItem; reason: string } {
    const refuse = (reason: string) => ({ item, reason });
    if (typeof item !== "object" || item === null) return refuse("not an object");
    if (item.type === "relation") return refuse("");
    const control = this.config.controls.get(item.from_name ?? "");
    if (!control) return refuse(`no control is named "${item.from_name ?? ""}"`);
    const module = tagModule(control.tag);
    if (!module?.codec) return refuse(`this editor cannot show ${control.tag} yet`);
    if (item.type !== module.resultType) return refuse(`type "${item.type}" does not fit ${control.tag}`);
    if (typeof item.value !== "object" || item.value === null) return refuse("value is missing");
    const object = this.config.objects.get(item.to_name ?? "");
    const outcome = module.codec.parse(item, { config: this.config, control, object });
    if ("error" in outcome) return refuse(outcome.error);
    return {
      item,
      control,
      patch: outcome.patch,
      id: typeof item.id === "string" && item.id ? item.id : newId(),
    };
  }

  place(entry: Parsed | { item: ResultItem; reason: string }): void {
    if ("reason" in entry) this.keep(entry.item, entry.reason);
    else if (entry.patch.shape || this.shapes.has(entry.id)) this.addToRegion(entry);
    else this.addAnswer(entry);
  }

  private keep(item: ResultItem, reason: string): void {
    this.slots.push({ kind: "foreign", item });
    if (reason) this.foreign.push({ item, reason });
  }

  private addToRegion(entry: Parsed): void {
    const { item, id } = entry;
    const known = this.regions.get(id);
    if (known?.raw.some((other) => other.from_name === item.from_name)) {
      this.keep(item, `a second "${item.from_name}" item for one region`);
      return;
    }
    if (known && known.to !== item.to_name) {
      this.keep(item, "its id belongs to a region of another object");
      return;
    }
    if (!known) this.order.push(id);
    this.regions.set(id, mergeItem(known, entry));
    this.slots.push({ kind: "region", id, item });
  }

  private addAnswer({ item, control, patch, id }: Parsed): void {
    const value = patch.answers?.[control.name];
    if (!value || this.answers.has(control.name)) {
      this.keep(item, value ? `a second answer of "${control.name}"` : "its region is missing");
      return;
    }
    this.answers.set(control.name, { id, value, raw: item, touched: false });
    this.slots.push({ kind: "answer", from: control.name, item });
  }
}

function mergeItem(known: Region | undefined, { item, control, patch, id }: Parsed): Region {
  const base: Region = known ?? {
    id,
    to: item.to_name ?? control.toName[0] ?? "",
    from: "",
    shape: { kind: "none" },
    labels: {},
    answers: {},
    origin: originOf(item),
    raw: [],
    touched: false,
  };
  // In the split form the geometry item (Rectangle) names the region even when its labels item comes first.
  const names = patch.shape !== undefined && (base.from === "" || patch.labels === undefined);
  return {
    ...base,
    from: names ? control.name : base.from,
    shape: base.shape.kind === "none" ? (patch.shape ?? base.shape) : base.shape,
    labels: { ...base.labels, ...patch.labels },
    answers: { ...base.answers, ...patch.answers },
    parent: base.parent ?? (typeof item.parentID === "string" ? item.parentID : undefined),
    meta: base.meta ?? parseMeta(item),
    score: base.score ?? (typeof item.score === "number" ? item.score : undefined),
    hidden: base.hidden || item.hidden === true,
    locked: base.locked || item.locked === true || item.readonly === true,
    dims: base.dims ?? parseDims(item),
    raw: [...base.raw, item],
  };
}

function originOf(item: ResultItem): Origin {
  return item.origin === "prediction" || item.origin === "prediction-changed" ? item.origin : "manual";
}

function parseMeta(item: ResultItem): Region["meta"] {
  const text = (item.meta as { text?: unknown } | undefined)?.text;
  return Array.isArray(text) && text.every((line) => typeof line === "string") ? { text } : undefined;
}
