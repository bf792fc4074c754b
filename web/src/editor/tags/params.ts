import type { Param, ParamSpec } from "./registry";

export const text = (fallback?: string): Param =>
  fallback === undefined ? { type: "string" } : { type: "string", default: fallback };
export const needed: Param = { type: "string", required: true };
export const bool = (fallback?: boolean): Param =>
  fallback === undefined ? { type: "bool" } : { type: "bool", default: String(fallback) };
export const number = (fallback?: number): Param =>
  fallback === undefined ? { type: "number" } : { type: "number", default: String(fallback) };
export const oneOf = (values: readonly string[], fallback?: string): Param =>
  fallback === undefined ? { type: "enum", values } : { type: "enum", values, default: fallback };

export const VISIBILITY: ParamSpec = {
  visibleWhen: oneOf(["region-selected", "no-region-selected", "choice-selected", "choice-unselected"]),
  whenTagName: text(),
  whenLabelValue: text(),
  whenChoiceValue: text(),
};

export const OBJECT: ParamSpec = { name: needed, value: needed };

export const CONTROL: ParamSpec = { name: needed, toName: needed, ...VISIBILITY };

/** Params of controls that answer questions. */
export const ANSWER: ParamSpec = {
  ...CONTROL,
  required: bool(false),
  requiredMessage: text(),
  perRegion: bool(false),
  perItem: bool(false),
};

/** Params of controls that label regions. */
export const LABELS: ParamSpec = {
  ...CONTROL,
  choice: oneOf(["single", "multiple"], "single"),
  maxUsages: number(),
  showInline: bool(true),
};
