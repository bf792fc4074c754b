import type { ComponentType } from "react";
import type { Option } from "../config/options";
import type { ConfigNode } from "../config/types";
import type {
  AnnotationStore,
  AnswerValue,
  Codec,
  EditorTheme,
  Problem,
  ShapeKind,
  ViewFactory,
} from "../core/types";

export interface Param {
  readonly type: "string" | "bool" | "number" | "enum";
  readonly values?: readonly string[];
  readonly required?: boolean;
  readonly default?: string;
}

/** Parameter name in its documented spelling -> what it accepts. Lookups ignore case. */
export type ParamSpec = Readonly<Record<string, Param>>;

export interface ControlProps {
  readonly node: ConfigNode;
  readonly store: AnnotationStore;
  /** Region that a per-region control answers for; null for a whole-task answer. */
  readonly regionId: string | null;
  readonly readOnly: boolean;
  readonly theme: EditorTheme;
  /** Key shown on an option: `optionKey(node, value)` -> key. */
  readonly hotkeys: ReadonlyMap<string, string>;
  readonly problem?: string | undefined;
  announce(text: string): void;
}

export type ControlComponent = ComponentType<ControlProps>;

/**
 * Everything the editor knows about one tag. Modules live in `tags/<tag>/index.ts` and are listed in
 * `tags/index.ts`; no other module names a tag.
 */
export interface TagModule {
  readonly tag: string;
  readonly aliases?: readonly string[];
  readonly kind: "object" | "control" | "visual" | "child";
  readonly params: ParamSpec;
  /** Tags allowed as own options (Label, Choice). */
  readonly children?: readonly string[];
  /** `type` of its result items. */
  readonly resultType?: string;
  /** Key of its own payload in `value`. */
  readonly resultKey?: string;
  /** Shapes this control can draw by itself. */
  readonly shapes?: readonly ShapeKind[];
  /** Labels regions (Labels, RectangleLabels …): its Label children become a row of the label bar. */
  readonly labels?: boolean;
  readonly codec?: Codec;
  /** Answer that a new annotation starts with (`selected`, `defaultValue`). */
  initial?(node: ConfigNode): AnswerValue | null;
  /** What a key of the control does: `option` names the option it belongs to, null the control itself. */
  press?(store: AnnotationStore, control: ConfigNode, regionId: string | null, option: Option | null): void;
  validate?(node: ConfigNode, store: AnnotationStore): Problem[];
  /** Object tags. */
  readonly mount?: ViewFactory;
  /** The object uses all the room it gets: on small screens the side panel starts closed. */
  readonly wantsRoom?: boolean;
  /** Control tags. */
  readonly Control?: ControlComponent;
}

const modules = new Map<string, TagModule>();

export function registerTag(module: TagModule): void {
  modules.set(module.tag.toLowerCase(), module);
  for (const alias of module.aliases ?? []) modules.set(alias.toLowerCase(), module);
}

/** Module of a tag, any case; undefined for tags the editor does not know. */
export function tagModule(tag: string): TagModule | undefined {
  return modules.get(tag.toLowerCase());
}

export function allTags(): TagModule[] {
  return [...new Set(modules.values())];
}
