import { useMemo } from "react";
import { listBody } from "@/api/views";
import { plural } from "@/ui/format";
import { recallList } from "./lists";
import type { Source } from "./work";

/** What the data manager handed over to be labeled; null for the project's own queue. */
export interface Handed {
  source: Source;
  title: string;
}

export function useHanded(project: number, view: string | null, key: string | null): Handed | null {
  return useMemo(() => {
    const id = view && /^\d{1,15}$/.test(view) ? Number(view) : undefined;
    const kept = recallList(key);
    if (!kept) return id === undefined ? null : { source: { project, view: id }, title: `View ${id}` };
    const items = kept.items ? { selectedItems: kept.items } : {};
    const number = kept.items && !kept.items.all ? kept.items.included?.length : undefined;
    return {
      source: { project, view: id, list: { ...listBody(kept.list), ...items } },
      title: number === undefined ? kept.title : `${plural(number, "selected task")}`,
    };
  }, [project, view, key]);
}
