/** Quarter turns of a whole image: the picture on the screen ↔ the unrotated original that results are stored in. */
import type { Point, Size } from "./point";

/** Degrees clockwise by which the image is shown turned. */
export type Turn = 0 | 90 | 180 | 270;

export function asTurn(value: unknown): Turn {
  const degrees = Number(value);
  if (!Number.isFinite(degrees)) return 0;
  return ((((Math.round(degrees / 90) * 90) % 360) + 360) % 360) as Turn;
}

export const turnBy = (turn: Turn, degrees: number): Turn => asTurn(turn + degrees);

/** Size of the turned image. */
export const turnedSize = (size: Size, turn: Turn): Size =>
  turn % 180 === 0 ? size : { width: size.height, height: size.width };

/** A point of the original → the same point on the turned image. `size` is the original's. */
export function originalToTurned(p: Point, turn: Turn, size: Size): Point {
  switch (turn) {
    case 0:
      return p;
    case 90:
      return { x: size.height - p.y, y: p.x };
    case 180:
      return { x: size.width - p.x, y: size.height - p.y };
    case 270:
      return { x: p.y, y: size.width - p.x };
  }
}

/** A point of the turned image → the same point on the original. `size` is the original's. */
export function turnedToOriginal(p: Point, turn: Turn, size: Size): Point {
  switch (turn) {
    case 0:
      return p;
    case 90:
      return { x: p.y, y: size.height - p.x };
    case 180:
      return { x: size.width - p.x, y: size.height - p.y };
    case 270:
      return { x: size.width - p.y, y: p.x };
  }
}

/** A direction on the turned image → the same direction on the original. */
export function turnedToOriginalVector(v: Point, turn: Turn): Point {
  switch (turn) {
    case 0:
      return v;
    case 90:
      return { x: v.y, y: -v.x };
    case 180:
      return { x: -v.x, y: -v.y };
    case 270:
      return { x: -v.y, y: v.x };
  }
}
