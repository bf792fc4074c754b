import { labelsCodec, shapeCodec } from "../../core/codecs";
import type { TagModule } from "../registry";
import { rectangleLabelsParams, rectangleParams } from "./spec";

/** Boxes without a label of their own; a plain Labels on the same object names them (two items, one id). */
export const rectangleTag: TagModule = {
  tag: "Rectangle",
  kind: "control",
  params: rectangleParams,
  resultType: "rectangle",
  shapes: ["box"],
  codec: shapeCodec("rectangle"),
};

export const rectangleLabelsTag: TagModule = {
  tag: "RectangleLabels",
  kind: "control",
  params: rectangleLabelsParams,
  children: ["Label"],
  resultType: "rectanglelabels",
  resultKey: "rectanglelabels",
  shapes: ["box"],
  labels: true,
  codec: labelsCodec("rectanglelabels"),
};
