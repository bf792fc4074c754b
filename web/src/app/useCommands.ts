import { useEffect, useRef } from "react";
import { type Command, commands } from "./commands";

/** Offers commands while the component is on the page. Handlers may close over fresh state at every render. */
export function useCommands(list: readonly Command[]): void {
  const latest = useRef(list);
  latest.current = list;
  const signature = list.map((item) => `${item.id}\n${item.title}\n${item.keys}`).join("\n\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature says when the set really changed
  useEffect(() => {
    const find = (id: string) => latest.current.find((item) => item.id === id);
    return commands.register(
      latest.current.map((item) => ({
        ...item,
        when: () => {
          const now = find(item.id);
          return now !== undefined && (now.when?.() ?? true);
        },
        run: () => find(item.id)?.run(),
      })),
    );
  }, [signature]);
}
