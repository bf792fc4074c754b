/** Paints ruler, grid and regions of a time strip. */
import type { LabelColor } from "../../core/types";
import { LOCK_WIDTH, paintLock } from "../dom";
import { formatTime, type Span, type TimeWindow, ticks, toX, visibleSpan } from "./timeline";

export const RULER_HEIGHT = 22;
const CAPTION_HEIGHT = 18;
const CAPTION_FONT = "600 11px system-ui, sans-serif";
const RULER_FONT = "500 11px system-ui, sans-serif";

export interface PaintedSpan extends Span {
  readonly id: string;
  readonly color: LabelColor;
  readonly caption: string;
  readonly selected: boolean;
  readonly predicted: boolean;
  readonly locked: boolean;
  /** Row of its caption, so that captions of overlapping regions do not cover each other. */
  readonly lane: number;
  readonly handles: boolean;
}

export interface StripColors {
  readonly text: string;
  readonly line: string;
  readonly surface: string;
}

export function paintRuler(ctx: CanvasRenderingContext2D, w: TimeWindow, colors: StripColors): void {
  ctx.font = RULER_FONT;
  ctx.textBaseline = "middle";
  ctx.fillStyle = colors.text;
  for (const tick of ticks(w)) {
    const x = Math.round(toX(w, tick.time));
    ctx.globalAlpha = tick.label ? 0.55 : 0.3;
    ctx.fillRect(x, RULER_HEIGHT - (tick.label ? 8 : 4), 1, tick.label ? 8 : 4);
    ctx.globalAlpha = 1;
    if (!tick.label) continue;
    const width = ctx.measureText(tick.label).width;
    const at = Math.min(x + 4, w.width - width - 2);
    ctx.fillText(tick.label, at, 8);
  }
  ctx.fillStyle = colors.line;
  ctx.fillRect(0, RULER_HEIGHT - 1, w.width, 1);
}

export function paintSpans(
  ctx: CanvasRenderingContext2D,
  w: TimeWindow,
  spans: readonly PaintedSpan[],
  top: number,
  height: number,
): void {
  const seen = visibleSpan(w);
  const visible = spans.filter((span) => span.end >= seen.start && span.start <= seen.end);
  for (const span of visible) if (!span.selected) paintSpan(ctx, w, span, top, height);
  for (const span of visible) if (span.selected) paintSpan(ctx, w, span, top, height);
}

function paintSpan(
  ctx: CanvasRenderingContext2D,
  w: TimeWindow,
  span: PaintedSpan,
  top: number,
  height: number,
): void {
  const left = toX(w, span.start);
  const right = Math.max(left + 2, toX(w, span.end));
  ctx.fillStyle = span.color.soft;
  ctx.fillRect(left, top, right - left, height);
  if (span.selected) ctx.fillRect(left, top, right - left, height);
  ctx.fillStyle = ctx.strokeStyle = span.color.solid;
  ctx.lineWidth = span.selected ? 2 : 1;
  ctx.setLineDash(span.predicted ? [5, 4] : []);
  ctx.beginPath();
  for (const x of [left, right]) {
    ctx.moveTo(Math.round(x), top);
    ctx.lineTo(Math.round(x), top + height);
  }
  if (span.selected) ctx.rect(left, top + 1, right - left, height - 2);
  ctx.stroke();
  ctx.setLineDash([]);
  if (span.handles) {
    for (const x of [left, right]) {
      ctx.beginPath();
      ctx.roundRect(x - 3, top + height / 2 - 12, 6, 24, 3);
      ctx.fill();
    }
  }
  paintCaption(ctx, span, left, right, top + 3 + span.lane * (CAPTION_HEIGHT + 2));
}

function paintCaption(
  ctx: CanvasRenderingContext2D,
  span: PaintedSpan,
  left: number,
  right: number,
  y: number,
): void {
  const text = span.caption;
  const lock = span.locked ? LOCK_WIDTH : 0;
  const from = Math.max(2, left + 3);
  const room = right - from - 3;
  if ((text === "" && !lock) || room < 14) return;
  ctx.font = CAPTION_FONT;
  ctx.textBaseline = "middle";
  const width = Math.min(room, ctx.measureText(text).width + 10 + lock);
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(from, y, width, CAPTION_HEIGHT, 3);
  ctx.fillStyle = span.color.solid;
  ctx.fill();
  ctx.clip();
  ctx.fillStyle = span.color.text;
  if (lock) paintLock(ctx, from + 4, y + 3, span.color.text);
  ctx.fillText(text, from + 5 + lock, y + CAPTION_HEIGHT / 2 + 0.5);
  ctx.restore();
}

/** The region being made, with its length. */
export function paintDraft(
  ctx: CanvasRenderingContext2D,
  w: TimeWindow,
  span: Span,
  look: { color: string; waiting: boolean; text: string },
  top: number,
  height: number,
): void {
  const left = toX(w, span.start);
  const right = toX(w, span.end);
  ctx.fillStyle = look.color;
  ctx.globalAlpha = 0.2;
  ctx.fillRect(left, top, right - left, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = look.color;
  ctx.lineWidth = 2;
  ctx.setLineDash(look.waiting ? [5, 4] : []);
  ctx.strokeRect(left, top + 1, right - left, height - 2);
  ctx.setLineDash([]);
  ctx.font = RULER_FONT;
  ctx.textBaseline = "alphabetic";
  ctx.fillStyle = look.text;
  ctx.fillText(formatTime(span.end - span.start), Math.max(4, left + 5), top + height - 7);
}

/** Caption rows for overlapping spans: each takes the lowest row that is free at its start. */
export function assignLanes(spans: readonly (Span & { id: string })[], rows: number): Map<string, number> {
  const ends: number[] = [];
  const lanes = new Map<string, number>();
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    let lane = ends.findIndex((end) => end <= span.start);
    if (lane === -1) lane = ends.length;
    ends[lane] = span.end;
    lanes.set(span.id, lane % Math.max(1, rows));
  }
  return lanes;
}
