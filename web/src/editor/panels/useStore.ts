import { useSyncExternalStore } from "react";
import type { AnnotationStore } from "../core/types";

/** Re-renders the component with every change of the store. */
export function useStoreVersion(store: AnnotationStore): number {
  return useSyncExternalStore(store.subscribe, () => store.version);
}
