import type { Column } from "@/api/contract";

/** How the values of a field are compared, which decides what can be asked of them. */
export type Kind =
  | "text"
  | "number"
  | "moment"
  | "boolean"
  | "users"
  | "ids"
  | "versions"
  | "results"
  | "everything";

/** Something that tasks have: a column of the table, or what they can be filtered by. */
export interface Field {
  /** A task field, or `data.<key>`. */
  id: string;
  title: string;
  /** The type that the server says: String, Number, Datetime, List, Image … */
  type: string;
  kind: Kind;
  isData: boolean;
  help: string;
  /** In the table of a view that says nothing about its columns. */
  shown: boolean;
  sortable: boolean;
}

const SHOWN = new Set(["id", "total_annotations", "total_predictions", "updated_at"]);
const KINDS: Record<string, Kind> = {
  annotators: "users",
  updated_by: "users",
  annotations_ids: "ids",
  predictions_model_versions: "versions",
  annotations_results: "results",
  predictions_results: "results",
};
const BY_TYPE: Record<string, Kind> = {
  Number: "number",
  Time: "number",
  Datetime: "moment",
  Boolean: "boolean",
};
/** What can be filtered by although it is no column. */
const EXTRA: readonly [id: string, title: string, type: string, help: string][] = [
  ["is_labeled", "Finished", "Boolean", "The task has all the annotations it wants."],
  ["ground_truth", "Has ground truth", "Boolean", "An annotation of the task is the ground truth."],
  ["overlap", "Annotations wanted", "Number", "How many people are to answer the task."],
  ["data", "Anything in the data", "String", "Looks at everything in the task's data."],
];

export const tasksName = (id: string) => `tasks:${id}`;
export const bareName = (name: string) => name.replace(/^-?(tasks:)?/, "");

function builtIn(id: string, title: string, type: string, help: string): Field {
  const kind = id === "data" ? "everything" : (KINDS[id] ?? BY_TYPE[type] ?? "text");
  return {
    id,
    title,
    type,
    kind,
    isData: false,
    help,
    shown: SHOWN.has(id),
    sortable: kind !== "results" && kind !== "everything",
  };
}

/** Columns of a project: the number, its data, then what every task has. */
export function tableFields(columns: readonly Column[]): Field[] {
  const data = columns
    .filter((column) => column.parent === "data")
    .map((column): Field => {
      const key = column.id.replace(/^data\./, "");
      const title = column.title || key;
      const rest = { isData: true, help: "", shown: true, sortable: true } as const;
      return { id: `data.${key}`, title, type: column.type, kind: "text", ...rest };
    });
  const own = columns
    .filter((column) => column.parent !== "data" && column.id !== "data")
    .map((column) => builtIn(column.id, column.title, column.type, column.help ?? ""));
  const number = own.filter((field) => field.id === "id");
  return [...number, ...data, ...own.filter((field) => field.id !== "id")];
}

/** What tasks can be filtered by. */
export function filterFields(table: readonly Field[]): Field[] {
  const extra = EXTRA.filter(([id]) => !table.some((field) => field.id === id));
  return [...table, ...extra.map((each) => builtIn(...each))];
}
