import type { Content, FilePreview, ReadOptions } from "@/api/imports";
import type { Entry } from "./basket";

/** What becomes of wrong rows, and of tasks that are in the project already. */
export interface ImportOptions {
  onError: "fail" | "skip";
  known: "off" | "content" | "external_id" | "fields";
  /** Data fields that say which task it is, with `known: "fields"`. */
  fields: readonly string[];
  mode: "skip" | "update" | "upsert";
  /** What a table becomes; `auto` leaves it to the labeling set-up. */
  tables: "auto" | "rows" | "files";
}

export const DEFAULTS: ImportOptions = {
  onError: "fail",
  known: "off",
  fields: [],
  mode: "skip",
  tables: "auto",
};

/** The query of an import; what is the server's default is not said. */
export function queryOf(options: ImportOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (options.onError === "skip") query.set("on_error", "skip");
  if (options.known !== "off") {
    query.set("dedupe", options.known === "fields" ? options.fields.join(",") : options.known);
    query.set("mode", options.mode);
  }
  for (const [name, value] of tablesQuery(options)) query.set(name, value);
  return query;
}

/** The part of the query that changes how a file is read. */
export function tablesQuery(options: ImportOptions): URLSearchParams {
  return new URLSearchParams(
    options.tables === "auto" ? {} : { files_as_tasks_list: String(options.tables === "rows") },
  );
}

/** Why these options cannot be used yet, in words; null when they can. */
export function problemOf(options: ImportOptions): string | null {
  return options.known === "fields" && options.fields.length === 0
    ? "Choose at least one field by which tasks are compared."
    : null;
}

/** What the entries bring to an import, and how they are to be read. */
export function contentOf(entries: readonly Entry[]): Content {
  const options: Record<string, ReadOptions> = {};
  for (const entry of entries) {
    const key = entry.uploadId ?? entry.address;
    if (key && Object.keys(entry.read).length > 0) options[key] = entry.read;
  }
  return {
    uploads: entries.flatMap((entry) => (entry.uploadId && !entry.address ? [entry.uploadId] : [])),
    addresses: entries.flatMap((entry) => (entry.address ? [entry.address] : [])),
    options,
  };
}

/** Read options with one of them changed; `undefined` takes it back to what is found. */
export function withOption<K extends keyof ReadOptions>(
  read: ReadOptions,
  name: K,
  value: ReadOptions[K] | undefined,
): ReadOptions {
  const { [name]: _, ...rest } = read;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Names of the fields that all previews have as data, for comparing tasks by them. */
export function commonFields(previews: readonly FilePreview[]): string[] {
  const lists = previews
    .filter((preview) => preview.columns.length > 0)
    .map((preview) =>
      preview.columns
        .map((column) => preview.options.columns?.[column] ?? column)
        .filter((key) => key !== ""),
    );
  const [first = [], ...others] = lists;
  return [...new Set(first)].filter((key) => others.every((list) => list.includes(key)));
}
