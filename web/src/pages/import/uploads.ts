import { csrfHeader } from "@/api/client";
import type { ImportAnswer, ImportStatus } from "@/api/contract";
import { ApiError, readError } from "@/api/errors";

export type UploadState = "waiting" | "sending" | "reading" | "done" | "failed" | "cancelled";

export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly state: UploadState;
  /** Bytes sent, or rows read once the server reads. */
  readonly sent: number;
  readonly rows: number;
  readonly rate: number | null;
  readonly eta: number | null;
  readonly tasks: number;
  readonly annotations: number;
  readonly predictions: number;
  readonly messages: readonly string[];
}

/** How one file travels; the real one talks to the server, tests bring their own. */
export interface Transport {
  send(file: File, signal: AbortSignal, progress: (sent: number) => void): Promise<ImportAnswer>;
  status(importId: number, signal: AbortSignal): Promise<ImportStatus>;
}

const PARALLEL = 2;
const POLL_MS = 700;

/** Sends files two at a time and keeps one record for each; records are replaced, never changed. */
export class UploadQueue {
  #items: Upload[] = [];
  #files = new Map<number, File>();
  #aborts = new Map<number, AbortController>();
  #listeners = new Set<() => void>();
  #nextId = 1;
  #running = 0;

  constructor(
    private readonly transport: Transport,
    private readonly onDone: () => void = () => {},
  ) {}

  items = (): readonly Upload[] => this.#items;

  subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  add(files: readonly File[]): void {
    const fresh = files.map((file) => {
      const id = this.#nextId++;
      this.#files.set(id, file);
      return blank(id, file);
    });
    this.#publish([...this.#items, ...fresh]);
    this.#pump();
  }

  cancel(id: number): void {
    const item = this.#items.find((one) => one.id === id);
    if (!item) return;
    if (item.state === "waiting") this.#change(id, { state: "cancelled" });
    this.#aborts.get(id)?.abort();
  }

  retry(id: number): void {
    const file = this.#files.get(id);
    if (!file) return;
    this.#publish(this.#items.map((item) => (item.id === id ? blank(id, file) : item)));
    this.#pump();
  }

  get busy(): boolean {
    return this.#running > 0 || this.#items.some((item) => item.state === "waiting");
  }

  #pump(): void {
    while (this.#running < PARALLEL) {
      const next = this.#items.find((item) => item.state === "waiting");
      if (!next) return;
      this.#running += 1;
      this.#change(next.id, { state: "sending" });
      void this.#run(next.id).finally(() => {
        this.#running -= 1;
        this.#pump();
        if (!this.busy) this.onDone();
      });
    }
  }

  async #run(id: number): Promise<void> {
    const file = this.#files.get(id);
    if (!file) return;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      const answer = await this.transport.send(file, abort.signal, (sent) =>
        this.#change(id, { sent, state: sent >= file.size ? "reading" : "sending" }),
      );
      if (answer.import === undefined) this.#finish(id, answer);
      else await this.#follow(id, answer.import, abort.signal);
      this.#files.delete(id);
    } catch (error) {
      if (abort.signal.aborted) this.#change(id, { state: "cancelled" });
      else this.#change(id, { state: "failed", messages: messagesOf(error) });
    } finally {
      this.#aborts.delete(id);
    }
  }

  /** The server went on after its answer: ask how far it is until it is done. */
  async #follow(id: number, importId: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const status = await this.transport.status(importId, signal);
      this.#change(id, {
        state: "reading",
        rows: status.rows_read ?? status.task_count,
        rate: status.rate ?? null,
        eta: status.eta ?? null,
      });
      if (status.status === "completed") return this.#finish(id, status);
      if (status.status === "failed") throw new ApiError(400, [status.error || "The import failed."]);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  #finish(
    id: number,
    counts: { task_count: number; annotation_count: number | null; prediction_count: number | null },
  ) {
    this.#change(id, {
      state: "done",
      tasks: counts.task_count,
      annotations: counts.annotation_count ?? 0,
      predictions: counts.prediction_count ?? 0,
    });
  }

  #change(id: number, patch: Partial<Upload>): void {
    this.#publish(this.#items.map((item) => (item.id === id ? { ...item, ...patch } : item)));
  }

  #publish(items: Upload[]): void {
    this.#items = items;
    for (const tell of this.#listeners) tell();
  }
}

function blank(id: number, file: File): Upload {
  return {
    id,
    name: file.name,
    size: file.size,
    state: "waiting",
    sent: 0,
    rows: 0,
    rate: null,
    eta: null,
    tasks: 0,
    annotations: 0,
    predictions: 0,
    messages: [],
  };
}

function messagesOf(error: unknown): readonly string[] {
  if (error instanceof ApiError) return error.messages;
  return [error instanceof Error ? error.message : String(error)];
}

/** XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export function serverTransport(projectId: number): Transport {
  return {
    send(file, signal, progress) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", `/api/projects/${projectId}/import`);
        for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value);
        request.upload.onprogress = (event) => progress(Math.min(event.loaded, file.size));
        request.upload.onload = () => progress(file.size);
        request.onload = () => {
          const body = parse(request.responseText);
          if (request.status >= 200 && request.status < 300) resolve(body as ImportAnswer);
          else reject(readError(request.status, body));
        };
        request.onerror = () => reject(readError(0, null));
        request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
        signal.addEventListener("abort", () => request.abort());
        const form = new FormData();
        form.append("file", file, file.name);
        request.send(form);
      });
    },
    async status(importId, signal) {
      const response = await fetch(`/api/projects/${projectId}/imports/${importId}`, { signal });
      const body = parse(await response.text());
      if (!response.ok) throw readError(response.status, body);
      return body as ImportStatus;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Pasted text as a file: JSON stays JSON, anything else becomes one task a line. */
export function pastedFile(text: string): { file: File; kind: "json" | "lines"; count: number } | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const value = parse(trimmed);
  if (value !== null && typeof value === "object") {
    const count = Array.isArray(value) ? value.length : 1;
    return { file: new File([trimmed], "pasted.json", { type: "application/json" }), kind: "json", count };
  }
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== "");
  return {
    file: new File([`${lines.join("\n")}\n`], "pasted.txt", { type: "text/plain" }),
    kind: "lines",
    count: lines.length,
  };
}

/** All files of a drop, folders walked through. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const found: File[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    found.push(
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    );
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // The reader gives at most 100 entries a call and an empty list at the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, found);
  }
}
