import { attr } from "../config/attrs";
import { flatOptions, type Option, optionKey, optionsOf } from "../config/options";
import type { ConfigNode, ConfigTree } from "../config/types";
import { tagModule } from "../tags/registry";

/** A key and what it picks: an option of a control, or (option null) the control itself. */
export interface KeyBinding {
  readonly key: string;
  readonly control: ConfigNode;
  readonly option: Option | null;
}

const DIGITS = "1234567890";
const LETTERS = "qwetasdfgzxcvb";
/** Letters that commands of the editor use everywhere, and those that image tools use. */
const COMMAND_LETTERS = "u";
const TOOL_LETTERS = "vhropkbe";

/**
 * Gives every label and choice a key: its own `hotkey`, otherwise the next free one of 1-9, 0, then letters,
 * in document order. When the keys run out the rest has none.
 */
export function assignHotkeys(config: ConfigTree): KeyBinding[] {
  const wanted = targets(config);
  const taken = new Set(COMMAND_LETTERS);
  if ([...config.objects.values()].some((object) => object.tag === "Image")) {
    for (const letter of TOOL_LETTERS) taken.add(letter);
  }
  const own = new Map<Target, string>();
  for (const target of wanted) {
    const key = ownKey(target.option?.node ?? target.control);
    if (!key || [...own.values()].includes(key)) continue;
    own.set(target, key);
    taken.add(key);
  }
  const free = [...(DIGITS + LETTERS)].filter((key) => !taken.has(key));
  return wanted.flatMap((target) => {
    const key = own.get(target) ?? (target.option ? free.shift() : undefined);
    return key === undefined ? [] : [{ ...target, key }];
  });
}

type Target = Omit<KeyBinding, "key">;

function targets(config: ConfigTree): Target[] {
  return [...config.controls.values()].flatMap((control): Target[] => {
    const module = tagModule(control.tag);
    if (module?.children && (module.labels || module.Control)) {
      return [...flatOptions(optionsOf(control))].map((option) => ({ control, option }));
    }
    return module?.Control && attr(control, "hotkey") ? [{ control, option: null }] : [];
  });
}

function ownKey(node: ConfigNode): string | undefined {
  const raw = attr(node, "hotkey")?.trim().toLowerCase();
  return raw ? raw.replaceAll(/\s+/g, "") : undefined;
}

/** Keys by option, for showing them. */
export function keyTable(bindings: readonly KeyBinding[]): Map<string, string> {
  return new Map(bindings.map(({ control, option, key }) => [optionKey(control, option?.path ?? ""), key]));
}

/** Spelling that the key matcher understands: `ctrl+a` -> `Control+a`. */
export function matcherKey(key: string): string {
  const names: Record<string, string> = {
    ctrl: "Control",
    control: "Control",
    cmd: "Meta",
    command: "Meta",
    meta: "Meta",
    alt: "Alt",
    option: "Alt",
    shift: "Shift",
    esc: "Escape",
    enter: "Enter",
    space: "Space",
  };
  return key
    .split("+")
    .map((part) => names[part] ?? part)
    .join("+");
}
