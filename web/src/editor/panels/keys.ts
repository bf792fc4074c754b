import { type KeyBindingMap, tinykeys } from "tinykeys";
import { isPerRegion } from "../config/options";
import type { ConfigNode } from "../config/types";
import { isVisible } from "../config/visibility";
import {
  deleteRegions,
  duplicateRegions,
  selectNeighbour,
  toggleHidden,
  toggleLocked,
} from "../core/commands";
import { type KeyBinding, matcherKey } from "../core/hotkeys";
import type { AnnotationStore } from "../core/types";
import { appliesTo } from "../core/validate";
import { tagModule } from "../tags/registry";
import type { EditorContextValue } from "./context";

type KeyContext = Pick<
  EditorContextValue,
  "store" | "bindings" | "views" | "announce" | "pick" | "reveal" | "readOnly"
>;

const TEXT_INPUTS = new Set(["text", "search", "email", "url", "password", "number", "tel", "date", "time"]);

/** Whether typing goes into a field, where letters are text and not commands. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true;
  }
  return target instanceof HTMLInputElement && TEXT_INPUTS.has(target.type);
}

/** Listens for the editor's keys on the page; returns what stops it. */
export function listenKeys(context: () => KeyContext): () => void {
  return tinykeys(window, guarded(keyMap(context)));
}

function guarded(map: Record<string, () => boolean | undefined>): KeyBindingMap {
  const guardedMap: KeyBindingMap = {};
  for (const [key, run] of Object.entries(map)) {
    guardedMap[key] = (event) => {
      const target = event.target;
      if (event.defaultPrevented) return;
      if (isTyping(target)) {
        // Escape leads out of a field, back to where letters are commands.
        if (key === "Escape" && target instanceof HTMLElement && target.closest(".ed-root")) target.blur();
        return;
      }
      if (target instanceof Element && target.closest("dialog, [role=dialog], [popover]")) return;
      if (run() !== false) event.preventDefault();
    };
  }
  return guardedMap;
}

function keyMap(context: () => KeyContext): Record<string, () => boolean | undefined> {
  const edit = (run: (ctx: KeyContext) => boolean | undefined) => () => {
    const ctx = context();
    return ctx.readOnly ? false : run(ctx);
  };
  const undo = edit((ctx) => step(ctx, "undo"));
  const redo = edit((ctx) => step(ctx, "redo"));
  const leave = () => cancel(context());
  const map: Record<string, () => boolean | undefined> = {
    "$mod+z": undo,
    "$mod+Shift+z": redo,
    "$mod+y": redo,
    u: leave,
    Backspace: edit((ctx) => remove(ctx, ctx.store.selection)),
    Delete: edit((ctx) => remove(ctx, ctx.store.selection)),
    "$mod+Backspace": edit((ctx) => remove(ctx, ctx.store.order)),
    "$mod+d": edit((ctx) => duplicateRegions(ctx.store, ctx.store.selection) > 0),
    "Alt+Period": () => neighbour(context(), 1),
    "Alt+Comma": () => neighbour(context(), -1),
    "Alt+h": () => flag(context(), toggleHidden, "Hidden.", "Shown."),
    "Alt+l": edit((ctx) => flag(ctx, toggleLocked, "Locked.", "Unlocked.")),
  };
  map.Escape = leave;
  for (const binding of context().bindings) {
    const key = matcherKey(binding.key);
    const run = edit((ctx) => runBinding(ctx, binding));
    map[key] ??= run;
    // Layouts such as French have the digits on Shift: the place of the key counts as well. Where both match,
    // the second finds the event handled.
    if (/^\d$/.test(key)) map[`Digit${key}`] ??= run;
  }
  return map;
}

function step(ctx: KeyContext, kind: "undo" | "redo"): boolean {
  const { store } = ctx;
  const label = kind === "undo" ? store.undoLabel : store.redoLabel;
  ctx.announce(label ? `${kind === "undo" ? "Undone" : "Redone"}: ${label}.` : `Nothing to ${kind}.`);
  store[kind]();
  return true;
}

/** Leaves the innermost thing: a gesture, then an armed label, then the selection. */
function cancel({ store, views }: KeyContext): boolean {
  for (const view of views.values()) if (view.command?.("cancel")) return true;
  if (store.armedLabels.size > 0) {
    for (const from of store.armedLabels.keys()) store.arm(from, []);
    return true;
  }
  if (store.selection.size === 0) return false;
  store.select([]);
  return true;
}

function remove(ctx: KeyContext, ids: Iterable<string>): boolean {
  const wanted = [...ids];
  if (wanted.length === 0) return false;
  const count = deleteRegions(ctx.store, wanted);
  const kept = wanted.length - count;
  const undo =
    count > 0 ? ` ${count === 1 ? "Region" : `${count} regions`} deleted. Ctrl+Z brings back.` : "";
  ctx.announce(`${kept > 0 ? `${kept} locked, kept.` : ""}${undo}`.trim());
  return true;
}

function neighbour(ctx: KeyContext, direction: 1 | -1): boolean {
  const id = selectNeighbour(ctx.store, direction);
  if (id !== null) ctx.reveal(id);
  return id !== null;
}

function flag(
  ctx: KeyContext,
  toggle: (store: AnnotationStore, ids: readonly string[]) => boolean,
  on: string,
  off: string,
): boolean {
  const ids = [...ctx.store.selection];
  if (ids.length === 0) return false;
  ctx.announce(toggle(ctx.store, ids) ? on : off);
  return true;
}

function runBinding(ctx: KeyContext, { control, option }: KeyBinding): boolean {
  const { store } = ctx;
  const module = tagModule(control.tag);
  if (module?.labels) {
    if (!option || !isVisible(control, store)) return false;
    ctx.pick(control, option.stored);
    return true;
  }
  const regionIds = isPerRegion(control) ? answerTargets(store, control) : [null];
  if (regionIds.length === 0 || (regionIds[0] === null && !isVisible(control, store))) return false;
  for (const regionId of regionIds) module?.press?.(store, control, regionId, option);
  if (option) ctx.announce(`${option.title}.`);
  return true;
}

/** The selected region, when the per-region control asks about it. */
function answerTargets(store: AnnotationStore, control: ConfigNode): string[] {
  const [id] = store.selection;
  const region = id === undefined ? undefined : store.regions.get(id);
  if (store.selection.size !== 1 || !region || !control.toName.includes(region.to)) return [];
  return appliesTo(control, store, region) ? [region.id] : [];
}
