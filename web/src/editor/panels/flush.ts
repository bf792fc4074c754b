import { createContext, useContext, useEffect, useRef } from "react";

/** Fields that hold typed text not yet committed register here; the editor calls all before it reads the result. */
export const FlushContext = createContext<Set<() => void> | null>(null);

export function useFlush(flush: () => void): void {
  const registry = useContext(FlushContext);
  const latest = useRef(flush);
  latest.current = flush;
  useEffect(() => {
    if (!registry) return;
    const run = () => latest.current();
    registry.add(run);
    return () => {
      // A field that is about to vanish (its region was unselected) hands over what was typed.
      run();
      registry.delete(run);
    };
  }, [registry]);
}
