import type { SelectedItems } from "@/api/contract";

/** Picked tasks: either a list, or everything but a list, so that "all" costs the same in any project. */
export interface Selection {
  readonly all: boolean;
  readonly ids: ReadonlySet<number>;
}

export const NONE: Selection = { all: false, ids: new Set() };
export const ALL: Selection = { all: true, ids: new Set() };

export function has(selection: Selection, id: number): boolean {
  return selection.ids.has(id) !== selection.all;
}

export function toggle(selection: Selection, id: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { all: selection.all, ids };
}

export function setMany(selection: Selection, changed: readonly number[], picked: boolean): Selection {
  const ids = new Set(selection.ids);
  for (const id of changed) {
    if (picked !== selection.all) ids.add(id);
    else ids.delete(id);
  }
  return { all: selection.all, ids };
}

export function size(selection: Selection, total: number): number {
  return selection.all ? Math.max(0, total - selection.ids.size) : selection.ids.size;
}

export function toItems(selection: Selection): SelectedItems {
  const ids = [...selection.ids];
  return selection.all ? { all: true, excluded: ids } : { all: false, included: ids };
}
