import { boolAttr } from "../config/attrs";
import { isPerRegion, optionsOf } from "../config/options";
import type { ConfigTree } from "../config/types";
import { tagModule } from "../tags/registry";
import { sameJson } from "./equal";
import { type AnswerOp, History, type Step } from "./history";
import { newId } from "./ids";
import { type AnswerRecord, loadResult, type Slot } from "./load";
import { type SerializeState, serialize } from "./serialize";
import type { AnnotationStore, AnswerValue, Change, Op, Region, ResultItem } from "./types";

const NO_IDS: ReadonlySet<string> = new Set();
const QUIET: Change = { ids: NO_IDS, selection: false, answers: false, armed: false };

/** Store of one annotation. `source` tells whether `result` is an annotation's own or taken from a prediction. */
export function createAnnotationStore(
  config: ConfigTree,
  result: readonly ResultItem[] = [],
  source: "annotation" | "prediction" = "annotation",
): AnnotationStore {
  return new Store(config, result, source);
}

class Store implements AnnotationStore, SerializeState {
  readonly regions: Map<string, Region>;
  readonly slots: readonly Slot[];
  readonly foreign: AnnotationStore["foreign"];
  order: readonly string[];
  selection: ReadonlySet<string> = NO_IDS;
  armedLabels: ReadonlyMap<string, readonly string[]>;
  version = 0;
  revision = 0;
  private readonly records: Map<string, AnswerRecord>;
  private readonly history = new History();
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(
    readonly config: ConfigTree,
    result: readonly ResultItem[],
    source: "annotation" | "prediction",
  ) {
    const loaded = loadResult(config, result, source);
    this.regions = loaded.regions;
    this.order = loaded.order;
    this.slots = loaded.slots;
    this.foreign = loaded.foreign;
    this.records = loaded.answers;
    this.armedLabels = preselected(config);
    if (result.length === 0) this.fillIn();
  }

  /** A new annotation starts with the answers that the config picks beforehand. */
  private fillIn(): void {
    for (const control of this.config.controls.values()) {
      const value = isPerRegion(control) ? null : tagModule(control.tag)?.initial?.(control);
      if (value) this.records.set(control.name, { id: newId(), value, raw: null, touched: true });
    }
  }

  get answerNames(): Iterable<string> {
    return this.records.keys();
  }

  answerRecord(from: string): AnswerRecord | undefined {
    return this.records.get(from);
  }

  answers(fromName: string): AnswerValue | undefined {
    return this.records.get(fromName)?.value;
  }

  apply(ops: readonly Op[], label: string): void {
    const positions = ops.some((op) => op.after === null) ? indexOf(this.order) : null;
    const effective: Op[] = [];
    for (const op of ops) {
      const before = this.regions.get(op.id) ?? null;
      const after = op.after && touch(before, op.after);
      if (before === after || (before && after && sameContent(before, after))) continue;
      const at = op.at ?? (after === null ? positions?.get(op.id) : undefined);
      effective.push(at === undefined ? { id: op.id, before, after } : { id: op.id, before, after, at });
    }
    // Deletions run from the end of the order, so that undoing them in reverse puts each back in its place.
    if (positions) effective.sort((a, b) => (b.after ? -1 : (b.at ?? 0)) - (a.after ? -1 : (a.at ?? 0)));
    if (effective.length === 0) return;
    this.commit({ label, ops: effective, answers: [] });
  }

  setTaskAnswer(fromName: string, value: AnswerValue | null): void {
    const before = this.records.get(fromName) ?? null;
    if (before === null && value === null) return;
    if (before && value && sameJson(before.value, value)) return;
    const after = value && { id: before?.id ?? newId(), raw: before?.raw ?? null, value, touched: true };
    this.commit({ label: `answer ${fromName}`, ops: [], answers: [{ from: fromName, before, after }] });
  }

  undo(): void {
    const step = this.history.back();
    if (step) this.run(step);
  }

  redo(): void {
    const step = this.history.forward();
    if (step) this.run(step);
  }

  get canUndo(): boolean {
    return this.history.undoLabel !== null;
  }

  get canRedo(): boolean {
    return this.history.redoLabel !== null;
  }

  get undoLabel(): string | null {
    return this.history.undoLabel;
  }

  get redoLabel(): string | null {
    return this.history.redoLabel;
  }

  select(ids: readonly string[], mode: "set" | "toggle" | "add" = "set"): void {
    const next = new Set(mode === "set" ? [] : this.selection);
    for (const id of ids) {
      if (!this.regions.has(id)) continue;
      if (mode === "toggle" && this.selection.has(id)) next.delete(id);
      else next.add(id);
    }
    if (next.size === this.selection.size && [...next].every((id) => this.selection.has(id))) return;
    const changed = new Set([...this.selection, ...next]);
    this.selection = next;
    this.emit({ ...QUIET, ids: changed, selection: true });
  }

  setFlags(ids: readonly string[], flags: { hidden?: boolean; locked?: boolean }): void {
    const changed = new Set<string>();
    for (const id of ids) {
      const region = this.regions.get(id);
      if (!region) continue;
      this.regions.set(id, { ...region, ...flags });
      changed.add(id);
    }
    if (changed.size > 0) this.emit({ ...QUIET, ids: changed });
  }

  arm(fromName: string, labels: readonly string[]): void {
    if (sameJson(this.armedLabels.get(fromName) ?? [], labels)) return;
    const next = new Map(this.armedLabels);
    if (labels.length > 0) next.set(fromName, labels);
    else next.delete(fromName);
    this.armedLabels = next;
    this.emit({ ...QUIET, armed: true });
  }

  subscribe = (fn: (change: Change) => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  serialize(): ResultItem[] {
    return serialize(this);
  }

  private commit(step: Step): void {
    this.history.push(step);
    this.run(step);
  }

  private run(step: Step): void {
    const ids = new Set<string>();
    const gone = new Set(step.ops.flatMap((op) => (op.after ? [] : [op.id])));
    const order = gone.size > 0 ? this.order.filter((id) => !gone.has(id)) : [...this.order];
    for (const op of step.ops) {
      this.put(op, order);
      ids.add(op.id);
    }
    this.order = order;
    for (const op of step.answers) this.putAnswer(op);
    const selection = [...this.selection].some((id) => !this.regions.has(id));
    if (selection) this.selection = new Set([...this.selection].filter((id) => this.regions.has(id)));
    this.revision++;
    this.emit({ ids, selection, answers: step.answers.length > 0, armed: false });
  }

  private put(op: Op, order: string[]): void {
    const current = this.regions.get(op.id);
    if (op.after === null) {
      this.regions.delete(op.id);
      return;
    }
    // Hiding and locking are not part of the history: keep what is set now.
    const { hidden, locked } = current ?? op.after;
    this.regions.set(op.id, { ...op.after, hidden, locked });
    if (!current) order.splice(op.at ?? order.length, 0, op.id);
  }

  private putAnswer(op: AnswerOp): void {
    if (op.after) this.records.set(op.from, op.after);
    else this.records.delete(op.from);
  }

  private emit(change: Change): void {
    this.version++;
    for (const fn of [...this.listeners]) fn(change);
  }
}

function indexOf(order: readonly string[]): Map<string, number> {
  return new Map(order.map((id, index) => [id, index]));
}

function touch(before: Region | null, after: Region): Region {
  const origin = before?.origin === "prediction" ? "prediction-changed" : after.origin;
  return { ...after, origin, raw: before?.raw ?? after.raw, touched: true };
}

function sameContent(a: Region, b: Region): boolean {
  const content = ({ shape, labels, answers, parent, meta, from, dims }: Region) => [
    shape,
    labels,
    answers,
    parent,
    meta,
    from,
    dims,
  ];
  return sameJson(content(a), content(b));
}

/** Labels that the config marks as `selected` are armed from the start. */
function preselected(config: ConfigTree): Map<string, readonly string[]> {
  const armed = new Map<string, readonly string[]>();
  for (const control of config.controls.values()) {
    if (!tagModule(control.tag)?.labels) continue;
    const labels = optionsOf(control).filter((option) => boolAttr(option.node, "selected"));
    if (labels.length > 0)
      armed.set(
        control.name,
        labels.map((option) => option.stored),
      );
  }
  return armed;
}
