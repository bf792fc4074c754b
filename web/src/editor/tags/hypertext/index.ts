import { mountHtml } from "../../views/html/html-view";
import { bool, OBJECT, oneOf, text } from "../params";
import type { TagModule } from "../registry";

/** Shows a page; HyperTextLabels will mark it. */
export const hyperText: TagModule = {
  tag: "HyperText",
  kind: "object",
  params: {
    ...OBJECT,
    valueType: oneOf(["url", "text"], "text"),
    inline: bool(false),
    saveTextResult: oneOf(["yes", "no"]),
    encoding: oneOf(["none", "base64", "base64unicode"], "none"),
    selectionEnabled: bool(true),
    clickableLinks: bool(false),
    highlightColor: text(),
    showLabels: bool(),
    granularity: oneOf(["symbol", "word", "sentence", "paragraph"], "symbol"),
  },
  mount: mountHtml,
};
