/**
 * Drawing and adjusting boxes with the keyboard alone, as a state machine without DOM.
 *
 * Arrows move a crosshair; Enter sets the first corner and, pressed again, the opposite one. With boxes selected the
 * arrows nudge them, with Alt they move the right / lower side. A held arrow key is one undo step: the boxes are
 * committed when the key goes up.
 */
import {
  type Box,
  boxBetween,
  clampPoint,
  HANDLE_POSITION,
  type Handle,
  handlePoint,
  move,
  pushInside,
  resizeInside,
} from "../../geometry/box";
import { type Camera, toImage, toImageVector } from "../../geometry/camera";
import { add, type Point, rotatePoint } from "../../geometry/point";
import { turnedToOriginalVector } from "../../geometry/turn";
import type { Scene } from "./scene";

export interface KeyInput {
  readonly key: string;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

export interface KeyboardHost {
  readonly scene: Scene;
  camera(): Camera;
  canDraw(): boolean;
  selection(): ReadonlySet<string>;
  editable(id: string): boolean;
  select(ids: string[], mode: "set"): void;
  preview(boxes: ReadonlyMap<string, Box> | null): void;
  draft(box: Box | null): void;
  crosshair(at: Point | null): void;
  commit(boxes: ReadonlyMap<string, Box>, label: string): void;
  create(box: Box): void;
  announce(text: string): void;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
/** Steps of the crosshair in CSS pixels, so that they feel the same at any zoom. */
const STEP = 5;
const BIG_STEP = 50;
/** Steps of a nudge in image pixels, so that they are exact. */
const NUDGE = 1;
const BIG_NUDGE = 10;

export class KeyboardDrawing {
  /** Crosshair, image pixels; null until the first arrow. */
  private at: Point | null = null;
  private anchor: Point | null = null;
  private nudged: Map<string, Box> | null = null;
  private nudgeLabel = "";

  constructor(private readonly host: KeyboardHost) {}

  get drawing(): boolean {
    return this.anchor !== null;
  }

  /** True when the key was used. */
  keyDown(k: KeyInput): boolean {
    if (k.ctrl) return false;
    const direction = ARROWS[k.key];
    if (direction) return this.arrow(direction, k);
    if (k.key === "Enter") return this.enter();
    if (k.key === "Escape") return this.cancel();
    return false;
  }

  keyUp(key: string): void {
    if (ARROWS[key]) this.flush();
  }

  /** Commits nudges that still wait for their key to go up. */
  flush(): void {
    const boxes = this.nudged;
    if (!boxes) return;
    this.nudged = null;
    this.host.commit(boxes, this.nudgeLabel);
    this.host.preview(null);
    const [box] = boxes.values();
    if (boxes.size === 1 && box) this.host.announce(describe(box));
  }

  /** Drops a half-drawn box, then the crosshair. */
  cancel(): boolean {
    if (this.anchor) {
      this.anchor = null;
      this.host.draft(null);
      this.host.announce("Box cancelled");
      return true;
    }
    if (this.at) {
      this.at = null;
      this.host.crosshair(null);
      return true;
    }
    return false;
  }

  private arrow(direction: Point, k: KeyInput): boolean {
    const editable = this.anchor ? [] : [...this.host.selection()].filter((id) => this.isMovable(id));
    if (editable.length > 0) {
      if (k.alt) this.resizeBy(editable, direction, k.shift);
      else this.nudge(editable, direction, k.shift);
      return true;
    }
    if (!this.host.canDraw()) return false;
    this.moveCrosshair(direction, k);
    return true;
  }

  private isMovable(id: string): boolean {
    return this.host.scene.get(id) !== undefined && this.host.editable(id);
  }

  private moveCrosshair(direction: Point, k: KeyInput): void {
    const camera = this.host.camera();
    const from = this.at ?? this.start();
    const step = k.alt ? 0 : k.shift ? BIG_STEP : STEP;
    const length = Math.max(step, camera.scale); // at least one image pixel
    const delta = toImageVector(camera, { x: direction.x * length, y: direction.y * length });
    this.at = clampPoint(add(from, delta), this.host.scene.imageSize);
    this.host.crosshair(this.at);
    if (this.anchor) this.host.draft(boxBetween(this.anchor, this.at));
  }

  /** The crosshair begins in the middle of what can be seen. */
  private start(): Point {
    const camera = this.host.camera();
    const middle = toImage(camera, { x: camera.viewport.width / 2, y: camera.viewport.height / 2 });
    return clampPoint(middle, this.host.scene.imageSize);
  }

  private enter(): boolean {
    if (!this.host.canDraw()) return false;
    if (!this.at) {
      this.at = this.start();
      this.host.crosshair(this.at);
    }
    if (!this.anchor) {
      this.host.select([], "set");
      this.anchor = this.at;
      this.host.draft(boxBetween(this.anchor, this.at));
      this.host.announce(
        `Box started at ${Math.round(this.at.x)}, ${Math.round(this.at.y)}. Move with the arrow keys, Enter to finish.`,
      );
      return true;
    }
    const box = boxBetween(this.anchor, this.at);
    if (box.width < 1 || box.height < 1) {
      this.host.announce("The box has no size yet. Move the crosshair with the arrow keys.");
      return true;
    }
    this.anchor = null;
    this.host.draft(null);
    this.host.create(box);
    return true;
  }

  private nudge(ids: readonly string[], direction: Point, big: boolean): void {
    const step = turnedToOriginalVector(direction, this.host.camera().turn);
    const length = big ? BIG_NUDGE : NUDGE;
    const delta = { x: step.x * length, y: step.y * length };
    this.adjust(ids, "nudge box", (box) => pushInside(move(box, delta), this.host.scene.imageSize));
  }

  private resizeBy(ids: readonly string[], direction: Point, big: boolean): void {
    const side = direction.x !== 0 ? { x: 1, y: 0 } : { x: 0, y: 1 };
    const { turn } = this.host.camera();
    const outward = turnedToOriginalVector(side, turn);
    const length = (direction.x + direction.y) * (big ? BIG_NUDGE : NUDGE);
    this.adjust(ids, "resize box", (box) => {
      const handle = facing(box, outward);
      const at = HANDLE_POSITION[handle];
      const along = rotatePoint({ x: at.x * 2 - 1, y: at.y * 2 - 1 }, { x: 0, y: 0 }, box.rotation);
      const to = add(handlePoint(box, handle), { x: along.x * length, y: along.y * length });
      const grown = resizeInside(box, handle, to, this.host.scene.imageSize);
      return grown.width < 1 || grown.height < 1 ? box : grown;
    });
  }

  private adjust(ids: readonly string[], label: string, change: (box: Box) => Box): void {
    if (this.nudged && this.nudgeLabel !== label) this.flush();
    const next = new Map<string, Box>();
    for (const id of ids) {
      const box = this.nudged?.get(id) ?? this.host.scene.get(id)?.box;
      if (box) next.set(id, change(box));
    }
    this.nudged = next;
    this.nudgeLabel = label;
    this.host.preview(next);
  }
}

/** The side handle of a box that looks most in a direction of the image. */
function facing(box: Box, outward: Point): Handle {
  const sides: readonly Handle[] = ["e", "s", "w", "n"];
  let best: Handle = "e";
  let most = -Infinity;
  for (const handle of sides) {
    const at = HANDLE_POSITION[handle];
    const normal = rotatePoint({ x: at.x * 2 - 1, y: at.y * 2 - 1 }, { x: 0, y: 0 }, box.rotation);
    const agreement = normal.x * outward.x + normal.y * outward.y;
    if (agreement > most + 1e-9) {
      most = agreement;
      best = handle;
    }
  }
  return best;
}

export function describe(box: Box): string {
  const turned = box.rotation === 0 ? "" : `, turned ${Math.round(box.rotation)}°`;
  return `${Math.round(box.width)} × ${Math.round(box.height)} px at ${Math.round(box.x)}, ${Math.round(box.y)}${turned}`;
}
