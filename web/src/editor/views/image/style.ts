/** How a box looks: what its control asks for, and what its state needs beyond colour. */
import { attr, numAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import type { EditorTheme, Region } from "../../core/types";

export interface BoxStyle {
  readonly stroke: string;
  readonly strokeWidth: number;
  /** Edge on both sides of the line, so that it shows on any picture. */
  readonly rim: string;
  readonly fill: string;
  readonly fillOpacity: number;
  readonly badge: string;
  readonly badgeText: string;
  readonly caption: string;
  /** Dash pattern in CSS pixels; empty = solid. Predictions are dashed, hidden ones dotted. */
  readonly dash: readonly number[];
  readonly locked: boolean;
}

const DEFAULT_STROKE_WIDTH = 2;
const DEFAULT_FILL_OPACITY = 0.16;
const MAX_STROKE_WIDTH = 12;

export function boxStyle(region: Region, control: ConfigNode | undefined, theme: EditorTheme): BoxStyle {
  const color = theme.region(region);
  const labelled = Object.values(region.labels).some((labels) => labels.length > 0);
  const own = control && !labelled ? attr(control, "strokeColor") : undefined;
  const opacity = control && attr(control, "opacity") !== undefined ? numAttr(control, "opacity", 0.6) : null;
  const caption = theme.caption(region);
  return {
    stroke: own ?? color.solid,
    rim: theme.dark ? "rgb(0 0 0 / 0.45)" : "rgb(255 255 255 / 0.55)",
    strokeWidth: Math.min(
      MAX_STROKE_WIDTH,
      control && attr(control, "strokeWidth") !== undefined
        ? Math.max(0, numAttr(control, "strokeWidth", 1))
        : DEFAULT_STROKE_WIDTH,
    ),
    fill: (control && attr(control, "fillColor")) || own || color.solid,
    fillOpacity: Math.min(1, Math.max(0, opacity ?? DEFAULT_FILL_OPACITY)),
    badge: own ?? color.solid,
    badgeText: own ? (theme.dark ? "#000" : "#fff") : color.text,
    caption,
    dash: region.hidden ? [1, 4] : region.origin === "prediction" ? [7, 4] : [],
    locked: region.locked === true,
  };
}
