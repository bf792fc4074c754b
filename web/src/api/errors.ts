import type { components } from "./schema";

/** What is wrong with one row of an import. */
export type RowError = components["schemas"]["RowErrorBody"];

/** A refusal by the server, or no answer at all (`status` 0), told in words a person can act on. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly messages: readonly string[],
    readonly fields: Readonly<Record<string, readonly string[]>> = {},
    /** Row by row, where an import was refused. */
    readonly rows: readonly RowError[] = [],
    /** What the server has, where a change was refused because it is newer than what the caller has seen. */
    readonly current: unknown = null,
  ) {
    super(messages.join("\n"));
    this.name = "ApiError";
  }
}

const FIELD_NAMES: Record<string, string> = {
  title: "Name",
  description: "Description",
  label_config: "Labeling set-up",
  expert_instruction: "Instructions",
  maximum_annotations: "Annotations per task",
  email: "E-mail",
  password: "Password",
  result: "Result",
  data: "Task data",
  predictions: "Predictions",
};

const FALLBACK: Record<number, string> = {
  0: "The server does not answer. Check that it is running and that you are connected; nothing you typed is lost.",
  401: "You are signed out. Sign in again to go on.",
  403: "Your account may not do this.",
  404: "This does not exist, or it belongs to someone else.",
  409: "Somebody changed this in the meantime. Reload to see the current state.",
  413: "This is larger than the server accepts. Send it in smaller parts.",
  415: "The server does not accept this kind of file.",
  429: "Too many tries. Wait a minute and try again.",
};

/** Turns any error answer into messages; `body` is the parsed JSON, or text when it was not JSON. */
export function readError(status: number, body: unknown): ApiError {
  const fields: Record<string, string[]> = {};
  const messages: string[] = [];
  let rows: readonly RowError[] = [];
  let current: unknown = null;
  if (body && typeof body === "object" && !Array.isArray(body)) {
    const envelope = body as Record<string, unknown>;
    current = envelope.current ?? null;
    const nested = envelope.validation_errors;
    if (nested && typeof nested === "object") {
      const { rows: named, ...others } = nested as Record<string, unknown>;
      if (isRowErrors(named)) rows = named;
      collect("", isRowErrors(named) ? others : nested, fields);
    } else if (typeof envelope.detail === "string" && envelope.detail) {
      messages.push(envelope.detail);
    } else if (status === 400) {
      // Configuration checks answer the bare field map.
      collect("", envelope, fields);
    }
  }
  for (const [field, list] of Object.entries(fields)) {
    const name = fieldName(field);
    for (const message of list) messages.push(name ? `${name}: ${message}` : message);
  }
  if (messages.length === 0)
    messages.push(FALLBACK[status] ?? `The server answered ${status} without a reason.`);
  return new ApiError(status, messages, fields, rows, current);
}

function isRowErrors(value: unknown): value is readonly RowError[] {
  return (
    Array.isArray(value) &&
    value.every(
      (row) => row !== null && typeof row === "object" && typeof row.error === "string" && "row" in row,
    )
  );
}

function collect(path: string, value: unknown, into: Record<string, string[]>): void {
  if (typeof value === "string") {
    if (!into[path]) into[path] = [];
    into[path].push(value);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      // Lists of sentences belong to the field itself; lists of objects are told apart by number.
      collect(typeof item === "string" ? path : `${path}[${index}]`, item, into);
    });
  } else if (value && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) collect(path ? `${path}.${key}` : key, item, into);
  }
}

function fieldName(field: string): string {
  if (field === "" || field.startsWith("non_field_errors") || field === "__all__") return "";
  return FIELD_NAMES[field] ?? field.replaceAll("_", " ");
}

/** One paragraph for a toast or an error panel. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError)
    return error.messages.slice(0, 3).join(" ") + more(error.messages.length - 3);
  if (error instanceof Error) return error.message;
  return String(error);
}

function more(count: number): string {
  return count > 0 ? ` (and ${count} more)` : "";
}
