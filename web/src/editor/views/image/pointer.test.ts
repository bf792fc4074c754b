import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handlePoint, isInside, rotationHandlePoint } from "../../geometry/box";
import { A, B, Bench, boxItem, SIZE } from "./testing";

const at = (x: number, y: number) => ({ x, y });
const EMPTY = at(800, 400);

function near(actual: object | undefined, expected: Record<string, number>): void {
  for (const [key, value] of Object.entries(expected)) {
    expect((actual as Record<string, number>)[key], key).toBeCloseTo(value, 4);
  }
}

describe("selecting", () => {
  it("takes the smallest box under the pointer and the next larger one on a second click", () => {
    const bench = new Bench();
    bench.click(at(220, 170));
    expect([...bench.store.selection]).toEqual(["b"]);
    bench.click(at(220, 170));
    expect([...bench.store.selection]).toEqual(["a"]);
  });

  it("adds with Shift and empties on a click beside", () => {
    const bench = new Bench();
    bench.click(at(120, 120));
    bench.click(at(220, 170), { shift: true });
    expect([...bench.store.selection]).toEqual(["a", "b"]);
    bench.click(EMPTY);
    expect(bench.store.selection.size).toBe(0);
  });

  it("does not find hidden boxes", () => {
    const bench = new Bench();
    bench.store.setFlags(["b"], { hidden: true });
    bench.click(at(220, 170));
    expect([...bench.store.selection]).toEqual(["a"]);
  });

  it("takes all boxes that the marquee touches", () => {
    const bench = new Bench();
    bench.drag(EMPTY, at(600, 300), at(450, 250));
    expect([...bench.store.selection]).toEqual(["a"]);
  });
});

describe("moving", () => {
  it("is one undo step that brings the record back exactly", () => {
    const bench = new Bench();
    const before = bench.store.serialize();
    bench.drag(at(220, 170), at(260, 170), at(300, 200));
    near(bench.box("b"), { x: 280, y: 180, width: 50, height: 40 });
    bench.store.undo();
    expect(bench.store.serialize()).toEqual(before);
    expect(bench.store.canUndo).toBe(false);
  });

  it("commits nothing before the pointer goes up, and nothing at all when cancelled", () => {
    const bench = new Bench();
    bench.down(at(220, 170));
    bench.pointer.move(bench.input(at(300, 300)));
    expect(bench.shown?.get("b")?.x).toBeCloseTo(280, 4);
    near(bench.box("b"), { x: B.x });
    expect(bench.pointer.cancel()).toBe(true);
    bench.pointer.up(bench.input(at(300, 300)));
    expect(bench.store.canUndo).toBe(false);
    expect(bench.shown).toBeNull();
  });

  it("keeps boxes on the image", () => {
    fc.assert(
      fc.property(fc.integer({ min: -900, max: 900 }), fc.integer({ min: -900, max: 900 }), (dx, dy) => {
        const bench = new Bench();
        bench.drag(at(220, 170), at(220 + dx, 170 + dy));
        expect(isInside(bench.box("b"), SIZE, 1e-3)).toBe(true);
        near(bench.box("b"), { width: B.width, height: B.height });
      }),
      { numRuns: 40 },
    );
  });

  it("leaves locked boxes and read-only tasks alone", () => {
    const bench = new Bench();
    bench.store.setFlags(["b"], { locked: true });
    bench.drag(at(220, 170), at(400, 200));
    near(bench.box("b"), { x: B.x, y: B.y });
    bench.readOnly = true;
    bench.drag(at(120, 120), at(300, 200));
    near(bench.box("a"), { x: A.x, y: A.y });
    expect(bench.store.canUndo).toBe(false);
  });

  it("follows the hand on an image that is shown turned", () => {
    const bench = new Bench(90);
    bench.drag(at(220, 170), at(320, 200));
    near(bench.box("b"), { x: 300, y: 180 });
  });
});

describe("handles", () => {
  it("resize a turned box about its opposite corner", () => {
    const turned = { x: 400, y: 200, width: 100, height: 60, rotation: 30 };
    const bench = new Bench(0, [boxItem("t", turned)]);
    bench.store.select(["t"]);
    bench.grip = { id: "t", handle: "se" };
    bench.drag(handlePoint(turned, "se"), at(520, 340));
    near(bench.box("t"), { x: 400, y: 200, rotation: 30 });
    near(handlePoint(bench.box("t"), "se"), at(520, 340) as never);
  });

  it("rotate about the centre and snap to 15° with Shift", () => {
    const bench = new Bench(0, [boxItem("t", { x: 400, y: 200, width: 100, height: 60, rotation: 0 })]);
    bench.store.select(["t"]);
    bench.grip = { id: "t", handle: "rotate" };
    const start = rotationHandlePoint(bench.box("t"), 20);
    bench.down(start);
    bench.pointer.up(bench.input(at(520, 200), { shift: true }));
    const box = bench.box("t");
    expect(box.rotation % 15).toBe(0);
    expect(box.rotation).toBeGreaterThan(0);
    near(handlePoint({ ...box }, "nw"), { x: box.x, y: box.y });
  });
});

describe("drawing", () => {
  it("needs a label or the tool, and makes the box between press and release", () => {
    const bench = new Bench(0, []);
    bench.drag(at(100, 100), at(300, 250));
    expect(bench.made).toEqual([]);
    bench.isArmed = true;
    bench.drag(at(300, 250), at(200, 200), at(100, 100));
    near(bench.made[0], { x: 100, y: 100, width: 200, height: 150, rotation: 0 });
    bench.isArmed = false;
    bench.current = "draw";
    bench.drag(at(10, 10), at(50, 60));
    expect(bench.made).toHaveLength(2);
    expect(bench.drawn).toBeNull();
  });

  it("draws over other boxes, but a drag on the selected one moves it", () => {
    const bench = new Bench();
    bench.isArmed = true;
    bench.drag(at(220, 170), at(320, 220));
    expect(bench.made).toHaveLength(1);
    bench.click(at(220, 170));
    bench.drag(at(220, 170), at(320, 220));
    expect(bench.made).toHaveLength(1);
    near(bench.box("b"), { x: 300, y: 200 });
  });

  it("takes a slipped click for a click", () => {
    const bench = new Bench();
    bench.isArmed = true;
    bench.drag(at(120, 120), at(121, 121));
    expect(bench.made).toEqual([]);
    expect([...bench.store.selection]).toEqual(["a"]);
  });

  it("ends at the image's edge and makes a square with Shift", () => {
    const bench = new Bench(0, []);
    bench.current = "draw";
    bench.drag(at(900, 400), at(1400, 900));
    near(bench.made[0], { x: 900, y: 400, width: 100, height: 100 });
    bench.down(at(100, 100));
    bench.pointer.move(bench.input(at(130, 180)));
    bench.pointer.up(bench.input(at(130, 180), { shift: true }));
    near(bench.made[1], { x: 100, y: 100, width: 80, height: 80 });
  });

  it("Escape drops a half-drawn box", () => {
    const bench = new Bench();
    bench.current = "draw";
    bench.down(at(100, 350));
    bench.pointer.move(bench.input(at(200, 450)));
    expect(bench.drawn).not.toBeNull();
    expect(bench.pointer.cancel()).toBe(true);
    bench.pointer.up(bench.input(at(200, 450)));
    expect(bench.made).toEqual([]);
    expect(bench.drawn).toBeNull();
  });
});

it("pans with Space, the middle button or the tool, whatever lies below", () => {
  for (const prepare of [
    (bench: Bench) => {
      bench.space = true;
    },
    (bench: Bench) => {
      bench.current = "pan";
    },
  ]) {
    const bench = new Bench();
    prepare(bench);
    const before = bench.view;
    bench.drag(at(220, 170), at(260, 190));
    expect(bench.view.tx).not.toBe(before.tx);
    expect(bench.store.canUndo).toBe(false);
  }
  const bench = new Bench();
  const before = bench.view;
  bench.down(at(220, 170), { button: 1 });
  bench.pointer.move(bench.input(at(300, 170)));
  expect(bench.view.tx).toBeGreaterThan(before.tx);
});
