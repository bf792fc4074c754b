/**
 * Rotated boxes in image pixels.
 *
 * A box turns clockwise about its own top-left corner (x, y), measured in pixels and not in percent: on an image
 * that is not square the same angle in percent space would shear the box (compatible with Label Studio 1.x).
 */
import {
  type Bounds,
  boundsOf,
  clamp,
  lerp,
  normalizeDegrees,
  type Point,
  rotatePoint,
  type Size,
  subtract,
  unit,
} from "./point";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Degrees clockwise about (x, y). */
  readonly rotation: number;
}

export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;
export type Handle = (typeof HANDLES)[number];

/** Where a handle sits on the box: 0 = left/top, 0.5 = middle, 1 = right/bottom. */
export const HANDLE_POSITION: Readonly<Record<Handle, Point>> = {
  nw: { x: 0, y: 0 },
  n: { x: 0.5, y: 0 },
  ne: { x: 1, y: 0 },
  e: { x: 1, y: 0.5 },
  se: { x: 1, y: 1 },
  s: { x: 0.5, y: 1 },
  sw: { x: 0, y: 1 },
  w: { x: 0, y: 0.5 },
};

/** Percent coordinates carry ten decimals: a millionth of a pixel, without float dust such as 12.500000000000002. */
const tidy = (value: number): number => Math.round(value * 1e10) / 1e10;

/** Percent (0-100) of the unrotated original → pixels. */
export function toPixels(percent: Box, size: Size): Box {
  return {
    x: (percent.x * size.width) / 100,
    y: (percent.y * size.height) / 100,
    width: (percent.width * size.width) / 100,
    height: (percent.height * size.height) / 100,
    rotation: percent.rotation,
  };
}

/** Pixels → percent (0-100) of the unrotated original. */
export function toPercent(box: Box, size: Size): Box {
  return {
    x: tidy((box.x / size.width) * 100),
    y: tidy((box.y / size.height) * 100),
    width: tidy((box.width / size.width) * 100),
    height: tidy((box.height / size.height) * 100),
    rotation: tidy(normalizeDegrees(box.rotation)),
  };
}

/** The upright box between two opposite corners, in any order. */
export function boxBetween(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
    rotation: 0,
  };
}

/** A point of the box's own frame (0..width, 0..height) on the image. */
export function fromLocal(box: Box, local: Point): Point {
  const { cos, sin } = unit(box.rotation);
  return { x: box.x + local.x * cos - local.y * sin, y: box.y + local.x * sin + local.y * cos };
}

/** A point of the image in the box's own frame. */
export function toLocal(box: Box, point: Point): Point {
  const { cos, sin } = unit(box.rotation);
  const dx = point.x - box.x;
  const dy = point.y - box.y;
  return { x: dx * cos + dy * sin, y: -dx * sin + dy * cos };
}

/** Corners clockwise from the top left one. */
export function corners(box: Box): [Point, Point, Point, Point] {
  return [
    { x: box.x, y: box.y },
    fromLocal(box, { x: box.width, y: 0 }),
    fromLocal(box, { x: box.width, y: box.height }),
    fromLocal(box, { x: 0, y: box.height }),
  ];
}

export function boxBounds(box: Box): Bounds {
  if (box.rotation === 0) {
    return { minX: box.x, minY: box.y, maxX: box.x + box.width, maxY: box.y + box.height };
  }
  return boundsOf(corners(box));
}

export const center = (box: Box): Point => fromLocal(box, { x: box.width / 2, y: box.height / 2 });

export function handlePoint(box: Box, handle: Handle): Point {
  const at = HANDLE_POSITION[handle];
  return fromLocal(box, { x: at.x * box.width, y: at.y * box.height });
}

/** Whether the point lies in the box grown by `pad` pixels on each side. */
export function contains(box: Box, point: Point, pad = 0): boolean {
  const local = toLocal(box, point);
  return local.x >= -pad && local.y >= -pad && local.x <= box.width + pad && local.y <= box.height + pad;
}

export const move = (box: Box, delta: Point): Box => ({
  ...box,
  x: box.x + delta.x,
  y: box.y + delta.y,
});

/** The box turned `degrees` clockwise about a pivot, size kept. */
export function rotateAround(box: Box, pivot: Point, degrees: number): Box {
  const origin = rotatePoint({ x: box.x, y: box.y }, pivot, degrees);
  return { ...box, ...origin, rotation: normalizeDegrees(box.rotation + degrees) };
}

/** The box at angle `degrees`, its centre where it was: what a rotation handle does. */
export function turnTo(box: Box, degrees: number): Box {
  const turned = rotateAround(box, center(box), degrees - box.rotation);
  return { ...turned, rotation: normalizeDegrees(degrees) };
}

/**
 * The box after its handle was dragged to `point`: the opposite side or corner stays where it is, the rotation is
 * kept, and dragging past the opposite side turns the box over instead of making a negative size.
 */
export function resize(box: Box, handle: Handle, point: Point): Box {
  const at = HANDLE_POSITION[handle];
  const local = toLocal(box, point);
  const [left, right] = span(at.x, local.x, box.width);
  const [top, bottom] = span(at.y, local.y, box.height);
  const origin = fromLocal(box, { x: left, y: top });
  return { ...origin, width: right - left, height: bottom - top, rotation: box.rotation };
}

/** The new extent along one axis when the part at `position` (0, 0.5 or 1) moves to `to`. */
function span(position: number, to: number, length: number): [number, number] {
  if (position === 0.5) return [0, length];
  const fixed = position === 0 ? length : 0;
  return to < fixed ? [to, fixed] : [fixed, to];
}

export const isInside = (box: Box, size: Size, slack = 1e-6): boolean => {
  const b = boxBounds(box);
  return (
    b.minX >= -slack && b.minY >= -slack && b.maxX <= size.width + slack && b.maxY <= size.height + slack
  );
};

export const clampPoint = (point: Point, size: Size): Point => ({
  x: clamp(point.x, 0, size.width),
  y: clamp(point.y, 0, size.height),
});

/** The box pushed back onto the image without a change of size; a box larger than the image is centred on it. */
export function pushInside(box: Box, size: Size): Box {
  const b = boxBounds(box);
  return move(box, {
    x: pushBack(b.minX, b.maxX, size.width),
    y: pushBack(b.minY, b.maxY, size.height),
  });
}

function pushBack(low: number, high: number, limit: number): number {
  if (high - low > limit) return limit / 2 - (low + high) / 2;
  if (low < 0) return -low;
  return high > limit ? limit - high : 0;
}

/**
 * `resize` that stays on the image. An upright box follows the clamped pointer. A turned box stops at the last
 * point on the handle's way at which all four corners are still on the image.
 */
export function resizeInside(box: Box, handle: Handle, point: Point, size: Size): Box {
  if (box.rotation % 90 === 0) return resize(box, handle, clampPoint(point, size));
  const wanted = resize(box, handle, point);
  if (isInside(wanted, size) || !isInside(box, size)) return wanted;
  const start = handlePoint(box, handle);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (isInside(resize(box, handle, lerp(start, point, middle)), size)) low = middle;
    else high = middle;
  }
  return resize(box, handle, lerp(start, point, low));
}

/** `turnTo` that stays on the image: pushed back when it fits at that angle, else left as it was. */
export function turnInside(box: Box, degrees: number, size: Size): Box {
  const turned = turnTo(box, degrees);
  if (isInside(turned, size) || !isInside(box, size)) return turned;
  const pushed = pushInside(turned, size);
  return isInside(pushed, size) ? pushed : box;
}

/** The box with its edges on whole pixels (`snap="pixel"`), at least one pixel wide and high. */
export function snapToPixels(box: Box): Box {
  const x = Math.round(box.x);
  const y = Math.round(box.y);
  if (box.rotation !== 0) {
    return { ...box, x, y, width: whole(box.width), height: whole(box.height) };
  }
  const right = Math.round(box.x + box.width);
  const bottom = Math.round(box.y + box.height);
  return { ...box, x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

const whole = (length: number): number => Math.max(1, Math.round(length));

/** Degrees from the box's centre to a point, 0 = straight up, clockwise: the angle under a rotation handle. */
export function angleTo(box: Box, point: Point): number {
  const d = subtract(point, center(box));
  return normalizeDegrees((Math.atan2(d.y, d.x) * 180) / Math.PI + 90);
}

/** Where a rotation handle sits: above the middle of the top side, `gap` pixels away. */
export function rotationHandlePoint(box: Box, gap: number): Point {
  return fromLocal(box, { x: box.width / 2, y: -gap });
}
