import { type TagModule, tagModule } from "../tags/registry";
import { listAttr } from "./attrs";
import type { ConfigNode, ConfigProblem, ConfigTree } from "./types";

const EMPTY_ROOT: ConfigNode = {
  tag: "View",
  key: "0",
  attrs: {},
  children: [],
  text: "",
  name: "",
  toName: [],
};

/** Label config XML -> tree. Never throws: what is wrong is listed in `problems`, the rest still works. */
export function parseConfig(xml: string): ConfigTree {
  const document = new DOMParser().parseFromString(xml.trim(), "application/xml");
  const failure = document.querySelector("parsererror");
  if (failure || !document.documentElement) {
    return indexTree(EMPTY_ROOT, [syntaxProblem(failure?.textContent ?? "")]);
  }
  return indexTree(readElement(document.documentElement, "0"), []);
}

function syntaxProblem(report: string): ConfigProblem {
  const line = /line\s+(\d+)/i.exec(report)?.[1] ?? /^(\d+):\d+/.exec(report.trim())?.[1];
  const message = "The label config is not well-formed XML.";
  return line ? { message, line: Number(line) } : { message };
}

function readElement(element: Element, key: string): ConfigNode {
  const attrs: Record<string, string> = {};
  for (const { name, value } of element.attributes) attrs[name.toLowerCase()] = value;
  const children = [...element.children].map((child, index) => readElement(child, `${key}.${index}`));
  const text = [...element.childNodes]
    .filter((child) => child.nodeType === 3 || child.nodeType === 4)
    .map((child) => child.nodeValue ?? "")
    .join("");
  return makeNode(element.tagName, key, attrs, children, text);
}

export function makeNode(
  tag: string,
  key: string,
  attrs: Readonly<Record<string, string>>,
  children: readonly ConfigNode[] = [],
  text = "",
): ConfigNode {
  const node = {
    tag: tagModule(tag)?.tag ?? tag,
    key,
    attrs,
    children,
    text,
    name: "",
    toName: [] as string[],
  };
  node.name = attrs.name?.trim() ?? "";
  node.toName = listAttr(node, "toName");
  return node;
}

/** Collects the named tags of a tree and what is wrong between them. */
export function indexTree(root: ConfigNode, problems: readonly ConfigProblem[]): ConfigTree {
  const objects = new Map<string, ConfigNode>();
  const controls = new Map<string, ConfigNode>();
  const found = [...problems];
  for (const node of walk(root)) {
    if (node.name === "") continue;
    const kind = kindOf(node, tagModule(node.tag));
    if (kind === null) continue;
    if (objects.has(node.name) || controls.has(node.name)) {
      found.push({ message: `Two tags are named "${node.name}"; the second is ignored.` });
      continue;
    }
    (kind === "object" ? objects : controls).set(node.name, node);
  }
  for (const control of controls.values()) {
    const missing = control.toName.find((name) => !objects.has(name));
    if (missing !== undefined) {
      found.push({
        message: `${control.tag} "${control.name}" points to "${missing}", which does not exist.`,
      });
    }
  }
  return { root, objects, controls, problems: found };
}

function kindOf(node: ConfigNode, module: TagModule | undefined): "object" | "control" | null {
  if (module?.kind === "object" || module?.kind === "control") return module.kind;
  if (module) return null;
  if (node.toName.length > 0) return "control";
  return node.attrs.value === undefined ? null : "object";
}

/** All nodes in document order. */
export function* walk(node: ConfigNode): Generator<ConfigNode> {
  yield node;
  for (const child of node.children) yield* walk(child);
}

/** The node and its ancestors, root first. */
export function chainOf(root: ConfigNode, node: ConfigNode): ConfigNode[] {
  const chain = [root];
  let current = root;
  for (const step of node.key.split(".").slice(1)) {
    const next = current.children[Number(step)];
    if (!next) break;
    chain.push(next);
    current = next;
  }
  return chain;
}

/** Controls that label or answer for one object, in document order. */
export function controlsOf(config: ConfigTree, objectName: string): ConfigNode[] {
  return [...config.controls.values()].filter((control) => control.toName.includes(objectName));
}
