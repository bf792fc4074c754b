import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  angleTo,
  type Box,
  boxBetween,
  boxBounds,
  center,
  contains,
  corners,
  fromLocal,
  HANDLE_POSITION,
  HANDLES,
  handlePoint,
  isInside,
  move,
  pushInside,
  resize,
  resizeInside,
  rotateAround,
  rotationHandlePoint,
  snapToPixels,
  toLocal,
  toPercent,
  toPixels,
  turnInside,
  turnTo,
} from "./box";
import type { Point, Size } from "./point";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const size: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 1, max: 8000 }),
  height: fc.integer({ min: 1, max: 8000 }),
});
const box: fc.Arbitrary<Box> = fc.record({
  x: real(-500, 4000),
  y: real(-500, 4000),
  width: real(1, 2000),
  height: real(1, 2000),
  rotation: real(0, 359.99),
});
const point: fc.Arbitrary<Point> = fc.record({ x: real(-1000, 5000), y: real(-1000, 5000) });
const handle = fc.constantFrom(...HANDLES);

/** A box that lies on a 1000 × 600 image. */
const canvas: Size = { width: 1000, height: 600 };
const insideBox = box.map((b) => ({
  ...pushInside({ ...b, width: Math.min(b.width, 300), height: Math.min(b.height, 200) }, canvas),
}));

function expectBox(actual: Box, expected: Box, digits = 6): void {
  expect(actual.x).toBeCloseTo(expected.x, digits);
  expect(actual.y).toBeCloseTo(expected.y, digits);
  expect(actual.width).toBeCloseTo(expected.width, digits);
  expect(actual.height).toBeCloseTo(expected.height, digits);
  expect(Math.abs(((actual.rotation - expected.rotation + 540) % 360) - 180)).toBeLessThan(1e-6);
}

describe("percent and pixels", () => {
  it("are inverse to each other", () => {
    fc.assert(
      fc.property(box, size, (b, s) => {
        const percent = toPercent(b, s);
        const back = toPixels(percent, s);
        const tolerance = Math.max(s.width, s.height) * 1e-9;
        expect(Math.abs(back.x - b.x)).toBeLessThan(tolerance);
        expect(Math.abs(back.height - b.height)).toBeLessThan(tolerance);
      }),
    );
  });

  it("writes no float dust", () => {
    expect(
      toPercent({ x: 80.1, y: 45, width: 100.3, height: 60, rotation: 0 }, { width: 800, height: 600 }),
    ).toEqual({
      x: 10.0125,
      y: 7.5,
      width: 12.5375,
      height: 10,
      rotation: 0,
    });
  });
});

describe("rotation", () => {
  it("turns clockwise about the top left corner in pixel space", () => {
    const turned: Box = { x: 100, y: 50, width: 40, height: 20, rotation: 90 };
    expect(corners(turned)).toEqual([
      { x: 100, y: 50 },
      { x: 100, y: 90 },
      { x: 80, y: 90 },
      { x: 80, y: 50 },
    ]);
  });

  it("keeps side lengths on an image that is not square", () => {
    fc.assert(
      fc.property(box, (b) => {
        const [a, c, d] = corners(b);
        expect(Math.hypot(c.x - a.x, c.y - a.y)).toBeCloseTo(b.width, 6);
        expect(Math.hypot(d.x - c.x, d.y - c.y)).toBeCloseTo(b.height, 6);
      }),
    );
  });

  it("about any pivot is undone by the opposite angle", () => {
    fc.assert(
      fc.property(box, point, real(-720, 720), (b, p, angle) => {
        expectBox(rotateAround(rotateAround(b, p, angle), p, -angle), b);
      }),
    );
  });

  it("by the handle keeps the centre", () => {
    fc.assert(
      fc.property(box, real(0, 359), (b, angle) => {
        const turned = turnTo(b, angle);
        expect(center(turned).x).toBeCloseTo(center(b).x, 6);
        expect(center(turned).y).toBeCloseTo(center(b).y, 6);
        expect(turned.rotation).toBeCloseTo(angle, 9);
      }),
    );
  });

  it("reads back the angle of its own handle", () => {
    fc.assert(
      fc.property(box, (b) => {
        const angle = angleTo(b, rotationHandlePoint(b, 20));
        expect(Math.abs(((angle - b.rotation + 540) % 360) - 180)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe("resize", () => {
  it("puts the corner under the pointer and leaves the opposite one", () => {
    const opposite = { nw: "se", ne: "sw", se: "nw", sw: "ne" } as const;
    const corner = fc.constantFrom<keyof typeof opposite>("nw", "ne", "se", "sw");
    fc.assert(
      fc.property(box, corner, point, (b, h, p) => {
        const after = resize(b, h, p);
        const fixed = handlePoint(b, opposite[h]);
        const all = corners(after);
        expect(Math.min(...all.map((c) => Math.hypot(c.x - p.x, c.y - p.y)))).toBeLessThan(1e-6);
        expect(Math.min(...all.map((c) => Math.hypot(c.x - fixed.x, c.y - fixed.y)))).toBeLessThan(1e-6);
        expect(after.rotation).toBe(b.rotation);
      }),
    );
  });

  it("is undone by dragging the handle back", () => {
    fc.assert(
      fc.property(box, handle, real(-0.9, 3), real(-0.9, 3), (b, h, gx, gy) => {
        // Stay on the handle's own side, where no corner changes its name.
        const at = toLocal(b, handlePoint(b, h));
        const dx = (HANDLE_POSITION[h].x === 0 ? -gx : gx) * b.width;
        const dy = (HANDLE_POSITION[h].y === 0 ? -gy : gy) * b.height;
        const away = resize(b, h, fromLocal(b, { x: at.x + dx, y: at.y + dy }));
        expectBox(resize(away, h, handlePoint(b, h)), b, 5);
      }),
    );
  });

  it("never makes a negative size", () => {
    fc.assert(
      fc.property(box, handle, point, (b, h, p) => {
        const after = resize(b, h, p);
        expect(after.width).toBeGreaterThanOrEqual(0);
        expect(after.height).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("stays on the image when it began there", () => {
    fc.assert(
      fc.property(insideBox, handle, point, (b, h, p) => {
        expect(isInside(resizeInside(b, h, p, canvas), canvas, 1e-3)).toBe(true);
      }),
    );
  });
});

describe("hit test", () => {
  it("agrees with the corners", () => {
    fc.assert(
      fc.property(box, real(0.01, 0.99), real(0.01, 0.99), (b, u, v) => {
        const [tl, tr, , bl] = corners(b);
        const inside = {
          x: tl.x + (tr.x - tl.x) * u + (bl.x - tl.x) * v,
          y: tl.y + (tr.y - tl.y) * u + (bl.y - tl.y) * v,
        };
        const outside = { x: tl.x + (tr.x - tl.x) * -u - 0, y: tl.y + (tr.y - tl.y) * -u };
        expect(contains(b, inside)).toBe(true);
        expect(contains(b, outside)).toBe(false);
        const bounds = boxBounds(b);
        expect(inside.x).toBeGreaterThanOrEqual(bounds.minX - 1e-6);
        expect(inside.y).toBeLessThanOrEqual(bounds.maxY + 1e-6);
      }),
    );
  });

  it("moves and turns with the box", () => {
    fc.assert(
      fc.property(box, point, point, real(0, 360), (b, p, delta, angle) => {
        const pivot = { x: 10, y: 20 };
        const local = toLocal(b, p);
        const edge = Math.min(
          Math.abs(local.x),
          Math.abs(local.y),
          Math.abs(local.x - b.width),
          Math.abs(local.y - b.height),
        );
        fc.pre(edge > 1e-6);
        const was = contains(b, p);
        expect(contains(move(b, delta), { x: p.x + delta.x, y: p.y + delta.y })).toBe(was);
        const spun = rotateAround({ x: p.x, y: p.y, width: 1, height: 1, rotation: 0 }, pivot, angle);
        expect(contains(rotateAround(b, pivot, angle), spun)).toBe(was);
      }),
    );
  });
});

describe("staying on the image", () => {
  it("moving there and back is the identity", () => {
    fc.assert(fc.property(box, point, (b, d) => expectBox(move(move(b, d), { x: -d.x, y: -d.y }), b)));
  });

  it("pushInside leaves boxes alone that are inside and brings the others in", () => {
    fc.assert(
      fc.property(insideBox, point, (b, d) => {
        expectBox(pushInside(b, canvas), b);
        expect(isInside(pushInside(move(b, d), canvas), canvas)).toBe(true);
      }),
    );
  });

  it("a turn never leaves the image", () => {
    fc.assert(
      fc.property(insideBox, real(0, 360), (b, angle) => {
        expect(isInside(turnInside(b, angle, canvas), canvas)).toBe(true);
      }),
    );
  });
});

it("boxBetween accepts corners in any order", () => {
  fc.assert(
    fc.property(point, point, (a, b) => {
      expect(boxBetween(a, b)).toEqual(boxBetween(b, a));
    }),
  );
});

it("snap puts every edge on a whole pixel and keeps at least one", () => {
  expect(snapToPixels({ x: 1.4, y: 2.6, width: 10.3, height: 0.2, rotation: 0 })).toEqual({
    x: 1,
    y: 3,
    width: 11,
    height: 1,
    rotation: 0,
  });
});
