import type { Region } from "./types";

const VERTICAL = ["top", "middle", "bottom"];
const HORIZONTAL = ["left", "centre", "right"];

/** What a region covers, in words: its text, its time, its place on the image. */
export function describeShape(region: Region): string {
  const { shape } = region;
  switch (shape.kind) {
    case "span":
      return shape.text?.replaceAll(/\s+/g, " ") ?? `characters ${shape.start}–${shape.end}`;
    case "interval":
      return describeInterval(shape.start, shape.end);
    case "box": {
      const row = VERTICAL[third(shape.y + shape.height / 2)];
      const column = HORIZONTAL[third(shape.x + shape.width / 2)];
      return `${row} ${column}, ${round(shape.width)} × ${round(shape.height)} %`;
    }
    case "none":
      return "";
  }
}

function third(percent: number): number {
  return percent < 33.3 ? 0 : percent < 66.7 ? 1 : 2;
}

function round(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

/** Within the first minute plain seconds say the same in less room. */
function describeInterval(start: number, end: number): string {
  if (end < 59.9995) return `${start.toFixed(3)} – ${end.toFixed(3)} s`;
  return `${formatTime(start)} – ${formatTime(end)}`;
}

/** Seconds as `m:ss.mmm`. */
function formatTime(seconds: number): string {
  const millis = Math.round(seconds * 1000);
  const minutes = Math.floor(millis / 60000);
  const rest = ((millis % 60000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${rest}`;
}

/** "box", "span" … for screen readers and tooltips. */
export function kindName(region: Region): string {
  return { span: "span", interval: "time range", box: "box", none: "region" }[region.shape.kind];
}
