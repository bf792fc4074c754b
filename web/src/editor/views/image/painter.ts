/** Paints boxes on a canvas. Boxes in a gesture live in the SVG overlay alone, so a drag never repaints this layer. */
import { corners } from "../../geometry/box";
import { type Camera, toScreen, visibleBounds } from "../../geometry/camera";
import type { Point } from "../../geometry/point";
import { LOCK_WIDTH, paintLock } from "../dom";
import type { Scene, SceneItem } from "./scene";
import type { BoxStyle } from "./style";

export interface GridOptions {
  /** Distance of lines in image pixels. */
  readonly step: number;
  readonly color: string;
}

export interface PaintInput {
  readonly scene: Scene;
  readonly camera: Camera;
  readonly dpr: number;
  /** Boxes that a gesture has in hand. */
  readonly skip: ReadonlySet<string>;
  readonly grid: GridOptions | null;
  style(item: SceneItem): BoxStyle;
}

export const CAPTION_FONT = "600 11px system-ui, sans-serif";
export const CAPTION_HEIGHT = 16;
const CAPTION_PAD = 5;
const MAX_CAPTION_CHARS = 28;
/** With so many boxes in sight only boxes wide enough for a word carry their caption. */
const CROWDED = 150;
const CROWDED_WIDTH = 44;

export class Painter {
  private readonly ctx: CanvasRenderingContext2D | null;
  private readonly widths = new Map<string, number>();

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.ctx = canvas.getContext("2d");
  }

  /** Fits the bitmap to the viewport and the device pixels. */
  resize(width: number, height: number, dpr: number): void {
    this.canvas.width = Math.max(1, Math.round(width * dpr));
    this.canvas.height = Math.max(1, Math.round(height * dpr));
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  paint(input: PaintInput): void {
    const { ctx } = this;
    if (!ctx) return;
    const { camera, dpr } = input;
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, camera.viewport.width, camera.viewport.height);
    if (input.grid) this.paintGrid(ctx, camera, input.grid);
    const items = input.scene
      .inside(visibleBounds(camera))
      .filter((item) => !item.region.hidden && !input.skip.has(item.id));
    const crowded = items.length > CROWDED;
    const captions: [SceneItem, BoxStyle, Point][] = [];
    for (const item of items) {
      const style = input.style(item);
      const screen = corners(item.box).map((corner) => toScreen(camera, corner));
      paintOutline(ctx, screen, style);
      const width = item.box.width * camera.scale;
      if ((style.caption || style.locked) && width > (crowded ? CROWDED_WIDTH : 12))
        captions.push([item, style, highest(screen)]);
    }
    ctx.setLineDash([]);
    for (const [, style, at] of captions) this.paintCaption(ctx, style, at);
  }

  /** Width of a caption badge in CSS pixels. */
  captionWidth(text: string): number {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.ctx) this.ctx.font = CAPTION_FONT;
      width = (this.ctx?.measureText(text).width ?? text.length * 6) + 2 * CAPTION_PAD;
      this.widths.set(text, width);
    }
    return width;
  }

  private paintCaption(ctx: CanvasRenderingContext2D, style: BoxStyle, at: Point): void {
    const text = shortCaption(style);
    const lock = style.locked ? LOCK_WIDTH : 0;
    const x = at.x - style.strokeWidth / 2;
    const y = captionTop(at);
    ctx.fillStyle = style.badge;
    ctx.fillRect(x, y, this.captionWidth(text) + lock, CAPTION_HEIGHT);
    if (lock) paintLock(ctx, x + CAPTION_PAD, y + 2, style.badgeText);
    ctx.font = CAPTION_FONT;
    ctx.textBaseline = "middle";
    ctx.fillStyle = style.badgeText;
    ctx.fillText(text, x + CAPTION_PAD + lock, y + CAPTION_HEIGHT / 2 + 0.5);
  }

  private paintGrid(ctx: CanvasRenderingContext2D, camera: Camera, grid: GridOptions): void {
    if (grid.step * camera.scale < 4) return;
    const { width, height } = camera.image;
    ctx.beginPath();
    for (let x = grid.step; x < width; x += grid.step) {
      line(ctx, toScreen(camera, { x, y: 0 }), toScreen(camera, { x, y: height }));
    }
    for (let y = grid.step; y < height; y += grid.step) {
      line(ctx, toScreen(camera, { x: 0, y }), toScreen(camera, { x: width, y }));
    }
    ctx.lineWidth = 1;
    ctx.setLineDash([]);
    ctx.strokeStyle = grid.color;
    ctx.stroke();
  }
}

function paintOutline(ctx: CanvasRenderingContext2D, screen: readonly Point[], style: BoxStyle): void {
  ctx.beginPath();
  for (const [i, p] of screen.entries()) {
    if (i === 0) ctx.moveTo(p.x, p.y);
    else ctx.lineTo(p.x, p.y);
  }
  ctx.closePath();
  if (style.fillOpacity > 0) {
    ctx.globalAlpha = style.fillOpacity;
    ctx.fillStyle = style.fill;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  if (style.strokeWidth > 0) {
    ctx.setLineDash([]);
    ctx.lineWidth = style.strokeWidth + 1.5;
    ctx.strokeStyle = style.rim;
    ctx.stroke();
    ctx.lineWidth = style.strokeWidth;
    ctx.strokeStyle = style.stroke;
    ctx.setLineDash(style.dash as number[]);
    ctx.stroke();
  }
}

function line(ctx: CanvasRenderingContext2D, from: Point, to: Point): void {
  ctx.moveTo(Math.round(from.x) + 0.5, Math.round(from.y) + 0.5);
  ctx.lineTo(Math.round(to.x) + 0.5, Math.round(to.y) + 0.5);
}

/** The corner a caption hangs on: the highest, the left one of two. */
export function highest(points: readonly Point[]): Point {
  return points.reduce((best, p) =>
    p.y < best.y - 0.5 || (Math.abs(p.y - best.y) <= 0.5 && p.x < best.x) ? p : best,
  );
}

/** Above the corner, or below it at the top edge of the view. */
export const captionTop = (at: Point): number =>
  at.y - CAPTION_HEIGHT < 0 ? Math.max(0, at.y) : at.y - CAPTION_HEIGHT;

export function shortCaption({ caption }: BoxStyle): string {
  return caption.length > MAX_CAPTION_CHARS ? `${caption.slice(0, MAX_CAPTION_CHARS - 1)}…` : caption;
}
