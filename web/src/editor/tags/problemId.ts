import type { ConfigNode } from "../config/types";

/** Element id of the message about a control, for `aria-describedby`. */
export function problemId(control: ConfigNode): string {
  return `ed-problem-${control.key}`;
}
