import { describe, expect, it } from "vitest";
import { B, Bench, boxItem } from "./testing";

describe("drawing with the keyboard", () => {
  it("starts and ends a box with Enter, in between arrows move the corner", () => {
    const bench = new Bench(0, []);
    expect(bench.tap("Enter")).toBe(true);
    for (let i = 0; i < 4; i++) bench.tap("ArrowRight", { shift: true });
    for (let i = 0; i < 2; i++) bench.tap("ArrowDown", { shift: true });
    expect(bench.drawn?.width).toBeCloseTo(400, 4);
    bench.tap("Enter");
    // The crosshair begins in the middle; the camera shows two image pixels as one.
    expect(bench.made).toEqual([{ x: 500, y: 250, width: 400, height: 200, rotation: 0 }]);
    expect(bench.drawn).toBeNull();
    expect(bench.said.join(" ")).toContain("Box started at 500, 250");
  });

  it("moves by at least one image pixel, and by exactly one with Alt", () => {
    const bench = new Bench(0, []);
    bench.tap("ArrowRight", { alt: true });
    expect(bench.cross?.x).toBeCloseTo(501, 6);
    bench.view = { ...bench.view, scale: 40 };
    bench.tap("ArrowRight");
    expect(bench.cross?.x).toBeCloseTo(502, 6);
  });

  it("keeps the crosshair on the image", () => {
    const bench = new Bench(0, []);
    for (let i = 0; i < 30; i++) bench.tap("ArrowLeft", { shift: true });
    expect(bench.cross).toEqual({ x: 0, y: 250 });
  });

  it("says why a box without size is not made", () => {
    const bench = new Bench(0, []);
    bench.tap("Enter");
    bench.tap("Enter");
    expect(bench.made).toEqual([]);
    expect(bench.said.at(-1)).toContain("no size");
  });

  it("Escape drops the box first, then the crosshair, then is left to others", () => {
    const bench = new Bench(0, []);
    bench.tap("Enter");
    bench.tap("ArrowDown");
    expect(bench.tap("Escape")).toBe(true);
    expect(bench.drawn).toBeNull();
    expect(bench.cross).not.toBeNull();
    expect(bench.tap("Escape")).toBe(true);
    expect(bench.cross).toBeNull();
    expect(bench.tap("Escape")).toBe(false);
  });

  it("leaves the keys alone when nothing can be drawn", () => {
    const bench = new Bench(0, []);
    bench.readOnly = true;
    expect(bench.tap("Enter")).toBe(false);
    expect(bench.tap("ArrowLeft")).toBe(false);
  });
});

describe("a selected box", () => {
  it("is nudged by one pixel, with Shift by ten", () => {
    const bench = new Bench();
    bench.store.select(["b"]);
    bench.tap("ArrowRight");
    bench.tap("ArrowUp", { shift: true });
    expect(bench.box("b").x).toBeCloseTo(B.x + 1, 6);
    expect(bench.box("b").y).toBeCloseTo(B.y - 10, 6);
  });

  it("moves as one undo step while a key is held", () => {
    const bench = new Bench();
    bench.store.select(["b"]);
    for (let i = 0; i < 12; i++) bench.key("ArrowRight");
    expect(bench.store.canUndo).toBe(false);
    bench.keys.keyUp("ArrowRight");
    expect(bench.box("b").x).toBeCloseTo(B.x + 12, 6);
    bench.store.undo();
    expect(bench.box("b").x).toBeCloseTo(B.x, 6);
    expect(bench.store.canUndo).toBe(false);
  });

  it("changes its right and lower side with Alt", () => {
    const bench = new Bench();
    bench.store.select(["b"]);
    bench.tap("ArrowRight", { alt: true });
    bench.tap("ArrowUp", { alt: true, shift: true });
    const box = bench.box("b");
    expect([box.x, box.y]).toEqual([B.x, B.y]);
    expect(box.width).toBeCloseTo(B.width + 1, 6);
    expect(box.height).toBeCloseTo(B.height - 10, 6);
  });

  it("never shrinks below a pixel and never leaves the image", () => {
    const bench = new Bench(0, [boxItem("s", { x: 0, y: 0, width: 3, height: 3, rotation: 0 })]);
    bench.store.select(["s"]);
    for (let i = 0; i < 8; i++) bench.tap("ArrowLeft", { alt: true });
    expect(bench.box("s").width).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 8; i++) bench.tap("ArrowUp", { shift: true });
    expect(bench.box("s").y).toBe(0);
  });

  it("goes where the arrow points on the screen when the image is shown turned", () => {
    const bench = new Bench(90);
    bench.store.select(["b"]);
    bench.tap("ArrowRight", { shift: true });
    // Right on the screen is up on the original.
    expect(bench.box("b").y).toBeCloseTo(B.y - 10, 6);
    expect(bench.box("b").x).toBeCloseTo(B.x, 6);
    bench.tap("ArrowRight", { alt: true });
    expect(bench.box("b").height).toBeCloseTo(B.height + 1, 6);
    expect(bench.box("b").y).toBeCloseTo(B.y - 11, 6);
  });

  it("stays where it is when locked", () => {
    const bench = new Bench();
    bench.store.setFlags(["b"], { locked: true });
    bench.store.select(["b"]);
    bench.tap("ArrowRight");
    expect(bench.box("b").x).toBeCloseTo(B.x, 6);
  });
});
