/** The SVG layer: selected shapes with their handles, the box being drawn, marquee and crosshairs. */
import {
  type Box,
  corners,
  HANDLE_POSITION,
  HANDLES,
  type Handle,
  handlePoint,
  rotationHandlePoint,
} from "../../geometry/box";
import { type Camera, toScreen } from "../../geometry/camera";
import { type Bounds, boundsOf, distance, normalizeDegrees, type Point } from "../../geometry/point";
import { LOCK_PATH, LOCK_WIDTH } from "../dom";
import { CAPTION_HEIGHT, captionTop, highest, shortCaption } from "./painter";
import type { Grip } from "./pointer";
import type { BoxStyle } from "./style";

export interface SelectedShape {
  readonly id: string;
  readonly box: Box;
  readonly style: BoxStyle;
  readonly title: string;
  readonly handles: boolean;
  readonly rotatable: boolean;
}

export interface OverlayInput {
  readonly camera: Camera;
  readonly shapes: readonly SelectedShape[];
  readonly draft: { readonly box: Box; readonly color: string; readonly waiting: boolean } | null;
  readonly marquee: Bounds | null;
  /** Crosshair of the keyboard, image pixels. */
  readonly crosshair: Point | null;
  /** Guide lines through the pointer, CSS pixels. */
  readonly guides: Point | null;
  captionWidth(text: string): number;
}

const NS = "http://www.w3.org/2000/svg";
const HANDLE_SIZE = 9;
/** Reach of a handle around its centre: a 24 px target. */
const REACH = 12;
const ROTATE_GAP = 26;
/** Under this size on the screen only the corner handles are offered, so the box can still be grabbed. */
const ROOM_FOR_SIDES = 36;

export class Overlay {
  private input: OverlayInput | null = null;

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly idPrefix: string,
  ) {}

  static create(idPrefix: string): Overlay {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("class", "ed-image-overlay");
    return new Overlay(svg, idPrefix);
  }

  get element(): SVGSVGElement {
    return this.svg;
  }

  /** Id of the drawn shape, for `aria-activedescendant`. */
  shapeId(regionId: string): string {
    return `${this.idPrefix}-${regionId}`;
  }

  paint(input: OverlayInput): void {
    this.input = input;
    const nodes: Element[] = [];
    if (input.guides) nodes.push(...this.guides(input.guides, input.camera));
    for (const shape of input.shapes) nodes.push(this.shape(shape, input));
    if (input.draft) nodes.push(...this.draft(input.draft, input));
    if (input.marquee) nodes.push(this.marqueeRect(input.marquee, input.camera));
    if (input.crosshair) nodes.push(this.crosshair(toScreen(input.camera, input.crosshair)));
    this.svg.replaceChildren(...nodes);
  }

  /** The handle under a screen point; the nearest one when several overlap. */
  gripAt(at: Point): Grip | null {
    const { input } = this;
    if (!input) return null;
    let best: Grip | null = null;
    let nearest = REACH;
    for (const shape of input.shapes) {
      if (!shape.handles) continue;
      for (const { handle, point } of grips(shape, input.camera)) {
        const d = distance(point, at);
        if (d < nearest) {
          nearest = d;
          best = { id: shape.id, handle };
        }
      }
    }
    return best;
  }

  /** The resize cursor that fits the side a handle lies on, turned with box and image. */
  cursorFor(grip: Grip): string {
    const shape = this.input?.shapes.find((s) => s.id === grip.id);
    if (!shape || !this.input || grip.handle === "rotate") return "grab";
    const at = HANDLE_POSITION[grip.handle];
    const own = (Math.atan2(at.y * 2 - 1, at.x * 2 - 1) * 180) / Math.PI;
    const angle = normalizeDegrees(own + shape.box.rotation + this.input.camera.turn);
    const cursors = ["ew-resize", "nwse-resize", "ns-resize", "nesw-resize"] as const;
    return cursors[Math.round(angle / 45) % 4] ?? "pointer";
  }

  private shape(shape: SelectedShape, input: OverlayInput): Element {
    const { style } = shape;
    const screen = corners(shape.box).map((p) => toScreen(input.camera, p));
    const points = screen.map((p) => `${p.x},${p.y}`).join(" ");
    const group = el("g", {
      id: this.shapeId(shape.id),
      class: "ed-shape",
      role: "img",
      "aria-label": shape.title,
    });
    group.append(el("polygon", { points, class: "ed-shape-halo" }));
    const outline = el("polygon", { points, class: "ed-shape-line" });
    outline.style.stroke = style.stroke;
    outline.style.strokeWidth = `${Math.max(2, style.strokeWidth)}px`;
    outline.style.strokeDasharray = style.dash.join(" ");
    outline.style.fill = style.fill;
    outline.style.fillOpacity = String(style.dash[0] === 1 ? 0 : Math.min(0.3, style.fillOpacity));
    group.append(outline);
    if (style.caption || style.locked) group.append(caption(style, highest(screen), input));
    if (shape.handles) group.append(...this.handles(shape, input.camera));
    return group;
  }

  private handles(shape: SelectedShape, camera: Camera): Element[] {
    const nodes: Element[] = [];
    for (const { handle, point } of grips(shape, camera)) {
      if (handle === "rotate") {
        const foot = toScreen(camera, handlePoint(shape.box, "n"));
        nodes.push(el("line", { x1: foot.x, y1: foot.y, x2: point.x, y2: point.y, class: "ed-handle-stem" }));
        nodes.push(el("circle", { cx: point.x, cy: point.y, r: HANDLE_SIZE / 2 + 0.5, class: "ed-handle" }));
        continue;
      }
      const half = HANDLE_SIZE / 2;
      const square = el("rect", {
        x: point.x - half,
        y: point.y - half,
        width: HANDLE_SIZE,
        height: HANDLE_SIZE,
        rx: 2,
        class: "ed-handle",
        transform: `rotate(${shape.box.rotation + camera.turn} ${point.x} ${point.y})`,
      });
      nodes.push(square);
    }
    return nodes;
  }

  private draft(draft: NonNullable<OverlayInput["draft"]>, input: OverlayInput): Element[] {
    const screen = corners(draft.box).map((p) => toScreen(input.camera, p));
    const bounds = boundsOf(screen);
    const points = screen.map((p) => `${p.x},${p.y}`).join(" ");
    const line = el("polygon", { points, class: `ed-draft${draft.waiting ? " ed-draft-waiting" : ""}` });
    line.style.stroke = draft.color;
    line.style.fill = draft.color;
    const size = el("text", { x: bounds.maxX, y: bounds.maxY + 15, class: "ed-draft-size" });
    size.textContent = `${Math.round(draft.box.width)} × ${Math.round(draft.box.height)}`;
    return [el("polygon", { points, class: "ed-shape-halo" }), line, size];
  }

  private marqueeRect(bounds: Bounds, camera: Camera): Element {
    const b = boundsOf([
      toScreen(camera, { x: bounds.minX, y: bounds.minY }),
      toScreen(camera, { x: bounds.maxX, y: bounds.maxY }),
    ]);
    return el("rect", {
      x: b.minX,
      y: b.minY,
      width: b.maxX - b.minX,
      height: b.maxY - b.minY,
      class: "ed-marquee",
    });
  }

  private crosshair(at: Point): Element {
    const group = el("g", { class: "ed-crosshair" });
    for (const kind of ["ed-crosshair-back", "ed-crosshair-front"]) {
      group.append(
        el("path", {
          class: kind,
          d: `M${at.x - 14} ${at.y}H${at.x - 3}M${at.x + 3} ${at.y}H${at.x + 14}M${at.x} ${at.y - 14}V${at.y - 3}M${at.x} ${at.y + 3}V${at.y + 14}`,
        }),
      );
    }
    return group;
  }

  private guides(at: Point, camera: Camera): Element[] {
    const { width, height } = camera.viewport;
    return [
      el("line", { x1: 0, y1: at.y, x2: width, y2: at.y, class: "ed-guide" }),
      el("line", { x1: at.x, y1: 0, x2: at.x, y2: height, class: "ed-guide" }),
    ];
  }
}

function* grips(
  shape: SelectedShape,
  camera: Camera,
): Generator<{ handle: Handle | "rotate"; point: Point }> {
  const wide = shape.box.width * camera.scale >= ROOM_FOR_SIDES;
  const high = shape.box.height * camera.scale >= ROOM_FOR_SIDES;
  for (const handle of HANDLES) {
    const at = HANDLE_POSITION[handle];
    if ((at.x === 0.5 && !wide) || (at.y === 0.5 && !high)) continue;
    yield { handle, point: toScreen(camera, handlePoint(shape.box, handle)) };
  }
  if (shape.rotatable) {
    yield {
      handle: "rotate",
      point: toScreen(camera, rotationHandlePoint(shape.box, ROTATE_GAP / camera.scale)),
    };
  }
}

function caption(style: BoxStyle, at: Point, input: OverlayInput): Element {
  const label = shortCaption(style);
  const y = captionTop(at);
  const group = el("g", { class: "ed-shape-caption", "aria-hidden": "true" });
  const lock = style.locked ? LOCK_WIDTH : 0;
  const width = input.captionWidth(label) + lock;
  const back = el("rect", { x: at.x - 1, y, width, height: CAPTION_HEIGHT });
  back.style.fill = style.badge;
  const text = el("text", { x: at.x + 4 + lock, y: y + CAPTION_HEIGHT / 2 + 4 });
  text.textContent = label;
  text.style.fill = style.badgeText;
  group.append(back, text);
  if (lock) {
    const sign = el("path", {
      d: LOCK_PATH,
      transform: `translate(${at.x + 4} ${y + 2})`,
      class: "ed-shape-lock",
    });
    sign.style.stroke = style.badgeText;
    group.append(sign);
  }
  return group;
}

function el(name: string, attributes: Record<string, string | number>): SVGElement {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}
