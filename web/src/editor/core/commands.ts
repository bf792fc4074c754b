import { newId } from "./ids";
import type { AnnotationStore, Region } from "./types";

/** Takes the selected regions away (locked ones stay); returns how many went. */
export function deleteRegions(store: AnnotationStore, ids: Iterable<string>): number {
  const doomed = [...ids].flatMap((id) => store.regions.get(id) ?? []).filter((region) => !region.locked);
  if (doomed.length === 0) return 0;
  const ops = doomed.map((before) => ({ id: before.id, before, after: null }));
  store.apply(ops, doomed.length === 1 ? "delete region" : `delete ${doomed.length} regions`);
  return doomed.length;
}

/** Selects the region after (or before) the selected one, around the ends; returns its id. */
export function selectNeighbour(store: AnnotationStore, direction: 1 | -1): string | null {
  const { order, selection } = store;
  if (order.length === 0) return null;
  const at = order.findIndex((id) => selection.has(id));
  const next =
    at === -1 ? (direction === 1 ? 0 : order.length - 1) : (at + direction + order.length) % order.length;
  const id = order[next] as string;
  store.select([id]);
  return id;
}

/** Hides the regions, or shows them again when all are hidden. */
export function toggleHidden(store: AnnotationStore, ids: readonly string[]): boolean {
  const hide = ids.some((id) => !store.regions.get(id)?.hidden);
  store.setFlags(ids, { hidden: hide });
  return hide;
}

export function toggleLocked(store: AnnotationStore, ids: readonly string[]): boolean {
  const lock = ids.some((id) => !store.regions.get(id)?.locked);
  store.setFlags(ids, { locked: lock });
  return lock;
}

const OFFSET = 2;

/** Copies boxes a little aside and selects the copies; other shapes have one place only and are left out. */
export function duplicateRegions(store: AnnotationStore, ids: Iterable<string>): number {
  const copies = [...ids].flatMap((id) => {
    const source = store.regions.get(id);
    if (source?.shape.kind !== "box") return [];
    const { shape } = source;
    const moved = {
      ...shape,
      x: Math.min(shape.x + OFFSET, Math.max(0, 100 - shape.width)),
      y: Math.min(shape.y + OFFSET, Math.max(0, 100 - shape.height)),
    };
    const { score: _score, ...rest } = source;
    const copy: Region = { ...rest, id: newId(), shape: moved, origin: "manual", raw: [], touched: true };
    return [copy];
  });
  if (copies.length === 0) return 0;
  store.apply(
    copies.map((after) => ({ id: after.id, before: null, after })),
    "duplicate",
  );
  store.select(copies.map((copy) => copy.id));
  return copies.length;
}

/** Note of a region (`meta.text`); empty text removes it. */
export function setNote(store: AnnotationStore, region: Region, text: string): void {
  const meta = text.trim() === "" ? undefined : { text: [text] };
  store.apply([{ id: region.id, before: region, after: { ...region, meta } }], "note");
}
