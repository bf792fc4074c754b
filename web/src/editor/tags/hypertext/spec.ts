import type { ParamSpec } from "../registry";

export const hypertextParams: ParamSpec = {
  name: { type: "string", required: true },
  value: { type: "string", required: true },
  valueType: { type: "enum", values: ["url", "text"], default: "text" },
  inline: { type: "bool", default: "false" },
  saveTextResult: { type: "enum", values: ["yes", "no"] },
  encoding: { type: "enum", values: ["none", "base64", "base64unicode"], default: "none" },
  selectionEnabled: { type: "bool", default: "true" },
  clickableLinks: { type: "bool", default: "false" },
  highlightColor: { type: "string" },
  showLabels: { type: "bool" },
  granularity: { type: "enum", values: ["symbol", "word", "sentence", "paragraph"], default: "symbol" },
};
