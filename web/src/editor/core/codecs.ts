import type { Codec, CodecCtx, MediaDims, Region, ResultItem, Shape } from "./types";

const TIMED = new Set(["Audio", "AudioPlus", "Video", "TimeSeries"]);
const DIM_KEYS = [
  "original_width",
  "original_height",
  "image_rotation",
  "original_length",
  "item_index",
] as const;

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Geometry in an item's value, or null when the value has none that the editor can show. */
export function parseShape(value: Record<string, unknown>, objectTag: string): Shape | null {
  const { x, y, width, height, start, end } = value;
  if (isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height)) {
    return { kind: "box", x, y, width, height, rotation: isNumber(value.rotation) ? value.rotation : 0 };
  }
  if (!isNumber(start) || !isNumber(end)) return null;
  if (TIMED.has(objectTag)) {
    return isNumber(value.channel)
      ? { kind: "interval", start, end, channel: value.channel }
      : { kind: "interval", start, end };
  }
  if (objectTag !== "Text") return null;
  return typeof value.text === "string"
    ? { kind: "span", start, end, text: value.text }
    : { kind: "span", start, end };
}

/** Geometry keys of a result value, in the order the format documents them. */
export function shapeValue(shape: Shape): Record<string, unknown> {
  switch (shape.kind) {
    case "none":
      return {};
    case "span":
      return shape.text === undefined
        ? { start: shape.start, end: shape.end }
        : { start: shape.start, end: shape.end, text: shape.text };
    case "interval":
      return { start: shape.start, end: shape.end, channel: shape.channel ?? 0 };
    case "box":
      return { x: shape.x, y: shape.y, width: shape.width, height: shape.height, rotation: shape.rotation };
  }
}

export function parseDims(item: ResultItem): MediaDims | undefined {
  const dims: MediaDims = {};
  for (const key of DIM_KEYS) {
    const value = item[key];
    if (isNumber(value)) dims[key] = value;
  }
  return Object.keys(dims).length > 0 ? dims : undefined;
}

function itemOf(region: Region, ctx: CodecCtx, type: string, value: Record<string, unknown>): ResultItem {
  return { id: region.id, from_name: ctx.control.name, to_name: region.to, type, value };
}

function strings(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : null;
}

/** Geometry without labels: Rectangle and its kin. */
export function shapeCodec(type: string): Codec {
  return {
    parse(item, ctx) {
      const shape = parseShape(item.value ?? {}, ctx.object?.tag ?? "");
      return shape
        ? { patch: { from: ctx.control.name, shape } }
        : { error: `no usable geometry in "${type}"` };
    },
    serialize: (region, ctx) => itemOf(region, ctx, type, shapeValue(region.shape)),
  };
}

/** Geometry with labels: Labels, RectangleLabels. `key` is the labels' key in `value`. */
export function labelsCodec(type: string, key: string = type): Codec {
  return {
    parse(item, ctx) {
      const value = item.value ?? {};
      const labels = value[key] === undefined ? [] : strings(value[key]);
      if (!labels) return { error: `"${key}" is not a list of strings` };
      const shape = parseShape(value, ctx.object?.tag ?? "");
      if (!shape) return { error: `no usable geometry in "${type}"` };
      return { patch: { from: ctx.control.name, shape, labels: { [ctx.control.name]: labels } } };
    },
    serialize(region, ctx) {
      const labels = [...(region.labels[ctx.control.name] ?? [])];
      return itemOf(region, ctx, type, { ...shapeValue(region.shape), [key]: labels });
    },
  };
}

/** Answers without geometry of their own: Choices, TextArea, Rating. `check` says whether the payload is usable. */
export function answerCodec(type: string, key: string, check: (payload: unknown) => boolean): Codec {
  return {
    parse(item, ctx) {
      const payload = item.value?.[key];
      if (!check(payload)) return { error: `"${key}" has an unexpected form` };
      return { patch: { answers: { [ctx.control.name]: { [key]: payload } } } };
    },
    serialize(region, ctx) {
      return itemOf(region, ctx, type, { ...shapeValue(region.shape), ...region.answers[ctx.control.name] });
    },
  };
}
