/** A fake pointer and keyboard over a real store and scene, without a page. */
import type { Region } from "../../core/types";
import { type Box, toPercent } from "../../geometry/box";
import { type Camera, fitView, toScreen } from "../../geometry/camera";
import type { Point } from "../../geometry/point";
import type { Turn } from "../../geometry/turn";
import { storeFor } from "../../testing/fixtures";
import { KeyboardDrawing, type KeyboardHost } from "./keyboard";
import { type GestureHost, type Grip, type Mode, PointerGestures } from "./pointer";
import { Scene } from "./scene";

export const SIZE = { width: 1000, height: 500 };
const CONFIG = `<View><Image name="img" value="$image"/><RectangleLabels name="box" toName="img">
  <Label value="Car"/><Label value="Sign"/></RectangleLabels></View>`;

export function boxItem(id: string, value: Box, more: Record<string, unknown> = {}) {
  return {
    id,
    from_name: "box",
    to_name: "img",
    type: "rectanglelabels",
    value: { ...toPercent(value, SIZE), rectanglelabels: ["Car"] },
    origin: "manual",
    ...more,
  };
}

/** Two boxes in pixels of a 1000 × 500 image; b lies inside a. */
export const A: Box = { x: 100, y: 100, width: 400, height: 200, rotation: 0 };
export const B: Box = { x: 200, y: 150, width: 50, height: 40, rotation: 0 };

export class Bench implements GestureHost, KeyboardHost {
  readonly store;
  readonly scene: Scene;
  readonly pointer = new PointerGestures(this);
  readonly keys = new KeyboardDrawing(this);
  readonly said: string[] = [];
  view: Camera;
  current: Mode = "select";
  space = false;
  isArmed = false;
  readOnly = false;
  grip: Grip | null = null;
  shown: ReadonlyMap<string, Box> | null = null;
  drawn: Box | null = null;
  made: Box[] = [];
  cross: Point | null = null;

  constructor(turn: Turn = 0, items = [boxItem("a", A), boxItem("b", B)]) {
    this.store = storeFor(CONFIG, items);
    this.scene = new Scene(this.store, "img", SIZE, null);
    this.store.subscribe((change) => this.scene.refresh(change.ids));
    const viewport = { width: 500, height: 500 };
    this.view = fitView({ image: SIZE, viewport, turn, scale: 1, tx: 0, ty: 0 });
  }

  camera = () => this.view;
  setCamera = (camera: Camera) => {
    this.view = camera;
  };
  mode = () => this.current;
  panning = () => this.space;
  armed = () => this.isArmed;
  canDraw = () => !this.readOnly;
  selection = () => this.store.selection;
  gripAt = () => this.grip;
  editable = (id: string) => !this.readOnly && !this.store.regions.get(id)?.locked;
  select = (ids: string[], mode: "set" | "toggle" | "add" = "set") => this.store.select(ids, mode);
  preview = (boxes: ReadonlyMap<string, Box> | null) => {
    this.shown = boxes;
  };
  draft = (box: Box | null) => {
    this.drawn = box;
  };
  marquee = () => undefined;
  crosshair = (at: Point | null) => {
    this.cross = at;
  };
  announce = (text: string) => this.said.push(text);
  create = (box: Box) => this.made.push(box);
  commit = (boxes: ReadonlyMap<string, Box>, label: string) => {
    const ops = [...boxes].map(([id, box]) => {
      const before = this.store.regions.get(id) as Region;
      return { id, before, after: { ...before, shape: { kind: "box" as const, ...toPercent(box, SIZE) } } };
    });
    this.store.apply(ops, label);
  };

  /** Drags from one image point to another, through the points between. */
  drag(from: Point, ...to: Point[]): void {
    this.down(from);
    for (const p of to) this.pointer.move(this.input(p));
    this.pointer.up(this.input(to.at(-1) ?? from));
  }

  down(at: Point, keys: Partial<{ shift: boolean; ctrl: boolean; button: number }> = {}): void {
    this.pointer.down(this.input(at, keys));
  }

  click(at: Point, keys: Partial<{ shift: boolean; ctrl: boolean }> = {}): void {
    this.down(at, keys);
    this.pointer.up(this.input(at, keys));
  }

  input(at: Point, keys: Partial<{ shift: boolean; ctrl: boolean; button: number }> = {}) {
    return { at: toScreen(this.view, at), button: 0, shift: false, alt: false, ctrl: false, ...keys };
  }

  key(key: string, keys: Partial<{ shift: boolean; alt: boolean; ctrl: boolean }> = {}): boolean {
    return this.keys.keyDown({ key, shift: false, alt: false, ctrl: false, ...keys });
  }

  /** Press and let go. */
  tap(key: string, keys: Partial<{ shift: boolean; alt: boolean; ctrl: boolean }> = {}): boolean {
    const used = this.key(key, keys);
    this.keys.keyUp(key);
    return used;
  }

  box(id: string): Box {
    return this.scene.get(id)?.box as Box;
  }
}
