/** Imports and uploads over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { UserRef } from "./contract";
import type { RowError } from "./errors";

export interface ServerUpload {
  id: string;
  name: string;
  /** Bytes in all, and how many of them have arrived. */
  size: number;
  offset: number;
}

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

export interface FilePreview {
  name: string;
  size: number;
  format: string;
  options: ReadOptions;
  /** Names as they stand in the file, in its order. */
  columns: string[];
  types: Record<string, string>;
  /** The first items, by data key. */
  rows: Record<string, unknown>[];
  sheets: string[];
  notes: string[];
  /** Data keys of the label config that no column gives. */
  missing: string[];
  files_as_tasks_list: boolean;
  error: string | null;
}

export interface ImportStatus {
  id: number;
  status: "created" | "in_progress" | "failed" | "completed";
  error: string | null;
  errors: ({ rows?: RowError[] } & Record<string, unknown>) | null;
  created_at: string;
  finished_at: string | null;
  task_count: number;
  annotation_count: number;
  prediction_count: number;
  duration: number;
  /** Names of its files. */
  files?: string[];
  notes?: string[];
  created_by?: UserRef | null;
  found_formats: Record<string, number> | unknown[];
  rows_read: number;
  rows_accepted: number;
  rows_rejected: number;
  rows_duplicate: number;
  rows_updated: number;
  rows_unmatched: number;
  bytes_total: number;
  bytes_read: number;
  /** Tasks a second. */
  rate: number;
  /** Seconds to go. */
  eta: number | null;
  has_rejects: boolean;
  can_undo: boolean;
  undone_at: string | null;
  /** What an undo did so far; null when nobody asked for one. */
  undo: UndoAnswer | null;
  cancelled: boolean;
}

/** What a dry run found. */
export interface CheckAnswer {
  task_count: number;
  annotation_count: number | null;
  prediction_count: number | null;
  rows_rejected?: number;
  duplicate_count?: number;
  updated_count?: number;
  errors?: { rows?: RowError[] } | null;
  notes?: string[];
}

export interface UndoAnswer {
  deleted: number;
  kept: number;
  kept_tasks: number[];
  updated: number;
}

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
