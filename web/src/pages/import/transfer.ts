import { DetailedError, type HttpRequest, type PreviousUpload, Upload } from "tus-js-client";
import { csrfHeader } from "@/api/client";
import { readError } from "@/api/errors";
import { deleteUpload, type ServerUpload } from "@/api/imports";
import { uploadsToImport } from "./taken";

/** What a transfer tells while it goes on. */
export interface Told {
  /** The server has a place for it. */
  known(uploadId: string): void;
  /** Bytes that the server has. */
  progress(sent: number): void;
  /** No answer; it will be tried again. */
  waiting(): void;
  done(uploadId: string): void;
  failed(messages: readonly string[]): void;
}

export interface Running {
  /** Stops; what the server has stays there for the next start. */
  stop(): void;
  /** Stops, and lets the server forget what it has. */
  cancel(): void;
}

/** How files travel; the real one speaks tus with the server, tests bring their own. */
export interface Transfer {
  /** Sends a file, from where it was when this browser sent the same one before. */
  start(file: File, told: Told): Running;
  /** Uploads that the server keeps for this person, whole or in part. */
  list(): Promise<ServerUpload[]>;
  remove(uploadId: string): Promise<void>;
}

const CHUNK = 16 * 1024 * 1024;
const SMALL = 256 * 1024;
const SECOND = 1_000;
// Some ten minutes of silence, then a person has to look. Each byte that passes starts the row anew.
const RETRIES = [0, SECOND, 2 * SECOND, 5 * SECOND, ...Array<number>(60).fill(10 * SECOND)];
const KEPT_MS = 24 * 3_600 * SECOND;
const STORED = "tus::";

/** Resumable uploads: a file that was sent in part before goes on where it was, in this visit or the next. */
export function tusTransfer(projectId: number): Transfer {
  const endpoint = `/api/projects/${projectId}/uploads`;
  // Uploads expire; so does what this browser noted of them.
  forgetStored((stored) => Date.now() - Date.parse(stored.creationTime) > KEPT_MS);
  return {
    start: (file, told) => start(endpoint, file, told),
    list: () => uploadsToImport(projectId),
    remove: async (uploadId) => {
      forgetStored((stored) => idOf(stored.uploadUrl) === uploadId);
      await deleteUpload(projectId, uploadId);
    },
  };
}

function start(endpoint: string, file: File, told: Told): Running {
  let stopped = false;
  const upload = new Upload(file, {
    endpoint,
    chunkSize: CHUNK,
    retryDelays: RETRIES,
    // A small file is one request. A large one gets its address first, or a cut would lose what was sent.
    uploadDataDuringCreation: file.size <= SMALL,
    metadata: { filename: file.name, filetype: file.type || "application/octet-stream" },
    onBeforeRequest: authorize,
    onShouldRetry: (error) => {
      const again = isPassing(statusOf(error));
      if (again && !stopped) told.waiting();
      return again;
    },
    onUploadUrlAvailable: () => {
      if (!stopped) told.known(idOf(upload.url));
    },
    onProgress: (sent) => {
      if (!stopped) told.progress(sent);
    },
    onSuccess: () => told.done(idOf(upload.url)),
    onError: (error) => {
      if (!stopped) told.failed(refusal(error));
    },
  });
  void upload
    .findPreviousUploads()
    .then((known) => {
      if (stopped) return;
      const last = newest(known);
      if (last) upload.resumeFromPreviousUpload(last);
      upload.start();
    })
    .catch((error) => told.failed(refusal(error)));
  const stop = (forget: boolean) => {
    stopped = true;
    // What cannot be deleted now expires by itself.
    upload.abort(forget).catch(() => {});
  };
  return { stop: () => stop(false), cancel: () => stop(true) };
}

function authorize(request: HttpRequest): void {
  for (const [name, value] of Object.entries(csrfHeader())) request.setHeader(name, value);
}

function newest(known: readonly PreviousUpload[]): PreviousUpload | undefined {
  return [...known].sort((a, b) => Date.parse(b.creationTime) - Date.parse(a.creationTime))[0];
}

function statusOf(error: Error): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

/** Whether the next try may well be answered otherwise. */
function isPassing(status: number): boolean {
  return status === 0 || status === 409 || status === 423 || status >= 500;
}

function refusal(error: Error): readonly string[] {
  if (!(error instanceof DetailedError)) return [error.message];
  const text = error.originalResponse?.getBody() ?? "";
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's page, perhaps: the status has to do.
  }
  return readError(statusOf(error), body).messages;
}

/** The id in `/api/projects/{id}/uploads/{upload_id}`; "" for none. */
export function idOf(url: string | null | undefined): string {
  return url ? (url.split(/[?#]/)[0]?.split("/").filter(Boolean).at(-1) ?? "") : "";
}

type Stored = Pick<PreviousUpload, "uploadUrl" | "creationTime">;

/** The client notes in this browser where each file goes; notes of uploads that are gone are cleared away. */
function forgetStored(gone: (stored: Stored) => boolean): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(STORED) && gone(JSON.parse(localStorage.getItem(key) ?? "{}") as Stored))
        localStorage.removeItem(key);
    }
  } catch {
    // No storage in this browser: then there are no notes.
  }
}
