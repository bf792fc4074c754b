/** Pointer gestures on a time strip as a state machine without DOM; the counterpart of the image's. */
import { moveSpan, orderedSpan, resizeSpan, type Span, type TimeWindow, toTime, toX } from "./timeline";

export interface IntervalItem extends Span {
  readonly id: string;
  readonly hidden: boolean;
}

export interface StripInput {
  /** CSS pixels from the left edge of the strip. */
  readonly x: number;
  /** The pointer is on the ruler: it moves the cursor and nothing else. */
  readonly ruler: boolean;
  readonly shift: boolean;
  readonly ctrl: boolean;
}

export interface StripHost {
  window(): TimeWindow;
  items(): readonly IntervalItem[];
  selection(): ReadonlySet<string>;
  editable(id: string): boolean;
  canDraw(): boolean;
  select(ids: string[], mode: "set" | "toggle"): void;
  seek(time: number): void;
  preview(spans: ReadonlyMap<string, Span> | null): void;
  draft(span: Span | null): void;
  commit(spans: ReadonlyMap<string, Span>, label: string): void;
  create(span: Span): void;
}

type Edge = "start" | "end";
type State =
  | { kind: "idle" }
  | { kind: "scrubbing" }
  | { kind: "pressing"; from: StripInput; hit: string | null }
  | { kind: "drawing"; anchor: number }
  | { kind: "moving"; anchor: number; spans: ReadonlyMap<string, Span> }
  | { kind: "resizing"; id: string; edge: Edge; span: Span; offset: number };

const SLOP = 3;
/** Reach of an edge, CSS pixels to either side. */
const EDGE_REACH = 7;

export class StripGestures {
  private state: State = { kind: "idle" };
  private now: ReadonlyMap<string, Span> | null = null;
  private drawn: Span | null = null;

  constructor(private readonly host: StripHost) {}

  get kind(): State["kind"] {
    return this.state.kind;
  }

  get active(): boolean {
    return this.state.kind !== "idle";
  }

  down(p: StripInput): void {
    this.cancel();
    const { host } = this;
    if (p.ruler) {
      this.state = { kind: "scrubbing" };
      host.seek(this.timeAt(p.x));
      return;
    }
    const edge = this.edgeAt(p.x);
    const span = edge && this.spanOf(edge.id);
    if (edge && span && !p.shift && !p.ctrl) {
      if (!host.selection().has(edge.id)) host.select([edge.id], "set");
      const offset = span[edge.edge] - this.timeAt(p.x);
      this.state = { kind: "resizing", id: edge.id, edge: edge.edge, span, offset };
      return;
    }
    this.state = { kind: "pressing", from: p, hit: this.hit(p.x) };
  }

  move(p: StripInput): void {
    const { state, host } = this;
    switch (state.kind) {
      case "idle":
        return;
      case "scrubbing":
        host.seek(this.timeAt(p.x));
        return;
      case "pressing":
        if (Math.abs(p.x - state.from.x) >= SLOP) this.begin(state, p);
        return;
      case "drawing":
        this.drawn = orderedSpan(state.anchor, this.timeAt(p.x));
        host.draft(this.drawn);
        return;
      case "moving": {
        const delta = this.timeAt(p.x) - state.anchor;
        const { duration } = host.window();
        this.show(new Map([...state.spans].map(([id, span]) => [id, moveSpan(span, delta, duration)])));
        return;
      }
      case "resizing": {
        const { duration } = host.window();
        const time = Math.min(Math.max(this.timeAt(p.x) + state.offset, 0), duration);
        this.show(new Map([[state.id, resizeSpan(state.span, state.edge, time)]]));
        return;
      }
    }
  }

  up(p: StripInput): void {
    this.move(p);
    const { state, host, now, drawn } = this;
    this.state = { kind: "idle" };
    this.now = null;
    this.drawn = null;
    switch (state.kind) {
      case "pressing":
        this.click(state.from, state.hit);
        return;
      case "drawing":
        host.draft(null);
        if (drawn && drawn.end > drawn.start) host.create(drawn);
        return;
      case "moving":
      case "resizing":
        if (now) host.commit(now, state.kind === "moving" ? "move region" : "resize region");
        host.preview(null);
        return;
    }
  }

  /** Leaves the running gesture without a trace; false when there was none. */
  cancel(): boolean {
    if (this.state.kind === "idle") return false;
    this.state = { kind: "idle" };
    this.now = null;
    this.drawn = null;
    this.host.preview(null);
    this.host.draft(null);
    return true;
  }

  cursor(x: number, ruler: boolean): string {
    if (this.state.kind === "moving") return "grabbing";
    if (ruler) return "col-resize";
    if (this.state.kind === "resizing" || this.edgeAt(x)) return "ew-resize";
    const hit = this.hit(x);
    if (hit && this.host.selection().has(hit) && this.host.editable(hit)) return "grab";
    if (hit) return "pointer";
    return this.host.canDraw() ? "crosshair" : "default";
  }

  private begin(state: Extract<State, { kind: "pressing" }>, p: StripInput): void {
    const { host } = this;
    const anchor = this.timeAt(state.from.x);
    const selected = state.hit !== null && host.selection().has(state.hit);
    if (selected) {
      const spans = new Map<string, Span>();
      for (const id of host.selection()) {
        const span = this.spanOf(id);
        if (span && host.editable(id)) spans.set(id, span);
      }
      if (spans.size === 0) return;
      this.state = { kind: "moving", anchor, spans };
    } else if (host.canDraw()) {
      this.state = { kind: "drawing", anchor };
    } else {
      this.state = { kind: "scrubbing" };
    }
    this.move(p);
  }

  private click(p: StripInput, hit: string | null): void {
    const { host } = this;
    if (p.shift || p.ctrl) {
      if (hit) host.select([hit], "toggle");
      return;
    }
    host.select(hit ? [hit] : [], "set");
    if (!hit) host.seek(this.timeAt(p.x));
  }

  private show(spans: ReadonlyMap<string, Span>): void {
    this.now = spans;
    this.host.preview(spans);
  }

  private timeAt(x: number): number {
    return toTime(this.host.window(), x);
  }

  private spanOf(id: string): Span | null {
    const item = this.host.items().find((candidate) => candidate.id === id);
    return item ? { start: item.start, end: item.end } : null;
  }

  /** The shortest region under x, so that nested ones can be reached. */
  private hit(x: number): string | null {
    const time = this.timeAt(x);
    let best: IntervalItem | null = null;
    for (const item of this.host.items()) {
      if (item.hidden || time < item.start || time > item.end) continue;
      if (!best || item.end - item.start <= best.end - best.start) best = item;
    }
    return best?.id ?? null;
  }

  /** The nearest edge that can be dragged; edges of selected regions win. */
  private edgeAt(x: number): { id: string; edge: Edge } | null {
    const { host } = this;
    const w = host.window();
    let best: { id: string; edge: Edge } | null = null;
    let nearest = EDGE_REACH;
    for (const item of host.items()) {
      if (item.hidden || !host.editable(item.id)) continue;
      const bonus = host.selection().has(item.id) ? 3 : 0;
      for (const edge of ["start", "end"] as const) {
        const d = Math.abs(toX(w, item[edge]) - x) - bonus;
        if (d < nearest) {
          nearest = d;
          best = { id: item.id, edge };
        }
      }
    }
    return best;
  }
}
