import "./tags";

export { parseConfig } from "./config/parse";
export { resolveConfig } from "./config/resolve";
export type { ConfigNode, ConfigProblem, ConfigTree } from "./config/types";
export { createAnnotationStore } from "./core/store";
export type { AnnotationStore, Problem, Region, ResultItem, Shape } from "./core/types";
export { validate } from "./core/validate";
export { Editor, type EditorHandle, type EditorProps } from "./Editor";
export { type HotkeyHelp, hotkeys } from "./hotkeys";
export { type TagSpec, tagSpecs } from "./tags/specs";
