import type { ConfigNode, ConfigTree } from "../config/types";

/** One item of an annotation's `result` list, exactly as it travels over the API. */
export type ResultItem = Record<string, unknown> & {
  id?: string;
  type?: string;
  from_name?: string;
  to_name?: string;
  value?: Record<string, unknown>;
};

export type Shape =
  /** Characters of a text; `start`/`end` count Unicode code points, end exclusive. Views turn them into UTF-16. */
  | { readonly kind: "span"; readonly start: number; readonly end: number; readonly text?: string }
  /** Part of a recording, in seconds. */
  | { readonly kind: "interval"; readonly start: number; readonly end: number; readonly channel?: number }
  /** Percent (0-100) of the unrotated original image; rotation in degrees clockwise about the top-left corner. */
  | {
      readonly kind: "box";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly rotation: number;
    }
  | { readonly kind: "none" };

export type ShapeKind = Shape["kind"];

export type Origin = "manual" | "prediction" | "prediction-changed";

export interface MediaDims {
  original_width?: number;
  original_height?: number;
  image_rotation?: number;
  original_length?: number;
  item_index?: number;
}

/** A marked part of an object. Records are immutable: an edit makes a new record and commits it as an `Op`. */
export interface Region {
  readonly id: string;
  /** Name of the object tag. */
  readonly to: string;
  /** Name of the control that made it. */
  readonly from: string;
  readonly shape: Shape;
  /** Control name -> labels as stored in results (an alias wins over the shown value). */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Control name -> value payload of a per-region answer: `{choices: […]}`, `{text: […]}`, `{rating: n}`. */
  readonly answers: Readonly<Record<string, Record<string, unknown>>>;
  readonly parent?: string | undefined;
  readonly meta?: { readonly text: readonly string[] } | undefined;
  readonly origin: Origin;
  readonly score?: number | undefined;
  /** View state: neither undone nor written to results. */
  readonly hidden?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly dims?: MediaDims | undefined;
  /** Items as received; written back as they are while the region is untouched. */
  readonly raw: readonly ResultItem[];
  readonly touched: boolean;
}

/** before null = created, after null = deleted; `at` = index in `order` (needed to undo a deletion in place). */
export type Op = { id: string; before: Region | null; after: Region | null; at?: number };

export interface Change {
  readonly ids: ReadonlySet<string>;
  readonly selection: boolean;
  readonly answers: boolean;
  readonly armed: boolean;
  /** Colours changed (light/dark): repaint all. */
  readonly theme?: boolean;
}

export type AnswerValue = Record<string, unknown>;

export interface AnnotationStore {
  readonly config: ConfigTree;
  readonly regions: ReadonlyMap<string, Region>;
  readonly order: readonly string[];
  readonly selection: ReadonlySet<string>;
  /** Grows with every change of any kind. */
  readonly version: number;
  /** Grows only with changes that alter `serialize()`. */
  readonly revision: number;
  /** Whole-task answer of a control: its value payload (`{choices: […]}` …) or undefined. */
  answers(fromName: string): AnswerValue | undefined;
  /** Commits the ops as one undo step. Marks changed records as touched; an op that changes nothing is dropped. */
  apply(ops: readonly Op[], label: string): void;
  undo(): void;
  redo(): void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What undo / redo would take back or repeat, for tooltips and announcements. */
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
  select(ids: readonly string[], mode?: "set" | "toggle" | "add"): void;
  setTaskAnswer(fromName: string, value: AnswerValue | null): void;
  /** hidden / locked of regions; view state, not an undo step. */
  setFlags(ids: readonly string[], flags: { hidden?: boolean; locked?: boolean }): void;
  readonly armedLabels: ReadonlyMap<string, readonly string[]>;
  arm(fromName: string, labels: readonly string[]): void;
  subscribe(fn: (change: Change) => void): () => void;
  serialize(): ResultItem[];
  /** Items kept as they are because this config cannot show them, with the reason. */
  readonly foreign: readonly { item: ResultItem; reason: string }[];
}

export interface Problem {
  /** Control the problem belongs to. */
  readonly from: string;
  readonly message: string;
  /** Region at fault, for per-region rules. */
  readonly regionId?: string;
}

export interface LabelColor {
  /** Opaque colour for badges, borders, handles. */
  readonly solid: string;
  /** Translucent colour for fills behind or over content. */
  readonly soft: string;
  /** Text colour readable (>= 4.5:1) on `solid`. */
  readonly text: string;
}

export interface EditorTheme {
  readonly dark: boolean;
  /** Colours of a label as stored in results; unknown labels get a colour of their own as well. */
  label(fromName: string, label: string): LabelColor;
  /** Colours of a region: its first label, or a neutral one. */
  region(region: Region): LabelColor;
  /** Text shown for the region's labels (values, not aliases), "" when it has none. */
  caption(region: Region): string;
}

/** An object tag drawn into the page. */
export interface ObjectView {
  update(change: Change): void;
  /** Scrolls or pans the region into view. */
  reveal(id: string): void;
  /** What the region covers, when the view knows it better than the region itself (its text). */
  describe?(id: string): string | null;
  /**
   * Runs a named command; true when handled. The editor sends:
   * "commit-pending" (label key pressed: turn a pending selection into a region with the labels now armed),
   * "cancel" (Esc: leave a running gesture), "focus", and tool names such as "tool:pan", "zoom:in".
   */
  command?(name: string): boolean;
  destroy(): void;
}

export interface ViewContext {
  readonly node: ConfigNode;
  /** Resolved `value` of the tag: a string, a list, whatever the task data holds. */
  readonly value: unknown;
  /** Task data, for tags that read more than `value`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly store: AnnotationStore;
  /** Controls whose toName is this object, in document order. */
  readonly controls: readonly ConfigNode[];
  readonly readOnly: boolean;
  readonly theme: EditorTheme;
  /** Says the text in the polite live region. */
  announce(text: string): void;
  resolveUrl(url: string): string;
  /**
   * Makes a region with the armed labels, commits it as one undo step and returns it.
   * `from` names the control; null lets the armed label (or the only label-free tool) decide.
   * Returns null, after saying why, when a label must be picked first or a limit is reached.
   * Selects the new region only when per-region controls wait for it; views may select it themselves.
   */
  newRegion(shape: Shape, from: string | null, extra?: { dims?: MediaDims }): Region | null;
}

export type ViewFactory = (host: HTMLElement, ctx: ViewContext) => ObjectView;

export interface CodecCtx {
  readonly config: ConfigTree;
  readonly control: ConfigNode;
  /** The object tag that `to_name` names. */
  readonly object: ConfigNode | undefined;
}

/**
 * Translates one control's items. The store merges what `serialize` returns over the item received earlier
 * (unknown keys survive) and adds id, parentID, meta, dims and origin by itself.
 */
export interface Codec {
  parse(item: ResultItem, ctx: CodecCtx): { patch: Partial<Region> } | { error: string };
  serialize(region: Region, ctx: CodecCtx): ResultItem;
}
