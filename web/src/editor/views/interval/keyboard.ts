/**
 * Working on a time strip with the keyboard alone, as a state machine without DOM.
 *
 * Arrows move the cursor; Enter (or a label's key) starts a region at the cursor and, pressed again, ends it there,
 * also while the recording plays. With regions selected Shift + arrow grows them on the arrow's side, Alt + arrow
 * shrinks them from the other one, Ctrl + arrow moves them. A held key is one undo step.
 */
import type { IntervalItem } from "./gesture";
import { formatTime, moveSpan, orderedSpan, type Span, type TimeWindow } from "./timeline";

export interface StripKey {
  readonly key: string;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

export interface StripKeyboardHost {
  window(): TimeWindow;
  items(): readonly IntervalItem[];
  selection(): ReadonlySet<string>;
  editable(id: string): boolean;
  canDraw(): boolean;
  time(): number;
  seek(time: number): void;
  select(ids: string[], mode: "set"): void;
  preview(spans: ReadonlyMap<string, Span> | null): void;
  commit(spans: ReadonlyMap<string, Span>, label: string): void;
  /** The open region changed: it reaches from its start to the cursor. */
  marked(start: number | null): void;
  create(span: Span): void;
  announce(text: string): void;
}

/** Steps in CSS pixels, so that they feel the same at any zoom. */
const STEP = 6;
const BIG_STEP = 60;
const EDGE_STEP = 2;
/** A region keeps at least this length, seconds. */
const MIN_LENGTH = 0.001;

export class StripKeyboard {
  private start: number | null = null;
  private adjusted: Map<string, Span> | null = null;
  private label = "";

  constructor(private readonly host: StripKeyboardHost) {}

  /** A region is open: its start is set, its end not yet. */
  get marking(): boolean {
    return this.start !== null;
  }

  keyDown(k: StripKey): boolean {
    if (k.key === "ArrowLeft" || k.key === "ArrowRight") return this.arrow(k.key === "ArrowLeft" ? -1 : 1, k);
    if (k.ctrl || k.alt) return false;
    if (k.key === "Home") return this.go(0);
    if (k.key === "End") return this.go(this.host.window().duration);
    if (k.key === "Enter") return this.toggleMark();
    if (k.key === "Escape") return this.cancel();
    return false;
  }

  keyUp(key: string): void {
    if (key === "ArrowLeft" || key === "ArrowRight") this.flush();
  }

  /** Commits changes that still wait for their key to go up. */
  flush(): void {
    const spans = this.adjusted;
    if (!spans) return;
    this.adjusted = null;
    this.host.commit(spans, this.label);
    this.host.preview(null);
    const [span] = spans.values();
    if (spans.size === 1 && span) this.host.announce(describeSpan(span));
  }

  /** Starts a region at the cursor, or ends the open one there. */
  toggleMark(): boolean {
    const { host } = this;
    if (!host.canDraw()) return false;
    const now = host.time();
    if (this.start === null) {
      host.select([], "set");
      this.start = now;
      host.marked(now);
      host.announce(`Region started at ${formatTime(now)}. Move on and press Enter to end it.`);
      return true;
    }
    const span = orderedSpan(this.start, now);
    if (span.end - span.start < MIN_LENGTH) {
      host.announce("The region has no length yet. Move the cursor or play on.");
      return true;
    }
    this.start = null;
    host.marked(null);
    host.create(span);
    return true;
  }

  /** Drops the open region; false when there was none. */
  cancel(): boolean {
    if (this.start === null) return false;
    this.start = null;
    this.host.marked(null);
    this.host.announce("Region cancelled");
    return true;
  }

  private go(time: number): boolean {
    this.host.seek(time);
    return true;
  }

  private arrow(direction: -1 | 1, k: StripKey): boolean {
    const { host } = this;
    const w = host.window();
    const chosen = host.items().filter((item) => host.selection().has(item.id) && host.editable(item.id));
    if (chosen.length > 0 && (k.shift || k.alt || k.ctrl)) {
      const step = (direction * EDGE_STEP) / w.pxPerSecond;
      this.adjust(chosen, step, k);
      return true;
    }
    if (k.ctrl) return false;
    const pixels = k.shift ? BIG_STEP : STEP;
    const step = k.alt ? 0.01 : pixels / w.pxPerSecond;
    host.seek(Math.min(Math.max(host.time() + direction * step, 0), w.duration));
    return true;
  }

  private adjust(chosen: readonly IntervalItem[], step: number, k: StripKey): void {
    const label = k.ctrl ? "move region" : "resize region";
    if (this.adjusted && this.label !== label) this.flush();
    const { duration } = this.host.window();
    const next = new Map<string, Span>();
    for (const item of chosen) {
      const span = this.adjusted?.get(item.id) ?? { start: item.start, end: item.end };
      next.set(item.id, k.ctrl ? moveSpan(span, step, duration) : stretch(span, step, k.shift, duration));
    }
    this.adjusted = next;
    this.label = label;
    this.host.preview(next);
  }
}

/** Growing moves the edge on the side of the arrow, shrinking the opposite one. */
function stretch(span: Span, step: number, grow: boolean, duration: number): Span {
  const movesEnd = grow ? step > 0 : step < 0;
  return movesEnd
    ? { start: span.start, end: Math.min(Math.max(span.end + step, span.start + MIN_LENGTH), duration) }
    : { start: Math.max(Math.min(span.start + step, span.end - MIN_LENGTH), 0), end: span.end };
}

export const describeSpan = (span: Span): string =>
  `${formatTime(span.start)} to ${formatTime(span.end)}, ${(span.end - span.start).toFixed(3)} seconds`;
