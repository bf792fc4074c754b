/** How storages and their syncs are put into words, and what a form of one lacks. */

import type { Kind, Role, Storage, StorageFields, StoredFile } from "@/api/storages";
import { count, plural } from "@/ui/format";

export type Tone = "ok" | "warn" | "danger" | "";

export const KINDS: readonly (readonly [Kind, string])[] = [
  ["s3", "Amazon S3, or a server that speaks it"],
  ["localfiles", "A directory of the server's machine"],
];
/** Kinds that Label Studio knows and this release does not have. */
export const LATER = ["Google Cloud Storage", "Azure Blob Storage", "Redis"];
export const MANY_WAITING = 10_000; // where the server stops counting

/** Where a storage is, as short as it can be said. */
export function placeOf(storage: Pick<Storage, "type" | "path" | "bucket" | "prefix">): string {
  if (storage.type !== "s3") return storage.path ?? "";
  return [storage.bucket, storage.prefix?.replace(/^\/+|\/+$/g, "")].filter(Boolean).join("/");
}

export const nameOf = (storage: Storage): string => storage.title || placeOf(storage);

/** Whether something is under way, or waits for its turn. */
export const isBusy = (storage: Pick<Storage, "status" | "meta">): boolean =>
  storage.status === "queued" ||
  storage.status === "in_progress" ||
  (storage.status !== "failed" && waitingIn(storage) > 0);

/** Changes that are still to be written to a target. */
const waitingIn = ({ meta }: Pick<Storage, "meta">): number => meta.annotations_waiting ?? 0;

/** State as a word and its tone. */
export function stateOf(role: Role, storage: Pick<Storage, "status" | "meta">): [word: string, tone: Tone] {
  switch (storage.status) {
    case "queued":
      return ["Waiting", "warn"];
    case "in_progress":
      return ["Syncing", "warn"];
    case "failed":
      return ["Failed", "danger"];
    case "completed_with_errors":
      return ["Some left out", "warn"];
    case "completed":
      return isBusy(storage) ? ["Writing", "warn"] : ["Up to date", "ok"];
    default:
      return [role === "source" ? "Not synced yet" : "Nothing written yet", ""];
  }
}

/** What a sync did or is doing, in one line; "" before the first one. */
export function toldOf(role: Role, storage: Pick<Storage, "status" | "meta" | "last_sync_count">): string {
  const { meta } = storage;
  if (role === "target") {
    const parts = [];
    if (storage.last_sync_count) parts.push(`${plural(storage.last_sync_count, "object")} written last`);
    if (waitingIn(storage) > 0) parts.push(`${waiting(waitingIn(storage))} to be written`);
    return parts.join(" · ");
  }
  if (!meta.objects_seen) return storage.status === "completed" ? "Nothing was found" : "";
  const parts = [`${plural(meta.tasks_added ?? 0, "task")} made`];
  if (meta.tasks_existed) parts.push(`${count(meta.tasks_existed)} had tasks already`);
  if (meta.objects_filtered) parts.push(`${count(meta.objects_filtered)} do not match the filter`);
  if (meta.objects_left_out) parts.push(`${count(meta.objects_left_out)} left out`);
  return `${parts.join(", ")} of ${plural(meta.objects_seen, "object")}`;
}

function waiting(number: number): string {
  return number < MANY_WAITING ? plural(number, "change") : `${count(MANY_WAITING)} changes or more`;
}

/** Objects that were found by a check of a source. */
export function foundOf(files: readonly StoredFile[]): string {
  if (files.length === 0) return "It answers, and there is nothing in it yet.";
  const shown = files.slice(0, 3).map((each) => each.key);
  const number = files.length < 1000 ? plural(files.length, "object") : "A thousand objects or more";
  return `It answers. ${number}: ${shown.join(", ")}${files.length > shown.length ? ", …" : ""}`;
}

export type Problems = Partial<Record<keyof StorageFields, string>>;

/** What is missing or wrong in a form, by field. `known`: credentials are stored already. */
export function problemsOf(kind: Kind, fields: StorageFields, known: boolean): Problems {
  const found: Problems = {};
  if (kind === "localfiles") {
    if (!fields.path) found.path = "Which directory?";
    else if (!fields.path.startsWith("/")) found.path = "The whole path, which begins with /";
    return found;
  }
  if (!fields.bucket) found.bucket = "Which bucket?";
  else if (/[/\s]/.test(fields.bucket)) found.bucket = "Only its name; a folder in it goes below.";
  if (fields.s3_endpoint && !/^https?:\/\/[^/\s]+/.test(fields.s3_endpoint)) {
    found.s3_endpoint = "A whole address, like https://minio.example.org";
  }
  if (fields.aws_access_key_id && !fields.aws_secret_access_key) {
    found.aws_secret_access_key = "The key id and the secret key go together.";
  }
  if (fields.aws_secret_access_key && !fields.aws_access_key_id && !known) {
    found.aws_access_key_id = "The key id and the secret key go together.";
  }
  return found;
}
