/** The camera over an image: which part of it the viewport shows, and at which scale and quarter turn. */
import { type Bounds, boundsOf, clamp, type Point, type Size } from "./point";
import { originalToTurned, type Turn, turnedSize, turnedToOriginal, turnedToOriginalVector } from "./turn";

export interface Camera {
  /** Natural size of the unrotated image, pixels. */
  readonly image: Size;
  /** Size of the window onto it, CSS pixels. */
  readonly viewport: Size;
  readonly turn: Turn;
  /** CSS pixels per image pixel. */
  readonly scale: number;
  /** Screen position of the turned image's top left corner, CSS pixels. */
  readonly tx: number;
  readonly ty: number;
}

export const MAX_SCALE = 64;
/** So much of the image stays in sight, CSS pixels: a picture cannot be lost by panning. */
const KEEP_IN_SIGHT = 48;

export type Align = "left" | "center" | "right" | "top" | "bottom";
export interface FitOptions {
  readonly margin?: number;
  readonly horizontal?: Align;
  readonly vertical?: Align;
  /** Small images are not blown up beyond their own size. */
  readonly onlyShrink?: boolean;
}

export function toScreen(camera: Camera, p: Point): Point {
  const turned = originalToTurned(p, camera.turn, camera.image);
  return { x: turned.x * camera.scale + camera.tx, y: turned.y * camera.scale + camera.ty };
}

export function toImage(camera: Camera, p: Point): Point {
  const turned = { x: (p.x - camera.tx) / camera.scale, y: (p.y - camera.ty) / camera.scale };
  return turnedToOriginal(turned, camera.turn, camera.image);
}

/** A screen distance (dx, dy) in CSS pixels as a distance on the original, image pixels. */
export function toImageVector(camera: Camera, v: Point): Point {
  return turnedToOriginalVector({ x: v.x / camera.scale, y: v.y / camera.scale }, camera.turn);
}

/** The six numbers of `CanvasRenderingContext2D.setTransform`: original image pixels → CSS pixels × `dpr`. */
export function transform(camera: Camera, dpr = 1): [number, number, number, number, number, number] {
  const origin = toScreen(camera, { x: 0, y: 0 });
  const right = toScreen(camera, { x: 1, y: 0 });
  const down = toScreen(camera, { x: 0, y: 1 });
  return [
    (right.x - origin.x) * dpr,
    (right.y - origin.y) * dpr,
    (down.x - origin.x) * dpr,
    (down.y - origin.y) * dpr,
    origin.x * dpr,
    origin.y * dpr,
  ];
}

/** The part of the original that can be seen, image pixels. */
export function visibleBounds(camera: Camera): Bounds {
  const { width, height } = camera.viewport;
  return boundsOf([toImage(camera, { x: 0, y: 0 }), toImage(camera, { x: width, y: height })]);
}

/** The scale at which the whole image just fits. */
export function fitScale(camera: Camera, options: FitOptions = {}): number {
  const margin = options.margin ?? 0;
  const size = turnedSize(camera.image, camera.turn);
  const room = {
    width: Math.max(1, camera.viewport.width - 2 * margin),
    height: Math.max(1, camera.viewport.height - 2 * margin),
  };
  const scale = Math.min(room.width / size.width, room.height / size.height);
  return options.onlyShrink ? Math.min(1, scale) : scale;
}

/** The whole image in the viewport. */
export function fitView(camera: Camera, options: FitOptions = {}): Camera {
  return place({ ...camera, scale: fitScale(camera, options) }, options);
}

/** The image at a scale, set against the sides of the viewport. */
export function place(camera: Camera, options: FitOptions = {}): Camera {
  const margin = options.margin ?? 0;
  const size = turnedSize(camera.image, camera.turn);
  return {
    ...camera,
    tx: aligned(camera.viewport.width, size.width * camera.scale, margin, options.horizontal),
    ty: aligned(camera.viewport.height, size.height * camera.scale, margin, options.vertical),
  };
}

function aligned(room: number, length: number, margin: number, align: Align = "center"): number {
  if (align === "left" || align === "top") return margin;
  if (align === "right" || align === "bottom") return room - margin - length;
  return (room - length) / 2;
}

/** Zoom by `factor`; the image point under `anchor` (CSS pixels) stays under it. */
export function zoomAt(camera: Camera, anchor: Point, factor: number, minScale: number): Camera {
  const scale = clamp(camera.scale * factor, Math.min(minScale, MAX_SCALE), MAX_SCALE);
  const k = scale / camera.scale;
  return keepInSight({
    ...camera,
    scale,
    tx: anchor.x - (anchor.x - camera.tx) * k,
    ty: anchor.y - (anchor.y - camera.ty) * k,
  });
}

export function pan(camera: Camera, delta: Point): Camera {
  return keepInSight({ ...camera, tx: camera.tx + delta.x, ty: camera.ty + delta.y });
}

/** Moves the camera so that some of the image stays in the viewport. */
export function keepInSight(camera: Camera): Camera {
  const size = turnedSize(camera.image, camera.turn);
  return {
    ...camera,
    tx: inSight(camera.tx, size.width * camera.scale, camera.viewport.width),
    ty: inSight(camera.ty, size.height * camera.scale, camera.viewport.height),
  };
}

function inSight(offset: number, length: number, room: number): number {
  const keep = Math.min(KEEP_IN_SIGHT, length, room);
  return clamp(offset, keep - length, room - keep);
}

/** The least pan that brings the bounds (image pixels) into view, zooming out only when they do not fit. */
export function reveal(camera: Camera, bounds: Bounds, margin = 24): Camera {
  const screen = boundsOf([
    toScreen(camera, { x: bounds.minX, y: bounds.minY }),
    toScreen(camera, { x: bounds.maxX, y: bounds.maxY }),
  ]);
  const room = { width: camera.viewport.width - 2 * margin, height: camera.viewport.height - 2 * margin };
  const shrink = Math.min(
    1,
    room.width / Math.max(1, screen.maxX - screen.minX),
    room.height / Math.max(1, screen.maxY - screen.minY),
  );
  if (shrink < 1) {
    const middle = { x: (screen.minX + screen.maxX) / 2, y: (screen.minY + screen.maxY) / 2 };
    return reveal(zoomAt(camera, middle, shrink, 0), bounds, margin - 1);
  }
  return {
    ...camera,
    tx: camera.tx + shift(screen.minX, screen.maxX, margin, camera.viewport.width - margin),
    ty: camera.ty + shift(screen.minY, screen.maxY, margin, camera.viewport.height - margin),
  };
}

function shift(low: number, high: number, from: number, to: number): number {
  if (low < from) return from - low;
  return high > to ? to - high : 0;
}
