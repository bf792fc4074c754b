/**
 * Pointer gestures on an image as a state machine. It knows no DOM: the view feeds it pointer positions and it
 * answers through `GestureHost`. Nothing is committed before the pointer goes up, so a gesture is one undo step
 * and `cancel` leaves no trace.
 */
import {
  angleTo,
  type Box,
  boxBetween,
  clampPoint,
  type Handle,
  move,
  pushInside,
  resizeInside,
  turnInside,
} from "../../geometry/box";
import { type Camera, pan, toImage, toImageVector } from "../../geometry/camera";
import { type Bounds, boundsOf, boundsOverlap, distance, type Point, subtract } from "../../geometry/point";
import type { Scene } from "./scene";

export type Mode = "select" | "draw" | "pan";

export interface PointerInput {
  /** CSS pixels from the top left corner of the view. */
  readonly at: Point;
  readonly button: number;
  readonly shift: boolean;
  readonly alt: boolean;
  /** Ctrl or Cmd. */
  readonly ctrl: boolean;
}

export type Grip = { readonly id: string; readonly handle: Handle | "rotate" };

export interface GestureHost {
  readonly scene: Scene;
  camera(): Camera;
  setCamera(camera: Camera): void;
  mode(): Mode;
  /** Space is held: any drag pans. */
  panning(): boolean;
  /** A drag makes a box even in select mode, because a label is picked. */
  armed(): boolean;
  selection(): ReadonlySet<string>;
  /** Handle of a selected shape at a screen point. */
  gripAt(at: Point): Grip | null;
  editable(id: string): boolean;
  select(ids: string[], mode: "set" | "toggle" | "add"): void;
  /** Shows boxes where the gesture has them now; null ends the preview. */
  preview(boxes: ReadonlyMap<string, Box> | null): void;
  draft(box: Box | null): void;
  marquee(bounds: Bounds | null): void;
  commit(boxes: ReadonlyMap<string, Box>, label: string): void;
  create(box: Box): void;
}

/** Movement under this many CSS pixels is a click. */
const SLOP = 3;
/** A box must be this large on the screen, CSS pixels, or it is taken for a slipped click. */
const MIN_BOX = 4;
const ROTATION_STEP = 15;

interface Pressing {
  kind: "pressing";
  start: PointerInput;
  hit: string | null;
  /** The box was selected before the press, so a click asks for the one below it. */
  again: boolean;
  next: "draw" | "move" | "marquee";
}

type State =
  | { kind: "idle" }
  | { kind: "panning"; last: Point }
  | Pressing
  | { kind: "drawing"; anchor: Point }
  | { kind: "moving"; start: Point; boxes: ReadonlyMap<string, Box> }
  | { kind: "resizing"; id: string; handle: Handle; box: Box }
  | { kind: "rotating"; id: string; box: Box; offset: number }
  | { kind: "marquee"; start: Point; base: readonly string[] };

export class PointerGestures {
  private state: State = { kind: "idle" };
  private now: ReadonlyMap<string, Box> | null = null;
  private draftBox: Box | null = null;

  constructor(private readonly host: GestureHost) {}

  get kind(): State["kind"] {
    return this.state.kind;
  }

  get active(): boolean {
    return this.state.kind !== "idle";
  }

  down(p: PointerInput): void {
    this.cancel();
    const { host } = this;
    if (p.button === 1 || host.panning() || host.mode() === "pan") {
      this.state = { kind: "panning", last: p.at };
      return;
    }
    if (p.button !== 0) return;
    const grip = host.gripAt(p.at);
    if (grip && host.editable(grip.id)) {
      this.grab(grip, p.at);
      return;
    }
    const hit = this.pickAt(p.at);
    const onSelected = hit !== null && host.selection().has(hit) && host.mode() !== "draw";
    const draws = (host.mode() === "draw" || host.armed()) && !p.shift && !p.ctrl;
    const next = draws && !onSelected ? "draw" : hit && !p.shift && !p.ctrl ? "move" : "marquee";
    const again = hit !== null && host.selection().size === 1 && host.selection().has(hit);
    if (next === "move" && hit && !onSelected) host.select([hit], "set");
    this.state = { kind: "pressing", start: p, hit, again, next };
  }

  move(p: PointerInput): void {
    const { state, host } = this;
    switch (state.kind) {
      case "idle":
        return;
      case "panning":
        host.setCamera(pan(host.camera(), subtract(p.at, state.last)));
        this.state = { kind: "panning", last: p.at };
        return;
      case "pressing":
        if (distance(p.at, state.start.at) >= SLOP) this.begin(state, p);
        return;
      case "drawing":
        this.drawTo(state.anchor, p);
        return;
      case "moving":
        this.moveBy(state.boxes, toImageVector(host.camera(), subtract(p.at, state.start)), p.shift);
        return;
      case "resizing":
        this.resizeTo(state, p);
        return;
      case "rotating":
        this.rotateTo(state, p);
        return;
      case "marquee":
        host.marquee(boundsOf([toImage(host.camera(), state.start), toImage(host.camera(), p.at)]));
        return;
    }
  }

  up(p: PointerInput): void {
    this.move(p);
    const { state, host, now, draftBox } = this;
    this.state = { kind: "idle" };
    this.now = null;
    this.draftBox = null;
    switch (state.kind) {
      case "pressing":
        this.click(state);
        return;
      case "drawing":
        host.draft(null);
        if (draftBox && this.largeEnough(draftBox)) host.create(draftBox);
        return;
      case "moving":
        if (now) host.commit(now, now.size > 1 ? `move ${now.size} boxes` : "move box");
        host.preview(null);
        return;
      case "resizing":
        if (now) host.commit(now, "resize box");
        host.preview(null);
        return;
      case "rotating":
        if (now) host.commit(now, "rotate box");
        host.preview(null);
        return;
      case "marquee":
        this.selectMarquee(state, p);
        return;
    }
  }

  /** Leaves the running gesture without a trace; false when there was none. */
  cancel(): boolean {
    const was = this.state.kind;
    if (was === "idle") return false;
    this.state = { kind: "idle" };
    this.now = null;
    this.draftBox = null;
    this.host.preview(null);
    this.host.draft(null);
    this.host.marquee(null);
    return was !== "panning";
  }

  /** CSS cursor for the pointer's place. */
  cursor(at: Point): string {
    const { host, state } = this;
    if (state.kind === "panning") return "grabbing";
    if (host.panning() || host.mode() === "pan") return "grab";
    if (state.kind === "moving") return "move";
    if (state.kind === "rotating") return "grabbing";
    const grip = state.kind === "idle" ? host.gripAt(at) : null;
    if (grip && host.editable(grip.id)) return grip.handle === "rotate" ? "grab" : "pointer";
    if (host.mode() === "draw") return "crosshair";
    const hit = this.pickAt(at);
    if (hit && host.selection().has(hit)) return host.editable(hit) ? "move" : "default";
    if (host.armed()) return "crosshair";
    return hit ? "pointer" : "default";
  }

  private begin(state: Pressing, p: PointerInput): void {
    const { host } = this;
    const start = state.start.at;
    if (state.next === "draw") {
      this.state = { kind: "drawing", anchor: toImage(host.camera(), start) };
    } else if (state.next === "move") {
      const boxes = new Map<string, Box>();
      for (const id of host.selection()) {
        const item = host.scene.get(id);
        if (item && host.editable(id)) boxes.set(id, item.box);
      }
      if (boxes.size === 0) return;
      this.state = { kind: "moving", start, boxes };
    } else {
      this.state = { kind: "marquee", start, base: p.shift || p.ctrl ? [...host.selection()] : [] };
    }
    this.move(p);
  }

  private click({ start, hit, again }: Pressing): void {
    const { host } = this;
    if (start.shift || start.ctrl) {
      if (hit) host.select([hit], "toggle");
      return;
    }
    if (hit && again) {
      const below = host.scene.pick(toImage(host.camera(), start.at), this.pad(), hit);
      host.select(below ? [below.id] : [hit], "set");
    } else {
      host.select(hit ? [hit] : [], "set");
    }
  }

  private grab(grip: Grip, at: Point): void {
    const { host } = this;
    const box = host.scene.get(grip.id)?.box;
    if (!box) return;
    const point = toImage(host.camera(), at);
    if (grip.handle === "rotate") {
      this.state = { kind: "rotating", id: grip.id, box, offset: box.rotation - angleTo(box, point) };
    } else {
      this.state = { kind: "resizing", id: grip.id, handle: grip.handle, box };
    }
  }

  private drawTo(anchor: Point, p: PointerInput): void {
    const camera = this.host.camera();
    const size = this.host.scene.imageSize;
    const from = clampPoint(anchor, size);
    let to = clampPoint(toImage(camera, p.at), size);
    if (p.shift) to = square(from, to);
    this.draftBox = boxBetween(from, clampPoint(to, size));
    this.host.draft(this.draftBox);
  }

  private moveBy(boxes: ReadonlyMap<string, Box>, delta: Point, straight: boolean): void {
    const step = straight ? dominant(delta) : delta;
    const size = this.host.scene.imageSize;
    this.show(new Map([...boxes].map(([id, box]) => [id, pushInside(move(box, step), size)])));
  }

  private resizeTo(state: Extract<State, { kind: "resizing" }>, p: PointerInput): void {
    const point = toImage(this.host.camera(), p.at);
    const size = this.host.scene.imageSize;
    this.show(new Map([[state.id, resizeInside(state.box, state.handle, point, size)]]));
  }

  private rotateTo(state: Extract<State, { kind: "rotating" }>, p: PointerInput): void {
    const angle = angleTo(state.box, toImage(this.host.camera(), p.at)) + state.offset;
    const snapped = p.shift ? Math.round(angle / ROTATION_STEP) * ROTATION_STEP : Math.round(angle * 10) / 10;
    this.show(new Map([[state.id, turnInside(state.box, snapped, this.host.scene.imageSize)]]));
  }

  private show(boxes: ReadonlyMap<string, Box>): void {
    this.now = boxes;
    this.host.preview(boxes);
  }

  private selectMarquee(state: Extract<State, { kind: "marquee" }>, p: PointerInput): void {
    const { host } = this;
    host.marquee(null);
    const area = boundsOf([toImage(host.camera(), state.start), toImage(host.camera(), p.at)]);
    const ids = host.scene
      .all()
      .filter((item) => !item.region.hidden && boundsOverlap(item.bounds, area))
      .map((item) => item.id);
    host.select([...new Set([...state.base, ...ids])], "set");
  }

  private pickAt(at: Point): string | null {
    return this.host.scene.pick(toImage(this.host.camera(), at), this.pad())?.id ?? null;
  }

  /** Two CSS pixels of grace around a box, in image pixels. */
  private pad(): number {
    return 2 / this.host.camera().scale;
  }

  private largeEnough(box: Box): boolean {
    const { scale } = this.host.camera();
    return box.width * scale >= MIN_BOX && box.height * scale >= MIN_BOX;
  }
}

function square(from: Point, to: Point): Point {
  const side = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  return { x: from.x + Math.sign(to.x - from.x) * side, y: from.y + Math.sign(to.y - from.y) * side };
}

function dominant(delta: Point): Point {
  return Math.abs(delta.x) >= Math.abs(delta.y) ? { x: delta.x, y: 0 } : { x: 0, y: delta.y };
}
