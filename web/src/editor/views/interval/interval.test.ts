import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Region } from "../../core/types";
import { storeFor } from "../../testing/fixtures";
import { type IntervalItem, StripGestures, type StripHost } from "./gesture";
import { StripKeyboard, type StripKeyboardHost } from "./keyboard";
import { assignLanes } from "./painter";
import { type Span, type TimeWindow, toX, wholeWindow } from "./timeline";

const CONFIG = `<View><Audio name="audio" value="$audio"/><Labels name="speech" toName="audio"><Label value="Voice"/></Labels></View>`;
const item = (id: string, start: number, end: number) => ({
  id,
  from_name: "speech",
  to_name: "audio",
  type: "labels",
  original_length: 10,
  value: { start, end, channel: 0, labels: ["Voice"] },
  origin: "manual",
});

/** A ten second recording on a strip of 1000 px: 100 px a second. */
class Bench implements StripHost, StripKeyboardHost {
  readonly store = storeFor(CONFIG, [item("a", 1, 3), item("b", 2, 2.5)]);
  readonly pointer = new StripGestures(this);
  readonly keys = new StripKeyboard(this);
  w: TimeWindow = wholeWindow(10, 1000);
  now = 0;
  draws = true;
  drawn: Span | null = null;
  shown: ReadonlyMap<string, Span> | null = null;
  mark: number | null = null;
  made: Span[] = [];
  said: string[] = [];

  window = () => this.w;
  selection = () => this.store.selection;
  editable = (id: string) => !this.store.regions.get(id)?.locked;
  canDraw = () => this.draws;
  time = () => this.now;
  select = (ids: string[], mode: "set" | "toggle" = "set") => this.store.select(ids, mode);
  seek = (time: number) => {
    this.now = time;
  };
  preview = (spans: ReadonlyMap<string, Span> | null) => {
    this.shown = spans;
  };
  draft = (span: Span | null) => {
    this.drawn = span;
  };
  marked = (start: number | null) => {
    this.mark = start;
  };
  create = (span: Span) => this.made.push(span);
  announce = (text: string) => this.said.push(text);
  items = (): IntervalItem[] =>
    [...this.store.regions.values()].map(({ id, shape, hidden }) => ({
      id,
      ...(shape as Span & Region["shape"]),
      hidden: hidden === true,
    }));
  commit = (spans: ReadonlyMap<string, Span>, label: string) => {
    const ops = [...spans].map(([id, span]) => {
      const before = this.store.regions.get(id) as Region;
      return { id, before, after: { ...before, shape: { ...before.shape, ...span } as Region["shape"] } };
    });
    this.store.apply(ops, label);
  };

  drag(from: number, to: number, more: Partial<{ shift: boolean; ruler: boolean }> = {}): void {
    const at = (time: number) => ({ x: toX(this.w, time), ruler: false, shift: false, ctrl: false, ...more });
    this.pointer.down(at(from));
    this.pointer.move(at((from + to) / 2));
    this.pointer.up(at(to));
  }
  tap(key: string, more: Partial<{ shift: boolean; alt: boolean; ctrl: boolean }> = {}): boolean {
    const used = this.keys.keyDown({ key, shift: false, alt: false, ctrl: false, ...more });
    this.keys.keyUp(key);
    return used;
  }
  span(id: string): Span {
    const { start, end } = (this.store.regions.get(id) as Region).shape as Span;
    return { start: Math.round(start * 1e6) / 1e6, end: Math.round(end * 1e6) / 1e6 };
  }
}

describe("pointer on a time strip", () => {
  it("draws a region in either direction", () => {
    const bench = new Bench();
    bench.drag(5, 6.5);
    bench.drag(9, 8);
    expect(bench.made).toEqual([
      { start: 5, end: 6.5 },
      { start: 8, end: 9 },
    ]);
  });

  it("ends a region at the end of the recording", () => {
    const bench = new Bench();
    bench.drag(9, 14);
    expect(bench.made).toEqual([{ start: 9, end: 10 }]);
  });

  it("click on nothing moves the cursor, click on a region selects the shortest", () => {
    const bench = new Bench();
    bench.drag(7, 7);
    expect(bench.now).toBeCloseTo(7);
    bench.drag(2.25, 2.25);
    expect([...bench.store.selection]).toEqual(["b"]);
    expect(bench.now).toBeCloseTo(7);
  });

  it("drags an edge, past the other one if need be, as one undo step", () => {
    const bench = new Bench();
    bench.drag(3, 4);
    expect(bench.span("a")).toEqual({ start: 1, end: 4 });
    bench.drag(1, 5);
    expect(bench.span("a")).toEqual({ start: 4, end: 5 });
    bench.store.undo();
    bench.store.undo();
    expect(bench.span("a")).toEqual({ start: 1, end: 3 });
    expect(bench.store.canUndo).toBe(false);
  });

  it("moves a selected region with its length kept", () => {
    fc.assert(
      fc.property(fc.double({ min: -12, max: 12, noNaN: true }), (delta) => {
        const bench = new Bench();
        bench.store.select(["a"]);
        fc.pre(Math.abs(delta) > 0.05);
        bench.drag(1.5, 1.5 + delta);
        const { start, end } = bench.span("a");
        expect(end - start).toBeCloseTo(2, 5);
        expect(start >= 0 && end <= 10).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("cancel leaves no trace", () => {
    const bench = new Bench();
    bench.pointer.down({ x: 300, ruler: false, shift: false, ctrl: false });
    bench.pointer.move({ x: 400, ruler: false, shift: false, ctrl: false });
    expect(bench.shown?.get("a")?.end).toBeCloseTo(4);
    bench.pointer.cancel();
    bench.pointer.up({ x: 400, ruler: false, shift: false, ctrl: false });
    expect(bench.store.canUndo).toBe(false);
    expect(bench.shown).toBeNull();
  });

  it("the ruler only scrubs, and locked regions keep their edges", () => {
    const bench = new Bench();
    bench.drag(4, 6, { ruler: true });
    expect(bench.now).toBeCloseTo(6);
    expect(bench.made).toEqual([]);
    bench.store.setFlags(["a", "b"], { locked: true });
    bench.draws = false;
    bench.drag(3, 4);
    expect(bench.span("a")).toEqual({ start: 1, end: 3 });
  });
});

describe("keyboard on a time strip", () => {
  it("Enter starts a region at the cursor and ends it where the cursor went", () => {
    const bench = new Bench();
    bench.now = 4;
    bench.tap("Enter");
    expect(bench.mark).toBe(4);
    bench.tap("ArrowRight", { shift: true });
    bench.tap("Enter");
    expect(bench.made).toEqual([{ start: 4, end: 4.6 }]);
    expect(bench.mark).toBeNull();
  });

  it("a region without length is not made, Escape drops an open one", () => {
    const bench = new Bench();
    bench.tap("Enter");
    bench.tap("Enter");
    expect(bench.made).toEqual([]);
    expect(bench.said.at(-1)).toContain("no length");
    expect(bench.tap("Escape")).toBe(true);
    expect(bench.tap("Escape")).toBe(false);
  });

  it("Shift grows on the arrow's side, Alt shrinks from the other, Ctrl moves", () => {
    const bench = new Bench();
    bench.store.select(["a"]);
    bench.tap("ArrowRight", { shift: true });
    expect(bench.span("a")).toEqual({ start: 1, end: 3.02 });
    bench.tap("ArrowLeft", { shift: true });
    expect(bench.span("a")).toEqual({ start: 0.98, end: 3.02 });
    bench.tap("ArrowRight", { alt: true });
    expect(bench.span("a")).toEqual({ start: 1, end: 3.02 });
    bench.tap("ArrowLeft", { alt: true });
    expect(bench.span("a")).toEqual({ start: 1, end: 3 });
    bench.tap("ArrowRight", { ctrl: true });
    expect(bench.span("a")).toEqual({ start: 1.02, end: 3.02 });
  });

  it("a held key is one undo step", () => {
    const bench = new Bench();
    bench.store.select(["a"]);
    for (let i = 0; i < 10; i++)
      bench.keys.keyDown({ key: "ArrowRight", shift: true, alt: false, ctrl: false });
    bench.keys.keyUp("ArrowRight");
    expect(bench.span("a").end).toBeCloseTo(3.2);
    bench.store.undo();
    expect(bench.span("a").end).toBe(3);
  });

  it("arrows, Home and End move the cursor inside the recording", () => {
    const bench = new Bench();
    bench.tap("ArrowLeft");
    expect(bench.now).toBe(0);
    bench.tap("End");
    bench.tap("ArrowRight", { shift: true });
    expect(bench.now).toBe(10);
  });
});

it("captions of overlapping regions get rows of their own", () => {
  const spans = [
    { id: "a", start: 0, end: 5 },
    { id: "b", start: 1, end: 2 },
    { id: "c", start: 2, end: 3 },
    { id: "d", start: 5, end: 6 },
  ];
  expect(Object.fromEntries(assignLanes(spans, 4))).toEqual({ a: 0, b: 1, c: 1, d: 0 });
});

it("audio results keep channel, length and unknown keys", () => {
  const received = { ...item("x", 0.1234567891, 2), extra: 1 };
  const store = storeFor(CONFIG, [received]);
  expect(JSON.stringify(store.serialize())).toBe(JSON.stringify([received]));
  const before = store.regions.get("x") as Region;
  store.apply(
    [{ id: "x", before, after: { ...before, shape: { ...before.shape, end: 4 } as Region["shape"] } }],
    "resize",
  );
  expect(store.serialize()).toEqual([{ ...received, value: { ...received.value, end: 4 } }]);
});
