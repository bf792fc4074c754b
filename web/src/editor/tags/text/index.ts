import { mountText } from "../../views/text/mount";
import { bool, OBJECT, oneOf, text as string } from "../params";
import type { TagModule } from "../registry";

export const text: TagModule = {
  tag: "Text",
  kind: "object",
  params: {
    ...OBJECT,
    valueType: oneOf(["url", "text"], "text"),
    saveTextResult: oneOf(["yes", "no"]),
    encoding: oneOf(["none", "base64", "base64unicode"], "none"),
    selectionEnabled: bool(true),
    highlightColor: string(),
    showLabels: bool(true),
    granularity: oneOf(["symbol", "word", "sentence", "paragraph"], "symbol"),
  },
  mount: mountText,
};
