import { tagModule } from "../tags/registry";
import { indexTree, makeNode } from "./parse";
import type { ConfigNode, ConfigTree } from "./types";

export type TaskData = Readonly<Record<string, unknown>>;

const VARIABLE = /\$([\p{L}\p{N}_](?:[\p{L}\p{N}_.\-[\]]*[\p{L}\p{N}_\]])?)/gu;
const WHOLE_VARIABLE = /^\$([^\s$][^$]*)$/u;

/** Value at a dotted path (`a.b`, `a.0`, `a[0]`); a key that itself holds dots wins. */
export function lookUp(data: TaskData, path: string): unknown {
  if (Object.hasOwn(data, path)) return data[path];
  let current: unknown = data;
  for (const step of path.replaceAll(/\[(\d+)\]/g, ".$1").split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}

/** Attribute value with task data filled in: `$field` gives the field itself, `$x` inside text gives text. */
export function resolveValue(raw: string | undefined, data: TaskData): unknown {
  if (raw === undefined) return undefined;
  const whole = WHOLE_VARIABLE.exec(raw.trim())?.[1];
  if (whole !== undefined) {
    const found = lookUp(data, whole);
    if (found !== undefined || !/[^\p{L}\p{N}_.\-[\]]/u.test(whole)) return found;
  }
  return resolveText(raw, data);
}

export function resolveText(raw: string, data: TaskData): string {
  return raw.replaceAll(VARIABLE, (_, path: string) => {
    const value = lookUp(data, path);
    if (value === undefined || value === null) return "";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  });
}

/** The config for one task: options taken from task data (`<Labels value="$options">`) become child tags. */
export function resolveConfig(config: ConfigTree, data: TaskData): ConfigTree {
  const root = expand(config.root, data);
  return root === config.root ? config : indexTree(root, []);
}

function expand(node: ConfigNode, data: TaskData): ConfigNode {
  const children = node.children.map((child) => expand(child, data));
  const added = dynamicChildren(node, data);
  if (added.length === 0 && children.every((child, index) => child === node.children[index])) return node;
  return { ...node, children: [...children, ...added] };
}

function dynamicChildren(node: ConfigNode, data: TaskData): ConfigNode[] {
  const childTag = tagModule(node.tag)?.children?.[0];
  const raw = node.attrs.value;
  if (!childTag || raw === undefined || !raw.trim().startsWith("$")) return [];
  const list = lookUp(data, raw.trim().slice(1));
  return Array.isArray(list) ? optionNodes(list, childTag, node.key, node.children.length) : [];
}

function optionNodes(list: readonly unknown[], tag: string, parentKey: string, offset: number): ConfigNode[] {
  const nodes: ConfigNode[] = [];
  for (const entry of list) {
    const option =
      typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : { value: entry };
    const value = option.value ?? option.alias;
    if (value === undefined || value === null) continue;
    const attrs: Record<string, string> = {};
    for (const [name, setting] of Object.entries(option)) {
      if (name !== "children" && setting !== null && typeof setting !== "object") {
        attrs[name.toLowerCase()] = String(setting);
      }
    }
    attrs.value = String(value);
    const key = `${parentKey}.${offset + nodes.length}`;
    const nested = Array.isArray(option.children) ? optionNodes(option.children, tag, key, 0) : [];
    nodes.push(makeNode(tag, key, attrs, nested));
  }
  return nodes;
}
