import type { Task } from "@/api/contract";
import type { ViewData } from "@/api/views";
import { type Field, tasksName } from "./fields";

type CellKind =
  | "id"
  | "text"
  | "image"
  | "audio"
  | "number"
  | "time"
  | "count"
  | "seconds"
  | "boolean"
  | "people";

/** A column as the table of a view shows it. */
export interface TableColumn {
  field: Field;
  kind: CellKind;
  /** Pixels; growing columns share what is left of the window. */
  width: number;
  grows?: number;
  read: (task: Task) => unknown;
}

/** How a data column can be shown, as the view's `columnsDisplayType` names it. */
export const DISPLAY_TYPES = ["String", "Number", "Image", "Audio", "Datetime"] as const;

const KINDS: Record<string, CellKind> = {
  Image: "image",
  Audio: "audio",
  AudioPlus: "audio",
  Number: "number",
  Datetime: "time",
  Time: "seconds",
  Boolean: "boolean",
};
const COUNTS = new Set(["total_annotations", "cancelled_annotations", "total_predictions"]);
const WIDTHS: Partial<Record<CellKind, number>> = {
  id: 76,
  image: 84,
  number: 110,
  count: 108,
  time: 120,
  seconds: 96,
  boolean: 96,
  people: 140,
};
export const MIN_WIDTH = 48;
export const MAX_WIDTH = 1200;

function cellKind(field: Field, display: string | undefined): CellKind {
  if (field.id === "id" || field.id === "inner_id") return "id";
  if (COUNTS.has(field.id)) return "count";
  if (field.kind === "users") return "people";
  return KINDS[display ?? field.type] ?? "text";
}

function tableColumn(field: Field, view: ViewData): TableColumn {
  const name = tasksName(field.id);
  const kind = cellKind(field, field.isData ? view.columnsDisplayType?.[name] : undefined);
  const fixed = WIDTHS[kind];
  const kept = view.columnsWidth?.[name];
  const key = field.id.slice("data.".length);
  // What the set-up shows to labelers matters more than what merely came along.
  const known = field.isData && field.type !== "Unknown";
  return {
    field,
    kind,
    width: typeof kept === "number" ? clampWidth(kept) : (fixed ?? (known ? 220 : 110)),
    ...(typeof kept === "number" || fixed !== undefined ? {} : { grows: known ? 4 : 1 }),
    read: field.isData
      ? (task) => task.data?.[key]
      : (task) => (task as unknown as Record<string, unknown>)[field.id],
  };
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
}

/** Fields in the view's order; those it does not name come behind. */
export function orderedFields(fields: readonly Field[], view: ViewData): Field[] {
  const places = new Map((view.columnsOrder ?? []).map((name, at) => [name, at]));
  const place = (field: Field) => places.get(tasksName(field.id)) ?? Number.POSITIVE_INFINITY;
  return [...fields].sort((a, b) => {
    const [one, two] = [place(a), place(b)];
    return one === two ? 0 : one - two;
  });
}

export function isHidden(field: Field, view: ViewData): boolean {
  const hidden = view.hiddenColumns?.explore;
  return hidden ? hidden.includes(tasksName(field.id)) : !field.shown;
}

/** Columns of the table, as the view has them. The number is there when nothing else is. */
export function tableColumns(fields: readonly Field[], view: ViewData): TableColumn[] {
  const shown = orderedFields(fields, view).filter((field) => !isHidden(field, view));
  const some = shown.length > 0 ? shown : fields.filter((field) => field.id === "id");
  return some.map((field) => tableColumn(field, view));
}

/** What changes in a view when some fields are shown or hidden. */
export function withHidden(fields: readonly Field[], view: ViewData, id: string, hide: boolean): ViewData {
  const hidden = fields.filter((field) => (field.id === id ? hide : isHidden(field, view)));
  return { hiddenColumns: { ...view.hiddenColumns, explore: hidden.map((field) => tasksName(field.id)) } };
}

/** What changes in a view when a column is put before another (null: behind all). */
export function withMoved(
  fields: readonly Field[],
  view: ViewData,
  id: string,
  before: string | null,
): ViewData {
  const order = orderedFields(fields, view).map((field) => field.id);
  if (id === before || !order.includes(id)) return {};
  const rest = order.filter((each) => each !== id);
  const at = before === null ? rest.length : rest.indexOf(before);
  rest.splice(at < 0 ? rest.length : at, 0, id);
  return { columnsOrder: rest.map(tasksName) };
}

/** Names of the fields that the table asks the server for. */
export function includeOf(columns: readonly TableColumn[]): string {
  const names = columns.map((column) => (column.field.isData ? "data" : column.field.id));
  return [...new Set(["id", ...names])].sort().join(",");
}

/** Track list of the grid and the width below which the table scrolls sideways. */
export function tableGrid(columns: readonly TableColumn[]): {
  gridTemplateColumns: string;
  minWidth: number;
} {
  const tracks = columns.map((column) =>
    column.grows ? `minmax(${column.width}px, ${column.grows}fr)` : `${column.width}px`,
  );
  const padding = 24;
  return {
    gridTemplateColumns: `${TICK}px ${tracks.join(" ")}`,
    minWidth: TICK + padding + columns.reduce((sum, column) => sum + column.width, 0),
  };
}

const TICK = 40;

/** Any value as one short line. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** File name at the end of an address, for media cells. */
export function fileName(value: unknown): string {
  const text = cellText(value);
  const path = text.split(/[?#]/, 1)[0] ?? "";
  const name = path.slice(path.lastIndexOf("/") + 1) || text;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
