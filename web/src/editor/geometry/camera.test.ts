import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Camera,
  fitScale,
  fitView,
  pan,
  reveal,
  toImage,
  toScreen,
  transform,
  visibleBounds,
  zoomAt,
} from "./camera";
import { asTurn, originalToTurned, type Turn, turnedSize, turnedToOriginal } from "./turn";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const turn = fc.constantFrom<Turn>(0, 90, 180, 270);
const point = fc.record({ x: real(-2000, 4000), y: real(-2000, 4000) });
const camera: fc.Arbitrary<Camera> = fc.record({
  image: fc.record({ width: fc.integer({ min: 10, max: 6000 }), height: fc.integer({ min: 10, max: 6000 }) }),
  viewport: fc.constant({ width: 900, height: 500 }),
  turn,
  scale: real(0.05, 20),
  tx: real(-500, 500),
  ty: real(-500, 500),
});

describe("image turn", () => {
  it("maps there and back", () => {
    fc.assert(
      fc.property(point, turn, (p, t) => {
        const size = { width: 640, height: 480 };
        const back = turnedToOriginal(originalToTurned(p, t, size), t, size);
        expect(back.x).toBeCloseTo(p.x, 9);
        expect(back.y).toBeCloseTo(p.y, 9);
      }),
    );
  });

  it("90° puts the top left corner of the original at the top right", () => {
    const size = { width: 640, height: 480 };
    expect(originalToTurned({ x: 0, y: 0 }, 90, size)).toEqual({ x: 480, y: 0 });
    expect(turnedSize(size, 90)).toEqual({ width: 480, height: 640 });
    expect(asTurn(-90)).toBe(270);
    expect(asTurn("nonsense")).toBe(0);
  });
});

describe("camera", () => {
  it("maps image and screen both ways", () => {
    fc.assert(
      fc.property(camera, point, (c, p) => {
        const back = toImage(c, toScreen(c, p));
        expect(back.x).toBeCloseTo(p.x, 6);
        expect(back.y).toBeCloseTo(p.y, 6);
      }),
    );
  });

  it("gives the canvas the same mapping", () => {
    fc.assert(
      fc.property(camera, point, (c, p) => {
        const [a, b, d, e, tx, ty] = transform(c, 2);
        const s = toScreen(c, p);
        expect(a * p.x + d * p.y + tx).toBeCloseTo(s.x * 2, 5);
        expect(b * p.x + e * p.y + ty).toBeCloseTo(s.y * 2, 5);
      }),
    );
  });

  it("keeps the point under the pointer when zooming", () => {
    fc.assert(
      fc.property(camera, real(0.5, 2), (c, factor) => {
        const fitted = fitView(c);
        const anchor = toScreen(fitted, { x: c.image.width / 2, y: c.image.height / 2 });
        const before = toImage(fitted, anchor);
        const after = toImage(zoomAt(fitted, anchor, factor, 0.01), anchor);
        expect(after.x).toBeCloseTo(before.x, 5);
        expect(after.y).toBeCloseTo(before.y, 5);
      }),
    );
  });

  it("fit shows the whole image, turned or not", () => {
    fc.assert(
      fc.property(camera, (c) => {
        const v = visibleBounds(fitView(c, { margin: 8 }));
        expect(v.minX).toBeLessThanOrEqual(1e-6);
        expect(v.minY).toBeLessThanOrEqual(1e-6);
        expect(v.maxX).toBeGreaterThanOrEqual(c.image.width - 1e-6);
        expect(v.maxY).toBeGreaterThanOrEqual(c.image.height - 1e-6);
      }),
    );
  });

  it("does not enlarge small images when asked not to", () => {
    const small: Camera = {
      image: { width: 20, height: 10 },
      viewport: { width: 900, height: 500 },
      turn: 0,
      scale: 1,
      tx: 0,
      ty: 0,
    };
    expect(fitScale(small, { onlyShrink: true })).toBe(1);
    expect(fitScale(small)).toBe(45);
  });

  it("cannot lose the image by panning", () => {
    fc.assert(
      fc.property(camera, real(-1e5, 1e5), real(-1e5, 1e5), (c, dx, dy) => {
        const moved = pan(fitView(c), { x: dx, y: dy });
        const v = visibleBounds(moved);
        expect(v.maxX > 0 && v.minX < c.image.width && v.maxY > 0 && v.minY < c.image.height).toBe(true);
      }),
    );
  });

  it("reveals a region with a margin", () => {
    fc.assert(
      fc.property(camera, (c) => {
        const b = {
          minX: c.image.width * 0.4,
          minY: 0,
          maxX: c.image.width * 0.6,
          maxY: c.image.height * 0.3,
        };
        const v = visibleBounds(reveal(c, b));
        expect(v.minX).toBeLessThanOrEqual(b.minX + 1e-6);
        expect(v.maxX).toBeGreaterThanOrEqual(b.maxX - 1e-6);
        expect(v.maxY).toBeGreaterThanOrEqual(b.maxY - 1e-6);
      }),
    );
  });
});
