import { attr } from "./attrs";
import { chainOf } from "./parse";
import { resolveText, type TaskData } from "./resolve";
import type { ConfigNode } from "./types";

/** What a control is called for people: the Header right before it, else its name. */
export function captionOf(control: ConfigNode, root: ConfigNode, data: TaskData): string {
  const siblings = chainOf(root, control).at(-2)?.children ?? [];
  const before = siblings[siblings.findIndex((node) => node.key === control.key) - 1];
  const text = before?.tag === "Header" ? resolveText(attr(before, "value") ?? "", data).trim() : "";
  return text || control.name;
}
