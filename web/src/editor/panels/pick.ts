import type { ConfigNode } from "../config/types";
import { pickLabel } from "../core/labels";
import type { EditorContextValue } from "./context";

type PickContext = Pick<EditorContextValue, "store" | "views" | "announce" | "readOnly">;

/**
 * A label was clicked or its key pressed. What is selected in a view at the moment (words, a drawn stretch)
 * becomes a region with that label; otherwise selected regions are relabeled, or the label gets ready.
 */
export function pickByUser(ctx: PickContext, control: ConfigNode, label: string): void {
  if (ctx.readOnly) return;
  if (!commitPending(ctx, control, label)) pickLabel(ctx.store, control, label, ctx.announce);
}

function commitPending({ store, views }: PickContext, control: ConfigNode, label: string): boolean {
  const before = new Map(store.armedLabels);
  for (const from of before.keys()) if (from !== control.name) store.arm(from, []);
  store.arm(control.name, [label]);
  const taken = control.toName.some((name) => views.get(name)?.command?.("commit-pending") ?? false);
  store.arm(control.name, before.get(control.name) ?? []);
  for (const [from, labels] of before) store.arm(from, labels);
  return taken;
}
