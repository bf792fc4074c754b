/** Imports and uploads over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type ImportStatus = Schemas["ImportStatus"];
/** What a dry run found. */
export type CheckAnswer = Schemas["ImportResult"];
export type UndoAnswer = Schemas["UndoResult"];
export type ServerUpload = Schemas["Upload"];

/** How a file is to be read; what is not said is found out from its content. */
export interface ReadOptions {
  format?: string;
  encoding?: string;
  delimiter?: string;
  /** "" = cells are never quoted. */
  quote?: string;
  header?: boolean;
  csv_types?: "lossless" | "string" | "exact_ls";
  sheet?: string;
  /** Data key by column; "" leaves the column out. */
  columns?: Record<string, string>;
}

/** How a file would be read. `options` has what was found out filled in. */
export type FilePreview = Omit<Schemas["FilePreview"], "options"> & { options: ReadOptions };

/** What is imported: finished uploads and addresses, and how to read them by upload id or address. */
export interface Content {
  uploads: readonly string[];
  addresses: readonly string[];
  options: Readonly<Record<string, ReadOptions>>;
}

const project = (id: number) => `/api/projects/${id}`;

function formOf(content: Content): URLSearchParams {
  const form = new URLSearchParams();
  for (const upload of content.uploads) form.append("upload", upload);
  for (const address of content.addresses) form.append("url", address);
  if (Object.keys(content.options).length > 0) form.append("options", JSON.stringify(content.options));
  return form;
}

export const listUploads = (id: number) => send<ServerUpload[]>("GET", `${project(id)}/uploads`);

export const deleteUpload = (id: number, upload: string) =>
  send<void>("DELETE", `${project(id)}/uploads/${encodeURIComponent(upload)}`, {
    headers: { "Tus-Resumable": "1.0.0" },
  });

/** The beginning of each file, and how it would be read. Nothing is stored. */
export const previewImport = (id: number, content: Content, query: URLSearchParams, signal?: AbortSignal) =>
  send<FilePreview[]>("POST", `${project(id)}/import/preview?${query}`, {
    body: formOf(content),
    ...(signal ? { signal } : {}),
  });

/** Starts an import that goes on by itself; the same key never starts it twice. */
export const startImport = (id: number, content: Content, query: URLSearchParams, key: string) =>
  send<{ import?: number }>("POST", `${project(id)}/import?${query}`, {
    body: formOf(content),
    headers: { Prefer: "respond-async", "Idempotency-Key": key },
  });

/** Checks everything as an import would; nothing is stored. */
export const checkImport = (id: number, content: Content, query: URLSearchParams, signal?: AbortSignal) => {
  const dry = new URLSearchParams(query);
  dry.set("dry_run", "true");
  return send<CheckAnswer>("POST", `${project(id)}/import?${dry}`, {
    body: formOf(content),
    ...(signal ? { signal } : {}),
  });
};

export const listImports = (id: number, signal?: AbortSignal) =>
  send<ImportStatus[]>("GET", `${project(id)}/imports`, signal ? { signal } : {});

export const cancelImport = (id: number, importId: number) =>
  send<unknown>("POST", `${project(id)}/imports/${importId}/cancel`);

/** What an undo of an import would delete and keep. */
export const planUndo = (id: number, importId: number) =>
  send<UndoAnswer>("POST", `${project(id)}/imports/${importId}/undo?dry_run=true`);

/** Takes an import back. A long undo goes on after the answer, which then has no counts. */
export const undoImport = (id: number, importId: number) =>
  send<Partial<UndoAnswer>>("POST", `${project(id)}/imports/${importId}/undo`);

/** Address of the file of rows that were left out. */
export const rejectsAddress = (id: number, importId: number) => `${project(id)}/imports/${importId}/rejects`;
