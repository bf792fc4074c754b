import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canvasOf, MAX_CANVAS, rowsIn, type Scroll, scrolled, scrollTo } from "./window";

const LONG = { length: 36 * 10_000_000, view: 700 };
const end = (extent: typeof LONG) => extent.length - extent.view;
const endBar = MAX_CANVAS - LONG.view;

describe("a list that is longer than a browser can scroll", () => {
  it("is drawn on a canvas that a browser can take", () => {
    expect(canvasOf(LONG)).toBe(MAX_CANVAS);
    expect(canvasOf({ length: 3_600, view: 700 })).toBe(3_600);
  });

  it("moves pixel by pixel with the wheel", () => {
    let at = scrollTo(36 * 5_000_000, LONG);
    const start = at.top;
    for (let step = 0; step < 20; step++) at = scrolled(at, at.bar + 53, LONG);
    expect(at.top).toBe(start + 20 * 53);
  });

  it("reaches both ends by the scroll bar, and by the wheel near them", () => {
    expect(scrolled(scrollTo(0, LONG), endBar, LONG).top).toBe(end(LONG));
    expect(scrolled(scrollTo(end(LONG), LONG), 0, LONG).top).toBe(0);
    let at = scrollTo(2_000, LONG);
    for (let step = 0; step < 30; step++) at = scrolled(at, Math.max(0, at.bar - 100), LONG);
    expect(at.top).toBe(0);
    at = scrollTo(end(LONG) - 2_000, LONG);
    for (let step = 0; step < 30; step++) at = scrolled(at, Math.min(endBar, at.bar + 100), LONG);
    expect(at.top).toBe(end(LONG));
  });

  it("never leaves the list, however it is moved", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: endBar }), { maxLength: 30 }), (bars) => {
        let at: Scroll = scrollTo(0, LONG);
        for (const bar of bars) {
          at = scrolled(at, bar, LONG);
          expect(at.top).toBeGreaterThanOrEqual(0);
          expect(at.top).toBeLessThanOrEqual(end(LONG));
          expect(at.bar).toBeLessThanOrEqual(endBar);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("draws some rows beyond the window and none beyond the list", () => {
    expect(rowsIn(0, 360, 36, 1_000, 8)).toEqual([0, 18]);
    expect(rowsIn(36 * 990, 360, 36, 1_000, 8)).toEqual([982, 999]);
  });
});
