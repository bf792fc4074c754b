import { labelsCodec, shapeCodec } from "../../core/codecs";
import { bool, CONTROL, LABELS, number, oneOf, text } from "../params";
import type { ParamSpec, TagModule } from "../registry";

const look: ParamSpec = {
  opacity: number(0.6),
  fillColor: text(),
  strokeWidth: number(1),
  canRotate: bool(true),
  snap: oneOf(["pixel", "none"], "none"),
};

/** Boxes without a label of their own; a plain Labels on the same object names them (two items, one id). */
export const rectangle: TagModule = {
  tag: "Rectangle",
  kind: "control",
  params: { ...CONTROL, ...look, strokeColor: text("#f48a42"), smart: bool(), smartOnly: bool() },
  resultType: "rectangle",
  shapes: ["box"],
  codec: shapeCodec("rectangle"),
};

export const rectangleLabels: TagModule = {
  tag: "RectangleLabels",
  kind: "control",
  params: { ...LABELS, ...look, strokeColor: text() },
  children: ["Label"],
  resultType: "rectanglelabels",
  resultKey: "rectanglelabels",
  shapes: ["box"],
  labels: true,
  codec: labelsCodec("rectanglelabels"),
};
