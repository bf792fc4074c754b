import { attr, boolAttr } from "./attrs";
import type { ConfigNode } from "./types";

/** A Label or Choice as the editor works with it. */
export interface Option {
  readonly node: ConfigNode;
  /** Shown text. */
  readonly title: string;
  /** What results hold: the alias when there is one. */
  readonly stored: string;
  /** Stored names from the first level down to this option. */
  readonly path: readonly string[];
  readonly children: readonly Option[];
}

const OPTION_TAGS = new Set(["Label", "Choice"]);

const cache = new WeakMap<ConfigNode, readonly Option[]>();

/** Own options of a control, nested ones inside `children`. */
export function optionsOf(control: ConfigNode): readonly Option[] {
  let options = cache.get(control);
  if (!options) {
    options = readOptions(control, []);
    cache.set(control, options);
  }
  return options;
}

function readOptions(parent: ConfigNode, path: readonly string[]): Option[] {
  const options: Option[] = [];
  for (const node of parent.children) {
    if (!OPTION_TAGS.has(node.tag)) {
      // Options may be grouped in layout tags such as View or Header.
      options.push(...readOptions(node, path));
      continue;
    }
    const value = attr(node, "value") ?? "";
    const stored = attr(node, "alias") || value;
    const own = [...path, stored];
    options.push({ node, title: value || stored, stored, path: own, children: readOptions(node, own) });
  }
  return options;
}

export function* flatOptions(options: readonly Option[]): Generator<Option> {
  for (const option of options) {
    yield option;
    yield* flatOptions(option.children);
  }
}

/** Option whose stored name or shown value is `name`. */
export function findOption(control: ConfigNode, name: string): Option | undefined {
  let shown: Option | undefined;
  for (const option of flatOptions(optionsOf(control))) {
    if (option.stored === name) return option;
    if (shown === undefined && option.title === name) shown = option;
  }
  return shown;
}

export function isPerRegion(control: ConfigNode): boolean {
  return boolAttr(control, "perRegion");
}

/** Identity of an option for hotkeys and React keys. */
export function optionKey(control: ConfigNode, path: readonly string[] | string): string {
  return `${control.name}\u0000${typeof path === "string" ? path : path.join("\u0001")}`;
}
