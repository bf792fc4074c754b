import type { Column, Task } from "@/api/contract";

export interface TableColumn {
  /** Name for ordering: a task field, or `data.<key>`. */
  id: string;
  title: string;
  kind: "id" | "text" | "image" | "audio" | "number" | "time" | "count";
  /** Pixels; growing columns share what is left of the window. */
  width: number;
  grows?: number;
  read: (task: Task) => unknown;
}

const FIXED_END: TableColumn[] = [
  {
    id: "total_annotations",
    title: "Annotations",
    kind: "count",
    width: 108,
    read: (t) => t.total_annotations,
  },
  {
    id: "total_predictions",
    title: "Predictions",
    kind: "count",
    width: 104,
    read: (t) => t.total_predictions,
  },
  { id: "updated_at", title: "Updated", kind: "time", width: 120, read: (t) => t.updated_at },
];

const KINDS: Record<string, TableColumn["kind"]> = {
  Image: "image",
  Audio: "audio",
  AudioPlus: "audio",
  Number: "number",
};
const WIDTHS: Partial<Record<TableColumn["kind"], number>> = { image: 84, number: 110 };

/** Table columns: the number, the data the project holds, then the counters. */
export function tableColumns(columns: readonly Column[], sample: readonly Task[]): TableColumn[] {
  let data = columns.filter((column) => column.parent === "data").map((column) => ({ ...column }));
  if (data.length === 0) {
    const keys = new Set(sample.flatMap((task) => Object.keys(task.data ?? {})));
    data = [...keys].map((key) => ({ id: key, title: key, type: "Unknown", parent: "data" }));
  }
  return [
    { id: "id", title: "ID", kind: "id", width: 76, read: (task) => task.id },
    ...data.map((column): TableColumn => {
      const key = column.id.replace(/^data\./, "");
      const kind = KINDS[column.type] ?? "text";
      const known = column.type !== "Unknown";
      return {
        id: `data.${key}`,
        title: column.title || key,
        kind,
        // What the set-up shows to labelers matters more than what merely came along.
        width: WIDTHS[kind] ?? (known ? 220 : 110),
        ...(WIDTHS[kind] === undefined ? { grows: known ? 4 : 1 } : {}),
        read: (task) => task.data?.[key],
      };
    }),
    ...FIXED_END,
  ];
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
