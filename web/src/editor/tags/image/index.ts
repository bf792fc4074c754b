import { mountImage } from "../../views/image/image-view";
import { bool, needed, number, oneOf, text } from "../params";
import type { TagModule } from "../registry";

export const image: TagModule = {
  tag: "Image",
  kind: "object",
  params: {
    name: needed,
    // Either this or valueList.
    value: text(),
    valueList: text(),
    smoothing: bool(),
    width: text("100%"),
    maxWidth: text("750px"),
    zoom: bool(false),
    negativeZoom: bool(false),
    zoomBy: number(1.1),
    grid: bool(false),
    gridSize: number(30),
    gridColor: text("#EEEEF4"),
    zoomControl: bool(false),
    brightnessControl: bool(false),
    contrastControl: bool(false),
    rotateControl: bool(false),
    crosshair: bool(false),
    horizontalAlignment: oneOf(["left", "center", "right"], "left"),
    verticalAlignment: oneOf(["top", "center", "bottom"], "top"),
    defaultZoom: oneOf(["auto", "original", "fit"], "fit"),
    crossOrigin: oneOf(["none", "anonymous", "use-credentials"], "none"),
  },
  mount: mountImage,
  wantsRoom: true,
};
