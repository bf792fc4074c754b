import type { Param, ParamSpec } from "../registry";

const common: Record<string, Param> = {
  name: { type: "string", required: true },
  toName: { type: "string", required: true },
  opacity: { type: "number", default: "0.6" },
  fillColor: { type: "string" },
  strokeWidth: { type: "number", default: "1" },
  canRotate: { type: "bool", default: "true" },
  snap: { type: "enum", values: ["pixel", "none"], default: "none" },
};

export const rectangleParams: ParamSpec = {
  ...common,
  strokeColor: { type: "string", default: "#f48a42" },
  smart: { type: "bool" },
  smartOnly: { type: "bool" },
};

export const rectangleLabelsParams: ParamSpec = {
  ...common,
  strokeColor: { type: "string" },
  choice: { type: "enum", values: ["single", "multiple"], default: "single" },
  maxUsages: { type: "number" },
  showInline: { type: "bool", default: "true" },
};
