import { createKeybindingsHandler } from "tinykeys";

/** One thing a person can do. Keys, palette and help sheet are all made from these records. */
export interface Command {
  id: string;
  title: string;
  group: string;
  /** tinykeys notation: "$mod+k", "g p", "Control+Enter". The first is the one that is shown. */
  keys?: string | readonly string[];
  when?: () => boolean;
  run: () => void;
}

export class CommandRegistry {
  #commands = new Map<string, Command>();
  #notes: readonly KeyNote[] = [];
  #listeners = new Set<() => void>();
  #snapshot: readonly Command[] = [];

  /** Adds commands until the returned function is called; a later command of the same id wins meanwhile. */
  register(commands: readonly Command[]): () => void {
    const shadowed = new Map<string, Command | undefined>();
    for (const command of commands) {
      shadowed.set(command.id, this.#commands.get(command.id));
      this.#commands.set(command.id, command);
    }
    this.#changed();
    return () => {
      for (const command of commands) {
        if (this.#commands.get(command.id) !== command) continue;
        const before = shadowed.get(command.id);
        if (before) this.#commands.set(command.id, before);
        else this.#commands.delete(command.id);
      }
      this.#changed();
    };
  }

  notes = (): readonly KeyNote[] => this.#notes;

  setNotes(notes: readonly KeyNote[]): void {
    this.#notes = notes;
    this.#changed();
  }

  all = (): readonly Command[] => this.#snapshot;

  available(): Command[] {
    return this.#snapshot.filter((command) => command.when?.() ?? true);
  }

  subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  #changed(): void {
    this.#snapshot = [...this.#commands.values()];
    for (const tell of this.#listeners) tell();
  }
}

/** Keys that another part listens to itself; shown in the help sheet beside those of the registry. */
export interface KeyNote {
  title: string;
  group: string;
  keys: string;
}

export function keysOf(command: Command): readonly string[] {
  if (!command.keys) return [];
  return typeof command.keys === "string" ? [command.keys] : command.keys;
}

/** Pages that give letters a meaning of their own (labels) mark their frame with `data-own-keys`. */
export function lettersTaken(doc: Document = document): boolean {
  return doc.querySelector("[data-own-keys]") !== null;
}

/** Keys with Ctrl, Alt or Meta work everywhere; bare keys would be typed into the field that has focus. */
export function mayFire(binding: string, target: EventTarget | null): boolean {
  if (binding.includes(" ") && lettersTaken()) return false;
  if (/(\$mod|Control|Alt|Meta)\+/.test(binding)) return true;
  return !isTyping(target);
}

export function isTyping(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target : null;
  if (!element) return false;
  if (element.closest("[contenteditable=''],[contenteditable=true],.cm-host")) return true;
  if (element instanceof HTMLInputElement) {
    return !["checkbox", "radio", "button", "submit", "range", "file", "color"].includes(element.type);
  }
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

/** Listens on the window; rebuilt only when the set of keys changes. Returns the way to stop. */
export function bindKeys(registry: CommandRegistry, host: Window = window): () => void {
  let handler: EventListener = () => {};
  const build = () => {
    const map: Record<string, (event: KeyboardEvent) => void> = {};
    for (const command of registry.all()) {
      for (const binding of keysOf(command)) {
        map[binding] = (event) => {
          if (event.defaultPrevented || event.isComposing || !mayFire(binding, event.target)) return;
          // An open dialog owns the keyboard; only what it does not use (Ctrl+K) passes.
          if (document.querySelector("dialog:modal") && !command.id.startsWith("app:")) return;
          const current = registry.all().find((item) => item.id === command.id);
          if (!current || !(current.when?.() ?? true)) return;
          event.preventDefault();
          current.run();
        };
      }
    }
    handler = createKeybindingsHandler(map);
  };
  build();
  const listen: EventListener = (event) => handler(event);
  host.addEventListener("keydown", listen);
  const stop = registry.subscribe(build);
  return () => {
    stop();
    host.removeEventListener("keydown", listen);
  };
}

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

const SHOWN: Record<string, string> = {
  $mod: MAC ? "⌘" : "Ctrl",
  Control: MAC ? "⌃" : "Ctrl",
  Alt: MAC ? "⌥" : "Alt",
  Shift: MAC ? "⇧" : "Shift",
  Meta: MAC ? "⌘" : "Win",
  Space: "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

/** "g p" → [["G"], ["P"]]; "$mod+k" → [["Ctrl", "K"]]. */
export function keyParts(binding: string): string[][] {
  return binding.split(" ").map((press) => {
    const parts = press === "+" ? ["+"] : press.split("+");
    return parts.map((key) => SHOWN[key] ?? (key.length === 1 ? key.toUpperCase() : key));
  });
}

/** Commands whose title, group or keys hold every word of the query, best first. */
export function matchCommands(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...commands];
  const scored: { command: Command; score: number }[] = [];
  for (const command of commands) {
    const title = command.title.toLowerCase();
    const text = `${title} ${command.group.toLowerCase()}`;
    if (!words.every((word) => text.includes(word))) continue;
    const first = words[0] ?? "";
    scored.push({ command, score: title.startsWith(first) ? 0 : title.includes(first) ? 1 : 2 });
  }
  return scored.sort((a, b) => a.score - b.score).map((item) => item.command);
}

export const commands = new CommandRegistry();
