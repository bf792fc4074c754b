import type { ConfigTree } from "../config/types";
import { governors, isApplicable, type VisibilityState } from "../config/visibility";
import { tagModule } from "../tags/registry";
import type { AnswerRecord, Slot } from "./load";
import type { CodecCtx, Region, ResultItem } from "./types";

export interface SerializeState extends VisibilityState {
  readonly order: readonly string[];
  readonly slots: readonly Slot[];
  answerRecord(from: string): AnswerRecord | undefined;
  readonly answerNames: Iterable<string>;
}

/**
 * The full result list. Received items that were not edited come back unchanged and in their places;
 * new regions follow the received ones, then new whole-task answers, then relations.
 */
export function serialize(state: SerializeState): ResultItem[] {
  const writer = new Writer(state);
  const { slots } = state;
  const regionsEnd = slots.findLastIndex((slot) => slot.kind === "region") + 1;
  const answersEnd = Math.max(slots.findLastIndex((slot) => slot.kind === "answer") + 1, regionsEnd);
  for (let index = 0; index <= slots.length; index++) {
    if (index === regionsEnd) writer.newRegions();
    if (index === answersEnd) writer.newAnswers();
    const slot = slots[index];
    if (slot) writer.slot(slot);
  }
  return writer.items;
}

class Writer {
  readonly items: ResultItem[] = [];
  private readonly received = new Set<string>();
  private readonly receivedAnswers = new Set<string>();
  private readonly written = new Set<string>();

  constructor(private readonly state: SerializeState) {
    for (const slot of state.slots) {
      if (slot.kind === "region") this.received.add(slot.id);
      if (slot.kind === "answer") this.receivedAnswers.add(slot.from);
    }
  }

  slot(slot: Slot): void {
    if (slot.kind === "foreign") this.foreign(slot.item);
    else if (slot.kind === "answer") this.answer(slot.from);
    else this.receivedRegion(slot.id, slot.item);
  }

  newRegions(): void {
    for (const id of this.state.order) {
      const region = this.state.regions.get(id);
      if (region && !this.received.has(id)) this.items.push(...regionItems(region, this.state));
    }
  }

  newAnswers(): void {
    const names = new Set(this.state.answerNames);
    for (const from of this.state.config.controls.keys()) {
      if (names.has(from) && !this.receivedAnswers.has(from)) this.answer(from);
    }
  }

  private receivedRegion(id: string, item: ResultItem): void {
    const region = this.state.regions.get(id);
    if (!region) return;
    if (!region.touched) this.items.push(item);
    else if (!this.written.has(id)) this.items.push(...regionItems(region, this.state));
    this.written.add(id);
  }

  /** Kept items stay, unless the region that they speak of was deleted here. */
  private foreign(item: ResultItem): void {
    const ids = typeof item === "object" && item !== null ? [item.id, item.from_id, item.to_id] : [];
    const orphan = ids.some(
      (id) => typeof id === "string" && this.received.has(id) && !this.state.regions.has(id),
    );
    if (!orphan) this.items.push(item);
  }

  private answer(from: string): void {
    const record = this.state.answerRecord(from);
    if (!record || this.isMoot(from, record)) return;
    this.items.push(record.touched || !record.raw ? answerItem(from, record, this.state.config) : record.raw);
  }

  /** An answer to a question that another choice, changed here, made disappear. */
  private isMoot(from: string, record: AnswerRecord): boolean {
    const control = this.state.config.controls.get(from);
    if (!control || isApplicable(control, this.state)) return false;
    return (
      record.touched ||
      governors(this.state.config, control).some((name) => {
        const governor = this.state.answerRecord(name);
        return governor === undefined || governor.touched;
      })
    );
  }
}

function answerItem(from: string, record: AnswerRecord, config: ConfigTree): ResultItem {
  const control = config.controls.get(from);
  const fresh: ResultItem = {
    id: record.id,
    from_name: from,
    to_name: control?.toName[0] ?? "",
    type: tagModule(control?.tag ?? "")?.resultType ?? "",
    value: record.value,
    origin: "manual",
  };
  const { raw } = record;
  if (!raw) return fresh;
  const merged: ResultItem = { ...raw, ...fresh, value: { ...raw.value, ...record.value } };
  if (typeof raw.to_name === "string") merged.to_name = raw.to_name;
  if (raw.origin === undefined) delete merged.origin;
  else merged.origin = raw.origin === "prediction" ? "prediction-changed" : raw.origin;
  return merged;
}

/** Items of one region: geometry first, then its labels from other controls, then per-region answers. */
export function regionItems(region: Region, state: VisibilityState): ResultItem[] {
  const { config } = state;
  const others = [...config.controls.keys()].filter((name) => name !== region.from);
  const names = [
    region.from,
    ...others.filter((name) => (region.labels[name]?.length ?? 0) > 0),
    ...others.filter((name) => name in region.answers && !isMootForRegion(name, region, state)),
  ];
  const items: ResultItem[] = [];
  for (const name of names) {
    const control = config.controls.get(name);
    const codec = control && tagModule(control.tag)?.codec;
    if (!control || !codec) continue;
    const ctx: CodecCtx = { config, control, object: config.objects.get(region.to) };
    const raw = region.raw.find((item) => item.from_name === name);
    items.push(mergeRaw(raw, codec.serialize(region, ctx), region, items.length === 0));
  }
  return items;
}

function isMootForRegion(name: string, region: Region, state: VisibilityState): boolean {
  const control = state.config.controls.get(name);
  return control !== undefined && !isApplicable(control, state, region);
}

function mergeRaw(
  raw: ResultItem | undefined,
  fresh: ResultItem,
  region: Region,
  first: boolean,
): ResultItem {
  const item: ResultItem = { ...region.dims, ...raw, ...region.dims, ...fresh };
  item.value = { ...raw?.value, ...fresh.value };
  if (raw && region.shape.kind === "span" && region.shape.text === undefined) delete item.value.text;
  if (!raw || raw.origin !== undefined || region.origin !== "manual") item.origin = region.origin;
  if (region.parent !== undefined) item.parentID = region.parent;
  else delete item.parentID;
  if (region.meta && (first || raw?.meta !== undefined))
    item.meta = { ...(raw?.meta as object), ...region.meta };
  else if (!region.meta) delete item.meta;
  return item;
}
