/** Time ↔ pixels of a strip that shows part of a recording. Times are seconds, lengths CSS pixels. */
import { clamp } from "../../geometry/point";

export interface TimeWindow {
  readonly duration: number;
  readonly width: number;
  /** Time at the left edge. */
  readonly start: number;
  readonly pxPerSecond: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export const MAX_PX_PER_SECOND = 4000;

/** The whole recording in the strip. */
export function wholeWindow(duration: number, width: number): TimeWindow {
  return { duration, width, start: 0, pxPerSecond: width / Math.max(duration, 1e-6) };
}

export const toX = (w: TimeWindow, time: number): number => (time - w.start) * w.pxPerSecond;
export const toTime = (w: TimeWindow, x: number): number => clamp(w.start + x / w.pxPerSecond, 0, w.duration);
export const visibleSpan = (w: TimeWindow): Span => ({
  start: w.start,
  end: w.start + w.width / w.pxPerSecond,
});
export const fitPxPerSecond = (w: TimeWindow): number => w.width / Math.max(w.duration, 1e-6);
export const isWhole = (w: TimeWindow): boolean => w.pxPerSecond <= fitPxPerSecond(w) * 1.0001;

export function scrollTo(w: TimeWindow, start: number): TimeWindow {
  return { ...w, start: clamp(start, 0, Math.max(0, w.duration - w.width / w.pxPerSecond)) };
}

/** Zoom by `factor`; the time under `x` stays under it while the ends of the recording allow that. */
export function zoomTime(w: TimeWindow, x: number, factor: number): TimeWindow {
  const fit = fitPxPerSecond(w);
  const pxPerSecond = clamp(w.pxPerSecond * factor, fit, Math.max(fit, MAX_PX_PER_SECOND));
  const anchor = w.start + x / w.pxPerSecond;
  return scrollTo({ ...w, pxPerSecond }, anchor - x / pxPerSecond);
}

/** Another strip width: zoomed-in strips keep their scale, the others still show everything. */
export function resizeWindow(w: TimeWindow, width: number): TimeWindow {
  if (isWhole(w)) return wholeWindow(w.duration, width);
  const fit = width / Math.max(w.duration, 1e-6);
  return scrollTo({ ...w, width, pxPerSecond: Math.max(fit, w.pxPerSecond) }, w.start);
}

/** The least scroll that brings the span into sight; its start wins when it is longer than the strip. */
export function revealSpan(w: TimeWindow, span: Span, margin = 24): TimeWindow {
  const pad = margin / w.pxPerSecond;
  const seen = visibleSpan(w);
  if (span.start - pad < seen.start) return scrollTo(w, span.start - pad);
  if (span.end + pad > seen.end) {
    return scrollTo(w, Math.min(span.end + pad - w.width / w.pxPerSecond, span.start - pad));
  }
  return w;
}

const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600,
];

export interface Tick {
  readonly time: number;
  readonly label: string | null;
}

/** Ruler marks of the visible part: a label at least every `minGap` pixels, four or five small marks between. */
export function ticks(w: TimeWindow, minGap = 84): Tick[] {
  const step = STEPS.find((s) => s * w.pxPerSecond >= minGap) ?? 7200;
  const parts = step * w.pxPerSecond > 120 ? 10 : 5;
  const minor = step / parts;
  const seen = visibleSpan(w);
  const marks: Tick[] = [];
  for (
    let i = Math.ceil(seen.start / minor - 1e-9);
    i * minor <= Math.min(seen.end, w.duration) + 1e-9;
    i++
  ) {
    marks.push({ time: i * minor, label: i % parts === 0 ? formatTime(i * minor, decimals(step)) : null });
  }
  return marks;
}

const decimals = (step: number): number => (step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3);

/** 83.4 → "1:23.400" (h:mm:ss from an hour on). */
export function formatTime(seconds: number, digits = 3): string {
  const unit = 10 ** digits;
  const total = Math.round(Math.max(0, seconds) * unit);
  const rest = total % unit;
  const whole = (total - rest) / unit;
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const clock = hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return digits === 0 ? clock : `${clock}.${String(rest).padStart(digits, "0")}`;
}

/** Times written to results: a tenth of a millisecond is finer than any ear and free of float dust. */
export const tidyTime = (seconds: number): number => Math.round(seconds * 1e4) / 1e4;

export const orderedSpan = (a: number, b: number): Span =>
  a <= b ? { start: a, end: b } : { start: b, end: a };

/** The span moved by `delta`, its length kept, inside the recording. */
export function moveSpan(span: Span, delta: number, duration: number): Span {
  const shift = clamp(delta, -span.start, Math.max(-span.start, duration - span.end));
  return { start: span.start + shift, end: span.end + shift };
}

/** The span with one edge at `time`; dragging past the other edge turns it over. */
export function resizeSpan(span: Span, edge: "start" | "end", time: number): Span {
  return orderedSpan(edge === "start" ? span.end : span.start, time);
}
