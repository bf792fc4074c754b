import { bool, number, oneOf, text, VISIBILITY } from "../params";
import type { TagModule } from "../registry";

const LOOKS = { style: text(), className: text(), idAttr: text() };

export const view: TagModule = {
  tag: "View",
  kind: "visual",
  params: { display: oneOf(["block", "inline"], "block"), ...LOOKS, ...VISIBILITY },
};

export const header: TagModule = {
  tag: "Header",
  kind: "visual",
  params: {
    value: { type: "string", required: true },
    size: number(4),
    underline: bool(false),
    ...LOOKS,
    ...VISIBILITY,
  },
};

export const style: TagModule = { tag: "Style", kind: "visual", params: {} };
