import type { CheckAnswer, FilePreview, ImportStatus, ReadOptions, UndoAnswer } from "@/api/imports";
import { bytes, count, duration, plural } from "@/ui/format";
import type { Entry, Totals } from "./basket";

/** "5.2 MB a second, 9 s to go"; "" while neither is known. */
function speed(rate: number | null, eta: number | null): string {
  return [
    rate ? `${bytes(Math.round(rate))} a second` : "",
    eta !== null && rate ? `${duration(eta)} to go` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

/** One line about how far an entry is. */
export function describeEntry(entry: Entry, previews: readonly FilePreview[] = []): string {
  switch (entry.state) {
    case "waiting":
      return entry.sent > 0 ? `${bytes(entry.sent)} are here, goes on soon` : "Waiting";
    case "sending": {
      const part = `${bytes(entry.sent)} of ${bytes(entry.size)}`;
      if (entry.retrying) return `${part}. No connection, trying again`;
      return [part, speed(entry.rate, entry.eta)].filter(Boolean).join(", ");
    }
    case "paused":
      return `Paused at ${bytes(entry.sent)} of ${bytes(entry.size)}`;
    case "interrupted":
      return `${bytes(entry.sent)} of ${bytes(entry.size)} are here. Choose the file again to go on`;
    case "failed":
      return entry.messages[0] ?? "Refused";
    case "ready":
      if (previews.length > 0) return describePreview(previews);
      return entry.address ? "Is fetched by the server" : "Sent";
  }
}

/** Formats whose tasks have one value, which needs no key. */
export function hasOneValue(preview: FilePreview): boolean {
  return /^(media|html|txt)$/i.test(preview.format ?? "");
}

function describePreview(previews: readonly FilePreview[]): string {
  const [preview] = previews;
  if (!preview) return "Sent";
  const bad = previews.find((one) => one.error);
  if (bad?.error) return bad.error;
  if (previews.length > 1) return `${plural(previews.length, "file")} inside`;
  if (preview.missing.length > 0)
    return `${formatName(preview.format)}, no column for ${preview.missing.join(", ")}`;
  const columns =
    preview.columns.length > 0 && !hasOneValue(preview)
      ? `, ${plural(preview.columns.length, "column")}`
      : "";
  return `${formatName(preview.format)}${columns}`;
}

/** One line about all of them. */
export function describeTotals(totals: Totals): string {
  const parts = [plural(totals.files, "file")];
  if (totals.open > 0) {
    parts.push(`${bytes(totals.sent)} of ${bytes(totals.size)} sent`);
    const left = speed(totals.rate, totals.eta);
    if (left) parts.push(left);
  } else if (totals.size > 0) parts.push(bytes(totals.size));
  if (totals.failed > 0) parts.push(`${count(totals.failed)} not sent`);
  return parts.join(" · ");
}

const FORMAT_NAMES: Record<string, string> = {
  json: "JSON",
  jsonl: "JSON Lines",
  csv: "CSV",
  tsv: "TSV",
  txt: "Text, one task a line",
  html: "HTML",
  parquet: "Parquet",
  excel: "Excel",
  media: "Media file",
};

export function formatName(format: string | null): string {
  if (!format) return "Unknown";
  return FORMAT_NAMES[format.toLowerCase()] ?? format;
}

export const DELIMITERS: readonly (readonly [string, string])[] = [
  [",", "comma"],
  [";", "semicolon"],
  ["\t", "tab"],
  ["|", "bar |"],
  [" ", "blank"],
  [":", "colon"],
];
export const QUOTES: readonly (readonly [string, string])[] = [
  ['"', 'double "'],
  ["'", "single '"],
  ["", "none"],
];
export const TYPES: readonly (readonly [NonNullable<ReadOptions["csv_types"]>, string])[] = [
  ["lossless", "if exact"],
  ["string", "stay text"],
  ["exact_ls", "as Label Studio does"],
];
export const ENCODINGS: readonly (readonly [string, string])[] = [
  ["utf-8", "UTF-8"],
  ["utf-16", "UTF-16"],
  ["cp1252", "Western (cp1252)"],
  ["iso-8859-15", "Western (ISO 8859-15)"],
  ["cp1250", "Central European (cp1250)"],
  ["cp1251", "Cyrillic (cp1251)"],
  ["koi8-r", "Cyrillic (KOI8-R)"],
  ["gb18030", "Chinese (GB 18030, GBK)"],
  ["big5", "Chinese (Big5)"],
  ["shift_jis", "Japanese (Shift JIS)"],
  ["euc-jp", "Japanese (EUC)"],
  ["euc-kr", "Korean (EUC)"],
];

/** Whether the server is still at work on it. */
export function isBusy(status: ImportStatus): boolean {
  return toneOf(status) === "running" || isBeingUndone(status);
}

function isBeingUndone(status: ImportStatus): boolean {
  return status.status === "completed" && Boolean(status.undo) && !status.undone_at;
}

export function describeUndo(done: Partial<UndoAnswer>): string {
  if (done.deleted === undefined) return "The undo goes on. The list says when it is done.";
  const kept = done.kept ? `, ${plural(done.kept, "task")} kept` : "";
  const updated = done.updated ? `, ${plural(done.updated, "task")} as before` : "";
  return `${plural(done.deleted, "task")} deleted${kept}${updated}.`;
}

export type ImportTone = "running" | "ok" | "partial" | "failed" | "gone";

export function toneOf(status: ImportStatus): ImportTone {
  if (status.undone_at || status.cancelled) return "gone";
  if (status.status === "failed") return "failed";
  if (status.status !== "completed") return "running";
  return status.rows_rejected > 0 ? "partial" : "ok";
}

/** "1,200 tasks with 30 annotations" */
export function describeTasks(made: {
  task_count?: number | null;
  annotation_count?: number | null;
  prediction_count?: number | null;
}): string {
  const extra = [
    made.annotation_count ? plural(made.annotation_count, "annotation") : "",
    made.prediction_count ? plural(made.prediction_count, "prediction") : "",
  ].filter(Boolean);
  return `${plural(made.task_count ?? 0, "task")}${extra.length ? ` with ${extra.join(" and ")}` : ""}`;
}

/** What an import did, or is doing, in one sentence. */
export function headlineOf(status: ImportStatus): string {
  if (status.undone_at) return "Undone";
  if (isBeingUndone(status))
    return `Being undone, ${plural(status.undo?.deleted ?? 0, "task")} deleted so far`;
  if (status.cancelled)
    return status.finished_at
      ? "Cancelled, nothing was imported"
      : "Cancelled, what was stored is being taken back";
  if (status.status === "failed") return "Refused, nothing was imported";
  if (status.status === "created") return "Waits for its turn";
  if (status.status === "in_progress")
    return status.task_count > 0
      ? `${plural(status.task_count, "task")} stored so far`
      : "Reading and checking";
  return `${describeTasks(status)} imported`;
}

/** The counts that matter, each with its unit. */
export function factsOf(status: ImportStatus): string[] {
  const running = toneOf(status) === "running";
  if (status.undone_at && status.undo) return [describeUndo(status.undo).slice(0, -1)];
  const facts = [`${plural(status.rows_read, "row")} read`];
  if (running || status.rows_rejected > 0) facts.push(`${count(status.rows_accepted)} accepted`);
  if (status.rows_rejected > 0) facts.push(`${count(status.rows_rejected)} left out`);
  if (status.rows_duplicate > 0) facts.push(`${count(status.rows_duplicate)} known already`);
  if (status.rows_updated > 0) facts.push(`${plural(status.rows_updated, "task")} updated`);
  if (status.rows_unmatched > 0) facts.push(`${count(status.rows_unmatched)} without a known task`);
  if (running && status.rate > 0) facts.push(`${count(Math.round(status.rate))} a second`);
  if (running && status.eta !== null) facts.push(`${duration(status.eta)} to go`);
  return facts;
}

/** 0..1; null while it cannot be said. */
export function progressOf(status: ImportStatus): number | null {
  return status.bytes_total > 0 && status.bytes_read > 0
    ? Math.min(1, status.bytes_read / status.bytes_total)
    : null;
}

/** What an import with these options would do. */
export function describeCheck(answer: CheckAnswer): string {
  const parts = [`${describeTasks(answer)} would be imported`];
  if (answer.updated_count) parts.push(`${plural(answer.updated_count, "task")} updated`);
  if (answer.duplicate_count) parts.push(`${plural(answer.duplicate_count, "row")} known already`);
  if (answer.rows_rejected) parts.push(`${plural(answer.rows_rejected, "row")} left out`);
  return `${parts.join(", ")}. Nothing was stored.`;
}

/** What was imported: "reviews.csv and 3 more files". */
export function titleOf(status: ImportStatus): string {
  const [first, ...others] = status.files ?? [];
  if (first !== undefined)
    return others.length > 0 ? `${first} and ${plural(others.length, "more file")}` : first;
  const formats = Object.keys(Array.isArray(status.found_formats) ? {} : status.found_formats);
  return formats.length > 0 ? formats.join(", ") : "JSON over the API";
}
