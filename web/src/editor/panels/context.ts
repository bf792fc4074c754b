import { createContext, useContext } from "react";
import type { TaskData } from "../config/resolve";
import type { ConfigNode } from "../config/types";
import type { KeyBinding } from "../core/hotkeys";
import type { AnnotationStore, EditorTheme, ObjectView, Problem, Region } from "../core/types";

/** What the panels share. */
export interface EditorContextValue {
  readonly store: AnnotationStore;
  readonly data: TaskData;
  readonly theme: EditorTheme;
  readonly readOnly: boolean;
  readonly bindings: readonly KeyBinding[];
  /** Keys by option (`optionKey`). */
  readonly keys: ReadonlyMap<string, string>;
  /** Mounted object views by tag name. */
  readonly views: Map<string, ObjectView>;
  /** A view was mounted: what it tells about regions can be shown now. */
  viewMounted(): void;
  /** What a region covers, in words. */
  describe(region: Region): string;
  /** Problems to show; empty until a submit was tried. */
  readonly problems: readonly Problem[];
  announce(text: string): void;
  resolveUrl(url: string): string;
  /** A label was picked by mouse or key. */
  pick(control: ConfigNode, label: string): void;
  reveal(id: string): void;
}

export const EditorContext = createContext<EditorContextValue | null>(null);

export function useEditor(): EditorContextValue {
  const value = useContext(EditorContext);
  if (!value) throw new Error("used outside of <Editor>");
  return value;
}
