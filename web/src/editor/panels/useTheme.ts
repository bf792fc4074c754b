import { useMemo, useSyncExternalStore } from "react";
import type { ConfigTree } from "../config/types";
import { makeTheme } from "../core/theme";
import type { EditorTheme } from "../core/types";

const QUERY = "(prefers-color-scheme: dark)";

function subscribe(changed: () => void): () => void {
  const media = window.matchMedia?.(QUERY);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  media?.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    media?.removeEventListener("change", changed);
  };
}

/** Dark when the page says so (`data-theme` on the root element), otherwise what the system prefers. */
function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen === "dark";
  return window.matchMedia?.(QUERY).matches ?? false;
}

export function useTheme(config: ConfigTree): EditorTheme {
  const dark = useSyncExternalStore(subscribe, isDark);
  return useMemo(() => makeTheme(config, dark), [config, dark]);
}
