import "./text.css";
import { attr, boolAttr, enumAttr } from "../../config/attrs";
import { findOption } from "../../config/options";
import { type CodepointIndex, indexCodepoints } from "../../core/codepoints";
import { savesText } from "../../core/labels";
import { labelColor } from "../../core/theme";
import type { Change, LabelColor, ObjectView, Region, Shape, ViewContext } from "../../core/types";
import { paintSegment } from "./paint";
import { Positions } from "./positions";
import { type Extent, levels, lineAt, lineStarts, segmentLine } from "./segments";
import { type Granularity, nextWord, previousWord, type Range16, snap, stepCharacter, wordAt } from "./words";

const HELP =
  "Arrow keys move from word to word, Shift extends, a label key marks the words. Alt with arrows moves the end by one character.";

const GRANULARITIES: readonly Granularity[] = ["symbol", "word", "sentence", "paragraph"];

/** A text with its spans: one element a line, one mark a stretch; only lines that a change touches are redrawn. */
export class TextView implements ObjectView {
  private readonly root = document.createElement("div");
  private readonly codepoints: CodepointIndex;
  private readonly starts: readonly number[];
  private readonly lines: HTMLElement[] = [];
  private readonly extents = new Map<string, Extent>();
  private readonly lineIds: Set<string>[];
  private readonly positions: Positions;
  private readonly markIds = new WeakMap<Element, readonly string[]>();
  private readonly listeners = new AbortController();
  private readonly granularity: Granularity;
  /** One colour for all spans, whatever their labels. */
  private readonly highlight: LabelColor | null;
  /** Where a keyboard selection began; null while the mouse rules. */
  private anchor: Range16 | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly ctx: ViewContext,
    private readonly text: string,
  ) {
    this.codepoints = indexCodepoints(text);
    this.starts = lineStarts(text);
    this.positions = new Positions(this.root, this.lines, this.starts, text.length);
    this.lineIds = this.starts.map(() => new Set());
    this.granularity = enumAttr(ctx.node, "granularity", GRANULARITIES, "symbol");
    this.highlight = labelColor(attr(ctx.node, "highlightColor"));
    this.root.className = "ed-text";
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "application");
    this.root.setAttribute("aria-label", `Text "${ctx.node.name}". ${ctx.readOnly ? "" : HELP}`);
    for (const id of ctx.store.order) this.placeRegion(id);
    this.renderAll();
    host.append(this.root);
    const { signal } = this.listeners;
    this.root.addEventListener("mouseup", (event) => this.onMouseUp(event), { signal });
    this.root.addEventListener("keydown", (event) => this.onKeyDown(event), { signal });
  }

  update(change: Change): void {
    const selection = this.positions.selected();
    if (change.theme) this.renderAll();
    else {
      const dirty = new Set<number>();
      for (const id of change.ids) {
        this.eachLine(id, (line) => dirty.add(line));
        this.placeRegion(id);
        this.eachLine(id, (line) => dirty.add(line));
      }
      for (const line of dirty) this.renderLine(line);
      if (dirty.size === 0) return;
    }
    if (selection) this.positions.select(selection);
  }

  reveal(id: string): void {
    const extent = this.extents.get(id);
    if (!extent) return;
    const line = this.lines[lineAt(this.starts, extent.start)];
    const mark = [...(line?.querySelectorAll(".ed-mark") ?? [])].find((el) =>
      this.markIds.get(el)?.includes(id),
    );
    (mark ?? line)?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  describe(id: string): string | null {
    const extent = this.extents.get(id);
    return extent ? shorten(this.text.slice(extent.start, Math.min(extent.end, extent.start + 200))) : null;
  }

  command(name: string): boolean {
    if (name === "commit-pending") return this.commitPending();
    if (name === "focus") {
      this.root.focus();
      return true;
    }
    if (name !== "cancel" || !this.positions.selected()) return false;
    document.getSelection()?.removeAllRanges();
    this.anchor = null;
    return true;
  }

  destroy(): void {
    this.listeners.abort();
    this.root.remove();
  }

  // ---- drawing

  private placeRegion(id: string): void {
    this.eachLine(id, (line) => this.lineIds[line]?.delete(id));
    this.extents.delete(id);
    const region = this.ctx.store.regions.get(id);
    if (!region || region.to !== this.ctx.node.name || region.shape.kind !== "span" || region.hidden) return;
    const start = this.codepoints.toUtf16(region.shape.start);
    const end = this.codepoints.toUtf16(region.shape.end);
    if (end <= start) return;
    this.extents.set(id, { id, start, end });
    this.eachLine(id, (line) => this.lineIds[line]?.add(id));
  }

  private eachLine(id: string, visit: (line: number) => void): void {
    const extent = this.extents.get(id);
    if (!extent) return;
    const last = lineAt(this.starts, extent.end - 1);
    for (let line = lineAt(this.starts, extent.start); line <= last; line++) visit(line);
  }

  private renderAll(): void {
    this.root.replaceChildren();
    this.starts.forEach((_, line) => {
      const element = document.createElement("div");
      element.className = "ed-line";
      this.lines[line] = element;
      this.renderLine(line);
      this.root.append(element);
    });
  }

  private renderLine(line: number): void {
    const start = this.starts[line] as number;
    const end = this.positions.lineEnd(line);
    const extents = [...(this.lineIds[line] ?? [])].flatMap((id) => this.extents.get(id) ?? []);
    const { store, theme } = this.ctx;
    const paint = {
      text: this.text,
      highlight: (region: Region) => this.highlight ?? theme.region(region),
      theme,
      showLabels: boolAttr(this.ctx.node, "showLabels", true),
      region: (id: string) => store.regions.get(id),
      isSelected: (id: string) => store.selection.has(id),
      levels: levels(extents),
      place: (node: Text, at: number) => this.positions.place(node, at),
      mark: (element: HTMLElement, ids: readonly string[]) => this.markIds.set(element, ids),
    };
    const nodes = segmentLine(start, end, extents).flatMap((segment) => paintSegment(segment, paint));
    this.lines[line]?.replaceChildren(...nodes);
  }

  // ---- editing

  private canMark(): boolean {
    return !this.ctx.readOnly && boolAttr(this.ctx.node, "selectionEnabled", true);
  }

  private spanOf(range: Range16): Shape {
    const start = this.codepoints.toCodepoints(range.start);
    const end = this.codepoints.toCodepoints(range.end);
    if (!savesText(this.ctx.node)) return { kind: "span", start, end };
    return { kind: "span", start, end, text: this.codepoints.slice(start, end) };
  }

  private commitPending(): boolean {
    const selected = this.positions.selected();
    if (!selected || !this.canMark()) return false;
    const range = snap(this.text, selected, this.snapTo());
    if (!range) return false;
    const region = this.ctx.newRegion(this.spanOf(range), null);
    if (!region) return true;
    document.getSelection()?.removeAllRanges();
    this.ctx.announce(
      `${this.ctx.theme.caption(region)}: ${shorten(this.text.slice(range.start, range.end))}`,
    );
    this.anchor = range;
    return true;
  }

  /** A label may ask for whole words where its text does not. */
  private snapTo(): Granularity {
    for (const control of this.ctx.controls) {
      for (const name of this.ctx.store.armedLabels.get(control.name) ?? []) {
        const option = findOption(control, name);
        if (option && attr(option.node, "granularity") !== undefined) {
          return enumAttr(option.node, "granularity", GRANULARITIES, this.granularity);
        }
      }
    }
    return this.granularity;
  }

  private isArmed(): boolean {
    return this.ctx.controls.some(
      (control) => (this.ctx.store.armedLabels.get(control.name)?.length ?? 0) > 0,
    );
  }

  private onMouseUp(event: MouseEvent): void {
    if (event.button !== 0) return;
    this.anchor = null;
    const selected = this.positions.selected();
    if (!selected) this.pick(event);
    else if (this.canMark() && this.isArmed()) this.commitPending();
    else if (this.canMark()) this.ctx.announce("Press a label key to mark the selection.");
  }

  /** A click selects the shortest span under the pointer; clicking again goes on to the next longer one. */
  private pick(event: MouseEvent): void {
    const { store } = this.ctx;
    const element = (event.target as Element).closest?.(".ed-mark, .ed-caption");
    const ids = [...((element && this.markIds.get(element)) || [])].sort(
      (a, b) => this.size(a) - this.size(b),
    );
    const toggles = event.ctrlKey || event.metaKey || event.shiftKey;
    if (ids.length === 0) {
      if (!toggles) store.select([]);
      return;
    }
    const current = ids.findIndex((id) => store.selection.has(id));
    const next = ids[toggles ? 0 : (current + 1) % ids.length] as string;
    store.select([next], toggles ? "toggle" : "set");
  }

  private size(id: string): number {
    const extent = this.extents.get(id);
    return extent ? extent.end - extent.start : 0;
  }

  private onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const handled = event.altKey ? this.adjust(event) : this.move(event);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private move(event: KeyboardEvent): boolean {
    if (event.key === "Enter") return this.isArmed() && this.commitPending();
    if (event.key === "Tab") return this.tab(event.shiftKey ? -1 : 1);
    const current = this.positions.selected() ?? this.anchor;
    const target = this.target(event.key, current, event.shiftKey);
    if (!target) return false;
    const base = event.shiftKey ? (this.anchor ?? current ?? target) : target;
    this.anchor = base;
    const range = { start: Math.min(base.start, target.start), end: Math.max(base.end, target.end) };
    this.positions.select(range);
    this.lines[lineAt(this.starts, target.start)]?.scrollIntoView?.({ block: "nearest" });
    this.ctx.announce(shorten(this.text.slice(range.start, range.end)));
    return true;
  }

  /** From the selected span to the next one; at either end Tab leaves the text as usual. */
  private tab(direction: 1 | -1): boolean {
    const { store, node } = this.ctx;
    const ids = store.order.filter((id) => store.regions.get(id)?.to === node.name);
    const next = ids[ids.findIndex((id) => store.selection.has(id)) + direction];
    if (store.selection.size !== 1 || next === undefined) return false;
    store.select([next]);
    this.reveal(next);
    return true;
  }

  /** The word that a key leads to. With Shift the moving end is the one away from the anchor. */
  private target(key: string, current: Range16 | null, extend: boolean): Range16 | null {
    const anchor = this.anchor;
    const backwards = extend && anchor && current && current.start < anchor.start;
    const at = current && (backwards ? current.start : current.end);
    switch (key) {
      case "ArrowRight":
        if (backwards) return this.inward(nextWord(this.text, this.wordEnd(current.start)), anchor);
        return nextWord(this.text, at ?? this.firstVisible());
      case "ArrowLeft":
        if (extend && current && anchor && current.end > anchor.end) {
          return this.inward(previousWord(this.text, this.wordStart(current.end)), anchor);
        }
        return previousWord(this.text, current?.start ?? this.firstVisible());
      case "ArrowDown":
      case "ArrowUp":
        return this.vertical(key === "ArrowDown" ? 1 : -1, at ?? this.firstVisible());
      case "Home":
        return nextWord(this.text, this.starts[lineAt(this.starts, at ?? 0)] ?? 0);
      case "End":
        return previousWord(
          this.text,
          this.positions.lineEnd(lineAt(this.starts, Math.max(0, (at ?? 1) - 1))),
        );
      default:
        return null;
    }
  }

  private inward(word: Range16 | null, anchor: Range16): Range16 {
    return word ?? anchor;
  }

  private wordEnd(offset: number): number {
    return wordAt(this.text, offset)?.end ?? offset;
  }

  private wordStart(offset: number): number {
    return wordAt(this.text, Math.max(0, offset - 1))?.start ?? offset;
  }

  private firstVisible(): number {
    const top = this.host.getBoundingClientRect().top;
    const line = this.lines.findIndex((element) => element.getBoundingClientRect().bottom > Math.max(top, 0));
    return this.starts[Math.max(0, line)] ?? 0;
  }

  /** The word above or below on the screen; the neighbouring line where there is no layout to ask. */
  private vertical(direction: 1 | -1, offset: number): Range16 | null {
    const from = this.positions.domPosition(offset);
    const range = document.createRange();
    range.setStart(from.node, from.offset);
    const box = range.getClientRects?.()[0];
    const height = this.lines[0] ? Number.parseFloat(getComputedStyle(this.lines[0]).lineHeight) || 24 : 24;
    const hit =
      box && document.caretRangeFromPoint?.(box.left - 1, box.top + box.height / 2 + direction * height);
    if (hit && this.root.contains(hit.startContainer)) {
      return wordAt(this.text, this.positions.offsetOf(hit.startContainer, hit.startOffset));
    }
    const line = lineAt(this.starts, offset) + direction;
    const start = this.starts[line];
    return start === undefined ? null : wordAt(this.text, start);
  }

  /** Alt + arrows move the end, with Shift the start, of the selection or of the selected span by one character. */
  private adjust(event: KeyboardEvent): boolean {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return false;
    const direction = event.key === "ArrowRight" ? 1 : -1;
    const selected = this.positions.selected();
    if (selected) {
      const range = this.moved(selected, direction, event.shiftKey);
      if (range) this.positions.select(range);
      return true;
    }
    const [id, ...others] = this.ctx.store.selection;
    const region = id !== undefined && others.length === 0 ? this.ctx.store.regions.get(id) : undefined;
    const extent = region && this.extents.get(region.id);
    if (!region || !extent || !this.canMark() || region.locked) return false;
    const range = this.moved(extent, direction, event.shiftKey);
    if (range) this.resize(region, range);
    return true;
  }

  private moved(range: Range16, direction: 1 | -1, start: boolean): Range16 | null {
    const next = start
      ? { start: stepCharacter(this.text, range.start, direction), end: range.end }
      : { start: range.start, end: stepCharacter(this.text, range.end, direction) };
    return next.end > next.start ? next : null;
  }

  private resize(region: Region, range: Range16): void {
    const after = { ...region, shape: this.spanOf(range) };
    this.ctx.store.apply([{ id: region.id, before: region, after }], "resize span");
    this.ctx.announce(shorten(this.text.slice(range.start, range.end)));
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}
