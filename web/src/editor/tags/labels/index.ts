import { labelsCodec } from "../../core/codecs";
import { bool, LABELS, needed, number, oneOf, text } from "../params";
import type { TagModule } from "../registry";

export const labels: TagModule = {
  tag: "Labels",
  kind: "control",
  params: {
    ...LABELS,
    value: text(),
    opacity: number(0.6),
    fillColor: text(),
    strokeColor: text("#f48a42"),
    strokeWidth: number(1),
    allowEmpty: bool(false),
  },
  children: ["Label"],
  resultType: "labels",
  resultKey: "labels",
  shapes: ["span", "interval"],
  labels: true,
  codec: labelsCodec("labels"),
};

export const label: TagModule = {
  tag: "Label",
  kind: "child",
  params: {
    value: needed,
    selected: bool(false),
    maxUsages: number(),
    hint: text(),
    hotkey: text(),
    alias: text(),
    showAlias: bool(false),
    aliasStyle: text("opacity:0.6"),
    size: text("medium"),
    background: text(),
    selectedColor: text("#ffffff"),
    granularity: oneOf(["symbol", "word"]),
    html: text(),
    category: number(),
  },
};
